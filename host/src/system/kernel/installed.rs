//! Which kernels are installed in a root.

use std::collections::BTreeSet;

use crate::Root;
use crate::error::FileError;
use crate::fs::{is_dir, is_file};
use crate::system::kernel::release::{compare_installed, is_release};

/// Words by which a name says that it is not, or not yet, the kernel's own: `make install`, dpkg, rpm, editors and administrators
/// make such copies. Numbers and dates may follow.
const COPIES: [&str; 17] = [
    "backup", "bad", "bak", "copy", "disabled", "new", "old", "orig", "part", "prev", "previous", "rpmnew", "rpmorig",
    "rpmsave", "sav", "save", "saved",
];

/// How a name ends that is that of another file made from the kernel: packed, signed, or its checksum.
const FORMS: [&str; 20] = [
    "asc", "bz2", "efi", "gz", "hmac", "img", "lz4", "lzma", "pacnew", "pacorig", "pacsave", "rej", "sha256", "sha512",
    "sig", "signed", "swp", "tmp", "xz", "zst",
];

/// What images are called before `-RELEASE` in `/boot`, and without it in `/lib/modules/RELEASE`: `Image` on arm64 and `image` on
/// s390x by SUSE, `vmlinux` on ppc64el, `kernel` by Gentoo, `linux` by `kernel-install(8)`, `zImage` and `bzImage` by the kernel's
/// own `make`. A `vmlinux` of debug information has the release of its kernel, and adds no other.
const IMAGES: [&str; 8] = ["vmlinuz", "Image", "image", "vmlinux", "kernel", "linux", "zImage", "bzImage"];

/// The unified image of Enterprise Linux, in `/lib/modules/RELEASE` (`kernel-uki-virt`): confidential guests have no other.
const UNIFIED: &str = "vmlinuz-virt.efi";

/// Returns the release in the name of an image, such as `6.1.0-18-amd64` of `vmlinuz-6.1.0-18-amd64`. Returns `None` if it is no
/// image's name.
#[must_use]
pub fn release_of_image(name: &str) -> Option<&str> {
    IMAGES.iter().find_map(|image| name.strip_prefix(image)?.strip_prefix('-')).filter(|release| is_release(release))
}

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
        .map(|release| {
            let names = IMAGES.iter().chain([&UNIFIED]);
            (release.clone(), names.map(|image| format!("/lib/modules/{release}/{image}")).collect())
        })
        .collect();
    for name in named(root.names("/boot")?) {
        if let Some(release) = release_of_image(&name) {
            images.push((release.to_owned(), vec![format!("/boot/{name}")]));
        }
    }
    // A copy has no modules of its own, and is called after the kernel that it is a copy of, which has.
    let original = |name: &str, release: &str| {
        name.strip_prefix(release).is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_alphanumeric()))
    };
    let is_copy = |name: &str| {
        is_copy(name)
            || (!with_modules.contains(name)
                && (has_word_of_copy(name) || with_modules.iter().any(|release| original(name, release))))
    };
    images.retain(|(release, _)| !is_copy(release));
    images.sort_by(|(a, _), (b, _)| compare_installed(b, a));
    images.dedup_by(|(release, paths), (first, all)| {
        let is_same = release == first;
        if is_same {
            all.append(paths);
        }
        is_same
    });
    let with_image =
        |(release, paths): (String, Vec<String>)| paths.iter().any(|path| is_image(root, path)).then_some(release);
    Ok(images.into_iter().filter_map(with_image))
}

/// Returns whether the modules of the kernel `release` are installed, whether its image is in `root` or not: `/boot` may be a file
/// system that is not mounted.
#[must_use]
pub fn has_modules(root: &Root, release: &str) -> bool {
    is_release(release)
        && matches!(root.stat_followed(format!("/lib/modules/{release}/kernel")), Ok(Some(found)) if is_dir(&found))
}

fn is_image(root: &Root, path: &str) -> bool {
    matches!(root.stat_followed(path), Ok(Some(found)) if is_file(&found))
}

/// Returns whether `name` is that of a copy or of another form, whether it has modules or not: `6.1.90.old`, `6.1.90.bak.1`,
/// `6.1.90.hmac`, `6.1.90.dpkg-new`, `6.1.90~`, the rescue kernel's.
fn is_copy(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(['.', '-', '_']).collect();
    let is_number = |word: &str| word.chars().all(|c| c.is_ascii_digit());
    lower.ends_with('~')
        || [".dpkg-", ".ucf-", ".old-"].iter().any(|part| lower.contains(part))
        || words.last().is_some_and(|last| FORMS.contains(last))
        || words.iter().rev().find(|word| !is_number(word)).is_some_and(|last| COPIES.contains(last))
        || words.contains(&"rescue")
}

/// Returns whether any word of `name` is one that copies have. A custom kernel may have such a word in its release, as
/// `6.6.0-new-amd64`; it has modules.
fn has_word_of_copy(name: &str) -> bool {
    name.to_ascii_lowercase().split(['.', '-', '_']).any(|word| COPIES.contains(&word))
}

#[cfg(test)]
mod tests;
