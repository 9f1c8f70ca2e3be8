//! The rules' decisions in a real store.

use std::path::PathBuf;
use std::time::Duration;

use faults::{Change, EventKind, FaultId, FaultUpdate, Reason, Severity, Source, StoreError};
use faults_runtime::{
    End, Load, Outbox, Overload, OverloadSettings, RestartSettings, Restarts, ScanFailure, Start, StartFailure,
    StartSettings,
};
use host::process::clock::Clock;
use host::process::lock::LockError;
use host::testing::VirtualClock;

use crate::ledger::{MINUTE, SECOND};
use crate::scratch::{Scratch, report};

const RAISED: EventKind = EventKind::Raised;
const CHANGED: EventKind = EventKind::Changed;
const CLEARED: EventKind = EventKind::Cleared;

/// A process of the connector, and the host that outlives it.
struct Connector<'a> {
    scratch: &'a Scratch,
    clock: &'a VirtualClock,
    outbox: Outbox,
}

impl<'a> Connector<'a> {
    fn new(scratch: &'a Scratch, clock: &'a VirtualClock) -> Self {
        Self { scratch, clock, outbox: Outbox::new(Some("a boot".into())) }
    }

    fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    fn tell(&mut self, wanted: impl IntoIterator<Item = FaultUpdate>) -> Vec<Change> {
        self.outbox.tell(wanted, &self.scratch.store(), self.clock, Duration::ZERO).unwrap()
    }

    fn restarts(&self) -> Restarts {
        Restarts::resume(RestartSettings::default(), &self.scratch.store().read().unwrap(), self.now()).unwrap()
    }

    /// The scan process fails once a minute until the connector restarts.
    fn fail_until_restart(&mut self, rule: &mut Restarts) {
        loop {
            self.clock.advance(MINUTE);
            let decision = rule.failed(&ScanFailure { end: End::Signalled(11), file: None }, self.now());
            self.tell(decision.tell);
            if decision.restart {
                return;
            }
        }
    }
}

/// Number, event, severity, and the second in which it happened.
fn history(scratch: &Scratch) -> Vec<(u16, EventKind, Severity, i64)> {
    let events = scratch.history();
    assert!(events.iter().zip(1..).all(|(event, seq)| event.seq == seq));
    assert!(events.iter().all(|event| event.source == Source::Runtime && event.boot_id.as_deref() == Some("a boot")));
    events.iter().map(|event| (event.fault.number(), event.event, event.severity, event.time.as_second())).collect()
}

#[test]
fn fault_6_is_raised_stays_and_clears_itself() {
    let (scratch, clock) = (Scratch::new(), VirtualClock::default());
    let mut connector = Connector::new(&scratch, &clock);
    let mut rule = connector.restarts();
    connector.fail_until_restart(&mut rule);

    // Restarted, and the scan process fails again within ten minutes: only the detail changes, which is not an event.
    let mut rule = connector.restarts();
    clock.advance(9 * MINUTE);
    let decision = rule.failed(&ScanFailure { end: End::Signalled(11), file: None }, connector.now());
    assert_eq!(connector.tell(decision.tell.clone()), [Change::Updated]);
    assert_eq!(connector.tell(decision.tell), [Change::Nothing]);
    clock.advance(60 * MINUTE);
    assert_eq!(connector.tell(rule.tick(connector.now())), []);
    assert!(
        scratch.store().read().unwrap().get(FaultId::SCAN_RESTARTS).unwrap().finding.detail.contains("find the cause")
    );

    // A person restarts it, and ten minutes are quiet.
    let mut rule = connector.restarts();
    for _ in 0..20 * 60 {
        clock.advance(SECOND);
        connector.tell(rule.tick(connector.now()));
    }
    let expected = [(6, RAISED, Severity::Major, 180), (6, CLEARED, Severity::Major, (72 + 10) * 60)];
    assert_eq!(history(&scratch), expected);
    assert!(scratch.store().read().unwrap().faults.is_empty());
}

#[test]
fn fault_7_is_raised_and_cleared_by_the_start_without_the_invalid_definitions() {
    let (scratch, clock) = (Scratch::new(), VirtualClock::default());
    let mut connector = Connector::new(&scratch, &clock);
    let bad = PathBuf::from("/opt/cisco/amp/clamav/daily.cvd");
    let failure = StartFailure::DefinitionsInvalid { files: vec![bad.clone()], problem: "bad signature".into() };
    let start = |memory| Start::resume(StartSettings::default(), &scratch.store().read().unwrap(), memory).unwrap();
    let mut rule = start(None);
    assert_eq!(connector.tell([rule.started()]), [Change::Nothing]);
    assert!(!scratch.dir().exists(), "an agent that is well writes nothing");

    rule.updated(std::slice::from_ref(&bad));
    clock.advance(SECOND);
    let decision = rule.failed(&failure, None);
    assert!(decision.restart);
    assert_eq!(connector.tell(decision.tell), [Change::Raised]);
    let mut rule = start(Some(rule.memory().clone()));
    assert_eq!(rule.to_remove(), std::slice::from_ref(&bad));
    rule.removed(&bad);
    // Something else is wrong as well: another reason is an event.
    clock.advance(SECOND);
    assert_eq!(connector.tell(rule.failed(&StartFailure::Ended(End::Exited(1)), None).tell), [Change::Changed]);
    clock.advance(SECOND);
    assert_eq!(connector.tell([rule.started()]), [Change::Cleared]);

    let critical = Severity::Critical;
    assert_eq!(history(&scratch), [(7, RAISED, critical, 1), (7, CHANGED, critical, 2), (7, CLEARED, critical, 3)]);
    let reasons: Vec<_> = scratch.history().into_iter().map(|event| event.finding.reason).collect();
    assert_eq!(reasons, [Reason::DefinitionsInvalid, Reason::ScanStartFailed, Reason::ScanStartFailed]);
}

#[test]
fn fault_18_goes_up_and_down_and_clears_itself() {
    let (scratch, clock) = (Scratch::new(), VirtualClock::default());
    let mut connector = Connector::new(&scratch, &clock);
    let settings = OverloadSettings { smoothing: Duration::ZERO, ..OverloadSettings::default() };
    let mut rule = Overload::resume(settings.clone(), &scratch.store().read().unwrap(), Duration::ZERO).unwrap();
    let mut written = 0;
    for (load, until) in [(0.2, 100), (1.5, 200), (5.0, 300), (1.2, 400)] {
        while clock.monotonic() < Duration::from_secs(until) {
            clock.advance(SECOND);
            written += connector.tell(rule.sample(Load::ratio(load), connector.now())).len();
        }
    }
    // The connector restarts in between.
    let mut rule = Overload::resume(settings, &scratch.store().read().unwrap(), connector.now()).unwrap();
    while clock.monotonic() < Duration::from_secs(600) {
        clock.advance(SECOND);
        written += connector.tell(rule.sample(Load::ratio(0.3), connector.now())).len();
    }
    let expected = [
        (18, RAISED, Severity::Major, 131),
        (18, CHANGED, Severity::Critical, 231),
        (18, CHANGED, Severity::Major, 361),
        (18, CLEARED, Severity::Major, 461),
    ];
    assert_eq!(history(&scratch), expected);
    assert_eq!(written, expected.len(), "only changes are events");
}

#[test]
fn all_three_at_once_keep_their_order() {
    let (scratch, clock) = (Scratch::new(), VirtualClock::default());
    let mut connector = Connector::new(&scratch, &clock);
    let mut overload =
        Overload::resume(OverloadSettings::default(), &scratch.store().read().unwrap(), connector.now()).unwrap();
    let mut start = Start::resume(StartSettings::default(), &scratch.store().read().unwrap(), None).unwrap();
    let mut rule = connector.restarts();
    connector.fail_until_restart(&mut rule);
    connector.tell(start.failed(&StartFailure::Ended(End::Exited(1)), None).tell);
    for second in 0..3600 {
        clock.advance(SECOND);
        let load = if second < 60 { 1.5 } else { 0.0 };
        connector.tell(overload.sample(Load::ratio(load), connector.now()));
    }
    connector.tell([start.started()]);
    let mut rule = connector.restarts();
    clock.advance(10 * MINUTE);
    connector.tell(rule.tick(connector.now()));
    let told: Vec<_> = history(&scratch).into_iter().map(|(id, kind, ..)| (id, kind)).collect();
    let expected = [(6, RAISED), (7, RAISED), (18, RAISED), (18, CLEARED), (7, CLEARED), (6, CLEARED)];
    assert_eq!(told, expected);
}

#[test]
fn a_refused_update_waits_for_the_next_call() {
    let (scratch, clock) = (Scratch::new(), VirtualClock::default());
    let mut outbox = Outbox::new(Some("a boot".into()));
    let six = |detail| FaultUpdate::Raise(report(FaultId::SCAN_RESTARTS, Reason::ScanProcessFailing, detail));
    let seven = FaultUpdate::Raise(report(FaultId::SCAN_START, Reason::ScanStartFailed, "exit status 1"));
    let mut tell = |wanted: Vec<FaultUpdate>| outbox.tell(wanted, &scratch.store(), &clock, Duration::ZERO);

    let held = scratch.lock();
    for wanted in [vec![six("first")], vec![seven, six("second")], vec![]] {
        let refused = tell(wanted).unwrap_err();
        assert!(matches!(refused, StoreError::Lock(LockError::Busy { .. })), "{refused}");
    }
    drop(held);
    assert_eq!(
        tell(vec![FaultUpdate::Clear(FaultId::OVERLOAD)]).unwrap(),
        [Change::Raised, Change::Raised, Change::Nothing]
    );
    assert_eq!(tell(vec![]).unwrap(), []);
    let told: Vec<_> =
        scratch.history().into_iter().map(|event| (event.fault.number(), event.finding.detail)).collect();
    assert_eq!(told, [(7, "exit status 1".into()), (6, "second".to_owned())], "the last about each");

    // One call's two decisions about one fault are both events, in order, while the store accepts them.
    let changes = tell(vec![FaultUpdate::Clear(FaultId::SCAN_RESTARTS), six("again")]).unwrap();
    assert_eq!(changes, [Change::Cleared, Change::Raised]);
    assert!(outbox.is_empty());
}

#[test]
fn a_store_that_refuses_for_long_costs_no_memory() {
    let (scratch, clock) = (Scratch::new(), VirtualClock::default());
    let mut outbox = Outbox::new(Some("a boot".into()));
    let _held = scratch.lock();
    for number in 0..1000 {
        let detail = number.to_string();
        let six = FaultUpdate::Raise(report(FaultId::SCAN_RESTARTS, Reason::ScanProcessFailing, &detail));
        outbox.tell([six], &scratch.store(), &clock, Duration::ZERO).unwrap_err();
    }
    drop(_held);
    assert_eq!(outbox.tell([], &scratch.store(), &clock, Duration::ZERO).unwrap(), [Change::Raised]);
}
