//! The compiled policy on disk, for systems whose kernel cannot be asked.
//!
//! Symbols are found by their records (libsepol, `write.c`), without parsing the whole policy. Rules are searched for
//! with `sesearch`, if it is installed.

use std::path::{Path, PathBuf};

use host::process::{Command, CommandRunner};
use host::{FileError, Root};

use crate::spec::ModuleSpec;

/// In bytes. Real policies have 2 to 12 MB.
const LARGEST: u64 = 128 * 1024 * 1024;

const MAGIC: u32 = 0xf97c_ff8c;
const ALLOW_UNKNOWN: u32 = 4;

/// Whether the base policy, without our module, allows the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseRule {
    /// It allows the rule.
    Allows,
    /// It does not allow the rule.
    Refuses,
    /// Not known: `sesearch` is not installed, or its answer is ambiguous.
    Unknown,
}

/// The newest compiled policy of a policy type.
#[derive(Debug)]
pub struct PolicyFile {
    path: PathBuf,
    content: Vec<u8>,
}

impl PolicyFile {
    /// Reads the newest `/etc/selinux/TYPE/policy/policy.N`, else that of the read-only base, `/usr/lib/selinux`, which
    /// `load_policy` loads where the other directory has none (SELinuxProject/selinux issue 33). Returns `None` if there
    /// is no such file.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be read.
    pub fn newest(root: &Root, policy_type: &str) -> Result<Option<Self>, FileError> {
        let version = |name: &std::ffi::OsStr| name.to_str()?.strip_prefix("policy.")?.parse::<u32>().ok();
        for policies in ["/etc/selinux", "/usr/lib/selinux"] {
            let directory = Path::new(policies).join(policy_type).join("policy");
            let names = root.names(&directory)?.into_iter().filter(|name| version(name).is_some());
            if let Some(name) = names.max_by_key(|name| version(name)) {
                let inside = directory.join(name);
                return Ok(Some(Self { path: root.shown(&inside), content: root.read(&inside, LARGEST)? }));
            }
        }
        Ok(None)
    }

    /// Returns the file's path, root directory included.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reports whether the file starts like a compiled policy.
    #[must_use]
    pub fn is_policy(&self) -> bool {
        self.word(0) == Some(MAGIC)
    }

    /// Reports whether the policy denies unknown classes; `false` if it cannot be parsed. No distribution checked does.
    #[must_use]
    pub fn denies_unknown(&self) -> bool {
        // Magic, length of the name, the name `SE Linux`, version, flags.
        self.is_policy() && self.word(20).is_some_and(|flags| flags & ALLOW_UNKNOWN == 0)
    }

    /// Reports whether the policy has a type or alias of this name.
    #[must_use]
    pub fn knows_type(&self, name: &str) -> bool {
        // Length of the name, value, properties (1 primary, 2 attribute), bounds.
        const ATTRIBUTE: u32 = 2;
        self.records(name, 16).any(|at| self.word(at + 8).is_some_and(|properties| properties < ATTRIBUTE))
    }

    /// Reports whether the policy has the class of `spec`, with all permissions of `spec`.
    #[must_use]
    pub fn knows_class(&self, spec: &ModuleSpec) -> bool {
        self.records(&spec.class, 24).any(|at| {
            let Some(own) = self.permissions_of_class(at, spec.class.len()) else { return false };
            // Permissions that a class inherits (`file`) are in another record.
            let inherited =
                |permission: &str| self.word(at + 4) != Some(0) && self.records(permission, 8).next().is_some();
            spec.permissions.iter().all(|wanted| own.contains(&wanted.as_bytes()) || inherited(wanted))
        })
    }

    /// Returns the domain of `spec` if this policy knows it, else the first known fallback.
    #[must_use]
    pub fn choose_domain<'s>(&self, spec: &'s ModuleSpec) -> Option<&'s str> {
        std::iter::once(&spec.domain)
            .chain(&spec.fallback_domains)
            .find(|domain| self.knows_type(domain))
            .map(String::as_str)
    }

    /// Reports whether this policy allows the rule for `domain`: an unknown class by the policy's own flag, else as
    /// `sesearch` finds. A module of ours that is linked in counts like any other rule, so ask only if the store does
    /// not have it.
    #[must_use]
    pub fn rule(&self, processes: &CommandRunner<'_>, spec: &ModuleSpec, domain: &str) -> BaseRule {
        if !self.is_policy() {
            return BaseRule::Unknown;
        }
        if !self.knows_class(spec) && !self.denies_unknown() {
            // If the class is known in part, the known permissions still have to be allowed.
            let knows_none = spec.permissions.iter().all(|permission| {
                let one = ModuleSpec { permissions: vec![permission.clone()], ..spec.clone() };
                !self.knows_class(&one)
            });
            return if knows_none { BaseRule::Allows } else { BaseRule::Unknown };
        }
        if !self.knows_class(spec) || !self.knows_type(domain) {
            return BaseRule::Refuses;
        }
        let rules = ["-A", "-s", domain, "-t", domain, "-c", &spec.class];
        let command = Command::new("sesearch").args(rules).arg(&self.path).optional();
        match processes.run(&command) {
            Ok(output) => judge(&output.stdout, &spec.permissions),
            Err(_) => BaseRule::Unknown,
        }
    }

    fn word(&self, at: usize) -> Option<u32> {
        let bytes = self.content.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }

    /// Returns the offsets of the records with the key `name` and a fixed part of `fixed` bytes, which begins with the
    /// key's length.
    fn records(&self, name: &str, fixed: usize) -> impl Iterator<Item = usize> {
        let (key, length) = (name.as_bytes(), name.len());
        let mut from = 0;
        std::iter::from_fn(move || {
            loop {
                let at = from + find(self.content.get(from..)?, key)?;
                from = at + 1;
                if let Some(record) = at.checked_sub(fixed)
                    && self.word(record).is_some_and(|found| found as usize == length)
                {
                    return Some(record);
                }
            }
        })
    }

    /// Reads a class record: the lengths of its key and of its common's key, value, number of permissions (highest
    /// value, count), number of constraints; the keys; then for each permission the length of its key, its value, its
    /// key.
    fn permissions_of_class(&self, record: usize, key_length: usize) -> Option<Vec<&[u8]>> {
        let count = self.word(record + 16).filter(|&count| count <= 32)?;
        let mut at = record + 24 + key_length + usize::try_from(self.word(record + 4)?).ok()?;
        let mut found = Vec::new();
        for _ in 0..count {
            let length = usize::try_from(self.word(at)?).ok()?;
            found.push(self.content.get(at + 8..)?.get(..length)?);
            at += 8 + length;
        }
        Some(found)
    }
}

/// Horspool's search: an absent name costs a fraction of a millisecond in a policy of some megabytes.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let last = needle.len().checked_sub(1)?;
    let mut skip = [needle.len(); 256];
    for (at, &byte) in needle[..last].iter().enumerate() {
        skip[usize::from(byte)] = last - at;
    }
    let mut at = 0;
    loop {
        let window = haystack.get(at..)?.get(..=last)?;
        if window == needle {
            return Some(at);
        }
        at += skip[usize::from(window[last])];
    }
}

/// Reads the output of `sesearch`: setools 4 prints `allow a b:c { d e };`, followed by a condition in brackets;
/// setools 3 has blanks around the colon and a count above, and does not mark conditional rules.
fn judge(stdout: &str, wanted: &[String]) -> BaseRule {
    let mut allowed: Vec<&str> = Vec::new();
    for line in stdout.lines().map(str::trim) {
        let Some((rule, condition)) = line.strip_prefix("allow ").and_then(|rest| rest.split_once(';')) else {
            continue;
        };
        if condition.trim().is_empty() {
            let permissions = rule.split_once(':').map_or("", |(_, rest)| rest);
            allowed.extend(permissions.split([' ', '{', '}']).filter(|word| !word.is_empty()).skip(1));
        }
    }
    if !wanted.iter().all(|permission| allowed.contains(&permission.as_str())) {
        BaseRule::Refuses
    } else if stdout.contains("semantic av rules") {
        BaseRule::Unknown
    } else {
        BaseRule::Allows
    }
}

#[cfg(test)]
mod tests;
