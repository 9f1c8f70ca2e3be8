//! The repository for dnf, yum and zypper: the RPMs and `repodata`.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use super::Repository;
use super::packages::Package;
use crate::signing::Tool;
use crate::{Error, Format, artifacts};

/// # Errors
/// [`Error::Tool`] if createrepo_c is missing: before anything is signed, which may ask for a passphrase.
pub fn check_tools() -> Result<(), Error> {
    Tool::new("createrepo_c").args(["--version"]).run().map(drop)
}

impl Repository<'_> {
    pub(super) fn dnf(&self, packages: &[Package]) -> Result<(), Error> {
        let top = self.new.join("rpm");
        for package in packages.iter().filter(|package| package.format == Format::Rpm) {
            let path = artifacts::write(&top, &package.name, &package.content)?;
            // The index has the time of each file.
            let file = File::options().write(true).open(&path).map_err(Error::file(&path))?;
            file.set_modified(UNIX_EPOCH + Duration::from_secs(self.time.into())).map_err(Error::file(&path))?;
        }
        let time = self.time.to_string();
        let createrepo = Tool::new("createrepo_c").within(&top);
        createrepo
            .args(["--quiet", "--no-database", "--general-compress-type", "gz", "--set-timestamp-to-revision"])
            .args(["--revision", &time, "."])
            .run()?;
        let data = top.join("repodata");
        self.keep_old_metadata(&data)?;
        let index = data.join("repomd.xml");
        let content = std::fs::read(&index).map_err(Error::file(&index))?;
        artifacts::write(&data, "repomd.xml.asc", self.armored_signature(&content)?.as_bytes())?;
        artifacts::write(&data, "repomd.xml.key", self.keys.armored().as_bytes())?;
        Ok(())
    }

    /// Keeps the files that the index before names, as for apt.
    fn keep_old_metadata(&self, data: &Path) -> Result<(), Error> {
        let Some(old) = self.old.as_ref().map(|old| old.join("rpm/repodata")) else { return Ok(()) };
        let index = std::fs::read_to_string(old.join("repomd.xml")).unwrap_or_default();
        for part in index.split("<location href=\"repodata/").skip(1) {
            let name = part.split('"').next().unwrap_or_default();
            let is_plain = !name.is_empty() && !name.contains('/');
            if let (true, false, Ok(content)) = (is_plain, data.join(name).exists(), std::fs::read(old.join(name))) {
                artifacts::write(data, name, &content)?;
            }
        }
        Ok(())
    }
}
