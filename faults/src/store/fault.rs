//! A fault in the store, and the report of a program that raises it.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalogue::id::FaultId;
use crate::catalogue::severity::Severity;
use crate::catalogue::source::Source;
use crate::catalogue::{self, Entry, SeenBy, UnknownFault};
use crate::finding::{self, Finding, Remedy, RemedyValue};

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
    /// The remedies for programs, in the order of the lines. Absent where an older version or another library stored the fault.
    #[serde(default, deserialize_with = "finding::understood", skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<RemedyValue>,
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
    /// Why, and what to do. Control characters, line breaks included, are stored as spaces, and remedies as the system with the
    /// store runs them.
    pub finding: Finding<Remedy>,
    /// The severity; `None` for the catalogue's.
    pub severity: Option<Severity>,
}

/// What a store keeps of a [`Finding`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub finding: Finding,
    pub remedies: Vec<RemedyValue>,
}

impl Report {
    /// Returns the severity given, else the catalogue's.
    pub(crate) fn severity(&self) -> Result<Severity, UnknownFault> {
        let usual = || catalogue::find(self.id).map(|entry| entry.severity);
        self.severity.or_else(usual).ok_or_else(|| UnknownFault { given: self.id.to_string() })
    }

    /// Returns finding and remedies as a store in `root` keeps them, where it is an alternate root.
    pub(crate) fn to_stored(&self, root: Option<&Path>) -> Stored {
        let mut remedies = self.finding.values_inside(root);
        // With a space in place of a control character, a command would be another one.
        if remedies.iter().flat_map(|remedy| remedy.argv.iter().flatten()).any(|word| word.contains(char::is_control)) {
            remedies.clear();
        }
        remedies.iter_mut().for_each(RemedyValue::replace_controls);
        Stored { finding: self.finding.rendered_inside(root).to_stored(), remedies }
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
