//! The reports of steps.

use faults::{FaultId, Remedy};
use serde::Serialize;

use super::step_id::StepId;

/// A finding with remedies for any reader.
pub type Finding = faults::Finding<Remedy>;

/// The outcome words of the JSON form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing to do.
    Ok,
    /// It was changed and is right now.
    Changed,
    /// Right on disk, in force later; or not ready while that is no fault.
    Deferred,
    /// The fault is true.
    Fault,
    /// It could not be looked at.
    Unknown,
    /// A repair would change it.
    Planned,
}

impl Outcome {
    /// Returns the word that the JSON form, the text form and the log have in common.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Changed => "changed",
            Self::Deferred => "deferred",
            Self::Fault => "fault",
            Self::Unknown => "unknown",
            Self::Planned => "planned",
        }
    }
}

/// The report of one step.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// The step.
    pub step: StepId,
    /// The fault that it can raise.
    pub fault: FaultId,
    /// Its outcome.
    pub outcome: Outcome,
    /// One line of what was seen or done.
    pub detail: String,
    /// The findings, if there is a fault.
    pub findings: Vec<Finding>,
    /// The exact commands and file changes that a repair makes.
    pub plan: Vec<String>,
}

impl StepReport {
    /// Returns all that is wrong as one finding; `None` if the fault is not true.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        Finding::merged(&self.findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_the_same_words_in_json_and_elsewhere() {
        use Outcome::{Changed, Deferred, Fault, Ok, Planned, Unknown};
        for outcome in [Ok, Changed, Deferred, Fault, Unknown, Planned] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
    }
}
