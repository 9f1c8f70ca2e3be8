//! The method for a file that cannot be linked or renamed, as on a bind mount: write in place, with a synced copy of
//! the original in the state directory.
//!
//! A crash can leave such a file torn. The phase in the record shows whether hostprep was writing. If it was, a text
//! made only of the old and the new one (or truncated, or with zeroes where a block never reached the disk) is
//! restored.

use std::ffi::OsString;

use host::fs::temporary_name;
use host::{FileError, ReadError};
use nix::fcntl::OFlag;

use crate::error::{Restored, WindowError};
use crate::files::{self, FileAt, Metadata, ReadFile, sha256};
use crate::record::{ChangedFile, Main, Phase, Record, StateDir};
use crate::text::{patch, unpatch};

/// The original, with its mode, owner and times.
const COPY: &str = "login-defs-original";
/// The text that another program wrote, without our line.
const MERGED: &str = "login-defs-merged";
/// The text that another program wrote.
const BEFORE: &str = "login-defs-before";

/// Returns the name that is written first and then renamed to one of these.
fn temporary() -> OsString {
    temporary_name("login-defs")
}

fn all() -> [OsString; 4] {
    [COPY.into(), MERGED.into(), BEFORE.into(), temporary()]
}

/// Writes the patched text into the file. The record, in [`Phase::Opening`], is already on disk.
pub(crate) fn open(
    state: &StateDir,
    record: &mut Record,
    target: &FileAt,
    original: &ReadFile,
    patched: &[u8],
) -> Result<(), WindowError> {
    let FileAt { dir, name, .. } = target;
    // Opened first, to detect an immutable file before anything is created.
    let file = dir.open(name, OFlag::O_RDWR).map_err(|e| unchangeable(target, e))?;
    let meta = Metadata { xattrs: Default::default(), ..Metadata::of(dir, name, original)? };
    state.replace(COPY, temporary(), &original.content, &meta, Some(original.times()))?;
    files::write_over(dir, name, &file, &original.content, patched)?;
    files::sync_file(dir, name, &file)?;
    set_phase(state, record, Phase::Open)?;
    Ok(())
}

fn unchangeable(target: &FileAt, error: FileError) -> WindowError {
    WindowError::of_changing(target.host_path(), error)
}

fn set_phase(state: &StateDir, record: &mut Record, to: Phase) -> Result<(), FileError> {
    if let Some(Main::InPlace { phase, .. }) = &mut record.main {
        *phase = to;
        state.store(record)?;
    }
    Ok(())
}

/// Returns whether the state directory holds files of this method.
pub(crate) fn any(state: &StateDir) -> Result<bool, FileError> {
    all().iter().try_fold(false, |any, name| Ok(any || state.dir.stat(name)?.is_some()))
}

/// Removes the copies.
pub(crate) fn clean(state: &StateDir) -> Result<(), FileError> {
    state.discard(&all())
}

/// Restores the original text, wherever the run was interrupted. Without a record, any text may be torn.
pub(crate) fn restore(state: &StateDir, record: Option<&mut Record>, target: &FileAt) -> Result<Restored, WindowError> {
    let (changed, phase) = match record.as_ref().and_then(|record| record.main.as_ref()) {
        Some(Main::InPlace { changed, phase }) => (Some(changed.clone()), *phase),
        _ => (None, Phase::Opening),
    };
    let Some(copy) = files::load(&state.dir, COPY)? else {
        // Nothing was written yet, or everything is restored.
        return Ok(Restored::CLEAN);
    };
    let now = match target.load() {
        Err(ReadError::Malformed(e)) if e.line.is_none() => return Ok(Restored::CONCURRENT_EDIT),
        now => now?,
    };
    let Some(now) = now else {
        let meta =
            changed.map_or_else(|| Metadata::of(&state.dir, COPY.as_ref(), &copy), |changed| Ok(changed.meta()))?;
        files::write_new(&target.dir, &target.name, &copy.content, &meta, Some(copy.times()))?;
        files::sync(&target.dir)?;
        return Ok(Restored::CLEAN);
    };
    if phase == Phase::Merging {
        return finish_merge(state, target, &now);
    }
    if let Some(changed) = changed.as_ref().filter(|changed| sha256(&copy.content) != changed.original_sha256) {
        // Not the copy that hostprep wrote: only our line is certain.
        let theirs = unpatch(&now.content, &changed.line);
        if theirs != now.content {
            merge(state, record, target, &now, &theirs)?;
        }
        return Ok(Restored::CONCURRENT_EDIT);
    }
    let computed = patch(&copy.content);
    let ours = now.content == computed.content
        || now.content == copy.content
        || (phase != Phase::Open && is_torn(&now.content, &copy.content, &computed.content));
    if ours {
        write_back(state, record, target, &now, &copy)?;
        return Ok(Restored::CLEAN);
    }
    let line = changed.as_ref().map_or(&computed.record, |changed: &ChangedFile| &changed.line);
    let theirs = unpatch(&now.content, line);
    if theirs != now.content {
        merge(state, record, target, &now, &theirs)?;
    }
    Ok(Restored::CONCURRENT_EDIT)
}

/// Restores the original text and times.
fn write_back(
    state: &StateDir,
    record: Option<&mut Record>,
    target: &FileAt,
    now: &ReadFile,
    copy: &ReadFile,
) -> Result<(), WindowError> {
    let FileAt { dir, name, .. } = target;
    let same = now.content == copy.content;
    if same && now.times() == copy.times() {
        return Ok(());
    }
    if same {
        files::set_times(dir, name, &now.file, copy.times())?;
        return Ok(files::sync_file(dir, name, &now.file)?);
    }
    let file = dir.open(name, OFlag::O_RDWR).map_err(|e| unchangeable(target, e))?;
    if let Some(record) = record {
        set_phase(state, record, Phase::Closing)?;
    }
    files::write_over(dir, name, &file, &now.content, &copy.content)?;
    files::set_times(dir, name, &file, copy.times())?;
    Ok(files::sync_file(dir, name, &file)?)
}

/// Writes another program's text, without our line, over the file. Both texts are on disk first.
fn merge(
    state: &StateDir,
    record: Option<&mut Record>,
    target: &FileAt,
    now: &ReadFile,
    theirs: &[u8],
) -> Result<(), WindowError> {
    let plain = Metadata::plain(0o600);
    state.replace(BEFORE, temporary(), &now.content, &plain, None)?;
    state.replace(MERGED, temporary(), theirs, &plain, None)?;
    if let Some(record) = record {
        set_phase(state, record, Phase::Merging)?;
    }
    write(target, now, theirs)
}

fn finish_merge(state: &StateDir, target: &FileAt, now: &ReadFile) -> Result<Restored, WindowError> {
    let merged = files::load(&state.dir, MERGED)?;
    let before = files::load(&state.dir, BEFORE)?;
    if let (Some(merged), Some(before)) = (merged, before) {
        let ours = is_torn(&now.content, &before.content, &merged.content);
        if ours && now.content != merged.content {
            write(target, now, &merged.content)?;
        }
    }
    Ok(Restored::CONCURRENT_EDIT)
}

fn write(target: &FileAt, now: &ReadFile, content: &[u8]) -> Result<(), WindowError> {
    let FileAt { dir, name, .. } = target;
    let file = dir.open(name, OFlag::O_RDWR).map_err(|e| unchangeable(target, e))?;
    files::write_over(dir, name, &file, &now.content, content)?;
    Ok(files::sync_file(dir, name, &file)?)
}

/// Returns whether `content` can result from interrupted writing of `one` over `other`.
fn is_torn(content: &[u8], one: &[u8], other: &[u8]) -> bool {
    let from = |text: &[u8], at: usize| text.get(at).copied();
    content.len() <= one.len().max(other.len())
        && content
            .iter()
            .enumerate()
            .all(|(at, &byte)| byte == 0 || from(one, at) == Some(byte) || from(other, at) == Some(byte))
}
