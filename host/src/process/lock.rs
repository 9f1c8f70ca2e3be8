//! One hostprep at a time: a lock file, held through `flock(2)` and so freed by the kernel whatever dies.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::stat::fstat;
use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

use crate::error::FileError;
use crate::fs::FileId;
use crate::process::clock::Clock;
use crate::process::signals;
use crate::{Dir, Root};

const PAUSE: Duration = Duration::from_millis(50);

/// How often the directory may go under our hands before it is taken for one that cannot be made.
const MOST_VANISHED: u32 = 100;

/// Why the lock was not had.
#[derive(Debug, Error)]
pub enum LockError {
    /// The lock file cannot be made or opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process held it all the while.
    #[error("another process has held {} for more than {} s; wait for it, or find it with: fuser -v {}", path.display(), waited.as_secs(), path.display())]
    Busy {
        /// The lock file.
        path: std::path::PathBuf,
        /// How long was waited.
        waited: Duration,
    },
    /// A signal came while waiting.
    #[error("interrupted while waiting for the lock {}; nothing was changed", path.display())]
    Interrupted {
        /// The lock file.
        path: std::path::PathBuf,
    },
}

/// A held lock; dropping it frees it.
#[derive(Debug)]
pub struct Lock {
    held: File,
    dir: Dir,
    name: OsString,
}

impl Lock {
    /// Takes the lock at `inside`, waiting `patience` at most. `waiting` is called once, when it must be waited for.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn acquire(
        root: &Root,
        inside: &Path,
        clock: &dyn Clock,
        patience: Duration,
        waiting: &mut dyn FnMut(),
    ) -> Result<Self, LockError> {
        Self::wait(root, inside, clock, patience, waiting, false)
    }

    /// As [`Lock::acquire`], to finish what was begun: an interruption counts only if it comes while this waits.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn acquire_to_finish(
        root: &Root,
        inside: &Path,
        clock: &dyn Clock,
        patience: Duration,
    ) -> Result<Self, LockError> {
        Self::wait(root, inside, clock, patience, &mut || {}, signals::interrupted())
    }

    fn wait(
        root: &Root,
        inside: &Path,
        clock: &dyn Clock,
        patience: Duration,
        waiting: &mut dyn FnMut(),
        interrupted_before: bool,
    ) -> Result<Self, LockError> {
        let shown = root.shown(inside);
        let name = inside.file_name().ok_or_else(|| FileError::new("open", &shown, Errno::EINVAL))?;
        let start = clock.monotonic();
        let (mut told, mut vanished) = (false, 0);
        loop {
            match Self::try_once(root, inside, name) {
                Ok(Some(lock)) => return Ok(lock),
                Ok(None) => {}
                // Whoever held it last removed the directory in between.
                Err(e) if e.is_missing() && vanished < MOST_VANISHED => {
                    vanished += 1;
                    continue;
                }
                Err(e) => return Err(e.into()),
            }
            if signals::interrupted() && !interrupted_before {
                return Err(LockError::Interrupted { path: shown });
            }
            if !told {
                waiting();
                told = true;
            }
            let waited = clock.monotonic() - start;
            if waited >= patience {
                return Err(LockError::Busy { path: shown, waited });
            }
            clock.sleep(PAUSE);
        }
    }

    fn try_once(root: &Root, inside: &Path, name: &OsStr) -> Result<Option<Self>, FileError> {
        let failed = |e: Errno| FileError::new("lock", root.shown(inside), e);
        let dir = root.create_private_dir(inside.parent().unwrap_or(Path::new("/")))?;
        // Root's alone: who can open it can hold it.
        let file = dir.append(name, 0o600)?;
        if !try_flock(&file).map_err(failed)? {
            return Ok(None);
        }
        // A lock on a file that its last holder has removed excludes nobody.
        let ours = fstat(&file).map_err(failed)?;
        let named = dir.stat(name)?.is_some_and(|named| FileId::of(&named) == FileId::of(&ours));
        Ok(named.then(|| Self { held: file, dir, name: name.to_owned() }))
    }

    /// Frees the lock and removes its file.
    ///
    /// # Errors
    /// [`FileError`] where the file cannot be removed; the lock is freed all the same.
    pub fn remove(self) -> Result<(), FileError> {
        let Self { held, dir, name } = self;
        let removed = dir.unlink(&name);
        drop(held);
        removed
    }
}

/// Takes the lock of `file`, exclusive and without waiting; `false` where another has it. Closing the file frees it: to free it by
/// a call of its own could fail, and there would be nothing to do about that.
///
/// # Errors
/// The system's (`flock(2)`).
pub fn try_flock(file: &File) -> Result<bool, Errno> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => Ok(false),
        Err(e) => Err(Errno::from_raw(e.raw_os_error())),
    }
}

#[cfg(test)]
mod tests;
