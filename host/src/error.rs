//! Errors that name the path and say what to do.

use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::geteuid;
use thiserror::Error;

use crate::Root;
use crate::fs::ownership::UntrustedAbove;

/// An error that names paths of a root, or commands for it.
pub trait InsideText {
    /// Returns the error's text as it reads inside `root`: without the root's own path.
    fn inside_text(&self, root: &Root) -> String;
}

/// An operation on a path failed.
#[derive(Debug, Error)]
#[error("cannot {action} {}: {source}{}", path.display(), hint_suffix(source))]
pub struct FileError {
    /// What was tried, as a verb: `open`, `rename`, `sync`.
    pub action: &'static str,
    /// The path as an administrator would name it, alternate root included.
    pub path: PathBuf,
    /// The operating system's answer.
    pub source: io::Error,
}

impl FileError {
    /// An error of `action` on `path`.
    pub fn new(action: &'static str, path: impl AsRef<Path>, source: impl Into<io::Error>) -> Self {
        Self { action, path: path.as_ref().to_owned(), source: source.into() }
    }

    /// Whether the path, or a directory above it, does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.errno(), Some(Errno::ENOENT | Errno::ENOTDIR))
    }

    /// Whether this user may not look or write.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self.errno(), Some(Errno::EACCES | Errno::EPERM))
    }

    /// The system's error number, where there is one.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        self.source.raw_os_error().map(Errno::from_raw)
    }
}

impl InsideText for FileError {
    fn inside_text(&self, root: &Root) -> String {
        let Self { action, path, source } = self;
        let above = source.get_ref().and_then(|error| error.downcast_ref::<UntrustedAbove>());
        let reason = match above {
            Some(above) => above.at(root.inside(above.path())).to_string(),
            None => source.to_string(),
        };
        format!("cannot {action} {}: {reason}{}", root.inside(path).display(), hint_suffix(source))
    }
}

/// Returns what to do about `source`, if the errno alone shows it.
fn hint_suffix(source: &io::Error) -> &'static str {
    match source.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EACCES | Errno::EPERM) if !geteuid().is_root() => " (run as root)",
        // Root is refused by SELinux or by a file server.
        Some(Errno::EACCES) => " (denied even to root: see the audit log and the mount options)",
        Some(Errno::EPERM) => " (check with lsattr whether the file is immutable or append-only)",
        Some(Errno::EROFS) => " (the file system is mounted read-only)",
        Some(Errno::ENOSPC | Errno::EDQUOT) => " (free some space)",
        Some(Errno::ELOOP) => " (a symbolic link is not followed here)",
        _ => "",
    }
}

/// A file whose content cannot be used.
#[derive(Debug, Error)]
#[error("{}{}: {problem}; {hint}", path.display(), line.map_or_else(String::new, |n| format!(", line {n}")))]
pub struct MalformedFile {
    /// The path as an administrator would name it.
    pub path: PathBuf,
    /// The line, counted from 1, where the problem has one.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub hint: String,
}

/// A file could not be read or not be understood.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// The content cannot be used.
    #[error(transparent)]
    Malformed(#[from] MalformedFile),
}

impl InsideText for ReadError {
    fn inside_text(&self, root: &Root) -> String {
        match self {
            Self::File(error) => error.inside_text(root),
            Self::Malformed(MalformedFile { path, line, problem, hint }) => {
                let (path, problem, hint) = (root.inside(path).into_owned(), problem.clone(), hint.clone());
                MalformedFile { path, line: *line, problem, hint }.to_string()
            }
        }
    }
}
