//! Errors of a build, with what to do about them.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// A package cannot be built. The cause is the error's `source`; its text does not repeat it.
#[derive(Debug, Error)]
pub enum Error {
    /// An input cannot be read, or an output cannot be written.
    #[error("{}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// hostprep refuses the profile.
    #[error(transparent)]
    Profile(host::MalformedFile),
    /// A manifest is not TOML, or lacks a key.
    #[error("{}, line {line}: {problem}", path.display())]
    Syntax {
        /// The manifest.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The parser's message.
        problem: String,
    },
    /// A manifest asks for something that cannot be packaged.
    #[error("{}: {problem}", path.display())]
    Manifest {
        /// The manifest or profile.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Something in a payload cannot be packaged.
    #[error("{}: {problem}", path.display())]
    Payload {
        /// The path.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// SOURCE_DATE_EPOCH is not a time.
    #[error("SOURCE_DATE_EPOCH is `{0}`; it must be seconds since 1970, at most 4294967295, or unset")]
    SourceDate(String),
    /// A template cannot be rendered.
    #[error("the template {name} cannot be rendered")]
    Template {
        /// Under `templates/packages`.
        name: String,
        /// Why.
        source: tera::Error,
    },
    /// The policy module cannot be rendered.
    #[error(transparent)]
    Policy(#[from] policy::render::RenderError),
    /// The RPM cannot be made.
    #[error("the RPM cannot be made")]
    Rpm(#[from] rpm::Error),
    /// The DEB's archives cannot be made.
    #[error("the DEB cannot be made")]
    Deb(#[source] std::io::Error),
    /// The signing command gave no signature that can be used.
    #[error("the signing command `{command}` {problem}")]
    Sign {
        /// As it was given.
        command: String,
        /// What happened, as the rest of a sentence.
        problem: String,
    },
    /// A file holds no key that can be used.
    #[error("{}: {problem}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A repository cannot be made of something.
    #[error("{}: {problem}", path.display())]
    Repository {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A tool of the distribution failed.
    #[error("{tool} {problem}")]
    Tool {
        /// Its name.
        tool: &'static str,
        /// What happened, as the rest of a sentence.
        problem: String,
    },
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    pub(crate) fn payload(path: &Path, problem: &str) -> Self {
        Self::Payload { path: path.to_owned(), problem: problem.to_owned() }
    }
}
