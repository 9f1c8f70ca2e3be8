//! The root directory that every path derives from.
//!
//! [`Root`] takes paths as the prepared host sees them (`/etc/login.defs`). It resolves symbolic links inside its directory and
//! never leaves it.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::{FileStat, Mode, fstat};
use thiserror::Error;

use crate::error::FileError;
use crate::fs::in_root::{AsInRoot, InRoot};
use crate::fs::ownership::TrustedOwners;
use crate::fs::resolve;
use crate::fs::stat::{FileId, is_dir};

/// Why a directory is not usable as an alternate root.
#[derive(Debug, Error)]
pub enum RootError {
    /// It cannot be opened as a directory.
    #[error("{}: {source}; name a directory that holds an installed system", path.display())]
    NotADirectory {
        /// The directory, as given.
        path: PathBuf,
        /// The error of the system call.
        source: io::Error,
    },
    /// It is this system's own root, under another name.
    #[error("{} is this system's own root", path.display())]
    IsSystem {
        /// The directory, as given.
        path: PathBuf,
    },
    /// Its name is not UTF-8: no command, script or JSON that is printed could name it.
    #[error("{} is not a name in UTF-8", path.display())]
    NotUtf8 {
        /// The directory, without symbolic links.
        path: PathBuf,
    },
    /// It has no `/etc`.
    #[error("{} has no etc directory, so it does not hold an installed system", path.display())]
    NoEtc {
        /// The directory, as given.
        path: PathBuf,
    },
}

/// The root directory of the prepared host.
#[derive(Debug)]
pub struct Root {
    pub(crate) fd: OwnedFd,
    path: PathBuf,
    alternate: bool,
    owners: Owners,
}

/// The users besides root who may own what is trusted.
#[derive(Debug, Clone, Copy)]
enum Owners {
    /// None: the tree is this system's.
    RootAlone,
    /// The owner of the root directory, who can change everything below it anyway.
    OwnerOfTop,
    /// The user who runs the tests, and made the files.
    #[cfg(any(test, feature = "test"))]
    Tester,
}

impl Root {
    /// Opens this system's own root, `/`.
    ///
    /// # Errors
    /// [`FileError`] if `/` cannot be opened.
    #[expect(clippy::disallowed_methods, reason = "the only place that opens a root")]
    pub fn system() -> Result<Self, FileError> {
        let fd = File::open("/").map_err(|e| FileError::new("open", "/", e))?;
        Ok(Self { fd: fd.into(), path: "/".into(), alternate: false, owners: Owners::RootAlone })
    }

    /// Opens another system's root at `path`, as `rpm --root` and `dpkg --root` do.
    ///
    /// # Errors
    /// [`RootError`] if it is not a directory, is `/` itself (also through a symbolic link), has no `etc`, or its name is not UTF-8.
    #[expect(clippy::disallowed_methods, reason = "the only place that opens a root")]
    pub fn alternate(path: &Path) -> Result<Self, RootError> {
        let not_a_directory = |source| RootError::NotADirectory { path: path.to_owned(), source };
        let real = std::fs::canonicalize(path).map_err(not_a_directory)?;
        if real.to_str().is_none() {
            return Err(RootError::NotUtf8 { path: real });
        }
        // O_DIRECTORY, because opening a fifo would wait.
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let fd = open(&real, flags, Mode::empty()).map_err(|e| not_a_directory(e.into()))?;
        let itself = fstat(&fd).map_err(|e| not_a_directory(e.into()))?;
        let system = nix::sys::stat::stat("/").map_err(|e| not_a_directory(e.into()))?;
        if FileId::of(&itself) == FileId::of(&system) {
            return Err(RootError::IsSystem { path: path.to_owned() });
        }
        let root = Self { fd, path: real, alternate: true, owners: Owners::OwnerOfTop };
        match root.stat("/etc") {
            Ok(Some(found)) if is_dir(&found) => Ok(root),
            // Not the same as a missing directory: too many open files, a failing disk.
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

    /// Returns this root, in which only root is trusted, as in this system's own.
    #[cfg(test)]
    pub(crate) fn trusting_root_alone(self) -> Self {
        Self { owners: Owners::RootAlone, ..self }
    }

    /// Returns this root, in which tests that an ordinary user runs trust what that user made.
    #[cfg(any(test, feature = "test"))]
    pub(crate) fn trusting_tester(self) -> Self {
        Self { owners: Owners::Tester, ..self }
    }

    /// Returns who may own what is trusted in this root.
    pub(crate) fn trusted_owners(&self) -> Result<TrustedOwners, FileError> {
        match self.owners {
            Owners::RootAlone => Ok(TrustedOwners::Root),
            Owners::OwnerOfTop => {
                let top = fstat(&self.fd).map_err(|e| FileError::new("look at", self.path(), e))?;
                Ok(TrustedOwners::of(&top))
            }
            #[cfg(any(test, feature = "test"))]
            Owners::Tester => Ok(TrustedOwners::RootAnd(nix::unistd::geteuid().as_raw())),
        }
    }

    /// Returns whether this is another system than the running one: only its files are known.
    #[must_use]
    pub fn is_alternate(&self) -> bool {
        self.alternate
    }

    /// Returns the absolute path of the root directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns `host_path`, a path as this process sees it, as the prepared host sees it. Returns `None` if it is not below this
    /// root.
    #[must_use]
    pub fn inside(&self, host_path: &Path) -> Option<InRoot> {
        match host_path.strip_prefix(self.path()) {
            Ok(rest) if self.is_alternate() => Some(InRoot::from_top(rest)),
            Err(_) if self.is_alternate() => None,
            _ => host_path.is_absolute().then(|| InRoot::from_top(host_path)),
        }
    }

    /// Returns `host_path` for a reader inside the root: as the prepared host sees it, or unchanged if it is not below this root.
    #[must_use]
    pub fn display_inside(&self, host_path: &Path) -> String {
        self.inside(host_path).map_or_else(|| host_path.display().to_string(), |path| path.to_string())
    }

    /// Returns `path` as this process sees it: for messages, and for arguments of tools.
    #[must_use]
    pub fn host_path(&self, path: impl AsInRoot) -> PathBuf {
        self.path.join(path.as_text().strip_prefix("/").unwrap_or(path.as_text()))
    }

    /// Returns the metadata of `path`, without following a symbolic link at its end. Returns `None` if it does not exist.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be looked at.
    pub fn stat(&self, path: impl AsInRoot) -> Result<Option<FileStat>, FileError> {
        self.stat_place(&path.to_in_root(), false)
    }

    /// Returns the metadata of what `path` leads to; symbolic links are resolved inside the root. Returns `None` if it does not
    /// exist.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be looked at.
    pub fn stat_followed(&self, path: impl AsInRoot) -> Result<Option<FileStat>, FileError> {
        self.stat_place(&path.to_in_root(), true)
    }

    fn stat_place(&self, path: &InRoot, follow: bool) -> Result<Option<FileStat>, FileError> {
        let look = || {
            let last = if follow { OFlag::empty() } else { OFlag::O_NOFOLLOW };
            if let Some(opened) = resolve::open_without_links(&self.fd, path.as_text(), OFlag::O_PATH | last) {
                return fstat(opened?);
            }
            let resolved = resolve::resolve(&self.fd, path.as_text(), follow)?;
            match resolved.name {
                None => fstat(&resolved.dir),
                Some(_) => resolved.found.ok_or(Errno::ENOENT),
            }
        };
        match look() {
            Ok(found) => Ok(Some(found)),
            Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(None),
            Err(e) => Err(FileError::new("look at", self.host_path(path), e)),
        }
    }

    /// Returns whether `path` leads to an existing file. A file that cannot be looked at counts as missing.
    #[must_use]
    pub fn exists(&self, path: impl AsInRoot) -> bool {
        matches!(self.stat_followed(path), Ok(Some(_)))
    }
}

#[cfg(test)]
mod tests;
