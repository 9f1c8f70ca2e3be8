//! `events.jsonl`: the newest events, one JSON object a line. It is written before the state, and so has the last word.

use std::io::Write;

use host::{Dir, FileError};
use nix::fcntl::OFlag;

use crate::event::Event;
use crate::lines::Lines;
use crate::plain::{Found, Plain};
use crate::segment;

/// The file's name. Once it is large it becomes a [`segment`], and the next event begins a new one.
pub(crate) const NAME: &str = "events.jsonl";

const MODE: u32 = 0o644;

/// The file as it is now; `None` where there is none.
pub(crate) fn open(dir: &Dir) -> Result<Option<Plain>, FileError> {
    match dir.open(NAME, OFlag::O_RDONLY) {
        Ok(file) => Plain::of(file, dir.shown().join(NAME)).map(Some),
        Err(e) if e.is_missing() => Ok(None),
        Err(e) => Err(e),
    }
}

/// Whether `opened` still is what the name leads to.
pub(crate) fn is_current(dir: &Dir, opened: Option<&Plain>) -> Result<bool, FileError> {
    let named = dir.stat(NAME)?.map(|found| (found.st_dev, found.st_ino));
    Ok(named == opened.map(Plain::identity).transpose()?)
}

/// Where the next event goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// How much of the file is to be kept, in bytes.
    pub length: u64,
    /// Whether the line before it still needs its line feed.
    pub feed: bool,
}

impl Place {
    /// The place after `lines`, which were all read, and in which `found` was found, when the state takes account of
    /// `committed`.
    pub(crate) fn after(lines: &Lines, found: Found, committed: u64) -> Self {
        let length = lines.length();
        match lines.torn() {
            // The state knows an event that no line holds any more: the bad line was that event.
            Some(_) if found.last.is_some_and(|last| last < committed) => Self { length, feed: !found.ended },
            Some(start) => Self { length: start, feed: false },
            None => Self { length, feed: !found.ended },
        }
    }
}

/// An event as it is stored, with its line feed.
pub(crate) fn line(dir: &Dir, event: &Event) -> Result<Vec<u8>, FileError> {
    let mut line = Vec::with_capacity(512);
    serde_json::to_writer(&mut line, event)
        .map_err(|e| FileError::new("write", dir.shown().join(NAME), std::io::Error::from(e)))?;
    line.push(b'\n');
    Ok(line)
}

/// The end of the file, for whoever holds the lock.
#[derive(Debug)]
pub(crate) struct Appender {
    place: Place,
}

impl Appender {
    /// A log whose next event goes to `place`. What a dead writer left behind it is cut off.
    pub(crate) fn at(dir: &Dir, place: Place) -> Result<Self, FileError> {
        if dir.stat(NAME)?.is_some_and(|found| u64::try_from(found.st_size).is_ok_and(|size| size > place.length)) {
            let file = dir.append(NAME, MODE)?;
            cut(&file, place.length).map_err(|e| FileError::new("shorten", dir.shown().join(NAME), e))?;
        }
        Ok(Self { place })
    }

    /// Appends one line and waits until it is on disk. After an error it is as if nothing had been appended.
    pub(crate) fn append(&mut self, dir: &Dir, line: &[u8]) -> Result<(), FileError> {
        let failed = |e| FileError::new("write", dir.shown().join(NAME), e);
        let mut bytes = Vec::with_capacity(line.len() + 1);
        if self.place.feed {
            bytes.push(b'\n');
        }
        bytes.extend(line);

        let is_new = dir.stat(NAME)?.is_none();
        let mut file = dir.append(NAME, MODE)?;
        if is_new {
            dir.sync()?;
        }
        cut(&file, self.place.length).map_err(failed)?;
        if let Err(e) = file.write_all(&bytes).and_then(|()| file.sync_data()) {
            // Best effort: what stays behind is a torn line, and the next append cuts it off.
            let _ = cut(&file, self.place.length);
            return Err(failed(e));
        }
        self.place = Place { length: self.place.length + bytes.len() as u64, feed: false };
        Ok(())
    }

    /// Whether the file has events and would be longer than `limit` with `line`.
    pub(crate) fn is_full(&self, line: &[u8], limit: u64) -> bool {
        self.place.length > 0 && self.place.length + line.len() as u64 > limit
    }

    /// Makes the file a segment, so that the next event begins a new one. `false` where it cannot be and grows on: no
    /// event is refused for that. The state must know all that is in it, of which the last is `sequence`.
    pub(crate) fn close(&mut self, dir: &Dir, sequence: u64) -> Result<bool, FileError> {
        if self.rename(dir, sequence).ok().flatten().is_none() {
            return Ok(false);
        }
        self.place = Place::default();
        dir.sync()?;
        Ok(true)
    }

    fn rename(&mut self, dir: &Dir, sequence: u64) -> Result<Option<()>, FileError> {
        if dir.stat(NAME)?.is_none() {
            return Ok(None);
        }
        // Whole lines only: segments are read one after the other.
        self.append(dir, b"")?;
        let newest = segment::scan(dir)?.numbers.last().copied();
        let first = open(dir)?.map(|file| file.first()).transpose()?.flatten();
        // The first event's number, unless a copy was put back whose number is older than a segment's.
        let mut possible = first.into_iter().chain([sequence]);
        match possible.find(|number| newest.is_none_or(|newest| *number > newest)) {
            Some(number) => dir.rename_new(NAME, segment::plain_name(number)).map(Some),
            None => Ok(None),
        }
    }
}

/// Makes the file end after `length` bytes.
fn cut(file: &std::fs::File, length: u64) -> std::io::Result<()> {
    if file.metadata()?.len() > length { file.set_len(length) } else { Ok(()) }
}
