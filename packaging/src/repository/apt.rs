//! The repository for apt: `pool`, `dists`, and indexes that are found by their hashes.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use super::Repository;
use super::packages::{Package, wrong};
use crate::architecture::Architecture;
use crate::signing::{Tool, clearsign};
use crate::{Error, Format, artifacts};

pub const SUITE: &str = "stable";
pub const COMPONENT: &str = "main";
/// What Debian calls a package for every architecture.
const ALL: &str = "all";

/// # Errors
/// [`Error::Tool`] if apt-ftparchive is missing: before anything is signed, which may ask for a passphrase.
pub fn check_tools() -> Result<(), Error> {
    Tool::new("apt-ftparchive").args(["--version"]).run().map(drop)
}

impl Repository<'_> {
    pub(super) fn apt(&self, packages: &[Package]) -> Result<(), Error> {
        let top = self.new.join("apt");
        let debs: Vec<&Package> = packages.iter().filter(|package| package.format == Format::Deb).collect();
        for package in &debs {
            artifacts::write(&top.join("pool"), &package.name, &package.content)?;
        }
        let index = Tool::new("apt-ftparchive").within(&top).args(["packages", "pool"]).run()?;
        let index = String::from_utf8_lossy(&index);
        let mut paragraphs: Vec<&str> = index.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).collect();
        paragraphs.sort_unstable();
        // It leaves out what it cannot read, with a line to standard error and status 0.
        let listed: BTreeSet<&str> = paragraphs.iter().filter_map(|text| field(text, "Filename")).collect();
        if let Some(left) = debs.iter().find(|package| !listed.contains(format!("pool/{}", package.name).as_str())) {
            return Err(wrong(Path::new(&left.name), "not a DEB, or damaged: apt-ftparchive leaves it out"));
        }
        let mut architectures: BTreeSet<&str> =
            paragraphs.iter().filter_map(|text| field(text, "Architecture")).collect();
        // Of RPMs alone: the package with the keys is a DEB too.
        architectures
            .extend(packages.iter().filter_map(|package| package.rpm_architecture().map(Architecture::debian)));
        architectures.remove(ALL);
        let architectures: Vec<&str> = architectures.into_iter().collect();
        if architectures.is_empty() {
            return Err(wrong(Path::new("--packages"), "no package of an architecture is there: apt needs one"));
        }
        let dist = top.join("dists").join(SUITE);
        let mut hashes = String::new();
        for architecture in &architectures {
            let wanted =
                |text: &&&str| matches!(field(text, "Architecture"), Some(of) if of == *architecture || of == ALL);
            let list: String = paragraphs.iter().filter(wanted).map(|text| format!("{text}\n\n")).collect();
            let within = format!("{COMPONENT}/binary-{architecture}");
            let packed = packed(list.as_bytes()).map_err(Error::file(&dist))?;
            for (name, content) in [("Packages", list.as_bytes()), ("Packages.gz", &packed)] {
                let hash = artifacts::sha256(content);
                artifacts::write(&dist.join(&within), name, content)?;
                artifacts::write(&dist.join(&within).join("by-hash/SHA256"), &hash, content)?;
                hashes += &format!(" {hash} {} {within}/{name}\n", content.len());
            }
        }
        self.keep_old_indexes(&dist)?;
        let release = self.release(&architectures) + "SHA256:\n" + &hashes;
        artifacts::write(&dist, "Release", release.as_bytes())?;
        artifacts::write(&dist, "Release.gpg", self.armored_signature(release.as_bytes())?.as_bytes())?;
        if let Some(command) = &self.request.clearsign_with {
            let text = clearsign(command, &release, self.request.limit, &self.keys.present)?;
            artifacts::write(&dist, "InRelease", &text)?;
        }
        Ok(())
    }

    fn valid_until(&self) -> Option<u32> {
        self.request.valid_days.map(|days| self.time.saturating_add(days.saturating_mul(86_400)))
    }

    /// Refuses an index that no host would take.
    pub(super) fn check_valid_until(&self) -> Result<(), Error> {
        match self.valid_until() {
            Some(time) if time <= self.request.now => Err(wrong(
                &self.request.out,
                format!(
                    "apt would refuse the index: it ends on {}, as --valid-days counts from SOURCE_DATE_EPOCH; unset that, or \
                     give more days",
                    date(time)
                ),
            )),
            _ => Ok(()),
        }
    }

    fn release(&self, architectures: &[&str]) -> String {
        let (name, vendor) = (&self.name, &self.vendor);
        let until = self.valid_until().map(|time| format!("Valid-Until: {}\n", date(time))).unwrap_or_default();
        format!(
            "Origin: {vendor}\nLabel: {name}\nSuite: {SUITE}\nCodename: {SUITE}\nDate: {}\n{until}Acquire-By-Hash: yes\n\
             Architectures: {}\nComponents: {COMPONENT}\nDescription: Packages of {vendor}\n",
            date(self.time),
            architectures.join(" ")
        )
    }

    /// Keeps the indexes that the list before names: a host that has just read that one finds them.
    fn keep_old_indexes(&self, dist: &Path) -> Result<(), Error> {
        let Some(old) = self.old.as_ref().map(|old| old.join("apt/dists").join(SUITE)) else { return Ok(()) };
        let release = std::fs::read_to_string(old.join("Release")).unwrap_or_default();
        for line in release.lines().filter_map(|line| line.strip_prefix(' ')) {
            let words: Vec<&str> = line.split(' ').collect();
            let [hash, _, name] = words.as_slice() else { continue };
            let within = format!("{}/by-hash/SHA256", name.rsplit_once('/').map_or("", |(directory, _)| directory));
            // Only what is what it is called, and nothing outside.
            let content = std::fs::read(old.join(&within).join(hash)).unwrap_or_default();
            if artifacts::sha256(&content) == **hash && !name.contains("..") {
                artifacts::write(&dist.join(within), hash, &content)?;
            }
        }
        Ok(())
    }
}

fn field<'t>(paragraph: &'t str, name: &str) -> Option<&'t str> {
    paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn packed(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

/// Returns a time as Debian's indexes have it.
fn date(time: u32) -> String {
    let time = Timestamp::UNIX_EPOCH + Duration::from_secs(time.into());
    time.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string()
}
