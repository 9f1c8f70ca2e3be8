//! The manifest: a package's name, files and dependencies. `docs/reference/manifest.md` explains each key.

use std::path::{Path, PathBuf};

use installer::profile::is_unit_name;
use serde::Deserialize;

use crate::architecture::{Architecture, Names};
use crate::changelog::{self, Change, Release};
use crate::path::{check_path, check_script_path, one_line};
use crate::{Error, Format, dependency};

const SCHEMA: u32 = 1;

/// Where packages install units and presets (`systemd.unit(5)`, `systemd.preset(5)`), on Debian 11 and later too.
const UNITS: &str = "/usr/lib/systemd/system";
const PRESETS: &str = "/usr/lib/systemd/system-preset";

/// A manifest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    schema: u32,
    /// Name, version and the other fields of the package itself.
    pub package: PackageInfo,
    /// The calls of hostprep in the package's scripts. Without them the package has no scripts.
    pub hooks: Option<Hooks>,
    /// Directories that the package owns.
    #[serde(default, rename = "directory")]
    pub directories: Vec<Directory>,
    /// Symbolic links.
    #[serde(default, rename = "link")]
    pub links: Vec<Link>,
    /// Files that do not come from a payload.
    #[serde(default, rename = "file")]
    pub files: Vec<File>,
    /// The part for the RPM only.
    #[serde(default)]
    pub rpm: RpmPart,
    /// The part for the DEB only.
    #[serde(default)]
    pub deb: DebPart,
    /// Newest first.
    #[serde(default)]
    pub changelog: Vec<Change>,
}

/// The package's own fields.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are those of spec and control files")]
pub struct PackageInfo {
    pub name: String,
    /// If it is absent, that of the newest release in `changelog`.
    #[serde(default)]
    pub version: String,
    pub release: String,
    /// Every architecture that the package is built for.
    architecture: Names,
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
    /// A changelog in the form of keepachangelog.com, relative to the manifest, instead of `[[changelog]]`.
    changelog: Option<PathBuf>,
}

fn optional() -> String {
    "optional".into()
}

/// The program that the package's scripts call, and with which options.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hooks {
    /// Where hostprep is installed.
    pub program: String,
    /// The agent's profile, relative to the manifest: paths, user and directories are read from it.
    pub profile: PathBuf,
    /// Where that profile is installed, for `hostprep --profile`; absent for the built-in profile.
    pub profile_path: Option<String>,
    /// The directory for the policy module's CIL, `DOMAIN/MODULE.cil` for each domain of the profile; absent if none is packaged.
    pub policy: Option<String>,
    /// The syslog tag of the scripts when hostprep cannot run.
    pub ident: String,
    /// systemd units that are enabled and started.
    #[serde(default)]
    pub units: Vec<String>,
    /// The name of the units that check the host at boot and daily: `NAME.service`, `NAME-daily.service` and `NAME.timer`.
    pub boot: Option<String>,
}

/// A directory that the package owns: root:root 0755.
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
    /// The link's text.
    pub target: String,
    /// The only format that has it.
    pub only: Option<Format>,
}

/// A file that does not come from a payload: root:root 0644, or 0755 if it is executable.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Absolute.
    pub path: String,
    /// The file to copy, relative to the manifest.
    pub source: Option<PathBuf>,
    /// Rendered from `templates/packages/files/NAME.tera`.
    pub template: Option<String>,
    /// Whether programs run it.
    #[serde(default)]
    pub executable: bool,
    /// The only format that has it.
    pub only: Option<Format>,
}

/// The part for the RPM only.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RpmPart {
    /// `NAME` or `NAME OP VERSION`. No dependency is generated from the files.
    pub requires: Vec<String>,
    /// Packages that the scriptlets need, so that rpm installs them first.
    pub requires_for_scripts: Vec<String>,
    /// Provided in addition to the package's own name.
    pub provides: Vec<String>,
    /// When one of these packages is installed, hostprep checks the host again.
    pub triggers: Vec<String>,
    /// As `triggers`, for kernels and their headers: where rpm has file triggers, these do it.
    pub kernel_triggers: Vec<String>,
    /// When a transaction installs or removes files whose paths begin so, hostprep judges the kernels at its end. rpm 4.13 and later.
    pub file_triggers: Vec<String>,
}

/// The part for the DEB only.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DebPart {
    /// Depends.
    pub depends: Vec<String>,
    /// Suggests.
    pub suggests: Vec<String>,
    /// When a package installs a file under one of these paths, hostprep checks the host again (`deb-triggers(5)`).
    #[serde(rename = "interests")]
    pub file_triggers: Vec<String>,
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`Error`] if the file cannot be read or is not a valid manifest.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let mut manifest: Self = from_toml(path, &text)?;
        let wrong = |problem| Error::Manifest { path: path.to_owned(), problem };
        if let Some(name) = manifest.package.changelog.take() {
            let file = path.parent().unwrap_or(Path::new("")).join(name);
            let text = std::fs::read_to_string(&file).map_err(Error::file(&file))?;
            let releases =
                changelog::releases(&text).map_err(|problem| Error::Manifest { path: file.clone(), problem })?;
            manifest.take_changelog(releases).map_err(wrong)?;
        }
        manifest.check().map_err(wrong)?;
        Ok(manifest)
    }

    fn take_changelog(&mut self, releases: Vec<Release>) -> Result<(), String> {
        if !self.changelog.is_empty() {
            return Err("`changelog` of [package] names a file; remove it, or the [[changelog]] entries".into());
        }
        if let (true, Some(newest)) = (self.package.version.is_empty(), releases.first()) {
            self.package.version.clone_from(&newest.version);
        }
        self.changelog = changelog::changes(releases, &self.package.release);
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!("unknown schema {}; this version reads schema {SCHEMA}", self.schema));
        }
        self.package.check()?;
        if self.changelog.is_empty() {
            return Err("add a [[changelog]] entry, or name a file with `changelog` in [package]: the newest day is the time of every file".into());
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
        let has = |path: &String| self.files.iter().any(|file| file.path == *path && file.only.is_none());
        let boot_files = self.hooks.as_ref().map(Hooks::boot_files).unwrap_or_default();
        if let Some(path) = boot_files.iter().find(|path| !has(path)) {
            return Err(format!("`boot` of [hooks] needs a [[file]] {path} in both formats"));
        }
        for change in &self.changelog {
            one_line("a changelog entry's version", &change.version)?;
            change.changes.iter().try_for_each(|line| one_line("a changelog entry's change", line))?;
        }
        self.rpm.requires.iter().chain(&self.rpm.provides).try_for_each(|text| dependency::check_rpm(text))?;
        let names = self.rpm.requires_for_scripts.iter().chain(&self.rpm.triggers).chain(&self.rpm.kernel_triggers);
        names.into_iter().try_for_each(|name| dependency::check_rpm_name(name))?;
        self.deb.depends.iter().chain(&self.deb.suggests).try_for_each(|text| dependency::check_deb(text))?;
        self.rpm.file_triggers.iter().try_for_each(|path| dependency::check_file_trigger(path))?;
        self.deb.file_triggers.iter().try_for_each(|path| dependency::check_file_trigger(path))
    }
}

impl Manifest {
    /// Returns whether the package installs something at `path` in both formats.
    #[must_use]
    pub fn installs(&self, path: &str) -> bool {
        let files = self.files.iter().map(|file| (&file.path, file.only));
        files
            .chain(self.links.iter().map(|link| (&link.path, link.only)))
            .any(|(own, only)| own == path && only.is_none())
    }
}

impl PackageInfo {
    fn check(&self) -> Result<(), String> {
        if !dependency::is_debian_name(&self.name) {
            return Err(format!("`{}` is not a valid package name; use lower-case letters, digits, + - .", self.name));
        }
        if self.version.is_empty() {
            return Err("`` is no version; set `version` in [package], or name a changelog with `changelog`".into());
        }
        check_version(&self.version)?;
        check_version(&self.release)?;
        self.architectures()?;
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

    /// Returns the architectures that the package is built for, in the manifest's order.
    ///
    /// # Errors
    /// A message if one is unknown or there twice, or if noarch is not alone.
    pub fn architectures(&self) -> Result<Vec<Architecture>, String> {
        self.architecture.parse()
    }
}

impl Hooks {
    fn check(&self) -> Result<(), String> {
        check_script_path(&self.program)?;
        self.profile_path.iter().try_for_each(|path| check_script_path(path))?;
        self.policy.iter().try_for_each(|path| check_path(path))?;
        let ident = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if self.ident.is_empty() || !self.ident.chars().all(ident) {
            return Err(format!("the ident `{}` must be letters, digits and -", self.ident));
        }
        if let Some(name) = self.boot.as_ref().filter(|name| name.is_empty() || !name.chars().all(ident)) {
            return Err(format!(
                "`boot = \"{name}\"` must be the name of a unit without `.service`: letters, digits and -"
            ));
        }
        match self.units.iter().chain(&self.boot_units()).find(|name| !is_unit_name(name)) {
            Some(name) => Err(format!("`{name}` is not a valid name of a systemd unit")),
            None => Ok(()),
        }
    }

    /// Returns the units that check the host: the service at boot, the timer, and the service that the timer starts.
    #[must_use]
    pub fn boot_units(&self) -> Vec<String> {
        let named = |name: &String| ["service", "timer"].map(|kind| format!("{name}.{kind}"));
        let daily = |name: &String| format!("{name}-daily.service");
        self.boot.iter().flat_map(|name| named(name).into_iter().chain([daily(name)])).collect()
    }

    /// Returns the files of [`Hooks::boot_units`], and of the preset that enables them.
    #[must_use]
    pub fn boot_files(&self) -> Vec<String> {
        let units = self.boot_units().into_iter().map(|unit| format!("{UNITS}/{unit}"));
        let preset = self.boot.iter().map(|name| format!("{PRESETS}/80-{name}.preset"));
        units.chain(preset).collect()
    }
}

/// Checks a version or release that both formats can order. It has no `-`, which separates the two.
///
/// # Errors
/// A message that lists the allowed characters.
pub fn check_version(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".+~".contains(c);
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !text.chars().all(allowed) {
        return Err(format!("`{text}` is not a valid version or release; use a digit, then letters, digits, . + ~"));
    }
    Ok(())
}

/// Parses TOML. An error names the line.
pub(crate) fn from_toml<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|e| {
        let start = e.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Error::Syntax { path: path.to_owned(), line, problem: e.message().to_owned() }
    })
}
