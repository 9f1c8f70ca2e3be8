//! Restores everything, from whatever state a window is in. Closing and recovering are the same.

use std::os::unix::ffi::OsStrExt;

use host::Root;
use host::fs::InRoot;

use crate::error::{Restored, WindowError};
use crate::files::FileAt;
use crate::plan::may_be_ours;
use crate::record::{Main, Record, StateDir, Stored};
use crate::sources::{DROP_INS, MAIN};
use crate::text::patch;
use crate::{create, in_place, replace};

/// Restores everything. A second run finds nothing to do.
pub(crate) fn restore(root: &Root, state: &StateDir) -> Result<Restored, WindowError> {
    match state.load()? {
        Stored::Record(record) => recorded(root, state, *record),
        Stored::Malformed | Stored::Nothing => unrecorded(root, Some(state)),
    }
}

/// Restores what the record names.
fn recorded(root: &Root, state: &StateDir, mut record: Record) -> Result<Restored, WindowError> {
    let mut concurrent_edit = false;
    if let Some(drop_in) = &record.drop_in {
        concurrent_edit |= create::restore_recorded(root, drop_in, b"")?.concurrent_edit;
    }
    let target = match &record.main {
        Some(Main::Replace(changed) | Main::InPlace { changed, .. }) => {
            Some(FileAt::unresolved(root, &changed.path())?)
        }
        _ => None,
    };
    match (&record.main, &target) {
        (Some(Main::Replace(changed)), Some(target)) => {
            concurrent_edit |= replace::restore(target, Some(changed))?.concurrent_edit
        }
        (Some(Main::InPlace { .. }), Some(target)) => {
            concurrent_edit |= in_place::restore(state, Some(&mut record), target)?.concurrent_edit;
        }
        (Some(Main::Create(main)), _) => {
            concurrent_edit |= create::restore_recorded(root, main, &create::vendor_text(root)?)?.concurrent_edit;
        }
        _ => {}
    }
    // The copy goes before the record: a copy without a record would be taken for the only trace of the original.
    in_place::clean(state)?;
    state.remove()?;
    // Our names go last: a file that says yes, without a record, is recognized as a displaced copy.
    if let Some(target) = &target {
        replace::clean(target)?;
    }
    Ok(Restored { concurrent_edit })
}

/// Restores without a readable record, from the names next to the files.
pub(crate) fn unrecorded(root: &Root, state: Option<&StateDir>) -> Result<Restored, WindowError> {
    let mut concurrent_edit = false;
    for target in drop_ins(root)? {
        if create::is_ours(&target)? {
            concurrent_edit |= create::restore(&target, None, &patch(b"").record, b"")?.concurrent_edit;
        }
        create::clean(&target)?;
    }
    let target = match FileAt::resolved(root, &MAIN.into()) {
        Err(e) if e.is_missing() => None,
        target => Some(target?),
    };
    if let Some(target) = &target {
        concurrent_edit |= replace::restore(target, None)?.concurrent_edit;
        if let Some(state) = state {
            concurrent_edit |= in_place::restore(state, None, target)?.concurrent_edit;
        }
        // A fifo there is not ours.
        if create::is_ours(target).unwrap_or(false) {
            let vendor = create::vendor_text(root)?;
            concurrent_edit |= create::restore(target, None, &patch(&vendor).record, &vendor)?.concurrent_edit;
        }
    }
    if let Some(state) = state {
        in_place::clean(state)?;
        state.remove()?;
    }
    if let Some(target) = &target {
        replace::clean(target)?;
    }
    Ok(Restored { concurrent_edit })
}

/// Returns where our drop-in, or its temporary file, may be.
pub(crate) fn drop_ins(root: &Root) -> Result<Vec<FileAt>, WindowError> {
    let mut targets = Vec::new();
    for name in root.names(DROP_INS)? {
        let bytes = name.as_bytes();
        let of_temporary = bytes.strip_prefix(b".").and_then(|rest| rest.strip_suffix(b".hostprep-patched"));
        let name = of_temporary.unwrap_or(bytes);
        if may_be_ours(name) {
            let path = InRoot::from(DROP_INS).join(std::ffi::OsStr::from_bytes(name));
            let target = FileAt::unresolved(root, &path)?;
            if !targets.iter().any(|other: &FileAt| other.name == target.name) {
                targets.push(target);
            }
        }
    }
    Ok(targets)
}
