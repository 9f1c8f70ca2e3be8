//! Whether a package shares a name or a place with hostprep's own, or names what it does not install. Neither package manager sees that two
//! packages read one configuration file, or that a remedy names another package's program, so the build refuses it.

use std::fmt;
use std::path::Path;

use host::fs::InRoot;
use installer::kernels_file;
use installer::profile::Profile;

use crate::Error;
use crate::file_tree::FileTree;
use crate::manifest::{Hooks, Manifest};

/// The directory of commands that root runs.
const COMMANDS: &str = "/usr/sbin";

/// hostprep's own package.
const PACKAGE: &str = "hostprep";

/// Where hostprep's own package has its program and its files, apart from those that the profile names.
const PLACES: [&str; 3] = ["/opt/cisco/hostprep", "/usr/lib/hostprep", "/usr/share/hostprep"];

/// Checks the names of a profile. A package for the profile that is built in is not compared.
///
/// # Errors
/// A message that lists what is shared.
pub(crate) fn check_profile(hooks: &Hooks, profile: &Profile) -> Result<(), String> {
    let ours = Profile::built_in();
    if is_own(hooks, profile, &ours) {
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
    Ok(())
}

/// Checks that a manifest has the names of its profile, and installs what remedies name.
///
/// # Errors
/// A message that says what is missing.
pub(crate) fn check_manifest(manifest: &Manifest, hooks: &Hooks, profile: &Profile) -> Result<(), String> {
    if is_own(hooks, profile, &Profile::built_in()) {
        return Ok(());
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

/// Checks that a package installs nothing in what is hostprep's own. Its state and configuration are in no package's list, so that
/// no package manager refuses it.
///
/// # Errors
/// [`Error::Payload`] with the path.
pub(crate) fn check_files(hooks: &Hooks, profile: &Profile, files: &FileTree) -> Result<(), Error> {
    let ours = Profile::built_in();
    if is_own(hooks, profile, &ours) {
        return Ok(());
    }
    let [kernels, _] = kernels_file::paths(&ours);
    let own_files = [ours.names.configuration.clone(), kernels, ours.paths.lock.clone()];
    let trees =
        [ours.names.drop_ins(), ours.paths.faults.clone(), ours.paths.state.clone(), ours.paths.build_dir.clone()];
    let trees: Vec<InRoot> = trees.into_iter().chain(PLACES.map(InRoot::from)).collect();
    let log = Value::Log(ours.paths.log.clone());
    for path in files.paths() {
        let within = InRoot::from(path);
        if own_files.contains(&within) || log.has(&within) || trees.iter().any(|tree| within.starts_with(tree)) {
            let problem = "is hostprep's own; a package for another agent has its files in places of its own, which the profile's \
                           [names] and [paths] name";
            return Err(Error::payload(Path::new(path), problem));
        }
    }
    Ok(())
}

/// Returns whether a package is for the profile that is built in.
fn is_own(hooks: &Hooks, profile: &Profile, ours: &Profile) -> bool {
    hooks.profile_path.is_none() && is_same(profile, ours)
}

/// Returns whether a package for `profile` is hostprep's own.
fn is_same(profile: &Profile, ours: &Profile) -> bool {
    let values = |profile: &Profile| claims(profile).iter().map(|it| it.value.to_string()).collect::<Vec<_>>();
    values(profile) == values(ours)
}

/// Returns what both have, as lines of the profile.
fn shared(profile: &Profile, ours: &Profile) -> Vec<String> {
    let places = PLACES.map(|path| Claim { key: "", value: Value::Tree(path.into()) });
    let ours: Vec<Claim> = claims(ours).into_iter().chain(places).collect();
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
    claims.extend(paths.kernels.iter().map(|path| ("paths.kernels", Value::File(path.clone()))));
    claims.extend(module.own_executable_type().map(|it| ("module.executable_type", Value::Word(it.to_owned()))));
    claims.extend(profile.directories.iter().map(|it| ("directories.path", Value::File(it.path.clone()))));
    claims.into_iter().map(|(key, value)| Claim { key, value }).collect()
}
