//! The question put to the kernel: may this domain do this on itself?

use std::io;

use thiserror::Error;

use crate::spec::ModuleSpec;

/// What the kernel says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KernelMode {
    /// No policy is loaded.
    NotRunning,
    /// Denials are logged only.
    Permissive,
    /// Denials are in force.
    Enforcing,
}

/// Whether the policy in force knows the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassKnowledge {
    /// It does.
    Known,
    /// It does not, and what it does not know is allowed (`deny_unknown` 0).
    UnknownAllowed,
    /// It does not, and what it does not know is denied.
    UnknownDenied,
}

/// The kernel's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The domain asked about.
    pub domain: String,
    /// The whole context asked about.
    pub context: String,
    /// Whether the policy knows the class.
    pub class: ClassKnowledge,
    /// Each permission of the rule, and whether it is allowed.
    pub permissions: Vec<(String, bool)>,
    /// Whether the policy knows the profile's own domain; if not, [`Answer::domain`] is the one that the service would
    /// be started in.
    pub domain_known: bool,
    /// Whether denials for this domain are logged only (`semanage permissive -a`).
    pub permissive_domain: bool,
}

impl Answer {
    /// Whether the policy allows every permission.
    #[must_use]
    pub fn allows_all(&self) -> bool {
        self.permissions.iter().all(|(_, allowed)| *allowed)
    }

    /// The permissions that the policy does not allow.
    #[must_use]
    pub fn missing(&self) -> Vec<&str> {
        self.permissions.iter().filter(|(_, allowed)| !allowed).map(|(name, _)| name.as_str()).collect()
    }
}

/// The kernel could not be asked.
#[derive(Debug, Error)]
pub enum AskError {
    /// There is no policy in force to ask about.
    #[error("SELinux is not running, so the kernel has no policy to ask about")]
    NotRunning,
    /// A question failed.
    #[error("the kernel did not answer ({what}): {source}; run as root, outside of any confined domain")]
    Refused {
        /// The question.
        what: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A security context is not in the form that one has.
    #[error("the kernel gave {context:?} as the context of {of}, which is no security context")]
    Strange {
        /// Whose.
        of: String,
        /// What was given.
        context: String,
    },
}

/// A kernel that may be running SELinux.
pub trait Kernel {
    /// Whether a policy is in force.
    fn mode(&self) -> KernelMode;

    /// Whether the domain of `spec` may use the permissions of `spec` on itself.
    ///
    /// # Errors
    /// [`AskError`] where that cannot be known.
    fn ask(&self, spec: &ModuleSpec) -> Result<Answer, AskError>;
}
