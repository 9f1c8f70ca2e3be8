//! The DEB (`deb(5)`), readable by the dpkg of Debian 11 and older: both members are xz.

mod archive;
mod changelog;
mod control;

use crate::file_tree::{Kind, is_configuration};
use crate::loaded_manifest::LoadedManifest;
use crate::scripts::Slot;
use crate::{Error, Format};

use archive::Archive;

/// No Debian package lists it, so dpkg would remove it with this package, even if an administrator made it a link (Debian bug
/// 182747). preinst creates it if it is missing.
const OPT: &str = "/opt";

/// Returns the DEB's file name in dpkg's form.
#[must_use]
pub fn file_name(loaded: &LoadedManifest) -> String {
    let package = &loaded.manifest.package;
    let architecture = loaded.architecture.debian();
    format!("{}_{}-{}_{architecture}.deb", package.name, package.version, package.release)
}

/// Builds the DEB.
///
/// # Errors
/// [`Error`] if the archive cannot be written.
pub fn build(loaded: &LoadedManifest) -> Result<Vec<u8>, Error> {
    let changelog = changelog::compressed(loaded)?;
    let mut entries: Vec<(String, &Kind)> =
        loaded.files.of(Format::Deb).map(|(path, kind)| (path.to_owned(), kind)).collect();
    let changelog = Kind::File { content: changelog, mode: 0o644 };
    entries.push((changelog::path(loaded), &changelog));
    entries.sort_by(|one, other| one.0.cmp(&other.0));

    let mut data = Archive::new(loaded.time);
    if loaded.manifest.hooks.as_ref().is_some_and(|hooks| hooks.program.starts_with("/opt/")) {
        data.leave_out(OPT);
    }
    for (path, kind) in &entries {
        match kind {
            Kind::Directory => data.directory(path),
            Kind::Link { target } => data.link(path, target),
            Kind::File { content, mode } => data.file(path, content, *mode),
        }
        .map_err(Error::Deb)?;
    }

    let mut control = Archive::new(loaded.time);
    let mut add = |name: &str, text: &str, mode: u32| {
        if text.is_empty() { Ok(()) } else { control.file(&format!("/{name}"), text.as_bytes(), mode) }
    };
    let mut members = || -> std::io::Result<()> {
        add("control", &control::fields(loaded, data.installed_kib()), 0o644)?;
        add("md5sums", &control::md5sums(&entries, is_configuration), 0o644)?;
        add("conffiles", &control::conffiles(&entries, is_configuration), 0o644)?;
        add("triggers", &control::triggers(loaded), 0o644)?;
        if let Some(scripts) = &loaded.scripts {
            for (kind, text) in scripts.all() {
                if let Slot::Maintainer(name) = kind.slot {
                    add(name, text, 0o755)?;
                }
            }
        }
        Ok(())
    };
    members().map_err(Error::Deb)?;
    archive::deb(control, data).map_err(Error::Deb)
}
