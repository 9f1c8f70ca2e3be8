//! Whether a package shares a name with hostprep's own, or names what it does not install. Neither package manager sees that two
//! packages read one configuration file, or that a remedy names another package's program, so the build refuses it.

use installer::profile::Profile;

use crate::manifest::{Hooks, Manifest};

/// The directory of commands that root runs.
const COMMANDS: &str = "/usr/sbin";

/// Checks the names of a manifest and of its profile. hostprep's own profile is not compared.
///
/// # Errors
/// A message that lists what is shared, or says what is missing.
pub(crate) fn check(manifest: &Manifest, hooks: &Hooks, profile: &Profile) -> Result<(), String> {
    let ours = Profile::built_in();
    if profile.name == ours.name {
        return Ok(());
    }
    let shared: Vec<String> = values(profile)
        .into_iter()
        .zip(values(&ours))
        .filter(|(theirs, ours)| theirs == ours)
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
fn values(profile: &Profile) -> Vec<(&'static str, String)> {
    let Profile { names, paths, .. } = profile;
    vec![
        ("names.command", names.command.clone()),
        ("names.ident", names.ident.clone()),
        ("names.configuration", names.configuration.to_string()),
        ("paths.faults", paths.faults.to_string()),
        ("paths.state", paths.state.to_string()),
        ("paths.lock", paths.lock.to_string()),
        ("paths.log", paths.log.to_string()),
        ("paths.work", paths.build_dir.to_string()),
        ("scan_user.name", profile.scan_user.name.clone()),
        ("module.name", profile.module.name.clone()),
    ]
}
