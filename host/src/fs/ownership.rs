//! Whose a file is: what others may change is not believed, not run and not added to.

use nix::sys::stat::FileStat;
use nix::unistd::geteuid;
use thiserror::Error;

/// What others can do to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Untrusted {
    /// It is somebody else's.
    #[error("it belongs to uid {0}, which may change it; see what is in it, then give it to root")]
    Owner(u32),
    /// Its mode lets others write.
    #[error("its mode {0:04o} lets others write; see what is in it, then `chmod go-w`")]
    Mode(u32),
    /// Nothing that we did not make is followed.
    #[error("it is a symbolic link, which is not followed; move it away")]
    Link,
    /// Something else stands where a directory of ours would.
    #[error("it is no directory; move it away")]
    NoDirectory,
    /// It has further names, under which what is written would be seen as well (`link(2)`).
    #[error("it has {0} names (hard links) and is not written through one of them; put a copy in its place")]
    Names(u64),
}

/// Who may own what is believed: root, the caller, and the owner of the root directory, who can change all of it anyway.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TrustedOwners {
    /// Root alone.
    Root,
    /// Root, this process's user, and the owner of the root directory.
    OfTree { top: u32 },
}

impl TrustedOwners {
    /// Those of a tree whose top is `top`.
    pub fn of(top: &FileStat) -> Self {
        Self::OfTree { top: top.st_uid }
    }

    /// Whether `found` belongs to one of them.
    ///
    /// # Errors
    /// [`Untrusted::Owner`].
    pub fn owned(self, found: &FileStat) -> Result<(), Untrusted> {
        let uid = found.st_uid;
        let is_theirs = match self {
            Self::Root => uid == 0,
            Self::OfTree { top } => uid == 0 || uid == top || uid == geteuid().as_raw(),
        };
        if is_theirs { Ok(()) } else { Err(Untrusted::Owner(uid)) }
    }

    /// Whether nobody else can change what `found` is: a file's content, a directory's names.
    ///
    /// # Errors
    /// [`Untrusted`].
    pub fn exclusive(self, found: &FileStat) -> Result<(), Untrusted> {
        self.owned(found)?;
        if lets_others_write(found) { Err(Untrusted::Mode(found.st_mode & 0o7777)) } else { Ok(()) }
    }

    /// Whether nobody else can change what the names of these in the directory `found` lead to. In one with the sticky bit
    /// others have names of their own and no hold of ours (`inode(7)`).
    ///
    /// # Errors
    /// [`Untrusted`].
    pub fn names_protected(self, found: &FileStat) -> Result<(), Untrusted> {
        if found.st_mode & 0o1000 != 0 { self.owned(found) } else { self.exclusive(found) }
    }
}

/// Whether the mode does; with an access control list the group's bits are its mask (`acl(5)`).
pub(crate) fn lets_others_write(found: &FileStat) -> bool {
    found.st_mode & 0o022 != 0
}
