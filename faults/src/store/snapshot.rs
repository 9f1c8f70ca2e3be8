//! The raised faults at one moment.

use std::path::Path;

use crate::catalogue::id::FaultId;
use crate::catalogue::severity::Severity;
use crate::store::event::{Event, EventKind};
use crate::store::fault::{Fault, Report, Stored};

/// The effect of raising or clearing a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: it was so already. Nothing was written.
    Nothing,
    /// Detail or remedy are others now; no event.
    Updated,
    /// The fault is new.
    Raised,
    /// Reason or severity are others now.
    Changed,
    /// The fault is gone.
    Cleared,
}

impl Change {
    /// Returns the word for programs: `FAULT_EVENT=` in the journal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Updated => "updated",
            Self::Raised => "raised",
            Self::Changed => "changed",
            Self::Cleared => "cleared",
        }
    }
}

/// The raised faults at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The sequence number of the last event that this takes account of; 0 before the first.
    pub sequence: u64,
    /// The raised faults, by number.
    pub faults: Vec<Fault>,
}

impl Snapshot {
    /// The fault of that number, if it is raised.
    #[must_use]
    pub fn get(&self, id: FaultId) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.id == id)
    }

    /// Returns whether the fault with this number is raised.
    #[must_use]
    pub fn is_raised(&self, id: FaultId) -> bool {
        self.get(id).is_some()
    }

    /// Returns whether raising `report` would write something, in a store in `root` where that is an alternate root. A fault that
    /// cannot be raised counts as a change.
    #[must_use]
    pub fn would_change(&self, report: &Report, root: Option<&Path>) -> bool {
        report
            .severity()
            .map_or(true, |severity| self.change(report.id, severity, &report.to_stored(root)) != Change::Nothing)
    }

    /// Returns the effect of raising the fault with this severity and finding.
    pub(crate) fn change(&self, id: FaultId, severity: Severity, stored: &Stored) -> Change {
        let Some(known) = self.get(id) else { return Change::Raised };
        if known.severity != severity || known.finding.reason != stored.finding.reason {
            Change::Changed
        } else if known.finding != stored.finding || known.remedies != stored.remedies {
            Change::Updated
        } else {
            Change::Nothing
        }
    }

    /// Takes account of one event; of one that is known already, nothing.
    pub(crate) fn apply(&mut self, event: Event) {
        if event.seq <= self.sequence {
            return;
        }
        self.sequence = event.seq;
        // A change keeps the time of the raise, where that is still known.
        let before = self.get(event.fault).map(|fault| fault.raised_at);
        self.faults.retain(|fault| fault.id != event.fault);
        if event.event == EventKind::Cleared {
            return;
        }
        self.insert(Fault {
            id: event.fault,
            severity: event.severity,
            finding: event.finding,
            remedies: event.remedies,
            raised_at: before.unwrap_or(event.time),
            updated_at: event.time,
            source: event.source,
            boot_id: event.boot_id,
        });
    }

    /// Puts a fault in its place, instead of one of the same number.
    pub(crate) fn insert(&mut self, fault: Fault) {
        match self.faults.binary_search_by_key(&fault.id, |known| known.id) {
            Ok(at) => self.faults[at] = fault,
            Err(at) => self.faults.insert(at, fault),
        }
    }
}
