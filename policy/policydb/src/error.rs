//! Why a file is not a usable policy.

use thiserror::Error;

/// Why a policy cannot be read. The kernel would refuse the file as well.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    /// The file does not begin like a kernel policy.
    #[error("not a compiled SELinux policy")]
    NotAPolicy,
    /// It is a policy for another target, such as Xen.
    #[error("a policy for {0}, not for SELinux")]
    Target(String),
    /// A version that this crate does not read.
    #[error("policy version {0}; versions {min} to {max} are supported", min = crate::VERSIONS.start(), max = crate::VERSIONS.end())]
    Version(u32),
    /// The file ends too early.
    #[error("truncated at byte {at}, in {part}")]
    Truncated {
        /// The offset of what is incomplete.
        at: usize,
        /// The part of the policy.
        part: &'static str,
    },
    /// A value that no valid policy has.
    #[error("byte {at}: invalid {what}")]
    Invalid {
        /// The offset after the value.
        at: usize,
        /// The value.
        what: &'static str,
    },
}

/// Why a text is not a security context of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ContextError {
    /// Parts are missing: `user:role:type`, and `:range` if the policy has MLS.
    #[error("not a complete security context")]
    Incomplete,
    /// The policy does not have this user, role, type or range.
    #[error("the policy does not have `{0}`")]
    Unknown(String),
}
