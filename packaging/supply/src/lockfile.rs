//! `Cargo.lock`: the exact versions, with the registry's checksums.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::Error;
use crate::id::Id;

/// The crates of a `Cargo.lock`, each with its checksum; those of this tree have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockfile(BTreeMap<Id, Option<String>>);

#[derive(Deserialize)]
struct File {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    checksum: Option<String>,
}

impl Lockfile {
    /// Reads `Cargo.lock` in `directory`.
    ///
    /// # Errors
    /// [`Error`] if it cannot be read.
    pub fn read(directory: &Path) -> Result<Self, Error> {
        let path = directory.join("Cargo.lock");
        let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
        let file: File = toml::from_str(&text).map_err(|e| Error::content(&path, e.message()))?;
        Ok(Self(file.package.into_iter().map(|one| (Id::new(&one.name, &one.version), one.checksum)).collect()))
    }

    /// Whether the crate is in it.
    pub fn contains(&self, id: &Id) -> bool {
        self.0.contains_key(id)
    }

    /// The registry's SHA-256 of the crate, in hexadecimal.
    pub fn checksum(&self, id: &Id) -> Option<&str> {
        self.0.get(id)?.as_deref()
    }

    /// The versions of a crate, the oldest first as text.
    pub fn versions(&self, name: &str) -> Vec<&str> {
        self.0.keys().filter(|id| id.name == name).map(|id| id.version.as_str()).collect()
    }
}
