//! What can go wrong.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Nothing was written.
#[derive(Debug, Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {problem}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// A program that says what was built cannot be run, or failed.
    #[error("`{command}` failed: {problem}")]
    Command {
        /// The command line.
        command: String,
        /// The end of its messages.
        problem: String,
    },
    /// A crate says of itself what this program cannot use.
    #[error("crate {name}: {problem}")]
    Crate {
        /// Name and version.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }

    pub(crate) fn content(path: &Path, problem: impl std::fmt::Display) -> Self {
        Self::Content { path: path.to_owned(), problem: problem.to_string() }
    }
}
