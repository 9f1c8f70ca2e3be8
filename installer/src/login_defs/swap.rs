//! The usual method: the original inode is kept aside under a second name while a patched copy has the file's own.
//!
//! Opening: hard-link the original aside, exchange the patched copy with the name. Closing: exchange the two again
//! and look at what was displaced. At every moment the name leads to a whole file, and the original inode has a name.

use std::ffi::OsStr;

use host::{Dir, FileError, ReadError};
use nix::errno::Errno;
use nix::sys::stat::FileStat;

use super::disk::{self, Loaded, Meta, Place, Times, sha256};
use super::error::{Settled, WindowError};
use super::record::Changed;
use super::text::{Settings, patch, unpatch};

/// How often somebody may change the file under our hands before we give up.
const ATTEMPTS: usize = 8;

/// What became of an attempt to open.
#[derive(Debug)]
pub(super) enum Opened {
    /// The window is open.
    Yes,
    /// The file is not what was read any more; look again.
    Changed,
    /// This cannot be done here; the file must be written in place.
    Cannot,
}

/// Puts a patched copy in the file's place.
///
/// # Errors
/// What must be settled before it is told to anybody: names may be left.
pub(super) fn open(place: &Place, original: &Loaded, patched: &[u8]) -> Result<Opened, WindowError> {
    let swapped =
        prepare(place, original, patched).and_then(|linked| if linked { swap_in(place).map(Some) } else { Ok(None) });
    match swapped {
        Ok(Some(swapped)) => Ok(finish(place, swapped)?),
        Ok(None) => Ok(Opened::Changed),
        Err(e) if cannot(&e) => {
            // The names were not exchanged: only our own are there, and the file has its own.
            clean(place)?;
            Ok(Opened::Cannot)
        }
        Err(e) => Err(e.into()),
    }
}

/// The original aside and the patched copy, both on disk; `false` where the file is not the one that was read.
fn prepare(place: &Place, original: &Loaded, patched: &[u8]) -> Result<bool, FileError> {
    let Place { dir, name, .. } = place;
    disk::removable(dir, name)?;
    disk::link(dir, name, place.aside())?;
    // On disk before the name changes: no journal may put these in another order.
    disk::sync(dir)?;
    if id(dir, &place.aside())? != id(dir, name)? {
        // An overlay gives the links of one file several numbers, so the file would come back with another.
        return Err(FileError::new("link", place.shown(), Errno::EXDEV));
    }
    let meta = Meta::of(dir, name, original)?;
    disk::write_new(dir, place.temporary(), patched, &meta, None)?;
    // Linked by name: only now is it certain what was linked.
    let linked = disk::load(dir, place.aside()).ok().flatten();
    Ok(linked.is_some_and(|linked| linked.content == original.content))
}

fn id(dir: &Dir, name: &OsStr) -> Result<Option<(u64, u64)>, FileError> {
    Ok(dir.stat(name)?.map(|stat| (stat.st_dev, stat.st_ino)))
}

/// How the copy came into place.
#[derive(Debug, Clone, Copy)]
enum Swapped {
    /// What it displaced has the temporary name.
    Exchanged,
    /// What it displaced can no longer be looked at.
    Renamed,
}

/// The one step that opens the window.
fn swap_in(place: &Place) -> Result<Swapped, FileError> {
    let Place { dir, name, .. } = place;
    if disk::exchange(dir, place.temporary(), name)? {
        return Ok(Swapped::Exchanged);
    }
    disk::rename(dir, place.temporary(), name)?;
    Ok(Swapped::Renamed)
}

/// From here on an error means that the window is open and must be settled.
fn finish(place: &Place, swapped: Swapped) -> Result<Opened, FileError> {
    let Place { dir, name, .. } = place;
    let temporary = place.temporary();
    if matches!(swapped, Swapped::Exchanged) {
        if id(dir, &temporary)? != id(dir, &place.aside())? {
            // Replaced since it was linked: back with it.
            disk::exchange(dir, &temporary, name)?;
            return Ok(Opened::Changed);
        }
        disk::sync(dir)?;
        disk::unlink(dir, &temporary)?;
    }
    disk::sync(dir)?;
    Ok(Opened::Yes)
}

/// A bind mount (`EXDEV`, `EBUSY`), a file system without links, too many links, an immutable directory or one on a
/// read-only file system with a writable file mounted in it, a label that may not be given.
fn cannot(error: &FileError) -> bool {
    use Errno::{EACCES, EBUSY, EMLINK, ENOSYS, EOPNOTSUPP, EPERM, EROFS, EXDEV};
    error.errno().is_some_and(|e| [EACCES, EBUSY, EMLINK, ENOSYS, EOPNOTSUPP, EPERM, EROFS, EXDEV].contains(&e))
}

/// Puts the original inode back, wherever opening or closing was interrupted; without a record as well.
pub(super) fn settle(place: &Place, record: Option<&Changed>) -> Result<Settled, WindowError> {
    for _ in 0..ATTEMPTS {
        if let Some(settled) = attempt(place, record)? {
            return Ok(settled);
        }
    }
    Err(WindowError::KeepsChanging { path: place.shown() })
}

/// Removes our names; after the record is gone, so that a copy of ours never outlives the knowledge of it.
pub(super) fn clean(place: &Place) -> Result<(), FileError> {
    let mut any = false;
    for name in [place.temporary(), place.aside()] {
        if place.dir.stat(&name)?.is_some() {
            disk::unlink(&place.dir, name)?;
            any = true;
        }
    }
    if any { disk::sync(&place.dir) } else { Ok(()) }
}

/// One look and one step; `None` where there is another look to take.
fn attempt(place: &Place, record: Option<&Changed>) -> Result<Option<Settled>, WindowError> {
    let Place { dir, name, .. } = place;
    let aside = disk::load(dir, place.aside())?;
    let now = match place.load() {
        // Somebody put something else in its place: their change, and not ours to undo.
        Err(ReadError::Malformed(_)) => return Ok(Some(Settled::FOREIGN)),
        now => now?,
    };
    match (aside, now) {
        (None, None) => Ok(Some(if record.is_some() { Settled::FOREIGN } else { Settled::CLEAN })),
        (None, Some(now)) => alone(place, record, &now),
        (Some(aside), None) if says_yes(&aside) => {
            // Our copy, displaced, and then the original removed by somebody.
            Ok(Some(Settled::FOREIGN))
        }
        (Some(_), None) => {
            disk::link(dir, place.aside(), name)?;
            disk::sync(dir)?;
            Ok(None)
        }
        (Some(aside), Some(now)) if aside.id() == now.id() => {
            restore_access_time(place, record, &now)?;
            Ok(Some(Settled::CLEAN))
        }
        (Some(aside), Some(now)) if is_original(&aside, &now, record) => put_back(place, record, &aside, &now),
        (Some(aside), Some(now)) => look_at_displaced(place, record, &aside, &now),
    }
}

/// Which of the two is the original? Its inode is known, unless overlayfs renumbered it or the record is lost.
fn is_original(aside: &Loaded, now: &Loaded, record: Option<&Changed>) -> bool {
    if let Some(record) = record.filter(|record| [aside.id(), now.id()].contains(&record.id())) {
        return aside.id() == record.id();
    }
    if aside.content == now.content {
        return false;
    }
    let Some(record) = record else { return !says_yes(aside) };
    match (sha256(&aside.content), sha256(&now.content)) {
        (aside, _) if aside == record.patched_sha256 => false,
        (_, now) if now == record.patched_sha256 => true,
        (aside, _) if aside == record.original_sha256 => true,
        (_, now) if now == record.original_sha256 => false,
        _ => !says_yes(aside),
    }
}

/// A window is opened only where the original does not say yes.
fn says_yes(loaded: &Loaded) -> bool {
    Settings::parse(&loaded.content).is_ok_and(|settings| settings.usergroups_enab())
}

/// The aside name is not there: nothing was opened yet, or somebody removed it.
fn alone(place: &Place, record: Option<&Changed>, now: &Loaded) -> Result<Option<Settled>, WindowError> {
    let Some(record) = record else { return Ok(Some(Settled::CLEAN)) };
    if now.id() == record.id() || sha256(&now.content) != record.patched_sha256 {
        restore_access_time(place, Some(record), now)?;
        return Ok(Some(Settled::CLEAN));
    }
    let original = unpatch(&now.content, &record.line);
    Ok(replace(place, now, now, &original, Some(record.times))?.then_some(Settled::CLEAN))
}

/// The window is open: the name leads to our copy, or to what somebody made of it.
fn put_back(
    place: &Place,
    record: Option<&Changed>,
    aside: &Loaded,
    now: &Loaded,
) -> Result<Option<Settled>, WindowError> {
    let Place { dir, name, .. } = place;
    let computed = patch(&aside.content);
    let untouched = match record {
        Some(record) => sha256(&now.content) == record.patched_sha256,
        None => now.content == computed.content,
    };
    let theirs = unpatch(&now.content, record.map_or(&computed.record, |record| &record.line));
    if untouched || theirs == aside.content {
        if disk::exchange(dir, place.aside(), name)? {
            disk::sync(dir)?;
            return Ok(None);
        }
        // Cannot be looked at once it is gone, so its mode and owner are kept first.
        let changed = keep_meta(place, record, now, aside)?;
        disk::rename(dir, place.aside(), name)?;
        disk::sync(dir)?;
        restore_access_time(place, record, aside)?;
        return Ok(Some(if changed { Settled::FOREIGN } else { Settled::CLEAN }));
    }
    if theirs != now.content && !replace(place, now, now, &theirs, Some(now.times()))? {
        return Ok(None);
    }
    // Before the record goes: it is no copy of ours that could be recognised without it.
    clean(place)?;
    Ok(Some(Settled::FOREIGN))
}

/// The original is back; what had its name until then is aside.
fn look_at_displaced(
    place: &Place,
    record: Option<&Changed>,
    aside: &Loaded,
    now: &Loaded,
) -> Result<Option<Settled>, WindowError> {
    // Without a record, or where the file was edited since, the file itself is what counts.
    let edited = record.is_some_and(|record| {
        sha256(&aside.content) != record.patched_sha256 && sha256(&now.content) == record.original_sha256
    });
    let theirs = record.map_or_else(Vec::new, |record| unpatch(&aside.content, &record.line));
    if !edited || theirs == now.content {
        let changed = keep_meta(place, record, aside, now)?;
        restore_access_time(place, record, now)?;
        return Ok(Some(if changed { Settled::FOREIGN } else { Settled::CLEAN }));
    }
    // Somebody was faster than the exchange: theirs is the file.
    if !replace(place, now, aside, &theirs, Some(aside.times()))? {
        return Ok(None);
    }
    clean(place)?;
    Ok(Some(Settled::FOREIGN))
}

/// Puts a new file with the metadata of `like` in the place of `now`; `false` where that is not there any more as it
/// was read.
fn replace(
    place: &Place,
    now: &Loaded,
    like: &Loaded,
    content: &[u8],
    times: Option<Times>,
) -> Result<bool, WindowError> {
    let Place { dir, name, .. } = place;
    let temporary = place.temporary();
    let meta = Meta::of(dir, name, like)?;
    disk::write_new(dir, &temporary, content, &meta, times)?;
    if disk::exchange(dir, &temporary, name)? {
        if dir.stat(&temporary)?.as_ref().map(version) != Some(version(&now.stat)) {
            disk::exchange(dir, &temporary, name)?;
            return Ok(false);
        }
        disk::sync(dir)?;
        disk::unlink(dir, &temporary)?;
    } else {
        disk::rename(dir, &temporary, name)?;
    }
    disk::sync(dir)?;
    Ok(true)
}

/// Which file, and which content of it. The size as well: a clock tick has room for several writes. Not the time of
/// the inode's change, which an exchange of names sets.
fn version(stat: &FileStat) -> (u64, u64, i64, i64, i64) {
    (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime, stat.st_mtime_nsec)
}

/// A mode, owner or label that somebody gave our copy belongs to the file; whether there was one.
fn keep_meta(place: &Place, record: Option<&Changed>, copy: &Loaded, original: &Loaded) -> Result<bool, WindowError> {
    let Place { dir, name, .. } = place;
    let given = Meta::of(dir, name, copy)?;
    if record.is_none_or(|record| given.digest() == record.attributes_sha256) {
        return Ok(false);
    }
    given.give(dir, name, &original.file)?;
    disk::sync_file(dir, name, &original.file)?;
    Ok(true)
}

/// Somebody may have read the original by its second name.
fn restore_access_time(place: &Place, record: Option<&Changed>, now: &Loaded) -> Result<(), WindowError> {
    let Some(record) = record else { return Ok(()) };
    let same = sha256(&now.content) == record.original_sha256 && now.times().mtime == record.times.mtime;
    if same && now.times().atime != record.times.atime {
        disk::set_times(&place.dir, &place.name, &now.file, record.times)?;
        disk::sync_file(&place.dir, &place.name, &now.file)?;
    }
    Ok(())
}
