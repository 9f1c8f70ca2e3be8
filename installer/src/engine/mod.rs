//! The engine: it observes steps, applies what they plan under the lock, verifies, and updates the faults. It knows no step by
//! name.
//!
//! * [`check`], [`plan`]: read only
//! * [`repair`]: corrects the host
//! * [`remove`]: undoes what the receipt lists
//! * [`recover`]: the lock, and what an interrupted run left
//! * [`fault_updates`]: from reports to the fault store

pub mod fault_updates;
mod one_step;
pub mod recover;
pub mod remove;
pub mod repair;

use faults::{Change, FaultId};

use self::one_step::Plans;
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::{Outcome, StepReport};
use crate::model::step::StepRef;

/// The result of a run.
#[derive(Debug)]
pub struct Results {
    /// The steps asked for.
    pub reports: Vec<StepReport>,
    /// The faults that were found: by these steps, and after a repair also by related steps.
    pub faults: Vec<FaultId>,
    /// The changes of the fault store.
    pub changes: Vec<(FaultId, Change)>,
}

/// Observes `steps`; reads only.
///
/// # Errors
/// [`Error`] if a file is malformed.
pub fn check(cx: &HostContext, steps: &[StepRef]) -> Result<Results, Error> {
    let reports = observe(cx, steps, Plans::Ignored, OnError::Stop)?;
    Ok(results(reports, &[], Vec::new()))
}

/// Observes `steps` and reports what [`repair::repair`] would do; reads only.
///
/// # Errors
/// [`Error`] if a file is malformed.
pub fn plan(cx: &HostContext, steps: &[StepRef]) -> Result<Results, Error> {
    let reports = observe(cx, steps, Plans::Count, OnError::Stop)?;
    Ok(results(reports, &[], Vec::new()))
}

/// What to do with a step that cannot be observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnError {
    /// The run ends with the error.
    Stop,
    /// The step is reported as unknown.
    Report,
}

fn observe(cx: &HostContext, steps: &[StepRef], plans: Plans, on_error: OnError) -> Result<Vec<StepReport>, Error> {
    let observe = |step: &StepRef| match one_step::observe(*step, cx) {
        Ok(observed) => Ok(one_step::report(*step, &observed, cx.root, plans)),
        Err(e) if on_error == OnError::Stop => Err(e),
        Err(e) => Ok(not_observed(*step, &e)),
    };
    steps.iter().map(observe).collect()
}

fn not_observed(step: StepRef, error: &Error) -> StepReport {
    StepReport {
        step: step.id(),
        faults: step.faults(),
        outcome: Outcome::Unknown,
        detail: error.to_string(),
        findings: Vec::new(),
        is_partial: false,
        severity: None,
        plan: Vec::new(),
    }
}

fn results(reports: Vec<StepReport>, related: &[StepReport], changes: Vec<(FaultId, Change)>) -> Results {
    let faults = fault_updates::faults_found(reports.iter().chain(related));
    Results { reports, faults, changes }
}
