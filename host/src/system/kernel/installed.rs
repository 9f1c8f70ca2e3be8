//! Which kernels are installed in a root.

use std::collections::BTreeSet;

use crate::Root;
use crate::error::FileError;
use crate::fs::is_file;
use crate::system::kernel::release::{compare_installed, is_release};

/// What follows the name of a file that is no longer, or not yet, the kernel's own: `make install`, dpkg, rpm, editors and
/// administrators make such copies.
const COPIES: [&str; 24] = [
    "asc", "backup", "bad", "bak", "copy", "disabled", "efi", "gz", "hmac", "img", "new", "old", "orig", "rpmnew",
    "rpmorig", "rpmsave", "sav", "save", "saved", "sha256", "sha512", "sig", "tmp", "xz",
];

/// What images are called before `-RELEASE` in `/boot`, and without it in `/lib/modules/RELEASE`: `Image` on arm64 and `image` on
/// s390x by SUSE, `vmlinux` on ppc64el. A `vmlinux` of debug information has the release of its kernel, and adds no other.
const IMAGES: [&str; 4] = ["vmlinuz", "Image", "image", "vmlinux"];

/// Returns the release of the newest kernel that is installed in `root`: the first of [`installed`].
///
/// # Errors
/// [`FileError`] if `/lib/modules` or `/boot` cannot be listed.
pub fn newest_installed(root: &Root) -> Result<Option<String>, FileError> {
    Ok(installed(root)?.next())
}

/// Returns the newest of kernels that are installed side by side: the last in the order of `kernel-install`. Among kernels of one
/// version, it is the plain flavour.
pub fn newest_of(releases: impl IntoIterator<Item = String>) -> Option<String> {
    releases.into_iter().max_by(|a, b| compare_installed(a, b))
}

/// Returns the releases of the kernels that are installed in `root` and have an image, the newest first in the order of
/// [`newest_of`]. Images are looked for as far as the caller goes.
///
/// # Errors
/// [`FileError`] if `/lib/modules` or `/boot` cannot be listed.
pub fn installed(root: &Root) -> Result<impl Iterator<Item = String>, FileError> {
    let named = |names: Vec<std::ffi::OsString>| names.into_iter().filter_map(|name| name.into_string().ok());
    let with_modules: BTreeSet<String> = named(root.names("/lib/modules")?).filter(|name| is_release(name)).collect();
    let mut images: Vec<(String, Vec<String>)> = with_modules
        .iter()
        .map(|release| (release.clone(), IMAGES.map(|image| format!("/lib/modules/{release}/{image}")).to_vec()))
        .collect();
    for name in named(root.names("/boot")?) {
        if let Some(release) = IMAGES.iter().find_map(|image| name.strip_prefix(image)?.strip_prefix('-'))
            && is_release(release)
        {
            images.push((release.to_owned(), vec![format!("/boot/{name}")]));
        }
    }
    // A copy has no modules of its own, and is called after the kernel that it is a copy of, which has.
    let original = |name: &str, release: &str| {
        name.strip_prefix(release).is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_alphanumeric()))
    };
    let is_copy = |name: &str| {
        is_copy(name) || (!with_modules.contains(name) && with_modules.iter().any(|release| original(name, release)))
    };
    images.retain(|(release, _)| !is_copy(release));
    images.sort_by(|(a, _), (b, _)| compare_installed(b, a));
    let with_image =
        |(release, paths): (String, Vec<String>)| paths.iter().any(|path| is_image(root, path)).then_some(release);
    Ok(images.into_iter().filter_map(with_image))
}

fn is_image(root: &Root, path: &str) -> bool {
    matches!(root.stat_followed(path), Ok(Some(found)) if is_file(&found))
}

/// Returns whether `name` is that of a copy: `6.1.90.old`, `6.1.90.dpkg-new`, `6.1.90~`.
fn is_copy(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(['.', '-', '_']).collect();
    lower.ends_with('~')
        || [".dpkg-", ".ucf-", ".old-"].iter().any(|part| lower.contains(part))
        || words.last().is_some_and(|last| COPIES.contains(last))
        || words.contains(&"rescue")
}

#[cfg(test)]
mod tests;
