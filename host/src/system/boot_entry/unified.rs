//! Unified kernel images: kernel, initial RAM disk and command line in one EFI program (UAPI.5, `systemd-stub(7)`).

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::{BootEntry, EntryKind};
use crate::Root;
use crate::error::FileError;
use crate::fs::InRoot;

/// Where the EFI system partition, or the extended boot partition, is mounted.
const PARTITIONS: [&str; 3] = ["/efi", "/boot/efi", "/boot"];
const IMAGES: &str = "EFI/Linux";
/// Add-ons of every image; those of one image are in `IMAGE.efi.extra.d`.
const ADDONS: &str = "loader/addons";

/// The most bytes of a section that are read. The kernel takes a command line of 4 KiB at most.
const LONGEST: u32 = 64 * 1024;
/// The most sections that are looked at: the loader of Windows takes 96 (PE specification, "COFF File Header").
const MOST_SECTIONS: u16 = 96;

/// Returns the command line of the unified image that starts the kernel `release`. If an add-on brings `lockdown`, the path is the
/// add-on's.
///
/// # Errors
/// [`FileError`] if an image exists and cannot be read.
pub fn find(root: &Root, release: &str) -> Result<Option<BootEntry>, FileError> {
    for partition in PARTITIONS {
        let directory = InRoot::from(partition).join(IMAGES);
        for name in efi_programs(root, &directory, ".efi")? {
            let path = directory.join(&name);
            let image = Image::open(root, &path)?;
            if !is_named(&name, release) && image.text(".uname")?.is_none_or(|uname| uname != release) {
                continue;
            }
            let mut entry = BootEntry {
                command_line: image.text(".cmdline")?.unwrap_or_default(),
                path: path.clone(),
                kind: EntryKind::Unified,
            };
            let own = InRoot::from_top(format!("{path}.extra.d"));
            for directory in [own, InRoot::from(partition).join(ADDONS)] {
                for addon in efi_programs(root, &directory, ".addon.efi")? {
                    let path = directory.join(addon);
                    let Some(more) = Image::open(root, &path)?.text(".cmdline")? else { continue };
                    if more.contains("lockdown=") {
                        (entry.path, entry.kind) = (path, EntryKind::Addon);
                    }
                    entry.command_line = format!("{} {more}", entry.command_line);
                }
            }
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

/// Returns the names in `directory` that end with `suffix`, sorted.
fn efi_programs(root: &Root, directory: &InRoot, suffix: &str) -> Result<Vec<String>, FileError> {
    let names = root.names(directory)?.into_iter().filter_map(|name| name.into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.to_ascii_lowercase().ends_with(suffix)).collect();
    names.sort();
    Ok(names)
}

/// Returns whether `kernel-install` or an administrator called the image after the release: `MACHINE-ID-RELEASE.efi`,
/// `MACHINE-ID-RELEASE+TRIES.efi`.
fn is_named(name: &str, release: &str) -> bool {
    let stem = &name[..name.len() - ".efi".len()];
    let is_it = |stem: &str| stem == release || stem.strip_suffix(release).is_some_and(|rest| rest.ends_with('-'));
    let without_tries =
        stem.rsplit_once('+').filter(|(_, tries)| tries.bytes().all(|c| c.is_ascii_digit() || c == b'-'));
    is_it(stem) || without_tries.is_some_and(|(stem, _)| is_it(stem))
}

struct Image<'r> {
    root: &'r Root,
    path: InRoot,
    file: File,
}

impl<'r> Image<'r> {
    fn open(root: &'r Root, path: &InRoot) -> Result<Self, FileError> {
        Ok(Self { root, path: path.clone(), file: root.open(path)? })
    }

    /// Returns the text of the section `name`, without the NUL at its end.
    fn text(&self, name: &str) -> Result<Option<String>, FileError> {
        let content = match section(&self.file, name) {
            // It ends too early to be a program.
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => None,
            content => content.map_err(|e| FileError::new("read", self.root.host_path(&self.path), e))?,
        };
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_end_matches('\0').trim().replace('\n', " ");
        Ok(content.map(text))
    }
}

/// Returns the content of the first section `wanted` of a program in the PE format. Returns `None` if the program lacks it, or the
/// file has another format.
fn section(file: &File, wanted: &str) -> io::Result<Option<Vec<u8>>> {
    let mut dos = [0; 64];
    file.read_exact_at(&mut dos, 0)?;
    if !dos.starts_with(b"MZ") {
        return Ok(None);
    }
    let at = u64::from(number(&dos, 0x3c));
    let mut header = [0; 24];
    file.read_exact_at(&mut header, at)?;
    if !header.starts_with(b"PE\0\0") {
        return Ok(None);
    }
    let [sections, optional] = [6, 20].map(|at| u16::from_le_bytes([header[at], header[at + 1]]));
    let table = at + 24 + u64::from(optional);
    for index in 0..sections.min(MOST_SECTIONS) {
        let mut entry = [0; 40];
        file.read_exact_at(&mut entry, table + 40 * u64::from(index))?;
        if OsStr::new(wanted).as_encoded_bytes() != entry[..8].split(|&byte| byte == 0).next().unwrap_or_default() {
            continue;
        }
        let [in_memory, in_file, start] = [8, 16, 20].map(|at| number(&entry, at));
        // The file's size is rounded up.
        let mut content = vec![0; in_file.min(in_memory).min(LONGEST) as usize];
        file.read_exact_at(&mut content, u64::from(start))?;
        return Ok(Some(content));
    }
    Ok(None)
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A program in the PE format with these sections.
    pub fn program(sections: &[(&str, &str)]) -> Vec<u8> {
        let mut file = vec![0; 0x80];
        file[..2].copy_from_slice(b"MZ");
        file[0x3c] = 0x80;
        file.extend(b"PE\0\0\x64\x86");
        file.extend(u16::try_from(sections.len()).unwrap().to_le_bytes());
        file.extend([0; 12]);
        // The size of the optional header, and the characteristics.
        file.extend([16, 0, 0, 0]);
        file.extend([0; 16]);
        let mut start = file.len() + 40 * sections.len();
        for (name, content) in sections {
            let mut entry = [0; 40];
            entry[..name.len()].copy_from_slice(name.as_bytes());
            for (at, value) in [(8, content.len()), (16, content.len() + 3), (20, start)] {
                entry[at..at + 4].copy_from_slice(&u32::try_from(value).unwrap().to_le_bytes());
            }
            file.extend(entry);
            start += content.len() + 3;
        }
        for (_, content) in sections {
            file.extend(content.bytes().chain([0; 3]));
        }
        file
    }

    fn read(content: &[u8], name: &str) -> io::Result<Option<Vec<u8>>> {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(content, 0).unwrap();
        section(&file, name)
    }

    #[test]
    fn a_section_is_found_by_its_name() {
        let file =
            program(&[(".osrel", "ID=fedora"), (".cmdline", "ro quiet"), (".uname", "6.1.0"), (".cmdline", "second")]);
        for (name, content) in
            [(".cmdline", Some("ro quiet")), (".uname", Some("6.1.0")), (".cmd", None), (".linux", None)]
        {
            assert_eq!(read(&file, name).unwrap().map(|bytes| String::from_utf8(bytes).unwrap()).as_deref(), content);
        }
        for end in 0..file.len() {
            // A part of it has the section, none, or ends too early.
            match read(&file[..end], ".uname") {
                Ok(found) => assert!(found.is_none() || found.unwrap() == b"6.1.0"),
                Err(e) => assert_eq!(e.kind(), io::ErrorKind::UnexpectedEof),
            }
        }
        assert_eq!(read(&[b'x'; 4096], ".cmdline").unwrap(), None);
        let mut far = program(&[(".cmdline", "ro")]);
        far[0x3c..0x40].fill(0xff);
        assert_eq!(read(&far, ".cmdline").unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let mut huge = program(&[(".cmdline", "ro")]);
        let entry = huge.len() - 40 - 5;
        huge[entry + 8..entry + 12].fill(0xff);
        huge[entry + 16..entry + 20].fill(0xff);
        assert!(read(&huge, ".cmdline").is_err(), "no more than a limit is read");
    }

    #[test]
    fn an_image_is_called_after_its_release() {
        for (name, is_it) in [
            ("6.1.0-18-amd64.efi", true),
            ("4f0c-6.1.0-18-amd64.efi", true),
            ("4f0c-6.1.0-18-amd64+3.efi", true),
            ("4f0c-6.1.0-18-amd64+2-1.efi", true),
            ("4f0c-16.1.0-18-amd64.efi", false),
            ("6.1.0-18-amd64+debug.efi", false),
            (".efi", false),
        ] {
            assert_eq!(is_named(name, "6.1.0-18-amd64"), is_it, "{name}");
        }
    }
}
