//! What scripts and files need of an agent's profile (`profile.toml`), so that it stands in one place.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::manifest::{check_script_path, from_toml, one_line};

/// The part of a profile that packages use. hostprep itself checks the rest.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Profile {
    /// The agent.
    pub title: String,
    /// Where hostprep keeps what.
    pub paths: Paths,
    /// The account that hostprep makes.
    pub scan_user: ScanUser,
    /// The directories that it looks after.
    pub directories: Vec<Managed>,
}

/// Where hostprep keeps what.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[allow(missing_docs, reason = "named as in the profile")]
pub struct Paths {
    pub faults: String,
    pub state: String,
    pub lock: String,
    pub log: String,
}

/// The account that hostprep makes.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[allow(missing_docs, reason = "named as in the profile")]
pub struct ScanUser {
    pub name: String,
    pub comment: String,
    pub home: String,
    pub shells: Vec<String>,
}

/// A directory that hostprep looks after.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[allow(missing_docs, reason = "named as in the profile")]
pub struct Managed {
    pub path: String,
    pub create: bool,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`Error`] where it cannot be read, lacks a part, or has a path that cannot stand in a script.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let profile: Self = from_toml(path, &text)?;
        profile.check().map_err(|problem| Error::Manifest { path: path.to_owned(), problem })?;
        Ok(profile)
    }

    /// What stands in a script or a line of `sysusers.d` must not end it.
    fn check(&self) -> Result<(), String> {
        let paths = &self.paths;
        let own = [&paths.faults, &paths.state, &paths.lock, &paths.log];
        let managed = self.directories.iter().map(|directory| &directory.path);
        for path in own {
            let above = path.rsplit_once('/').map_or("", |(above, _)| above);
            let deep_enough = if above.starts_with("/var/") { 3 } else { 2 };
            if above.matches('/').count() < deep_enough {
                return Err(format!(
                    "`{path}` stands in a directory of the system's; put it into one of the agent's own"
                ));
            }
        }
        let user = &self.scan_user;
        let mut places = own.into_iter().chain(managed).chain([&user.home]).chain(&user.shells);
        places.try_for_each(|place| check_script_path(place))?;
        let name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if user.name.is_empty() || user.name.starts_with('-') || !user.name.chars().all(name) {
            return Err(format!("`{}` is no user name: letters, digits, _ - .", user.name));
        }
        if user.shells.is_empty() {
            return Err("scan_user.shells names no shell".into());
        }
        for text in [&self.title, &user.comment] {
            one_line("a title or comment", text)?;
            if text.contains(['"', '\\']) {
                return Err(format!("{text:?} stands in configuration files: no \" and no \\"));
            }
        }
        Ok(())
    }
}
