//! The packages of directories that `package build` wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Repository;
use crate::architecture::Architecture;
use crate::{Error, Format, artifacts, rpm_signature_header};

/// A package, in memory.
#[derive(Debug, Clone)]
pub struct Package {
    pub format: Format,
    pub name: String,
    pub content: Vec<u8>,
}

impl Package {
    pub fn new(name: &str, content: Vec<u8>) -> Option<Self> {
        let format = match name.rsplit_once('.')?.1 {
            "rpm" => Format::Rpm,
            "deb" => Format::Deb,
            _ => return None,
        };
        Some(Self { format, name: name.to_owned(), content })
    }

    /// Returns the architecture in the name of an RPM, `NAME-VERSION-RELEASE.ARCHITECTURE.rpm`.
    pub fn rpm_architecture(&self) -> Option<Architecture> {
        self.name.strip_suffix(".rpm")?.rsplit_once('.')?.1.parse().ok()
    }
}

pub fn wrong(path: &Path, problem: impl Into<String>) -> Error {
    Error::Repository { path: path.to_owned(), problem: problem.into() }
}

/// Returns the packages that the lists of checksums in these directories name, sorted by name.
pub fn of(directories: &[PathBuf]) -> Result<Vec<Package>, Error> {
    let mut found: BTreeMap<String, Package> = BTreeMap::new();
    for directory in directories {
        let list = directory.join(artifacts::CHECKSUMS);
        let text = std::fs::read_to_string(&list).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => wrong(&list, "there is none; make packages builds packages and this list"),
            _ => Error::File { path: list.clone(), source: e },
        })?;
        for line in text.lines() {
            let (sum, name) = line.split_once("  ").ok_or_else(|| wrong(&list, "not a list of checksums"))?;
            if name.contains('/') {
                return Err(wrong(&list, format!("names a file of another directory: {name}")));
            }
            if !is_plain(name) {
                return Err(wrong(
                    &list,
                    format!("names `{name}`: letters, digits and `._+~^-` make names of packages"),
                ));
            }
            let path = directory.join(name);
            let content = std::fs::read(&path).map_err(Error::file(&path))?;
            if artifacts::sha256(&content) != sum {
                return Err(wrong(
                    &path,
                    format!("not the file that {} names; build the packages again", list.display()),
                ));
            }
            let Some(package) = Package::new(name, content) else { continue };
            if found.get(name).is_some_and(|other| other.content != package.content) {
                return Err(wrong(&path, "another directory has a package of this name with other content"));
            }
            found.insert(name.to_owned(), package);
        }
    }
    if found.is_empty() {
        let path = directories.first().map_or(Path::new(""), PathBuf::as_path);
        return Err(wrong(path, "there is no package; make packages builds them"));
    }
    Ok(found.into_values().collect())
}

/// As `verify.sh` takes them.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+~^-".contains(c))
}

/// Adds packages that were made here.
pub fn add(packages: &mut Vec<Package>, made: Vec<Package>) -> Result<(), Error> {
    if let Some(twice) = made.iter().find(|one| packages.iter().any(|other| other.name == one.name)) {
        return Err(wrong(
            Path::new(&twice.name),
            "a directory of packages has it too; it is made here: take it out there",
        ));
    }
    packages.extend(made);
    Ok(())
}

impl Repository<'_> {
    /// Keeps the packages that the repository before lists and this one has not, for hosts that have just read its indexes.
    /// They are in no index and in no list of checksums, so the next run leaves them out.
    pub(super) fn keep_old_packages(&self) -> Result<(), Error> {
        let Some(old) = &self.old else { return Ok(()) };
        let list = std::fs::read_to_string(old.join(artifacts::CHECKSUMS)).unwrap_or_default();
        for (sum, path) in list.lines().filter_map(|line| line.split_once("  ")) {
            let Some((directory @ ("apt/pool" | "rpm"), name)) = path.rsplit_once('/') else { continue };
            let content = std::fs::read(old.join(path)).unwrap_or_default();
            if is_plain(name) && artifacts::sha256(&content) == sum && !self.new.join(path).exists() {
                artifacts::write(&self.new.join(directory), name, &content)?;
            }
        }
        Ok(())
    }

    /// Signs each RPM that has no good signature by the present key, and returns how many. One that an earlier run signed stays.
    pub(super) fn sign_rpms(&self, packages: &mut [Package]) -> Result<usize, Error> {
        let mut signed = 0;
        for package in packages.iter_mut().filter(|package| package.format == Format::Rpm) {
            let unreadable = |e: std::io::Error| wrong(Path::new(&package.name), e.to_string());
            if self.is_signed(&package.content).map_err(unreadable)? {
                continue;
            }
            if let Some(old) = self.signed_before(package) {
                package.content = old;
                continue;
            }
            let header = rpm_signature_header::header(&package.content).map_err(unreadable)?;
            let signature = self.signer.sign(header)?;
            package.content =
                rpm_signature_header::completed(&package.content, Some(&signature)).map_err(unreadable)?;
            signed += 1;
        }
        Ok(signed)
    }

    fn is_signed(&self, rpm: &[u8]) -> std::io::Result<bool> {
        let header = rpm_signature_header::header(rpm)?;
        let signature = rpm_signature_header::signature(rpm)?;
        Ok(signature.is_some_and(|signature| self.keys.present.verify(header, &signature).is_ok()))
    }

    /// Returns the same RPM from the repository that is there, if it differs by its signature alone.
    fn signed_before(&self, package: &Package) -> Option<Vec<u8>> {
        let old = std::fs::read(self.old.as_ref()?.join("rpm").join(&package.name)).ok()?;
        let same = rpm_signature_header::differ_by_signature_alone(&old, &package.content).ok()?;
        (same && self.is_signed(&old).ok()?).then_some(old)
    }
}
