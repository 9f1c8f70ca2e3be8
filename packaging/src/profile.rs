//! What scripts and files need of an agent's profile (`profile.toml`), so that it stands in one place.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::manifest::{check_script_path, from_toml};

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
        let paths = &profile.paths;
        let own = [&paths.faults, &paths.state, &paths.lock, &paths.log];
        let managed = profile.directories.iter().map(|directory| &directory.path);
        for place in own.into_iter().chain(managed) {
            check_script_path(place).map_err(|problem| Error::Manifest { path: path.to_owned(), problem })?;
        }
        Ok(profile)
    }
}
