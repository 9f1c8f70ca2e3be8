//! The files of a package: a tree with its top at `/`. root owns everything in it.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use crate::architecture::Architecture;
use crate::{Error, Format};

const EXECUTABLE: u32 = 0o755;
const PLAIN: u32 = 0o644;
const GZ: &str = ".gz";
/// Limits of Linux in bytes, without the terminating NUL.
const NAME_MAX: usize = 255;
const PATH_MAX: usize = 4095;
/// The longest that is appended to a file's name: `.dpkg-dist`; rpm unpacks to `;` and eight digits.
const APPENDED: usize = 10;

/// One name in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The entry's type, with its content.
    pub kind: Kind,
    /// The only format that has it.
    pub only: Option<Format>,
}

/// The type of an entry, with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A directory of mode 0755.
    Directory,
    /// A file.
    File {
        /// All of it.
        content: Vec<u8>,
        /// 0755 or 0644.
        mode: u32,
    },
    /// A symbolic link.
    Link {
        /// The link's text.
        target: String,
    },
}

/// The tree by absolute path. A directory comes before its entries.
#[derive(Debug, Clone, Default)]
pub struct FileTree {
    entries: BTreeMap<String, Entry>,
}

impl FileTree {
    /// Returns the entries of `format`.
    pub fn of(&self, format: Format) -> impl Iterator<Item = (&str, &Kind)> {
        let has = move |entry: &Entry| entry.only.is_none_or(|only| only == format);
        self.entries.iter().filter(move |(_, entry)| has(entry)).map(|(path, entry)| (path.as_str(), &entry.kind))
    }

    /// Returns every path, of whichever format.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Returns the total size of all files in bytes.
    #[must_use]
    pub fn size(&self, format: Format) -> u64 {
        let bytes = |kind: &Kind| if let Kind::File { content, .. } = kind { content.len() as u64 } else { 0 };
        self.of(format).map(|(_, kind)| bytes(kind)).sum()
    }

    /// Adds a directory.
    ///
    /// # Errors
    /// [`Error::Payload`] if the path already has another entry.
    pub fn directory(&mut self, path: &str, only: Option<Format>) -> Result<(), Error> {
        self.add(path, Kind::Directory, only)
    }

    /// Adds a link. A link between manual pages gets their compressed names.
    ///
    /// # Errors
    /// [`Error::Payload`] if the path already has another entry.
    pub fn link(&mut self, path: &str, target: &str, only: Option<Format>) -> Result<(), Error> {
        let (mut path, mut target) = (path.to_owned(), target.to_owned());
        if is_plain_manual(&path) {
            path += GZ;
            if !target.ends_with(GZ) {
                target += GZ;
            }
        }
        self.add(&path, Kind::Link { target }, only)
    }

    /// Adds a file. A manual page is compressed, as both Debian and RPM's own build do.
    ///
    /// # Errors
    /// [`Error::Payload`] if the path already has another entry.
    pub fn file(&mut self, path: &str, content: Vec<u8>, executable: bool, only: Option<Format>) -> Result<(), Error> {
        let mode = if executable { EXECUTABLE } else { PLAIN };
        if is_plain_manual(path) {
            return self.add(&format!("{path}{GZ}"), Kind::File { content: gzip(&content), mode }, only);
        }
        self.add(path, Kind::File { content, mode }, only)
    }

    /// Adds everything below `top`, with `top` as `/`. Owners and times are not kept; of a mode, only the executable bit is.
    ///
    /// # Errors
    /// [`Error::Payload`] for set-id files, devices, sockets, and names that are not printable text.
    pub fn payload(&mut self, top: &Path) -> Result<(), Error> {
        self.payload_beneath(top, "")
    }

    fn payload_beneath(&mut self, directory: &Path, above: &str) -> Result<(), Error> {
        for found in std::fs::read_dir(directory).map_err(Error::file(directory))? {
            let path = found.map_err(Error::file(directory))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.is_empty() || name.trim() != name || name.chars().any(char::is_control) {
                return Err(Error::payload(
                    &path,
                    "the name is not printable text, or begins or ends with a blank; rename it",
                ));
            }
            let inside = format!("{above}/{name}");
            let meta = path.symlink_metadata().map_err(Error::file(&path))?;
            let mode = meta.permissions().mode();
            if meta.is_symlink() {
                let target = std::fs::read_link(&path).map_err(Error::file(&path))?;
                let target = target.to_str().filter(|target| !target.chars().any(char::is_control));
                let target = target.ok_or_else(|| Error::payload(&path, "the link's target is not printable text"))?;
                self.link(&inside, target, None)?;
            } else if meta.is_dir() {
                self.directory(&inside, None)?;
                self.payload_beneath(&path, &inside)?;
            } else if !meta.is_file() {
                return Err(Error::payload(&path, "only files, directories and links can be packaged"));
            } else if mode & 0o6000 != 0 {
                return Err(Error::payload(
                    &path,
                    "set-user-ID and set-group-ID files are not packaged; clear the bit",
                ));
            } else {
                let content = std::fs::read(&path).map_err(Error::file(&path))?;
                self.file(&inside, content, mode & 0o111 != 0, None)?;
            }
        }
        Ok(())
    }

    /// Returns whether both formats have an executable file at `path`.
    pub(crate) fn has_program(&self, path: &str) -> bool {
        let entry = self.entries.get(path).filter(|entry| entry.only.is_none());
        entry.is_some_and(|entry| matches!(entry.kind, Kind::File { mode: EXECUTABLE, .. }))
    }

    /// Returns whether the tree has no entry below `path`.
    pub(crate) fn is_empty_directory(&self, path: &str) -> bool {
        let beneath = format!("{path}/");
        let mut after = self.entries.range(beneath.clone()..);
        after.next().is_none_or(|(next, _)| !next.starts_with(&beneath))
    }

    /// Adds the missing directories below those of `own` that have an entry below them, so that a removal takes them too.
    pub(crate) fn complete(&mut self, own: &[&str]) {
        let mut missing: BTreeMap<String, Option<Format>> = BTreeMap::new();
        for (path, entry) in &self.entries {
            for (end, _) in path.match_indices('/').skip(1) {
                let above = &path[..end];
                if !self.entries.contains_key(above) && own.iter().any(|own| is_at_or_beneath(above, own)) {
                    let only = missing.entry(above.to_owned()).or_insert(entry.only);
                    *only = only.filter(|_| *only == entry.only);
                }
            }
        }
        let directory = |(path, only)| (path, Entry { kind: Kind::Directory, only });
        self.entries.extend(missing.into_iter().map(directory));
    }

    /// Refuses what cannot be unpacked: an entry below a file or a link, and names that are too long.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (path, entry) in &self.entries {
            check_lengths(path, &entry.kind)?;
            let ends = path.match_indices('/').skip(1).map(|(end, _)| end);
            for above in ends.map(|end| &path[..end]) {
                if self.entries.get(above).is_some_and(|entry| entry.kind != Kind::Directory) {
                    return Err(Error::payload(
                        Path::new(path),
                        &format!("is below {above}, which is not a directory"),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Refuses a program of another architecture.
    pub(crate) fn check_programs(&self, architecture: Architecture) -> Result<(), Error> {
        for (path, entry) in &self.entries {
            if let Kind::File { content, .. } = &entry.kind
                && let Err(problem) = architecture.check(content)
            {
                let problem = match architecture {
                    Architecture::Noarch => problem,
                    _ => format!("{problem}; pack files of one architecture alone with --payload ARCHITECTURE=DIR"),
                };
                return Err(Error::payload(Path::new(path), &problem));
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &str, kind: Kind, only: Option<Format>) -> Result<(), Error> {
        // A directory may be both in the manifest and in the payload.
        if self.entries.get(path).is_some_and(|there| there.kind != kind || kind != Kind::Directory) {
            return Err(Error::payload(
                Path::new(path),
                "listed twice, in manifest and payload or within the manifest",
            ));
        }
        self.entries.insert(path.to_owned(), Entry { kind, only });
        Ok(())
    }
}

/// Refuses names that Linux does not take, with what a package manager appends to them for a while.
fn check_lengths(path: &str, kind: &Kind) -> Result<(), Error> {
    let appended = if *kind == Kind::Directory { 0 } else { APPENDED };
    let name = path.rsplit('/').next().unwrap_or_default();
    let too_long = |problem: String| Err(Error::payload(Path::new(path), &problem));
    if name.len() + appended > NAME_MAX {
        let most = NAME_MAX - appended;
        return too_long(format!("its name has {} bytes, and rpm and dpkg can unpack at most {most}", name.len()));
    }
    if path.len() + appended > PATH_MAX {
        let most = PATH_MAX - appended;
        return too_long(format!("it has {} bytes, and rpm and dpkg can unpack at most {most}", path.len()));
    }
    match kind {
        Kind::Link { target } if target.len() > PATH_MAX => {
            too_long(format!("its target is longer than {PATH_MAX} bytes"))
        }
        _ => Ok(()),
    }
}

/// Returns whether `path` is a manual page that is not compressed yet.
fn is_plain_manual(path: &str) -> bool {
    path.starts_with("/usr/share/man/") && !path.ends_with(GZ)
}

/// Returns whether `path` is `directory` or is below it.
pub(crate) fn is_at_or_beneath(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Compresses like `gzip -9n`, without name and time.
pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    const IN_MEMORY: &str = "writing to memory cannot fail";
    let mut writer = GzBuilder::new().write(Vec::new(), Compression::best());
    writer.write_all(content).expect(IN_MEMORY);
    writer.finish().expect(IN_MEMORY)
}

/// Returns whether an upgrade keeps an administrator's changes of this file: all of `/etc`, as in debhelper.
#[must_use]
pub fn is_configuration(path: &str) -> bool {
    path.starts_with("/etc/")
}
