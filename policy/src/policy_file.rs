//! The compiled policy on disk, for systems whose kernel cannot be asked.

use std::ffi::OsStr;

use host::fs::InRoot;
use host::{FileError, InsideText, Root};
use policydb::{ParseError, Policy, UnknownHandling, Verdict};
use thiserror::Error;

use crate::kernel::{Answer, ClassKnowledge};
use crate::spec::ModuleSpec;

/// In bytes. Real policies have 2 to 12 MB.
const LARGEST: u64 = 128 * 1024 * 1024;

/// The newest compiled policy of a policy type, `/etc/selinux/TYPE/policy/policy.N`, which a host loads at its next boot.
#[derive(Debug)]
pub struct PolicyFile {
    path: InRoot,
    content: Vec<u8>,
}

/// Why a policy file gives no answer.
#[derive(Debug, Error)]
pub enum Unusable {
    /// This user may not read it.
    #[error(transparent)]
    Denied(FileError),
    /// It is of a version or for a target that is not supported here.
    #[error("{path}: {why}", path = .0, why = .1)]
    Unsupported(InRoot, ParseError),
    /// It is damaged, or cannot be read: a host with it does not boot with SELinux.
    #[error("{why}")]
    Broken {
        /// The file, or the directory if that cannot be read.
        path: InRoot,
        /// Whether it is a regular file, which the next build of the policy replaces if it is of the same version.
        is_file: bool,
        /// One line that names it.
        why: String,
    },
}

impl Unusable {
    fn of(root: &Root, path: &InRoot, error: FileError) -> Self {
        if error.is_denied() {
            return Self::Denied(error);
        }
        let is_file = root.stat(path).ok().flatten().is_some_and(|found| host::fs::is_file(&found));
        Self::Broken { path: path.clone(), is_file, why: error.inside_text(root) }
    }
}

impl PolicyFile {
    /// Reads the policy of the highest version, in `/etc/selinux/TYPE/policy`, else in the read-only base,
    /// `/usr/lib/selinux`, which `load_policy` loads where the other directory has none (SELinuxProject/selinux issue 33).
    /// Returns `None` if there is no policy of any version.
    ///
    /// # Errors
    /// [`Unusable`] if the file, or the directory, cannot be read.
    pub fn newest(root: &Root, policy_type: &str) -> Result<Option<Self>, Unusable> {
        for policies in ["/etc/selinux", "/usr/lib/selinux"] {
            let directory = InRoot::from(policies).join(policy_type).join("policy");
            let names = root.names(&directory).map_err(|e| Unusable::of(root, &directory, e))?;
            let newest = names.into_iter().filter_map(|name| Some((version(&name)?, name))).max();
            if let Some((_, name)) = newest {
                let path = directory.join(name);
                let content = root.read(&path, LARGEST).map_err(|e| Unusable::of(root, &path, e))?;
                return Ok(Some(Self { path, content }));
            }
        }
        Ok(None)
    }

    /// Returns the file's path.
    #[must_use]
    pub fn path(&self) -> &InRoot {
        &self.path
    }

    /// Parses the policy.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn policy(&self) -> Result<Policy<'_>, Unusable> {
        Policy::parse(&self.content).map_err(|e| match e {
            ParseError::Version(_) | ParseError::Target(_) => Unusable::Unsupported(self.path.clone(), e),
            _ => Unusable::Broken { path: self.path.clone(), is_file: true, why: format!("{}: {e}", self.path) },
        })
    }
}

/// Returns the N of `policy.N`.
pub(crate) fn version(name: &OsStr) -> Option<u32> {
    let digits = name.to_str()?.strip_prefix("policy.")?;
    // `parse` takes a sign as well.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Returns the domain of `spec` if the policy has it, else the first fallback that it has.
#[must_use]
pub fn choose_domain<'s>(policy: &Policy<'_>, spec: &'s ModuleSpec) -> Option<&'s str> {
    let domains = std::iter::once(&spec.domain).chain(&spec.fallback_domains);
    domains.map(String::as_str).find(|domain| policy.knows_type(domain))
}

/// Asks the policy what a kernel that runs it would answer. Returns `None` if it has no domain of `spec`, or the answer depends
/// on a user, role or range.
#[must_use]
pub fn ask(policy: &Policy<'_>, spec: &ModuleSpec) -> Option<Answer> {
    let domain = choose_domain(policy, spec)?;
    let context = policy.context_of_type(domain)?;
    let permissions: Vec<&str> = spec.permissions.iter().map(String::as_str).collect();
    let decision = policy.decide(&context, None, &spec.class, &permissions);
    decision.is_allowed()?;
    let class = match policy.unknown_handling() {
        _ if policy.knows_class(&spec.class) => ClassKnowledge::Known,
        UnknownHandling::Allow => ClassKnowledge::UnknownAllowed,
        UnknownHandling::Deny | UnknownHandling::Reject => ClassKnowledge::UnknownDenied,
    };
    let allowed = decision.verdicts.iter().map(|verdict| *verdict == Verdict::Allowed);
    Some(Answer {
        domain: domain.to_owned(),
        context: domain.to_owned(),
        class,
        permissions: spec.permissions.iter().cloned().zip(allowed).collect(),
        domain_known: domain == spec.domain,
        permissive_domain: decision.permissive,
    })
}

/// Returns the rules that allow permissions of `spec` to `domain`, as in a policy's source, each with its condition.
#[must_use]
pub fn allow_rules(policy: &Policy<'_>, spec: &ModuleSpec, domain: &str) -> Vec<String> {
    let Some(context) = policy.context_of_type(domain) else { return Vec::new() };
    let permissions: Vec<&str> = spec.permissions.iter().map(String::as_str).collect();
    let rules = policy.allow_rules(&context, &context, &spec.class, &permissions);
    rules.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests;
