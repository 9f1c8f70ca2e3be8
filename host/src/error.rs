//! Errors that name the path and what to do about it.

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

/// A file operation failed.
#[derive(Debug, Error)]
#[error("cannot {action} {}: {source}{}", path.display(), hint_suffix(action, source))]
pub struct FileError {
    /// The operation, as a verb: `open`, `rename`, `sync`.
    pub action: &'static str,
    /// The path as this process sees it, alternate root included.
    pub path: PathBuf,
    /// The error of the system call.
    pub source: io::Error,
}

impl FileError {
    /// Returns an error of `action` on `path`.
    pub fn new(action: &'static str, path: impl AsRef<Path>, source: impl Into<io::Error>) -> Self {
        Self { action, path: path.as_ref().to_owned(), source: source.into() }
    }

    /// Returns whether the path, or a directory above it, does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.errno(), Some(Errno::ENOENT | Errno::ENOTDIR))
    }

    /// Returns whether permission was denied.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self.errno(), Some(Errno::EACCES | Errno::EPERM))
    }

    /// Returns the error number, if a system call failed.
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
            Some(above) => above.at(root.display_inside(above.path())).to_string(),
            None => source.to_string(),
        };
        format!("cannot {action} {}: {reason}{}", root.display_inside(path), hint_suffix(action, source))
    }
}

/// Returns what to do about `source`, if the errno alone shows it.
fn hint_suffix(action: &str, source: &io::Error) -> &'static str {
    match source.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EINVAL) if action == "open" => " (it is a fifo, a socket or a device)",
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

/// A file has malformed content.
#[derive(Debug, Error)]
#[error("{}{}: {problem}; {hint}", path.display(), line.map_or_else(String::new, |n| format!(", line {n}")))]
pub struct MalformedFile {
    /// The path as this process sees it.
    pub path: PathBuf,
    /// The line, counted from 1, if the problem is in one line.
    pub line: Option<usize>,
    /// The problem.
    pub problem: String,
    /// What the reader can do.
    pub hint: String,
}

/// A file cannot be read or parsed.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The content is malformed.
    #[error(transparent)]
    Malformed(#[from] MalformedFile),
}

impl InsideText for MalformedFile {
    fn inside_text(&self, root: &Root) -> String {
        let (path, problem, hint) = (root.display_inside(&self.path).into(), self.problem.clone(), self.hint.clone());
        Self { path, line: self.line, problem, hint }.to_string()
    }
}

impl InsideText for ReadError {
    fn inside_text(&self, root: &Root) -> String {
        match self {
            Self::File(error) => error.inside_text(root),
            Self::Malformed(error) => error.inside_text(root),
        }
    }
}
