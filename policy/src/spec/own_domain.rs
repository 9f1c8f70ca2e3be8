//! The part of a [`ModuleSpec`] that is about a domain of the agent's own.

use serde::{Deserialize, Serialize};

use super::{IDENTIFIER, InvalidSpec, ModuleSpec, is_identifier};

/// Whose domain the rule is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confinement {
    /// That of every service without a domain of its own. The base policy has it.
    #[default]
    Service,
    /// The agent's own. The module declares it, and process 1 starts the agent's program in it.
    Domain,
}

/// What a denial means in a domain of the agent's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DomainMode {
    /// It is logged only.
    #[default]
    Permissive,
    /// It is in force.
    Enforcing,
}

impl DomainMode {
    /// Returns the word of the profile.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permissive => "permissive",
            Self::Enforcing => "enforcing",
        }
    }
}

/// Something else that the agent's own domain may do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AllowRule {
    /// A type, an attribute, or `self`.
    pub target: String,
    /// The object class.
    pub class: String,
    /// The permissions.
    pub permissions: Vec<String>,
}

impl ModuleSpec {
    /// Returns whether the module declares [`ModuleSpec::domain`].
    #[must_use]
    pub fn has_own_domain(&self) -> bool {
        self.confinement == Confinement::Domain
    }

    /// Returns the type of the program's label, with a domain of its own.
    #[must_use]
    pub fn own_executable_type(&self) -> Option<&str> {
        self.executable_type.as_deref().filter(|_| self.has_own_domain())
    }

    pub(super) fn validate_own_domain(&self) -> Result<(), InvalidSpec> {
        let invalid = |field, value: &str, problem| Err(InvalidSpec { field, value: value.to_owned(), problem });
        if !self.has_own_domain() {
            const NEEDS: &str = "has a meaning only with confinement = \"domain\"";
            return match (&self.executable_type, self.domain_mode, self.allow.first()) {
                (Some(found), ..) => invalid("executable_type", found, NEEDS),
                (_, DomainMode::Enforcing, _) => invalid("domain_mode", "enforcing", NEEDS),
                (.., Some(rule)) => invalid("allow", &rule.target, NEEDS),
                _ => Ok(()),
            };
        }
        let Some(executable_type) = &self.executable_type else {
            return invalid(
                "executable_type",
                "",
                "is missing; name the type of the program's label, such as agent_exec_t",
            );
        };
        for (field, value) in [("domain", &self.domain), ("executable_type", executable_type)] {
            // Dots separate the names of CIL blocks, and a declaration cannot be in one of another module.
            if !is_identifier(value) || value.contains(['.', '-']) {
                return invalid(field, value, "is not the name of a type; use a letter, then letters, digits and `_`");
            }
        }
        if *executable_type == self.domain {
            return invalid("executable_type", executable_type, "is the domain; a file has a type of its own");
        }
        if let Some(fallback) = self.fallback_domains.first() {
            return invalid(
                "fallback_domains",
                fallback,
                "has no meaning with a domain of the agent's own; leave it out",
            );
        }
        for rule in &self.allow {
            if rule.target != "self" && !is_identifier(&rule.target) {
                return invalid("allow.target", &rule.target, IDENTIFIER);
            }
            if let Some(word) = std::iter::once(&rule.class).chain(&rule.permissions).find(|word| !is_identifier(word))
            {
                return invalid("allow", word, IDENTIFIER);
            }
            if rule.permissions.is_empty() {
                return invalid("allow.permissions", "", "is empty; name at least one");
            }
        }
        let path = self.executable.to_string();
        if !path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._+-".contains(&byte)) {
            return invalid("executable", &path, "cannot be a file context; use letters, digits, and `/._+-`");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
