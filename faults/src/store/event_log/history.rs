//! All events: the closed segments in the order of their numbers, then `events.jsonl`.
//!
//! Readers take no lock. They open `events.jsonl` first, so that they keep the same file even if it is renamed, and then look for
//! segments: these have all events that are older than the opened file.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use host::{Dir, FileError};

use crate::store::error::StoreError;
use crate::store::event::Event;
use crate::store::event_log::log_file::{self, LogFile, SearchResult};
use crate::store::event_log::reader::EventReader;
use crate::store::event_log::segments;

/// How often a reader starts again because `events.jsonl` was closed while it looked for segments.
const TRIES: usize = 5;

/// The events of a store, oldest first, each once, read as they are asked for. Ends after the first error.
///
/// A number is missing only if a line or a segment was deleted.
#[derive(Debug)]
pub struct Events {
    dir: Option<Arc<Dir>>,
    /// The segments to come.
    segments: VecDeque<u64>,
    segment: Option<EventReader>,
    current: Option<EventReader>,
    /// The last number that was given out. What is not greater is there twice, as after a copy was put back.
    after: u64,
}

/// The files with the events after a number.
pub(crate) struct HistoryRange {
    /// `events.jsonl`, where there is one.
    current: Option<LogFile>,
    /// The result of the search in it.
    pub found: SearchResult,
    segments: BTreeSet<u64>,
}

/// Finds the events after `seq`. Looks for segments only if `current`, which is `events.jsonl` opened first, lacks some of them.
pub(crate) fn find(dir: &Dir, current: Option<LogFile>, seq: u64) -> Result<HistoryRange, StoreError> {
    find_listing(dir, current, seq, &mut || segments::numbers(dir))
}

/// Does the same; `list` returns the numbers of the segments.
fn find_listing(
    dir: &Dir,
    mut current: Option<LogFile>,
    seq: u64,
    list: &mut dyn FnMut() -> Result<BTreeSet<u64>, FileError>,
) -> Result<HistoryRange, StoreError> {
    let mut tries = TRIES;
    loop {
        let found = current.as_mut().map(|file| file.find_after(seq)).transpose()?.unwrap_or_default();
        if found.joined {
            return Ok(HistoryRange { current, found, segments: BTreeSet::new() });
        }
        let mut numbers = list()?;
        if !log_file::is_current(dir, current.as_ref())? {
            tries -= 1;
            if tries > 0 {
                current = log_file::open(dir)?;
                continue;
            }
            // Of what was closed since it was opened only a part may be listed: it is the last that is sure.
            if let Some(first) = current.as_ref().map(LogFile::first).transpose()?.flatten() {
                numbers.retain(|number| *number < first);
            }
        }
        return Ok(HistoryRange { segments: segments::holding(&numbers, seq), current, found });
    }
}

impl Events {
    /// No event.
    pub(crate) fn nothing() -> Self {
        Self { dir: None, segments: VecDeque::new(), segment: None, current: None, after: 0 }
    }

    /// Returns the events after `seq`, of a store with a state up to event `committed`.
    pub(crate) fn after(seq: u64, dir: Arc<Dir>, range: HistoryRange, committed: u64) -> Self {
        let current = range.current.map(|file| EventReader::current(file, range.found.start, committed));
        Self { dir: Some(dir), segments: range.segments.into_iter().collect(), segment: None, current, after: seq }
    }

    /// Those after `seq` in segments alone.
    pub(crate) fn of_segments(dir: Arc<Dir>, numbers: &BTreeSet<u64>, seq: u64) -> Self {
        let segments = segments::holding(numbers, seq).into_iter().collect();
        Self { dir: Some(dir), segments, segment: None, current: None, after: seq }
    }

    /// Returns `events.jsonl`, as far as it was read.
    pub(crate) fn current(&self) -> Option<&EventReader> {
        self.current.as_ref()
    }

    fn read(&mut self) -> Result<Option<Event>, StoreError> {
        let Some(dir) = &self.dir else { return Ok(None) };
        loop {
            if let Some(lines) = &mut self.segment {
                if let Some(event) = lines.next_event()? {
                    return Ok(Some(event));
                }
                self.segment = None;
            }
            match self.segments.pop_front() {
                // Opened when its turn comes: a long history has more segments than a process may have files.
                Some(number) => self.segment = segments::open(dir, number, self.after)?,
                None => return self.current.as_mut().map_or(Ok(None), EventReader::next_event),
            }
        }
    }
}

impl Iterator for Events {
    type Item = Result<Event, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read().transpose() {
                Some(Ok(event)) if event.seq <= self.after => {}
                Some(Ok(event)) => {
                    self.after = event.seq;
                    return Some(Ok(event));
                }
                ended => {
                    self.dir = None;
                    return ended;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
