//! The events of one file, a line each.
//!
//! In `events.jsonl` a line counts once its line feed is there. What follows the last line feed, and a last line that is
//! not JSON, was left by a writer that died: readers ignore it, and the next writer cuts it off. The state may say
//! otherwise: what it takes account of had been written whole, so its line was damaged later and is left for a person to
//! look at. Nothing dies in a closed segment: there each line must be an event.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use host::{FileError, MalformedFile};

use crate::store::error::StoreError;
use crate::store::event::Event;
use crate::store::event_log::lines::read_line;
use crate::store::event_log::log_file::{LogFile, Part};
use crate::store::format::{self, ParseError};

const BUFFER: usize = 64 * 1024;

/// The events of one file, oldest first, read as they are asked for.
#[derive(Debug)]
pub(crate) struct EventReader {
    source: Source,
    /// The offset of the next line in the input.
    offset: u64,
    /// The number of lines read.
    count: usize,
    /// The sequence number that the state takes account of; `None` where the file is closed.
    committed: Option<u64>,
    torn: Option<u64>,
}

#[derive(Debug)]
enum Source {
    Plain { file: LogFile, reader: BufReader<Part>, start: u64 },
    Packed { path: PathBuf, reader: Box<BufReader<MultiGzDecoder<BufReader<File>>>> },
}

impl EventReader {
    /// Those of `events.jsonl` from the byte `start` on, when the state takes account of `committed`.
    pub(crate) fn current(file: LogFile, start: u64, committed: u64) -> Self {
        let reader = file.from(start);
        Self {
            source: Source::Plain { file, reader, start },
            offset: start,
            count: 0,
            committed: Some(committed),
            torn: None,
        }
    }

    /// Those of a closed segment from the byte `start` on.
    pub(crate) fn closed(file: LogFile, start: u64) -> Self {
        Self { committed: None, ..Self::current(file, start, 0) }
    }

    /// Those of a packed segment, called `path`.
    pub(crate) fn packed(file: File, path: PathBuf) -> Self {
        let unpacked = MultiGzDecoder::new(BufReader::with_capacity(BUFFER, file));
        let reader = Box::new(BufReader::with_capacity(BUFFER, unpacked));
        Self { source: Source::Packed { path, reader }, offset: 0, count: 0, committed: None, torn: None }
    }

    /// Returns the length of the file in bytes, with a torn line.
    pub(crate) fn length(&self) -> u64 {
        match &self.source {
            Source::Plain { file, .. } => file.length,
            Source::Packed { .. } => self.offset,
        }
    }

    /// Returns the offset of a torn last line, after all lines were read.
    pub(crate) fn torn(&self) -> Option<u64> {
        self.torn
    }

    fn path(&self) -> &Path {
        match &self.source {
            Source::Plain { file, .. } => &file.path,
            Source::Packed { path, .. } => path,
        }
    }

    /// The next event; `None` after the last, and for good.
    pub(crate) fn next_event(&mut self) -> Result<Option<Event>, StoreError> {
        let (start, mut line) = (self.offset, Vec::new());
        let size = match &mut self.source {
            Source::Plain { reader, .. } => read_line(reader, &mut line),
            Source::Packed { reader, .. } => read_line(reader, &mut line),
        };
        let size = size.map_err(|e| self.unreadable(e))?;
        if size == 0 || self.torn.is_some() {
            return Ok(None);
        }
        self.offset += size;
        self.count += 1;
        let parsed = format::event(&line);
        if self.committed.is_some_and(|committed| self.is_torn(&line, &parsed, committed)) {
            self.torn = Some(start);
            return Ok(None);
        }
        match parsed {
            Ok(event) => Ok(Some(event)),
            Err(ParseError::Newer(found)) => Err(StoreError::Newer { path: self.path().to_owned(), found }),
            Err(ParseError::NotJson { problem, .. } | ParseError::Invalid { problem, .. }) => {
                Err(self.malformed(problem)?.into())
            }
        }
    }

    /// Returns whether the line just read is incomplete.
    fn is_torn(&self, line: &[u8], parsed: &Result<Event, ParseError>, committed: u64) -> bool {
        let complete = line.ends_with(b"\n");
        match parsed {
            Ok(event) => !complete && event.seq > committed,
            Err(ParseError::NotJson { .. }) => !complete || self.offset >= self.length(),
            Err(ParseError::Invalid { .. }) => !complete,
            Err(ParseError::Newer(_)) => false,
        }
    }

    /// Returns the error for the last line read, which is not an event.
    fn malformed(&self, problem: String) -> Result<MalformedFile, FileError> {
        let (before, hint) = match &self.source {
            // Counted when it is needed: in an error.
            Source::Plain { file, start, .. } => (file.feeds_before(*start)?, "correct or delete that line"),
            Source::Packed { .. } => (0, "unpack it with gunzip, then correct or delete that line"),
        };
        Ok(MalformedFile {
            path: self.path().to_owned(),
            line: Some(before + self.count),
            problem,
            hint: format!("{hint}, then run again; nothing was changed"),
        })
    }

    fn unreadable(&self, error: io::Error) -> StoreError {
        match (&self.source, error.raw_os_error()) {
            // What the system did not say was said of the content.
            (Source::Packed { path, .. }, None) => MalformedFile {
                path: path.clone(),
                line: None,
                problem: format!("not a complete gzip file ({error})"),
                hint: "restore it from a backup, or move it away and do without its events; nothing was changed".into(),
            }
            .into(),
            _ => FileError::new("read", self.path(), error).into(),
        }
    }
}
