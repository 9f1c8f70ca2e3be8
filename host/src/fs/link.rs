//! Where a path leads in the end.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path};

use nix::errno::Errno;

use crate::error::FileError;
use crate::fs::in_root::{AsInRoot, InRoot};
use crate::fs::root::Root;
use crate::fs::stat::is_link;
use crate::fs::{MAX_SYMLINKS, resolve};

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

    /// Returns where `path` leads, whether it exists or not, as `realpath -m` does: each symbolic link that exists is resolved, and
    /// what follows a name that does not exist is resolved as text.
    ///
    /// # Errors
    /// [`FileError`] if a name on the way cannot be looked at; `ELOOP` if links lead in a circle.
    pub fn destination(&self, path: impl AsInRoot) -> Result<InRoot, FileError> {
        let mut at = InRoot::top();
        let mut left = MAX_SYMLINKS;
        let mut todo: VecDeque<OsString> = names(path.as_text()).collect();
        while let Some(name) = todo.pop_front() {
            if name == ".." {
                at.pop();
                continue;
            }
            let next = at.join(&name);
            let target = match self.stat(&next)? {
                Some(found) if is_link(&found) => self.link_target(&next),
                _ => None,
            };
            let Some(target) = target else {
                at = next;
                continue;
            };
            if left == 0 {
                return Err(FileError::new("follow", self.host_path(&path), Errno::ELOOP));
            }
            left -= 1;
            if target.is_absolute() {
                at = InRoot::top();
            }
            for name in names(&target).collect::<Vec<_>>().into_iter().rev() {
                todo.push_front(name);
            }
        }
        Ok(at)
    }
}

fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
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
        for (path, destination) in [
            ("/relative/amp", "/data/cisco/amp"),
            ("/out", "/data/real"),
            ("/dangling", "/data/gone"),
            ("/deep", "/data/gone/away"),
            ("/deep/../../x", "/data/x"),
            ("/data/cisco/above/cisco/x/y", "/data/cisco/x/y"),
            ("/none/../top/absolute/none/..", "/data/cisco"),
            ("/../..", "/"),
        ] {
            assert_eq!(root.destination(path).unwrap(), destination, "{path}");
        }
        assert_eq!(root.destination("/circle/x").unwrap_err().errno(), Some(Errno::ELOOP));
        assert_eq!(root.real_path("/circle").unwrap_err().errno(), Some(Errno::ELOOP));
    }
}
