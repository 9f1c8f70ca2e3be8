//! The package with the public keys: the present one and, before a change of keys, the next.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rpm_version::Evr;
use tempfile::TempDir;

use super::Repository;
use super::packages::{Package, wrong};
use crate::signing::{PublicKey, PublicKeys, openpgp};
use crate::{Error, LoadedManifest, artifacts, deb, rpm_package};

/// The public keys that hosts are to know.
pub struct Keys {
    pub present: PublicKeys,
    pub next: Option<PublicKeys>,
}

impl Keys {
    /// Refuses a key that hosts would not take at this time, or a next one that is none.
    pub fn check(&self, now: u32) -> Result<(), Error> {
        for file in self.all() {
            let wrong = |problem| Error::Key { path: file.path().to_owned(), problem };
            file.keys().iter().try_for_each(|key| key.check_good_at(now)).map_err(wrong)?;
        }
        let is_present = |key: &PublicKey| self.present.keys().iter().any(|present| present.is(key));
        match &self.next {
            Some(next) if next.keys().iter().all(is_present) => {
                Err(Error::Key { path: next.path().to_owned(), problem: "the next key is the present one".into() })
            }
            _ => Ok(()),
        }
    }

    /// Returns a line for each key that expires.
    pub fn expiries(&self) -> Vec<String> {
        let line = |file: &PublicKeys, time: u32| {
            let day = (Timestamp::UNIX_EPOCH + Duration::from_secs(time.into())).strftime("%Y-%m-%d");
            format!("{}: the key expires on {day}; extend or change it before", file.path().display())
        };
        let of = |file| PublicKeys::keys(file).iter().filter_map(PublicKey::expires).map(move |time| line(file, time));
        self.all().flat_map(of).collect()
    }

    fn all(&self) -> impl Iterator<Item = &PublicKeys> {
        std::iter::once(&self.present).chain(&self.next)
    }

    /// Returns the keys as apt reads them.
    pub fn packets(&self) -> Vec<u8> {
        self.all().flat_map(|keys| keys.packets().to_vec()).collect()
    }

    /// Returns the keys as rpm reads them: a block for each, as it imports the first of a block.
    pub fn armored(&self) -> String {
        let packets = self.packets();
        openpgp::each_key(&packets).into_iter().map(|key| openpgp::armored(key, "PUBLIC KEY BLOCK")).collect()
    }
}

pub fn apt_file(name: &str) -> String {
    format!("{name}-keyring.gpg")
}

pub fn rpm_file(name: &str) -> String {
    format!("RPM-GPG-KEY-{name}")
}

/// Where the keys are on a host, for `Signed-By` and `gpgkey`.
pub fn apt_path(name: &str) -> String {
    format!("/usr/share/keyrings/{}", apt_file(name))
}

/// Not below /etc: there the file would be a configuration file, and one that was put there by hand would stay for ever.
pub fn rpm_path(name: &str) -> String {
    format!("/usr/share/{name}-keyring/{}", rpm_file(name))
}

fn name_of(package: &str) -> Option<&str> {
    package.strip_suffix("-keyring").filter(|name| !name.is_empty())
}

/// Returns the name of the repository, from that of the package with its keys.
pub fn repository_name(loaded: &LoadedManifest) -> Result<String, Error> {
    let package = &loaded.manifest.package.name;
    name_of(package).map(str::to_owned).ok_or_else(|| Error::Repository {
        path: package.into(),
        problem: "the package with the keys must be called NAME-keyring".into(),
    })
}

/// Returns a tree with the files of the package.
pub fn payload(keys: &Keys, manifest: &Path) -> Result<TempDir, Error> {
    let package = crate::manifest::Manifest::read(manifest)?.package.name;
    let name = name_of(&package).unwrap_or(&package);
    let tree = tempfile::tempdir().map_err(Error::file(&std::env::temp_dir()))?;
    for (path, content) in [(apt_path(name), keys.packets()), (rpm_path(name), keys.armored().into_bytes())] {
        let path = tree.path().join(path.trim_start_matches('/'));
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        artifacts::write(path.parent().unwrap_or(tree.path()), file, &content)?;
    }
    Ok(tree)
}

/// Builds the package in both formats.
pub fn packages(loaded: &LoadedManifest) -> Result<Vec<Package>, Error> {
    let rpm = rpm_package::bytes(&rpm_package::build(loaded)?, None)?;
    let all = [(rpm_package::file_name(loaded), rpm), (deb::file_name(loaded), deb::build(loaded)?)];
    Ok(all.into_iter().filter_map(|(name, content)| Package::new(&name, content)).collect())
}

impl Repository<'_> {
    /// Refuses other keys under a version that hosts may have already, and a version below one that they have: no host would
    /// take it.
    pub(super) fn check_keyring(&self, loaded: &LoadedManifest, packages: &[Package]) -> Result<(), Error> {
        let name = deb::file_name(loaded);
        let Some(old) = self.old.as_ref().map(|old| old.join("apt/pool")) else { return Ok(()) };
        let refuse = |problem: String| Err(wrong(&self.request.keyring, problem));
        let new = packages.iter().find(|package| package.name == name);
        if std::fs::read(old.join(&name)).is_ok_and(|old| new.is_some_and(|new| new.content != old)) {
            return refuse(
                "the keys have changed, but the version of their package has not; raise it and add a [[changelog]] entry".into(),
            );
        }
        match newest_version(&old, &name) {
            Some(there) if Evr::parse(&there) > Evr::parse(version_of(&name).unwrap_or_default()) => refuse(format!(
                "the repository has version {there} of this package already; raise the version above it and add a \
                 [[changelog]] entry"
            )),
            _ => Ok(()),
        }
    }
}

/// The version in `NAME_VERSION_ARCHITECTURE.deb`.
fn version_of(file: &str) -> Option<&str> {
    file.split('_').nth(1)
}

/// Returns the newest version of a package in a pool. `name` is the file name of any of its DEBs.
fn newest_version(pool: &Path, name: &str) -> Option<String> {
    let package = name.split('_').next()?;
    let names = std::fs::read_dir(pool).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let versions = names.filter(|one| one.split('_').next() == Some(package) && one.ends_with(".deb"));
    let versions = versions.filter_map(|one| version_of(&one).map(str::to_owned));
    versions.max_by(|one, other| Evr::parse(one).cmp(&Evr::parse(other)))
}
