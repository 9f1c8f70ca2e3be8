//! The headers of a kernel: the files against which programs for exactly this kernel are compiled.

use crate::Root;
use crate::error::FileError;
use crate::fs::{InRoot, is_dir, is_file, is_link};
use crate::system::kernel::release::is_release;

/// Files that `make` writes into headers when the kernel is built. Sources without a configuration have none of them.
const GENERATED: [&str; 6] = [
    "include/generated/autoconf.h",
    "include/generated/utsrelease.h",
    "include/config/auto.conf",
    "include/config/kernel.release",
    "include/linux/autoconf.h",
    "include/linux/utsrelease.h",
];

/// What is installed of the headers of a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Headers {
    /// They are, in this directory.
    Usable(InRoot),
    /// They are in this directory, and parts of them are missing.
    Incomplete(Incomplete),
    /// Only headers of other kernels, with these releases.
    OfOthers(Vec<String>),
    /// There are no headers.
    Missing,
}

/// Headers that nothing can be compiled against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    /// The directory in which they are.
    pub directory: InRoot,
    /// The missing files and directories, at least one.
    pub missing: Vec<InRoot>,
    /// Whether `/lib/modules/RELEASE/build` leads to them.
    pub linked: bool,
}

/// Looks for the headers of exactly the kernel `release`.
///
/// # Errors
/// [`FileError`] if a directory exists and cannot be listed.
pub fn headers(root: &Root, release: &str) -> Result<Headers, FileError> {
    let build = InRoot::from(format!("/lib/modules/{release}/build").as_str());
    let mut others = Vec::new();
    let directory = root.destination(&build).unwrap_or_else(|_| build.clone());
    match Tree::at(root, &directory)?.filter(|tree| tree.is_of(release, &mut others)) {
        Some(tree) if tree.missing.is_empty() => return Ok(Headers::Usable(build)),
        Some(tree) => return Ok(Headers::Incomplete(Incomplete { directory, missing: tree.missing, linked: true })),
        None => {}
    }
    let packages = Packages::of(root)?;
    for (directory, _) in packages.all.iter().filter(|(_, named)| named == release) {
        if let Some(tree) = Tree::at(root, directory)?.filter(|tree| tree.is_of(release, &mut others)) {
            let missing = std::iter::once(build).chain(tree.missing).collect();
            return Ok(Headers::Incomplete(Incomplete { directory: directory.clone(), missing, linked: false }));
        }
    }
    for (directory, named) in packages.all {
        match Tree::at(root, &directory)? {
            // Without a Makefile nothing can be compiled: what an erased package left behind.
            Some(tree) if tree.has_makefile => others.extend(tree.release.or(tree.is_flavour.then_some(named))),
            _ => {}
        }
    }
    others.retain(|other| other != release);
    others.sort();
    others.dedup();
    Ok(if others.is_empty() { Headers::Missing } else { Headers::OfOthers(others) })
}

/// The directories in which packages put headers, each with the release that its name stands for.
struct Packages {
    all: Vec<(InRoot, String)>,
}

impl Packages {
    fn of(root: &Root) -> Result<Self, FileError> {
        let names = |above: &str| -> Result<Vec<String>, FileError> {
            Ok(root.names(above)?.into_iter().filter_map(|name| name.into_string().ok()).collect())
        };
        let mut all = Vec::new();
        for name in names("/usr/src/kernels")? {
            all.push((InRoot::from("/usr/src/kernels").join(&name), name));
        }
        for name in names("/usr/src")? {
            let above = InRoot::from("/usr/src").join(&name);
            if let Some(release) = name.strip_prefix("linux-headers-") {
                all.push((above, release.to_owned()));
            } else if let Some(version) = name.strip_prefix("linux-").and_then(|rest| rest.strip_suffix("-obj")) {
                // SUSE's /usr/src/linux-VERSION-obj/ARCHITECTURE/FLAVOUR.
                for architecture in list(root, &above)? {
                    let above = above.join(architecture);
                    for flavour in list(root, &above)? {
                        all.push((above.join(&flavour), format!("{version}-{flavour}")));
                    }
                }
            } else if let Some(version) = name.strip_prefix("linux-").filter(|rest| is_release(rest)) {
                // Mageia's, and those of administrators.
                all.push((above, version.to_owned()));
            }
        }
        all.retain(|(_, release)| is_release(release));
        Ok(Self { all })
    }
}

/// Returns the names in a directory; none if it is something else.
fn list(root: &Root, directory: &InRoot) -> Result<Vec<String>, FileError> {
    match root.stat_followed(directory)? {
        Some(found) if is_dir(&found) => {
            Ok(root.names(directory)?.into_iter().filter_map(|name| name.into_string().ok()).collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// A directory with parts of headers.
struct Tree {
    /// The release that its files name.
    release: Option<String>,
    has_makefile: bool,
    /// Set if it was built for one flavour; unset for the part that several flavours share.
    is_flavour: bool,
    missing: Vec<InRoot>,
}

impl Tree {
    /// Returns `None` if nothing in `directory` belongs to headers: a dangling link, or what was left behind.
    fn at(root: &Root, directory: &InRoot) -> Result<Option<Self>, FileError> {
        match root.stat_followed(directory)? {
            Some(found) if is_dir(&found) => {}
            _ => return Ok(None),
        }
        let at = |part: &str| directory.join(part);
        let is = |part: &str, kind: fn(&nix::sys::stat::FileStat) -> bool| matches!(root.stat_followed(at(part)), Ok(Some(found)) if kind(&found));
        let mut missing = Vec::new();
        let has_makefile = is("Makefile", is_file);
        if has_makefile {
            missing.extend(missing_includes(root, directory));
        } else {
            missing.push(link_destination(root, &at("Makefile")).unwrap_or_else(|| at("Makefile")));
        }
        let has_include = is("include", is_dir);
        let is_generated = GENERATED.iter().any(|part| root.exists(at(part)));
        if !has_include {
            missing.push(link_destination(root, &at("include")).unwrap_or_else(|| at("include")));
        } else if !is_generated {
            missing.push(at(GENERATED[0]));
        }
        for part in ["arch", "include/linux", "scripts", "source", "tools"] {
            if let Some(destination) = dangling(root, &at(part)) {
                missing.push(destination);
            }
        }
        let parts = [".config", "Module.symvers", "Kbuild", "Makefile", "arch", "scripts"];
        let something = has_include || parts.iter().any(|part| matches!(root.stat(at(part)), Ok(Some(_))));
        let is_flavour =
            is_generated || root.exists(at(".config")) || root.exists(at("Module.symvers")) || is_kernels(directory);
        missing.dedup();
        Ok(something.then(|| Self { release: release_of(root, directory), has_makefile, is_flavour, missing }))
    }

    /// Returns whether these are headers of `release`; notes their release in `others` if they are another kernel's.
    fn is_of(&self, release: &str, others: &mut Vec<String>) -> bool {
        match &self.release {
            Some(found) if found != release => {
                others.push(found.clone());
                false
            }
            _ => true,
        }
    }
}

/// Enterprise Linux has one directory for each kernel there, and nothing shared.
fn is_kernels(directory: &InRoot) -> bool {
    directory.starts_with("/usr/src/kernels")
}

fn release_of(root: &Root, directory: &InRoot) -> Option<String> {
    let header = |part: &str| {
        let text = root.read_text(directory.join(part)).ok()?;
        uts_release(&text).map(str::to_owned)
    };
    let file = |part: &str| Some(root.read_text(directory.join(part)).ok()?.trim().to_owned());
    ["include/generated/utsrelease.h", "include/linux/utsrelease.h"]
        .into_iter()
        .find_map(header)
        .or_else(|| file("include/config/kernel.release"))
        .filter(|release| is_release(release))
}

fn uts_release(text: &str) -> Option<&str> {
    text.lines()
        .find_map(|line| line.trim().strip_prefix("#define UTS_RELEASE")?.trim().strip_prefix('"')?.strip_suffix('"'))
}

/// Returns what the Makefile takes from another tree and that tree lacks. Debian's has one line, with its `-common` tree;
/// that of a build with `O=` names the sources (`scripts/mkmakefile`).
fn missing_includes(root: &Root, directory: &InRoot) -> Vec<InRoot> {
    let Ok(text) = root.read_text(directory.join("Makefile")) else { return Vec::new() };
    let mut missing = Vec::new();
    for line in text.lines() {
        let tree = match line.strip_prefix("include ") {
            Some(file) => outside(root, file.trim(), directory).and_then(|file| file.parent()),
            None => line.strip_prefix("MAKEARGS := -C ").and_then(|tree| outside(root, tree.trim(), directory)),
        };
        for part in tree.iter().flat_map(|tree| ["Makefile", "include"].map(|part| tree.join(part))) {
            if !root.exists(&part) {
                missing.push(part);
            }
        }
    }
    missing
}

/// Returns the path of what a Makefile in `directory` names, if it names one in another place and without variables.
fn outside(root: &Root, named: &str, directory: &InRoot) -> Option<InRoot> {
    let plain = !named.is_empty() && !named.contains(|c: char| c.is_whitespace() || "$%*#\"'".contains(c));
    let is_other = named.starts_with('/') || named.starts_with("../");
    (plain && is_other).then(|| root.destination(directory.join(named)).ok())?
}

/// Returns where the link `path` leads, if nothing is there.
fn dangling(root: &Root, path: &InRoot) -> Option<InRoot> {
    let followed = root.stat_followed(path).ok()?;
    if followed.is_some() { None } else { link_destination(root, path) }
}

/// Returns where the link `path` leads, or `None` if it is not a link.
fn link_destination(root: &Root, path: &InRoot) -> Option<InRoot> {
    root.stat(path).ok().flatten().filter(is_link)?;
    root.destination(path).ok()
}

#[cfg(test)]
pub(crate) mod tests;
