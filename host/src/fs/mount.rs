//! How a file system is mounted.

use nix::sys::stat::fstat;
use nix::sys::statvfs::{FsFlags, fstatvfs};

use crate::error::FileError;
use crate::fs::dir::Dir;
use crate::fs::in_root::InRoot;
use crate::fs::root::Root;

/// The mount point of a path, and options of that mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Its mount point, as the prepared host sees it.
    pub point: InRoot,
    /// Whether programs gain nothing from set-id bits, nor a domain from their label (`mount(2)`, `MS_NOSUID`).
    pub nosuid: bool,
    /// Whether programs cannot be started from it.
    pub noexec: bool,
    /// Whether nothing can be written to it.
    pub read_only: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Flags {
    device: u64,
    nosuid: bool,
    noexec: bool,
    read_only: bool,
}

impl Root {
    /// Returns how the file system of a directory is mounted: of the nearest one above it, if it does not exist.
    ///
    /// # Errors
    /// [`FileError`] if a directory cannot be opened.
    pub fn mount_of(&self, directory: &InRoot) -> Result<Mount, FileError> {
        let mut ancestors = directory.ancestors();
        let (mut point, flags) = loop {
            let path = ancestors.next().unwrap_or_else(InRoot::top);
            match self.dir(&path) {
                Ok(dir) => break (path.clone(), self.flags_of(&dir, &path)?),
                Err(e) if e.is_missing() && path.parent().is_some() => {}
                Err(e) => return Err(e),
            }
        };
        // A bind mount has the device of what it shows, and flags of its own.
        for above in ancestors {
            if self.flags_of(&self.dir(&above)?, &above)? != flags {
                break;
            }
            point = above;
        }
        let Flags { nosuid, noexec, read_only, .. } = flags;
        Ok(Mount { point, nosuid, noexec, read_only })
    }

    fn flags_of(&self, dir: &Dir, path: &InRoot) -> Result<Flags, FileError> {
        let failed = |e| FileError::new("look at", self.host_path(path), e);
        let device = fstat(&dir.fd).map_err(failed)?.st_dev;
        let flags = fstatvfs(&dir.fd).map_err(failed)?.flags();
        let [nosuid, noexec, read_only] =
            [FsFlags::ST_NOSUID, FsFlags::ST_NOEXEC, FsFlags::ST_RDONLY].map(|flag| flags.contains(flag));
        Ok(Flags { device, nosuid, noexec, read_only })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_those_of_the_nearest_directory_that_exists() {
        let root = Root::system().unwrap();
        let proc = root.mount_of(&"/proc/sys/kernel/none/of/these".into()).unwrap();
        assert_eq!(proc.point, "/proc");
        let flags = nix::sys::statvfs::statvfs("/proc").unwrap().flags();
        assert_eq!(
            (proc.nosuid, proc.noexec),
            (flags.contains(FsFlags::ST_NOSUID), flags.contains(FsFlags::ST_NOEXEC))
        );
        assert_eq!(root.mount_of(&InRoot::top()).unwrap().point, "/");
    }
}
