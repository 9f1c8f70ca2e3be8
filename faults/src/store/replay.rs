//! The combined content of the files of a store: the state, updated by the newer events.

use std::sync::Arc;

use host::Dir;

use crate::store::error::StoreError;
use crate::store::event_log::appender::AppendPosition;
use crate::store::event_log::history::{self, Events};
use crate::store::event_log::log_file;
use crate::store::event_log::segments::Listed;
use crate::store::snapshot::Snapshot;
use crate::store::state_file;

/// The combined content of the files.
pub(crate) struct Contents {
    pub snapshot: Snapshot,
    /// Where to write the next event.
    pub position: AppendPosition,
    /// Whether `faults.json` is older than the log, because a writer was killed between the two.
    pub state_is_stale: bool,
}

/// Reads the files. Needs no lock: `events.jsonl` is opened before the state is read, so the state knows all events before the
/// file's first, even if it is closed meanwhile, and nearly always all that are in it.
pub(crate) fn contents(dir: &Arc<Dir>) -> Result<Contents, StoreError> {
    contents_with(dir, || {})
}

/// `between` is called between reading the state and reading the events: a test writes there.
fn contents_with(dir: &Arc<Dir>, mut between: impl FnMut()) -> Result<Contents, StoreError> {
    loop {
        let current = log_file::open(dir)?;
        let known = state_file::read(dir)?.unwrap_or_default();
        between();
        let committed = known.sequence;
        let range = history::find(dir, current, committed)?;
        let found = range.found;
        let mut newer = Events::after(committed, Arc::clone(dir), range, committed);
        let mut snapshot = known.clone();
        for event in &mut newer {
            snapshot.apply(event?);
        }
        let state_is_stale = snapshot.sequence > committed;
        // A change of the detail is in the state alone. An event after it, which the search finds if it opens the file
        // again, belongs to the newer state.
        if state_is_stale && state_file::read(dir)?.unwrap_or_default() != known {
            continue;
        }
        let position = newer.current().map(|lines| AppendPosition::after(lines, found, committed)).unwrap_or_default();
        return Ok(Contents { snapshot, position, state_is_stale });
    }
}

/// Takes account of segments that are newer than state and `events.jsonl`, which so can only be old copies that were put
/// back: a number that was given to an event must not be given to another.
pub(crate) fn catch_up(dir: &Arc<Dir>, contents: &mut Contents, listed: &Listed) -> Result<(), StoreError> {
    let Some(&newest) = listed.numbers.last() else { return Ok(()) };
    let first = log_file::open(dir)?.map(|file| file.first()).transpose()?.flatten();
    let known = contents.snapshot.sequence;
    if known < newest || first.is_some_and(|first| first <= newest) {
        for event in Events::of_segments(Arc::clone(dir), &listed.numbers, known) {
            contents.snapshot.apply(event?);
        }
        contents.state_is_stale |= contents.snapshot.sequence > known;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
