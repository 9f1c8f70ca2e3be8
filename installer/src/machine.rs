//! The machine that faults, events and loads belong to. A disk may be the copy of a template that was not generalized: its id is
//! another then, and what the template left is set aside.

use std::time::Duration;

use host::fs::InRoot;
use host::log::Level;
use host::{FileError, MalformedFile, ReadError, Root};
use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::engine::fault_updates;
use crate::load_lock;
use crate::model::host_context::HostContext;
use crate::model::versioned;

/// The format this version writes.
const SCHEMA: u32 = 1;

/// The file's name in the profile's state directory.
const NAME: &str = "machine.json";

const MODE: u32 = 0o644;

/// The start of the ending of what is set aside.
const SET_ASIDE: &str = "set-aside-";

/// How many stores and records of other machines are kept: a machine may get a new id at each boot.
const KEPT: usize = 3;

/// How long to wait for the fault store's own lock.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Serialize, Deserialize)]
struct File {
    machine: String,
}

/// Returns the id of the running machine that may be written down; `None` if it has no lasting id, or does not run.
fn current(cx: &HostContext) -> Option<String> {
    cx.is_running_system().then(|| host::system::machine::id(cx.root)).flatten()
}

fn path(cx: &HostContext) -> InRoot {
    cx.profile.paths.state.join(NAME)
}

fn recorded(cx: &HostContext) -> Result<Option<String>, ReadError> {
    let path = path(cx);
    let Some(text) = cx.root.read_private(&path)? else { return Ok(None) };
    let malformed = |problem| MalformedFile {
        path: cx.root.host_path(&path),
        line: None,
        problem,
        hint: "remove it, and the next repair writes it again".into(),
    };
    let file: File = versioned::parse(&text, SCHEMA).map_err(|e| malformed(e.problem))?;
    Ok(Some(file.machine))
}

/// Returns whether faults and loads were recorded on another machine. Only reads. Without a lasting id, or without a record that
/// can be used, it is not known, and what is there counts as this machine's.
#[must_use]
pub fn is_another(cx: &HostContext) -> bool {
    let current = current(cx);
    current.is_some() && recorded(cx).is_ok_and(|recorded| recorded.is_some_and(|it| Some(it) != current))
}

/// Sets aside what another machine recorded: the fault store, and the record of the load lock. The caller holds hostprep's lock.
/// May be called again after it was killed: the record of the machine is replaced last. The store comes first: where it cannot be
/// renamed, the next call must not take away the loads that this machine has recorded by then. Of what was set aside before, the
/// newest few are kept.
///
/// # Errors
/// [`Error`] if a lock cannot be had, or a file cannot be renamed.
pub fn set_aside(cx: &HostContext) -> Result<(), Error> {
    let suffix = format!("{SET_ASIDE}{}", cx.clock.now().strftime("%Y%m%dT%H%M%SZ"));
    let store = fault_updates::store(cx).set_aside(&suffix, cx.clock, STORE_TIMEOUT)?;
    let moved = [store, load_lock::set_aside(cx, &suffix)?];
    for path in moved.into_iter().flatten() {
        let path = cx.root.host_path(path);
        let line =
            format!("this disk is a copy of another machine's: what that recorded is set aside in {}", path.display());
        cx.log.line(Level::Warning, &line);
    }
    forget_set_aside(cx, KEPT)?;
    write(cx)
}

/// Returns what was set aside: stores and records of the load lock, the newest first.
///
/// # Errors
/// [`Error`] if a directory cannot be listed.
pub fn set_aside_before(cx: &HostContext) -> Result<Vec<InRoot>, Error> {
    let (store, record) = (&cx.profile.paths.faults, load_lock::record_path(cx));
    let mut found = Vec::new();
    for path in [store, &record] {
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else { continue };
        let start = format!("{}.{SET_ASIDE}", name.to_string_lossy());
        let names = cx.root.names(&above)?.into_iter().filter(|name| name.to_string_lossy().starts_with(&start));
        // The date is in the name.
        found.extend(names.rev().map(|name| above.join(name)));
    }
    Ok(found)
}

/// Removes what was set aside, but for the newest `keep` of each kind.
///
/// # Errors
/// [`Error`] if a file cannot be removed; calling it again removes the rest.
pub fn forget_set_aside(cx: &HostContext, keep: usize) -> Result<(), Error> {
    let all = set_aside_before(cx)?;
    let is_store = |path: &&InRoot| path.parent() == cx.profile.paths.faults.parent();
    let (stores, records): (Vec<_>, Vec<_>) = all.iter().partition(is_store);
    for path in stores.into_iter().skip(keep).chain(records.into_iter().skip(keep)) {
        remove(cx.root, path)?;
    }
    Ok(())
}

fn remove(root: &Root, path: &InRoot) -> Result<(), FileError> {
    let (dir, name) = root.parent(path)?;
    if !root.stat(path)?.is_some_and(|found| host::fs::is_dir(&found)) {
        return dir.unlink_replaced(&name);
    }
    let store = root.open_private_dir(path)?;
    for file in store.names()? {
        store.unlink(file)?;
    }
    dir.remove_dir(&name).map(|_| ())
}

/// Returns whether there is something to record the machine of, and it is not recorded. Only reads.
#[must_use]
pub fn is_to_note(cx: &HostContext) -> bool {
    let has_something = || {
        load_lock::is_recorded(cx).unwrap_or(false)
            || fault_updates::store(cx).is_blank().is_ok_and(|is_blank| !is_blank)
    };
    // One that cannot be used says nothing, and is replaced.
    let is_recorded = match recorded(cx) {
        Ok(recorded) => recorded.is_some(),
        Err(e) => !matches!(e, ReadError::Malformed(_)),
    };
    !is_recorded && current(cx).is_some() && has_something()
}

/// Records this machine. The caller holds hostprep's lock.
///
/// # Errors
/// [`Error`] if the record cannot be written.
pub fn write(cx: &HostContext) -> Result<(), Error> {
    let Some(machine) = current(cx) else { return Ok(()) };
    let text = versioned::render(SCHEMA, &File { machine })
        .map_err(|e| FileError::new("write", cx.root.host_path(path(cx)), std::io::Error::other(e)))?;
    Ok(cx.root.create_private_dir(&cx.profile.paths.state)?.replace(NAME, text.as_bytes(), MODE)?)
}

/// Returns the path of the record if there is one.
#[must_use]
pub fn record_path(cx: &HostContext) -> Option<InRoot> {
    let path = path(cx);
    cx.root.exists(&path).then_some(path)
}

/// Removes the record, if there is one.
///
/// # Errors
/// [`Error`] if it cannot be removed.
pub fn forget(cx: &HostContext) -> Result<(), Error> {
    match cx.root.open_private_dir(&cx.profile.paths.state) {
        Err(e) if matches!(e.errno(), Some(Errno::ENOENT)) => Ok(()),
        dir => Ok(dir?.unlink_replaced(NAME)?),
    }
}
