//! What a file system still takes.

use nix::sys::statvfs::{FsFlags, fstatvfs};

use crate::error::FileError;
use crate::fs::dir::Dir;

/// What a file system still takes (`statvfs(3)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Set if it is mounted read-only (`ST_RDONLY`).
    pub is_read_only: bool,
    /// Free bytes for a user without privileges.
    pub bytes: u64,
    /// Free inodes; `None` if the file system does not count them, as btrfs.
    pub inodes: Option<u64>,
}

impl Dir {
    /// Returns what the directory's file system still takes.
    ///
    /// # Errors
    /// The error of `fstatvfs(3)`.
    pub fn space(&self) -> Result<Space, FileError> {
        let found = fstatvfs(&self.fd).map_err(|e| FileError::new("look at the file system of", &self.path, e))?;
        Ok(Space {
            is_read_only: found.flags().contains(FsFlags::ST_RDONLY),
            bytes: found.blocks_available().saturating_mul(found.fragment_size()),
            inodes: (found.files() > 0).then(|| found.files_available()),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::Root;

    #[test]
    fn proc_has_no_space_and_a_scratch_directory_has() {
        let scratch = tempfile::tempdir().unwrap();
        nix::unistd::mkdir(&scratch.path().join("etc"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let space = Root::alternate(scratch.path()).unwrap().dir("/etc").unwrap().space().unwrap();
        assert!(!space.is_read_only && space.bytes > 0, "{space:?}");
        let proc = Root::system().unwrap().dir("/proc").unwrap().space().unwrap();
        assert_eq!((proc.bytes, proc.inodes), (0, None));
    }
}
