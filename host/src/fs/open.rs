//! Opening and creating directories below a root. This is the only way to reach a path, and [`OpenPolicy`] says how.

use std::ffi::OsString;
use std::io;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::FileStat;

use crate::error::FileError;
use crate::fs::dir::Dir;
use crate::fs::fhs;
use crate::fs::in_root::{AsInRoot, InRoot};
use crate::fs::ownership::{TrustedOwners, Untrusted};
use crate::fs::resolve;
use crate::fs::root::Root;
use crate::fs::stat::{is_dir, is_link};

/// The mode of a directory that is created on the way.
const MODE: u32 = 0o755;

/// Which symbolic links are followed on the way to a path, and who may own the directories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenPolicy {
    /// Symbolic links are resolved inside the root. Any user may own the directories.
    Follow,
    /// Symbolic links are resolved inside the root down to [`fhs::base`]; below it, a link is `ELOOP`. Any user may own
    /// the directories.
    NoSymlinks,
    /// As [`OpenPolicy::NoSymlinks`], and each directory below the base must be writable by its trusted owner alone. The
    /// error is [`Untrusted`].
    Private,
}

/// What is found at the path of a directory, if no symbolic link is followed below [`fhs::base`].
#[derive(Debug)]
pub enum DirLookup {
    /// Nothing, or a directory above it is missing.
    Missing,
    /// The directory.
    Directory(FileStat),
    /// A symbolic link, at this path: the directory's own or one above it.
    Symlink(InRoot),
    /// Something else, such as a file, at this path: the directory's own or one above it.
    Other(InRoot),
}

impl Root {
    /// Opens a directory.
    ///
    /// # Errors
    /// [`FileError`], for which [`FileError::is_missing`] holds if a directory is missing.
    pub fn open_dir(&self, path: impl AsInRoot, policy: OpenPolicy) -> Result<Dir, FileError> {
        let path = &path.to_in_root();
        if policy == OpenPolicy::Follow {
            return self.dir(path);
        }
        let (base, names) = below_base(path);
        self.descend(self.dir(base)?, &names, policy, false)
    }

    /// Opens a directory and creates what is missing of it. Each created directory is root's and has mode 0755, whatever the
    /// umask is.
    ///
    /// # Errors
    /// [`FileError`] with the directory that could not be opened or created.
    pub fn create_dir(&self, path: impl AsInRoot, policy: OpenPolicy) -> Result<Dir, FileError> {
        let path = &path.to_in_root();
        if policy == OpenPolicy::Follow {
            return self.make_dirs(path);
        }
        let (base, names) = below_base(path);
        self.descend(self.make_dirs(&base)?, &names, policy, true)
    }

    /// Opens the directory that holds `path`, and returns it with the last name of `path`, which is not followed.
    ///
    /// # Errors
    /// [`FileError`]; `EINVAL` if `path` is the root directory.
    pub fn open_parent(&self, path: impl AsInRoot, policy: OpenPolicy) -> Result<(Dir, OsString), FileError> {
        let path = &path.to_in_root();
        if policy == OpenPolicy::Follow {
            return self.parent(path);
        }
        let (base, mut names) = below_base(path);
        let last = names.pop().ok_or_else(|| FileError::new("reach", self.host_path(path), Errno::EINVAL))?;
        Ok((self.descend(self.dir(base)?, &names, policy, false)?, last))
    }

    /// As [`Root::open_parent`], and creates what is missing of the directory as [`Root::create_dir`] does.
    ///
    /// # Errors
    /// As [`Root::open_parent`] and [`Root::create_dir`].
    pub fn create_parent(&self, path: impl AsInRoot, policy: OpenPolicy) -> Result<(Dir, OsString), FileError> {
        let path = &path.to_in_root();
        let (base, mut names) = below_base(path);
        let last = names.pop().ok_or_else(|| FileError::new("reach", self.host_path(path), Errno::EINVAL))?;
        let dir = match policy {
            OpenPolicy::Follow => self.make_dirs(path.parent().unwrap_or(base))?,
            OpenPolicy::NoSymlinks | OpenPolicy::Private => {
                self.descend(self.make_dirs(&base)?, &names, policy, true)?
            }
        };
        Ok((dir, last))
    }

    /// Opens a directory with [`OpenPolicy::Follow`].
    ///
    /// # Errors
    /// As [`Root::open_dir`].
    pub fn dir(&self, path: impl AsInRoot) -> Result<Dir, FileError> {
        let path = &path.to_in_root();
        let host_path = self.host_path(path);
        let open = || {
            let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
            if let Some(opened) = resolve::open_without_links(&self.fd, path.as_text(), flags) {
                return opened;
            }
            let resolved = resolve::resolve(&self.fd, path.as_text(), true)?;
            match (resolved.name, resolved.found) {
                (None, _) => Ok(resolved.dir),
                (Some(_), None) => Err(Errno::ENOENT),
                (Some(name), Some(_)) => resolve::open_dir(&resolved.dir, &name),
            }
        };
        match open() {
            Ok(fd) => Ok(Dir { fd, path: host_path, in_root: path.clone() }),
            Err(e) => Err(FileError::new("open", host_path, e)),
        }
    }

    /// Opens the directory that holds `path` with [`OpenPolicy::Follow`].
    ///
    /// # Errors
    /// As [`Root::open_parent`].
    pub fn parent(&self, path: impl AsInRoot) -> Result<(Dir, OsString), FileError> {
        let path = &path.to_in_root();
        let failed = |e: Errno| FileError::new("reach", self.host_path(path), e);
        let resolved = resolve::resolve(&self.fd, path.as_text(), false).map_err(failed)?;
        let name = resolved.name.ok_or_else(|| failed(Errno::EINVAL))?;
        let in_root = path.parent().unwrap_or_else(InRoot::top);
        Ok((Dir { fd: resolved.dir, path: self.host_path(&in_root), in_root }, name))
    }

    /// Opens a directory with [`OpenPolicy::Follow`] and creates what is missing of it.
    ///
    /// # Errors
    /// As [`Root::create_dir`].
    pub fn make_dirs(&self, path: impl AsInRoot) -> Result<Dir, FileError> {
        let mut so_far = InRoot::top();
        let mut dir = self.dir(&so_far)?;
        for name in path.as_text().components() {
            so_far.push(name);
            dir = match self.dir(&so_far) {
                Err(e) if e.is_missing() => match dir.make_dir(name.as_os_str(), MODE) {
                    // Another process was faster.
                    Err(e) if e.errno() == Some(Errno::EEXIST) => self.dir(&so_far)?,
                    made => made?,
                },
                opened => opened?,
            };
        }
        Ok(dir)
    }

    /// Opens a directory with [`OpenPolicy::Private`].
    ///
    /// # Errors
    /// As [`Root::open_dir`]; [`Untrusted`] at a link, a file, or a directory that others can write to.
    pub fn open_private_dir(&self, path: impl AsInRoot) -> Result<Dir, FileError> {
        self.open_dir(path, OpenPolicy::Private)
    }

    /// Opens a directory with [`OpenPolicy::Private`] and creates what is missing of it.
    ///
    /// # Errors
    /// As [`Root::create_dir`] and [`Root::open_private_dir`].
    pub fn create_private_dir(&self, path: impl AsInRoot) -> Result<Dir, FileError> {
        self.create_dir(path, OpenPolicy::Private)
    }

    /// Returns what is at the path of a directory, and where, with [`OpenPolicy::NoSymlinks`]. Opens no more than the
    /// directories above it.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be looked at.
    pub fn look_up_dir(&self, path: impl AsInRoot) -> Result<DirLookup, FileError> {
        let (mut at, names) = below_base(&path.to_in_root());
        let mut dir = match self.dir(&at) {
            Err(e) if e.is_missing() => return Ok(DirLookup::Missing),
            opened => opened?,
        };
        let mut names = names.iter().peekable();
        while let Some(name) = names.next() {
            at.push(name);
            match dir.stat(name)? {
                None => return Ok(DirLookup::Missing),
                Some(found) if is_link(&found) => return Ok(DirLookup::Symlink(at)),
                Some(found) if !is_dir(&found) => return Ok(DirLookup::Other(at)),
                Some(found) if names.peek().is_none() => return Ok(DirLookup::Directory(found)),
                Some(_) => dir = dir.dir(name)?,
            }
        }
        dir.stat_self().map(DirLookup::Directory)
    }

    /// Removes a directory with [`OpenPolicy::NoSymlinks`]. Returns `false` if it is not empty or is already gone.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be looked at or removed.
    pub fn remove_empty_dir(&self, path: impl AsInRoot) -> Result<bool, FileError> {
        let (base, mut names) = below_base(&path.to_in_root());
        let base = match self.dir(base) {
            Err(e) if e.is_missing() => return Ok(false),
            opened => opened?,
        };
        let Some(last) = names.pop() else { return Ok(false) };
        let parent = match self.descend(base, &names, OpenPolicy::NoSymlinks, false) {
            // A file in the place of a directory is an error.
            Err(e) if e.errno() == Some(Errno::ENOENT) => return Ok(false),
            opened => opened?,
        };
        if parent.stat(&last)?.is_none() {
            return Ok(false);
        }
        parent.remove_dir(&last)
    }

    /// Opens `names` one below the other, without following a link.
    fn descend(&self, mut dir: Dir, names: &[OsString], policy: OpenPolicy, create: bool) -> Result<Dir, FileError> {
        let owners = match policy {
            OpenPolicy::Private => Some(self.trusted_owners()?),
            OpenPolicy::Follow | OpenPolicy::NoSymlinks => None,
        };
        for name in names {
            let opened = match dir.dir(name) {
                Err(e) if create && e.errno() == Some(Errno::ENOENT) => match dir.make_dir(name, MODE) {
                    // Another process was faster.
                    Err(e) if e.errno() == Some(Errno::EEXIST) => dir.dir(name),
                    made => made,
                },
                opened => opened,
            };
            let next = match owners {
                None => opened?,
                Some(owners) => private(owners, opened).map_err(|e| match e {
                    Refused::File(e) => e,
                    Refused::Untrusted(e) => FileError::new("use", dir.path().join(name), io::Error::other(e)),
                })?,
            };
            dir = next;
        }
        Ok(dir)
    }
}

enum Refused {
    File(FileError),
    Untrusted(Untrusted),
}

/// Checks that only trusted owners can write to the directory that was opened.
fn private(owners: TrustedOwners, opened: Result<Dir, FileError>) -> Result<Dir, Refused> {
    let dir = match opened {
        Err(e) if e.errno() == Some(Errno::ELOOP) => return Err(Refused::Untrusted(Untrusted::Link)),
        Err(e) if e.errno() == Some(Errno::ENOTDIR) => return Err(Refused::Untrusted(Untrusted::NoDirectory)),
        opened => opened.map_err(Refused::File)?,
    };
    let found = dir.stat_self().map_err(Refused::File)?;
    owners.exclusive(&found).map_err(Refused::Untrusted)?;
    Ok(dir)
}

/// Returns the system directory that holds `path`, and the names from there down to it.
fn below_base(path: &InRoot) -> (InRoot, Vec<OsString>) {
    let base = fhs::base(path);
    let names =
        path.as_path().strip_prefix(base.as_path()).unwrap_or(path.as_path()).iter().map(OsString::from).collect();
    (base, names)
}

#[cfg(test)]
mod tests;
