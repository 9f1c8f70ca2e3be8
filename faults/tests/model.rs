//! Any sequence of calls, deaths and losses against a model of a few lines.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "tests damage files that the library never would")]

mod common;

use std::collections::BTreeMap;

use common::{EVENTS, STATE, Scratch, gunzip, repair};
use faults::{Change, EventKind, FaultId, Finding, Reason, Remedy, Report, Severity};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Raise(Report),
    Clear(FaultId),
    /// Restores an older state, as if the last one never got to disk.
    ForgetState,
    /// Part of an event that was never finished.
    Tear(usize),
    /// The state is lost altogether.
    LoseState,
    /// A segment is unpacked, and its packed form kept or not.
    Unpack {
        which: usize,
        keep: bool,
    },
    /// A packed form that was never finished.
    Unfinished(u8),
}

fn id() -> impl Strategy<Value = FaultId> {
    prop::sample::select(vec![FaultId::SCAN_USER, FaultId::KERNEL_HEADERS, FaultId::SELINUX_POLICY])
}

fn step() -> impl Strategy<Value = Step> {
    let reasons = vec![Reason::UserMissing, Reason::RaisedByHand, "made-up".into()];
    let severities = vec![None, Some(Severity::Minor), Some(Severity::Critical)];
    let raise = (id(), prop::sample::select(reasons), "[ab\"\\\\é]{0,2}", prop::sample::select(severities));
    let raise = raise.prop_map(|(id, reason, detail, severity)| {
        Step::Raise(Report {
            id,
            finding: Finding { reason, remedy: vec![Remedy::run_in_root(["fix", &detail])], detail },
            severity,
        })
    });
    prop_oneof![
        6 => raise,
        3 => id().prop_map(Step::Clear),
        1 => Just(Step::ForgetState),
        1 => (0usize..400).prop_map(Step::Tear),
        1 => Just(Step::LoseState),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(which, keep)| Step::Unpack { which, keep }),
        1 => (1u8..60).prop_map(Step::Unfinished),
    ]
}

#[derive(Default)]
struct Model {
    /// Severity, reason and detail: now, and as the last event had it.
    raised: BTreeMap<FaultId, (Severity, Reason, String, String)>,
    events: Vec<(EventKind, FaultId, Reason)>,
}

impl Model {
    fn raise(&mut self, report: &Report) -> Change {
        let usual = if report.id == FaultId::SCAN_USER { Severity::Major } else { Severity::Critical };
        let severity = report.severity.unwrap_or(usual);
        let new =
            (severity, report.finding.reason.clone(), report.finding.detail.clone(), report.finding.detail.clone());
        let kind = match self.raised.get_mut(&report.id) {
            None => EventKind::Raised,
            Some((severity, reason, detail, _)) if (*severity, &*reason) == (new.0, &new.1) => {
                let change = if *detail == new.2 { Change::Nothing } else { Change::Updated };
                *detail = new.2;
                return change;
            }
            Some(_) => EventKind::Changed,
        };
        self.raised.insert(report.id, new);
        self.events.push((kind, report.id, report.finding.reason.clone()));
        if kind == EventKind::Raised { Change::Raised } else { Change::Changed }
    }

    fn clear(&mut self, id: FaultId) -> Change {
        let Some((_, reason, ..)) = self.raised.remove(&id) else { return Change::Nothing };
        self.events.push((EventKind::Cleared, id, reason));
        Change::Cleared
    }
}

/// Does one step to the store and the model; `older` is the state before the last change.
fn take(step: &Step, scratch: &Scratch, model: &mut Model, older: &mut Option<Vec<u8>>) {
    let state = || std::fs::read(scratch.path(STATE)).ok();
    let events = model.events.len();
    let before = state();
    match step {
        Step::Raise(report) => {
            let known = scratch.store().read().unwrap();
            let change = scratch.raise(report);
            assert_eq!(change, model.raise(report));
            assert_eq!(known.would_change(report, scratch.alternate_root()), change != Change::Nothing);
        }
        Step::Clear(id) => assert_eq!(scratch.clear(*id), model.clear(*id)),
        Step::ForgetState => match older.take() {
            Some(state) => scratch.write(STATE, state),
            None => return,
        },
        Step::Tear(size) => {
            let Ok(whole) = std::fs::read(scratch.path(EVENTS)) else { return };
            let next = format!("{{\"schema\":1,\"seq\":{},\"time\":\"{}", events + 1, "2".repeat(400));
            scratch.write(EVENTS, [&whole, &next.as_bytes()[..*size]].concat());
        }
        Step::LoseState => {
            let _ = std::fs::remove_file(scratch.path(STATE));
            for (_, _, detail, told) in model.raised.values_mut() {
                detail.clone_from(told);
            }
        }
        Step::Unpack { which, keep } => {
            let packed: Vec<_> = segments(scratch).into_iter().filter(|name| name.ends_with(".gz")).collect();
            let Some(name) = packed.get(which % packed.len().max(1)) else { return };
            scratch.write(name.strip_suffix(".gz").unwrap(), gunzip(&scratch.bytes(name)));
            if !keep {
                scratch.remove(name);
            }
            return;
        }
        Step::Unfinished(number) => {
            scratch.write(&format!(".events-{number:020}.jsonl.gz.hostprep-new"), "half");
            return;
        }
    }
    // Only a change that had an event can be forgotten by the state without being lost.
    *older = before.filter(|_| model.events.len() > events);
}

fn segments(scratch: &Scratch) -> Vec<String> {
    if scratch.dir().exists() { scratch.segments() } else { Vec::new() }
}

fn check(scratch: &Scratch, model: &Model) {
    let snapshot = scratch.store().read().unwrap();
    assert_eq!(snapshot.sequence, model.events.len() as u64);
    let found: Vec<_> = snapshot
        .faults
        .iter()
        .map(|fault| (fault.id, (fault.severity, fault.finding.reason.clone(), fault.finding.detail.clone())))
        .collect();
    let expected: Vec<_> = model
        .raised
        .iter()
        .map(|(id, (severity, reason, detail, _))| (*id, (*severity, reason.clone(), detail.clone())))
        .collect();
    assert_eq!(found, expected);
    let history = scratch.history();
    assert!(history.iter().zip(1..).all(|(event, number)| event.seq == number && event.source == repair().source));
    let told: Vec<_> = history.into_iter().map(|event| (event.event, event.fault, event.finding.reason)).collect();
    assert_eq!(told, model.events);
    for seq in [model.events.len() / 3, model.events.len().saturating_sub(2)] {
        let after = scratch.store().events_after(seq as u64).unwrap().map(Result::unwrap);
        assert!(
            after.map(|event| (event.event, event.fault, event.finding.reason)).eq(model.events[seq..].iter().cloned())
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_is_as_the_model_says(
        steps in prop::collection::vec(step(), 1..60),
        rotate_at in prop::sample::select(vec![0, 1_000, 3_000, faults::ROTATE_AT]),
    ) {
        let scratch = Scratch::in_memory().rotating_at(rotate_at);
        let (mut model, mut older) = (Model::default(), None);
        for step in &steps {
            take(step, &scratch, &mut model, &mut older);
            check(&scratch, &model);
        }
    }
}
