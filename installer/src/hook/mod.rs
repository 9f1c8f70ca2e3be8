//! What a call of a package manager, or of a kernel's package, asks for. RPM passes counts and dpkg words, so each has a parser of
//! its own; all return an [`Event`].

pub mod deb;
pub mod kernel;
pub mod moved;
pub mod rpm;
pub mod undone;

use faults::Source;
use thiserror::Error;

use crate::model::step::{Phase, StepRef};
use crate::steps::STEPS;

/// The work for one call of a package manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Run these steps.
    Prepare {
        /// In order.
        steps: Vec<StepRef>,
        /// Whether the result is written to the fault store; otherwise a later call of the same transaction does that.
        updates_faults: bool,
        /// The source of the fault events.
        source: Source,
    },
    /// The kernel of this release is being installed.
    KernelAdded(String),
    /// The kernel of this release is being removed; its files may still be there.
    KernelRemoved(String),
    /// Kernels, headers or modules were installed or removed; their files show which.
    KernelsChanged,
    /// Undo what was created.
    Remove,
    /// Make again what [`Event::Remove`] undid: the package stays.
    Restore,
    /// A call that needs nothing.
    Nothing,
}

impl Event {
    fn prepare_all(source: Source) -> Self {
        Self::Prepare { steps: STEPS.to_vec(), updates_faults: true, source }
    }

    /// A package that was missing has arrived, or a kernel was installed or removed.
    fn arrival() -> Self {
        let is_concerned = |step: &StepRef| step.phases().contains(&Phase::LateArrival) || step.judges_kernel();
        let steps = STEPS.iter().copied().filter(is_concerned).collect();
        Self::Prepare { steps, updates_faults: true, source: Source::Trigger }
    }
}

/// A call that no package manager makes.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{what}; {expected}")]
pub struct NoSuchCall {
    /// The invalid part of the call.
    pub what: String,
    /// The calls that a package manager makes.
    pub expected: String,
}
