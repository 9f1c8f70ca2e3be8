//! The usual method: the original inode is kept under a second name while a patched copy has the file's name.
//!
//! To open, hard-link the original to the backup name, then exchange the patched copy with the file's name. To close,
//! exchange the two again and check what was displaced. At every moment the file's name leads to a complete file, and
//! the original inode has a name.

use std::ffi::OsStr;

use host::fs::FileId;
use host::{Dir, FileError, ReadError};
use nix::errno::Errno;
use nix::sys::stat::FileStat;

use crate::error::{Restored, WindowError};
use crate::files::{self, FileAt, Metadata, ReadFile, Times, sha256};
use crate::record::ChangedFile;
use crate::text::{Settings, patch, unpatch};

/// The number of attempts at one operation: each fails if another program changes the file meanwhile.
const ATTEMPTS: usize = 8;

/// The result of opening.
#[derive(Debug)]
pub(crate) enum Opened {
    /// The window is open.
    Yes,
    /// The file changed since it was read. Read it again.
    Changed,
    /// This method does not work here. Write the file in place.
    Cannot,
}

/// Puts a patched copy in the file's place.
///
/// # Errors
/// Names may be left behind: restore before reporting the error.
pub(crate) fn open(target: &FileAt, original: &ReadFile, patched: &[u8]) -> Result<Opened, WindowError> {
    let placed = prepare(target, original, patched)
        .and_then(|linked| if linked { put_in_place(target).map(Some) } else { Ok(None) });
    match placed {
        Ok(Some(placed)) => Ok(finish(target, placed)?),
        Ok(None) => Ok(Opened::Changed),
        Err(e) if cannot(&e) => {
            // The names were not exchanged: the file has its own name, and only our names must go.
            clean(target)?;
            Ok(Opened::Cannot)
        }
        Err(e) => Err(e.into()),
    }
}

/// Creates the backup link and the patched copy, both on disk. Returns `false` if the file changed since it was read.
fn prepare(target: &FileAt, original: &ReadFile, patched: &[u8]) -> Result<bool, FileError> {
    let FileAt { dir, name, .. } = target;
    files::removable(dir, name)?;
    files::link(dir, name, target.backup_name())?;
    // On disk before the exchange, so that no file system journal can reorder the two.
    files::sync(dir)?;
    if id(dir, &target.backup_name())? != id(dir, name)? {
        // An overlay gives the links of one file different inode numbers, so the restored file would have another
        // number.
        return Err(FileError::new("link", target.host_path(), Errno::EXDEV));
    }
    let meta = Metadata::of(dir, name, original)?;
    files::write_new(dir, target.temporary_name(), patched, &meta, None)?;
    // The link was made by name: only now is it certain which file was linked.
    let linked = files::load(dir, target.backup_name()).ok().flatten();
    Ok(linked.is_some_and(|linked| linked.content == original.content))
}

fn id(dir: &Dir, name: &OsStr) -> Result<Option<FileId>, FileError> {
    Ok(dir.stat(name)?.map(|stat| FileId::of(&stat)))
}

/// What became of the file that the copy displaced.
#[derive(Debug, Clone, Copy)]
enum PutInPlace {
    /// The displaced file has the temporary name.
    Exchanged,
    /// The displaced file is gone and cannot be checked.
    Renamed,
}

/// Opens the window. This is the only step that does.
fn put_in_place(target: &FileAt) -> Result<PutInPlace, FileError> {
    let FileAt { dir, name, .. } = target;
    if files::exchange(dir, target.temporary_name(), name)? {
        return Ok(PutInPlace::Exchanged);
    }
    files::rename(dir, target.temporary_name(), name)?;
    Ok(PutInPlace::Renamed)
}

/// Checks what was displaced. An error here means that the window is open and must be restored.
fn finish(target: &FileAt, placed: PutInPlace) -> Result<Opened, FileError> {
    let FileAt { dir, name, .. } = target;
    let temporary = target.temporary_name();
    if matches!(placed, PutInPlace::Exchanged) {
        if id(dir, &temporary)? != id(dir, &target.backup_name())? {
            // Replaced since it was linked: exchange back.
            files::exchange(dir, &temporary, name)?;
            return Ok(Opened::Changed);
        }
        files::sync(dir)?;
        files::unlink(dir, &temporary)?;
    }
    files::sync(dir)?;
    Ok(Opened::Yes)
}

/// Returns whether the error means that this method does not work here: a bind mount (`EXDEV`, `EBUSY`), a file system
/// without links, too many links, an immutable directory or one on a read-only file system with a writable file mounted
/// in it, or a label that cannot be set.
fn cannot(error: &FileError) -> bool {
    use Errno::{EACCES, EBUSY, EMLINK, ENOSYS, EOPNOTSUPP, EPERM, EROFS, EXDEV};
    error.errno().is_some_and(|e| [EACCES, EBUSY, EMLINK, ENOSYS, EOPNOTSUPP, EPERM, EROFS, EXDEV].contains(&e))
}

/// Restores the original inode, wherever opening or closing was interrupted, with or without a record.
pub(crate) fn restore(target: &FileAt, record: Option<&ChangedFile>) -> Result<Restored, WindowError> {
    for _ in 0..ATTEMPTS {
        if let Some(settled) = attempt(target, record)? {
            return Ok(settled);
        }
    }
    Err(WindowError::KeepsChanging { path: target.host_path() })
}

/// Removes our names. Call it after the record is gone, so that a copy of ours never outlives the knowledge of it.
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

/// Checks once and takes one step. Returns `None` if another check is needed.
fn attempt(target: &FileAt, record: Option<&ChangedFile>) -> Result<Option<Restored>, WindowError> {
    let FileAt { dir, name, .. } = target;
    let backup = files::load(dir, target.backup_name())?;
    let now = match target.load() {
        // Another program put something else in its place. That is its change, not ours to undo.
        Err(ReadError::Malformed(_)) => return Ok(Some(Restored::CONCURRENT_EDIT)),
        now => now?,
    };
    match (backup, now) {
        (None, None) => Ok(Some(if record.is_some() { Restored::CONCURRENT_EDIT } else { Restored::CLEAN })),
        (None, Some(now)) => without_backup(target, record, &now),
        (Some(backup), None) if says_yes(&backup) => {
            // Our copy was displaced, and then another program removed the original.
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
        (Some(backup), Some(now)) if is_original(&backup, &now, record) => {
            restore_backup(target, record, &backup, &now)
        }
        (Some(backup), Some(now)) => look_at_displaced(target, record, &backup, &now),
    }
}

/// Returns whether `backup` is the original. Its inode is known unless overlayfs renumbered it or the record is lost.
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

/// Returns whether the text says yes. A window opens only if the original does not.
fn says_yes(loaded: &ReadFile) -> bool {
    Settings::parse(&loaded.content).is_ok_and(|settings| settings.usergroups_enab())
}

/// Handles a missing backup: the window was not opened yet, or another program removed the name.
fn without_backup(
    target: &FileAt,
    record: Option<&ChangedFile>,
    now: &ReadFile,
) -> Result<Option<Restored>, WindowError> {
    let Some(record) = record else { return Ok(Some(Restored::CLEAN)) };
    if now.id() == record.id() || sha256(&now.content) != record.patched_sha256 {
        restore_access_time(target, Some(record), now)?;
        return Ok(Some(Restored::CLEAN));
    }
    let original = unpatch(&now.content, &record.line);
    Ok(replace_file(target, now, now, &original, Some(record.times))?.then_some(Restored::CLEAN))
}

/// Handles an open window: the name leads to our copy, possibly edited by another program.
fn restore_backup(
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
        // It cannot be checked once it is gone, so its mode and owner are kept first.
        let changed = keep_meta(target, record, now, backup)?;
        files::rename(dir, target.backup_name(), name)?;
        files::sync(dir)?;
        restore_access_time(target, record, backup)?;
        return Ok(Some(if changed { Restored::CONCURRENT_EDIT } else { Restored::CLEAN }));
    }
    if theirs != now.content && !replace_file(target, now, now, &theirs, Some(now.times()))? {
        return Ok(None);
    }
    // Before the record is removed: without it, an edited copy cannot be recognized as ours.
    clean(target)?;
    Ok(Some(Restored::CONCURRENT_EDIT))
}

/// Handles a restored original: the file that had its name until then has the backup name.
fn look_at_displaced(
    target: &FileAt,
    record: Option<&ChangedFile>,
    backup: &ReadFile,
    now: &ReadFile,
) -> Result<Option<Restored>, WindowError> {
    // Without a record, or if the file was edited since, the file itself counts.
    let edited = record.is_some_and(|record| {
        sha256(&backup.content) != record.patched_sha256 && sha256(&now.content) == record.original_sha256
    });
    let theirs = record.map_or_else(Vec::new, |record| unpatch(&backup.content, &record.line));
    if !edited || theirs == now.content {
        let changed = keep_meta(target, record, backup, now)?;
        restore_access_time(target, record, now)?;
        return Ok(Some(if changed { Restored::CONCURRENT_EDIT } else { Restored::CLEAN }));
    }
    // Another program was faster than the exchange: its text is the file.
    if !replace_file(target, now, backup, &theirs, Some(backup.times()))? {
        return Ok(None);
    }
    clean(target)?;
    Ok(Some(Restored::CONCURRENT_EDIT))
}

/// Replaces `now` with a new file that has the metadata of `like`. Returns `false` if `now` changed since it was read.
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

/// Returns what identifies a file and its content. The size is included because several writes fit into one clock tick.
/// The inode's change time is not, because an exchange of names sets it.
fn version(stat: &FileStat) -> (FileId, i64, i64, i64) {
    (FileId::of(stat), stat.st_size, stat.st_mtime, stat.st_mtime_nsec)
}

/// Keeps a mode, owner or label that another program gave our copy. Returns whether there was one.
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

/// Restores the access time, in case another program read the original by its second name.
fn restore_access_time(target: &FileAt, record: Option<&ChangedFile>, now: &ReadFile) -> Result<(), WindowError> {
    let Some(record) = record else { return Ok(()) };
    let same = sha256(&now.content) == record.original_sha256 && now.times().mtime == record.times.mtime;
    if same && now.times().atime != record.times.atime {
        files::set_times(&target.dir, &target.name, &now.file, record.times)?;
        files::sync_file(&target.dir, &target.name, &now.file)?;
    }
    Ok(())
}
