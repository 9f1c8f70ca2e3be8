//! One step: its report, and its repair: apply what it plans, and verify by observing again.

use host::log::Level;
use host::{InsideText, Root};

use crate::Error;
use crate::model::action::ActionError;
use crate::model::host_context::HostContext;
use crate::model::receipt::Receipt;
use crate::model::report::{Finding, Outcome, StepReport};
use crate::model::step::{Observation, Step, Verdict};
use crate::steps::disk_full;

/// The first round may leave something to the next: `useradd` without the group, then `groupadd`.
const MOST_ROUNDS: usize = 3;

/// Observes the host. Changes nothing. What cannot be read, or is malformed, is [`Verdict::Unknown`] with the file and line: it
/// does not keep the other steps from being run.
#[must_use]
pub(super) fn observe(step: &dyn Step, cx: &HostContext) -> Observation {
    step.observe(cx).unwrap_or_else(|e| Observation::unknown(e.inside_text(cx.root)))
}

/// The weight of planned changes in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plans {
    /// A fault is a fault, also if `repair` would correct it.
    Ignored,
    /// Report the planned changes of `repair`.
    Count,
}

/// Returns the report of an observation.
#[must_use]
pub(super) fn report(step: &dyn Step, observed: &Observation, root: &Root, plans: Plans) -> StepReport {
    let plan = descriptions(observed, root);
    let merged = |findings| Finding::merged(findings).map_or_else(String::new, |finding| finding.detail);
    let (mut outcome, detail, findings) = match &observed.verdict {
        Verdict::Satisfied(detail) => (Outcome::Ok, detail.clone(), Vec::new()),
        Verdict::NotReady(detail, _) | Verdict::Pending(detail) => (Outcome::Deferred, detail.clone(), Vec::new()),
        Verdict::Fault(findings) | Verdict::FaultOfSeverity(_, findings) => {
            (Outcome::Fault, merged(findings), findings.clone())
        }
        Verdict::FaultAndUnknown(findings, unknown) => {
            (Outcome::Fault, format!("{}; {unknown}", merged(findings)), findings.clone())
        }
        Verdict::Unknown(detail) | Verdict::NoRule(detail) => (Outcome::Unknown, detail.clone(), Vec::new()),
    };
    if !plan.is_empty() && (plans == Plans::Count || outcome != Outcome::Fault) {
        outcome = Outcome::Planned;
    }
    let obstacle = match &observed.verdict {
        Verdict::NotReady(_, obstacle) if outcome == Outcome::Deferred => obstacle.clone(),
        _ => None,
    };
    let is_partial = matches!(observed.verdict, Verdict::FaultAndUnknown(..));
    let severity = match observed.verdict {
        Verdict::FaultOfSeverity(severity, _) => Some(severity),
        _ => None,
    };
    let faults = if matches!(observed.verdict, Verdict::NoRule(_)) { Vec::new() } else { step.faults() };
    StepReport { step: step.id(), faults, outcome, detail, findings, obstacle, is_partial, severity, plan }
}

/// Applies what the step plans until nothing is left to do, and verifies by observing again.
///
/// # Errors
/// [`Error`] if the receipt cannot be written, or the run is interrupted.
pub(super) fn repair(step: &dyn Step, cx: &HostContext, receipt: &mut Receipt) -> Result<StepReport, Error> {
    let mut observed = observe(step, cx);
    let mut done = Vec::new();
    let mut failure = None;
    'rounds: for _ in 0..MOST_ROUNDS {
        if observed.plan.is_empty() {
            break;
        }
        for action in &observed.plan {
            if host::process::signals::interrupted() {
                return Err(cx.interrupted("repair"));
            }
            match action.apply(cx, receipt) {
                Ok(_) => done.extend(action.describe(cx.root)),
                Err(error) => {
                    let finding = host_problem(cx, error)?;
                    cx.log.line(Level::Warning, &format!("{}: {}", step.id(), finding.detail));
                    failure = Some(finding);
                    observed = observe(step, cx);
                    break 'rounds;
                }
            }
        }
        let planned = descriptions(&observed, cx.root);
        observed = observe(step, cx);
        // What has just been done and is planned again does not help.
        if descriptions(&observed, cx.root) == planned {
            break;
        }
    }
    let mut result = report(step, &observed, cx.root, Plans::Ignored);
    result.plan = done;
    conclude(&mut result, failure);
    Ok(result)
}

/// Returns what about the host prevented the change. A file system without room for hostprep's own files is such a problem too.
fn host_problem(cx: &HostContext, error: ActionError) -> Result<Finding, Error> {
    match error {
        ActionError::HostProblem(finding) => Ok(finding),
        ActionError::Internal(error) => disk_full::own_file(cx, &error).ok_or(error),
    }
}

fn descriptions(observed: &Observation, root: &Root) -> Vec<String> {
    observed.plan.iter().flat_map(|action| action.describe(root)).collect()
}

/// The outcome of a repair: what failed is a better reason than what is missing because of it. If that is no fault, it is told after
/// what is not done, and raises none.
fn conclude(result: &mut StepReport, failure: Option<Finding>) {
    let changed = !result.plan.is_empty();
    match (result.outcome, failure) {
        (Outcome::Fault, Some(failure)) => {
            result.detail.clone_from(&failure.detail);
            result.findings = vec![failure];
            result.severity = None;
        }
        // It is in order, by whatever; the log has what failed.
        (Outcome::Ok, _) if changed => result.outcome = Outcome::Changed,
        (Outcome::Ok | Outcome::Changed, _) => {}
        (outcome, failure) => {
            // Still planned after applying: not in order, but not a fault.
            if outcome == Outcome::Planned {
                result.outcome = Outcome::Deferred;
            }
            if let Some(failure) = failure {
                // What a failed attempt came to may be what is observed.
                if result.detail != failure.detail {
                    result.detail = format!("{}; {}", result.detail, failure.detail);
                }
                result.obstacle = Some(failure);
            }
        }
    }
}
