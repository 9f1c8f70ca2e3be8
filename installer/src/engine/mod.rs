//! The engine: it observes steps, applies what they plan under the lock, verifies, and updates the faults. It knows no step by
//! name.
//!
//! * [`check`], [`plan`]: read only
//! * [`repair`]: corrects the host
//! * [`remove`]: undoes what the receipt lists
//! * [`generalize`]: takes away what belongs to one machine
//! * [`recover`]: the lock, and what an interrupted run left
//! * [`fault_updates`]: from reports to the fault store
//! * [`next_boot`]: what a reboot would break

pub mod fault_updates;
pub mod generalize;
pub mod next_boot;
mod one_step;
pub mod recover;
pub mod remove;
pub mod repair;

use faults::{Change, FaultId};
use host::InsideText;

use self::next_boot::{KernelChange, NextBoot};
use self::one_step::Plans;
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::{ImageItem, Outcome, StepReport};
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
    /// What was done and could not be recorded, in one line each: the state of an offline system may be read-only.
    pub unrecorded: Vec<String>,
    /// What the next boot brings, if it brings another kernel.
    pub next_boot: Option<NextBoot>,
    /// What `check --image` looks at besides the steps; empty elsewhere.
    pub image: Vec<ImageItem>,
}

/// Observes `steps`; reads only.
#[must_use]
pub fn check(cx: &HostContext, steps: &[StepRef]) -> Results {
    results(cx, steps, observe(cx, steps, Plans::Ignored), &[], Vec::new())
}

/// Observes `steps` and reports what [`repair::repair`] would do; reads only.
#[must_use]
pub fn plan(cx: &HostContext, steps: &[StepRef]) -> Results {
    results(cx, steps, observe(cx, steps, Plans::Count), &[], Vec::new())
}

fn observe(cx: &HostContext, steps: &[StepRef], plans: Plans) -> Vec<StepReport> {
    let observe = |step: &StepRef| one_step::report(*step, &one_step::observe(*step, cx), cx.root, plans);
    steps.iter().map(observe).collect()
}

/// The report of a step that failed, so that it is not known what is there now.
fn failed(cx: &HostContext, step: StepRef, error: &Error) -> StepReport {
    StepReport {
        step: step.id(),
        faults: step.faults(),
        outcome: Outcome::Unknown,
        detail: error.inside_text(cx.root),
        findings: Vec::new(),
        obstacle: None,
        is_partial: false,
        severity: None,
        plan: Vec::new(),
    }
}

fn results(
    cx: &HostContext,
    steps: &[StepRef],
    reports: Vec<StepReport>,
    related: &[StepReport],
    changes: Vec<(FaultId, Change)>,
) -> Results {
    let faults = fault_updates::faults_found(reports.iter().chain(related));
    let next_boot = NextBoot::of(cx, steps, &faults, &reports, KernelChange::Nothing);
    Results { reports, faults, changes, unrecorded: Vec::new(), next_boot, image: Vec::new() }
}
