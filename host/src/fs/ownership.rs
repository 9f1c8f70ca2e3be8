//! File ownership. What another user can change is not read as configuration, not run and not appended to.

use std::path::{Path, PathBuf};

use nix::libc::nlink_t;
use nix::sys::stat::FileStat;
use thiserror::Error;

/// Why a file or directory is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Untrusted {
    /// It belongs to another user, who can change it.
    #[error("it belongs to uid {0}; check its contents, then run `chown root` on it")]
    Owner(u32),
    /// Its mode lets its group or all users write.
    #[error("it is writable by others (mode {0:04o}); check its contents, then run `chmod go-w` on it")]
    Mode(u32),
    /// It is a symbolic link below the system's own directories.
    #[error("it is a symbolic link, which is not followed; use a bind mount instead, or move it away")]
    Link,
    /// It is in the place of a directory.
    #[error("it is not a directory; move it away")]
    NoDirectory,
    /// It has several names (`link(2)`), and writing would change the file under all of them.
    #[error("it has {0} names (hard links), and all would change; replace it with a copy")]
    Names(nlink_t),
}

/// A directory or symbolic link that others can change, and that keeps a file below it from being used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", text(path, *why))]
pub struct UntrustedAbove {
    path: PathBuf,
    why: Untrusted,
}

impl UntrustedAbove {
    pub(crate) fn new(path: PathBuf, why: Untrusted) -> Self {
        Self { path, why }
    }

    /// Returns the same error with another path.
    #[must_use]
    pub fn at(&self, path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), why: self.why }
    }

    /// Returns the path of the directory or link.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what is wrong with it.
    #[must_use]
    pub fn why(&self) -> Untrusted {
        self.why
    }
}

fn text(path: &Path, why: Untrusted) -> String {
    let word = path.display();
    let quoted = crate::shell::quoted(&path.to_string_lossy());
    match why {
        Untrusted::Owner(uid) => {
            format!("{word} belongs to uid {uid}; check its contents, then run: chown root {quoted}")
        }
        Untrusted::Mode(mode) => {
            format!("{word} is writable by others (mode {mode:04o}); check its contents, then run: chmod go-w {quoted}")
        }
        Untrusted::Link | Untrusted::NoDirectory | Untrusted::Names(_) => format!("{word}: {why}"),
    }
}

/// The users who may own what is trusted. Who runs this process does not matter: the answer is about the host.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TrustedOwners {
    /// Root alone.
    Root,
    /// Root and this user, who can change everything in the tree anyway.
    RootAnd(u32),
}

impl TrustedOwners {
    /// Returns those of the tree that begins at `top`: root and its owner.
    pub fn of(top: &FileStat) -> Self {
        Self::RootAnd(top.st_uid)
    }

    /// Checks that a trusted user owns `found`.
    ///
    /// # Errors
    /// [`Untrusted::Owner`].
    pub fn owned(self, found: &FileStat) -> Result<(), Untrusted> {
        let uid = found.st_uid;
        let is_trusted = match self {
            Self::Root => uid == 0,
            Self::RootAnd(owner) => uid == 0 || uid == owner,
        };
        if is_trusted { Ok(()) } else { Err(Untrusted::Owner(uid)) }
    }

    /// Checks that only trusted users can change `found`: the content of a file, the names in a directory.
    ///
    /// # Errors
    /// [`Untrusted::Owner`] or [`Untrusted::Mode`].
    pub fn exclusive(self, found: &FileStat) -> Result<(), Untrusted> {
        self.owned(found)?;
        if lets_others_write(found) { Err(Untrusted::Mode(found.st_mode & 0o7777)) } else { Ok(()) }
    }

    /// Checks that other users cannot rename or remove what trusted users have in the directory `found`. In a directory with
    /// the sticky bit they can change only their own names (`inode(7)`).
    ///
    /// # Errors
    /// As [`TrustedOwners::exclusive`].
    pub fn names_protected(self, found: &FileStat) -> Result<(), Untrusted> {
        if found.st_mode & 0o1000 != 0 { self.owned(found) } else { self.exclusive(found) }
    }
}

/// Returns whether the group or all users can write. With an access control list, the group's bits are its mask (`acl(5)`).
pub(crate) fn lets_others_write(found: &FileStat) -> bool {
    found.st_mode & 0o022 != 0
}
