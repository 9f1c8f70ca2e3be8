//! One window at a time, also if hostprep runs for another agent, with another lock and another state directory.
//!
//! The lock is that on the directory of `login.defs`. It is taken only where a window is opened, or something was found that a
//! window left.

use std::time::Duration;

use host::Root;
use host::process::clock::SystemClock;
use host::process::lock::{DirLock, LockError};

use crate::error::WindowError;

/// The longest wait for another window: an account tool may run for longer, but then it waits for something too.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

const DIRECTORY: &str = "/etc";

/// The right to open a window. Dropping it gives it up.
#[derive(Debug)]
pub(crate) struct Guard {
    _lock: Option<DirLock>,
}

impl Guard {
    /// Waits until no other process has a window open.
    ///
    /// # Errors
    /// [`WindowError::Busy`] if one has it for too long, [`WindowError::Interrupted`] if a signal arrives during the wait.
    pub fn wait(root: &Root) -> Result<Self, WindowError> {
        Self::wait_for(root, LONGEST_WAIT)
    }

    pub(crate) fn wait_for(root: &Root, timeout: Duration) -> Result<Self, WindowError> {
        let dir = match root.dir(DIRECTORY) {
            Err(e) if e.is_missing() => return Ok(Self { _lock: None }),
            dir => dir?,
        };
        match DirLock::acquire(dir, &SystemClock, timeout) {
            Ok(lock) => Ok(Self { _lock: Some(lock) }),
            Err(LockError::File(e)) => Err(e.into()),
            Err(LockError::Busy { path, waited }) => Err(WindowError::Busy { path, waited }),
            Err(LockError::Interrupted { path }) => Err(WindowError::Interrupted { path }),
        }
    }
}

/// Returns whether another process has a window open, so that opening one waits. Does not wait.
#[must_use]
pub fn is_open_elsewhere(root: &Root) -> bool {
    root.dir(DIRECTORY).is_ok_and(|dir| DirLock::is_held_by_another(&dir))
}
