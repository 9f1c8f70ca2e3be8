//! Kernel releases, BTF and headers.

use std::cmp::Ordering;
use std::io::Read;

use crate::Root;
use crate::error::{FileError, ReadError};
use crate::fs::{InRoot, is_dir};

const BTF: &str = "/sys/kernel/btf/vmlinux";
const BTF_OPTION: &str = "CONFIG_DEBUG_INFO_BTF";
const CONFIG_LIMIT: u64 = 4 * 1024 * 1024;

/// Returns the release of the running kernel (`uname -r`).
#[must_use]
pub fn running_release() -> String {
    nix::sys::utsname::uname().map_or_else(|_| String::new(), |name| name.release().to_string_lossy().into_owned())
}

/// Returns the release of the newest kernel that is installed in `root`.
///
/// # Errors
/// [`FileError`] if `/lib/modules` or `/boot` cannot be listed.
pub fn newest_installed(root: &Root) -> Result<Option<String>, FileError> {
    let mut releases = Vec::new();
    for name in root.names("/lib/modules")? {
        // A directory that a removed kernel left has none of these.
        let modules = InRoot::from("/lib/modules").join(&name);
        if ["modules.dep", "vmlinuz", "kernel", "config"].iter().any(|part| root.exists(modules.join(part))) {
            releases.push(name.to_string_lossy().into_owned());
        }
    }
    for name in root.names("/boot")? {
        if let Some(release) = name.to_string_lossy().strip_prefix("vmlinuz-")
            && !release.contains("rescue")
        {
            releases.push(release.to_owned());
        }
    }
    Ok(releases.into_iter().filter(|name| is_release(name)).max_by(|a, b| compare_releases(a, b)))
}

/// Returns whether `name` can be a kernel release: not longer than `uname(2)` allows, and made of the characters that
/// distributions use in versions. It becomes part of commands that people paste.
fn is_release(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+-~".contains(c))
}

/// Orders kernel releases: runs of digits as numbers, other runs as text, a prefix before a longer release.
#[must_use]
pub fn compare_releases(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (runs(one), runs(other));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => {
                let ordering = match (number(a), number(b)) {
                    (Some(a), Some(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
                    (Some(_), None) => Ordering::Greater,
                    (None, Some(_)) => Ordering::Less,
                    (None, None) => a.cmp(b),
                };
                if ordering != Ordering::Equal {
                    return ordering;
                }
            }
        }
    }
}

fn number(run: &str) -> Option<&str> {
    run.starts_with(|c: char| c.is_ascii_digit()).then(|| run.trim_start_matches('0'))
}

fn runs(release: &str) -> impl Iterator<Item = &str> {
    let mut rest = release.trim_start_matches(is_separator);
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest.find(|c: char| is_separator(c) || c.is_ascii_digit() != first.is_ascii_digit());
        let (run, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.trim_start_matches(is_separator);
        Some(run)
    })
}

fn is_separator(c: char) -> bool {
    !c.is_ascii_alphanumeric()
}

/// Whether a kernel has BTF, the description of its own types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Btf {
    /// It has; the file that shows it.
    Present(InRoot),
    /// It has not; its configuration, if one was found.
    Absent(Option<InRoot>),
}

/// Looks for BTF of the kernel `release`. `running` is whether it is the running kernel.
///
/// # Errors
/// [`ReadError`] if a configuration exists and cannot be read.
pub fn btf(root: &Root, release: &str, running: bool) -> Result<Btf, ReadError> {
    if running && root.exists(BTF) {
        return Ok(Btf::Present(BTF.into()));
    }
    for path in [format!("/boot/config-{release}"), format!("/lib/modules/{release}/config")] {
        if let Some(text) = root.read_text_if_there(&path)? {
            return Ok(judge_config(&text, path.as_str().into()));
        }
    }
    const PROC_CONFIG: &str = "/proc/config.gz";
    if running && root.exists(PROC_CONFIG) {
        let file = root.open(PROC_CONFIG)?;
        let mut text = String::new();
        flate2::read::GzDecoder::new(file)
            .take(CONFIG_LIMIT)
            .read_to_string(&mut text)
            .map_err(|e| FileError::new("unpack", root.host_path(PROC_CONFIG), e))?;
        return Ok(judge_config(&text, PROC_CONFIG.into()));
    }
    Ok(Btf::Absent(None))
}

fn judge_config(text: &str, path: InRoot) -> Btf {
    if has_btf_option(text) { Btf::Present(path) } else { Btf::Absent(Some(path)) }
}

/// Returns whether a kernel configuration turns BTF on.
#[must_use]
pub fn has_btf_option(config: &str) -> bool {
    config.lines().any(|line| line.trim().strip_prefix(BTF_OPTION).is_some_and(|rest| rest == "=y"))
}

/// Whether the headers of a kernel are installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Headers {
    /// They are, in this directory.
    Usable(InRoot),
    /// Only headers of other kernels, with these releases.
    OfOthers(Vec<String>),
    /// There are no headers.
    Missing,
}

/// Looks for the headers of exactly the kernel `release`.
///
/// # Errors
/// [`FileError`] if a directory exists and cannot be listed.
pub fn headers(root: &Root, release: &str) -> Result<Headers, FileError> {
    let places = [
        format!("/lib/modules/{release}/build"),
        format!("/usr/src/kernels/{release}"),
        format!("/usr/src/linux-headers-{release}"),
    ];
    let mut others = Vec::new();
    for place in &places {
        match release_of_headers(root, place)? {
            Found::Release(found) if found == release => return Ok(Headers::Usable(place.as_str().into())),
            Found::Release(found) => others.push(found),
            Found::Unmarked => return Ok(Headers::Usable(place.as_str().into())),
            Found::Nothing => {}
        }
    }
    for (above, prefix) in [("/usr/src/kernels", ""), ("/usr/src", "linux-headers-")] {
        for name in root.names(above)? {
            let name = name.to_string_lossy();
            let Some(named) = name.strip_prefix(prefix) else { continue };
            match release_of_headers(root, &format!("{above}/{name}"))? {
                Found::Release(found) => others.push(found),
                // Debian's `-common` is shared by several releases.
                Found::Unmarked if !named.ends_with("-common") => others.push(named.to_owned()),
                Found::Unmarked | Found::Nothing => {}
            }
        }
    }
    others.retain(|other| other != release);
    others.sort();
    others.dedup();
    Ok(if others.is_empty() { Headers::Missing } else { Headers::OfOthers(others) })
}

enum Found {
    /// Build files that name this release.
    Release(String),
    /// Build files that name no release.
    Unmarked,
    /// No build files: a missing or empty directory, or a dangling link.
    Nothing,
}

fn release_of_headers(root: &Root, place: &str) -> Result<Found, FileError> {
    let at = |part: &str| InRoot::from(place).join(part);
    match root.stat_followed(place)? {
        Some(found) if is_dir(&found) => {}
        _ => return Ok(Found::Nothing),
    }
    for part in ["include/generated/utsrelease.h", "include/linux/utsrelease.h"] {
        if let Ok(text) = root.read_text(at(part))
            && let Some(release) = uts_release(&text)
        {
            return Ok(Found::Release(release.to_owned()));
        }
    }
    if let Ok(text) = root.read_text(at("include/config/kernel.release")) {
        return Ok(Found::Release(text.trim().to_owned()));
    }
    let usable = root.exists(at("Makefile")) || root.exists(at("include"));
    Ok(if usable { Found::Unmarked } else { Found::Nothing })
}

fn uts_release(text: &str) -> Option<&str> {
    text.lines()
        .find_map(|line| line.trim().strip_prefix("#define UTS_RELEASE")?.trim().strip_prefix('"')?.strip_suffix('"'))
}

#[cfg(test)]
mod tests;
