//! One window at a time, also if hostprep runs for another agent, with another lock and another state directory.
//!
//! The lock is that on the directory of `login.defs`. It is taken only where a window is opened, or something was found that a
//! window left.

use std::io;
use std::time::Duration;

use host::Root;
use host::process::clock::SystemClock;
use host::process::lock::{DirLock, LockError};

use crate::error::WindowError;
use crate::sources::MAIN;

/// The longest wait: an account tool may run for longer, but then it waits for something too.
const TIMEOUT: Duration = Duration::from_secs(60);

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
    /// [`WindowError`] if one has it for too long: [`WindowError::Unchangeable`], as if the file could not be changed.
    pub fn wait(root: &Root) -> Result<Self, WindowError> {
        Self::wait_for(root, TIMEOUT)
    }

    pub(crate) fn wait_for(root: &Root, timeout: Duration) -> Result<Self, WindowError> {
        let dir = match root.dir(DIRECTORY) {
            Err(e) if e.is_missing() => return Ok(Self { _lock: None }),
            dir => dir?,
        };
        let path = dir.path().to_owned();
        let busy = |problem: String| WindowError::Unchangeable {
            path: root.host_path(MAIN),
            source: io::Error::other(problem),
            hint: "wait for that process, or find it with: lslocks".into(),
        };
        match DirLock::acquire(dir, &SystemClock, timeout) {
            Ok(lock) => Ok(Self { _lock: Some(lock) }),
            Err(LockError::File(e)) => Err(e.into()),
            Err(LockError::Busy { waited, .. }) => {
                let waited = waited.as_secs();
                Err(busy(format!("another process has held the lock of {} for more than {waited} s", path.display())))
            }
            Err(LockError::Interrupted { .. }) => {
                Err(busy(format!("interrupted while waiting for the lock of {}", path.display())))
            }
        }
    }
}

/// Returns whether another process has a window open. Does not wait.
pub(crate) fn is_open_elsewhere(root: &Root) -> bool {
    root.dir(DIRECTORY).is_ok_and(DirLock::is_held_by_another)
}
