//! What the files of a store say together: the state, brought up to the events that are newer.

use std::sync::Arc;

use host::Dir;

use crate::error::StoreError;
use crate::events::{self, Events};
use crate::log::{self, Place};
use crate::segment::Listed;
use crate::snapshot::Snapshot;
use crate::state;

/// What the files say together.
pub(crate) struct Contents {
    pub snapshot: Snapshot,
    /// Where the next event goes.
    pub place: Place,
    /// Whether `faults.json` is older than the log: a writer died between the two.
    pub behind: bool,
}

/// What the files say. Needs no lock: `events.jsonl` is opened first and the state read then, so that the state knows all
/// events before the file's first, however often it is closed meanwhile, and nearly always all that are in it.
pub(crate) fn contents(dir: &Arc<Dir>) -> Result<Contents, StoreError> {
    let current = log::open(dir)?;
    let mut snapshot = state::read(dir)?.unwrap_or_default();
    let committed = snapshot.sequence;
    let place = events::find(dir, current, committed)?;
    let found = place.found;
    let mut newer = Events::after(committed, Arc::clone(dir), place, committed);
    for event in &mut newer {
        snapshot.apply(event?);
    }
    let place = newer.current().map(|lines| Place::after(lines, found, committed)).unwrap_or_default();
    Ok(Contents { place, behind: snapshot.sequence > committed, snapshot })
}

/// Takes account of segments that are newer than state and `events.jsonl`, which so can only be old copies that were put
/// back: a number that was given to an event must not be given to another.
pub(crate) fn catch_up(dir: &Arc<Dir>, contents: &mut Contents, listed: &Listed) -> Result<(), StoreError> {
    let Some(&newest) = listed.numbers.last() else { return Ok(()) };
    let first = log::open(dir)?.map(|file| file.first()).transpose()?.flatten();
    let known = contents.snapshot.sequence;
    if known < newest || first.is_some_and(|first| first <= newest) {
        for event in Events::of_segments(Arc::clone(dir), &listed.numbers, known) {
            contents.snapshot.apply(event?);
        }
        contents.behind |= contents.snapshot.sequence > known;
    }
    Ok(())
}
