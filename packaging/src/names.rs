//! Whether a package shares a name with hostprep's own, or names what it does not install. Neither package manager sees that two
//! packages read one configuration file, or that a remedy names another package's program, so the build refuses it.

use std::fmt;

use host::fs::InRoot;
use installer::profile::Profile;

use crate::manifest::{Hooks, Manifest};

/// The directory of commands that root runs.
const COMMANDS: &str = "/usr/sbin";

/// hostprep's own package.
const PACKAGE: &str = "hostprep";

/// Checks the names of a manifest and of its profile. A package for the profile that is built in is not compared.
///
/// # Errors
/// A message that lists what is shared, or says what is missing.
pub(crate) fn check(manifest: &Manifest, hooks: &Hooks, profile: &Profile) -> Result<(), String> {
    let ours = Profile::built_in();
    if hooks.profile_path.is_none() && is_same(profile, &ours) {
        return Ok(());
    }
    let shared = shared(profile, &ours);
    if !shared.is_empty() {
        return Err(format!(
            "the profile `{}` shares names with hostprep's own package, which may be on the same host: {}. Give it names of its \
             own; the table [names] of packaging/example/profile.toml is an example",
            profile.name,
            shared.join(", ")
        ));
    }
    if hooks.profile_path.is_none() {
        return Err(format!(
            "`profile_path` of [hooks] is missing: the installed program would use hostprep's own profile, and not `{}`",
            profile.name
        ));
    }
    if manifest.package.name == PACKAGE {
        return Err(format!("the package is called {PACKAGE}, so package managers would take it for hostprep's own"));
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

/// Returns whether a package for `profile` is hostprep's own.
fn is_same(profile: &Profile, ours: &Profile) -> bool {
    let values = |profile: &Profile| claims(profile).iter().map(|it| it.value.to_string()).collect::<Vec<_>>();
    values(profile) == values(ours)
}

/// Returns what both have, as lines of the profile.
fn shared(profile: &Profile, ours: &Profile) -> Vec<String> {
    let ours = claims(ours);
    let is_shared = |claim: &Claim| ours.iter().any(|other| claim.is_shared_with(other));
    claims(profile).into_iter().filter(is_shared).map(|it| format!("{} = \"{}\"", it.key, it.value)).collect()
}

/// Something that a package has for itself: a value of the profile.
struct Claim {
    key: &'static str,
    value: Value,
}

enum Value {
    /// A word. It counts under its own key alone.
    Word(String),
    /// The command. Units and pages of manuals have its name, then `-` and a word.
    Command(String),
    /// A file, or a directory with its mode.
    File(InRoot),
    /// The log. Rotated ones have its name, then `.` or `-`, and a removal takes them.
    Log(InRoot),
    /// A directory with all that is in it.
    Tree(InRoot),
    /// A file beside which others are: drop-ins, and the table of kernels.
    Beside(InRoot),
}

impl Claim {
    fn is_shared_with(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Word(one), Value::Word(two)) => self.key == other.key && one == two,
            (Value::Command(one), Value::Command(two)) => {
                let extends = |long: &str, short: &str| {
                    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
                };
                extends(one, two) || extends(two, one)
            }
            (one, two) => match (one.path(), two.path()) {
                (Some(path), Some(other)) => one.has(other) || two.has(path),
                _ => false,
            },
        }
    }
}

impl Value {
    fn path(&self) -> Option<&InRoot> {
        match self {
            Self::Word(_) | Self::Command(_) => None,
            Self::File(path) | Self::Log(path) | Self::Tree(path) | Self::Beside(path) => Some(path),
        }
    }

    /// Returns whether `path` is this one, or in what this one has for itself.
    fn has(&self, path: &InRoot) -> bool {
        match self {
            Self::Word(_) | Self::Command(_) => false,
            Self::File(own) => own == path,
            Self::Log(own) => {
                let rest = path.to_string();
                rest.strip_prefix(&own.to_string()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
            }
            Self::Tree(own) => path.starts_with(own),
            Self::Beside(own) => own.parent().is_some_and(|directory| path.starts_with(directory)),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) | Self::Command(word) => f.write_str(word),
            Self::File(path) | Self::Log(path) | Self::Tree(path) | Self::Beside(path) => path.fmt(f),
        }
    }
}

fn claims(profile: &Profile) -> Vec<Claim> {
    let Profile { names, paths, module, .. } = profile;
    let mut claims = vec![
        ("name", Value::Word(profile.name.clone())),
        ("names.command", Value::Command(names.command.clone())),
        ("names.ident", Value::Word(names.ident.clone())),
        ("names.configuration", Value::Beside(names.configuration.clone())),
        ("paths.faults", Value::Tree(paths.faults.clone())),
        ("paths.state", Value::Tree(paths.state.clone())),
        ("paths.lock", Value::File(paths.lock.clone())),
        ("paths.log", Value::Log(paths.log.clone())),
        ("paths.work", Value::Tree(paths.build_dir.clone())),
        ("scan_user.name", Value::Word(profile.scan_user.name.clone())),
        ("module.name", Value::Word(module.name.clone())),
        ("module.executable", Value::File(module.executable.clone())),
    ];
    claims.extend(module.own_executable_type().map(|it| ("module.executable_type", Value::Word(it.to_owned()))));
    claims.extend(profile.directories.iter().map(|it| ("directories.path", Value::File(it.path.clone()))));
    claims.into_iter().map(|(key, value)| Claim { key, value }).collect()
}
