//! What is ours, or is believed: reached through no link that is not the system's, and nobody else's to change.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag};
use nix::sys::stat::{FileStat, fstat, fstatat};
use thiserror::Error;

use crate::error::{FileError, ReadError};
use crate::fs::dir::{Dir, open_regular};
use crate::fs::fhs;
use crate::fs::ownership::{TrustedOwners, Untrusted};
use crate::fs::resolve::{self, Place};
use crate::fs::root::{Root, TEXT_LIMIT, read_limited, text};

impl Root {
    /// Opens a directory of ours: links down to [`fhs::base`] are resolved inside the root, below it none is followed, and
    /// each directory must be one that nobody else can write to.
    ///
    /// # Errors
    /// [`FileError`], with [`crate::fs::ownership::Untrusted`] at a link, a file, or a directory that others can write to.
    pub fn open_private_dir(&self, inside: impl AsRef<Path>) -> Result<Dir, FileError> {
        let above = fhs::base(inside.as_ref());
        self.own_below(self.dir(&above)?, &above, inside.as_ref(), &|dir, name| dir.dir(name))
    }

    /// As [`Root::open_private_dir`], and makes what is missing of it, each component root-owned and 0755 whatever the umask.
    ///
    /// # Errors
    /// As [`Root::open_private_dir`].
    pub fn create_private_dir(&self, inside: impl AsRef<Path>) -> Result<Dir, FileError> {
        let above = fhs::base(inside.as_ref());
        self.own_below(self.make_dirs(&above)?, &above, inside.as_ref(), &|dir, name| match dir.dir(name) {
            Err(e) if e.errno() == Some(Errno::ENOENT) => match dir.make_dir(name, 0o755) {
                // Somebody else was faster.
                Err(e) if e.errno() == Some(Errno::EEXIST) => dir.dir(name),
                made => made,
            },
            opened => opened,
        })
    }

    fn own_below(
        &self,
        mut dir: Dir,
        above: &Path,
        inside: &Path,
        open: &dyn Fn(&Dir, &OsStr) -> Result<Dir, FileError>,
    ) -> Result<Dir, FileError> {
        let owners = self.owners()?;
        for name in inside.strip_prefix(above).unwrap_or(inside) {
            let foreign = |e: Untrusted| FileError::new("use", dir.shown().join(name), io::Error::other(e));
            let next = match open(&dir, name) {
                Err(e) if e.errno() == Some(Errno::ELOOP) => return Err(foreign(Untrusted::Link)),
                Err(e) if e.errno() == Some(Errno::ENOTDIR) => return Err(foreign(Untrusted::NoDirectory)),
                opened => opened?,
            };
            owners.alone(&next.stat_self()?).map_err(foreign)?;
            dir = next;
        }
        Ok(dir)
    }

    fn owners(&self) -> Result<TrustedOwners, FileError> {
        fstat(&self.fd).map(|top| TrustedOwners::of(&top)).map_err(|e| FileError::new("look at", self.path(), e))
    }

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
        let owners = self.owners()?;
        let shown = self.shown(inside);
        let failed = |e: io::Error| FileError::new("use", &shown, e);
        let place = resolve::place_seen(&self.fd, inside, true, &mut |seen| {
            let found = seen.stat().map_err(Stopped::System)?;
            match seen {
                resolve::PathStep::Directory(_) => owners.keep_names(&found),
                resolve::PathStep::Link(_) => owners.own(&found),
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
        owners.alone(&found).map_err(|e| failed(io::Error::other(e)))?;
        Ok(file)
    }

    /// Whether `inside` leads to a file that nobody else can change, through directories and links that nobody else can, and that
    /// lies in a directory that is nobody else's to write to at all.
    #[must_use]
    pub fn is_trusted(&self, inside: impl AsRef<Path>) -> bool {
        let Ok(owners) = self.owners() else { return false };
        let mut last = None;
        let place = resolve::place_seen(&self.fd, inside.as_ref(), true, &mut |seen| {
            let found = seen.stat().map_err(Stopped::System)?;
            match seen {
                resolve::PathStep::Directory(_) => {
                    last = Some(found);
                    owners.keep_names(&found)
                }
                // It, too, must lie where nobody else can put another.
                resolve::PathStep::Link(_) => {
                    last.map_or(Ok(()), |dir| owners.alone(&dir)).and_then(|()| owners.own(&found))
                }
            }
            .map_err(Stopped::Untrusted)
        });
        let Ok(Place { dir, name: Some(name) }) = place else { return false };
        let alone = |found: Result<FileStat, Errno>| found.is_ok_and(|found| owners.alone(&found).is_ok());
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
