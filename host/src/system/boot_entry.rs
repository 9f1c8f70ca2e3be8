//! The command line with which the boot loader of a system starts one of its kernels, read from the boot loader's files.

mod extlinux;
mod unified;
mod zipl;

use std::collections::BTreeMap;
use std::path::Path;

use crate::Root;
use crate::error::FileError;
use crate::fs::InRoot;
use crate::system::kernel::release_of_image;

/// Directories of the Boot Loader Specification (UAPI.1): `$BOOT` is one of these.
const ENTRIES: [&str; 4] =
    ["/boot/loader/entries", "/efi/loader/entries", "/boot/efi/loader/entries", "/boot/efi/EFI/loader/entries"];
/// What `kernel-install(8)` writes into the entries of kernels to come.
const KERNEL_INSTALL: [&str; 2] = ["/etc/kernel/cmdline", "/usr/lib/kernel/cmdline"];
/// `custom.cfg` is an administrator's, which `grub.cfg` reads (`41_custom`).
const GRUB: [&str; 5] = [
    "/boot/grub2/grub.cfg",
    "/boot/grub/grub.cfg",
    "/etc/grub2.cfg",
    "/boot/grub2/custom.cfg",
    "/boot/grub/custom.cfg",
];
/// CBL-Mariner and Photon have the variables of their one entry, its image among them, in a file of their own.
const GRUB_ENVIRONMENT: [&str; 4] =
    ["/boot/grub2/grubenv", "/boot/grub/grubenv", "/boot/mariner.cfg", "/boot/photon.cfg"];
/// Where the EFI system partition has a directory for each distribution, with GRUB's files.
const EFI: &str = "/boot/efi/EFI";

const LIMIT: u64 = 4 * 1024 * 1024;

/// A kernel's command line in a boot loader's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootEntry {
    /// The command line. Variables of GRUB are expanded as far as they are known.
    pub command_line: String,
    /// The file, as the prepared host sees it.
    pub path: InRoot,
    /// What kind of file that is.
    pub kind: EntryKind,
}

/// The kinds of files with a kernel's command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// An entry of the Boot Loader Specification: `loader/entries/*.conf`.
    Specified,
    /// A unified kernel image, with the command line as a part of it.
    Unified,
    /// An add-on of a unified kernel image (`systemd-stub(7)`).
    Addon,
    /// GRUB's `grub.cfg`, or the `custom.cfg` that it reads.
    Grub,
    /// `extlinux.conf`, which U-Boot reads.
    Extlinux,
    /// `zipl.conf`, or SUSE's `/boot/zipl/config`, from which `zipl` makes what s390x boots from.
    Zipl,
    /// What `kernel-install(8)` writes into entries: no entry of the kernel itself was found.
    KernelInstall,
}

impl BootEntry {
    /// Finds the entry of the kernel `release` as it will start. Returns `None` if no boot loader is set up.
    ///
    /// # Errors
    /// [`FileError`] if a file exists and cannot be read.
    pub fn find(root: &Root, release: &str) -> Result<Option<Self>, FileError> {
        let grub = Grub::read(root)?;
        for directory in ENTRIES {
            for name in root.names(directory)? {
                let path = InRoot::from(directory).join(name);
                if path.as_path().extension().is_none_or(|extension| extension != "conf") {
                    continue;
                }
                if let Some(text) = read(root, &path)?
                    && let Some(options) = specified(&text, release)
                {
                    return Ok(Some(Self { command_line: grub.expanded(&options), path, kind: EntryKind::Specified }));
                }
            }
        }
        if let Some(entry) = unified::find(root, release)? {
            return Ok(Some(entry));
        }
        for (path, text) in &grub.files {
            if let Some(line) = menu_entry(text, release, &grub) {
                let command_line = grub.expanded(&line);
                return Ok(Some(Self { command_line, path: path.clone(), kind: EntryKind::Grub }));
            }
        }
        let extlinux: (&str, List, EntryKind) = (extlinux::FILE, extlinux::entries, EntryKind::Extlinux);
        let zipl = zipl::FILES.map(|path| (path, zipl::entries as List, EntryKind::Zipl));
        for (path, entries, kind) in [extlinux].into_iter().chain(zipl) {
            let entries = read(root, &InRoot::from(path))?.map(|text| entries(&text)).unwrap_or_default();
            let of_kernel = entries.into_iter().find(|(image, _)| starts(root, image, release));
            if let Some((_, command_line)) = of_kernel {
                return Ok(Some(Self { command_line, path: path.into(), kind }));
            }
        }
        for path in KERNEL_INSTALL {
            if let Some(text) = read(root, &InRoot::from(path))? {
                let command_line = text.trim().replace('\n', " ");
                return Ok(Some(Self { command_line, path: path.into(), kind: EntryKind::KernelInstall }));
            }
        }
        Ok(None)
    }
}

/// Returns the image and the command line of each entry of a boot loader's configuration.
type List = fn(&str) -> Vec<(String, String)>;

/// GRUB's files, and the variables that its entries use.
struct Grub {
    files: Vec<(InRoot, String)>,
    variables: BTreeMap<String, String>,
}

impl Grub {
    fn read(root: &Root) -> Result<Self, FileError> {
        let own: Vec<InRoot> = root.names(EFI)?.into_iter().map(|name| InRoot::from(EFI).join(name)).collect();
        let all = |fixed: &[&str], name: &str| {
            let fixed = fixed.iter().map(|path| InRoot::from(*path));
            fixed.chain(own.iter().map(|directory| directory.join(name))).collect::<Vec<_>>()
        };
        let mut files = Vec::new();
        for path in all(&GRUB, "grub.cfg") {
            if let Some(text) = read(root, &path)? {
                files.push((path, text));
            }
        }
        let mut variables = BTreeMap::new();
        for (_, text) in files.iter().rev() {
            variables.extend(text.lines().filter_map(|line| assignment(line.trim().strip_prefix("set ")?)));
        }
        // Fedora's grub.cfg sets `kernelopts` only where the environment has none.
        for path in all(&GRUB_ENVIRONMENT, "grubenv").into_iter().rev() {
            if let Some(text) = read(root, &path)? {
                variables.extend(text.lines().filter(|line| !line.starts_with('#')).filter_map(assignment));
            }
        }
        Ok(Self { files, variables })
    }

    /// Replaces `$NAME` and `${NAME}`; an unknown variable is empty. A value is not expanded again.
    fn expanded(&self, text: &str) -> String {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            result.push_str(before);
            let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let (name, after) = braced.unwrap_or_else(|| {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                after.split_at(end)
            });
            match self.variables.get(name) {
                Some(value) => result.push_str(value),
                None if name.is_empty() => result.push('$'),
                None => {}
            }
            rest = after;
        }
        result + rest
    }
}

/// Returns `name=value` without the quotes of a shell.
fn assignment(text: &str) -> Option<(String, String)> {
    let (name, value) = text.trim().split_once('=')?;
    let value = value.trim();
    let bare = ['"', '\''].iter().find_map(|&quote| value.strip_prefix(quote)?.strip_suffix(quote));
    Some((name.to_owned(), bare.unwrap_or(value).to_owned()))
}

/// Returns the options of an entry of the Boot Loader Specification, if it starts the kernel `release`.
fn specified(text: &str, release: &str) -> Option<String> {
    let values = |key: &str| {
        let key = key.to_owned();
        text.lines().filter_map(move |line| {
            let (found, value) = line.trim().split_once(char::is_whitespace)?;
            (found == key).then(|| value.trim())
        })
    };
    let starts =
        values("version").any(|version| version == release) || values("linux").any(|image| is_image(image, release));
    // The options of a unified image are in it.
    let is_unified = values("uki").chain(values("efi")).next().is_some();
    (starts && !is_unified).then(|| values("options").collect::<Vec<_>>().join(" "))
}

/// Returns the command line of the first entry of a `grub.cfg` that starts the kernel `release`: entries for recovery follow.
fn menu_entry(text: &str, release: &str, grub: &Grub) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim();
        let (command, rest) = line.split_once(char::is_whitespace)?;
        let rest = rest.trim_start();
        let (image, options) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let loads = matches!(command, "linux" | "linux16" | "linuxefi" | "$linux" | "${linux}");
        (loads && is_image(&grub.expanded(image), release)).then(|| options.trim().replace('\\', ""))
    })
}

/// Returns whether a path of a boot loader is the image of the kernel `release`: `/vmlinuz-RELEASE`,
/// `/MACHINE-ID/RELEASE/linux`.
fn is_image(path: &str, release: &str) -> bool {
    let path = Path::new(path.trim_matches(['"', '\'']));
    let is_named = |name: &str| release_of_image(name) == Some(release);
    let mut parts = path.components().rev().filter_map(|part| part.as_os_str().to_str());
    parts.next().is_some_and(is_named) || parts.next() == Some(release)
}

/// Returns whether `image` is that of the kernel `release`, by its name or as a link: Debian's `/boot/vmlinuz` and `/vmlinuz`.
fn starts(root: &Root, image: &str, release: &str) -> bool {
    let name = Path::new(image).file_name().unwrap_or_default();
    let links = [InRoot::from_top(Path::new(image)), InRoot::from("/boot").join(name)];
    let is_link_to = |link: &InRoot| {
        root.link_target(link).is_some_and(|target| target.to_str().is_some_and(|target| is_image(target, release)))
    };
    is_image(image, release) || links.iter().any(is_link_to)
}

/// Returns the text of a file, or `None` if it does not exist.
fn read(root: &Root, path: &InRoot) -> Result<Option<String>, FileError> {
    match root.read(path, LIMIT) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(e) if e.is_missing() => Ok(None),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests;
