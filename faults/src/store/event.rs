//! One change of the store.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalogue::id::FaultId;
use crate::catalogue::severity::Severity;
use crate::catalogue::source::Source;
use crate::finding::{self, Finding, RemedyValue};

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// It was not raised before.
    Raised,
    /// It is raised no longer.
    Cleared,
    /// Its reason or severity is another now.
    Changed,
}

impl EventKind {
    /// Returns the word in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Cleared => "cleared",
            Self::Changed => "changed",
        }
    }
}

/// One change, as one line of `events.jsonl` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// The version of the format, [`SCHEMA`](crate::SCHEMA).
    pub schema: u32,
    /// Counts from 1 without a gap. This orders events; time does not, since clocks are set back.
    pub seq: u64,
    /// The time of day, UTC.
    pub time: Timestamp,
    /// The boot (`/proc/sys/kernel/random/boot_id`) in which it happened, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
    /// The kind of the change.
    pub event: EventKind,
    /// To which fault.
    pub fault: FaultId,
    /// The severity; of a cleared fault, its last one.
    pub severity: Severity,
    /// Why, and what to do; of a cleared fault, why it was raised.
    #[serde(flatten)]
    pub finding: Finding,
    /// The remedies for programs, in the order of the lines. Absent where an older version or another library wrote the event.
    #[serde(default, deserialize_with = "finding::understood", skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<RemedyValue>,
    /// On which occasion.
    pub source: Source,
}

/// The origin of a change, and the boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventContext {
    /// The program or command that makes the change.
    pub source: Source,
    /// The running boot (`/proc/sys/kernel/random/boot_id`); `None` for an alternate root.
    pub boot_id: Option<String>,
}
