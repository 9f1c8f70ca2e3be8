//! The administrator's optional configuration, `/etc/cisco/hostprep.toml`.

use std::path::Path;

use host::fs::InRoot;
use host::{MalformedFile, ReadError, Root};
use serde::{Deserialize, Deserializer};

use crate::model::step::StepRef;
use crate::profile::{first_line, line_of};
use crate::steps;

/// The path of the configuration file.
pub const PATH: &str = "/etc/cisco/hostprep.toml";

/// The settings of an administrator; all are optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// A profile to use instead of the built-in one.
    pub profile: Option<InRoot>,
    /// Steps that are left alone on this host; their faults are neither raised nor cleared.
    #[serde(default, deserialize_with = "steps_by_name")]
    pub skip: Vec<StepRef>,
    /// The language of fault texts.
    pub lang: Option<String>,
}

impl Config {
    /// Reads the configuration in `root`; the default if there is no file.
    ///
    /// # Errors
    /// [`ReadError`] where it cannot be read or understood, with the line, or is not root's alone to change: it says what is done
    /// as root.
    pub fn of(root: &Root) -> Result<Self, ReadError> {
        match root.read_trusted_text(PATH)? {
            Some(text) => Ok(Self::parse(&text, &root.host_path(PATH))?),
            None => Ok(Self::default()),
        }
    }

    /// The configuration in `text`; `path` is its path in messages.
    ///
    /// # Errors
    /// [`MalformedFile`] with the line.
    pub fn parse(text: &str, path: &Path) -> Result<Self, MalformedFile> {
        toml::from_str(text).map_err(|e| MalformedFile {
            path: path.to_owned(),
            line: line_of(text, &e),
            problem: first_line(&e),
            hint: "fix that line or remove the file; the keys are profile, skip, lang".into(),
        })
    }
}

fn steps_by_name<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<StepRef>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    names.iter().map(|name| steps::by_name(name).map_err(serde::de::Error::custom)).collect()
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
}
