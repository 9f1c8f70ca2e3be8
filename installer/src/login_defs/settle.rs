//! Everything back to what it was, from whatever state a window was left in. Closing and recovering are the same.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use host::Root;

use super::disk::Place;
use super::error::{Settled, WindowError};
use super::plan::may_be_ours;
use super::record::{Found, Main, Record, State};
use super::source::{DROP_INS, MAIN};
use super::text::patch;
use super::{in_place, made, swap};

/// Puts everything back. Run twice, the second finds nothing to do.
pub(super) fn settle(root: &Root, state: &State) -> Result<Settled, WindowError> {
    match state.load()? {
        Found::Record(record) => recorded(root, state, *record),
        Found::Malformed | Found::Nothing => unrecorded(root, Some(state)),
    }
}

/// As the record says.
fn recorded(root: &Root, state: &State, mut record: Record) -> Result<Settled, WindowError> {
    let mut foreign = false;
    if let Some(drop_in) = &record.drop_in {
        foreign |= made::settle_recorded(root, drop_in, b"")?.foreign;
    }
    let place = match &record.main {
        Some(Main::Swap(changed) | Main::InPlace { changed, .. }) => Some(Place::exactly(root, &changed.path())?),
        _ => None,
    };
    match (&record.main, &place) {
        (Some(Main::Swap(changed)), Some(place)) => foreign |= swap::settle(place, Some(changed))?.foreign,
        (Some(Main::InPlace { .. }), Some(place)) => {
            foreign |= in_place::settle(state, Some(&mut record), place)?.foreign;
        }
        (Some(Main::Make(main)), _) => {
            foreign |= made::settle_recorded(root, main, &made::vendor_text(root)?)?.foreign;
        }
        _ => {}
    }
    // The copy first: one without a record would be taken for the only witness of the original.
    in_place::clean(state)?;
    state.remove()?;
    // Ours last: one that says yes, without a record, is known for a displaced copy.
    if let Some(place) = &place {
        swap::clean(place)?;
    }
    Ok(Settled { foreign })
}

/// Without a record, or with one that cannot be read: what stands beside the files must do.
pub(super) fn unrecorded(root: &Root, state: Option<&State>) -> Result<Settled, WindowError> {
    let mut foreign = false;
    for place in drop_ins(root)? {
        if made::is_ours(&place)? {
            foreign |= made::settle(&place, None, &patch(b"").record, b"")?.foreign;
        }
        made::clean(&place)?;
    }
    let place = match Place::of(root, Path::new(MAIN)) {
        Err(e) if e.is_missing() => None,
        place => Some(place?),
    };
    if let Some(place) = &place {
        foreign |= swap::settle(place, None)?.foreign;
        if let Some(state) = state {
            foreign |= in_place::settle(state, None, place)?.foreign;
        }
        // A fifo there is nobody's leftover.
        if made::is_ours(place).unwrap_or(false) {
            let vendor = made::vendor_text(root)?;
            foreign |= made::settle(place, None, &patch(&vendor).record, &vendor)?.foreign;
        }
    }
    if let Some(state) = state {
        in_place::clean(state)?;
        state.remove()?;
    }
    if let Some(place) = &place {
        swap::clean(place)?;
    }
    Ok(Settled { foreign })
}

/// Where a drop-in of ours may stand, or what was left of making one.
pub(super) fn drop_ins(root: &Root) -> Result<Vec<Place>, WindowError> {
    let mut places = Vec::new();
    for name in root.names(DROP_INS)? {
        let bytes = name.as_bytes();
        let of_temporary = bytes.strip_prefix(b".").and_then(|rest| rest.strip_suffix(b".hostprep-patched"));
        let name = of_temporary.unwrap_or(bytes);
        if may_be_ours(name) {
            let path = Path::new(DROP_INS).join(std::ffi::OsStr::from_bytes(name));
            let place = Place::exactly(root, &path)?;
            if !places.iter().any(|other: &Place| other.name == place.name) {
                places.push(place);
            }
        }
    }
    Ok(places)
}
