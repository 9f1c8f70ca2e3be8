//! What the compiled policy on disk is seen to know, where no kernel can be asked.
//!
//! Symbols are found by the records that carry them (libsepol, `write.c`), without reading the whole policy. Whether a
//! rule is in it, `sesearch` can tell; an own reader is to take that place.

use std::path::{Path, PathBuf};

use host::process::{Command, Processes};
use host::{FileError, Root};

use crate::spec::ModuleSpec;

/// Real policies have 2 to 12 MB.
const LARGEST: u64 = 128 * 1024 * 1024;

const MAGIC: u32 = 0xf97c_ff8c;
const ALLOW_UNKNOWN: u32 = 4;

/// Whether the base policy, without our module, allows the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseRule {
    /// It does.
    Allows,
    /// It does not.
    Refuses,
    /// That cannot be told here.
    Unknown,
}

/// The newest compiled policy of a policy type.
#[derive(Debug)]
pub struct PolicyFile {
    path: PathBuf,
    content: Vec<u8>,
}

impl PolicyFile {
    /// Reads the newest `/etc/selinux/TYPE/policy/policy.N`; `None` where there is none.
    ///
    /// # Errors
    /// [`FileError`] where it cannot be read.
    pub fn newest(root: &Root, policy_type: &str) -> Result<Option<Self>, FileError> {
        let directory = Path::new("/etc/selinux").join(policy_type).join("policy");
        let version = |name: &std::ffi::OsStr| name.to_str()?.strip_prefix("policy.")?.parse::<u32>().ok();
        let Some(name) =
            root.names(&directory)?.into_iter().filter(|name| version(name).is_some()).max_by_key(|name| version(name))
        else {
            return Ok(None);
        };
        let inside = directory.join(name);
        Ok(Some(Self { path: root.shown(&inside), content: root.read(&inside, LARGEST)? }))
    }

    /// Its path, as this process names it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is a compiled policy at all, by its first bytes.
    #[must_use]
    pub fn is_policy(&self) -> bool {
        self.word(0) == Some(MAGIC)
    }

    /// Whether it denies what it does not know. `false` where that cannot be told, as on every distribution looked at.
    #[must_use]
    pub fn denies_unknown(&self) -> bool {
        // Magic, length of the name, the name `SE Linux`, version, flags.
        self.is_policy() && self.word(20).is_some_and(|flags| flags & ALLOW_UNKNOWN == 0)
    }

    /// Whether it has a type of this name, or an alias.
    #[must_use]
    pub fn knows_type(&self, name: &str) -> bool {
        // Length of the name, value, properties (1 primary, 2 attribute), bounds.
        const ATTRIBUTE: u32 = 2;
        self.records(name, 16).any(|at| self.word(at + 8).is_some_and(|properties| properties < ATTRIBUTE))
    }

    /// Whether it has the class of `spec` and all of its permissions in that class.
    #[must_use]
    pub fn knows_class(&self, spec: &ModuleSpec) -> bool {
        self.records(&spec.class, 24).any(|at| {
            let Some(own) = self.permissions_of_class(at, spec.class.len()) else { return false };
            // Permissions that a class inherits (`file`) stand elsewhere.
            let inherited =
                |permission: &str| self.word(at + 4) != Some(0) && self.records(permission, 8).next().is_some();
            spec.permissions.iter().all(|wanted| own.contains(&wanted.as_bytes()) || inherited(wanted))
        })
    }

    /// The profile's domain if this policy knows it, else the first fallback that it knows.
    #[must_use]
    pub fn choose_domain<'s>(&self, spec: &'s ModuleSpec) -> Option<&'s str> {
        std::iter::once(&spec.domain)
            .chain(&spec.fallback_domains)
            .find(|domain| self.knows_type(domain))
            .map(String::as_str)
    }

    /// Whether this policy allows the rule for `domain`: what it does not know, by its own flag; else by `sesearch`, where
    /// that is installed. Our own module, if linked in, shows up like any other: to be asked only where it is not in the
    /// store.
    #[must_use]
    pub fn rule(&self, processes: &Processes<'_>, spec: &ModuleSpec, domain: &str) -> BaseRule {
        if !self.is_policy() {
            return BaseRule::Unknown;
        }
        if !self.knows_class(spec) && !self.denies_unknown() {
            // Of a class that is known in part, the known part still has to be allowed.
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

    /// Where the records start whose key is `name` and whose fixed part, which begins with the key's length, has
    /// `fixed` bytes.
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

    /// A class record: lengths of its key and of its common's key, value, number of permissions (highest value, count),
    /// number of constraints; the keys; then for each permission the length of its key, its value, its key.
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

/// Reads `sesearch`'s rules: setools 4 `allow a b:c { d e };`, a condition behind it in brackets; setools 3 with blanks
/// around the colon and a count above, without saying which rules are conditional.
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
