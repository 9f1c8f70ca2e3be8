//! The kind of the prepared system. It decides whether the running kernel, its policy and its memory are those of that system.

use std::fmt;
use std::str::FromStr;

use crate::Root;
use crate::process::environment::Environment;

mod evidence;

use evidence::Evidence;

/// The kind of the prepared system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemKind {
    /// A booted host: kernel, policy and memory are its own.
    Running,
    /// A system that is not booted, seen from inside: a chroot, an installer, an image build. Another kernel boots it.
    Offline,
    /// A container: the kernel is the host's.
    Container,
    /// An alternate root (`--root`): only its files are known.
    Image,
}

impl SystemKind {
    /// Returns the kind of the system in `root`.
    #[must_use]
    pub fn of(root: &Root) -> Self {
        DetectedKind::of(root, &Environment::of_process()).kind
    }

    /// Returns whether the running kernel is that of the prepared system.
    #[must_use]
    pub fn is_running(self) -> bool {
        self == Self::Running
    }

    /// Returns whether the prepared system has no kernel of its own.
    #[must_use]
    pub fn is_container(self) -> bool {
        self == Self::Container
    }

    /// Returns whether another boot brings the kernel and the policy that are judged: only files tell about them.
    #[must_use]
    pub fn is_unbooted(self) -> bool {
        matches!(self, Self::Offline | Self::Image)
    }

    /// Returns the word of `--assume` and of JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "host",
            Self::Offline => "offline",
            Self::Container => "container",
            Self::Image => "alternate-root",
        }
    }
}

impl SystemKind {
    /// Returns what the kind means, for help.
    #[must_use]
    pub fn doc(self) -> &'static str {
        match self {
            Self::Running => "a booted system, with its own kernel and policy",
            Self::Offline => "a chroot, an installer or an image build: another kernel boots it later",
            Self::Container => "kernel and policy belong to another system",
            Self::Image => "only its files are known",
        }
    }
}

impl fmt::Display for SystemKind {
    /// Writes the kind for people: `a booted host`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "a booted host",
            Self::Offline => "an offline system",
            Self::Container => "a container",
            Self::Image => "an alternate root",
        })
    }
}

/// What a caller may assume of the system in `/`.
pub const ASSUMABLE: [SystemKind; 3] = [SystemKind::Running, SystemKind::Offline, SystemKind::Container];

impl FromStr for SystemKind {
    type Err = UnknownKind;

    /// Returns the kind that a caller may assume by its word.
    fn from_str(word: &str) -> Result<Self, UnknownKind> {
        ASSUMABLE.into_iter().find(|kind| kind.as_str() == word).ok_or(UnknownKind)
    }
}

/// No kind that a caller may assume has this word.
#[derive(Debug, thiserror::Error)]
#[error("expected host, offline or container")]
pub struct UnknownKind;

/// The kind of a system and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectedKind {
    /// The kind.
    pub kind: SystemKind,
    /// What shows it, in one line for people.
    pub evidence: String,
}

impl DetectedKind {
    /// Detects the kind of the system in `root`. `environment` is that of this process.
    #[must_use]
    pub fn of(root: &Root, environment: &Environment) -> Self {
        if root.is_alternate() {
            return Self { kind: SystemKind::Image, evidence: format!("--root {}", root.path().display()) };
        }
        Evidence::of(root, environment).decide()
    }

    /// Returns `kind` because the caller says so.
    #[must_use]
    pub fn assumed(kind: SystemKind) -> Self {
        Self { kind, evidence: format!("--assume {}", kind.as_str()) }
    }
}

impl fmt::Display for DetectedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.evidence)
    }
}
