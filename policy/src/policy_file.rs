//! The compiled policy on disk, for systems whose kernel cannot be asked.

use std::ffi::OsStr;
use std::io;

use host::fs::InRoot;
use host::{FileError, InsideText, Root};
use policydb::{ExcerptError, ParseError, Policy, UnknownHandling, Verdict};
use thiserror::Error;

use crate::kernel::{Answer, ClassKnowledge};
use crate::sepol;
use crate::spec::ModuleSpec;

/// In bytes. Real policies have 2 to 12 MB.
const LARGEST: u64 = 128 * 1024 * 1024;

/// The first version (`POLICYDB_VERSION_BASE` in libsepol).
const OLDEST: u32 = 15;

/// The newest compiled policy of a policy type, `/etc/selinux/TYPE/policy/policy.N`, which a host loads at its next boot.
#[derive(Debug)]
pub struct PolicyFile {
    path: InRoot,
    /// The policy as far as it is about one class, or why it is none.
    excerpt: Result<Vec<u8>, ParseError>,
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
    /// Returns `None` if there is no policy of any version. `class` is as for [`PolicyFile::read`].
    ///
    /// # Errors
    /// [`Unusable`] if the file, or the directory, cannot be read.
    pub fn newest(root: &Root, policy_type: &str, class: &str) -> Result<Option<Self>, Unusable> {
        versions(root, policy_type)?.into_iter().next().map(|(_, path)| Self::read(root, path, class)).transpose()
    }

    /// Returns the files of which this system loads one, the highest version first; none if there is no policy.
    ///
    /// `load_policy` takes the highest version that the kernel or libsepol knows (`selinux_mkload_policy` in libselinux). Of
    /// several files, those that this system's libsepol does not know depend on the kernel, and may have been written by the
    /// tools of another machine. Where libsepol is not found, the highest version counts.
    ///
    /// # Errors
    /// As [`PolicyFile::newest`].
    pub fn loadable(root: &Root, policy_type: &str) -> Result<Vec<InRoot>, Unusable> {
        let mut files = versions(root, policy_type)?;
        if files.len() > 1 {
            let known = sepol::newest_version(root).unwrap_or(u32::MAX);
            if let Some(at) = files.iter().position(|(version, _)| *version <= known) {
                files.truncate(at + 1);
            }
        }
        Ok(files.into_iter().map(|(_, path)| path).collect())
    }

    /// Reads the policy that is loaded: the last of [`PolicyFile::loadable`]. Returns `None` if there is none that can be read.
    /// `class` is as for [`PolicyFile::read`].
    #[must_use]
    pub fn loaded(root: &Root, policy_type: &str, class: &str) -> Option<Self> {
        let path = Self::loadable(root, policy_type).ok()?.pop()?;
        Self::read(root, path, class).ok()
    }

    /// Reads the policy at `path`, for questions about `class`: nothing is kept of the rules of other classes, which are
    /// most of a policy.
    ///
    /// # Errors
    /// [`Unusable`] if the file cannot be read.
    pub fn read(root: &Root, path: InRoot, class: &str) -> Result<Self, Unusable> {
        let file = root.open(&path).map_err(|e| Unusable::of(root, &path, e))?;
        let failed = |e| Unusable::of(root, &path, FileError::new("read", root.host_path(&path), e));
        let length = file.metadata().map_err(failed)?.len();
        if length > LARGEST {
            return Err(failed(io::ErrorKind::FileTooLarge.into()));
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let excerpt = match policydb::excerpt(file, length, &[class]) {
            Ok(excerpt) => Ok(excerpt),
            Err(ExcerptError::Parse(e)) => Err(e),
            Err(ExcerptError::Read(e)) => return Err(failed(e)),
        };
        Ok(Self { path, excerpt })
    }

    /// Returns the file's path.
    #[must_use]
    pub fn path(&self) -> &InRoot {
        &self.path
    }

    /// Parses the policy. Of its rules it has those of the class for which it was read.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn policy(&self) -> Result<Policy<'_>, Unusable> {
        let parsed = self.excerpt.as_ref().map_err(Clone::clone).and_then(|excerpt| Policy::parse(excerpt));
        parsed.map_err(|e| match e {
            ParseError::Version(_) | ParseError::Target(_) => Unusable::Unsupported(self.path.clone(), e),
            _ => Unusable::Broken { path: self.path.clone(), is_file: true, why: format!("{}: {e}", self.path) },
        })
    }
}

/// Returns where the policies of a policy type are.
pub(crate) fn directory(policy_type: &str) -> InRoot {
    InRoot::from("/etc/selinux").join(policy_type).join("policy")
}

/// Returns each policy with its version, the highest first.
fn versions(root: &Root, policy_type: &str) -> Result<Vec<(u32, InRoot)>, Unusable> {
    let base = InRoot::from("/usr/lib/selinux").join(policy_type).join("policy");
    for directory in [directory(policy_type), base] {
        let names = root.names(&directory).map_err(|e| Unusable::of(root, &directory, e))?;
        let mut found: Vec<_> = names.iter().filter_map(|name| Some((version(name)?, directory.join(name)))).collect();
        if !found.is_empty() {
            found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Returns the N of `policy.N`, as `load_policy` writes it: `policy.033` is not looked for, nor is a version before the first.
pub(crate) fn version(name: &OsStr) -> Option<u32> {
    let digits = name.to_str()?.strip_prefix("policy.")?;
    let version: u32 = digits.parse().ok().filter(|version| *version >= OLDEST)?;
    // `parse` takes a sign and zeros as well.
    (digits == version.to_string()).then_some(version)
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
    let Some(domain) = choose_domain(policy, spec) else {
        return spec.has_own_domain().then(|| Answer::of_unknown_domain(spec, spec.domain.clone()));
    };
    let context = policy.context_of_type(domain)?;
    let permissions: Vec<&str> = spec.permissions.iter().map(String::as_str).collect();
    let decision = policy.decide(&context, None, &spec.class, &permissions);
    decision.is_allowed()?;
    let class = match policy.unknown_handling() {
        _ if policy.knows_class(&spec.class) => ClassKnowledge::Known,
        UnknownHandling::Allow => ClassKnowledge::UnknownAllowed,
        UnknownHandling::Deny | UnknownHandling::Reject => ClassKnowledge::UnknownDenied,
    };
    let is_unknown = |name: &&String| class == ClassKnowledge::Known && !policy.knows_permission(&spec.class, name);
    let unknown_permissions = spec.permissions.iter().filter(is_unknown).cloned().collect();
    let allowed = decision.verdicts.iter().map(|verdict| *verdict == Verdict::Allowed);
    Some(Answer {
        domain: domain.to_owned(),
        context: domain.to_owned(),
        class,
        permissions: spec.permissions.iter().cloned().zip(allowed).collect(),
        unknown_permissions,
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
