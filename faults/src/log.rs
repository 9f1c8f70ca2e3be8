//! `events.jsonl`: every change, one JSON object a line. It is written before the state, and so has the last word.
//!
//! A line counts once its line feed is there. What stands behind the last line feed, and a last line that is no JSON, is
//! what a writer left that died: readers pass over it, the next writer cuts it off. The state may say otherwise: what
//! it takes account of had been written whole, so its line was damaged later and is left for a person to look at.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Take, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use host::{Dir, FileError, MalformedFile};
use nix::fcntl::OFlag;

use crate::backward::Backward;
use crate::error::StoreError;
use crate::event::Event;
use crate::format::{self, Refused};

/// The file's name. One file today; a reader that has the state needs only the newest, [`Events`] all of them.
pub(crate) const NAME: &str = "events.jsonl";

const MODE: u32 = 0o644;
const BUFFER: usize = 64 * 1024;

/// The events of a store, oldest first, read as they are asked for. Ends after the first error.
#[derive(Debug)]
pub struct Events {
    reader: Option<BufReader<Take<File>>>,
    shown: PathBuf,
    /// Where the next line begins.
    offset: u64,
    /// Where the file ended when it was opened; what is appended later is not read.
    length: u64,
    /// The sequence number that the state takes account of.
    committed: u64,
    /// Where a torn last line begins, once it was met.
    torn: Option<u64>,
}

/// What lies behind the state, and where the next event goes.
pub(crate) struct Tail {
    pub newer: Events,
    /// The last sequence number that is in the file, as far as it was looked through.
    last: Option<u64>,
    /// Whether the file ends with a line feed, or is empty.
    ended: bool,
}

/// Where the next event goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// How much of the file is to be kept, in bytes.
    pub length: u64,
    /// Whether the line before it still needs its line feed.
    pub feed: bool,
}

/// All events of the store in `dir`, whose state takes account of `committed`.
pub(crate) fn all(dir: &Dir, committed: u64) -> Result<Events, StoreError> {
    Ok(match open(dir)? {
        None => Events::none(dir, committed),
        Some(file) => Events::from(file, dir, committed, 0)?,
    })
}

/// The events that the state, which takes account of `committed`, does not know yet.
pub(crate) fn tail(dir: &Dir, committed: u64) -> Result<Tail, StoreError> {
    let Some(file) = open(dir)? else {
        return Ok(Tail { newer: Events::none(dir, committed), last: None, ended: true });
    };
    loop {
        return match find_newer(&file, dir, committed) {
            // Another process cut a torn line off while this one read it.
            Err(Trouble::System(e)) if e.kind() == ErrorKind::UnexpectedEof => continue,
            Err(Trouble::System(e)) => Err(FileError::new("read", dir.shown().join(NAME), e).into()),
            Err(Trouble::Refused(e)) => Err(e),
            Ok(Newer { start, last, ended }) => {
                Ok(Tail { newer: Events::from(file, dir, committed, start)?, last, ended })
            }
        };
    }
}

fn open(dir: &Dir) -> Result<Option<File>, FileError> {
    match dir.open(NAME, OFlag::O_RDONLY) {
        Ok(file) => Ok(Some(file)),
        Err(e) if e.is_missing() => Ok(None),
        Err(e) => Err(e),
    }
}

struct Newer {
    start: u64,
    last: Option<u64>,
    ended: bool,
}

enum Trouble {
    System(std::io::Error),
    Refused(StoreError),
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::System(error)
    }
}

/// Looks from the end for the first event after `committed`. Lines that are no events are passed over: who reads on from
/// there judges them.
fn find_newer(file: &File, dir: &Dir, committed: u64) -> Result<Newer, Trouble> {
    let length = file.metadata()?.len();
    let mut found = Newer { start: 0, last: None, ended: true };
    if committed == 0 {
        return Ok(found);
    }
    let mut lines = Backward::new(file, length);
    while let Some(line) = lines.next_line()? {
        let end = line.start + line.bytes.len() as u64;
        found.ended = found.ended && line.bytes.ends_with(b"\n");
        let seq = match format::event(&line.bytes) {
            Ok(event) => event.seq,
            Err(Refused::NotJson { .. } | Refused::Unfit { .. }) => continue,
            Err(Refused::Newer(schema)) => {
                return Err(Trouble::Refused(StoreError::Newer { path: dir.shown().join(NAME), found: schema }));
            }
        };
        found.last = found.last.or(Some(seq));
        if seq <= committed {
            found.start = end;
            break;
        }
        if seq == committed + 1 {
            found.start = line.start;
            break;
        }
    }
    Ok(found)
}

impl Tail {
    /// Where the next event goes, once all of `newer` were read.
    pub(crate) fn place(&self, committed: u64) -> Place {
        let length = self.newer.length;
        match self.newer.torn {
            // The state knows an event that no line holds any more: the bad line was that event.
            Some(_) if self.last.is_some_and(|last| last < committed) => Place { length, feed: !self.ended },
            Some(start) => Place { length: start, feed: false },
            None => Place { length, feed: !self.ended },
        }
    }
}

impl Events {
    /// No event.
    pub(crate) fn nothing() -> Self {
        Self { reader: None, shown: PathBuf::new(), offset: 0, length: 0, committed: 0, torn: None }
    }

    fn none(dir: &Dir, committed: u64) -> Self {
        Self { shown: dir.shown().join(NAME), committed, ..Self::nothing() }
    }

    fn from(mut file: File, dir: &Dir, committed: u64, offset: u64) -> Result<Self, FileError> {
        let shown = dir.shown().join(NAME);
        let size = file.metadata().map(|found| found.len());
        let size = size.and_then(|length| file.seek(SeekFrom::Start(offset)).map(|_| length));
        let length = size.map_err(|e| FileError::new("read", &shown, e))?;
        let reader = BufReader::with_capacity(BUFFER, file.take(length.saturating_sub(offset)));
        Ok(Self { reader: Some(reader), shown, offset, length, committed, torn: None })
    }

    fn read(&mut self, line: &mut Vec<u8>) -> Result<Option<Event>, StoreError> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let start = self.offset;
        let size = reader.read_until(b'\n', line).map_err(|e| FileError::new("read", &self.shown, e))?;
        if size == 0 {
            return Ok(None);
        }
        self.offset += size as u64;
        let complete = line.ends_with(b"\n");
        let parsed = format::event(line);
        let is_torn = match &parsed {
            Ok(event) => !complete && event.seq > self.committed,
            Err(Refused::NotJson { .. }) => !complete || self.offset >= self.length,
            Err(Refused::Unfit { .. }) => !complete,
            Err(Refused::Newer(_)) => false,
        };
        if is_torn {
            self.torn = Some(start);
            return Ok(None);
        }
        match parsed {
            Ok(event) => Ok(Some(event)),
            Err(Refused::Newer(found)) => Err(StoreError::Newer { path: self.shown.clone(), found }),
            Err(Refused::NotJson { problem, .. } | Refused::Unfit { problem, .. }) => Err(MalformedFile {
                line: Some(self.line_at(start)?),
                path: self.shown.clone(),
                problem,
                hint: "mend or delete that line, then run again; nothing was changed".into(),
            }
            .into()),
        }
    }

    /// The number of the line that begins at `offset`, from 1. Counted when it is needed: in an error.
    fn line_at(&self, offset: u64) -> Result<usize, FileError> {
        let Some(reader) = &self.reader else { return Ok(1) };
        count_feeds(reader.get_ref().get_ref(), offset)
            .map(|feeds| feeds + 1)
            .map_err(|e| FileError::new("read", &self.shown, e))
    }
}

fn count_feeds(file: &File, before: u64) -> std::io::Result<usize> {
    let (mut feeds, mut offset, mut block) = (0, 0, vec![0; BUFFER]);
    while offset < before {
        let size = file.read_at(&mut block, offset)?;
        if size == 0 {
            break;
        }
        let within = usize::try_from(before - offset).map_or(size, |left| left.min(size));
        feeds += block[..within].iter().filter(|&&byte| byte == b'\n').count();
        offset += size as u64;
    }
    Ok(feeds)
}

impl Iterator for Events {
    type Item = Result<Event, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read(&mut Vec::new()).transpose();
        if !matches!(read, Some(Ok(_))) {
            self.reader = None;
        }
        read
    }
}

/// Where the next event goes, for whoever holds the lock.
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

    /// Appends one event and waits until it is on disk. After an error it is as if nothing had been appended.
    pub(crate) fn append(&mut self, dir: &Dir, event: &Event) -> Result<(), FileError> {
        let failed = |e| FileError::new("write", dir.shown().join(NAME), e);
        let mut line = Vec::with_capacity(512);
        if self.place.feed {
            line.push(b'\n');
        }
        serde_json::to_writer(&mut line, event).map_err(|e| failed(e.into()))?;
        line.push(b'\n');

        let is_new = dir.stat(NAME)?.is_none();
        let mut file = dir.append(NAME, MODE)?;
        if is_new {
            dir.sync()?;
        }
        cut(&file, self.place.length).map_err(failed)?;
        if let Err(e) = file.write_all(&line).and_then(|()| file.sync_data()) {
            // Best effort: what stays behind is a torn line, and the next append cuts it off.
            let _ = cut(&file, self.place.length);
            return Err(failed(e));
        }
        self.place = Place { length: self.place.length + line.len() as u64, feed: false };
        Ok(())
    }
}

/// Makes the file end after `length` bytes.
fn cut(file: &File, length: u64) -> std::io::Result<()> {
    if file.metadata()?.len() > length { file.set_len(length) } else { Ok(()) }
}
