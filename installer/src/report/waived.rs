//! Waived faults for programs.

use faults::FaultId;
use serde::Serialize;

use crate::model::waiver::{Waived, Waiver};

/// The mark of what is waived.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mark {
    /// The last day of the waiver, UTC: `2027-03-01`.
    until: String,
    /// Why it is waived.
    why: String,
}

impl Mark {
    /// The mark for `waiver`.
    #[must_use]
    pub fn of(waiver: &Waiver) -> Self {
        Self { until: waiver.until.to_string(), why: waiver.why.clone() }
    }
}

/// A fault that does not count.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaivedValue {
    /// The reason that is waived.
    reason: String,
    /// The fault's number.
    fault: u16,
    #[serde(flatten)]
    mark: Mark,
}

impl WaivedValue {
    /// The objects for `waived`.
    #[must_use]
    pub fn all(waived: &[Waived<FaultId>]) -> Vec<Self> {
        let value = |Waived { id, waiver }: &Waived<FaultId>| Self {
            reason: waiver.reason.as_str().to_owned(),
            fault: id.number(),
            mark: Mark::of(waiver),
        };
        waived.iter().map(value).collect()
    }
}
