//! What a package manager's call asks for. RPM passes counts and Debian words, so each has a parser of its own; both end
//! in the same [`Event`].

pub mod deb;
pub mod rpm;

use faults::Source;
use thiserror::Error;

use crate::outcome::StepName;

/// What is to be done for one call of a package manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Run these steps.
    Prepare {
        /// In order.
        steps: Vec<StepName>,
        /// Whether what is found becomes faults, or a later call of the same transaction judges.
        judge: bool,
        /// For the events.
        source: Source,
    },
    /// Undo what was made.
    Remove,
    /// A call that the package manager makes and that needs nothing from us.
    Nothing,
}

impl Event {
    fn prepare_all(source: Source) -> Self {
        Self::Prepare { steps: StepName::ALL.to_vec(), judge: true, source }
    }

    /// What a package that arrived later can have mended.
    fn arrival() -> Self {
        let steps = vec![StepName::ScanUser, StepName::SelinuxTools, StepName::SelinuxModule, StepName::Kernel];
        Self::Prepare { steps, judge: true, source: Source::Trigger }
    }
}

/// A call that no package manager makes.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{what}; {expected}")]
pub struct NoSuchCall {
    /// What was said.
    pub what: String,
    /// What can be said.
    pub expected: &'static str,
}
