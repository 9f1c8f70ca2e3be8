//! One host change is one step: observe, plan, apply, verify. The way back is [`crate::removal`].
//!
//! A step's `observe` reads only; it gives a verdict and the actions that would mend it. Applying them and observing
//! again is the same for every step and stands here.

mod directories;
mod kernel;
mod kernel_support;
mod monitor;
mod scan_service;
mod scan_user;
mod selinux;
mod selinux_module;
mod selinux_tools;

use host::Root;
use host::log::Level;

use crate::Error;
use crate::action::{Action, ActionError};
use crate::context::Context;
use crate::journal::Journal;
use crate::outcome::{Finding, Outcome, StepName, StepReport, Verdict};

pub use selinux::{assess, state_word};
pub use selinux_module::interrupted_store;

/// What a step saw, and what it would do.
#[derive(Debug)]
pub struct Look {
    /// How things stand now.
    pub verdict: Verdict,
    /// What would mend it; empty where nothing is to be done or nothing can be.
    pub plan: Vec<Action>,
}

impl Look {
    fn right(detail: impl Into<String>) -> Self {
        Self { verdict: Verdict::Right(detail.into()), plan: Vec::new() }
    }

    /// A fault that `repair` cannot correct.
    fn fault(finding: Finding) -> Self {
        Self { verdict: Verdict::Faulty(vec![finding]), plan: Vec::new() }
    }

    fn unknown(detail: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unknown(detail.into()), plan: Vec::new() }
    }
}

/// A tool may leave things half right, which the next round mends: `useradd` without the group, then `groupadd`.
const MOST_ROUNDS: usize = 3;

/// Looks at what `name` is about. Changes nothing.
///
/// # Errors
/// [`Error`] where a file is malformed; what this user may not read is [`Verdict::Unknown`].
pub fn observe(name: StepName, cx: &Context) -> Result<Look, Error> {
    let look = match name {
        StepName::ScanUser => scan_user::observe(cx),
        StepName::Directories => directories::observe(cx),
        StepName::SelinuxTools => selinux_tools::observe(cx),
        StepName::SelinuxModule => selinux_module::observe(cx),
        StepName::Kernel => kernel::observe(cx),
        StepName::KernelSupport => kernel_support::observe(cx),
        StepName::FilesystemMonitor => monitor::observe(cx, monitor::Watched::Files),
        StepName::NetworkMonitor => monitor::observe(cx, monitor::Watched::Network),
        StepName::ScanService => scan_service::observe(cx),
    };
    match look {
        Err(e) if e.is_denied() => Ok(Look::unknown(e.to_string())),
        look => look,
    }
}

/// What a look says, without changing anything. With `planned`, a plan counts as such even where a fault is true.
#[must_use]
pub fn report(name: StepName, look: &Look, root: &Root, planned: bool) -> StepReport {
    let plan = descriptions(look, root);
    let (mut outcome, detail, findings) = match &look.verdict {
        Verdict::Right(detail) => (Outcome::Ok, detail.clone(), Vec::new()),
        Verdict::NotReady(detail) | Verdict::Later(detail) => (Outcome::Deferred, detail.clone(), Vec::new()),
        Verdict::Faulty(findings) => {
            let detail = Finding::merged(findings).map_or_else(String::new, |finding| finding.detail);
            (Outcome::Fault, detail, findings.clone())
        }
        Verdict::Unknown(detail) => (Outcome::Unknown, detail.clone(), Vec::new()),
    };
    if !plan.is_empty() && (planned || outcome != Outcome::Fault) {
        outcome = Outcome::Planned;
    }
    StepReport { name, outcome, detail, findings, plan }
}

/// Applies what the looks plan until nothing is left to do, and verifies by looking again.
///
/// # Errors
/// [`Error`] where the host can no longer be looked at, a record cannot be kept, or somebody interrupts.
pub fn repair(name: StepName, cx: &Context, journal: &mut Journal) -> Result<StepReport, Error> {
    let mut look = observe(name, cx)?;
    let mut done = Vec::new();
    let mut failure = None;
    'rounds: for _ in 0..MOST_ROUNDS {
        if look.plan.is_empty() {
            break;
        }
        for action in &look.plan {
            if host::signals::interrupted() {
                return Err(Error::Interrupted);
            }
            match action.apply(cx, journal) {
                Ok(()) => done.extend(action.describe(cx.root)),
                Err(ActionError::Ours(e)) => return Err(e),
                Err(ActionError::Host(finding)) => {
                    cx.log.line(Level::Warning, &format!("{}: {}", name.as_str(), finding.detail));
                    failure = Some(finding);
                    look = observe(name, cx)?;
                    break 'rounds;
                }
            }
        }
        let planned = descriptions(&look, cx.root);
        look = observe(name, cx)?;
        // What has just been done and is planned again does not help.
        if descriptions(&look, cx.root) == planned {
            break;
        }
    }
    let mut result = report(name, &look, cx.root, false);
    result.plan = done;
    settle(&mut result, failure);
    Ok(result)
}

fn descriptions(look: &Look, root: &Root) -> Vec<String> {
    look.plan.iter().flat_map(|action| action.describe(root)).collect()
}

/// The outcome of a repair: what failed is a better reason than what is missing because of it.
fn settle(result: &mut StepReport, failure: Option<Finding>) {
    let changed = !result.plan.is_empty();
    match (result.outcome, failure) {
        (Outcome::Fault, Some(failure)) => {
            result.detail.clone_from(&failure.detail);
            result.findings = vec![failure];
        }
        (Outcome::Ok, _) if changed => result.outcome = Outcome::Changed,
        // Still planned after applying: not in order, while that is no fault.
        (Outcome::Planned, failure) => {
            result.outcome = Outcome::Deferred;
            if let Some(failure) = failure {
                result.detail = failure.detail;
            }
        }
        _ => {}
    }
}
