//! Reaching a directory of the agent's, or a path below one, without following a link that is not the system's own.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use host::fs::fhs;
use host::{Dir, FileError, Root};

/// The opened directory of the system's that holds `path`, and the names from there down to `path`. Links down to it are the
/// system's (`/opt` on an image-based host) and are resolved; none below is.
///
/// # Errors
/// [`FileError`] where that directory cannot be opened.
pub fn place(root: &Root, path: &Path) -> Result<(Dir, Vec<OsString>), FileError> {
    let above = fhs::base(path);
    let names = path.strip_prefix(&above).unwrap_or(path).iter().map(OsString::from).collect();
    Ok((root.dir(above)?, names))
}

/// Opens the directory `path` and makes what is missing of it, through no link below the system's own.
///
/// # Errors
/// [`FileError`] where a directory cannot be opened or made.
pub fn make_place(root: &Root, path: &Path) -> Result<Dir, FileError> {
    let (dir, name) = make_parent(root, path)?;
    open_or_make(&dir, &name)
}

/// Opens the directory above `path` as [`make_place`] does, and gives the last name of `path`.
///
/// # Errors
/// [`FileError`] where a directory cannot be opened or made.
pub fn make_parent(root: &Root, path: &Path) -> Result<(Dir, OsString), FileError> {
    let above = fhs::base(path);
    let mut names: Vec<OsString> = path.strip_prefix(&above).unwrap_or(path).iter().map(OsString::from).collect();
    let last = names.pop().unwrap_or_default();
    let mut dir = root.make_dirs(&above)?;
    for name in names {
        dir = open_or_make(&dir, &name)?;
    }
    Ok((dir, last))
}

fn open_or_make(dir: &Dir, name: &OsStr) -> Result<Dir, FileError> {
    match dir.stat(name)? {
        Some(_) => dir.dir(name),
        None => dir.make_dir(name, 0o755),
    }
}

/// Removes the directory `path` if it is empty; `false` where it is not, or is gone already.
///
/// # Errors
/// [`FileError`] where it cannot be looked at or removed.
pub fn remove_place(root: &Root, path: &Path) -> Result<bool, FileError> {
    let (mut dir, mut names) = match place(root, path) {
        Err(e) if e.is_missing() => return Ok(false),
        place => place?,
    };
    let Some(last) = names.pop() else { return Ok(false) };
    for name in names {
        match dir.stat(&name)? {
            None => return Ok(false),
            Some(_) => dir = dir.dir(&name)?,
        }
    }
    if dir.stat(&last)?.is_none() {
        return Ok(false);
    }
    dir.remove_dir(&last)
}

/// The opened directory above `path`, and its last name; no link is followed below the system's own directories.
///
/// # Errors
/// [`FileError`] where a directory cannot be opened.
pub fn open_parent(root: &Root, path: &Path) -> Result<(Dir, OsString), FileError> {
    let (mut dir, mut names) = place(root, path)?;
    let last = names.pop().unwrap_or_default();
    for name in names {
        dir = dir.dir(&name)?;
    }
    Ok((dir, last))
}
