//! The files of a policy in the store, and copies of it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use host::fs::is_dir;
use host::{Dir, FileError};
use nix::errno::Errno;
use nix::fcntl::OFlag;

use crate::store::priority_of;

/// libsemanage counts its commits here, in digits filled up with NUL.
const COMMITS: &str = "commit_num";

const MODULES: &str = "modules";

/// `active/modules/PRIORITY/NAME/cil` is the deepest.
const MOST_LEVELS: usize = 8;

/// The files below a directory.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Each with its size and the time of its last change.
    files: BTreeMap<PathBuf, (i64, (i64, i64))>,
    /// The number of the commit that made it.
    pub commits: Option<u64>,
}

impl Tree {
    pub(super) fn of(store: &Dir, name: &str) -> Result<Self, FileError> {
        let mut tree = Self::default();
        let dir = store.dir(name)?;
        tree.add(&dir, Path::new(""), MOST_LEVELS)?;
        tree.commits = commits(&dir)?;
        Ok(tree)
    }

    /// Returns whether there is a module at any priority.
    pub(super) fn has_modules(&self) -> bool {
        let is_priority = |name: Option<&OsStr>| name.and_then(OsStr::to_str).and_then(priority_of).is_some();
        self.files.keys().any(|path| {
            path.strip_prefix(MODULES)
                .is_ok_and(|inside| is_priority(inside.iter().next()) && inside.iter().count() > 1)
        })
    }

    fn add(&mut self, dir: &Dir, at: &Path, levels: usize) -> Result<(), FileError> {
        for name in dir.names()? {
            let Some(found) = dir.stat(&name)? else { continue };
            let path = at.join(&name);
            if !is_dir(&found) {
                self.files.insert(path, (found.st_size, (found.st_mtime, found.st_mtime_nsec)));
            } else if levels > 0 {
                self.add(&dir.dir(&name)?, &path, levels - 1)?;
            }
        }
        Ok(())
    }

    /// Returns whether `whole` has each of its files and more. A file that is being copied is shorter, or has a name of its
    /// own, `FILE.tmp` (`semanage_copy_file`).
    pub(super) fn is_part_of(&self, whole: &Self) -> bool {
        let is_there = |(path, (size, _)): (&PathBuf, &(i64, (i64, i64)))| match whole.files.get(path) {
            Some((other, _)) => size <= other,
            None => {
                path.extension().is_some_and(|it| it == "tmp") && whole.files.contains_key(&path.with_extension(""))
            }
        };
        let is_same =
            |(path, (size, _)): (&PathBuf, &(i64, (i64, i64)))| self.files.get(path).is_some_and(|it| it.0 == *size);
        self.files.iter().all(is_there) && !whole.files.iter().all(is_same)
    }

    /// Returns whether no file is older than the one of the same name in `original`: a copy has a time of its own.
    pub(super) fn is_copy_of(&self, original: &Self) -> bool {
        self.files.iter().all(|(path, (_, time))| original.files.get(path).is_none_or(|(_, other)| time >= other))
    }
}

/// Returns the number of the commit that made a policy; `None` if it has none.
pub(super) fn commits(policy: &Dir) -> Result<Option<u64>, FileError> {
    let Ok(file) = policy.open(COMMITS, OFlag::O_RDONLY) else { return Ok(None) };
    let text = host::fs::read_limited(file, 64).map_err(|e| FileError::new("read", policy.path().join(COMMITS), e))?;
    Ok(String::from_utf8_lossy(&text).trim_matches(['\0', ' ', '\n']).parse().ok())
}

/// Returns whether a policy has a module at any priority.
pub(super) fn has_modules(policy: &Dir) -> Result<bool, FileError> {
    let Some(modules) = policy.stat(MODULES)?.filter(is_dir).map(|_| policy.dir(MODULES)).transpose()? else {
        return Ok(false);
    };
    for name in modules.names()? {
        let is_priority = name.to_str().and_then(priority_of).is_some();
        if is_priority && modules.stat(&name)?.as_ref().is_some_and(is_dir) && !modules.dir(&name)?.names()?.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes a directory with all that is in it, if it exists. Symbolic links are not followed.
pub(super) fn remove(parent: &Dir, name: impl AsRef<OsStr>) -> Result<(), FileError> {
    match parent.stat(&name)? {
        None => return Ok(()),
        Some(found) if !is_dir(&found) => return parent.unlink(&name),
        Some(_) => {}
    }
    let dir = parent.dir(&name)?;
    for inside in dir.names()? {
        remove(&dir, inside)?;
    }
    parent.remove_dir(&name).map(drop)
}

/// Copies a directory with all that is in it to `to`, which does not exist. What is neither a directory nor a regular file is left
/// out, as libsemanage does.
pub(super) fn copy(parent: &Dir, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> Result<(), FileError> {
    let source = parent.dir(&from)?;
    let target = parent.make_dir(&to, source.stat_self()?.st_mode & 0o7777)?;
    copy_into(&source, &target)
}

fn copy_into(source: &Dir, target: &Dir) -> Result<(), FileError> {
    for name in source.names()? {
        let Some(found) = source.stat(&name)? else { continue };
        let mode = found.st_mode & 0o7777;
        if is_dir(&found) {
            copy_into(&source.dir(&name)?, &target.make_dir(&name, mode)?)?;
            continue;
        }
        let mut file = match source.open(&name, OFlag::O_RDONLY) {
            Err(e) if matches!(e.errno(), Some(Errno::ELOOP | Errno::EINVAL)) => continue,
            opened => opened?,
        };
        let mut copied = target.create(&name, mode)?;
        io::copy(&mut file, &mut copied)
            .and_then(|_| copied.sync_all())
            .map_err(|e| FileError::new("write", target.path().join(&name), e))?;
    }
    target.sync()
}
