//! Errors of hostprep, as opposed to faults of the host.

use host::process::ProcessError;
use host::process::lock::LockError;
use host::process::names;
use host::{FileError, InsideText, MalformedFile, ReadError, Root};
use login_defs::WindowError;
use thiserror::Error;

/// An error; its text is one line and says what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// A file could not be read, written or understood.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The lock was not had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The fault store cannot be used.
    #[error(transparent)]
    Store(#[from] faults::StoreError),
    /// A tool failed.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A tool failed to undo something, or is missing.
    #[error("{detail}. Run: {next}")]
    Undo {
        /// What failed, and why.
        detail: String,
        /// The command to run first.
        next: String,
    },
    /// The login.defs window could not be opened, closed or recovered.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// The policy module's sources cannot be made.
    #[error(transparent)]
    Render(#[from] policy::render::RenderError),
    /// The policy module cannot be compiled.
    #[error(transparent)]
    Compile(#[from] policy::compile::CompileError),
    /// The policy module cannot be removed.
    #[error(transparent)]
    RemoveModule(#[from] policy::transaction::RemoveError),
    /// The policy module is in a store that this machine's tools do not work on.
    #[error(
        "{name} is in {store}, but semodule of this machine would work on {elsewhere}; nothing was run. Run: {command}"
    )]
    StoreElsewhere {
        /// The module.
        name: String,
        /// Its store.
        store: String,
        /// The store that the tools of this machine work on.
        elsewhere: String,
        /// The command for the tools of the system in the root.
        command: String,
    },
    /// The policy module cannot be loaded.
    #[error(transparent)]
    LoadModule(#[from] policy::load::LoadError),
    /// A load of a kernel that does not run.
    #[error(transparent)]
    NotRunning(#[from] NotRunning),
    /// Only root may change a host.
    #[error(
        "`{command}` changes the host and needs root; nothing was done. Run it with sudo, or run `{} check`",
        names::command()
    )]
    NotRoot {
        /// The subcommand.
        command: String,
    },
    /// Ctrl-C.
    #[error("interrupted; the current operation was completed or rolled back. To finish, run: {next}")]
    Interrupted {
        /// The command that goes on.
        next: String,
    },
    /// The record of the load lock is malformed.
    #[error("{problem}. Run: {next}")]
    LoadLockRecord {
        /// The file, and what is wrong with it.
        problem: MalformedFile,
        /// The command that replaces it.
        next: String,
    },
}

impl InsideText for Error {
    fn inside_text(&self, root: &Root) -> String {
        match self {
            Self::Read(error) | Self::Window(WindowError::Read(error)) => error.inside_text(root),
            Self::Window(WindowError::File(error)) => error.inside_text(root),
            Self::Process(error) => error.inside_text(root),
            Self::Compile(error) => error.inside_text(root),
            // Remedies go with a fault, so the command is left out.
            Self::LoadLockRecord { problem, .. } => problem.inside_text(root),
            error => error.to_string(),
        }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::Read(error.into())
    }
}

impl From<MalformedFile> for Error {
    fn from(error: MalformedFile) -> Self {
        Self::Read(error.into())
    }
}

impl Error {
    /// Returns the operation on a file that failed, if that is the error.
    #[must_use]
    pub fn file_error(&self) -> Option<&FileError> {
        match self {
            Self::Read(ReadError::File(e))
            | Self::Window(WindowError::File(e) | WindowError::Read(ReadError::File(e))) => Some(e),
            _ => None,
        }
    }

    /// Returns whether the only problem is that this user may not read.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.file_error().is_some_and(FileError::is_denied)
    }
}

/// A load makes sense only on the system that runs.
#[derive(Debug, Error)]
pub enum NotRunning {
    /// Another root.
    #[error(
        "--root is not valid here, because only the running kernel loads a component; `status` and `reset` accept it"
    )]
    Root,
    /// The boot cannot be identified.
    #[error(
        "/proc/sys/kernel/random/boot_id cannot be read, so the component must not be loaded; mount /proc and run again"
    )]
    NoBootId,
}
