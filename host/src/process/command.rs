//! A command line, as data.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

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

    /// Returns the same command for the system in the alternate root that it names: without the option, and with paths below the
    /// root as that system has them. A command that names no root is returned as it is.
    #[must_use]
    pub fn inside(&self) -> Self {
        let root = self.args.iter().find_map(|argument| match argument {
            Argument::RootOption { path, .. } => Some(path),
            Argument::Plain(_) => None,
        });
        let Some(root) = root else { return self.clone() };
        let inside = |argument: &Argument| match argument {
            Argument::RootOption { .. } => None,
            Argument::Plain(word) => Some(match Path::new(word).strip_prefix(root) {
                Ok(rest) => Argument::Plain(Path::new("/").join(rest).into()),
                Err(_) => argument.clone(),
            }),
        };
        Self { args: self.args.iter().filter_map(inside).collect(), ..self.clone() }
    }
}

/// A word, or two, of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Argument {
    Plain(OsString),
    RootOption { option: String, path: PathBuf },
}

impl fmt::Display for Command {
    /// As it could be typed into a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.argv().iter().map(|word| quoted(word)).collect();
        f.write_str(&words.join(" "))
    }
}
