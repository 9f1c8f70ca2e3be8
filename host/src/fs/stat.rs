//! What `stat(2)` says about a file: its type, its mode and its identity.

use nix::sys::stat::{FileStat, SFlag};

/// Returns the file type bits of `stat`.
#[must_use]
pub fn file_type(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits())
}

/// Returns whether `stat` describes a directory.
#[must_use]
pub fn is_dir(stat: &FileStat) -> bool {
    file_type(stat) == SFlag::S_IFDIR
}

/// Returns whether `stat` describes a regular file.
#[must_use]
pub fn is_file(stat: &FileStat) -> bool {
    file_type(stat) == SFlag::S_IFREG
}

/// Returns whether `stat` describes a symbolic link.
#[must_use]
pub fn is_link(stat: &FileStat) -> bool {
    file_type(stat) == SFlag::S_IFLNK
}

/// Returns the permission, set-id and sticky bits of `stat`.
#[must_use]
pub fn mode_of(stat: &FileStat) -> u32 {
    stat.st_mode & 0o7777
}

/// Identifies a file under whichever name it was reached (`inode(7)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId {
    /// The device that holds the inode.
    pub device: u64,
    /// The inode number on that device.
    pub inode: u64,
}

impl FileId {
    /// Returns the identity of the file that `stat` describes.
    #[must_use]
    pub fn of(stat: &FileStat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }
}
