//! A fault in the store, and the report of a program that raises it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalogue::id::FaultId;
use crate::catalogue::severity::Severity;
use crate::catalogue::source::Source;
use crate::catalogue::{self, Entry, SeenBy, UnknownFault};
use crate::finding::Finding;

/// A raised fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fault {
    /// Its number.
    pub id: FaultId,
    /// The severity.
    pub severity: Severity,
    /// Why it is raised, and what to do.
    #[serde(flatten)]
    pub finding: Finding,
    /// When it was raised; updates do not change this.
    pub raised_at: Timestamp,
    /// When what is said here was last changed.
    pub updated_at: Timestamp,
    /// On which occasion it was last changed.
    pub source: Source,
    /// The boot (`/proc/sys/kernel/random/boot_id`) in which it was last changed, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
}

/// A fault as a program found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its number.
    pub id: FaultId,
    /// Why, and what to do. Control characters, line breaks included, are stored as spaces.
    pub finding: Finding,
    /// The severity; `None` for the catalogue's.
    pub severity: Option<Severity>,
}

impl Report {
    /// Returns the severity given, else the catalogue's.
    pub(crate) fn severity(&self) -> Result<Severity, UnknownFault> {
        let usual = || catalogue::find(self.id).map(|entry| entry.severity);
        self.severity.or_else(usual).ok_or_else(|| UnknownFault { given: self.id.to_string() })
    }
}

impl Fault {
    /// Returns who can tell whether the fault still applies. If the fault has causes of both kinds, that is the agent for causes
    /// that it raised itself and for those that this version does not know. For an unknown fault, it is always the agent.
    #[must_use]
    pub fn seen_by(&self) -> SeenBy {
        let Some(Entry { reasons, .. }) = catalogue::find(self.id) else { return SeenBy::Agent };
        let check_alone = reasons.agent.is_empty();
        let of_check = self.source != Source::Runtime && reasons.check.contains(&self.finding.reason);
        if check_alone || of_check { SeenBy::Check } else { SeenBy::Agent }
    }
}
