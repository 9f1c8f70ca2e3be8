//! What belongs to one machine, taken away before its disk becomes the template of others.

use std::time::Duration;

use host::log::Level;

use super::recover::lock;
use super::{fault_updates, last_run};
use crate::model::host_context::HostContext;
use crate::{Error, load_lock, machine};

/// How long to wait for the fault store's own lock.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

/// Returns what [`generalize`] removes, in one line each; reads only.
///
/// # Errors
/// [`Error`] if the fault store cannot be read.
pub fn plan(cx: &HostContext) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    if fault_updates::store(cx).has_content()? {
        lines
            .push(format!("remove the faults and events in {}", cx.root.host_path(&cx.profile.paths.faults).display()));
    }
    if load_lock::is_recorded(cx)? {
        lines.push(format!("remove {}", cx.root.host_path(load_lock::record_path(cx)).display()));
    }
    for path in machine::set_aside_before(cx)? {
        lines.push(format!("remove {}", cx.root.host_path(path).display()));
    }
    if let Some(path) = machine::record_path(cx) {
        lines.push(format!("remove {}", cx.root.host_path(path).display()));
    }
    if last_run::is_recorded(cx)? {
        lines.push(format!("remove {}", cx.root.host_path(last_run::path(cx)).display()));
    }
    Ok(lines)
}

/// Removes the fault store's content, with its events and boots, the records of the load lock and the last run, what was set aside
/// of other machines, and which machine all that is of. Keeps what prepared the system: accounts, directories, the module and the
/// receipt. Returns what was removed.
///
/// # Errors
/// [`Error`] if a lock cannot be taken, or a file cannot be removed. Calling it again removes the rest.
pub fn generalize(cx: &HostContext, timeout: Duration, waiting: &mut dyn FnMut()) -> Result<Vec<String>, Error> {
    let planned = plan(cx)?;
    if planned.is_empty() {
        return Ok(planned);
    }
    let _locked = lock(cx, timeout, waiting)?;
    load_lock::forget(cx)?;
    last_run::forget(cx)?;
    fault_updates::store(cx).discard(cx.clock, STORE_TIMEOUT)?;
    machine::forget_set_aside(cx, 0)?;
    // Last: a copy of a disk that was generalized in part still shows that it is one.
    machine::forget(cx)?;
    for line in &planned {
        cx.log.line(Level::Info, &format!("generalize: {line}"));
    }
    Ok(planned)
}
