//! An opened directory, and files in it by their names. No symbolic link is followed.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, renameat};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat, mkdirat};
use nix::unistd::{Gid, LinkatFlags, Uid, UnlinkatFlags, fchown, fsync, linkat, unlinkat};
use rustix::fs::{RenameFlags, renameat_with};

use crate::error::FileError;
use crate::fs::in_root::InRoot;
use crate::fs::openat::open_at;
use crate::fs::ownership::{TrustedOwners, Untrusted, lets_others_write};
use crate::fs::resolve;
use crate::fs::stat::file_type;

/// An opened directory. A name is a single path component; if it is a symbolic link, it is not followed.
#[derive(Debug)]
pub struct Dir {
    pub(crate) fd: OwnedFd,
    pub(crate) path: PathBuf,
    pub(crate) in_root: InRoot,
}

impl Dir {
    /// Returns the directory's path as this process sees it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the directory's path as the prepared host sees it.
    #[must_use]
    pub fn in_root(&self) -> &InRoot {
        &self.in_root
    }

    fn error(&self, action: &'static str, name: impl AsRef<OsStr>, source: impl Into<io::Error>) -> FileError {
        FileError::new(action, self.path.join(name.as_ref()), source)
    }

    /// Returns the directory's own metadata.
    ///
    /// # Errors
    /// The error of `fstat(2)`.
    pub fn stat_self(&self) -> Result<FileStat, FileError> {
        fstat(&self.fd).map_err(|e| FileError::new("look at", &self.path, e))
    }

    /// Returns the metadata of `name`, or `None` if it does not exist.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be looked at.
    pub fn stat(&self, name: impl AsRef<OsStr>) -> Result<Option<FileStat>, FileError> {
        match fstatat(&self.fd, name.as_ref(), AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(found)),
            Err(Errno::ENOENT) => Ok(None),
            Err(e) => Err(self.error("look at", name, e)),
        }
    }

    /// Returns the names in the directory, sorted.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be listed.
    pub fn names(&self) -> Result<Vec<OsString>, FileError> {
        let list = || -> Result<Vec<OsString>, Errno> {
            let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
            let mut names = Vec::new();
            for entry in nix::dir::Dir::openat(&self.fd, ".", flags, Mode::empty())?.iter() {
                let name = entry?.file_name().to_bytes().to_vec();
                if name != b"." && name != b".." {
                    names.push(std::os::unix::ffi::OsStringExt::from_vec(name));
                }
            }
            names.sort();
            Ok(names)
        };
        list().map_err(|e| FileError::new("list", &self.path, e))
    }

    /// Opens a directory in this one.
    ///
    /// # Errors
    /// [`FileError`]; `ELOOP` if it is a symbolic link, `ENOTDIR` if it is another file.
    pub fn dir(&self, name: impl AsRef<OsStr>) -> Result<Dir, FileError> {
        let fd = resolve::open_dir(&self.fd, name.as_ref()).map_err(|e| self.error("open", &name, e))?;
        Ok(Dir { fd, path: self.path.join(name.as_ref()), in_root: self.in_root.join(name.as_ref()) })
    }

    /// Opens a regular file with `flags`.
    ///
    /// # Errors
    /// [`FileError`]; `ELOOP` for a symbolic link, `EISDIR` for a directory, `EINVAL` for a fifo, socket or device.
    pub fn open(&self, name: impl AsRef<OsStr>, flags: OFlag) -> Result<File, FileError> {
        open_regular(&self.fd, name.as_ref(), flags).map_err(|e| self.error("open", name, e))
    }

    /// Creates a file with exactly `mode`, whatever the umask is.
    ///
    /// # Errors
    /// [`FileError`]; `EEXIST` if the name exists.
    pub fn create(&self, name: impl AsRef<OsStr>, mode: u32) -> Result<File, FileError> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
        let create = || {
            let fd = open_at(&self.fd, name.as_ref(), flags, Mode::from_bits_truncate(0o600))?;
            if let Err(e) = fchmod(&fd, Mode::from_bits_truncate(mode)) {
                let _ = self.unlink(&name);
                return Err(e);
            }
            Ok::<_, Errno>(File::from(fd))
        };
        create().map_err(|e| self.error("create", &name, e))
    }

    /// Opens a file for appending, and creates it if it is missing. Removes the write permission of others.
    ///
    /// # Errors
    /// [`FileError`], with [`Untrusted`] if it belongs to another user, or if it has a second name: the file could then be one
    /// that hostprep did not create.
    pub fn append(&self, name: impl AsRef<OsStr>, mode: u32) -> Result<File, FileError> {
        let file = self.open_or_create(&name, mode)?;
        let found = fstat(&file).map_err(|e| self.error("look at", &name, e))?;
        let owners = TrustedOwners::of(&self.stat_self()?);
        owners.owned(&found).map_err(|e| self.error("use", &name, io::Error::other(e)))?;
        if found.st_nlink > 1 {
            return Err(self.error("write", &name, io::Error::other(Untrusted::Names(found.st_nlink))));
        }
        if lets_others_write(&found) {
            let tighter = Mode::from_bits_truncate(found.st_mode & 0o7755);
            fchmod(&file, tighter).map_err(|e| self.error("change the mode of", &name, e))?;
        }
        Ok(file)
    }

    fn open_or_create(&self, name: impl AsRef<OsStr>, mode: u32) -> Result<File, FileError> {
        let flags = OFlag::O_RDWR | OFlag::O_APPEND;
        match self.open(&name, flags) {
            Err(e) if e.is_missing() => match self.create(&name, mode) {
                // Opened again, because a new file is not in append mode, and because another process may have been faster.
                Ok(_) => self.open(&name, flags),
                Err(e) if e.errno() == Some(Errno::EEXIST) => self.open(&name, flags),
                Err(e) => Err(e),
            },
            opened => opened,
        }
    }

    /// Creates a directory with exactly `mode`, whatever the umask is.
    ///
    /// # Errors
    /// [`FileError`]; `EEXIST` if the name exists.
    pub fn make_dir(&self, name: impl AsRef<OsStr>, mode: u32) -> Result<Dir, FileError> {
        mkdirat(&self.fd, name.as_ref(), Mode::from_bits_truncate(mode))
            .map_err(|e| self.error("make directory", &name, e))?;
        let made = self.dir(&name)?;
        made.set_mode(mode)?;
        self.sync()?;
        Ok(made)
    }

    /// Changes the directory's own mode, through its descriptor.
    ///
    /// # Errors
    /// The error of `fchmod(2)`.
    pub fn set_mode(&self, mode: u32) -> Result<(), FileError> {
        fchmod(&self.fd, Mode::from_bits_truncate(mode))
            .map_err(|e| FileError::new("change the mode of", &self.path, e))
    }

    /// Renames within the directory, and replaces `to` if it exists.
    ///
    /// # Errors
    /// The error of `renameat(2)`.
    pub fn rename(&self, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> Result<(), FileError> {
        renameat(&self.fd, from.as_ref(), &self.fd, to.as_ref()).map_err(|e| self.error("rename over", to, e))
    }

    /// Renames within the directory and replaces nothing.
    ///
    /// # Errors
    /// [`FileError`]; `EEXIST` if `to` exists.
    pub fn rename_new(&self, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> Result<(), FileError> {
        let (from, to) = (from.as_ref(), to.as_ref());
        match renameat_with(&self.fd, from, &self.fd, to, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            // A kernel before 3.15, or a file system without it: look first, then rename.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => match self.stat(to)? {
                None => self.rename(from, to),
                Some(_) => Err(self.error("rename to", to, Errno::EEXIST)),
            },
            Err(e) => Err(self.error("rename to", to, e)),
        }
    }

    /// Exchanges two names atomically (Linux 3.15).
    ///
    /// # Errors
    /// [`FileError`]; `EINVAL` or `ENOSYS` if the file system or the kernel cannot.
    pub fn exchange(&self, one: impl AsRef<OsStr>, other: impl AsRef<OsStr>) -> Result<(), FileError> {
        // Not through glibc, which has the function only since 2.28.
        renameat_with(&self.fd, one.as_ref(), &self.fd, other.as_ref(), RenameFlags::EXCHANGE)
            .map_err(|e| self.error("exchange", other, e))
    }

    /// Creates a hard link within the directory.
    ///
    /// # Errors
    /// [`FileError`]; `EEXIST` if `new` exists.
    pub fn link(&self, old: impl AsRef<OsStr>, new: impl AsRef<OsStr>) -> Result<(), FileError> {
        let flags = LinkatFlags::empty();
        linkat(&self.fd, old.as_ref(), &self.fd, new.as_ref(), flags).map_err(|e| self.error("link", new, e))
    }

    /// Removes a file, if it exists.
    ///
    /// # Errors
    /// The error of `unlinkat(2)`.
    pub fn unlink(&self, name: impl AsRef<OsStr>) -> Result<(), FileError> {
        match unlinkat(&self.fd, name.as_ref(), UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(e) => Err(self.error("remove", name, e)),
        }
    }

    /// Removes a file that [`Dir::replace`] writes, and the temporary file that a crash left. Both are gone from the disk when this
    /// returns.
    ///
    /// # Errors
    /// As [`Dir::unlink`] and [`Dir::sync`].
    pub fn unlink_replaced(&self, name: impl AsRef<OsStr>) -> Result<(), FileError> {
        self.unlink(temporary_name(name.as_ref()))?;
        self.unlink(name)?;
        self.sync()
    }

    /// Removes an empty directory, if it exists. It is gone from the disk when this returns. Returns `false` if it is not empty.
    ///
    /// # Errors
    /// [`FileError`]; `ENOTDIR` if it is not a directory.
    pub fn remove_dir(&self, name: impl AsRef<OsStr>) -> Result<bool, FileError> {
        match unlinkat(&self.fd, name.as_ref(), UnlinkatFlags::RemoveDir) {
            Ok(()) => self.sync().map(|()| true),
            Err(Errno::ENOENT) => Ok(true),
            Err(Errno::ENOTEMPTY | Errno::EEXIST) => Ok(false),
            Err(e) => Err(self.error("remove", name, e)),
        }
    }

    /// Writes the directory's entries to disk.
    ///
    /// # Errors
    /// The error of `fsync(2)`.
    pub fn sync(&self) -> Result<(), FileError> {
        fsync(&self.fd).map_err(|e| FileError::new("sync", &self.path, e))
    }

    /// Replaces the content of a file atomically: after a crash, either the old or the new content is complete. Creates the file if
    /// it is missing. The caller holds a lock.
    ///
    /// # Errors
    /// [`FileError`]; the file then has its old content.
    pub fn replace(&self, name: impl AsRef<OsStr>, content: &[u8], mode: u32) -> Result<(), FileError> {
        self.replace_with(name, mode, |file| file.write_all(content))
    }

    /// As [`Dir::replace`], for a file that belongs to another program or user: keeps its mode and owner, and needs no lock.
    ///
    /// # Errors
    /// [`FileError`], also if the name exists and is not a regular file; the file then has its old content.
    pub fn replace_preserving_metadata(
        &self,
        name: impl AsRef<OsStr>,
        content: &[u8],
        mode: u32,
    ) -> Result<(), FileError> {
        let name = name.as_ref();
        let kept = match open_regular(&self.fd, name, OFlag::O_RDONLY) {
            Ok(file) => Some(fstat(&file).map_err(|e| self.error("look at", name, e))?),
            Err(Errno::ENOENT) => None,
            Err(e) => return Err(self.error("replace", name, e)),
        };
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".hostprep-{}", std::process::id()));
        let replaced = (|| {
            // Readable by root alone until it has its owner.
            let mut file = self.create(&temporary, kept.map_or(mode, |_| 0o600))?;
            if let Some(kept) = kept {
                fchown(&file, Some(Uid::from_raw(kept.st_uid)), Some(Gid::from_raw(kept.st_gid)))
                    .and_then(|()| fchmod(&file, Mode::from_bits_truncate(kept.st_mode & 0o777)))
                    .map_err(|e| self.error("keep the owner of", name, e))?;
            }
            file.write_all(content).and_then(|()| file.sync_all()).map_err(|e| self.error("write", name, e))?;
            self.rename(&temporary, name)
        })();
        if replaced.is_err() {
            let _ = self.unlink(&temporary);
        }
        replaced.and_then(|()| self.sync())
    }

    /// As [`Dir::replace`], with the content that `write` writes.
    ///
    /// # Errors
    /// [`FileError`], also with the error of `write`; the file then has its old content.
    pub fn replace_with(
        &self,
        name: impl AsRef<OsStr>,
        mode: u32,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), FileError> {
        let name = name.as_ref();
        let temporary = temporary_name(name);
        // A fixed name, so that the next writer, which holds the lock, replaces what a crash left.
        self.unlink(&temporary)?;
        let mut file = self.create(&temporary, mode)?;
        let written = write(&mut file).and_then(|()| file.sync_all());
        if let Err(e) = written {
            let _ = self.unlink(&temporary);
            return Err(self.error("write", name, e));
        }
        if let Err(e) = self.rename(&temporary, name) {
            let _ = self.unlink(&temporary);
            return Err(e);
        }
        self.sync()
    }
}

/// The end of the name that [`Dir::replace`] writes to before it renames.
pub const TEMPORARY_SUFFIX: &str = ".hostprep-new";

/// Returns the name that [`Dir::replace`] writes to before it renames it to `name`.
#[must_use]
pub fn temporary_name(name: impl AsRef<OsStr>) -> OsString {
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(TEMPORARY_SUFFIX);
    temporary
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Opens a regular file, without following a symbolic link and without waiting.
pub(crate) fn open_regular(dir: &OwnedFd, name: &OsStr, flags: OFlag) -> Result<File, Errno> {
    open_found(dir, name, &fstatat(dir, name, AtFlags::AT_SYMLINK_NOFOLLOW)?, flags)
}

/// As [`open_regular`], for a name whose metadata are `found`.
pub(crate) fn open_found(dir: &OwnedFd, name: &OsStr, found: &FileStat, flags: OFlag) -> Result<File, Errno> {
    let regular = |found: &FileStat| match file_type(found) {
        SFlag::S_IFREG => Ok(()),
        SFlag::S_IFDIR => Err(Errno::EISDIR),
        SFlag::S_IFLNK => Err(Errno::ELOOP),
        _ => Err(Errno::EINVAL),
    };
    // Checked before opening: opening a device can have effects (a watchdog, a tape).
    regular(found)?;
    let always = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let fd = open_at(dir, name, flags | always, Mode::empty())?;
    regular(&fstat(&fd)?)?;
    Ok(File::from(fd))
}
