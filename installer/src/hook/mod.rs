//! What a package manager's call asks for. RPM passes counts and dpkg words, so each has a parser of its own; both return an
//! [`Event`].

pub mod deb;
pub mod rpm;

use faults::Source;
use thiserror::Error;

use crate::model::step::{Phase, StepRef};
use crate::steps::{STEPS, in_phase};

/// What is to be done for one call of a package manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Run these steps.
    Prepare {
        /// In order.
        steps: Vec<StepRef>,
        /// Whether what is found becomes faults, or a later call of the same transaction sees to that.
        updates_faults: bool,
        /// The source of the fault events.
        source: Source,
    },
    /// Undo what was created.
    Remove,
    /// A call that needs nothing.
    Nothing,
}

impl Event {
    fn prepare_all(source: Source) -> Self {
        Self::Prepare { steps: STEPS.to_vec(), updates_faults: true, source }
    }

    /// A package that was missing has arrived.
    fn arrival() -> Self {
        Self::Prepare { steps: in_phase(Phase::LateArrival), updates_faults: true, source: Source::Trigger }
    }
}

/// A call that no package manager makes.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{what}; {expected}")]
pub struct NoSuchCall {
    /// What is wrong with it.
    pub what: String,
    /// What a package manager passes.
    pub expected: String,
}
