//! The interface to the kernel: may a domain use these permissions on itself?

use std::io;
use std::path::Path;

use thiserror::Error;

use crate::spec::{AllowRule, ModuleSpec};

/// The kernel's SELinux mode.
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
    /// It knows it.
    Known,
    /// It does not know it, and allows unknown classes (`deny_unknown` 0).
    UnknownAllowed,
    /// It does not know it, and denies unknown classes.
    UnknownDenied,
}

/// The kernel's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The domain asked about.
    pub domain: String,
    /// The full context asked about.
    pub context: String,
    /// Whether the policy knows the class.
    pub class: ClassKnowledge,
    /// The rule's permissions, each with whether it is allowed.
    pub permissions: Vec<(String, bool)>,
    /// Those that the policy does not know, although it knows the class.
    pub unknown_permissions: Vec<String>,
    /// Whether the policy knows the module's own domain. If not, [`Answer::domain`] is the one that the service would
    /// be started in.
    pub domain_known: bool,
    /// Whether denials for this domain are logged only (`semanage permissive -a`).
    pub permissive_domain: bool,
}

impl Answer {
    /// Returns the answer of a policy that does not have the domain of `spec`, which nothing takes the place of: `context`.
    #[must_use]
    pub fn of_unknown_domain(spec: &ModuleSpec, context: String) -> Self {
        Self {
            domain: spec.domain.clone(),
            context,
            class: ClassKnowledge::Known,
            permissions: spec.permissions.iter().map(|name| (name.clone(), false)).collect(),
            unknown_permissions: Vec::new(),
            domain_known: false,
            permissive_domain: false,
        }
    }

    /// Reports whether the policy allows every permission.
    #[must_use]
    pub fn allows_all(&self) -> bool {
        self.permissions.iter().all(|(_, allowed)| *allowed)
    }

    /// Returns the permissions that the policy does not allow.
    #[must_use]
    pub fn missing(&self) -> Vec<&str> {
        self.permissions.iter().filter(|(_, allowed)| !allowed).map(|(name, _)| name.as_str()).collect()
    }
}

/// The kernel could not be asked.
#[derive(Debug, Error)]
pub enum AskError {
    /// No policy is in force.
    #[error("SELinux is not running, so the kernel has no policy to ask about")]
    NotRunning,
    /// A question failed.
    #[error("the kernel did not answer ({what}): {source}; run as root, outside of any confined domain")]
    Refused {
        /// The question that was asked.
        what: String,
        /// The operating system's error.
        source: io::Error,
    },
    /// A security context has an unknown format.
    #[error("the kernel gave {context:?} as the context of {of}, which is not a security context")]
    Strange {
        /// The process or file that the context belongs to.
        of: String,
        /// The context as given.
        context: String,
    },
}

/// A kernel that may be running SELinux.
pub trait Kernel {
    /// Returns whether a policy is in force, and enforced.
    fn mode(&self) -> KernelMode;

    /// Asks whether the domain of `spec` may use the permissions of `spec` on itself.
    ///
    /// # Errors
    /// [`AskError`] if no policy is in force or the kernel does not answer.
    fn ask(&self, spec: &ModuleSpec) -> Result<Answer, AskError>;

    /// Asks whether the domain of this process may use the permissions of `spec` on itself. It leaves no AVC message, which an
    /// attempt that is denied would.
    ///
    /// # Errors
    /// As [`Kernel::ask`].
    fn ask_own(&self, spec: &ModuleSpec) -> Result<Answer, AskError>;

    /// Asks whether process 1 starts the program of `spec` in its domain also from a file system that is mounted `nosuid`
    /// (`check_nnp_nosuid` in security/selinux/hooks.c; typebounds are not considered).
    ///
    /// # Errors
    /// As [`Kernel::ask`].
    fn transitions_on_nosuid(&self, spec: &ModuleSpec) -> Result<bool, AskError>;

    /// Returns the domain that process 1 starts the program of `spec` in, with the label that the program has now.
    ///
    /// # Errors
    /// As [`Kernel::ask`].
    fn started_in(&self, spec: &ModuleSpec) -> Result<String, AskError>;

    /// Asks whether the domain of `spec` may do what `rule` allows; `None` if the policy does not have its names, or the target is an
    /// attribute.
    ///
    /// # Errors
    /// As [`Kernel::ask`].
    fn allows(&self, spec: &ModuleSpec, rule: &AllowRule) -> Result<Option<bool>, AskError>;

    /// Reports whether the policy has `context`.
    ///
    /// # Errors
    /// As [`Kernel::ask`].
    fn knows_context(&self, context: &str) -> Result<bool, AskError>;

    /// Returns the label that this system's file contexts give a regular file at `path`; `None` if they give none.
    ///
    /// # Errors
    /// As [`Kernel::ask`].
    fn label_by_file_contexts(&self, path: &Path) -> Result<Option<String>, AskError>;
}
