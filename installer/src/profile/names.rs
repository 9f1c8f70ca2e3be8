//! The names under which a vendor's hostprep is installed, so that two agents' live on one host.

use host::fs::InRoot;
use host::process::names::{COMMAND, IDENT};
use serde::Deserialize;

use super::is_one_line;

/// The configuration file, where no profile gives another.
const CONFIGURATION: &str = "/etc/cisco/hostprep.toml";

/// What is called after the agent. A profile without the table has the names of hostprep's own package.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Table")]
pub struct Names {
    /// The command that people type, in `/usr/sbin`; units, and directories of `/usr/lib` and `/usr/share`, are called after it.
    pub command: String,
    /// The identifier in the journal and in syslog.
    pub ident: String,
    /// The administrator's configuration file.
    pub configuration: InRoot,
}

/// The table `[names]`. What it leaves out follows from the command, so that nothing is shared by omission.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    command: String,
    ident: Option<String>,
    configuration: Option<InRoot>,
}

impl From<Table> for Names {
    fn from(table: Table) -> Self {
        let Table { command, ident, configuration } = table;
        Self {
            ident: ident.unwrap_or_else(|| command.clone()),
            configuration: configuration.unwrap_or_else(|| InRoot::from("/etc").join(&command).join("hostprep.toml")),
            command,
        }
    }
}

impl Default for Names {
    fn default() -> Self {
        Self { command: COMMAND.into(), ident: IDENT.into(), configuration: CONFIGURATION.into() }
    }
}

impl Names {
    /// Returns the configuration of a vendor or an image, which [`Names::configuration`] overrides.
    #[must_use]
    pub fn vendor_configuration(&self) -> InRoot {
        let name = self.configuration.file_name().unwrap_or_default();
        InRoot::from("/usr/lib").join(&self.command).join(name)
    }

    /// Returns the directory of drop-ins, which override [`Names::configuration`]: those whose names end with `.toml`, sorted by
    /// name.
    #[must_use]
    pub fn drop_ins(&self) -> InRoot {
        let mut name = self.configuration.file_name().unwrap_or_default().to_owned();
        name.push(".d");
        self.configuration.parent().unwrap_or_else(InRoot::top).join(name)
    }

    /// Returns the directory of the JSON Schemas and other data of the package.
    #[must_use]
    pub fn data(&self) -> InRoot {
        InRoot::from("/usr/share").join(&self.command)
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        for (key, name) in [("command", &self.command), ("ident", &self.ident)] {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
            if !begins || name.ends_with('-') || name.len() > 64 || !name.chars().all(plain) {
                return Err(format!(
                    "names.{key} must be up to 64 lower-case letters, digits and `-`, begin with a letter and not end with `-`, \
                     not {name:?}"
                ));
            }
        }
        let path = self.configuration.as_path();
        let deep = path.strip_prefix("/etc").is_ok_and(|below| below.components().count() >= 2);
        let plain = is_one_line(path) && !path.components().any(|part| matches!(part, std::path::Component::ParentDir));
        if deep && plain && path.extension().is_some_and(|ending| ending == "toml") {
            return Ok(());
        }
        Err(format!("names.configuration must be a file of a directory of the agent: /etc/NAME/….toml, not {path:?}"))
    }
}
