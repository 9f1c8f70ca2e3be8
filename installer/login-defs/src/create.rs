//! Creates a file that does not exist, for the duration of the window: `/etc/login.defs`, and the drop-in that
//! overrides the others.

use std::fs::File;
use std::os::fd::AsFd;

use host::fs::attributes::is_immutable;
use host::{Dir, FileError, ReadError, Root};
use nix::errno::Errno;

use crate::error::{Restored, WindowError};
use crate::files::{self, FileAt, Metadata, sha256};
use crate::record::Created;
use crate::text::{PatchRecord, unpatch};

/// The first line of a created file. Recovery recognizes the file by it, so it must not change.
pub(crate) const MARKER: &[u8] = b"# Created by hostprep for one run of useradd and removed after it.\n";

/// Returns the whole text of a created file.
pub(crate) fn content(patched: &[u8]) -> Vec<u8> {
    [MARKER, patched].concat()
}

/// Creates the file. Returns `false` if it exists meanwhile.
///
/// # Errors
/// [`WindowError::Unchangeable`], which names the directory, if it cannot be written to.
pub(crate) fn open(target: &FileAt, content: &[u8]) -> Result<bool, WindowError> {
    let dir = &target.dir;
    // A file created in an append-only directory could not be removed again.
    if is_append_only(dir)? {
        let refused = FileError::new("create", target.host_path(), Errno::EPERM);
        return Err(WindowError::of_changing(dir.path().to_owned(), refused));
    }
    create(target, content).map_err(|e| WindowError::of_changing(dir.path().to_owned(), e))
}

fn is_append_only(dir: &Dir) -> Result<bool, FileError> {
    let opened = dir.as_fd().try_clone_to_owned().map_err(|e| FileError::new("look at", dir.path(), e))?;
    Ok(is_immutable(&File::from(opened)))
}

fn create(target: &FileAt, content: &[u8]) -> Result<bool, FileError> {
    let FileAt { dir, name, .. } = target;
    let temporary = target.temporary_name();
    files::write_new(dir, &temporary, content, &Metadata::plain(0o644), None)?;
    match files::link(dir, &temporary, name) {
        Ok(()) => files::unlink(dir, &temporary)?,
        // This file system has no hard links.
        Err(e) if matches!(e.errno(), Some(Errno::EPERM | Errno::EOPNOTSUPP)) && dir.stat(name)?.is_none() => {
            files::rename(dir, &temporary, name)?;
        }
        Err(e) if e.errno() == Some(Errno::EEXIST) => return Ok(false),
        Err(e) => return Err(e),
    }
    files::sync(dir)?;
    Ok(true)
}

/// Returns whether the file is one that hostprep created.
pub(crate) fn is_ours(target: &FileAt) -> Result<bool, ReadError> {
    Ok(target.load()?.is_some_and(|loaded| loaded.content.starts_with(MARKER)))
}

/// Removes the file. If another program changed it, removes only our lines. `vendor` is the text it was created from.
pub(crate) fn restore(
    target: &FileAt,
    sha: Option<&str>,
    line: &PatchRecord,
    vendor: &[u8],
) -> Result<Restored, WindowError> {
    let FileAt { dir, name, .. } = target;
    let now = match target.load() {
        Err(ReadError::Malformed(_)) => return Ok(Restored::CONCURRENT_EDIT),
        now => now?,
    };
    let Some(now) = now else { return Ok(Restored::CLEAN) };
    let marked = now.content.starts_with(MARKER);
    let theirs = unpatch(now.content.strip_prefix(MARKER).unwrap_or(&now.content), line);
    let untouched = sha.is_some_and(|sha| sha256(&now.content) == sha);
    if untouched || (marked && (theirs == vendor || theirs.is_empty())) {
        files::unlink(dir, name)?;
        files::sync(dir)?;
        return Ok(Restored::CLEAN);
    }
    if theirs != now.content {
        let meta = Metadata::of(dir, name, &now)?;
        files::write_new(dir, target.temporary_name(), &theirs, &meta, Some(now.times()))?;
        files::rename(dir, target.temporary_name(), name)?;
        files::sync(dir)?;
    }
    Ok(Restored::CONCURRENT_EDIT)
}

/// Removes the temporary file of an interrupted creation.
pub(crate) fn clean(target: &FileAt) -> Result<(), FileError> {
    let temporary = target.temporary_name();
    if target.dir.stat(&temporary)?.is_some() {
        files::unlink(&target.dir, &temporary)?;
        files::sync(&target.dir)?;
    }
    Ok(())
}

/// Returns the vendor's text, empty if there is no such file.
pub(crate) fn vendor_text(root: &Root) -> Result<Vec<u8>, ReadError> {
    match FileAt::resolved(root, &crate::sources::VENDOR.into()) {
        Err(e) if e.is_missing() => Ok(Vec::new()),
        target => Ok(target?.load()?.map_or_else(Vec::new, |loaded| loaded.content)),
    }
}

/// Restores what a record names. Does nothing if its directory is gone.
pub(crate) fn restore_recorded(root: &Root, made: &Created, vendor: &[u8]) -> Result<Restored, WindowError> {
    match FileAt::unresolved(root, &made.path()) {
        Err(e) if e.is_missing() => Ok(Restored::CLEAN),
        target => {
            let target = target?;
            let settled = restore(&target, Some(&made.sha256), &made.line, vendor)?;
            clean(&target)?;
            Ok(settled)
        }
    }
}
