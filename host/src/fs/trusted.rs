//! What is ours, or is believed: reached through no link that is not the system's, and nobody else's to change.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag};
use nix::sys::stat::{FileStat, fstat, fstatat};
use thiserror::Error;

use crate::error::{FileError, ReadError};
use crate::fs::dir::open_regular;
use crate::fs::files::{TEXT_LIMIT, read_limited, text};
use crate::fs::ownership::{TrustedOwners, Untrusted};
use crate::fs::resolve::{self, Resolved};
use crate::fs::root::Root;

impl Root {
    /// The text of a file of ours of at most [`TEXT_LIMIT`] bytes, reached as [`Root::open_private_dir`] reaches its directory; `None`
    /// where there is none.
    ///
    /// # Errors
    /// As [`Root::open_private_dir`] and [`Root::read_text`].
    pub fn read_private(&self, inside: impl AsRef<Path>) -> Result<Option<String>, ReadError> {
        let inside = inside.as_ref();
        let shown = self.shown(inside);
        let name = inside.file_name().ok_or_else(|| FileError::new("read", &shown, Errno::EINVAL))?;
        let opened = self.open_private_dir(inside.parent().unwrap_or(Path::new("/")));
        let file = match opened.and_then(|dir| dir.open(name, OFlag::O_RDONLY)) {
            Err(e) if e.is_missing() => return Ok(None),
            file => file?,
        };
        let bytes = read_limited(file, TEXT_LIMIT).map_err(|e| FileError::new("read", &shown, e))?;
        text(bytes, &shown).map(Some)
    }

    /// As [`Root::read_text_if_there`], of a file that says what is to be done: neither it nor what leads to it may be for others
    /// to change.
    ///
    /// # Errors
    /// As [`Root::read_text`]; [`crate::fs::ownership::Untrusted`] where somebody else can change what is read.
    pub fn read_trusted_text(&self, inside: impl AsRef<Path>) -> Result<Option<String>, ReadError> {
        let inside = inside.as_ref();
        let shown = self.shown(inside);
        match self.open_trusted(inside) {
            Ok(file) => {
                let bytes = read_limited(file, TEXT_LIMIT).map_err(|e| FileError::new("read", &shown, e))?;
                text(bytes, &shown).map(Some)
            }
            Err(e) if e.is_missing() => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn open_trusted(&self, inside: &Path) -> Result<File, FileError> {
        let owners = self.trusted_owners()?;
        let shown = self.shown(inside);
        let failed = |e: io::Error| FileError::new("use", &shown, e);
        let place = resolve::resolve_checked(&self.fd, inside, true, &mut |seen| {
            let found = seen.stat().map_err(Stopped::System)?;
            match seen {
                resolve::PathStep::Directory(_) => owners.names_protected(&found),
                resolve::PathStep::Link(_) => owners.owned(&found),
            }
            .map_err(Stopped::Untrusted)
        });
        let place = match place {
            Err(Stopped::System(e)) => return Err(FileError::new("open", &shown, e)),
            Err(Stopped::Untrusted(e)) => return Err(failed(io::Error::other(OnTheWay(e)))),
            Ok(place) => place,
        };
        let name = place.name.ok_or_else(|| FileError::new("open", &shown, Errno::EISDIR))?;
        let file = open_regular(&place.dir, &name, OFlag::O_RDONLY).map_err(|e| FileError::new("open", &shown, e))?;
        let found = fstat(&file).map_err(|e| FileError::new("look at", &shown, e))?;
        owners.exclusive(&found).map_err(|e| failed(io::Error::other(e)))?;
        Ok(file)
    }

    /// Returns the deepest directory on the way to `inside`, it included, that is not root's or that others can write to. Links
    /// are resolved inside the root; what is missing is passed over.
    ///
    /// # Errors
    /// [`FileError`] if one cannot be looked at.
    pub fn find_dir_not_roots_alone(&self, inside: &Path) -> Result<Option<PathBuf>, FileError> {
        for directory in inside.ancestors() {
            if let Some(found) = self.stat_followed(directory)?
                && TrustedOwners::Root.exclusive(&found).is_err()
            {
                return Ok(Some(directory.to_owned()));
            }
        }
        Ok(None)
    }

    /// Whether `inside` leads to a file that nobody else can change, through directories and links that nobody else can, and that
    /// lies in a directory that is nobody else's to write to at all.
    #[must_use]
    pub fn is_trusted(&self, inside: impl AsRef<Path>) -> bool {
        let Ok(owners) = self.trusted_owners() else { return false };
        let mut last = None;
        let place = resolve::resolve_checked(&self.fd, inside.as_ref(), true, &mut |seen| {
            let found = seen.stat().map_err(Stopped::System)?;
            match seen {
                resolve::PathStep::Directory(_) => {
                    last = Some(found);
                    owners.names_protected(&found)
                }
                // It, too, must lie where nobody else can put another.
                resolve::PathStep::Link(_) => {
                    last.map_or(Ok(()), |dir| owners.exclusive(&dir)).and_then(|()| owners.owned(&found))
                }
            }
            .map_err(Stopped::Untrusted)
        });
        let Ok(Resolved { dir, name: Some(name) }) = place else { return false };
        let alone = |found: Result<FileStat, Errno>| found.is_ok_and(|found| owners.exclusive(&found).is_ok());
        alone(fstat(&dir)) && alone(fstatat(&dir, name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW))
    }
}

/// Why a walk stopped.
enum Stopped {
    System(Errno),
    Untrusted(Untrusted),
}

impl From<Errno> for Stopped {
    fn from(errno: Errno) -> Self {
        Self::System(errno)
    }
}

/// The same of a directory or a link that leads to a file.
#[derive(Debug, Error)]
#[error("of what leads to it: {0}")]
struct OnTheWay(Untrusted);

#[cfg(test)]
mod tests;
