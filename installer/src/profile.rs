//! An agent's requirements for a host: names, paths, rule, user, directories. As data, so that another agent needs no code.

mod agent;
mod documentation;
mod ebpf;
pub mod kernel_table;
mod kernels;
mod names;

use std::path::{Component, Path, PathBuf};

use host::MalformedFile;
use host::fs::{InRoot, fhs};
use policy::ModuleSpec;
use policy::spec::DomainMode;
use serde::{Deserialize, Deserializer};

use crate::toml_file::{first_line, line_of};

pub use agent::{Definitions, KernelModules, LoadLockRule, PolicyOptions, ScanService};
pub use documentation::Documentation;
pub use ebpf::{Ebpf, KernelOption};
pub use kernel_table::KernelTable;
pub use kernels::{KernelRule, Monitors, Support};
pub use names::Names;

/// The format this version reads.
pub const SCHEMA: u32 = 1;

/// `profile.toml`, by the build script.
const BUILT_IN: &str = include_str!(concat!(env!("OUT_DIR"), "/profile.json"));

/// An agent's profile.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Format version.
    pub schema: u32,
    /// A short name.
    pub name: String,
    /// The product, for people.
    pub title: String,
    /// The agent's systemd units, before which a host is prepared at boot.
    #[serde(default)]
    pub units: Vec<String>,
    /// The names under which it is installed.
    #[serde(default)]
    pub names: Names,
    /// Where people read more.
    #[serde(default)]
    pub documentation: Documentation,
    /// Paths of hostprep's own files.
    pub paths: Paths,
    /// The unprivileged user that scans files.
    pub scan_user: ScanUser,
    /// The managed directories, parents before children.
    pub directories: Vec<ManagedDirectory>,
    /// The policy module.
    pub module: ModuleSpec,
    /// The process that scans files.
    pub scan_service: Option<ScanService>,
    /// The kernels that the agent supports. In a file, `[[kernels]]`; see [`crate::kernels_file`] for those of `kernels.toml`.
    #[serde(default)]
    pub kernels: KernelTable,
    /// What its eBPF programs need; `None` if it has none.
    pub ebpf: Option<Ebpf>,
    /// The agent's kernel modules.
    pub kernel_modules: Option<KernelModules>,
    /// The options of the agent's policy that texts name.
    pub policy_options: Option<PolicyOptions>,
    /// The guard of its kernel component.
    #[serde(default)]
    pub load_lock: LoadLockRule,
}

/// Paths of hostprep's own files in the prepared root.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paths {
    /// The fault store's directory.
    pub faults: InRoot,
    /// The directory of receipt and load lock.
    pub state: InRoot,
    /// The lock file.
    pub lock: InRoot,
    /// The log file.
    pub log: InRoot,
    /// The directory in which the policy module is compiled.
    #[serde(rename = "work")]
    pub build_dir: InRoot,
    /// The table of kernels of the agent's package; `None` for that of hostprep's own package.
    pub kernels: Option<InRoot>,
}

/// The user that scans files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanUser {
    /// Its name and that of its group.
    pub name: String,
    /// The GECOS field.
    pub comment: String,
    /// The home directory field; the directory is not made.
    pub home: InRoot,
    /// Shells that allow no login.
    pub shells: Vec<InRoot>,
}

/// A directory with a mode and owner that hostprep maintains.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedDirectory {
    /// The path in the prepared root.
    pub path: InRoot,
    /// Permission bits.
    #[serde(deserialize_with = "octal")]
    pub mode: u32,
    /// Set if it is created where it is missing; unset if the agent's package creates it.
    pub create: bool,
}

impl Profile {
    /// The Cisco Secure Endpoint profile that is built in, with the table of kernels that is.
    ///
    /// # Panics
    /// Never: a test parses the built-in profile, from its source too.
    #[must_use]
    pub fn built_in() -> Self {
        let profile: Self = serde_json::from_str(BUILT_IN).expect("a test parses the built-in profile");
        Self { kernels: KernelTable::built_in(), ..profile }
    }

    /// The profile in `text`; `path` is its path in messages.
    ///
    /// # Errors
    /// [`MalformedFile`] with the line where it is no TOML, lacks a value, or asks for what must not be.
    pub fn parse(text: &str, path: &Path) -> Result<Self, MalformedFile> {
        let malformed = |line: Option<usize>, problem: String| MalformedFile {
            path: path.to_owned(),
            line,
            problem,
            hint: format!("`man 5 {}-profile` explains the keys", host::process::names::command()),
        };
        let profile: Self = toml::from_str(text).map_err(|e| malformed(line_of(text, &e), first_line(&e)))?;
        profile.validate().map_err(|problem| malformed(None, problem))?;
        Ok(profile)
    }

    /// Returns it with what the configuration says of the domain's mode. That has no meaning without a domain of its own.
    #[must_use]
    pub fn with_domain_mode(mut self, mode: Option<DomainMode>) -> Self {
        if self.module.has_own_domain() {
            self.module.domain_mode = mode.unwrap_or(self.module.domain_mode);
        }
        self
    }

    fn validate(&self) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!("schema {} is not one this version reads ({SCHEMA})", self.schema));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if !(1..=64).contains(&self.name.len()) || !self.name.chars().all(plain) {
            return Err(format!("name must be up to 64 letters, digits and `._-`, not {:?}", self.name));
        }
        if self.title.trim().is_empty() || self.title.contains(char::is_control) {
            return Err(format!("title must be one line, not {:?}", self.title));
        }
        if let Some(name) = self.units.iter().find(|name| !is_unit_name(name)) {
            return Err(format!("{name:?} is not a valid name of a systemd unit"));
        }
        self.names.validate()?;
        self.documentation.validate()?;
        let paths = &self.paths;
        let own = [&paths.faults, &paths.state, &paths.lock, &paths.log, &paths.build_dir];
        for path in own.iter().copied().chain(&paths.kernels) {
            validate_path(path)?;
        }
        if let Some(path) = twice(&own) {
            return Err(format!("paths: two keys have {path:?}"));
        }
        if let Some(path) = twice(&self.directories.iter().map(|directory| &directory.path).collect::<Vec<_>>()) {
            return Err(format!("directories: {path:?} is there twice"));
        }
        let user = &self.scan_user;
        if !is_account_name(&user.name) {
            return Err(format!("{:?} cannot be a user name", user.name));
        }
        if SYSTEMS_USERS.contains(&user.name.as_str()) {
            return Err(format!("scan_user.name must be a user of the agent's own, not {:?}", user.name));
        }
        let comment_is_plain = !user.comment.contains([':', ',']) && !user.comment.contains(char::is_control);
        if user.shells.is_empty() || !comment_is_plain {
            return Err("scan_user needs shells, and a comment of one line without `:` `,`".into());
        }
        if let Some(path) = user.shells.iter().chain([&user.home]).find(|path| !is_account_path(path)) {
            return Err(format!("scan_user needs absolute paths without `:`, not {path:?}"));
        }
        for directory in &self.directories {
            validate_path(&directory.path)?;
            if directory.mode & !0o755 != 0 || directory.mode & 0o700 != 0o700 {
                let path = format!("{:?}", directory.path);
                return Err(format!("mode {:04o} of {path} would let others write or shut root out", directory.mode));
            }
        }
        if let Some(definitions) = self.scan_service.as_ref().and_then(|service| service.definitions.as_ref()) {
            validate_path(&definitions.directory)?;
            if definitions.suffix.is_empty() {
                return Err("scan_service.definitions needs a suffix".into());
            }
        }
        if let Some(modules) = &self.kernel_modules {
            let plain = |name: &String| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
            };
            if let Some(name) = modules.filesystem.iter().chain(&modules.network).find(|name| !plain(name)) {
                return Err(format!("{name:?} cannot be the name of a kernel module"));
            }
            for place in &modules.places {
                validate_path(place)?;
            }
        }
        if let Some(problem) = self.kernels.rules.iter().find_map(|rule| rule.problem()) {
            return Err(format!("kernels: {problem}"));
        }
        if let Some(options) = &self.policy_options {
            options.validate()?;
        }
        if let Some(ebpf) = &self.ebpf {
            ebpf.validate()?;
        }
        let most = LoadLockRule::MAX_UNCLEAN_LOADS;
        if !(1..=most).contains(&self.load_lock.unclean_loads) || self.load_lock.within.is_zero() {
            return Err(format!("load_lock: `ends` must be 1 to {most}, and `within` longer than zero"));
        }
        self.module.validate().map_err(|e| e.to_string())
    }
}

/// Accounts of every system. A removal, or a remedy about a wrong uid, would be about the system's.
const SYSTEMS_USERS: [&str; 2] = ["root", "nobody"];

/// Returns a path that is in the list twice.
fn twice<'a>(paths: &[&'a InRoot]) -> Option<&'a InRoot> {
    paths.iter().enumerate().find_map(|(at, path)| paths[..at].contains(path).then_some(*path))
}

/// Directories among those for agents that belong to the system.
const SYSTEMS_OWN: [&str; 8] = [
    "/var/lib/selinux",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/log/audit",
    "/var/log/journal",
    "/run/systemd",
    "/run/lock",
    "/usr/local/bin",
];

/// The system's directories in `/usr/local` (`hier(7)`); an agent may have directories below them.
const USR_LOCAL: [&str; 10] = ["bin", "etc", "games", "include", "lib", "lib64", "libexec", "man", "sbin", "share"];

/// Only what can be an agent's own: absolute, plain, of one line, below a place for agents.
fn validate_path(path: &InRoot) -> Result<(), String> {
    let path = path.as_path();
    let plain =
        is_one_line(path) && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let as_written = path.components().collect::<PathBuf>().as_os_str() == path.as_os_str();
    let below = |place: &str| path.starts_with(place) && path != Path::new(place);
    let systems_own = SYSTEMS_OWN.iter().any(|own| path.starts_with(own))
        || path.parent() == Some(Path::new("/usr/local")) && USR_LOCAL.iter().any(|own| path.ends_with(own));
    if plain && as_written && !systems_own && fhs::ADDON_BASES.iter().any(|place| below(place)) {
        Ok(())
    } else {
        let places = fhs::ADDON_BASES.join(", ");
        Err(format!("{path:?} cannot be used: expected an absolute path without `..` below one of {places}"))
    }
}

/// Returns whether `path` is valid in a field of `passwd(5)`.
fn is_account_path(path: &InRoot) -> bool {
    let path = path.as_path();
    path.is_absolute() && is_one_line(path) && !path.as_os_str().as_encoded_bytes().contains(&b':')
}

fn is_one_line(path: &Path) -> bool {
    !path.to_string_lossy().contains(char::is_control)
}

/// Returns whether `name` can be the full name of a unit (`systemd.unit(5)`), without characters that a shell would interpret.
#[must_use]
pub fn is_unit_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@._-".contains(c);
    name.contains('.') && !name.starts_with(['-', '.']) && name.chars().all(plain)
}

/// Returns whether every `useradd` accepts `name` (`useradd(8)`, CAVEATS).
fn is_account_name(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
}

fn octal<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let text = String::deserialize(from)?;
    u32::from_str_radix(&text, 8).map_err(|_| serde::de::Error::custom(format!("`{text}` is not an octal mode")))
}

#[cfg(test)]
mod tests;
