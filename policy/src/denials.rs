//! What SELinux denied to a domain, from the kernel's messages.
//!
//! The form is that of `avc_audit_post_callback` and `slow_avc_audit` in the kernel, which auditd, the journal and the kernel's ring
//! keep as it is: `avc:  denied  { read } for  pid=… comm="…" … scontext=… tcontext=… tclass=… permissive=0`.

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Context;

/// What was denied to a domain on one type and class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The type of what it was about; `self` for the domain itself.
    pub target: String,
    /// The object class.
    pub class: String,
    /// The permissions.
    pub permissions: BTreeSet<String>,
    /// Whether one of them was in force; otherwise all were logged only.
    pub enforced: bool,
    /// A program that was denied them.
    pub program: Option<String>,
    /// A file that it was about: its path, or its name.
    pub object: Option<String>,
}

impl Denial {
    /// Returns the rule that allows it to `domain`, as in a policy's source.
    #[must_use]
    pub fn rule(&self, domain: &str) -> String {
        let permissions: Vec<&str> = self.permissions.iter().map(String::as_str).collect();
        format!("allow {domain} {}:{} {{ {} }};", self.target, self.class, permissions.join(" "))
    }
}

/// Returns what `log` says was denied to `domain`, sorted by target and class. `since` leaves out messages of auditd that are older, in
/// seconds since the epoch; one without a time counts.
#[must_use]
pub fn of(log: &str, domain: &str, since: Option<u64>) -> Vec<Denial> {
    let mut found: BTreeMap<(String, String), Denial> = BTreeMap::new();
    for line in log.lines() {
        let is_old = since.zip(time_of(line)).is_some_and(|(since, time)| time < since);
        let Some(denial) = denial(line, domain).filter(|_| !is_old) else { continue };
        let known = found.entry((denial.target.clone(), denial.class.clone())).or_insert_with(|| denial.clone());
        known.permissions.extend(denial.permissions);
        known.enforced |= denial.enforced;
        known.program = known.program.take().or(denial.program);
        known.object = known.object.take().or(denial.object);
    }
    found.into_values().collect()
}

/// Returns the time of the last message of auditd, in seconds since the epoch; `None` if there is none.
#[must_use]
pub fn newest(log: &str) -> Option<u64> {
    log.lines().rev().find_map(time_of)
}

/// Returns the time of the first message of auditd, as [`newest`].
#[must_use]
pub fn oldest(log: &str) -> Option<u64> {
    log.lines().find_map(time_of)
}

/// `type=AVC msg=audit(1700000000.123:45): …`
fn time_of(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once("audit(")?;
    rest.split_once('.')?.0.parse().ok()
}

fn denial(line: &str, domain: &str) -> Option<Denial> {
    let (_, rest) = line.split_once("avc:")?;
    let (_, rest) = rest.split_once("denied")?;
    let (permissions, fields) = rest.split_once('{')?.1.split_once('}')?;
    let field = |name: &str| fields.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let text = |name: &str| field(name).map(|value| value.trim_matches('"').to_owned());
    let source = Context::parse(field("scontext")?)?;
    if source.the_type != domain {
        return None;
    }
    let target = Context::parse(field("tcontext")?)?.the_type;
    Some(Denial {
        target: if target == domain { "self".to_owned() } else { target },
        class: field("tclass")?.to_owned(),
        permissions: permissions.split_whitespace().map(str::to_owned).collect(),
        // Kernels before 3.18 do not say.
        enforced: field("permissive") != Some("1"),
        program: text("comm"),
        object: text("path").or_else(|| text("name")),
    })
}

#[cfg(test)]
mod tests;
