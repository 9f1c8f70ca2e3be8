//! The engine: it observes steps, applies what they plan under the lock, verifies, and updates the faults. It knows no step by
//! name.
//!
//! * [`check`], [`plan`]: read only
//! * [`repair`]: corrects the host
//! * [`remove`]: undoes what the receipt lists
//! * [`generalize`]: takes away what belongs to one machine
//! * [`recover`]: the lock, and what an interrupted run left
//! * [`fault_updates`]: from reports to the fault store
//! * [`last_run`]: when the last run was, and how it ended
//! * [`worst`]: the worst state of a run
//! * [`next_boot`]: what a reboot would break

pub mod fault_updates;
pub mod generalize;
pub mod last_run;
pub mod next_boot;
mod one_step;
pub mod recover;
pub mod remove;
pub mod repair;
pub mod worst;

use faults::{Change, FaultId, Reason, catalogue};
use host::InsideText;

use self::next_boot::{KernelChange, NextBoot, Undetermined};
use self::one_step::Plans;
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::{ImageItem, Outcome, StepReport};
use crate::model::step::StepRef;
use crate::model::waiver::{Looked, Waived};
use crate::steps::STEPS;

/// The result of a run.
#[derive(Debug)]
pub struct Results {
    /// The steps asked for.
    pub reports: Vec<StepReport>,
    /// The faults that were found and count: by these steps, and after a repair also by related steps.
    pub faults: Vec<FaultId>,
    /// The faults that were found and are waived, for each reason.
    pub waived: Vec<Waived<FaultId>>,
    /// Waivers that have ended or match nothing, and a table of kernels that is older than the built-in one, in one line each.
    pub warnings: Vec<String>,
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
    let all: Vec<&StepReport> = reports.iter().chain(related).collect();
    let found = fault_updates::faults_found(all.iter().copied());
    let next_boot = NextBoot::of(cx, steps, &found, &reports, KernelChange::Nothing);
    let (mut faults, mut waived) = (Vec::new(), Vec::new());
    for id in found {
        let reasons = all.iter().flat_map(|report| report.findings_about(id)).map(|finding| &finding.reason);
        match cx.waivers.of_all(reasons) {
            Some(waivers) => waived.extend(waivers.into_iter().map(|waiver| Waived { id, waiver: waiver.clone() })),
            None => faults.push(id),
        }
    }
    let reasons: Vec<&Reason> = all
        .iter()
        .flat_map(|report| &report.findings)
        .chain(next_boot.iter().flat_map(|next| &next.pending).map(|fault| &fault.finding))
        .map(|finding| &finding.reason)
        .collect();
    let mut warnings = cx.waivers.warnings(&reasons, |reason| looked_for(reason, &all, next_boot.as_ref()));
    if steps.iter().any(|step| step.judges_kernel()) {
        warnings.extend(cx.profile.kernels.warnings());
    }
    Results { reports, faults, waived, warnings, changes, unrecorded: Vec::new(), next_boot, image: Vec::new() }
}

/// Returns whether the steps that find `reason` determined if it is there: in `reports`, and for the next boot.
fn looked_for(reason: &Reason, reports: &[&StepReport], next_boot: Option<&NextBoot>) -> Looked {
    let lists_it = |id: &FaultId| catalogue::find(*id).is_some_and(|entry| entry.reasons.check.contains(reason));
    let mut unknown = Vec::new();
    for step in STEPS.iter().filter(|step| step.faults().iter().any(lists_it)) {
        let id = step.id();
        let Some(report) = reports.iter().find(|report| report.step == id) else { return Looked::Elsewhere };
        // A step without a rule for this host can find nothing.
        let now = report.is_partial || report.outcome == Outcome::Unknown && !report.faults.is_empty();
        let is_about = |next: &Undetermined| next.step.map_or(step.judges_kernel(), |step| step == id);
        if now || next_boot.is_some_and(|next| next.unknown.iter().any(is_about)) {
            unknown.push(id);
        }
    }
    if unknown.is_empty() { Looked::Fully } else { Looked::InPart(unknown) }
}
