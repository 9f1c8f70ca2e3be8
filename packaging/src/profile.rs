//! The values of an agent's profile that templates use. hostprep's own parser reads the profile, so a build refuses what the
//! hooks would refuse.

use std::path::Path;

use host::fs::fhs::ADDON_BASES;
use policy::spec::ModuleSpec;
use serde::Serialize;

use crate::Error;
use crate::manifest::Hooks;
use crate::names;
use crate::path::{check_script_path, one_line};

/// The part of a profile that templates use, with the profile's names.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "named as in the profile")]
pub struct Profile {
    pub title: String,
    pub units: Vec<String>,
    pub names: Names,
    pub paths: Paths,
    pub scan_user: ScanUser,
    pub directories: Vec<Directory>,
    /// What the units let hostprep write to.
    pub writable: Vec<String>,
    #[serde(skip)]
    pub module: ModuleSpec,
}

/// What hostprep is called.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "named as in the profile")]
pub struct Names {
    pub command: String,
}

/// Where hostprep keeps its files.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "named as in the profile")]
pub struct Paths {
    pub faults: String,
    pub state: String,
    pub lock: String,
    pub log: String,
}

/// Where the units let hostprep write on every system, besides the directories of add-on software: accounts and policies.
const WRITABLE: [&str; 2] = ["/etc", "/var"];
/// The only place below `/usr` where a profile may have directories and files of hostprep.
const LOCAL: &str = "/usr/local";

/// The account that hostprep creates.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "named as in the profile")]
pub struct ScanUser {
    pub name: String,
    pub comment: String,
    pub home: String,
}

/// A managed directory.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "named as in the profile")]
pub struct Directory {
    pub path: String,
    pub create: bool,
}

impl Profile {
    /// Reads the profile of the hooks.
    ///
    /// # Errors
    /// [`Error`] if it cannot be read, if hostprep would refuse it, if it has a value that a script cannot hold, or a name that is not its own.
    pub fn read(hooks: &Hooks, path: &Path) -> Result<installer::profile::Profile, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let profile = installer::profile::Profile::parse(&text, path).map_err(Error::Profile)?;
        let wrong = |problem| Error::Manifest { path: path.to_owned(), problem };
        check(&profile).and_then(|()| names::check_profile(hooks, &profile)).map_err(wrong)?;
        Ok(profile)
    }

    /// Returns the part that templates use.
    #[must_use]
    pub fn of(profile: installer::profile::Profile) -> Self {
        let installer::profile::Profile { title, units, names, paths, scan_user, directories, module, .. } = profile;
        let own = [&paths.faults, &paths.state, &paths.lock, &paths.log, &paths.build_dir];
        let is_local = own.into_iter().chain(directories.iter().map(|it| &it.path)).any(|path| path.starts_with(LOCAL));
        let local = is_local.then(|| LOCAL.to_owned());
        // A managed directory may be a link to another file system.
        let links = directories.iter().map(|it| text(&it.path));
        let program = Some(&module.executable).filter(|_| module.has_own_domain()).map(text);
        // Links lead from some of these to another file system; the unit follows those that it names.
        let bases = ADDON_BASES.into_iter().filter(|base| *base != LOCAL);
        let everywhere = WRITABLE.into_iter().chain(bases).map(str::to_owned);
        let writable = everywhere.chain(local).chain(links).chain(program).collect();
        let directory =
            |one: installer::profile::ManagedDirectory| Directory { path: text(&one.path), create: one.create };
        Self {
            title,
            units,
            names: Names { command: names.command },
            paths: Paths {
                faults: text(&paths.faults),
                state: text(&paths.state),
                lock: text(&paths.lock),
                log: text(&paths.log),
            },
            scan_user: ScanUser { name: scan_user.name, comment: scan_user.comment, home: text(&scan_user.home) },
            directories: directories.into_iter().map(directory).collect(),
            writable,
            module,
        }
    }
}

/// Checks that no value ends a word of a script or a line of `sysusers.d`, and that packages list no system directory.
fn check(profile: &installer::profile::Profile) -> Result<(), String> {
    let paths = &profile.paths;
    let own = [&paths.faults, &paths.state, &paths.lock, &paths.log];
    for path in own {
        let deep_enough = if path.starts_with("/var") { 4 } else { 3 };
        if path.components().skip(1).count() < deep_enough {
            let path = path.display();
            return Err(format!("`{path}` is directly in a system directory; use a directory of the agent"));
        }
    }
    let managed = profile.directories.iter().map(|directory| &directory.path);
    let mut all = own.into_iter().chain(managed).chain([&profile.scan_user.home]);
    all.try_for_each(|path| check_script_path(&text(path)))?;
    // The fault store may outlive the state: it stays where the agent is installed, or a fault is raised.
    if paths.state.starts_with(&paths.faults) || paths.faults.starts_with(&paths.state) {
        return Err(format!(
            "one of {} and {} is in the other: a purge removes the first, and may keep the second",
            paths.state, paths.faults
        ));
    }
    for text in [&profile.title, &profile.scan_user.comment] {
        one_line("a title or comment", text)?;
        if text.contains(['"', '\\']) {
            return Err(format!("{text:?} is used in configuration files: no \" and no \\"));
        }
    }
    // sysusers.d(5) replaces specifiers in it, and only newer versions of systemd read `%%` as one.
    if profile.scan_user.comment.contains('%') {
        return Err(format!("{:?} is used in sysusers.d: no %", profile.scan_user.comment));
    }
    Ok(())
}

/// A profile is UTF-8, and so are its paths.
fn text(path: &impl std::fmt::Display) -> String {
    path.to_string()
}
