//! The DEB (`deb(5)`), readable by the dpkg of Debian 11 and older: both members are xz.

mod archive;
mod changelog;
mod control;

use crate::contents::{Kind, is_configuration};
use crate::recipe::Recipe;
use crate::scripts::Slot;
use crate::{Error, Format};

use archive::Archive;

/// No package of Debian's lists it, so dpkg would remove it with us: also where an administrator made it a link (Debian bug
/// 182747). preinst sees to it that it is there.
const OPT: &str = "/opt";

/// The DEB's file name, as dpkg makes it up.
#[must_use]
pub fn file_name(recipe: &Recipe) -> String {
    let about = &recipe.manifest.package;
    let architecture = about.debian_architecture().unwrap_or("all");
    format!("{}_{}-{}_{architecture}.deb", about.name, about.version, about.release)
}

/// Builds the DEB.
///
/// # Errors
/// [`Error`] where the archive cannot be made.
pub fn build(recipe: &Recipe) -> Result<Vec<u8>, Error> {
    let changelog = changelog::compressed(recipe)?;
    let mut entries: Vec<(String, &Kind)> =
        recipe.contents.of(Format::Deb).map(|(path, kind)| (path.to_owned(), kind)).collect();
    let changelog = Kind::File { content: changelog, mode: 0o644 };
    entries.push((changelog::path(recipe), &changelog));
    entries.sort_by(|one, other| one.0.cmp(&other.0));

    let mut data = Archive::new(recipe.time);
    if recipe.manifest.hooks.as_ref().is_some_and(|hooks| hooks.program.starts_with("/opt/")) {
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

    let mut control = Archive::new(recipe.time);
    let mut add = |name: &str, text: &str, mode: u32| {
        if text.is_empty() { Ok(()) } else { control.file(&format!("/{name}"), text.as_bytes(), mode) }
    };
    let mut members = || -> std::io::Result<()> {
        add("control", &control::fields(recipe, data.installed_kib()), 0o644)?;
        add("md5sums", &control::md5sums(&entries, is_configuration), 0o644)?;
        add("conffiles", &control::conffiles(&entries, is_configuration), 0o644)?;
        add("triggers", &control::triggers(recipe), 0o644)?;
        if let Some(scripts) = &recipe.scripts {
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
