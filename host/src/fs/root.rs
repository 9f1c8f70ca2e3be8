//! The root directory that every path derives from, and the files beneath it.
//!
//! [`Root`] takes paths as the prepared host sees them (`/etc/login.defs`) and never leaves its directory: links
//! on the way are resolved inside it.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};
use thiserror::Error;

use crate::error::{FileError, MalformedFile, ReadError};
use crate::fs::dir::{Dir, open_regular};
use crate::fs::resolve;

/// The most that is read of a file that a person edits, in bytes.
pub const TEXT_LIMIT: u64 = 8 * 1024 * 1024;

/// Why a directory cannot be an alternate root.
#[derive(Debug, Error)]
pub enum RootError {
    /// It cannot be opened as a directory.
    #[error("--root {}: {source}; name a directory that holds an installed system", path.display())]
    NotADirectory {
        /// As given.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// It is this system's own root by another name.
    #[error("--root {} is this system's own root; leave --root out", path.display())]
    IsSystem {
        /// As given.
        path: PathBuf,
    },
    /// There is no `/etc` in it.
    #[error("--root {} has no etc directory, so it is no installed system; nothing was changed", path.display())]
    NoEtc {
        /// As given.
        path: PathBuf,
    },
}

/// The root directory of the host that is looked at or prepared.
#[derive(Debug)]
pub struct Root {
    pub(crate) fd: OwnedFd,
    path: PathBuf,
    alternate: bool,
}

impl Root {
    /// This system's own root, `/`.
    ///
    /// # Errors
    /// The system's, if `/` cannot be opened.
    #[expect(clippy::disallowed_methods, reason = "the door itself")]
    pub fn system() -> Result<Self, FileError> {
        let fd = File::open("/").map_err(|e| FileError::new("open", "/", e))?;
        Ok(Self { fd: fd.into(), path: "/".into(), alternate: false })
    }

    /// Another system's root at `path`, as `rpm --root` and `dpkg --root` take it.
    ///
    /// # Errors
    /// [`RootError`] where it is no directory, is `/` itself (also through a link), or has no `etc`.
    #[expect(clippy::disallowed_methods, reason = "the door itself")]
    pub fn alternate(path: &Path) -> Result<Self, RootError> {
        let not_a_directory = |source| RootError::NotADirectory { path: path.to_owned(), source };
        let real = std::fs::canonicalize(path).map_err(not_a_directory)?;
        // O_DIRECTORY, so that a fifo is refused and not waited for.
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let fd = open(&real, flags, Mode::empty()).map_err(|e| not_a_directory(e.into()))?;
        let itself = fstat(&fd).map_err(|e| not_a_directory(e.into()))?;
        let system = nix::sys::stat::stat("/").map_err(|e| not_a_directory(e.into()))?;
        if (itself.st_dev, itself.st_ino) == (system.st_dev, system.st_ino) {
            return Err(RootError::IsSystem { path: path.to_owned() });
        }
        let root = Self { fd, path: real, alternate: true };
        match root.stat("/etc") {
            Ok(Some(found)) if is_dir(&found) => Ok(root),
            // Not the same as none: too many open files, a failing disk.
            Err(e) => Err(not_a_directory(e.source)),
            _ => Err(RootError::NoEtc { path: path.to_owned() }),
        }
    }

    /// Returns `path` in the place of `/`, for tests of what is done on a running system: nothing in it is alternate.
    ///
    /// # Errors
    /// As [`Root::alternate`].
    #[cfg(any(test, feature = "test"))]
    pub fn for_test(path: &Path) -> Result<Self, RootError> {
        Ok(Self { alternate: false, ..Self::alternate(path)? })
    }

    /// Whether this is not the running system, so that only the disk can be judged.
    #[must_use]
    pub fn is_alternate(&self) -> bool {
        self.alternate
    }

    /// The root directory itself, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns `shown`, a path as this process sees it, as the prepared host sees it; unchanged if it is not below this root.
    #[must_use]
    pub fn inside<'p>(&self, shown: &'p Path) -> Cow<'p, Path> {
        match shown.strip_prefix(self.path()) {
            Ok(rest) if self.is_alternate() => Path::new("/").join(rest).into(),
            _ => shown.into(),
        }
    }

    /// `inside` as this process would name it: for messages, and for arguments of tools.
    #[must_use]
    pub fn shown(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.path.join(inside.as_ref().strip_prefix("/").unwrap_or(inside.as_ref()))
    }

    /// Opens a directory; links on the way are resolved inside the root.
    ///
    /// # Errors
    /// [`FileError`] with the path.
    pub fn dir(&self, inside: impl AsRef<Path>) -> Result<Dir, FileError> {
        let inside = inside.as_ref();
        let shown = self.shown(inside);
        let open = || {
            let place = resolve::place(&self.fd, inside, true)?;
            match place.name {
                None => Ok(place.dir),
                Some(name) => {
                    let found = fstatat(&place.dir, name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW)?;
                    match resolve::file_type(&found) {
                        SFlag::S_IFLNK => Err(Errno::ELOOP),
                        _ => resolve::open_dir(&place.dir, &name),
                    }
                }
            }
        };
        match open() {
            Ok(fd) => Ok(Dir { fd, shown }),
            Err(e) => Err(FileError::new("open", shown, e)),
        }
    }

    /// The directory that holds `inside` and the last name; links above the last name are resolved inside the root.
    ///
    /// # Errors
    /// [`FileError`] with the path.
    pub fn parent(&self, inside: impl AsRef<Path>) -> Result<(Dir, OsString), FileError> {
        let inside = inside.as_ref();
        let place =
            resolve::place(&self.fd, inside, false).map_err(|e| FileError::new("reach", self.shown(inside), e))?;
        let name = place.name.ok_or_else(|| FileError::new("reach", self.shown(inside), Errno::EINVAL))?;
        let shown = self.shown(inside.parent().unwrap_or(Path::new("/")));
        Ok((Dir { fd: place.dir, shown }, name))
    }

    /// What `inside` is, a link at its end not followed; `None` where nothing is there.
    ///
    /// # Errors
    /// [`FileError`] where it cannot be known.
    pub fn stat(&self, inside: impl AsRef<Path>) -> Result<Option<FileStat>, FileError> {
        self.stat_place(inside.as_ref(), false)
    }

    /// What `inside` leads to, links followed inside the root; `None` where nothing is there.
    ///
    /// # Errors
    /// [`FileError`] where it cannot be known.
    pub fn stat_followed(&self, inside: impl AsRef<Path>) -> Result<Option<FileStat>, FileError> {
        self.stat_place(inside.as_ref(), true)
    }

    fn stat_place(&self, inside: &Path, follow: bool) -> Result<Option<FileStat>, FileError> {
        let look = || {
            let place = resolve::place(&self.fd, inside, follow)?;
            match place.name {
                None => fstat(&place.dir),
                Some(name) => fstatat(&place.dir, name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW),
            }
        };
        match look() {
            Ok(found) => Ok(Some(found)),
            Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(None),
            Err(e) => Err(FileError::new("look at", self.shown(inside), e)),
        }
    }

    /// Whether something is there; what cannot be looked at counts as absent.
    #[must_use]
    pub fn exists(&self, inside: impl AsRef<Path>) -> bool {
        matches!(self.stat_followed(inside), Ok(Some(_)))
    }

    /// The names in a directory, sorted; empty where there is no such directory.
    ///
    /// # Errors
    /// [`FileError`] where it cannot be listed.
    pub fn names(&self, inside: impl AsRef<Path>) -> Result<Vec<OsString>, FileError> {
        match self.dir(inside) {
            Ok(dir) => dir.names(),
            Err(e) if e.is_missing() => Ok(Vec::new()),
            Err(e) => Err(e),
        }
    }

    /// Opens a file for reading; links are resolved inside the root. Never blocks on a fifo.
    ///
    /// # Errors
    /// [`FileError`]; `EINVAL` where it is no regular file.
    pub fn open(&self, inside: impl AsRef<Path>) -> Result<File, FileError> {
        let inside = inside.as_ref();
        let open = || {
            let place = resolve::place(&self.fd, inside, true)?;
            let name = place.name.ok_or(Errno::EISDIR)?;
            open_regular(&place.dir, &name, OFlag::O_RDONLY)
        };
        open().map_err(|e| FileError::new("open", self.shown(inside), e))
    }

    /// The content of a file of at most `limit` bytes.
    ///
    /// # Errors
    /// [`FileError`]; `EFBIG` where it is larger.
    pub fn read(&self, inside: impl AsRef<Path>, limit: u64) -> Result<Vec<u8>, FileError> {
        let file = self.open(&inside)?;
        read_limited(file, limit).map_err(|e| FileError::new("read", self.shown(inside), e))
    }

    /// The content of a text file of at most [`TEXT_LIMIT`] bytes.
    ///
    /// # Errors
    /// [`ReadError`]; malformed where it is not UTF-8, with the line.
    pub fn read_text(&self, inside: impl AsRef<Path>) -> Result<String, ReadError> {
        let bytes = self.read(&inside, TEXT_LIMIT)?;
        text(bytes, &self.shown(inside))
    }

    /// Like [`Root::read_text`], `None` where there is no such file.
    ///
    /// # Errors
    /// As [`Root::read_text`].
    pub fn read_text_if_there(&self, inside: impl AsRef<Path>) -> Result<Option<String>, ReadError> {
        match self.read_text(inside) {
            Ok(text) => Ok(Some(text)),
            Err(ReadError::File(e)) if e.is_missing() => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Where a symbolic link points; `None` where `inside` is no link.
    #[must_use]
    pub fn link_target(&self, inside: impl AsRef<Path>) -> Option<PathBuf> {
        let (dir, name) = self.parent(inside).ok()?;
        readlinkat(&dir.fd, name.as_os_str()).ok().map(PathBuf::from)
    }

    /// Opens a directory and makes what is missing of it, each component root-owned and 0755 whatever the umask.
    ///
    /// # Errors
    /// [`FileError`] with the component that could not be made.
    pub fn make_dirs(&self, inside: impl AsRef<Path>) -> Result<Dir, FileError> {
        let mut so_far = PathBuf::from("/");
        let mut dir = self.dir(&so_far)?;
        for name in inside.as_ref().components() {
            so_far.push(name);
            dir = match self.dir(&so_far) {
                Err(e) if e.is_missing() => match dir.make_dir(name.as_os_str(), 0o755) {
                    // Somebody else was faster.
                    Err(e) if e.errno() == Some(Errno::EEXIST) => self.dir(&so_far)?,
                    made => made?,
                },
                opened => opened?,
            };
        }
        Ok(dir)
    }

    /// Replaces a file's content so that after a crash either the old or the new is there, whole; directories above
    /// it are made.
    ///
    /// # Errors
    /// [`FileError`]; the old content is then still there.
    pub fn replace(&self, inside: impl AsRef<Path>, content: &[u8], mode: u32) -> Result<(), FileError> {
        let inside = inside.as_ref();
        let dir = self.make_dirs(inside.parent().unwrap_or(Path::new("/")))?;
        let name = inside.file_name().ok_or_else(|| FileError::new("write", self.shown(inside), Errno::EINVAL))?;
        dir.replace(name, content, mode)
    }
}

/// Whether `stat` is of a directory.
#[must_use]
pub fn is_dir(stat: &FileStat) -> bool {
    resolve::file_type(stat) == SFlag::S_IFDIR
}

/// Whether `stat` is of a symbolic link.
#[must_use]
pub fn is_link(stat: &FileStat) -> bool {
    resolve::file_type(stat) == SFlag::S_IFLNK
}

/// The permission bits, set-id and sticky bits of `stat`.
#[must_use]
pub fn mode_of(stat: &FileStat) -> u32 {
    stat.st_mode & 0o7777
}

/// Reads all of `file`, which may hold at most `limit` bytes.
///
/// # Errors
/// The system's; `EFBIG` where it is larger.
pub fn read_limited(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let size = file.metadata()?.len().min(limit);
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    file.take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(Errno::EFBIG.into());
    }
    Ok(content)
}

/// `bytes` as text.
///
/// # Errors
/// [`ReadError::Malformed`] with the line that is not UTF-8.
pub fn text(bytes: Vec<u8>, shown: &Path) -> Result<String, ReadError> {
    String::from_utf8(bytes).map_err(|e| {
        let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        ReadError::Malformed(MalformedFile {
            path: shown.to_owned(),
            line: Some(line),
            problem: "not UTF-8 text".into(),
            hint: "fix that line or put the file back from its package".into(),
        })
    })
}

#[cfg(test)]
mod tests;
