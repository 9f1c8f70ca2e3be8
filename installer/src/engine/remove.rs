//! Removal: undoes what the receipt lists, and takes the policy module out of the store at every priority. What was there before
//! stays, and what is gone already is gone.

use std::time::Duration;

use faults::{FaultUpdate, Source};
use host::fs::fhs;
use host::log::Level;

use super::recover::{Locked, lock};
use super::{fault_updates, last_run};
use crate::Error;
use crate::hook::undone;
use crate::model::action::{ActionError, Applied};
use crate::model::host_context::HostContext;
use crate::model::receipt::Receipt;
use crate::model::step::{Removal, StepRef};
use crate::steps::STEPS;
use crate::{load_lock, machine};

/// The result of a removal.
#[derive(Debug, Default)]
pub struct Removed {
    /// The finished actions.
    pub done: Vec<String>,
    /// The failed actions, and why.
    pub failed: Vec<String>,
}

impl Removed {
    fn note(&mut self, cx: &HostContext, error: &str) {
        cx.log.line(Level::Warning, error);
        // One file can be the reason for several failures.
        if !self.failed.iter().any(|text| text == error) {
            self.failed.push(error.to_owned());
        }
    }
}

/// Plans to undo everything that `steps` created, the last step first.
#[must_use]
pub fn plan(cx: &HostContext, receipt: &Receipt, steps: &[StepRef]) -> Removal {
    let mut all = Removal::default();
    for step in steps.iter().rev() {
        let Removal { actions, failed } = step.undo(cx, receipt);
        all.actions.extend(actions);
        all.failed.extend(failed);
    }
    all
}

/// What to do with the state directory once it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateDirectory {
    /// It is removed.
    Remove,
    /// It stays: a package lists it, and the package manager complains if it is gone already.
    Keep,
}

/// Undoes everything as far as possible: what cannot be undone does not keep the rest from being undone.
///
/// # Errors
/// [`Error`] if the lock cannot be taken, or the run is interrupted.
pub fn remove(
    cx: &HostContext,
    state: StateDirectory,
    timeout: Duration,
    waiting: &mut dyn FnMut(),
) -> Result<Removed, Error> {
    let locked = lock(cx, timeout, waiting)?;
    let mut removed = undo(cx, STEPS, &locked)?;
    for done in [load_lock::remove(cx), clear_faults(cx), machine::forget(cx)] {
        if let Err(e) = done {
            removed.note(cx, &e.to_string());
        }
    }
    match state {
        // It says what is left, also to who looks later.
        StateDirectory::Remove if !removed.failed.is_empty() => {
            let ended = last_run::Ended { run: "remove", source: &Source::Remove };
            last_run::record_failure(cx, ended, &removed.failed.join("; "));
        }
        _ => {
            if let Err(e) = last_run::forget(cx) {
                removed.note(cx, &e.to_string());
            }
        }
    }
    let paths = &cx.profile.paths;
    if state == StateDirectory::Remove {
        if let Err(e) = undone::forget(cx) {
            removed.note(cx, &e.to_string());
        }
        cx.root.remove_empty_dir(&paths.state)?;
    }
    locked.lock.remove()?;
    if let Some(above) = paths.lock.parent().filter(|above| !fhs::is_system_dir(above)) {
        cx.root.remove_empty_dir(above)?;
    }
    Ok(removed)
}

/// Undoes what one step created, and leaves the rest.
///
/// # Errors
/// As [`remove`].
pub fn remove_one(
    cx: &HostContext,
    step: StepRef,
    timeout: Duration,
    waiting: &mut dyn FnMut(),
) -> Result<Removed, Error> {
    let locked = lock(cx, timeout, waiting)?;
    undo(cx, &[step], &locked)
}

/// Faults that only the agent sees are the agent's to clear.
fn clear_faults(cx: &HostContext) -> Result<(), Error> {
    let raised = fault_updates::store(cx).read()?;
    let mut ids = fault_updates::faults_of(STEPS);
    ids.retain(|id| !fault_updates::owned_by_agent(&raised, *id));
    let cleared: Vec<FaultUpdate> = ids.into_iter().map(FaultUpdate::Clear).collect();
    fault_updates::apply(cx, &cleared, Source::Remove).map(drop)
}

fn undo(cx: &HostContext, steps: &[StepRef], locked: &Locked) -> Result<Removed, Error> {
    let mut removed = Removed::default();
    let (kept, steps): (Vec<StepRef>, Vec<StepRef>) =
        steps.iter().partition(|step| locked.problem_of(**step).is_some());
    let mut receipt = Receipt::of(cx);
    if let Err(e) = receipt.reconcile() {
        cx.log.line(Level::Warning, &e.to_string());
    }
    let Removal { actions, failed } = plan(cx, &receipt, &steps);
    for action in actions {
        if host::process::signals::interrupted() {
            return Err(cx.interrupted("remove"));
        }
        match action.apply(cx, &mut receipt) {
            Ok(Applied::Changed) => removed.done.extend(action.describe(cx.root)),
            Ok(Applied::Unchanged) => {}
            Err(ActionError::Internal(e)) => removed.note(cx, &e.to_string()),
            Err(ActionError::HostProblem(finding)) => removed.note(cx, &finding.detail),
        }
    }
    for error in failed.iter().chain(kept.iter().filter_map(|step| locked.problem_of(*step))) {
        removed.note(cx, &error.to_string());
    }
    Ok(removed)
}
