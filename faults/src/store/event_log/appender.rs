//! `events.jsonl`: the newest events, one JSON object a line. It is written before the state, and so has the last word.

use std::io::Write;

use host::{Dir, FileError};

use crate::store::event::Event;
use crate::store::event_log::log_file::{self, NAME, SearchResult};
use crate::store::event_log::reader::EventReader;
use crate::store::event_log::segments;

const MODE: u32 = 0o644;

/// Where to write the next event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AppendPosition {
    /// The length of the file up to this position, in bytes.
    pub length: u64,
    /// Whether the line before it lacks its line feed.
    pub needs_newline: bool,
}

impl AppendPosition {
    /// The position after `lines`, which were all read, and in which `found` was found, when the state takes account of
    /// `committed`.
    pub(crate) fn after(lines: &EventReader, found: SearchResult, committed: u64) -> Self {
        let length = lines.length();
        match lines.torn() {
            // The state knows an event that no line holds any more: the bad line was that event.
            Some(_) if found.last.is_some_and(|last| last < committed) => Self { length, needs_newline: !found.ended },
            Some(start) => Self { length: start, needs_newline: false },
            None => Self { length, needs_newline: !found.ended },
        }
    }
}

/// Returns the stored form of an event, with its line feed.
pub(crate) fn to_line(dir: &Dir, event: &Event) -> Result<Vec<u8>, FileError> {
    let mut line = Vec::with_capacity(512);
    serde_json::to_writer(&mut line, event)
        .map_err(|e| FileError::new("write", dir.path().join(NAME), std::io::Error::from(e)))?;
    line.push(b'\n');
    Ok(line)
}

/// Appends to the file; only the holder of the lock has one.
#[derive(Debug)]
pub(crate) struct Appender {
    position: AppendPosition,
}

impl Appender {
    /// Opens the file for an event at `position`, and cuts off anything after it that a killed writer left.
    pub(crate) fn at(dir: &Dir, position: AppendPosition) -> Result<Self, FileError> {
        if dir.stat(NAME)?.is_some_and(|found| u64::try_from(found.st_size).is_ok_and(|size| size > position.length)) {
            let file = dir.append(NAME, MODE)?;
            cut(&file, position.length).map_err(|e| FileError::new("shorten", dir.path().join(NAME), e))?;
        }
        Ok(Self { position })
    }

    /// Appends one line and waits until it is on disk. After an error it is as if nothing had been appended.
    pub(crate) fn append(&mut self, dir: &Dir, line: &[u8]) -> Result<(), FileError> {
        let failed = |e| FileError::new("write", dir.path().join(NAME), e);
        let mut bytes = Vec::with_capacity(line.len() + 1);
        if self.position.needs_newline {
            bytes.push(b'\n');
        }
        bytes.extend(line);

        let is_new = dir.stat(NAME)?.is_none();
        let mut file = dir.append(NAME, MODE)?;
        if is_new {
            dir.sync()?;
        }
        cut(&file, self.position.length).map_err(failed)?;
        if let Err(e) = file.write_all(&bytes).and_then(|()| file.sync_data()) {
            // Best effort: what stays behind is a torn line, and the next append cuts it off.
            let _ = cut(&file, self.position.length);
            return Err(failed(e));
        }
        self.position = AppendPosition { length: self.position.length + bytes.len() as u64, needs_newline: false };
        Ok(())
    }

    /// Returns whether the file has events and would exceed `limit` bytes with `line`.
    pub(crate) fn is_full(&self, line: &[u8], limit: u64) -> bool {
        self.position.length > 0 && self.position.length + line.len() as u64 > limit
    }

    /// Makes the file a segment, so that the next event begins a new one. `false` where it cannot be and grows on: no
    /// event is refused for that. The state must know all that is in it, of which the last is `sequence`.
    pub(crate) fn close(&mut self, dir: &Dir, sequence: u64) -> Result<bool, FileError> {
        if self.rename(dir, sequence).ok().flatten().is_none() {
            return Ok(false);
        }
        self.position = AppendPosition::default();
        dir.sync()?;
        Ok(true)
    }

    fn rename(&mut self, dir: &Dir, sequence: u64) -> Result<Option<()>, FileError> {
        if dir.stat(NAME)?.is_none() {
            return Ok(None);
        }
        // Whole lines only: segments are read one after the other.
        self.append(dir, b"")?;
        let newest = segments::scan(dir)?.numbers.last().copied();
        let first = log_file::open(dir)?.map(|file| file.first()).transpose()?.flatten();
        // The first event's number, unless a restored copy has an older number than a segment.
        let mut possible = first.into_iter().chain([sequence]);
        match possible.find(|number| newest.is_none_or(|newest| *number > newest)) {
            Some(number) => dir.rename_new(NAME, segments::plain_name(number)).map(Some),
            None => Ok(None),
        }
    }
}

/// Makes the file end after `length` bytes.
fn cut(file: &std::fs::File, length: u64) -> std::io::Result<()> {
    if file.metadata()?.len() > length { file.set_len(length) } else { Ok(()) }
}
