//! A lock file that lets one process run at a time. It is held with `flock(2)`, so the kernel frees it when the process ends.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::AsFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::stat::fstat;
use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

use crate::error::FileError;
use crate::fs::{FileId, InRoot};
use crate::process::clock::Clock;
use crate::process::signals;
use crate::{Dir, Root};

const PAUSE: Duration = Duration::from_millis(50);

/// The number of times that the directory may vanish while the lock is taken; once more is an error.
const MOST_VANISHED: u32 = 100;

/// Why the lock was not acquired.
#[derive(Debug, Error)]
pub enum LockError {
    /// The lock file cannot be created or opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process held it for the whole timeout.
    #[error("another process has held {} for more than {} s; wait for it, or find it with: fuser -v {}", path.display(), waited.as_secs(), path.display())]
    Busy {
        /// The lock file.
        path: std::path::PathBuf,
        /// The time until this process gave up, by the monotonic clock.
        waited: Duration,
    },
    /// A signal arrived while waiting.
    #[error("interrupted while waiting for the lock {}; nothing was changed", path.display())]
    Interrupted {
        /// The lock file.
        path: std::path::PathBuf,
    },
}

/// A held lock. Dropping it frees it.
#[derive(Debug)]
pub struct Lock {
    held: Flocked<File>,
    dir: Dir,
    name: OsString,
}

impl Lock {
    /// Acquires the lock at `path`, waiting for at most `timeout`. Calls `waiting` once if it has to wait.
    ///
    /// # Errors
    /// [`LockError`]; [`LockError::Interrupted`] also for a signal that arrived earlier.
    pub fn acquire(
        root: &Root,
        path: &InRoot,
        clock: &dyn Clock,
        timeout: Duration,
        waiting: &mut dyn FnMut(),
    ) -> Result<Self, LockError> {
        Self::wait(root, path, clock, timeout, waiting, false)
    }

    /// As [`Lock::acquire`], for finishing an operation: only a signal that arrives during the wait interrupts it.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn acquire_to_finish(
        root: &Root,
        path: &InRoot,
        clock: &dyn Clock,
        timeout: Duration,
    ) -> Result<Self, LockError> {
        Self::wait(root, path, clock, timeout, &mut || {}, signals::interrupted())
    }

    fn wait(
        root: &Root,
        path: &InRoot,
        clock: &dyn Clock,
        timeout: Duration,
        waiting: &mut dyn FnMut(),
        interrupted_before: bool,
    ) -> Result<Self, LockError> {
        let host_path = root.host_path(path);
        let name = path.file_name().ok_or_else(|| FileError::new("open", &host_path, Errno::EINVAL))?;
        let start = clock.monotonic();
        let (mut reported, mut vanished) = (false, 0);
        loop {
            match Self::try_once(root, path, name) {
                Ok(Some(lock)) => return Ok(lock),
                Ok(None) => {}
                // The last holder removed the directory in between.
                Err(e) if e.is_missing() && vanished < MOST_VANISHED => {
                    vanished += 1;
                    continue;
                }
                Err(e) => return Err(e.into()),
            }
            if signals::interrupted() && !interrupted_before {
                return Err(LockError::Interrupted { path: host_path });
            }
            if !reported {
                waiting();
                reported = true;
            }
            let waited = clock.monotonic() - start;
            if waited >= timeout {
                return Err(LockError::Busy { path: host_path, waited });
            }
            clock.sleep(PAUSE);
        }
    }

    fn try_once(root: &Root, path: &InRoot, name: &OsStr) -> Result<Option<Self>, FileError> {
        let failed = |e: Errno| FileError::new("lock", root.host_path(path), e);
        let dir = root.create_private_dir(path.parent().unwrap_or_else(InRoot::top))?;
        // Only root can open it: opening is enough to hold the lock.
        let file = dir.append(name, 0o600)?;
        let Some(held) = try_flock(file).map_err(failed)? else { return Ok(None) };
        // A lock on a file that its last holder has removed excludes no other process.
        let ours = fstat(&held.0).map_err(failed)?;
        let named = dir.stat(name)?.is_some_and(|named| FileId::of(&named) == FileId::of(&ours));
        Ok(named.then(|| Self { held, dir, name: name.to_owned() }))
    }

    /// Frees the lock and removes its file.
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be removed. The lock is freed all the same.
    pub fn remove(self) -> Result<(), FileError> {
        let Self { held, dir, name } = self;
        let removed = dir.unlink(&name);
        drop(held);
        removed
    }
}

/// A lock on a directory itself, for what is in it. It needs no file, and it is the same lock seen from a chroot and from outside.
/// Every user may take it, so waiting for it must have an end. Dropping it frees it.
#[derive(Debug)]
pub struct DirLock {
    /// `None` where the file system has no such locks.
    _held: Option<Flocked<Dir>>,
}

impl DirLock {
    /// Acquires the lock, waiting for at most `timeout`. Where the file system has no such locks (NFS, for a directory), there is
    /// none, and nothing to wait for.
    ///
    /// # Errors
    /// [`LockError::Busy`], and [`LockError::Interrupted`] for a signal that arrives during the wait.
    pub fn acquire(mut dir: Dir, clock: &dyn Clock, timeout: Duration) -> Result<Self, LockError> {
        let start = clock.monotonic();
        let interrupted_before = signals::interrupted();
        loop {
            dir = match flock_or_give_back(dir, FlockOperation::NonBlockingLockExclusive) {
                Ok(held) => return Ok(Self { _held: Some(held) }),
                Err((dir, Errno::EWOULDBLOCK)) => dir,
                Err(_) => return Ok(Self { _held: None }),
            };
            let path = || dir.path().to_owned();
            if signals::interrupted() && !interrupted_before {
                return Err(LockError::Interrupted { path: path() });
            }
            let waited = clock.monotonic() - start;
            if waited >= timeout {
                return Err(LockError::Busy { path: path(), waited });
            }
            clock.sleep(PAUSE);
        }
    }

    /// Returns whether another process holds the lock. This process does not hold it afterwards, nor keep others from looking too.
    #[must_use]
    pub fn is_held_by_another(dir: &Dir) -> bool {
        matches!(flock_or_give_back(dir, FlockOperation::NonBlockingLockShared), Err((_, Errno::EWOULDBLOCK)))
    }
}

/// An open file or directory with a lock. Dropping it frees the lock, also if a child process that has not yet executed
/// its program still has the file open: closing it alone would not.
#[derive(Debug)]
pub struct Flocked<F: AsFd>(F);

impl<F: AsFd> Drop for Flocked<F> {
    fn drop(&mut self) {
        // If that fails, closing the file frees it.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

/// Locks an open file or directory exclusively, without waiting. Returns `None` if another process holds it.
///
/// # Errors
/// The error of `flock(2)`.
pub fn try_flock<F: AsFd>(file: F) -> Result<Option<Flocked<F>>, Errno> {
    match flock_or_give_back(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(held) => Ok(Some(held)),
        Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, e)) => Err(e),
    }
}

/// Locks `file`, and returns it with the error if it cannot; `EWOULDBLOCK` if another process holds the lock.
fn flock_or_give_back<F: AsFd>(file: F, how: FlockOperation) -> Result<Flocked<F>, (F, Errno)> {
    match flock(&file, how) {
        Ok(()) => Ok(Flocked(file)),
        Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => Err((file, Errno::EWOULDBLOCK)),
        Err(e) => Err((file, Errno::from_raw(e.raw_os_error()))),
    }
}

#[cfg(test)]
mod tests;
