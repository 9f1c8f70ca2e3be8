//! The machine that faults, events and loads belong to. A disk may be the copy of a template that was not generalized: its id is
//! another then, and what the template left is set aside.

use std::time::Duration;

use host::fs::InRoot;
use host::log::Level;
use host::{MalformedFile, ReadError};
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
/// Deletes nothing, and may be called again after it was killed: the record of the machine is replaced last.
///
/// # Errors
/// [`Error`] if a lock cannot be had, or a file cannot be renamed.
pub fn set_aside(cx: &HostContext) -> Result<(), Error> {
    let suffix = format!("set-aside-{}", cx.clock.now().strftime("%Y%m%dT%H%M%SZ"));
    let moved =
        [load_lock::set_aside(cx, &suffix)?, fault_updates::store(cx).set_aside(&suffix, cx.clock, STORE_TIMEOUT)?];
    for path in moved.into_iter().flatten() {
        let path = cx.root.host_path(path);
        let line =
            format!("this disk is a copy of another machine's: what that recorded is set aside in {}", path.display());
        cx.log.line(Level::Warning, &line);
    }
    write(cx)
}

/// Returns whether there is something to record the machine of, and it is not recorded. Only reads.
#[must_use]
pub fn is_to_note(cx: &HostContext) -> bool {
    let has_something = || {
        load_lock::is_recorded(cx).unwrap_or(false)
            || fault_updates::store(cx).is_blank().is_ok_and(|is_blank| !is_blank)
    };
    recorded(cx).is_ok_and(|recorded| recorded.is_none()) && current(cx).is_some() && has_something()
}

/// Records this machine. The caller holds hostprep's lock.
///
/// # Errors
/// [`Error`] if the record cannot be written.
pub fn write(cx: &HostContext) -> Result<(), Error> {
    let Some(machine) = current(cx) else { return Ok(()) };
    let text = versioned::render(SCHEMA, &File { machine }).unwrap_or_default();
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
