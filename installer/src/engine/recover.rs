//! hostprep's lock, and what a run that was cut short left.

use std::time::Duration;

use host::log::Level;
use host::process::lock::Lock;

use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::step::StepRef;
use crate::steps::STEPS;

/// The longest wait of a command for another hostprep.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(300);

/// The longest wait of a hook: the user of a package manager does not know what it waits for.
pub const HOOK_LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// hostprep's lock, and the steps that could not restore what an interrupted run left. Their part of the host must not be changed.
#[derive(Debug)]
pub struct Locked {
    /// The lock.
    pub lock: Lock,
    /// Each such step, and why.
    pub not_restored: Vec<(StepRef, Error)>,
}

impl Locked {
    /// Returns why `step` could not restore what an interrupted run left, if it could not.
    #[must_use]
    pub fn problem_of(&self, step: StepRef) -> Option<&Error> {
        self.not_restored.iter().find(|(other, _)| *other == step).map(|(_, error)| error)
    }
}

/// Takes hostprep's lock, and lets every step restore what an interrupted run left. Calls `waiting` once if another hostprep holds
/// the lock.
///
/// # Errors
/// [`Error::Lock`], and [`Error::Interrupted`] if a signal ended the waiting of a step.
pub fn lock(cx: &HostContext, timeout: Duration, waiting: &mut dyn FnMut()) -> Result<Locked, Error> {
    let lock = Lock::acquire(cx.root, &cx.profile.paths.lock, cx.clock, timeout, waiting)?;
    let mut not_restored = Vec::new();
    for step in STEPS {
        if let Err(e) = step.recover(cx) {
            if matches!(e, Error::Interrupted { .. }) {
                return Err(e);
            }
            cx.log.line(Level::Error, &format!("{}: {e}", step.id()));
            not_restored.push((*step, e));
        }
    }
    Ok(Locked { lock, not_restored })
}

/// Restores what an interrupted run left; takes the lock only if there is something.
///
/// # Errors
/// As [`lock`]; the error of the first step that cannot restore what is left, or tell whether something is.
pub fn recover(cx: &HostContext, timeout: Duration, waiting: &mut dyn FnMut()) -> Result<(), Error> {
    if is_interrupted(cx) {
        let Locked { mut not_restored, .. } = lock(cx, timeout, waiting)?;
        if !not_restored.is_empty() {
            return Err(not_restored.remove(0).1);
        }
    }
    STEPS.iter().try_for_each(|step| step.is_interrupted(cx).map(drop))
}

/// Returns whether a run that was cut short left something to restore. A step that cannot tell says so when it is observed.
pub(super) fn is_interrupted(cx: &HostContext) -> bool {
    STEPS.iter().any(|step| step.is_interrupted(cx).unwrap_or(false))
}
