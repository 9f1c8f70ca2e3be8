//! The module that an agent needs, as defined in its profile.

use std::path::{Component, Path};

use host::fs::InRoot;
use serde::Deserialize;
use thiserror::Error;

pub use own_domain::{AllowRule, Confinement, DomainMode};

mod own_domain;

/// One module with one rule: `allow DOMAIN self:CLASS { PERMISSIONS };` With [`Confinement::Domain`], the module also has the
/// domain itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleSpec {
    /// The module's name in the store.
    pub name: String,
    /// The priority that it is installed at; 100 is the base policy, 200 the distribution, 400 the administrator.
    pub priority: u16,
    /// Priorities that earlier versions installed it at.
    #[serde(default)]
    pub former_priorities: Vec<u16>,
    /// The domain that the agent's service runs in.
    pub domain: String,
    /// The domains that services run in under a policy that does not know [`ModuleSpec::domain`], most likely first.
    #[serde(default)]
    pub fallback_domains: Vec<String>,
    /// The object class of the rule.
    pub class: String,
    /// The permissions of the rule.
    pub permissions: Vec<String>,
    /// The agent's program. Its label determines the domain if the policy does not know [`ModuleSpec::domain`].
    pub executable: InRoot,
    /// Whose domain [`ModuleSpec::domain`] is.
    #[serde(default)]
    pub confinement: Confinement,
    /// With [`Confinement::Domain`]: the type of the program's label, by which process 1 starts it in the domain.
    #[serde(default)]
    pub executable_type: Option<String>,
    /// With [`Confinement::Domain`]: whether denials for the domain are in force.
    #[serde(default)]
    pub domain_mode: DomainMode,
    /// With [`Confinement::Domain`]: what else the domain may do.
    #[serde(default)]
    pub allow: Vec<AllowRule>,
}

/// A field of a [`ModuleSpec`] that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("policy module: {field} {value:?} {problem}")]
pub struct InvalidSpec {
    /// The field's name in the profile.
    pub field: &'static str,
    /// The value that was given.
    pub value: String,
    /// What is wrong with it, and what is valid.
    pub problem: &'static str,
}

const IDENTIFIER: &str = "is not an identifier; use a letter, then letters, digits, `_`, `-` and `.`";
const PRIORITY: &str = "is not a priority; semodule accepts 1 to 999";
const LONGEST: usize = 128;

impl ModuleSpec {
    /// Checks that every field can be used as it is in a policy source and in a path.
    ///
    /// # Errors
    /// [`InvalidSpec`] for the first field that cannot.
    pub fn validate(&self) -> Result<(), InvalidSpec> {
        let invalid = |field, value: &str, problem| Err(InvalidSpec { field, value: value.to_owned(), problem });
        let names = [("name", &self.name), ("domain", &self.domain), ("class", &self.class)]
            .into_iter()
            .chain(self.fallback_domains.iter().map(|domain| ("fallback_domains", domain)))
            .chain(self.permissions.iter().map(|permission| ("permissions", permission)));
        for (field, value) in names {
            if !is_identifier(value) {
                return invalid(field, value, IDENTIFIER);
            }
        }
        if self.permissions.is_empty() {
            return invalid("permissions", "", "is empty; name at least one");
        }
        for &priority in self.priorities_ever().iter() {
            if !(1..=999).contains(&priority) {
                return invalid("priority", &priority.to_string(), PRIORITY);
            }
        }
        if !is_plain_absolute(self.executable.as_path()) {
            let path = self.executable.to_string();
            return invalid("executable", &path, "is not an absolute path without `..`");
        }
        self.validate_own_domain()
    }

    /// Returns the priority in use and all former ones, in ascending order without duplicates.
    #[must_use]
    pub fn priorities_ever(&self) -> Vec<u16> {
        let mut all = self.former_priorities.clone();
        all.push(self.priority);
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Reports whether `checkpolicy` and CIL both read `word` as one name, and a path as one harmless component.
#[must_use]
pub(crate) fn is_identifier(word: &str) -> bool {
    let mut bytes = word.bytes();
    word.len() <= LONGEST
        && bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        && !word.ends_with(['.', '-'])
        && !word.contains("..")
        // Both languages read it as the source of the rule.
        && word != "self"
}

fn is_plain_absolute(path: &Path) -> bool {
    path.is_absolute()
        && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)))
        && !path.to_string_lossy().contains(char::is_control)
}

#[cfg(test)]
pub(crate) mod tests;
