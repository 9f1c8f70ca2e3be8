//! Titles, causes and remedies of faults in a person's language: `texts/` has one Fluent file for each.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use host::fs::InRoot;
use unic_langid::LanguageIdentifier;

use crate::catalogue::id::FaultId;
use crate::catalogue::reason::Reason;
use crate::catalogue::severity::Severity;
use crate::catalogue::source::Source;
use crate::catalogue::{self, Entry, Since};
use crate::finding::Finding;
use crate::texts::language::{self, ENGLISH, FILES, UnknownLanguage};
use crate::texts::message_keys::Word;

const CHECKED: &str = "the build script holds every message of every language against the catalogue";

/// The log of hostprep that the catalogue names.
const LOG: &str = "/var/log/cisco/hostprep.log";

/// The variables that not every agent has a value for. Another agent's texts do not have the catalogue's agent's instead.
const OF_SOME_AGENTS: [&str; 5] =
    ["filesystem-module", "network-module", "filesystem-option", "network-option", "definitions"];

/// What the texts take for "there is none".
const NONE: &str = "none";

/// The variables that set the language of messages, in this order (`locale(7)`).
const LOCALE: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// Values of a host for the variables of the texts. Missing ones default to the catalogue's own agent and an unknown host.
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
    /// The command that installs it.
    pub install_headers: Option<String>,
    /// The policy module.
    pub module: Option<String>,
    /// The SELinux domain.
    pub domain: Option<String>,
    /// The object class of the module's rule.
    pub class: Option<String>,
    /// The permissions of the rule, with a space between two.
    pub permissions: Option<String>,
    /// The package with the policy tools.
    pub tools: Option<String>,
    /// The command that installs it.
    pub install_tools: Option<String>,
    /// The kernel module that watches the file system.
    pub filesystem_module: Option<String>,
    /// The kernel module that watches the network.
    pub network_module: Option<String>,
    /// The option of the agent's policy that has the file system watched, as its console calls it.
    pub filesystem_option: Option<String>,
    /// The option of the agent's policy that has the network watched.
    pub network_option: Option<String>,
    /// The end of the names of virus definitions.
    pub definitions: Option<String>,
    /// The command of hostprep, if it is not the one that [`host::process::names`] gives.
    pub program: Option<String>,
    /// The log of hostprep. Where it is not the catalogue's, the catalogue's other logs of that directory are another agent's.
    pub log: Option<String>,
    /// The agent, by the name of its profile. Versions of the catalogue's agent are left out for another.
    pub agent: Option<String>,
    /// The keys of resolutions that this host does not need: what they do is done.
    pub not_needed: Vec<String>,
    /// Where more is written about the fault, for people: an address, or a command that shows a page.
    pub documentation: Option<String>,
    /// The alternate root whose faults these are, as a word for a shell; `None` for the running system.
    pub root: Option<String>,
}

impl Values {
    fn get(&self, name: &str) -> Option<&str> {
        let value = match name {
            "user" => &self.user,
            "directory" => &self.directory,
            "kernel" => &self.kernel,
            "package" => &self.package,
            "install-headers" => &self.install_headers,
            "module" => &self.module,
            "domain" => &self.domain,
            "class" => &self.class,
            "permissions" => &self.permissions,
            "tools" => &self.tools,
            "install-tools" => &self.install_tools,
            "filesystem-module" => &self.filesystem_module,
            "network-module" => &self.network_module,
            "filesystem-option" => &self.filesystem_option,
            "network-option" => &self.network_option,
            "definitions" => &self.definitions,
            "program" => return Some(self.program()),
            _ => &None,
        };
        value.as_deref()
    }

    /// Returns the command of hostprep.
    pub(crate) fn program(&self) -> &str {
        self.program.as_deref().unwrap_or_else(|| host::process::names::command())
    }

    /// Returns the files to read about `entry`, with the log of this host's hostprep, and without those of an agent that is not
    /// this one.
    #[must_use]
    pub fn logs(&self, entry: &Entry) -> Vec<String> {
        let usual = Path::new(LOG);
        let own = self.log.as_deref().filter(|own| Path::new(own) != usual);
        let is_others = |path: &Path| own.is_some() && path.parent() == usual.parent();
        let as_here = |path: &InRoot| match own {
            Some(own) if path.as_path() == usual => Some(own.to_owned()),
            _ => (!is_others(path.as_path())).then(|| path.to_string()),
        };
        let logs: Vec<String> = entry.logs.iter().filter_map(as_here).collect();
        if logs.is_empty() { own.map(str::to_owned).into_iter().collect() } else { logs }
    }

    /// Returns where `entry` applies; nothing where its versions are another agent's.
    fn since<'a>(&self, entry: &'a Entry) -> &'a [Since] {
        if self.is_of_another_agent() { &[] } else { &entry.since }
    }

    fn is_of_another_agent(&self) -> bool {
        self.agent.as_deref().is_some_and(|agent| agent != catalogue::agent())
    }

    fn args(&self) -> FluentArgs<'_> {
        let is_others = self.is_of_another_agent();
        let missing = |name: &str, usual| if is_others && OF_SOME_AGENTS.contains(&name) { NONE } else { usual };
        let value = |name: &str, usual| self.get(name).unwrap_or_else(|| missing(name, usual));
        catalogue::values().iter().map(|(name, usual)| (name.as_str(), value(name, usual.as_str()))).collect()
    }
}

/// The texts about a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The connector's own title.
    pub summary: String,
    /// When the fault is true.
    pub cause: String,
    /// What does not work while the fault is raised.
    pub impact: String,
    /// The resolutions, in the order in which to try them. Each line after the first is a command.
    pub resolutions: Vec<String>,
    /// Where it applies, and the first connector version if not every version has it.
    pub since: Vec<(String, Option<String>)>,
}

impl<R> Finding<R> {
    /// Returns the title of the finding: the text of its reason in the language of `texts`. A store keeps the reason alone,
    /// so that each reader gets its own language.
    #[must_use]
    pub fn title(&self, texts: &Texts) -> String {
        texts.reason(&self.reason)
    }
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
    /// The texts in the language that a BCP 47 tag or a POSIX locale means; see [`language::find`].
    ///
    /// # Errors
    /// [`UnknownLanguage`], which lists the languages there are.
    pub fn for_language(given: &str) -> Result<Self, UnknownLanguage> {
        let found = language::find(given).and_then(Self::of);
        found.ok_or_else(|| UnknownLanguage { given: given.to_owned() })
    }

    /// The texts in the language of the environment, of which `get` gives a variable; English where there are none in
    /// that language.
    pub fn for_environment<V: AsRef<str>>(get: impl Fn(&str) -> Option<V>) -> Self {
        let locale = LOCALE.into_iter().filter_map(get).find(|value| !value.as_ref().is_empty());
        let language = locale.and_then(|locale| language::find(locale.as_ref())).unwrap_or(ENGLISH);
        Self::of(language).expect(CHECKED)
    }

    fn of(language: &str) -> Option<Self> {
        let (language, file) = FILES.iter().find(|(known, _)| *known == language)?;
        let locale: LanguageIdentifier = language.parse().expect(CHECKED);
        let resource = FluentResource::try_new((*file).to_owned()).expect(CHECKED);
        let mut bundle = FluentBundle::new(vec![locale]);
        // The isolation marks are for mixed directions; in a terminal they end up in copied commands.
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).expect(CHECKED);
        Some(Self { language, bundle })
    }

    /// The language, as [`languages`] has it.
    #[must_use]
    pub fn language(&self) -> &'static str {
        self.language
    }

    /// The fault's title; `None` for a fault that only a newer version knows.
    #[must_use]
    pub fn summary(&self, id: FaultId) -> Option<String> {
        catalogue::find(id).map(|_| self.message(&format!("fault-{id}")))
    }

    /// All about a fault; `None` for one that only a newer version knows.
    #[must_use]
    pub fn explain(&self, id: FaultId, values: &Values) -> Option<Explanation> {
        self.explanation(id, None, values)
    }

    /// As [`Texts::explain`], with the resolutions that help against `reason` alone.
    #[must_use]
    pub fn explain_for(&self, id: FaultId, reason: &Reason, values: &Values) -> Option<Explanation> {
        self.explanation(id, Some(reason), values)
    }

    fn explanation(&self, id: FaultId, reason: Option<&Reason>, values: &Values) -> Option<Explanation> {
        let entry = catalogue::find(id)?;
        let mut resolutions: Vec<&String> = match reason {
            Some(reason) => entry.resolutions_for(reason).collect(),
            None => entry.resolutions.iter().collect(),
        };
        resolutions.retain(|key| !values.not_needed.contains(key));
        let (message, args) = (format!("fault-{id}"), values.args());
        let part = |attribute: &str| self.format(&message, Some(attribute), &args);
        let scope = |key: &str| self.message(&format!("scope-{key}"));
        Some(Explanation {
            summary: self.message(&message),
            cause: part("cause"),
            impact: part("impact"),
            resolutions: resolutions.iter().map(|key| part(&format!("resolution-{key}"))).collect(),
            since: values.since(entry).iter().map(|since| (scope(&since.scope), since.connector.clone())).collect(),
        })
    }

    /// Returns the sentence that the fault with the number `id` is cleared.
    #[must_use]
    pub fn cleared(&self, id: &str) -> String {
        self.word(Word::Cleared, &[("id", id)])
    }

    /// Returns a reason in words; an unknown one as it is stored.
    #[must_use]
    pub fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::Other(word) => word.clone(),
            known => self.message(&format!("reason-{known}")),
        }
    }

    /// Returns a source in words; an unknown one as it is stored.
    #[must_use]
    pub fn source(&self, source: &Source) -> String {
        match source {
            Source::Other(word) => word.clone(),
            known => self.message(&format!("source-{known}")),
        }
    }

    /// Returns the word for a severity.
    #[must_use]
    pub fn severity(&self, severity: Severity) -> String {
        let word = match severity {
            Severity::Critical => Word::Critical,
            Severity::Major => Word::Major,
            Severity::Minor => Word::Minor,
        };
        self.word(word, &[])
    }

    /// Returns a word, or a line, of the user interface, with `args` in the place of its variables.
    #[must_use]
    pub fn word(&self, word: Word, args: &[(&str, &str)]) -> String {
        self.format(word.key(), None, &args.iter().copied().collect())
    }

    fn message(&self, message: &str) -> String {
        self.format(message, None, &FluentArgs::new())
    }

    fn format(&self, message: &str, attribute: Option<&str>, args: &FluentArgs) -> String {
        let found = self.bundle.get_message(message).expect(CHECKED);
        let pattern = match attribute {
            None => found.value(),
            Some(name) => found.get_attribute(name).map(|attribute| attribute.value()),
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern.expect(CHECKED), Some(args), &mut errors);
        debug_assert!(errors.is_empty(), "{message}: {errors:?}");
        Cow::into_owned(text)
    }
}

#[cfg(test)]
mod tests;
