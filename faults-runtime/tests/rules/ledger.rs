//! The faults that a store would have, without a store.

use std::time::Duration;

use faults::{Fault, FaultId, FaultUpdate, Report, Severity, Snapshot, Source, catalogue};
use host::process::clock::Clock;
use host::testing::VirtualClock;

pub const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);
pub const MILLI: Duration = Duration::from_millis(1);

/// A store's state, and a change of it with its time.
#[derive(Default)]
pub struct Ledger {
    pub stored: Snapshot,
    pub changes: Vec<(Duration, Option<Severity>)>,
}

impl Ledger {
    /// Does what is wanted; notes it where it changes whether, or how badly, the fault is raised.
    pub fn take(&mut self, wanted: impl IntoIterator<Item = FaultUpdate>, now: Duration) {
        for wanted in wanted {
            let (id, fault) = match &wanted {
                FaultUpdate::Raise(report) => (report.id, Some(stored(report))),
                FaultUpdate::Clear(id) => (*id, None),
            };
            let severity = fault.as_ref().map(|fault| fault.severity);
            if self.stored.get(id).map(|fault| fault.severity) != severity {
                self.changes.push((now, severity));
            }
            self.stored.faults.retain(|fault| fault.id != id);
            self.stored.faults.extend(fault);
        }
    }
}

/// A state in which one fault is raised, as `report` says.
pub fn raised(report: &Report) -> Snapshot {
    Snapshot { sequence: 1, faults: vec![stored(report)] }
}

fn stored(report: &Report) -> Fault {
    let now = VirtualClock::default().now();
    let severity = report.severity.unwrap_or_else(|| catalogue::find(report.id).unwrap().severity);
    Fault {
        id: report.id,
        severity,
        finding: report.finding.rendered_inside(None),
        remedies: report.finding.values_inside(None),
        raised_at: now,
        updated_at: now,
        source: Source::Runtime,
        boot_id: None,
    }
}

/// The one report among `wanted`, which has nothing else.
#[track_caller]
pub fn report(wanted: impl IntoIterator<Item = FaultUpdate>) -> Report {
    let wanted: Vec<_> = wanted.into_iter().collect();
    let [FaultUpdate::Raise(report)] = &wanted[..] else { panic!("not one report: {wanted:?}") };
    let entry = catalogue::find(report.id).unwrap();
    let reason = &report.finding.reason;
    assert!(
        entry.reasons.iter().any(|known| known == reason),
        "fault {} knows no {}",
        report.id,
        report.finding.reason
    );
    assert!(!report.finding.detail.contains('\n'), "{}", report.finding.detail);
    assert!(!report.finding.remedy.is_empty());
    report.clone()
}

pub fn cleared(id: FaultId) -> Option<FaultUpdate> {
    Some(FaultUpdate::Clear(id))
}
