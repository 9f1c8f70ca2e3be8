//! The crates that are linked into the program: its normal dependencies, without procedural macros and what only builds or tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use cargo_metadata::{CargoOpt, Metadata, MetadataCommand};

use crate::id::Id;
use crate::lockfile::Lockfile;
use crate::{Error, command};

/// The package whose program is shipped.
pub const PROGRAM: &str = "hostprep";

/// What packages are built for. The bill is the same for all: a crate that only one has would be in it.
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// What a linked crate says of itself.
#[derive(Debug, Clone)]
pub struct Crate {
    /// Name and version.
    pub id: Id,
    /// An SPDX expression.
    pub license: String,
    /// The registry's SHA-256; a crate of this tree has none.
    pub checksum: Option<String>,
    /// Where its source is kept.
    pub repository: Option<String>,
    /// Its source on this machine.
    pub directory: PathBuf,
    /// The licence file that its manifest names.
    pub license_file: Option<PathBuf>,
    /// The linked crates that it uses.
    pub uses: BTreeSet<Id>,
}

impl Crate {
    /// Whether it is of this tree.
    pub fn is_own(&self) -> bool {
        self.checksum.is_none()
    }
}

/// Returns the linked crates by name and version, the program's own among them.
///
/// # Errors
/// [`Error`] if cargo fails, or a crate names no licence that SPDX knows.
pub fn crates(checkout: &Path) -> Result<BTreeMap<Id, Crate>, Error> {
    let mut uses = BTreeMap::new();
    for target in TARGETS {
        let tree = command::output(
            checkout,
            &command::cargo(),
            &[
                "tree",
                "--locked",
                "--package",
                PROGRAM,
                "--target",
                target,
                "--edges",
                "normal,no-proc-macro",
                "--no-dedupe",
                "--prefix",
                "depth",
                "--format",
                " {p}",
            ],
        )?;
        read_tree(&tree, &mut uses)?;
    }
    let lockfile = Lockfile::read(checkout)?;
    let metadata = metadata(checkout)?;
    let mut crates = BTreeMap::new();
    for package in metadata.packages {
        let id = Id::new(&package.name, &package.version.to_string());
        let Some(uses) = uses.remove(&id) else { continue };
        let license = expression(&id, package.license.as_deref())?;
        let manifest = package.manifest_path.into_std_path_buf();
        let directory = manifest.parent().unwrap_or(checkout).to_owned();
        let license_file = package.license_file.map(|file| directory.join(file));
        let (repository, checksum) = (package.repository, lockfile.checksum(&id).map(str::to_owned));
        crates.insert(id.clone(), Crate { id, license, checksum, repository, directory, license_file, uses });
    }
    match uses.keys().next() {
        None => Ok(crates),
        Some(id) => Err(Error::Crate { name: id.to_string(), problem: "cargo metadata does not know it".into() }),
    }
}

/// Returns what cargo knows of all crates of this tree, with all features.
///
/// # Errors
/// [`Error::Command`].
pub(crate) fn metadata(checkout: &Path) -> Result<Metadata, Error> {
    let mut command = MetadataCommand::new();
    command.cargo_path(command::cargo()).current_dir(checkout).other_options(["--locked".to_owned()]);
    let wrong =
        |e: cargo_metadata::Error| Error::Command { command: "cargo metadata --locked".into(), problem: e.to_string() };
    command.features(CargoOpt::AllFeatures).exec().map_err(wrong)
}

/// Returns the licence as an expression of SPDX: old crates write `MIT/Apache-2.0`.
fn expression(id: &Id, license: Option<&str>) -> Result<String, Error> {
    let wrong = |problem: String| Error::Crate { name: id.to_string(), problem };
    let given = license.ok_or_else(|| wrong("its Cargo.toml names no licence".into()))?;
    let read = |e: &dyn fmt::Display| wrong(format!("its licence {given} is no SPDX expression: {e}"));
    let text = spdx::Expression::canonicalize(given).map_err(|e| read(&e))?.unwrap_or_else(|| given.to_owned());
    spdx::Expression::parse(&text).map_err(|e| read(&e))?;
    Ok(text)
}

/// Reads what `cargo tree --prefix depth --format ' {p}'` prints: `2 name v1.2.3 (…)`.
fn read_tree(tree: &str, uses: &mut BTreeMap<Id, BTreeSet<Id>>) -> Result<(), Error> {
    let mut above: Vec<Id> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let mut words = line.split(' ');
        let parts = (words.next().and_then(|depth| depth.parse::<usize>().ok()), words.next(), words.next());
        let (Some(depth), Some(name), Some(version)) = parts else {
            return Err(Error::Command { command: "cargo tree".into(), problem: format!("unknown line: {line}") });
        };
        let id = Id::new(name, version.trim_start_matches('v'));
        above.truncate(depth);
        if let Some(user) = above.last() {
            uses.entry(user.clone()).or_default().insert(id.clone());
        }
        uses.entry(id.clone()).or_default();
        above.push(id);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
