//! A command line, as data.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Root;
use crate::fs::{AsInRoot, InRoot};
use crate::shell::quoted;

/// A program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    program: String,
    args: Vec<Argument>,
    timeout: Duration,
}

impl Command {
    /// Returns a command with a time limit of one minute.
    #[must_use]
    pub fn new(program: &str) -> Self {
        Self { program: program.to_owned(), args: Vec::new(), timeout: Duration::from_secs(60) }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(Argument::Plain(arg.as_ref().to_owned()));
        self
    }

    /// Adds the path of a file in `root`: as this process sees it, and as [`Command::inside`] has it, as that system does.
    #[must_use]
    pub fn path(mut self, root: &Root, path: impl AsInRoot) -> Self {
        self.args.push(Argument::Path { host_path: root.host_path(&path), path: path.to_in_root() });
        self
    }

    /// Adds the option by which the program works on the alternate root at `path` (`--prefix`, `-p`).
    #[must_use]
    pub fn root_option(mut self, option: &str, path: &Path) -> Self {
        self.args.push(Argument::RootOption { option: option.to_owned(), path: path.to_owned() });
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(|arg| Argument::Plain(arg.as_ref().to_owned())));
        self
    }

    /// Changes the time limit.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Returns the time limit.
    pub(super) fn time_limit(&self) -> Duration {
        self.timeout
    }

    /// Returns the program's name.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.program
    }
}

impl Command {
    /// Returns the arguments.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let words = |argument: &Argument| match argument {
            Argument::Plain(word) => vec![word.clone()],
            Argument::Path { host_path, .. } => vec![host_path.into()],
            Argument::RootOption { option, path } => vec![option.into(), path.into()],
        };
        self.args.iter().flat_map(words).collect()
    }

    /// Returns program and arguments as words.
    #[must_use]
    pub fn argv(&self) -> Vec<String> {
        let arguments = self.arguments().into_iter().map(|word| word.to_string_lossy().into_owned());
        std::iter::once(self.program.clone()).chain(arguments).collect()
    }

    /// Returns the same command for the system in the root: without the option that names the root, and with the paths of its
    /// files as that system has them.
    #[must_use]
    pub fn inside(&self) -> Self {
        let inside = |argument: &Argument| match argument {
            Argument::RootOption { .. } => None,
            Argument::Plain(_) => Some(argument.clone()),
            Argument::Path { path, .. } => Some(Argument::Plain(path.as_path().into())),
        };
        Self { args: self.args.iter().filter_map(inside).collect(), ..self.clone() }
    }
}

/// A word, or two, of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Argument {
    Plain(OsString),
    Path { path: InRoot, host_path: PathBuf },
    RootOption { option: String, path: PathBuf },
}

impl fmt::Display for Command {
    /// As it could be typed into a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.argv().iter().map(|word| quoted(word)).collect();
        f.write_str(&words.join(" "))
    }
}
