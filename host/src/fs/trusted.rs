//! Files that only trusted users can change: hostprep's own state, its configuration, and the programs that it runs.

use std::ffi::OsString;
use std::fs::File;
use std::io;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::fstat;

use crate::error::{FileError, ReadError};
use crate::fs::dir::open_regular;
use crate::fs::files::{TEXT_LIMIT, read_limited, text};
use crate::fs::in_root::{AsInRoot, InRoot};
use crate::fs::ownership::{TrustedOwners, Untrusted, UntrustedAbove};
use crate::fs::resolve::{Resolved, StepKind, resolve_checked};
use crate::fs::root::Root;

impl Root {
    /// Reads a text file of at most [`TEXT_LIMIT`] bytes, after opening its directory with [`Root::open_private_dir`]. Returns
    /// `None` if there is no such file.
    ///
    /// # Errors
    /// As [`Root::open_private_dir`] and [`Root::read_text`].
    pub fn read_private(&self, path: impl AsInRoot) -> Result<Option<String>, ReadError> {
        let path = &path.to_in_root();
        let host_path = self.host_path(path);
        let name = path.file_name().ok_or_else(|| FileError::new("read", &host_path, Errno::EINVAL))?;
        let opened = self.open_private_dir(path.parent().unwrap_or_else(InRoot::top));
        let file = match opened.and_then(|dir| dir.open(name, OFlag::O_RDONLY)) {
            Err(e) if e.is_missing() => return Ok(None),
            file => file?,
        };
        let bytes = read_limited(file, TEXT_LIMIT).map_err(|e| FileError::new("read", &host_path, e))?;
        text(bytes, &host_path).map(Some)
    }

    /// Reads a text file that controls what hostprep does, as [`Root::read_text_if_there`] does. Symbolic links are followed, but
    /// the file, each directory and each link on the way must be ones that only trusted users can change.
    ///
    /// # Errors
    /// As [`Root::read_text`]. Also if `path` is a symbolic link that leads nowhere: whoever made the link wants its target read.
    /// [`Untrusted`](crate::fs::ownership::Untrusted) or [`UntrustedAbove`], which names the directory, if another user can change what
    /// is read.
    pub fn read_trusted_text(&self, path: impl AsInRoot) -> Result<Option<String>, ReadError> {
        let path = &path.to_in_root();
        let host_path = self.host_path(path);
        match self.open_trusted(path) {
            Ok(file) => {
                let bytes = read_limited(file, TEXT_LIMIT).map_err(|e| FileError::new("read", &host_path, e))?;
                text(bytes, &host_path).map(Some)
            }
            Err(e) if e.is_missing() => self.ensure_no_link(path).map(|()| None).map_err(Into::into),
            Err(e) => Err(e.into()),
        }
    }

    /// As [`Root::names`], for a directory whose files configure hostprep. Anything but a directory, and a symbolic link that leads
    /// nowhere, is an error.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be listed.
    pub fn names_of_files_to_read(&self, path: impl AsInRoot) -> Result<Vec<OsString>, FileError> {
        let path = &path.to_in_root();
        match self.stat_followed(path)? {
            Some(_) => self.dir(path)?.names(),
            None => self.ensure_no_link(path).map(|()| Vec::new()),
        }
    }

    /// Fails if `path`, at which nothing was found, is a symbolic link.
    fn ensure_no_link(&self, path: &InRoot) -> Result<(), FileError> {
        let Some(target) = self.link_target(path) else { return Ok(()) };
        let nowhere = io::Error::other(format!("it is a symbolic link to {}, which is missing", target.display()));
        Err(FileError::new("open", self.host_path(path), nowhere))
    }

    fn open_trusted(&self, path: &InRoot) -> Result<File, FileError> {
        let owners = self.trusted_owners()?;
        let host_path = self.host_path(path);
        let failed = |e: io::Error| FileError::new("use", &host_path, e);
        let resolved = resolve_checked(&self.fd, path.as_text(), true, &mut |step| {
            let found = step.stat().map_err(Stopped::System)?;
            match step.kind {
                StepKind::Directory(_) => owners.names_protected(&found),
                StepKind::Link(_) => owners.owned(&found),
            }
            .map_err(|why| Stopped::Untrusted(UntrustedAbove::new(self.host_path(step.path), why)))
        });
        let resolved = match resolved {
            Err(Stopped::System(e)) => return Err(FileError::new("open", &host_path, e)),
            Err(Stopped::Untrusted(e)) => return Err(failed(io::Error::other(e))),
            Ok(resolved) => resolved,
        };
        let name = resolved.name.ok_or_else(|| FileError::new("open", &host_path, Errno::EISDIR))?;
        let opened = open_regular(&resolved.dir, &name, OFlag::O_RDONLY);
        let file = opened.map_err(|e| FileError::new("open", &host_path, e))?;
        let found = fstat(&file).map_err(|e| FileError::new("look at", &host_path, e))?;
        owners.exclusive(&found).map_err(|e| failed(io::Error::other(e)))?;
        Ok(file)
    }

    /// Returns the deepest directory on the way to `path`, or `path` itself, that is not root's or that others can write
    /// to. Follows symbolic links inside the root and passes over what is missing.
    ///
    /// # Errors
    /// [`FileError`] if one cannot be looked at.
    pub fn find_dir_writable_by_others(&self, path: &InRoot) -> Result<Option<InRoot>, FileError> {
        for directory in path.ancestors() {
            if let Some(found) = self.stat_followed(&directory)?
                && TrustedOwners::Root.exclusive(&found).is_err()
            {
                return Ok(Some(directory));
            }
        }
        Ok(None)
    }

    /// Returns whether only trusted users can change the file that `path` leads to: see [`Root::find_untrusted`].
    #[must_use]
    pub fn is_trusted(&self, path: impl AsInRoot) -> bool {
        matches!(self.find_untrusted(path), Ok(None))
    }

    /// Returns the first thing that lets another user change the file or directory that `path` leads to: see
    /// [`Root::find_all_untrusted`].
    ///
    /// # Errors
    /// As [`Root::find_all_untrusted`].
    pub fn find_untrusted(&self, path: impl AsInRoot) -> Result<Option<UntrustedAbove>, FileError> {
        let first = self.find_all_untrusted(path)?.into_iter().next();
        Ok(first.map(|(path, why)| UntrustedAbove::new(self.host_path(path), why)))
    }

    /// Returns what lets another user change the file or directory that `path` leads to: it itself, a directory or a symbolic
    /// link on the way, each with its path without links. The directories that hold the file or a link must be writable by trusted
    /// users alone, the sticky bit notwithstanding.
    ///
    /// # Errors
    /// [`FileError`] if `path` does not lead to a file.
    pub fn find_all_untrusted(&self, path: impl AsInRoot) -> Result<Vec<(InRoot, Untrusted)>, FileError> {
        let owners = self.trusted_owners()?;
        let mut all: Vec<(InRoot, Untrusted)> = Vec::new();
        let mut note = |path: &InRoot, judged: Result<(), Untrusted>| {
            if let Err(why) = judged
                && !all.iter().any(|(other, _)| other == path)
            {
                all.push((path.clone(), why));
            }
        };
        let mut last = None;
        let failed = |e: Errno| FileError::new("look at", self.host_path(&path), e);
        let resolved = resolve_checked(&self.fd, path.as_text(), true, &mut |step| {
            let found = step.stat()?;
            match step.kind {
                StepKind::Directory(_) => {
                    last = Some(found);
                    note(step.path, owners.names_protected(&found));
                }
                StepKind::Link(_) => {
                    // In a directory with the sticky bit, another user could put a link of his own.
                    if let (Some(dir), Some(path)) = (last, step.path.parent()) {
                        note(&path, owners.exclusive(&dir));
                    }
                    note(step.path, owners.owned(&found));
                }
            }
            Ok::<_, Errno>(())
        });
        let Resolved { dir, at, name, found } = resolved.map_err(failed)?;
        note(&at, owners.exclusive(&fstat(&dir).map_err(failed)?));
        if let Some(name) = name {
            let found = found.ok_or(Errno::ENOENT).map_err(failed)?;
            note(&at.join(name), owners.exclusive(&found));
        }
        Ok(all)
    }
}

/// Why a path was not followed to its end.
enum Stopped {
    System(Errno),
    Untrusted(UntrustedAbove),
}

impl From<Errno> for Stopped {
    fn from(errno: Errno) -> Self {
        Self::System(errno)
    }
}

#[cfg(test)]
mod tests;
