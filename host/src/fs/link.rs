//! Where a path leads in the end.

use crate::error::FileError;
use crate::fs::in_root::{AsInRoot, InRoot};
use crate::fs::resolve;
use crate::fs::root::Root;

impl Root {
    /// Returns `path` with every symbolic link resolved, as `realpath(1)` does. What is missing at its end is kept.
    ///
    /// # Errors
    /// [`FileError`], for which [`FileError::is_missing`] holds if a directory on the way is missing; `ELOOP` if links lead in a
    /// circle.
    pub fn real_path(&self, path: impl AsInRoot) -> Result<InRoot, FileError> {
        let resolved = resolve::resolve(&self.fd, path.as_text(), true);
        let resolved = resolved.map_err(|e| FileError::new("follow", self.host_path(&path), e))?;
        Ok(match resolved.name {
            Some(name) => resolved.at.join(name),
            None => resolved.at,
        })
    }
}

#[cfg(test)]
mod tests {
    use nix::errno::Errno;
    use nix::unistd::symlinkat;

    use crate::testing;

    #[test]
    fn links_of_every_kind_are_resolved_inside_the_root() {
        let (dir, root) = testing::with(&[("/data/cisco/amp/x", b""), ("/data/real/x", b"")]);
        for (link, target) in [
            ("absolute", "/data/cisco"),
            ("relative", "data/cisco"),
            ("chain", "/data/../relative"),
            ("data/up", "../data/cisco/../real"),
            ("data/cisco/above", ".."),
            ("top", "/"),
            ("out", "../../../../data/real"),
            ("dangling", "data/gone"),
            ("deep", "data/gone/away"),
            ("circle", "data/../circle"),
        ] {
            symlinkat(target, nix::fcntl::AT_FDCWD, &dir.path().join(link)).unwrap();
        }
        for (path, real) in [
            ("/data/cisco", "/data/cisco"),
            ("/absolute", "/data/cisco"),
            ("/relative/amp", "/data/cisco/amp"),
            ("/chain", "/data/cisco"),
            ("/data/up", "/data/real"),
            ("/data/cisco/above", "/data"),
            ("/top", "/"),
            ("/top/absolute/../real", "/data/real"),
            ("/out", "/data/real"),
            ("/dangling", "/data/gone"),
        ] {
            assert_eq!(root.real_path(path).unwrap(), real, "{path}");
        }
        assert!(root.real_path("/deep").unwrap_err().is_missing());
        assert_eq!(root.real_path("/circle").unwrap_err().errno(), Some(Errno::ELOOP));
    }
}
