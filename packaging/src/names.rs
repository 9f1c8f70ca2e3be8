//! Whether a package shares a name with hostprep's own, or names what it does not install. Neither package manager sees that two
//! packages read one configuration file, or that a remedy names another package's program, so the build refuses it.

use std::fmt;

use host::fs::InRoot;
use installer::profile::Profile;

use crate::manifest::{Hooks, Manifest};

/// The directory of commands that root runs.
const COMMANDS: &str = "/usr/sbin";

/// Checks the names of a manifest and of its profile. A package for the profile that is built in is not compared.
///
/// # Errors
/// A message that lists what is shared, or says what is missing.
pub(crate) fn check(manifest: &Manifest, hooks: &Hooks, profile: &Profile) -> Result<(), String> {
    let ours = Profile::built_in();
    if profile.name == ours.name && hooks.profile_path.is_none() {
        return Ok(());
    }
    let shared: Vec<String> = values(profile)
        .into_iter()
        .zip(values(&ours))
        .filter(|((_, theirs), (_, ours))| theirs.is_shared_with(ours))
        .map(|((key, value), _)| format!("{key} = \"{value}\""))
        .collect();
    if !shared.is_empty() {
        return Err(format!(
            "the profile `{}` shares names with hostprep's own package, which may be on the same host: {}. Give it names of its \
             own; the table [names] of packaging/example/profile.toml is an example",
            profile.name,
            shared.join(", ")
        ));
    }
    let names = &profile.names;
    if hooks.ident != names.ident {
        return Err(format!("`ident` of [hooks] is {}, but the profile's [names] has {}", hooks.ident, names.ident));
    }
    if let Some(boot) = hooks.boot.as_ref().filter(|boot| **boot != names.command) {
        return Err(format!(
            "`boot` of [hooks] is {boot}, but remedies name units after the command of the profile's [names]: {}",
            names.command
        ));
    }
    let path = format!("{COMMANDS}/{}", names.command);
    if !manifest.installs(&path) {
        return Err(format!(
            "remedies name the command {}, which the package does not install; add a [[file]] with path = \"{path}\", \
             template = \"command.sh\" and executable = true",
            names.command
        ));
    }
    Ok(())
}

/// What two agents' packages must not share.
#[derive(Clone)]
enum Value {
    /// A word.
    Word(String),
    /// A file.
    File(InRoot),
    /// A file beside which others are: drop-ins, and the table of kernels.
    Beside(InRoot),
    /// A directory, which is removed with all that is in it.
    Directory(InRoot),
}

impl Value {
    fn is_shared_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Beside(one), Self::Beside(other)) => one.parent() == other.parent(),
            (Self::Directory(one), Self::Directory(other)) => {
                let (one, other) = (one.as_path(), other.as_path());
                one.starts_with(other) || other.starts_with(one)
            }
            (Self::Word(one), Self::Word(other)) => one == other,
            (Self::File(one), Self::File(other)) => one == other,
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::File(path) | Self::Beside(path) | Self::Directory(path) => path.fmt(f),
        }
    }
}

fn values(profile: &Profile) -> Vec<(&'static str, Value)> {
    let Profile { names, paths, .. } = profile;
    vec![
        ("names.command", Value::Word(names.command.clone())),
        ("names.ident", Value::Word(names.ident.clone())),
        ("names.configuration", Value::Beside(names.configuration.clone())),
        ("paths.faults", Value::Directory(paths.faults.clone())),
        ("paths.state", Value::Directory(paths.state.clone())),
        ("paths.lock", Value::File(paths.lock.clone())),
        ("paths.log", Value::File(paths.log.clone())),
        ("paths.work", Value::Directory(paths.build_dir.clone())),
        ("scan_user.name", Value::Word(profile.scan_user.name.clone())),
        ("module.name", Value::Word(profile.module.name.clone())),
    ]
}
