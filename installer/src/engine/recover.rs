//! hostprep's lock, and what a run that was cut short left.

use std::time::Duration;

use host::process::lock::Lock;

use crate::Error;
use crate::model::host_context::HostContext;
use crate::steps::STEPS;

/// How long a command waits for another hostprep.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(300);

/// How long a hook waits for it: the user of a package manager does not know what it waits for.
pub const HOOK_LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// Takes hostprep's lock, and lets every step restore what an interrupted run left. Calls `waiting` once if another hostprep holds
/// the lock.
///
/// # Errors
/// [`Error::Lock`], or the error of a step that cannot restore what is left.
pub fn lock(cx: &HostContext, timeout: Duration, waiting: &mut dyn FnMut()) -> Result<Lock, Error> {
    let lock = Lock::acquire(cx.root, &cx.profile.paths.lock, cx.clock, timeout, waiting)?;
    for step in STEPS {
        step.recover(cx)?;
    }
    Ok(lock)
}

/// Restores what an interrupted run left; takes the lock only if there is something.
///
/// # Errors
/// As [`lock`].
pub fn recover(cx: &HostContext, timeout: Duration, waiting: &mut dyn FnMut()) -> Result<(), Error> {
    match is_interrupted(cx)? {
        true => lock(cx, timeout, waiting).map(drop),
        false => Ok(()),
    }
}

/// Returns whether a run that was cut short left something to restore.
///
/// # Errors
/// [`Error`] if that cannot be determined.
pub(super) fn is_interrupted(cx: &HostContext) -> Result<bool, Error> {
    for step in STEPS {
        if step.is_interrupted(cx)? {
            return Ok(true);
        }
    }
    Ok(false)
}
