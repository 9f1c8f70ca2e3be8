//! Why a window cannot be opened or closed, and the result of restoring.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use host::{FileError, ReadError};
use nix::errno::Errno;
use thiserror::Error;

/// Why a window cannot be opened or closed.
#[derive(Debug, Error)]
pub enum WindowError {
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file cannot be read, or is malformed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file is immutable, append-only, on a read-only file system or a link into a directory that is missing, or the directory
    /// for the window's record cannot be written.
    #[error("{} can be neither changed nor replaced: {source}; {hint}, then run again", path.display())]
    Unchangeable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
        /// What to do.
        hint: String,
    },
    /// Another process holds the lock for a window, perhaps another agent's hostprep.
    #[error(
        "another process has held the lock of {} for more than {} s; wait for it, or find it with: lslocks",
        path.display(), waited.as_secs()
    )]
    Busy {
        /// The locked directory.
        path: PathBuf,
        /// The time until this process gave up.
        waited: Duration,
    },
    /// A signal arrived during the wait for that lock.
    #[error("interrupted while waiting for the lock of {}", path.display())]
    Interrupted {
        /// The locked directory.
        path: PathBuf,
    },
    /// Another program keeps changing the file.
    #[error("{} changes faster than it can be restored; stop the program that writes it, then run again", path.display())]
    KeepsChanging {
        /// The file.
        path: PathBuf,
    },
    /// A newer hostprep left its window open.
    #[error(
        "{} has format {schema} and this hostprep knows {known}; run `{} repair` of the newer version; no account was changed",
        path.display(), host::process::names::command()
    )]
    NewerRecord {
        /// The record.
        path: PathBuf,
        /// Its format.
        schema: u32,
        /// The newest format that this version reads.
        known: u32,
    },
}

impl WindowError {
    /// Returns [`Self::Unchangeable`] for a state directory on a read-only file system.
    pub(crate) fn unrecordable(error: FileError) -> Self {
        Self::Unchangeable { path: error.path, source: error.source, hint: "remount its file system read-write".into() }
    }

    /// Returns [`Self::Unchangeable`] if `error`, from following the link `path`, means that it leads nowhere; otherwise the error as
    /// it is.
    pub(crate) fn of_resolving(path: PathBuf, error: FileError) -> Self {
        if !error.is_missing() {
            return error.into();
        }
        let hint = "remove this symbolic link, or make the directory that it leads to".into();
        Self::Unchangeable { path, source: error.source, hint }
    }

    /// Returns [`Self::Unchangeable`] if `error`, from changing `path`, means that; otherwise the error as it is.
    pub(crate) fn of_changing(path: PathBuf, error: FileError) -> Self {
        let hint = match error.errno() {
            Some(Errno::EPERM | Errno::EACCES) => {
                format!("run as root, and if it is immutable: chattr -i -a {}", path.display())
            }
            Some(Errno::EROFS) => "remount its file system read-write".into(),
            _ => return error.into(),
        };
        Self::Unchangeable { path, source: error.source, hint }
    }
}

/// The result of restoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Restored {
    /// Another program's edit was kept.
    pub concurrent_edit: bool,
}

impl Restored {
    pub const CLEAN: Self = Self { concurrent_edit: false };
    pub const CONCURRENT_EDIT: Self = Self { concurrent_edit: true };
}
