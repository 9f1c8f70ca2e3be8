//! The manifest: what a package is called, holds and needs. See `packaging/README.md` for each key.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Deserialize;

use crate::path::{check_path, check_script_path, one_line};
use crate::{Error, Format, relation};

const SCHEMA: u32 = 1;

/// A manifest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    schema: u32,
    /// What the package is.
    pub package: About,
    /// The calls of hostprep; without them the package has no scripts.
    pub hooks: Option<Hooks>,
    /// Directories that are the package's own.
    #[serde(default, rename = "directory")]
    pub directories: Vec<Directory>,
    /// Symbolic links.
    #[serde(default, rename = "link")]
    pub links: Vec<Link>,
    /// Files that do not come from a payload.
    #[serde(default, rename = "file")]
    pub files: Vec<File>,
    /// What RPM alone has.
    #[serde(default)]
    pub rpm: RpmPart,
    /// What Debian alone has.
    #[serde(default)]
    pub deb: DebPart,
    /// Newest first.
    #[serde(default)]
    pub changelog: Vec<Change>,
}

/// What a package is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are those of spec and control files")]
pub struct About {
    pub name: String,
    pub version: String,
    pub release: String,
    /// As `uname -m` says it, or `noarch`.
    pub architecture: String,
    pub summary: String,
    /// Paragraphs, an empty line between them.
    pub description: String,
    /// An SPDX expression.
    pub license: String,
    pub url: String,
    pub vendor: String,
    /// `Name <address>`.
    pub maintainer: String,
    /// Debian's.
    pub section: String,
    /// Debian's.
    #[serde(default = "optional")]
    pub priority: String,
    /// RPM's.
    pub group: String,
}

fn optional() -> String {
    "optional".into()
}

/// How the package calls hostprep.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hooks {
    /// Where hostprep is installed.
    pub program: String,
    /// The agent's profile, relative to the manifest: paths, user and directories are read from it.
    pub profile: PathBuf,
    /// Where that profile is installed and given to hostprep; absent where it is the built-in one.
    pub profile_path: Option<String>,
    /// As which the scripts write to syslog where hostprep cannot.
    pub ident: String,
    /// systemd units that are enabled and started.
    #[serde(default)]
    pub units: Vec<String>,
}

/// A directory that is the package's own: root:root 0755.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Absolute.
    pub path: String,
    /// The only format that has it.
    pub only: Option<Format>,
}

/// A symbolic link.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Absolute.
    pub path: String,
    /// As it stands in the link.
    pub target: String,
    /// The only format that has it.
    pub only: Option<Format>,
}

/// A file that does not come from a payload: root:root 0644.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Absolute.
    pub path: String,
    /// Copied from there, relative to the manifest.
    pub source: Option<PathBuf>,
    /// Rendered from `templates/packages/files/NAME.tera`.
    pub template: Option<String>,
    /// The only format that has it.
    pub only: Option<Format>,
}

/// What RPM alone has.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RpmPart {
    /// `NAME` or `NAME OP VERSION`. Nothing is found out by itself.
    pub requires: Vec<String>,
    /// Needed while the scriptlets run, so installed before.
    pub requires_for_scripts: Vec<String>,
    /// Besides the package's own name.
    pub provides: Vec<String>,
    /// The packages whose arrival makes hostprep look again.
    pub triggers: Vec<String>,
}

/// What Debian alone has.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DebPart {
    /// Depends.
    pub depends: Vec<String>,
    /// Suggests.
    pub suggests: Vec<String>,
    /// The paths at which an arrival makes hostprep look again.
    pub interests: Vec<String>,
}

/// One entry of the changelog.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// With the release: `1.0-1`.
    pub version: String,
    /// The day, UTC.
    pub date: Date,
    /// A sentence each.
    pub changes: Vec<String>,
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`Error`] where it cannot be read or is not one.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let manifest: Self = from_toml(path, &text)?;
        manifest.check().map_err(|problem| Error::Manifest { path: path.to_owned(), problem })?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!("schema {} is not known to this version, which knows {SCHEMA}", self.schema));
        }
        self.package.check()?;
        if self.changelog.is_empty() {
            return Err("there must be one [[changelog]] entry at least: its day is the time of every file".into());
        }
        if let Some(hooks) = &self.hooks {
            hooks.check()?;
        }
        for directory in &self.directories {
            check_path(&directory.path)?;
        }
        for link in &self.links {
            check_path(&link.path)?;
            one_line("a link's target", &link.target)?;
        }
        for file in &self.files {
            check_path(&file.path)?;
            if file.source.is_some() == file.template.is_some() {
                return Err(format!("[[file]] {} must name either a source or a template", file.path));
            }
        }
        for change in &self.changelog {
            one_line("a changelog entry's version", &change.version)?;
            change.changes.iter().try_for_each(|line| one_line("a changelog entry's change", line))?;
        }
        self.rpm.requires.iter().chain(&self.rpm.provides).try_for_each(|text| relation::check_rpm(text))?;
        let names = self.rpm.requires_for_scripts.iter().chain(&self.rpm.triggers);
        names.into_iter().try_for_each(|name| relation::check_rpm_name(name))?;
        self.deb.depends.iter().chain(&self.deb.suggests).try_for_each(|text| relation::check_deb(text))?;
        self.deb.interests.iter().try_for_each(|path| relation::check_interest(path))
    }
}

impl About {
    fn check(&self) -> Result<(), String> {
        if !relation::is_debian_name(&self.name) {
            return Err(format!("`{}` is no package name: lower-case letters, digits, + - .", self.name));
        }
        check_version(&self.version)?;
        check_version(&self.release)?;
        self.debian_architecture()?;
        for (what, text) in [
            ("summary", &self.summary),
            ("license", &self.license),
            ("url", &self.url),
            ("vendor", &self.vendor),
            ("maintainer", &self.maintainer),
            ("section", &self.section),
            ("priority", &self.priority),
            ("group", &self.group),
        ] {
            one_line(what, text)?;
        }
        if self.description.trim().is_empty() {
            return Err("the description is empty".into());
        }
        if self.description.chars().any(|c| c.is_control() && c != '\n') {
            return Err("the description has a control character".into());
        }
        match self.maintainer.split_once(" <").and_then(|(_, address)| address.strip_suffix('>')) {
            Some(address) if address.contains('@') => Ok(()),
            _ => Err(format!("the maintainer `{}` must be of the form `Name <address@host>`", self.maintainer)),
        }
    }

    /// Debian's word for the architecture.
    ///
    /// # Errors
    /// What can be built instead.
    pub fn debian_architecture(&self) -> Result<&'static str, String> {
        match self.architecture.as_str() {
            "x86_64" => Ok("amd64"),
            "aarch64" => Ok("arm64"),
            "noarch" => Ok("all"),
            other => Err(format!("the architecture `{other}` is not known; known are x86_64, aarch64, noarch")),
        }
    }
}

impl Hooks {
    fn check(&self) -> Result<(), String> {
        check_script_path(&self.program)?;
        self.profile_path.iter().try_for_each(|path| check_script_path(path))?;
        let ident = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if self.ident.is_empty() || !self.ident.chars().all(ident) {
            return Err(format!("the ident `{}` must be letters, digits and -", self.ident));
        }
        let unit = |c: char| c.is_ascii_alphanumeric() || "@._-".contains(c);
        match self.units.iter().find(|name| !name.contains('.') || name.starts_with('-') || !name.chars().all(unit)) {
            Some(name) => Err(format!("`{name}` is no systemd unit")),
            None => Ok(()),
        }
    }
}

/// Checks a version or release that both formats can order: no `-`, which parts the two.
///
/// # Errors
/// What is allowed.
pub fn check_version(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".+~".contains(c);
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !text.chars().all(allowed) {
        return Err(format!("`{text}` is no version or release: a digit, then letters, digits, . + ~"));
    }
    Ok(())
}

/// A path that stands in a script and needs no quoting there.
/// Parses TOML; an error names the line.
pub(crate) fn from_toml<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|e| {
        let start = e.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Error::Syntax { path: path.to_owned(), line, problem: e.message().to_owned() }
    })
}
