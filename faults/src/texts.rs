//! What faults are called, and what to do, in a person's language: `texts/`, one Fluent file a language.

use std::borrow::Cow;
use std::fmt;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use thiserror::Error;
use unic_langid::LanguageIdentifier;

use crate::catalogue::{self, Entry};
use crate::id::FaultId;
use crate::words::Reason;

/// Language and file. A new language is one more line here; a test holds its messages against the catalogue.
const FILES: &[(&str, &str)] = &[("en", include_str!("../texts/en.ftl"))];

const CHECKED: &str = "a test formats every message of every language";

/// There are no texts in that language.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there are no texts in language `{given}`; the languages are {}", languages().collect::<Vec<_>>().join(", "))]
pub struct UnknownLanguage {
    /// As given.
    pub given: String,
}

/// The languages there are, as `--lang` takes them.
pub fn languages() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(language, _)| *language)
}

/// What is particular to a host, for the variables of the texts. What is not given here stands in the texts as it is
/// with the catalogue's own agent and a host that is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// The user that scans files.
    pub user: Option<String>,
    /// The agent's directory.
    pub directory: Option<String>,
    /// The running kernel's release.
    pub kernel: Option<String>,
    /// The package with its headers.
    pub package: Option<String>,
    /// The policy module.
    pub module: Option<String>,
    /// The SELinux domain.
    pub domain: Option<String>,
    /// The package with the policy tools.
    pub tools: Option<String>,
}

impl Values {
    fn get(&self, name: &str) -> Option<&str> {
        let value = match name {
            "user" => &self.user,
            "directory" => &self.directory,
            "kernel" => &self.kernel,
            "package" => &self.package,
            "module" => &self.module,
            "domain" => &self.domain,
            "tools" => &self.tools,
            _ => &None,
        };
        value.as_deref()
    }

    fn args(&self) -> FluentArgs<'_> {
        catalogue::values().iter().map(|(name, usual)| (name.as_str(), self.get(name).unwrap_or(usual))).collect()
    }
}

/// What a person reads about a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The connector's own title.
    pub summary: String,
    /// When the fault is true.
    pub condition: String,
    /// What does not work meanwhile.
    pub degraded: String,
    /// The ways out, in the order in which to try them.
    pub resolutions: Vec<String>,
    /// Where it applies, and the first connector version where not every one has it.
    pub since: Vec<(String, Option<String>)>,
}

/// The texts in one language.
pub struct Texts {
    language: &'static str,
    bundle: FluentBundle<FluentResource>,
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Texts").field(&self.language).finish()
    }
}

impl Texts {
    /// The texts in a language of [`languages`].
    ///
    /// # Errors
    /// [`UnknownLanguage`], which lists the languages there are.
    pub fn for_language(given: &str) -> Result<Self, UnknownLanguage> {
        let known = FILES.iter().find(|(language, _)| language.eq_ignore_ascii_case(given));
        let (language, file) = known.ok_or_else(|| UnknownLanguage { given: given.to_owned() })?;
        let locale: LanguageIdentifier = language.parse().expect(CHECKED);
        let resource = FluentResource::try_new((*file).to_owned()).expect(CHECKED);
        let mut bundle = FluentBundle::new(vec![locale]);
        // The isolation marks are for mixed directions; in a terminal they end up in copied commands.
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).expect(CHECKED);
        Ok(Self { language, bundle })
    }

    /// The language, as [`languages`] has it.
    #[must_use]
    pub fn language(&self) -> &'static str {
        self.language
    }

    /// The fault's title; `None` for a fault that only a newer version knows.
    #[must_use]
    pub fn summary(&self, id: FaultId) -> Option<String> {
        catalogue::find(id).map(|_| self.format(&format!("fault-{id}"), None, &Values::default()))
    }

    /// All about a fault; `None` for one that only a newer version knows.
    #[must_use]
    pub fn explain(&self, id: FaultId, values: &Values) -> Option<Explanation> {
        let Entry { resolutions, since, .. } = catalogue::find(id)?;
        let message = format!("fault-{id}");
        let part = |attribute: &str| self.format(&message, Some(attribute), values);
        let scope = |key: &str| self.format(&format!("scope-{key}"), None, values);
        Some(Explanation {
            summary: self.format(&message, None, values),
            condition: part("condition"),
            degraded: part("degraded"),
            resolutions: resolutions.iter().map(|key| part(&format!("resolution-{key}"))).collect(),
            since: since.iter().map(|since| (scope(&since.scope), since.connector.clone())).collect(),
        })
    }

    /// A reason in words; one of a newer version as it is stored.
    #[must_use]
    pub fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::Other(word) => word.clone(),
            known => self.format(&format!("reason-{known}"), None, &Values::default()),
        }
    }

    fn format(&self, message: &str, attribute: Option<&str>, values: &Values) -> String {
        let found = self.bundle.get_message(message).expect(CHECKED);
        let pattern = match attribute {
            None => found.value(),
            Some(name) => found.get_attribute(name).map(|attribute| attribute.value()),
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern.expect(CHECKED), Some(&values.args()), &mut errors);
        debug_assert!(errors.is_empty(), "{message}: {errors:?}");
        Cow::into_owned(text)
    }
}

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;
