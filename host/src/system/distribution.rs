//! The distribution of a root, and its names of packages and commands, from `distributions.toml`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::Root;
use crate::error::{MalformedFile, ReadError};

/// The paths of os-release, in the order of search (`os-release(5)`).
pub const OS_RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// A tool that hostprep runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Installs a module in a policy store.
    Semodule,
    /// Compiles a type enforcement file.
    Checkmodule,
    /// Packs a compiled module.
    SemodulePackage,
    /// The tool by which `policycoreutils-python` is recognised.
    Semanage,
    /// Creates a user; the package that provides it also provides `userdel`, `usermod`, `groupadd` and `groupdel`.
    Useradd,
}

impl Tool {
    /// The tools that the policy module needs.
    pub const POLICY: [Self; 4] = [Self::Semodule, Self::Checkmodule, Self::SemodulePackage, Self::Semanage];

    /// Returns the name of the program.
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Self::Semodule => "semodule",
            Self::Checkmodule => "checkmodule",
            Self::SemodulePackage => "semodule_package",
            Self::Semanage => "semanage",
            Self::Useradd => "useradd",
        }
    }
}

/// A distribution, and its names of packages and commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// `ID` of os-release; `unknown` if there is no os-release.
    pub id: String,
    /// `VERSION_ID` of os-release.
    pub version: Option<String>,
    entry: Option<&'static Entry>,
}

impl Distribution {
    /// Reads the distribution of `root`. An unknown distribution, or a missing os-release, is not an error.
    ///
    /// # Errors
    /// [`ReadError`] if os-release cannot be read or is malformed.
    pub fn of(root: &Root) -> Result<Self, ReadError> {
        for path in OS_RELEASE {
            if let Some(text) = root.read_text_if_there(path)? {
                return Ok(Self::from_os_release(&text, &root.host_path(path))?);
            }
        }
        Ok(Self::unknown())
    }

    /// Returns an unknown distribution, for which remedies name no package.
    #[must_use]
    pub fn unknown() -> Self {
        Self { id: "unknown".into(), version: None, entry: None }
    }

    /// Parses the text of an os-release file. `path` is its path in messages.
    ///
    /// # Errors
    /// [`MalformedFile`] with the line.
    pub fn from_os_release(text: &str, path: &Path) -> Result<Self, MalformedFile> {
        let (mut id, mut version, mut like) = (None, None, String::new());
        for (number, line) in text.lines().enumerate() {
            let malformed = |problem: &str| MalformedFile {
                path: path.to_owned(),
                line: Some(number + 1),
                problem: problem.to_owned(),
                hint: "fix that line (man os-release) or reinstall the package that owns the file".into(),
            };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line.split_once('=').ok_or_else(|| malformed("expected NAME=value"))?;
            let value = unquote(value).ok_or_else(|| malformed("a quote is not closed"))?;
            match key {
                "ID" => id = Some(value),
                "VERSION_ID" => version = Some(value),
                "ID_LIKE" => like = value,
                _ => {}
            }
        }
        let id = id.filter(|id| !id.is_empty()).unwrap_or_else(|| "linux".into());
        // A known distribution in an unknown version (Amazon Linux 2018.03) is not like its relatives either.
        let relatives = if is_known(&id) { "" } else { like.as_str() };
        let entry =
            lookup(&id, version.as_deref()).or_else(|| relatives.split_whitespace().find_map(|id| lookup(id, None)));
        Ok(Self { id, version, entry })
    }

    /// Returns the known families.
    pub fn families() -> impl Iterator<Item = &'static str> {
        data().distribution.iter().map(|entry| entry.family.as_str())
    }

    /// Returns the family: `rhel`, `fedora`, `amazon`, `suse`, `debian`, or `unknown`.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.entry.map_or("unknown", |entry| &entry.family)
    }

    /// Returns the major version, or `None` for a rolling release.
    #[must_use]
    pub fn major(&self) -> Option<u32> {
        self.version.as_deref().and_then(|version| version.split('.').next()?.parse().ok())
    }

    /// Returns the program of the package manager, if it is known.
    #[must_use]
    pub fn package_manager(&self) -> Option<&'static str> {
        self.entry.map(|entry| entry.package_manager.as_str())
    }

    /// Returns the command that installs `packages` here, as words.
    #[must_use]
    pub fn install_command(&self, packages: &[String]) -> Option<Vec<String>> {
        self.package_manager_command(&data().install, packages)
    }

    /// Returns the command that updates the installed `packages`, as words.
    #[must_use]
    pub fn update_command(&self, packages: &[String]) -> Option<Vec<String>> {
        self.package_manager_command(&data().update, packages)
    }

    fn package_manager_command(&self, commands: &BTreeMap<String, String>, packages: &[String]) -> Option<Vec<String>> {
        let start = commands.get(self.package_manager()?)?.split_whitespace().map(str::to_owned);
        Some(start.chain(packages.iter().cloned()).collect())
    }

    /// Returns the package that provides `tool`.
    #[must_use]
    pub fn tool_package(&self, tool: Tool) -> Option<&'static str> {
        let tools = &self.entry?.tools;
        Some(match tool {
            Tool::Semodule => &tools.semodule,
            Tool::Checkmodule => &tools.checkmodule,
            Tool::SemodulePackage => &tools.semodule_package,
            Tool::Semanage => &tools.semanage,
            Tool::Useradd => &tools.useradd,
        })
    }

    /// Returns the package with the headers of exactly the kernel `release`.
    #[must_use]
    pub fn headers_package(&self, release: &str) -> Option<String> {
        let rules = &self.entry?.headers;
        let rule = rules.iter().find(|rule| release.contains(&rule.kernel_contains))?;
        let flavour = release.rsplit_once('-').map_or("default", |(_, flavour)| flavour);
        let bare = release.split_once('+').map_or(release, |(bare, _)| bare);
        let package = rule.package.replace("{release}", release);
        Some(package.replace("{flavour}", flavour).replace("{release-without-variant}", bare))
    }
}

/// Returns the value of an os-release assignment, as a shell would read it.
fn unquote(raw: &str) -> Option<String> {
    let mut value = String::new();
    let mut chars = raw.trim().chars();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => value.push(chars.next()?),
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, _) => value.push(c),
        }
    }
    quote.is_none().then_some(value)
}

fn is_known(id: &str) -> bool {
    data().distribution.iter().any(|entry| entry.ids.iter().any(|known| known == id))
}

fn lookup(id: &str, version: Option<&str>) -> Option<&'static Entry> {
    let major: Option<u32> = version.and_then(|version| version.split('.').next()?.parse().ok());
    data().distribution.iter().find(|entry| {
        entry.ids.iter().any(|known| known == id)
            // Without a version (a rolling release, or found through ID_LIKE), only an entry without an end matches.
            && major.map_or(entry.before.is_none(), |major| {
                entry.from.is_none_or(|from| major >= from) && entry.before.is_none_or(|before| major < before)
            })
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    install: BTreeMap<String, String>,
    update: BTreeMap<String, String>,
    distribution: Vec<Entry>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    ids: Vec<String>,
    from: Option<u32>,
    before: Option<u32>,
    family: String,
    package_manager: String,
    tools: Tools,
    headers: Vec<HeadersRule>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tools {
    semodule: String,
    checkmodule: String,
    semodule_package: String,
    semanage: String,
    useradd: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadersRule {
    #[serde(default)]
    kernel_contains: String,
    package: String,
}

fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    DATA.get_or_init(|| {
        toml::from_str(include_str!("../../distributions.toml")).expect("a test parses distributions.toml")
    })
}

#[cfg(test)]
mod tests;
