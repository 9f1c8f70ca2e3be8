//! The machine that faults, events and loads belong to. A disk may be the copy of a template that was not generalized: its id is
//! another then, and what the template left is set aside.

use std::time::Duration;

use host::fs::InRoot;
use host::log::Level;
use host::system::machine_id::MachineId;
use host::{MalformedFile, ReadError};
use nix::errno::Errno;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Error;
use crate::engine::fault_updates;
use crate::load_lock;
use crate::model::host_context::HostContext;

/// The format this version writes.
const SCHEMA: u32 = 1;

/// The file's name in the profile's state directory.
const NAME: &str = "machine.json";

const MODE: u32 = 0o644;

/// What the id is derived for (`systemd-id128 machine-id --app-specific=`).
const APPLICATION: u128 = 0x4e5d_6a1c_93b7_4f0e_8a26_c1d0_57e9_3b84;

/// How long to wait for the fault store's own lock.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Serialize, Deserialize)]
struct File {
    schema: u32,
    machine: String,
}

/// Returns the id of the running machine that may be written down: HMAC-SHA256 of [`APPLICATION`] keyed with the machine's id, as
/// `sd_id128_get_machine_app_specific(3)` derives it. `None` if it has no lasting id, or does not run.
fn current(cx: &HostContext) -> Option<String> {
    let id = MachineId::of(cx.root).filter(|_| cx.is_running_system())?;
    Some(derived(id.bytes(), APPLICATION))
}

fn derived(key: &[u8; 16], application: u128) -> String {
    let padded = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(application.to_be_bytes()).finalize();
    let outer = Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&outer[..16]);
    // A UUID of version 4.
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    format!("{:032x}", u128::from_be_bytes(id))
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
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    let Version { schema } = serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
    if schema != SCHEMA {
        return Err(malformed(format!("schema {schema} is not one this version reads ({SCHEMA})")).into());
    }
    let File { machine, .. } = serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
    Ok(Some(machine))
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
    let mut text = serde_json::to_string(&File { schema: SCHEMA, machine }).unwrap_or_default();
    text.push('\n');
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As `systemd-id128 machine-id --app-specific=4e5d6a1c93b74f0e8a26c1d057e93b84` would print it for this machine id.
    #[test]
    fn it_is_derived_as_systemd_does() {
        let id = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_u128.to_be_bytes();
        assert_eq!(derived(&id, APPLICATION), "f438cbb5540846c8b2744a5cc5f973aa");
    }
}
