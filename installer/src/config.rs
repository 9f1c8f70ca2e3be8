//! The administrator's optional configuration: the file that the profile names (`/etc/cisco/hostprep.toml`), the vendor's defaults
//! below it, and drop-ins above it.

use std::path::{Path, PathBuf};

use faults::Reason;
use host::fs::InRoot;
use host::{MalformedFile, ReadError, Root};
use jiff::civil::Date;
use policy::spec::DomainMode;
use serde::{Deserialize, Deserializer};

use crate::model::step::StepRef;
use crate::model::waiver::Waiver;
use crate::profile::Names;
use crate::steps;
use crate::toml_file::{date, first_line, line_of};

/// The settings of an administrator; all are optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// A profile to use instead of the built-in one.
    pub profile: Option<InRoot>,
    /// The file that names it.
    pub profile_file: Option<PathBuf>,
    /// Steps that are left alone on this host; their faults are neither raised nor cleared.
    pub skip: Vec<StepRef>,
    /// The language of fault texts.
    pub lang: Option<String>,
    /// The file that sets it.
    pub lang_file: Option<PathBuf>,
    /// What a denial means in a domain of the agent's own, instead of what the profile says.
    pub domain_mode: Option<DomainMode>,
    /// What the administrator accepts for some time, of all files.
    pub accept: Vec<Waiver>,
}

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    profile: Option<InRoot>,
    #[serde(default, deserialize_with = "steps_by_name")]
    skip: Option<Vec<StepRef>>,
    lang: Option<String>,
    domain_mode: Option<DomainMode>,
    #[serde(default)]
    accept: Vec<Accept>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Accept {
    #[serde(deserialize_with = "known_reason")]
    reason: Reason,
    #[serde(deserialize_with = "date")]
    until: Date,
    #[serde(deserialize_with = "sentence")]
    why: String,
}

impl Config {
    /// Reads the configuration in `root`, where `names` has it: each file overrides the keys of those before it, and `accept` of all of them counts. The
    /// default if there is no file.
    ///
    /// # Errors
    /// [`ReadError`] where a file cannot be read or understood, with the line, or is not root's alone to change: it says what is
    /// done as root.
    pub fn of(root: &Root, names: &Names) -> Result<Self, ReadError> {
        let mut config = Self::default();
        let is_drop_in = |name: &std::ffi::OsString| {
            let name = name.as_encoded_bytes();
            name.ends_with(b".toml") && !name.starts_with(b".")
        };
        let directory = names.drop_ins();
        let drop_ins = root.names_of_files_to_read(&directory)?.into_iter().filter(is_drop_in);
        let drop_ins = drop_ins.map(|name| directory.join(name));
        for path in [names.vendor_configuration(), names.configuration.clone()].into_iter().chain(drop_ins) {
            if let Some(text) = root.read_trusted_text(&path)? {
                config.override_with(&text, &root.host_path(&path))?;
            }
        }
        Ok(config)
    }

    /// The configuration in `text`; `path` is its path in messages.
    ///
    /// # Errors
    /// [`MalformedFile`] with the line.
    pub fn parse(text: &str, path: &Path) -> Result<Self, MalformedFile> {
        let mut config = Self::default();
        config.override_with(text, path)?;
        Ok(config)
    }

    fn override_with(&mut self, text: &str, path: &Path) -> Result<(), MalformedFile> {
        let File { profile, skip, lang, domain_mode, accept } = toml::from_str(text).map_err(|e| MalformedFile {
            path: path.to_owned(),
            line: line_of(text, &e),
            problem: first_line(&e),
            hint: "fix that line or remove the file; the keys are profile, skip, lang, domain-mode, and reason, until, why in [[accept]]"
                .into(),
        })?;
        if profile.is_some() {
            (self.profile, self.profile_file) = (profile, Some(path.to_owned()));
        }
        self.skip = skip.unwrap_or(std::mem::take(&mut self.skip));
        if lang.is_some() {
            (self.lang, self.lang_file) = (lang, Some(path.to_owned()));
        }
        self.domain_mode = domain_mode.or(self.domain_mode);
        let waiver = |Accept { reason, until, why }| Waiver { reason, until, why, file: path.to_owned() };
        self.accept.extend(accept.into_iter().map(waiver));
        Ok(())
    }
}

fn known_reason<'de, D: Deserializer<'de>>(from: D) -> Result<Reason, D::Error> {
    let word = String::deserialize(from)?;
    let reason = Reason::from(word.as_str());
    if Reason::KNOWN.contains(&reason) {
        return Ok(reason);
    }
    let word = word.escape_debug();
    let message = format!(
        "no fault has the reason `{word}`; `{} check --format json` prints the reasons",
        host::process::names::command()
    );
    Err(serde::de::Error::custom(message))
}

fn sentence<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?.trim().replace(char::is_control, " ");
    let is_said = text.contains(char::is_alphanumeric);
    if !is_said { Err(serde::de::Error::custom("`why` is empty; say why this is accepted")) } else { Ok(text) }
}

fn steps_by_name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<StepRef>>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    names.iter().map(|name| steps::by_name(name).map_err(serde::de::Error::custom)).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_optional() {
        assert_eq!(Config::parse("", Path::new("x")).unwrap(), Config::default());
    }

    #[test]
    fn a_skipped_step_is_named_as_in_the_report() {
        let config = Config::parse("skip = ['kernel']\nlang = 'en'\n", Path::new("x")).unwrap();
        assert_eq!(config.skip, [steps::by_name("kernel").unwrap()]);
        let unknown = Config::parse("skip = ['kernels']\n", Path::new("x")).unwrap_err().to_string();
        assert!(unknown.contains("line 1") && unknown.contains("`kernels`; the steps are scan-user, "), "{unknown}");
    }

    #[test]
    fn an_error_names_file_line_and_keys() {
        let error = Config::parse("lang = 'en'\nskipp = []\n", Path::new("/etc/cisco/hostprep.toml")).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("/etc/cisco/hostprep.toml, line 2: "), "{message}");
        assert!(message.contains("profile, skip, lang"), "{message}");
    }

    #[test]
    fn a_waiver_is_a_known_reason_a_day_and_a_sentence() {
        let accept = "[[accept]]\nreason = 'headers-missing'\nuntil = '2027-03-01'\nwhy = 'the vendor knows'\n";
        let config = Config::parse(accept, Path::new("x")).unwrap();
        assert_eq!(config.accept.len(), 1);
        assert_eq!(
            (&config.accept[0].reason, config.accept[0].until.to_string().as_str()),
            (&Reason::HeadersMissing, "2027-03-01")
        );
        for (from, to, line, said) in [
            ("headers-missing", "header-missing", 2, "no fault has the reason `header-missing`"),
            ("'2027-03-01'", "'2027-02-30'", 3, "is not a day such as"),
            ("'2027-03-01'", "'March'", 3, "is not a day such as"),
            ("'2027-03-01'", "'20270301'", 3, "is not a day such as"),
            ("'the vendor knows'", "' '", 4, "`why` is empty"),
            ("'the vendor knows'", "\"\\u200b\"", 4, "`why` is empty"),
            ("'the vendor knows'", "'...'", 4, "`why` is empty"),
            ("'2027-03-01'", "2027-03-01", 3, "put the day in quotes: \"2027-03-01\""),
            ("'2027-03-01'", "2027-03-01T00:00:00Z", 3, "put the day in quotes"),
            ("'2027-03-01'", "['2027-03-01']", 3, "invalid type: array, expected a day"),
            ("'headers-missing'", "\"a\\nb\\u001b\"", 2, "no fault has the reason `a\\nb\\u{1b}`; `hostprep check"),
            ("why", "because", 4, "unknown field `because`"),
            ("why = 'the vendor knows'\n", "", 1, "missing field `why`"),
        ] {
            let error = Config::parse(&accept.replace(from, to), Path::new("/etc/x.toml")).unwrap_err().to_string();
            assert!(error.starts_with(&format!("/etc/x.toml, line {line}: ")) && error.contains(said), "{to}: {error}");
        }
    }
}
