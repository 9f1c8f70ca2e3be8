//! Symbolic links of an alternate root that lead a tool of this machine out of it.
//!
//! hostprep resolves links inside the root. A tool that gets the root as an option (`useradd --prefix`, `semodule -p`) lets the
//! kernel resolve them, and an absolute link then leads to this machine's own files.

use std::io;

use nix::errno::Errno;
use nix::sys::stat::stat;

use crate::error::FileError;
use crate::fs::dir::Dir;
use crate::fs::in_root::{AsInRoot, InRoot};
use crate::fs::resolve::{PathStep, StepKind, resolve_checked};
use crate::fs::root::Root;
use crate::fs::stat::{FileId, is_dir, is_link};

/// The depth to which links are looked for, in directories: deeper than any tree that a tool writes.
const DEEPEST: usize = 16;

/// How often a file is looked at that is another one each time.
const LOOKS: usize = 100;

impl Root {
    /// Returns the first path, of `paths` and everything below them, that leads a tool to another file than it leads hostprep
    /// to. Returns `None` on the running system, where both are the same.
    ///
    /// # Errors
    /// [`FileError`] if a path cannot be looked at.
    pub fn find_escaping_symlink(&self, paths: &[InRoot]) -> Result<Option<InRoot>, FileError> {
        if !self.is_alternate() {
            return Ok(None);
        }
        for path in paths {
            // Also true if a directory above is the link.
            if self.leads_elsewhere(path)? {
                return Ok(Some(path.clone()));
            }
            if self.stat(path)?.as_ref().is_some_and(is_dir)
                && let Some(found) = self.find_escaping_below(&self.dir(path)?, DEEPEST)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Fails if [`Root::find_escaping_symlink`] finds one in `paths`.
    ///
    /// # Errors
    /// [`FileError`] with the link.
    pub fn ensure_no_symlink_escape(&self, paths: &[InRoot]) -> Result<(), FileError> {
        match self.find_escaping_symlink(paths)? {
            None => Ok(()),
            Some(link) => {
                let why = "this symbolic link points outside the alternate root; replace it with a copy of its target";
                Err(FileError::new("let a tool change", self.host_path(link), io::Error::other(why)))
            }
        }
    }

    /// From directory to directory by their descriptors: a policy store has some hundred.
    fn find_escaping_below(&self, dir: &Dir, depth: usize) -> Result<Option<InRoot>, FileError> {
        for name in dir.names()? {
            match dir.stat(&name)? {
                Some(found) if is_link(&found) => {
                    let link = dir.in_root().join(&name);
                    if self.leads_elsewhere(&link)? {
                        return Ok(Some(link));
                    }
                }
                Some(found) if is_dir(&found) && depth > 1 => {
                    let below = match dir.dir(&name) {
                        // Removed since: a store's sandbox of another transaction.
                        Err(e) if e.is_missing() => continue,
                        opened => opened?,
                    };
                    if let Some(found) = self.find_escaping_below(&below, depth - 1)? {
                        return Ok(Some(found));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn leads_elsewhere(&self, path: &InRoot) -> Result<bool, FileError> {
        // Without a link, the kernel goes where hostprep goes: a file that is made between two looks is no second file.
        if !self.has_link(path) {
            return Ok(false);
        }
        Ok(match self.same_file(path)? {
            // A dangling link: a tool would create the target.
            Some(None) if self.stat(path)?.as_ref().is_some_and(is_link) => true,
            Some(None) => path.parent().map_or(Ok(false), |above| self.leads_elsewhere(&above))?,
            found => found.is_none(),
        })
    }

    /// Returns whether a symbolic link is on the way to `path`, or is there. What cannot be looked at ends the way.
    fn has_link(&self, path: &InRoot) -> bool {
        let mut found = false;
        let mut look = |step: PathStep| {
            found |= matches!(step.kind, StepKind::Link(_));
            Ok::<_, Errno>(())
        };
        let _ = resolve_checked(&self.fd, path.as_text(), true, &mut look);
        found
    }

    /// Returns the file to which `path` leads both hostprep and a tool, if it does; inside, `None` if both find nothing.
    ///
    /// Two looks may see two files of one path that changes. Paths that lead to different files differ at each.
    fn same_file(&self, path: &InRoot) -> Result<Option<Option<FileId>>, FileError> {
        for _ in 0..LOOKS {
            let theirs = stat(&self.host_path(path)).ok().as_ref().map(FileId::of);
            if self.stat_followed(path)?.as_ref().map(FileId::of) == theirs {
                return Ok(Some(theirs));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
