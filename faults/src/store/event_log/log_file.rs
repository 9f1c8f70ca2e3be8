//! An opened file of events, and a search in it from the end.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;

use host::fs::FileId;
use host::{Dir, FileError};
use nix::fcntl::OFlag;

use crate::store::error::StoreError;
use crate::store::event_log::lines::{ReverseLines, read_line};
use crate::store::format::{self, ParseError};

/// The file's name. Once it is large it becomes a [segment](super::segments), and the next event begins a new one.
pub(crate) const NAME: &str = "events.jsonl";

const BUFFER: usize = 64 * 1024;

/// An opened file of events. It stays the same file even if it is renamed or removed.
#[derive(Debug)]
pub(crate) struct LogFile {
    file: Arc<File>,
    pub path: PathBuf,
    /// The length in bytes when it was opened; later events are not read.
    pub length: u64,
}

/// The result of a search from the end for the events after a number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SearchResult {
    /// The offset of the first of them; 0 if the file has no earlier event.
    pub start: u64,
    /// The last number in the searched part of the file.
    pub last: Option<u64>,
    /// Whether the file ends with a line feed, or is empty.
    pub ended: bool,
    /// Whether all of them are in this file: they follow the given number without a gap, or there are none.
    pub joined: bool,
}

impl Default for SearchResult {
    /// Nothing was found, and so nothing is known.
    fn default() -> Self {
        Self { start: 0, last: None, ended: true, joined: false }
    }
}

enum SearchError {
    System(std::io::Error),
    Newer(u64),
}

impl From<std::io::Error> for SearchError {
    fn from(error: std::io::Error) -> Self {
        Self::System(error)
    }
}

/// Opens `events.jsonl`. Returns `None` if it does not exist.
pub(crate) fn open(dir: &Dir) -> Result<Option<LogFile>, FileError> {
    match dir.open(NAME, OFlag::O_RDONLY) {
        Ok(file) => LogFile::of(file, dir.path().join(NAME)).map(Some),
        Err(e) if e.is_missing() => Ok(None),
        Err(e) => Err(e),
    }
}

/// Returns whether `opened` is still the file with that name.
pub(crate) fn is_current(dir: &Dir, opened: Option<&LogFile>) -> Result<bool, FileError> {
    let named = dir.stat(NAME)?.map(|found| FileId::of(&found));
    Ok(named == opened.map(LogFile::identity).transpose()?)
}

impl LogFile {
    /// Wraps `file` with its current length. `shown` is its path in messages.
    pub(crate) fn of(file: File, path: PathBuf) -> Result<Self, FileError> {
        match file.metadata() {
            Ok(found) => Ok(Self { file: Arc::new(file), length: found.len(), path }),
            Err(e) => Err(FileError::new("read", path, e)),
        }
    }

    /// Device and inode, by which it is known under another name.
    pub(crate) fn identity(&self) -> Result<FileId, FileError> {
        let found = self.file.metadata().map_err(|e| FileError::new("look at", &self.path, e))?;
        Ok(FileId { device: found.dev(), inode: found.ino() })
    }

    /// Searches from the end for the events after `seq`. Skips lines that are not events; the reader that continues from there
    /// reports them.
    pub(crate) fn find_after(&mut self, seq: u64) -> Result<SearchResult, StoreError> {
        loop {
            return match self.look_back(seq) {
                // Another process cut a torn line off while this one read it.
                Err(SearchError::System(e)) if e.kind() == ErrorKind::UnexpectedEof => {
                    let now = self.file.metadata().map_err(|e| FileError::new("read", &self.path, e))?;
                    self.length = now.len();
                    continue;
                }
                Err(SearchError::System(e)) => Err(FileError::new("read", &self.path, e).into()),
                Err(SearchError::Newer(found)) => Err(StoreError::Newer { path: self.path.clone(), found }),
                Ok(found) => Ok(found),
            };
        }
    }

    fn look_back(&self, after: u64) -> Result<SearchResult, SearchError> {
        let mut found = SearchResult::default();
        if after == 0 {
            return Ok(found);
        }
        let mut lines = ReverseLines::new(&self.file, self.length);
        // The number of the event behind the one looked at, and whether each number so far is one less than the next.
        let (mut next, mut gapless) = (None, true);
        while let Some(line) = lines.next_line()? {
            let end = line.start + line.bytes.len() as u64;
            found.ended = found.ended && line.bytes.ends_with(b"\n");
            let seq = match format::event(&line.bytes) {
                Ok(event) => event.seq,
                Err(ParseError::NotJson { .. } | ParseError::Invalid { .. }) => continue,
                Err(ParseError::Newer(schema)) => return Err(SearchError::Newer(schema)),
            };
            found.last = found.last.or(Some(seq));
            if seq <= after {
                found.start = end;
                found.joined = gapless && next.is_none_or(follows(after));
                break;
            }
            gapless = gapless && next.is_none_or(follows(seq));
            if follows(after)(seq) {
                found.start = line.start;
                found.joined = gapless;
                break;
            }
            next = Some(seq);
        }
        Ok(found)
    }

    /// The number of the first event in it. Lines that are none are passed over.
    pub(crate) fn first(&self) -> Result<Option<u64>, FileError> {
        let failed = |e| FileError::new("read", &self.path, e);
        let mut lines = self.read(4096, 0, self.length);
        let mut line = Vec::new();
        while read_line(&mut lines, &mut line).map_err(failed)? > 0 {
            match format::event(&line) {
                Ok(event) if line.ends_with(b"\n") => return Ok(Some(event.seq)),
                _ => line.clear(),
            }
        }
        Ok(None)
    }

    /// Returns the number of line feeds before `offset`.
    pub(crate) fn feeds_before(&self, offset: u64) -> Result<usize, FileError> {
        let count = || -> std::io::Result<usize> {
            let mut reader = self.read(BUFFER, 0, offset.min(self.length));
            let mut feeds = 0;
            loop {
                let block = reader.fill_buf()?;
                if block.is_empty() {
                    return Ok(feeds);
                }
                feeds += block.iter().filter(|&&byte| byte == b'\n').count();
                let size = block.len();
                reader.consume(size);
            }
        };
        count().map_err(|e| FileError::new("read", &self.path, e))
    }

    /// Its bytes from `start` to where it ended when it was opened.
    pub(crate) fn from(&self, start: u64) -> BufReader<Part> {
        self.read(BUFFER, start, self.length)
    }

    fn read(&self, buffer: usize, offset: u64, end: u64) -> BufReader<Part> {
        BufReader::with_capacity(buffer, Part { file: Arc::clone(&self.file), offset, end })
    }
}

/// Returns a function that tells whether a number follows `seq`. No number follows the greatest one.
fn follows(seq: u64) -> impl Fn(u64) -> bool {
    move |next| seq.checked_add(1) == Some(next)
}

/// Part of a file. It reads without moving the position of the file, which several share.
#[derive(Debug)]
pub(crate) struct Part {
    file: Arc<File>,
    offset: u64,
    end: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let size = left.min(buffer.len());
        let size = self.file.read_at(&mut buffer[..size], self.offset)?;
        self.offset += size as u64;
        Ok(size)
    }
}
