//! Turns directories of packages into a signed repository for apt and one for dnf, yum and zypper.
//!
//! * `packages`: the packages of the directories, each RPM signed with the present key
//! * `keyring`: the package with the keys, from its own manifest
//! * `apt`, `dnf`: the indexes of either kind
//! * `url`: where hosts find it
//! * `publish`: all of it in the place of the repository before

mod apt;
mod dnf;
mod keyring;
mod packages;
mod publish;
mod url;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::signing::{PublicKeys, Signer, openpgp};
use crate::{Error, Format, Inputs, LoadedManifest, artifacts, loaded_manifest};

/// The inputs of a repository.
#[derive(Debug)]
pub struct Request {
    /// Directories of packages, each with its `SHA256SUMS`.
    pub packages: Vec<PathBuf>,
    /// Where the repository is to be.
    pub out: PathBuf,
    /// The URL of `out` for its users; without it, `file://` and the path.
    pub url: Option<String>,
    /// The manifest of the package with the keys.
    pub keyring: PathBuf,
    /// The public key that belongs to `sign_with`.
    pub present_key: PathBuf,
    /// A public key to be known to all hosts before it is the present one.
    pub next_key: Option<PathBuf>,
    /// Makes a detached signature of its standard input.
    pub sign_with: String,
    /// Makes a clear-signed text of its standard input.
    pub clearsign_with: Option<String>,
    /// How long one signature may take.
    pub limit: Duration,
    /// For how many days apt accepts the index.
    pub valid_days: Option<u32>,
    /// The value of `SOURCE_DATE_EPOCH`.
    pub source_date: Option<String>,
    /// Seconds since 1970.
    pub now: u32,
}

/// What a repository is called, and with what it is signed.
struct Repository<'r> {
    request: &'r Request,
    /// `hostprep` if the keyring package is `hostprep-keyring`.
    name: String,
    /// Who publishes it.
    vendor: String,
    url: String,
    keys: keyring::Keys,
    signer: Signer,
    /// Seconds since 1970.
    time: u32,
    /// The repository that is there, if there is one.
    old: Option<PathBuf>,
    /// Where the new one is made.
    new: PathBuf,
}

/// Makes the repository and returns lines to show. The one that is there is replaced at the end, in one step.
///
/// # Errors
/// [`Error`]; then what was there is unchanged.
pub fn make(request: &Request) -> Result<Vec<String>, Error> {
    let keys = keyring::Keys {
        present: PublicKeys::read(&request.present_key)?,
        next: request.next_key.as_deref().map(PublicKeys::read).transpose()?,
    };
    keys.check(request.now)?;
    if let Some(problem) = request.url.as_deref().and_then(|url| url::check(url).err()) {
        return Err(packages::wrong(Path::new("--url"), problem));
    }
    apt::check_tools()?;
    dnf::check_tools()?;
    let signer = Signer::new(&request.sign_with, request.limit, Some(&request.present_key))?;
    let payload = keyring::payload(&keys, &request.keyring)?;
    let loaded = LoadedManifest::read(&Inputs {
        manifest: request.keyring.clone(),
        payload: vec![payload.path().to_owned()],
        // The time of its newest change, so that it is the same as long as the keys are.
        ..Inputs::default()
    })?;
    let name = keyring::repository_name(&loaded)?;
    let place = publish::Place::prepare(&request.out, &name)?;
    let source_date = request.source_date.as_deref().map(loaded_manifest::source_date).transpose()?;
    let repository = Repository {
        request,
        name,
        vendor: loaded.manifest.package.vendor.clone(),
        url: request.url.clone().unwrap_or_else(|| url::of_directory(place.target())),
        keys,
        signer,
        time: source_date.unwrap_or(request.now),
        old: place.old().map(Path::to_owned),
        new: place.fresh().to_owned(),
    };
    repository.check_valid_until()?;
    // First, so that what a killed run leaves is known as a repository of this name.
    repository.definitions()?;
    let mut packages = packages::of(&request.packages)?;
    packages::add(&mut packages, keyring::packages(&loaded)?)?;
    let signed = repository.sign_rpms(&mut packages)?;
    repository.check_keyring(&loaded, &packages)?;
    repository.apt(&packages)?;
    repository.dnf(&packages)?;
    repository.keep_old_packages()?;
    repository.checksums(&packages)?;
    place.publish()?;
    Ok(repository.summary(&packages, signed))
}

impl Repository<'_> {
    /// Writes what an administrator copies to a host: the keys, and where the repositories are.
    fn definitions(&self) -> Result<(), Error> {
        let Self { name, url, vendor, .. } = self;
        let write = |file: &str, content: &[u8]| artifacts::write(&self.new, file, content);
        write(&keyring::apt_file(name), &self.keys.packets())?;
        write(&keyring::rpm_file(name), self.keys.armored().as_bytes())?;
        let key = keyring::apt_path(name);
        let sources = format!(
            "# {vendor}: for /etc/apt/sources.list.d\nTypes: deb\nURIs: {url}/apt\nSuites: {}\nComponents: {}\nSigned-By: {key}\n",
            apt::SUITE,
            apt::COMPONENT
        );
        write(&format!("{name}.sources"), sources.as_bytes())?;
        let key = keyring::rpm_path(name);
        let repo = format!(
            "# {vendor}: for /etc/yum.repos.d, or /etc/zypp/repos.d on SUSE\n[{name}]\nname={name}\nbaseurl={url}/rpm\ntype=rpm-md\n\
             enabled=1\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file://{key}\n"
        );
        write(&format!("{name}.repo"), repo.as_bytes())?;
        Ok(())
    }

    /// Writes the checksums of the packages as they are here: an RPM that was signed here is another file than the one that
    /// was built.
    fn checksums(&self, packages: &[packages::Package]) -> Result<(), Error> {
        let path = |package: &packages::Package| match package.format {
            Format::Deb => format!("apt/pool/{}", package.name),
            Format::Rpm => format!("rpm/{}", package.name),
        };
        let files: Vec<_> = packages.iter().map(|package| (path(package), package.content.clone())).collect();
        let list = artifacts::checksums(&files);
        artifacts::write(&self.new, artifacts::CHECKSUMS, list.as_bytes())?;
        artifacts::write(&self.new, artifacts::SIGNATURE, &self.signer.sign(list.as_bytes())?.packet)?;
        Ok(())
    }

    /// Returns an armored signature.
    fn armored_signature(&self, content: &[u8]) -> Result<String, Error> {
        Ok(openpgp::armored(&self.signer.sign(content)?.packet, "SIGNATURE"))
    }

    fn summary(&self, packages: &[packages::Package], signed: usize) -> Vec<String> {
        let out = self.request.out.display();
        let mut lines = vec![
            format!("{out}: {} packages, {signed} RPMs newly signed", packages.len()),
            format!("{out}/{0}.sources, {out}/{0}.repo: {1}", self.name, self.url),
        ];
        if self.request.clearsign_with.is_none() {
            lines.push("no InRelease, because --clearsign-with is not given: apt reads Release and Release.gpg".into());
        }
        lines.extend(self.keys.expiries());
        if self.keys.next.is_some() {
            lines.push(format!("the keyring package holds the next key too: {}-keyring", self.name));
        }
        lines
    }
}
