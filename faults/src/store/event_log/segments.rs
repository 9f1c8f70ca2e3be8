//! Closed parts of the events: `events-<first seq>.jsonl`, later compressed as `events-<first seq>.jsonl.gz`.
//!
//! If a segment has both names, both have the same content or the compressed one is older, so the plain one is read. It is removed
//! only after the compressed one is complete and synced, so a reader that finds neither knows that the segment was deleted.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, BufReader};

use flate2::Compression;
use flate2::write::GzEncoder;
use host::fs::TEMPORARY_SUFFIX;
use host::{Dir, FileError};
use nix::fcntl::OFlag;

use crate::store::error::StoreError;
use crate::store::event_log::log_file::LogFile;
use crate::store::event_log::reader::EventReader;

const MODE: u32 = 0o644;
const BUFFER: usize = 64 * 1024;

const PREFIX: &str = "events-";
const PLAIN: &str = ".jsonl";
const PACKED: &str = ".jsonl.gz";
/// As many digits as the greatest number has, so that names sort like numbers.
const DIGITS: usize = 20;

/// The segments that a directory holds, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// All, whichever form they have.
    pub numbers: BTreeSet<u64>,
    /// Those that have their plain form.
    pub plain: BTreeSet<u64>,
    /// Files of a writer that was killed while it compressed a segment.
    pub unfinished: Vec<OsString>,
}

pub(crate) fn plain_name(number: u64) -> String {
    format!("{PREFIX}{number:0DIGITS$}{PLAIN}")
}

pub(crate) fn packed_name(number: u64) -> String {
    format!("{PREFIX}{number:0DIGITS$}{PACKED}")
}

/// The number in a name of a segment, with what follows it.
fn split(name: &str) -> Option<(u64, &str)> {
    let (digits, form) = name.strip_prefix(PREFIX)?.split_at_checked(DIGITS)?;
    let number = digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?;
    number.map(|number| (number, form))
}

/// Lists the segments; only for the holder of the lock.
pub(crate) fn scan(dir: &Dir) -> Result<Listed, FileError> {
    let mut listed = Listed::default();
    for name in dir.names()? {
        let Some(text) = name.to_str() else { continue };
        match split(text.strip_prefix('.').unwrap_or(text)) {
            Some((_, form)) if text.starts_with('.') && form.strip_suffix(TEMPORARY_SUFFIX) == Some(PACKED) => {
                listed.unfinished.push(name)
            }
            Some((number, form @ (PLAIN | PACKED))) if !text.starts_with('.') => {
                listed.numbers.insert(number);
                if form == PLAIN {
                    listed.plain.insert(number);
                }
            }
            _ => {}
        }
    }
    Ok(listed)
}

/// The numbers of all segments that were there when this was called, without the lock.
pub(crate) fn numbers(dir: &Dir) -> Result<BTreeSet<u64>, FileError> {
    // Twice: one listing can pass both names of a segment by that is packed meanwhile, the packed one before it is made
    // and the plain one after it is gone. The next listing then finds the packed one.
    let mut numbers = scan(dir)?.numbers;
    numbers.extend(scan(dir)?.numbers);
    Ok(numbers)
}

/// Those of `numbers`, in order, that can hold events after `seq`.
pub(crate) fn holding(numbers: &BTreeSet<u64>, seq: u64) -> BTreeSet<u64> {
    let first = numbers.range(..=seq.saturating_add(1)).next_back().copied().unwrap_or(0);
    numbers.range(first..).copied().collect()
}

/// The events of one segment after `seq`, and perhaps some before them; `None` where it was deleted.
pub(crate) fn open(dir: &Dir, number: u64, seq: u64) -> Result<Option<EventReader>, StoreError> {
    let (plain, packed) = (plain_name(number), packed_name(number));
    // In this order, since one that is packed meanwhile gets its packed name first. Again, since a person may unpack it.
    for _ in 0..2 {
        match dir.open(&plain, OFlag::O_RDONLY) {
            Ok(file) => {
                let mut file = LogFile::of(file, dir.path().join(&plain))?;
                let start = file.find_after(seq)?.start;
                return Ok(Some(EventReader::closed(file, start)));
            }
            Err(e) if e.is_missing() => {}
            Err(e) => return Err(e.into()),
        }
        match dir.open(&packed, OFlag::O_RDONLY) {
            Ok(file) => return Ok(Some(EventReader::packed(file, dir.path().join(&packed)))),
            Err(e) if e.is_missing() => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(None)
}

/// Compresses the oldest plain segment, and removes the files of a writer that was killed while it did so. Compresses only one, so
/// that no caller waits for many. A segment that cannot be compressed stays plain until a later writer succeeds.
pub(crate) fn compress_oldest(dir: &Dir, listed: &Listed) {
    for left in &listed.unfinished {
        let _ = dir.unlink(left);
    }
    let _ = listed.plain.iter().find(|number| compress(dir, **number).is_ok_and(|packed| packed));
}

fn compress(dir: &Dir, number: u64) -> Result<bool, FileError> {
    let (name, packed) = (plain_name(number), packed_name(number));
    if is_unpacked(dir, &name, &packed)? {
        return Ok(false);
    }
    let mut plain = BufReader::with_capacity(BUFFER, dir.open(&name, OFlag::O_RDONLY)?);
    dir.replace_with(packed, MODE, |file| {
        let mut packed = GzEncoder::new(file, Compression::fast());
        io::copy(&mut plain, &mut packed)?;
        packed.finish().map(drop)
    })?;
    // Not synced: should the plain one come back, it is packed again.
    dir.unlink(name)?;
    Ok(true)
}

/// Returns whether a person unpacked the compressed segment, as opposed to a writer that compresses the plain one. The person may
/// remove the compressed one afterwards, so both are left alone.
fn is_unpacked(dir: &Dir, plain: &str, packed: &str) -> Result<bool, FileError> {
    let (Some(plain), Some(packed)) = (dir.stat(plain)?, dir.stat(packed)?) else { return Ok(false) };
    // The ctime cannot be set, unlike the mtime.
    Ok((plain.st_ctime, plain.st_ctime_nsec) > (packed.st_ctime, packed.st_ctime_nsec))
}

#[cfg(test)]
mod tests;
