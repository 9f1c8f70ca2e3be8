//! File operations of the window. They use descriptors, follow no link, and leave no trace when reading. A test can
//! stop at each of them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use host::fs::attributes::is_immutable;
use host::fs::{FileId, InRoot, MAX_SYMLINKS, TEXT_LIMIT, file_type, is_file, is_link, mode_of, read_limited};
use host::{Dir, FileError, MalformedFile, ReadError, Root};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, futimens};
use nix::sys::statvfs::{FsFlags, fstatvfs};
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, Uid, fchown, geteuid};
use sha2::{Digest, Sha256};
use xattr::FileExt as _;

#[cfg(test)]
use crate::fault_injection::{operation, partial_write};

#[cfg(not(test))]
fn operation(_what: impl FnOnce() -> String) -> Result<(), Errno> {
    Ok(())
}

#[cfg(not(test))]
fn partial_write() -> bool {
    false
}

/// A name in an open directory. The file may not exist.
#[derive(Debug)]
pub(crate) struct FileAt {
    pub dir: Dir,
    pub name: OsString,
    /// The path as the host sees it.
    pub path: InRoot,
}

impl FileAt {
    /// Follows links at the end of `path`, within the root. It has its own loop, because it needs the path that the last link
    /// leads to, and `Root` returns only what is opened there.
    pub fn resolved(root: &Root, path: &InRoot) -> Result<Self, FileError> {
        let mut real = path.clone();
        for _ in 0..MAX_SYMLINKS {
            let (dir, name) = root.parent(&real)?;
            if !dir.stat(&name)?.as_ref().is_some_and(is_link) {
                return Ok(Self { dir, name, path: real });
            }
            let target = root.link_target(&real).ok_or_else(|| looping(root, path))?;
            // Relative to the link's own directory; an absolute target replaces the whole path.
            real = real.parent().unwrap_or_else(InRoot::top).join(target);
        }
        Err(looping(root, path))
    }

    /// Does not follow a link at the end of `path`: a path that was resolved once is not resolved again.
    pub fn unresolved(root: &Root, path: &InRoot) -> Result<Self, FileError> {
        let (dir, name) = root.parent(path)?;
        Ok(Self { dir, name, path: path.clone() })
    }

    /// Returns the path for messages, with the alternate root.
    pub fn host_path(&self) -> PathBuf {
        self.dir.path().join(&self.name)
    }

    /// Returns the name of the hard link that keeps the original inode while the window is open.
    pub fn backup_name(&self) -> OsString {
        self.hidden_name("original")
    }

    /// Returns the name of the file that is written before it is renamed.
    pub fn temporary_name(&self) -> OsString {
        self.hidden_name("patched")
    }

    fn hidden_name(&self, what: &str) -> OsString {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(".hostprep-");
        name.push(what);
        name
    }

    pub fn load(&self) -> Result<Option<ReadFile>, ReadError> {
        load(&self.dir, &self.name)
    }
}

fn looping(root: &Root, path: &InRoot) -> FileError {
    FileError::new("follow", root.host_path(path), Errno::ELOOP)
}

/// A file that was read and is still open.
#[derive(Debug)]
pub(crate) struct ReadFile {
    pub file: File,
    pub stat: FileStat,
    pub content: Vec<u8>,
}

impl ReadFile {
    pub fn id(&self) -> FileId {
        FileId::of(&self.stat)
    }

    /// Returns why the file can be neither changed nor replaced, if that is visible without trying.
    pub fn blocked(&self) -> Option<&'static str> {
        if is_immutable(&self.file) {
            return Some("is immutable or append-only (`lsattr` shows it)");
        }
        let read_only = fstatvfs(&self.file).is_ok_and(|found| found.flags().contains(FsFlags::ST_RDONLY));
        read_only.then_some("is on a read-only file system")
    }

    /// Returns the access and modification times.
    pub fn times(&self) -> Times {
        Times {
            atime: (self.stat.st_atime, self.stat.st_atime_nsec),
            mtime: (self.stat.st_mtime, self.stat.st_mtime_nsec),
        }
    }
}

/// Times as seconds and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Times {
    pub atime: (i64, i64),
    pub mtime: (i64, i64),
}

/// Mode, owner and extended attributes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub xattrs: BTreeMap<OsString, Vec<u8>>,
}

impl Metadata {
    pub fn plain(mode: u32) -> Self {
        Self { mode, uid: 0, gid: 0, xattrs: BTreeMap::new() }
    }

    pub fn of(dir: &Dir, name: &OsStr, loaded: &ReadFile) -> Result<Self, FileError> {
        let mut xattrs = BTreeMap::new();
        let list = || -> io::Result<Vec<OsString>> { Ok(loaded.file.list_xattr()?.collect()) };
        let names = match list() {
            Err(e) if e.raw_os_error() == Some(Errno::EOPNOTSUPP as i32) => Vec::new(),
            listed => at("list attributes of", dir, name, listed)?,
        };
        for key in names {
            // These sign the content. The kernel creates its own for other content, and a copy would be wrong.
            if key == "security.ima" || key == "security.evm" {
                continue;
            }
            if let Some(value) = at("read an attribute of", dir, name, loaded.file.get_xattr(&key))? {
                xattrs.insert(key, value);
            }
        }
        let stat = &loaded.stat;
        Ok(Self { mode: mode_of(stat), uid: stat.st_uid, gid: stat.st_gid, xattrs })
    }

    /// Returns a checksum that differs if any of it changed.
    pub fn digest(&self) -> String {
        let Self { mode, uid, gid, xattrs } = self;
        sha256(format!("{mode:o} {uid} {gid} {xattrs:?}").as_bytes())
    }

    /// Applies all of it to `file`, the owner first, because changing the owner clears set-id bits.
    pub fn give(&self, dir: &Dir, name: &OsStr, file: &File) -> Result<(), FileError> {
        begin("change the owner of", dir, name)?;
        let owner = (Some(Uid::from_raw(self.uid)), Some(Gid::from_raw(self.gid)));
        at("change the owner of", dir, name, fchown(file, owner.0, owner.1))?;
        begin("change the mode of", dir, name)?;
        at("change the mode of", dir, name, fchmod(file, Mode::from_bits_truncate(self.mode)))?;
        for (key, value) in &self.xattrs {
            begin("label", dir, name)?;
            at("set an attribute of", dir, name, file.set_xattr(key, value))?;
        }
        Ok(())
    }
}

/// Returns the checksum in the form that the record stores.
pub(crate) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn at<T>(
    action: &'static str,
    dir: &Dir,
    name: impl AsRef<OsStr>,
    result: Result<T, impl Into<io::Error>>,
) -> Result<T, FileError> {
    result.map_err(|e| FileError::new(action, dir.path().join(name.as_ref()), e))
}

fn begin(action: &'static str, dir: &Dir, name: impl AsRef<OsStr>) -> Result<(), FileError> {
    let name = name.as_ref();
    at(action, dir, name, operation(|| format!("{action} {}", name.display())))
}

/// Reads a regular file without changing its access time. Returns `None` if it does not exist.
pub(crate) fn load(dir: &Dir, name: impl AsRef<OsStr>) -> Result<Option<ReadFile>, ReadError> {
    let name = name.as_ref();
    begin("read", dir, name)?;
    let Some(found) = dir.stat(name)? else { return Ok(None) };
    // Checked before opening: opening a device can have effects.
    if !is_file(&found) {
        let problem = format!("is {}, not a regular file", kind(&found));
        return Err(malformed(dir, name, problem));
    }
    let mut quiet = true;
    let opened = match dir.open(name, OFlag::O_RDONLY | OFlag::O_NOATIME) {
        // Only the owner and root may use O_NOATIME. An ordinary user's `check` reads without it.
        Err(e) if e.errno() == Some(Errno::EPERM) => {
            quiet = false;
            dir.open(name, OFlag::O_RDONLY)
        }
        opened => opened,
    };
    let file = match opened {
        Err(e) if e.errno() == Some(Errno::ENOENT) => return Ok(None),
        opened => opened?,
    };
    let stat = at("look at", dir, name, fstat(&file))?;
    let too_large = || malformed(dir, name, format!("is larger than {} MiB", TEXT_LIMIT / 1024 / 1024));
    if stat.st_size.unsigned_abs() > TEXT_LIMIT {
        return Err(too_large());
    }
    let reader = at("read", dir, name, file.try_clone())?;
    let content = read_limited(reader, TEXT_LIMIT);
    // An ordinary user cannot set times either, and has changed no more than any reader does.
    if !quiet && geteuid().is_root() {
        let _ = futimens(&file, &TimeSpec::new(stat.st_atime, stat.st_atime_nsec), &TimeSpec::UTIME_OMIT);
    }
    match content {
        Ok(content) => Ok(Some(ReadFile { file, stat, content })),
        Err(e) if e.raw_os_error() == Some(Errno::EFBIG as i32) => Err(too_large()),
        Err(e) => Err(FileError::new("read", dir.path().join(name), e).into()),
    }
}

pub(crate) fn malformed(dir: &Dir, name: &OsStr, problem: String) -> ReadError {
    MalformedFile {
        path: dir.path().join(name),
        line: None,
        problem,
        hint: "restore the file from its package, then run again; no account was changed".into(),
    }
    .into()
}

fn kind(stat: &FileStat) -> &'static str {
    match file_type(stat) {
        SFlag::S_IFDIR => "a directory",
        SFlag::S_IFIFO => "a fifo",
        SFlag::S_IFSOCK => "a socket",
        SFlag::S_IFLNK => "a symbolic link",
        _ => "a device",
    }
}

/// Fails if the directory does not allow removing `name`. `rmdir` of a file never succeeds; it fails with `EPERM` if
/// the directory is append-only or the file immutable. Without this check an append-only `/etc` would accept the hard
/// link and never let it go.
pub(crate) fn removable(dir: &Dir, name: &OsStr) -> Result<(), FileError> {
    begin("try", dir, name)?;
    match dir.remove_dir(name) {
        Err(e) if e.errno() != Some(Errno::ENOTDIR) => Err(e),
        _ => Ok(()),
    }
}

pub(crate) fn unlink(dir: &Dir, name: impl AsRef<OsStr>) -> Result<(), FileError> {
    begin("unlink", dir, &name)?;
    dir.unlink(name)
}

pub(crate) fn link(dir: &Dir, old: impl AsRef<OsStr>, new: impl AsRef<OsStr>) -> Result<(), FileError> {
    begin("link", dir, &new)?;
    dir.link(old, new)
}

pub(crate) fn rename(dir: &Dir, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> Result<(), FileError> {
    begin("rename", dir, &to)?;
    dir.rename(from, to)
}

/// Exchanges two names. Returns `false` if the kernel or file system does not support it.
pub(crate) fn exchange(dir: &Dir, one: impl AsRef<OsStr>, other: impl AsRef<OsStr>) -> Result<bool, FileError> {
    match begin("exchange", dir, &other).and_then(|()| dir.exchange(one, other)) {
        Ok(()) => Ok(true),
        Err(e) if matches!(e.errno(), Some(Errno::EINVAL | Errno::ENOSYS | Errno::EOPNOTSUPP)) => Ok(false),
        Err(e) => Err(e),
    }
}

pub(crate) fn sync(dir: &Dir) -> Result<(), FileError> {
    begin("sync", dir, "")?;
    dir.sync()
}

/// Writes a new file. It is complete and on disk when this returns. Replaces what a crash left under that name.
pub(crate) fn write_new(
    dir: &Dir,
    name: impl AsRef<OsStr>,
    content: &[u8],
    meta: &Metadata,
    times: Option<Times>,
) -> Result<(), FileError> {
    let name = name.as_ref();
    unlink(dir, name)?;
    begin("create", dir, name)?;
    let file = dir.create(name, 0o600)?;
    write_at(dir, name, &file, 0, content)?;
    meta.give(dir, name, &file)?;
    if let Some(times) = times {
        set_times(dir, name, &file, times)?;
    }
    sync_file(dir, name, &file)
}

/// Changes an open file's content in place, from the first byte that differs.
pub(crate) fn write_over(dir: &Dir, name: &OsStr, file: &File, old: &[u8], new: &[u8]) -> Result<(), FileError> {
    let same = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    write_at(dir, name, file, same, &new[same..])?;
    begin("truncate", dir, name)?;
    at("truncate", dir, name, file.set_len(new.len() as u64))
}

fn write_at(dir: &Dir, name: &OsStr, file: &File, offset: usize, content: &[u8]) -> Result<(), FileError> {
    if let Err(e) = begin("write", dir, name) {
        if partial_write() {
            let _ = file.write_all_at(&content[..content.len() / 2], offset as u64);
        }
        return Err(e);
    }
    at("write", dir, name, file.write_all_at(content, offset as u64))
}

pub(crate) fn set_times(dir: &Dir, name: &OsStr, file: &File, times: Times) -> Result<(), FileError> {
    begin("set the times of", dir, name)?;
    let spec = |(seconds, nanoseconds)| TimeSpec::new(seconds, nanoseconds);
    at("set the times of", dir, name, futimens(file, &spec(times.atime), &spec(times.mtime)))
}

pub(crate) fn sync_file(dir: &Dir, name: &OsStr, file: &File) -> Result<(), FileError> {
    begin("sync", dir, name)?;
    at("sync", dir, name, file.sync_all())
}
