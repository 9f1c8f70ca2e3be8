//! The usual method: the original inode is kept aside under a second name while a patched copy has the file's own.
//!
//! Opening: hard-link the original aside, exchange the patched copy with the name. Closing: exchange the two again
//! and look at what was displaced. At every moment the name leads to a whole file, and the original inode has a name.

use std::ffi::OsStr;

use host::{Dir, FileError, ReadError};
use nix::errno::Errno;
use nix::sys::stat::FileStat;

use crate::error::{Restored, WindowError};
use crate::files::{self, FileAt, Metadata, ReadFile, Times, sha256};
use crate::record::ChangedFile;
use crate::text::{Settings, patch, unpatch};

/// Injected often somebody may change the file under our hands before we give up.
const ATTEMPTS: usize = 8;

/// What became of an attempt to open.
#[derive(Debug)]
pub(crate) enum Opened {
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
pub(crate) fn open(target: &FileAt, original: &ReadFile, patched: &[u8]) -> Result<Opened, WindowError> {
    let placed = prepare(target, original, patched)
        .and_then(|linked| if linked { put_in_place(target).map(Some) } else { Ok(None) });
    match placed {
        Ok(Some(placed)) => Ok(finish(target, placed)?),
        Ok(None) => Ok(Opened::Changed),
        Err(e) if cannot(&e) => {
            // The names were not exchanged: only our own are there, and the file has its own.
            clean(target)?;
            Ok(Opened::Cannot)
        }
        Err(e) => Err(e.into()),
    }
}

/// The original aside and the patched copy, both on disk; `false` where the file is not the one that was read.
fn prepare(target: &FileAt, original: &ReadFile, patched: &[u8]) -> Result<bool, FileError> {
    let FileAt { dir, name, .. } = target;
    files::removable(dir, name)?;
    files::link(dir, name, target.backup_name())?;
    // On disk before the name changes: no journal may put these in another order.
    files::sync(dir)?;
    if id(dir, &target.backup_name())? != id(dir, name)? {
        // An overlay gives the links of one file several numbers, so the file would come back with another.
        return Err(FileError::new("link", target.shown(), Errno::EXDEV));
    }
    let meta = Metadata::of(dir, name, original)?;
    files::write_new(dir, target.temporary_name(), patched, &meta, None)?;
    // Linked by name: only now is it certain what was linked.
    let linked = files::load(dir, target.backup_name()).ok().flatten();
    Ok(linked.is_some_and(|linked| linked.content == original.content))
}

fn id(dir: &Dir, name: &OsStr) -> Result<Option<(u64, u64)>, FileError> {
    Ok(dir.stat(name)?.map(|stat| (stat.st_dev, stat.st_ino)))
}

/// Injected the copy came into place.
#[derive(Debug, Clone, Copy)]
enum PutInPlace {
    /// What it displaced has the temporary name.
    Exchanged,
    /// What it displaced can no longer be looked at.
    Renamed,
}

/// The one step that opens the window.
fn put_in_place(target: &FileAt) -> Result<PutInPlace, FileError> {
    let FileAt { dir, name, .. } = target;
    if files::exchange(dir, target.temporary_name(), name)? {
        return Ok(PutInPlace::Exchanged);
    }
    files::rename(dir, target.temporary_name(), name)?;
    Ok(PutInPlace::Renamed)
}

/// From here on an error means that the window is open and must be settled.
fn finish(target: &FileAt, placed: PutInPlace) -> Result<Opened, FileError> {
    let FileAt { dir, name, .. } = target;
    let temporary = target.temporary_name();
    if matches!(placed, PutInPlace::Exchanged) {
        if id(dir, &temporary)? != id(dir, &target.backup_name())? {
            // Replaced since it was linked: back with it.
            files::exchange(dir, &temporary, name)?;
            return Ok(Opened::Changed);
        }
        files::sync(dir)?;
        files::unlink(dir, &temporary)?;
    }
    files::sync(dir)?;
    Ok(Opened::Yes)
}

/// A bind mount (`EXDEV`, `EBUSY`), a file system without links, too many links, an immutable directory or one on a
/// read-only file system with a writable file mounted in it, a label that may not be given.
fn cannot(error: &FileError) -> bool {
    use Errno::{EACCES, EBUSY, EMLINK, ENOSYS, EOPNOTSUPP, EPERM, EROFS, EXDEV};
    error.errno().is_some_and(|e| [EACCES, EBUSY, EMLINK, ENOSYS, EOPNOTSUPP, EPERM, EROFS, EXDEV].contains(&e))
}

/// Puts the original inode back, wherever opening or closing was interrupted; without a record as well.
pub(crate) fn restore(target: &FileAt, record: Option<&ChangedFile>) -> Result<Restored, WindowError> {
    for _ in 0..ATTEMPTS {
        if let Some(settled) = attempt(target, record)? {
            return Ok(settled);
        }
    }
    Err(WindowError::KeepsChanging { path: target.shown() })
}

/// Removes our names; after the record is gone, so that a copy of ours never outlives the knowledge of it.
pub(crate) fn clean(target: &FileAt) -> Result<(), FileError> {
    let mut any = false;
    for name in [target.temporary_name(), target.backup_name()] {
        if target.dir.stat(&name)?.is_some() {
            files::unlink(&target.dir, name)?;
            any = true;
        }
    }
    if any { files::sync(&target.dir) } else { Ok(()) }
}

/// One look and one step; `None` where there is another look to take.
fn attempt(target: &FileAt, record: Option<&ChangedFile>) -> Result<Option<Restored>, WindowError> {
    let FileAt { dir, name, .. } = target;
    let backup = files::load(dir, target.backup_name())?;
    let now = match target.load() {
        // Somebody put something else in its place: their change, and not ours to undo.
        Err(ReadError::Malformed(_)) => return Ok(Some(Restored::CONCURRENT_EDIT)),
        now => now?,
    };
    match (backup, now) {
        (None, None) => Ok(Some(if record.is_some() { Restored::CONCURRENT_EDIT } else { Restored::CLEAN })),
        (None, Some(now)) => alone(target, record, &now),
        (Some(backup), None) if says_yes(&backup) => {
            // Our copy, displaced, and then the original removed by somebody.
            Ok(Some(Restored::CONCURRENT_EDIT))
        }
        (Some(_), None) => {
            files::link(dir, target.backup_name(), name)?;
            files::sync(dir)?;
            Ok(None)
        }
        (Some(backup), Some(now)) if backup.id() == now.id() => {
            restore_access_time(target, record, &now)?;
            Ok(Some(Restored::CLEAN))
        }
        (Some(backup), Some(now)) if is_original(&backup, &now, record) => put_back(target, record, &backup, &now),
        (Some(backup), Some(now)) => look_at_displaced(target, record, &backup, &now),
    }
}

/// Which of the two is the original? Its inode is known, unless overlayfs renumbered it or the record is lost.
fn is_original(backup: &ReadFile, now: &ReadFile, record: Option<&ChangedFile>) -> bool {
    if let Some(record) = record.filter(|record| [backup.id(), now.id()].contains(&record.id())) {
        return backup.id() == record.id();
    }
    if backup.content == now.content {
        return false;
    }
    let Some(record) = record else { return !says_yes(backup) };
    match (sha256(&backup.content), sha256(&now.content)) {
        (backup, _) if backup == record.patched_sha256 => false,
        (_, now) if now == record.patched_sha256 => true,
        (backup, _) if backup == record.original_sha256 => true,
        (_, now) if now == record.original_sha256 => false,
        _ => !says_yes(backup),
    }
}

/// A window is opened only where the original does not say yes.
fn says_yes(loaded: &ReadFile) -> bool {
    Settings::parse(&loaded.content).is_ok_and(|settings| settings.usergroups_enab())
}

/// The aside name is not there: nothing was opened yet, or somebody removed it.
fn alone(target: &FileAt, record: Option<&ChangedFile>, now: &ReadFile) -> Result<Option<Restored>, WindowError> {
    let Some(record) = record else { return Ok(Some(Restored::CLEAN)) };
    if now.id() == record.id() || sha256(&now.content) != record.patched_sha256 {
        restore_access_time(target, Some(record), now)?;
        return Ok(Some(Restored::CLEAN));
    }
    let original = unpatch(&now.content, &record.line);
    Ok(replace_file(target, now, now, &original, Some(record.times))?.then_some(Restored::CLEAN))
}

/// The window is open: the name leads to our copy, or to what somebody made of it.
fn put_back(
    target: &FileAt,
    record: Option<&ChangedFile>,
    backup: &ReadFile,
    now: &ReadFile,
) -> Result<Option<Restored>, WindowError> {
    let FileAt { dir, name, .. } = target;
    let computed = patch(&backup.content);
    let untouched = match record {
        Some(record) => sha256(&now.content) == record.patched_sha256,
        None => now.content == computed.content,
    };
    let theirs = unpatch(&now.content, record.map_or(&computed.record, |record| &record.line));
    if untouched || theirs == backup.content {
        if files::exchange(dir, target.backup_name(), name)? {
            files::sync(dir)?;
            return Ok(None);
        }
        // Cannot be looked at once it is gone, so its mode and owner are kept first.
        let changed = keep_meta(target, record, now, backup)?;
        files::rename(dir, target.backup_name(), name)?;
        files::sync(dir)?;
        restore_access_time(target, record, backup)?;
        return Ok(Some(if changed { Restored::CONCURRENT_EDIT } else { Restored::CLEAN }));
    }
    if theirs != now.content && !replace_file(target, now, now, &theirs, Some(now.times()))? {
        return Ok(None);
    }
    // Before the record goes: it is no copy of ours that could be recognised without it.
    clean(target)?;
    Ok(Some(Restored::CONCURRENT_EDIT))
}

/// The original is back; what had its name until then is aside.
fn look_at_displaced(
    target: &FileAt,
    record: Option<&ChangedFile>,
    backup: &ReadFile,
    now: &ReadFile,
) -> Result<Option<Restored>, WindowError> {
    // Without a record, or where the file was edited since, the file itself is what counts.
    let edited = record.is_some_and(|record| {
        sha256(&backup.content) != record.patched_sha256 && sha256(&now.content) == record.original_sha256
    });
    let theirs = record.map_or_else(Vec::new, |record| unpatch(&backup.content, &record.line));
    if !edited || theirs == now.content {
        let changed = keep_meta(target, record, backup, now)?;
        restore_access_time(target, record, now)?;
        return Ok(Some(if changed { Restored::CONCURRENT_EDIT } else { Restored::CLEAN }));
    }
    // Somebody was faster than the exchange: theirs is the file.
    if !replace_file(target, now, backup, &theirs, Some(backup.times()))? {
        return Ok(None);
    }
    clean(target)?;
    Ok(Some(Restored::CONCURRENT_EDIT))
}

/// Puts a new file with the metadata of `like` in the place of `now`; `false` where that is not there any more as it
/// was read.
fn replace_file(
    target: &FileAt,
    now: &ReadFile,
    like: &ReadFile,
    content: &[u8],
    times: Option<Times>,
) -> Result<bool, WindowError> {
    let FileAt { dir, name, .. } = target;
    let temporary = target.temporary_name();
    let meta = Metadata::of(dir, name, like)?;
    files::write_new(dir, &temporary, content, &meta, times)?;
    if files::exchange(dir, &temporary, name)? {
        if dir.stat(&temporary)?.as_ref().map(version) != Some(version(&now.stat)) {
            files::exchange(dir, &temporary, name)?;
            return Ok(false);
        }
        files::sync(dir)?;
        files::unlink(dir, &temporary)?;
    } else {
        files::rename(dir, &temporary, name)?;
    }
    files::sync(dir)?;
    Ok(true)
}

/// Which file, and which content of it. The size as well: a clock tick has room for several writes. Not the time of
/// the inode's change, which an exchange of names sets.
fn version(stat: &FileStat) -> (u64, u64, i64, i64, i64) {
    (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime, stat.st_mtime_nsec)
}

/// A mode, owner or label that somebody gave our copy belongs to the file; whether there was one.
fn keep_meta(
    target: &FileAt,
    record: Option<&ChangedFile>,
    copy: &ReadFile,
    original: &ReadFile,
) -> Result<bool, WindowError> {
    let FileAt { dir, name, .. } = target;
    let given = Metadata::of(dir, name, copy)?;
    if record.is_none_or(|record| given.digest() == record.attributes_sha256) {
        return Ok(false);
    }
    given.give(dir, name, &original.file)?;
    files::sync_file(dir, name, &original.file)?;
    Ok(true)
}

/// Somebody may have read the original by its second name.
fn restore_access_time(target: &FileAt, record: Option<&ChangedFile>, now: &ReadFile) -> Result<(), WindowError> {
    let Some(record) = record else { return Ok(()) };
    let same = sha256(&now.content) == record.original_sha256 && now.times().mtime == record.times.mtime;
    if same && now.times().atime != record.times.atime {
        files::set_times(&target.dir, &target.name, &now.file, record.times)?;
        files::sync_file(&target.dir, &target.name, &now.file)?;
    }
    Ok(())
}
