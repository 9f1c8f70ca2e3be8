//! A file that was not there, made for the time of the window and removed again: `/etc/login.defs` where only the
//! vendor has one, and the drop-in that overrides the others.

use std::path::Path;

use host::{FileError, ReadError, Root};
use nix::errno::Errno;

use super::disk::{self, Meta, Place, sha256};
use super::error::{Settled, WindowError};
use super::record::Made;
use super::text::{PatchRecord, unpatch};

/// The first line of what is made.
pub(super) const MARKER: &[u8] = b"# Made by hostprep for one run of useradd and removed after it.\n";

/// The whole text of a file that is made.
pub(super) fn content(patched: &[u8]) -> Vec<u8> {
    [MARKER, patched].concat()
}

/// Makes the file; `false` where there is one meanwhile.
pub(super) fn open(place: &Place, content: &[u8]) -> Result<bool, WindowError> {
    let Place { dir, name, .. } = place;
    let temporary = place.temporary();
    disk::write_new(dir, &temporary, content, &Meta::plain(0o644), None)?;
    match disk::link(dir, &temporary, name) {
        Ok(()) => disk::unlink(dir, &temporary)?,
        // No hard links on this file system.
        Err(e) if matches!(e.errno(), Some(Errno::EPERM | Errno::EOPNOTSUPP)) && dir.stat(name)?.is_none() => {
            disk::rename(dir, &temporary, name)?;
        }
        Err(e) if e.errno() == Some(Errno::EEXIST) => return Ok(false),
        Err(e) => return Err(e.into()),
    }
    disk::sync(dir)?;
    Ok(true)
}

/// Whether what stands there was made by us.
pub(super) fn is_ours(place: &Place) -> Result<bool, ReadError> {
    Ok(place.load()?.is_some_and(|loaded| loaded.content.starts_with(MARKER)))
}

/// Removes the file again. Of one that somebody changed, only our lines go; `vendor` is what it was made from.
pub(super) fn settle(
    place: &Place,
    sha: Option<&str>,
    line: &PatchRecord,
    vendor: &[u8],
) -> Result<Settled, WindowError> {
    let Place { dir, name, .. } = place;
    let now = match place.load() {
        Err(ReadError::Malformed(_)) => return Ok(Settled::FOREIGN),
        now => now?,
    };
    let Some(now) = now else { return Ok(Settled::CLEAN) };
    let marked = now.content.starts_with(MARKER);
    let theirs = unpatch(now.content.strip_prefix(MARKER).unwrap_or(&now.content), line);
    let untouched = sha.is_some_and(|sha| sha256(&now.content) == sha);
    if untouched || (marked && (theirs == vendor || theirs.is_empty())) {
        disk::unlink(dir, name)?;
        disk::sync(dir)?;
        return Ok(Settled::CLEAN);
    }
    if theirs != now.content {
        let meta = Meta::of(dir, name, &now)?;
        disk::write_new(dir, place.temporary(), &theirs, &meta, Some(now.times()))?;
        disk::rename(dir, place.temporary(), name)?;
        disk::sync(dir)?;
    }
    Ok(Settled::FOREIGN)
}

/// Removes what was left of making it.
pub(super) fn clean(place: &Place) -> Result<(), FileError> {
    let temporary = place.temporary();
    if place.dir.stat(&temporary)?.is_some() {
        disk::unlink(&place.dir, &temporary)?;
        disk::sync(&place.dir)?;
    }
    Ok(())
}

/// The vendor's text, empty where there is none.
pub(super) fn vendor_text(root: &Root) -> Result<Vec<u8>, ReadError> {
    match Place::of(root, Path::new(super::source::VENDOR)) {
        Err(e) if e.is_missing() => Ok(Vec::new()),
        place => Ok(place?.load()?.map_or_else(Vec::new, |loaded| loaded.content)),
    }
}

/// As [`settle`], for what a record speaks of; nothing where its directory is gone.
pub(super) fn settle_recorded(root: &Root, made: &Made, vendor: &[u8]) -> Result<Settled, WindowError> {
    match Place::exactly(root, &made.path()) {
        Err(e) if e.is_missing() => Ok(Settled::CLEAN),
        place => {
            let place = place?;
            let settled = settle(&place, Some(&made.sha256), &made.line, vendor)?;
            clean(&place)?;
            Ok(settled)
        }
    }
}
