//! The load lock: a crash-loop guard for a kernel component.
//!
//! A service that loads the component calls [`load_started`] before the load, and [`load_ended`] when the component is unloaded
//! or the host shuts down cleanly. A load without [`load_ended`] is an unclean load. The profile says how many unclean loads
//! within what time lock the component: from then on [`load_started`] refuses, and faults 8 and 9 are raised with the reason
//! `load-locked`. Only [`reset`], or an upgrade or reinstallation of the package, unlocks it.

mod recent;
mod record;

use std::time::Duration;

use faults::{FaultId, FaultUpdate, Reason, Remedy, Report, Source};

use crate::model::error::NotRunning;
use crate::model::report::Finding;
use host::fs::InRoot;
use host::log::Level;
use host::process::lock::Lock;
use host::{Dir, FileError, InsideText, ReadError};
use nix::errno::Errno;

use crate::engine::fault_updates;
use crate::model::host_context::HostContext;

pub use record::{Moment, Record, SCHEMA, UncleanLoad};

const LOCK_NAME: &str = "load-lock.lock";

/// The longest wait for another call, which writes one small file.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// The faults of a locked component.
const FAULTS: [FaultId; 2] = [FaultId::FILESYSTEM_MONITOR, FaultId::NETWORK_MONITOR];

/// The answer to [`load_started`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The component may be loaded; the load is on disk.
    Allowed,
    /// The component must not be loaded.
    Locked,
}

/// The state of the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The recorded loads.
    pub record: Record,
    /// The number of unclean loads that count now; `None` for a root that has no clock of its own.
    pub recent: Option<usize>,
}

impl Status {
    /// Returns whether the component is locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.record.locked.is_some()
    }
}

/// Records that the component is about to be loaded, and the load before it if that did not end. The record is on disk when
/// this returns. Reports to `trouble` if the fault store cannot be updated; the answer is valid nevertheless.
///
/// # Errors
/// [`crate::Error`] if the record cannot be read or written. The component must not be loaded then.
pub fn load_started(cx: &HostContext, trouble: &mut dyn FnMut(crate::Error)) -> Result<Decision, crate::Error> {
    let now = running_now(cx)?;
    // Held until the store is updated too, so that this call does not clear what a parallel call raises.
    let (dir, _lock) = lock(cx)?;
    let mut record = read(cx).inspect_err(|e| {
        if let Err(e) = raise(cx, &damaged(cx, e)) {
            trouble(e);
        }
    })?;
    if record.locked.is_none() {
        if let Some(begun) = record.open.take() {
            record.push(UncleanLoad { begun, noticed: now.clone() });
            let rule = &cx.profile.load_lock;
            let recent = recent::count(&record.unclean_loads, &now, rule.within);
            let minutes = rule.within.as_secs() / 60;
            cx.log
                .line(Level::Warning, &format!("load lock: a load did not end cleanly; {recent} within {minutes} min"));
            if recent >= rule.unclean_loads {
                record.locked = Some(now.time);
            }
        }
        if record.locked.is_none() {
            record.open = Some(now);
        }
        record.write(&dir)?;
    }
    // Also if the record did not change: a call that was killed here, or a removed record, leaves a stale store.
    let (decision, updated) = match record.locked {
        Some(_) => (Decision::Locked, raise(cx, &finding(&record))),
        None => (Decision::Allowed, clear(cx, Source::LoadLock)),
    };
    if let Err(e) = updated {
        trouble(e);
    }
    Ok(decision)
}

fn raise(cx: &HostContext, finding: &Finding) -> Result<(), crate::Error> {
    let wanted = FAULTS.map(|id| FaultUpdate::Raise(Report { id, finding: finding.clone(), severity: None }));
    fault_updates::apply(cx, &wanted, Source::LoadLock).map(drop)
}

/// Clears the faults that the lock raised.
fn clear(cx: &HostContext, source: Source) -> Result<(), crate::Error> {
    let cleared: Vec<FaultUpdate> = raised_by_lock(cx)?.into_iter().map(FaultUpdate::Clear).collect();
    fault_updates::apply(cx, &cleared, source).map(drop)
}

fn raised_by_lock(cx: &HostContext) -> Result<Vec<FaultId>, crate::Error> {
    let store = fault_updates::store(cx).read()?;
    let ours = |id: &FaultId| store.get(*id).is_some_and(|fault| fault.finding.reason == Reason::LoadLocked);
    Ok(FAULTS.into_iter().filter(ours).collect())
}

/// Records that the load ended cleanly. Returns `false` if no load was recorded.
///
/// # Errors
/// As [`load_started`].
pub fn load_ended(cx: &HostContext) -> Result<bool, crate::Error> {
    running_now(cx)?;
    if read(cx)?.open.is_none() {
        return Ok(false);
    }
    let (dir, _lock) = lock(cx)?;
    let mut record = read(cx)?;
    let was_open = record.open.take().is_some();
    if was_open {
        record.write(&dir)?;
    }
    Ok(was_open)
}

/// Returns the state of the lock. Only reads.
///
/// # Errors
/// [`crate::Error`] if the record cannot be read.
pub fn status(cx: &HostContext) -> Result<Status, crate::Error> {
    let record = read(cx)?;
    let recent = now(cx).map(|now| recent::count(&record.unclean_loads, &now, cx.profile.load_lock.within));
    Ok(Status { record, recent })
}

/// Recreates the record, even one that cannot be read, and clears the faults of the lock. An active load stays recorded.
/// Returns `false` if there was nothing to reset. Reports to `trouble` if the record was reset but the fault store cannot be
/// updated.
///
/// # Errors
/// [`crate::Error`] if the record cannot be written, or if only the store was to be updated and cannot be.
pub fn reset(cx: &HostContext, source: Source, trouble: &mut dyn FnMut(crate::Error)) -> Result<bool, crate::Error> {
    let is_empty = |record: &Record| record.locked.is_none() && record.unclean_loads.is_empty();
    if read(cx).is_ok_and(|record| is_empty(&record)) && raised_by_lock(cx)?.is_empty() {
        return Ok(false);
    }
    let (dir, _lock) = lock(cx)?;
    let record = read(cx);
    let forgets = !record.as_ref().is_ok_and(is_empty);
    if forgets {
        let open = record.ok().and_then(|record| record.open);
        Record { open, ..Record::default() }.write(&dir)?;
        cx.log.line(Level::Info, "load lock: reset");
    }
    match clear(cx, source) {
        Err(e) if forgets => trouble(e),
        cleared => cleared?,
    }
    Ok(true)
}

/// Makes the store agree with the record after a repair changed `faults`: a parallel call may have changed the record in
/// between.
///
/// # Errors
/// [`crate::Error`] if the record or the store cannot be read or changed.
pub fn reconcile_faults(
    cx: &HostContext,
    mut faults: impl Iterator<Item = FaultId>,
    source: Source,
) -> Result<(), crate::Error> {
    if !faults.any(|id| FAULTS.contains(&id)) || agrees(cx)? {
        return Ok(());
    }
    // When the lock is free, the call that changed the record has updated the store.
    let (_dir, _lock) = lock(cx)?;
    let record = read(cx)?;
    match record.locked {
        _ if agrees(cx)? => Ok(()),
        Some(_) => raise(cx, &finding(&record)),
        None => clear(cx, source),
    }
}

fn agrees(cx: &HostContext) -> Result<bool, crate::Error> {
    let Ok(record) = read(cx) else { return Ok(true) };
    if record.locked.is_none() {
        return Ok(raised_by_lock(cx)?.is_empty());
    }
    let store = fault_updates::store(cx).read()?;
    Ok(FAULTS.iter().all(|id| store.is_raised(*id)))
}

/// Removes the record and its lock file.
///
/// # Errors
/// [`crate::Error`] if another call holds the lock for too long, or if a file cannot be removed.
pub fn remove(cx: &HostContext) -> Result<(), crate::Error> {
    let there = |name: &str| Ok::<_, FileError>(cx.root.stat(cx.profile.paths.state.join(name))?.is_some());
    if !there(record::NAME)? && !there(LOCK_NAME)? {
        return Ok(());
    }
    let (dir, lock) = lock(cx)?;
    dir.unlink(record::NAME)?;
    Ok(lock.remove()?)
}

/// Returns whether [`load_started`] would refuse: the component is locked, or the record is malformed.
#[must_use]
pub fn keeps_out(cx: &HostContext) -> bool {
    status(cx).map_or_else(|e| !e.is_denied(), |status| status.is_locked())
}

/// Returns the finding while the component is locked.
#[must_use]
pub fn finding(record: &Record) -> Finding {
    let since = record.locked.map_or_else(String::new, |at| format!(" since {at:.0}"));
    let last = record
        .unclean_loads
        .last()
        .map_or_else(String::new, |end| format!(", the last noticed {:.0}", end.noticed.time));
    let times = record.unclean_loads.len();
    locked(format!("locked{since}: {times} loads of the kernel component did not end cleanly{last}"))
}

/// Returns the finding if the record cannot be read.
#[must_use]
pub fn damaged(cx: &HostContext, problem: &dyn InsideText) -> Finding {
    locked(problem.inside_text(cx.root))
}

fn locked(detail: String) -> Finding {
    let remedy = ["status", "reset"].map(|word| Remedy::hostprep(["load-lock", word])).to_vec();
    Finding { reason: Reason::LoadLocked, detail, remedy }
}

/// Returns the path of the record.
#[must_use]
pub fn record_path(cx: &HostContext) -> InRoot {
    cx.profile.paths.state.join(record::NAME)
}

/// Returns whether there is a record, readable or not.
///
/// # Errors
/// [`crate::Error`] if its directory cannot be looked at.
pub fn is_recorded(cx: &HostContext) -> Result<bool, crate::Error> {
    Ok(cx.root.stat(record_path(cx)).map_err(ReadError::from)?.is_some())
}

/// Removes the record, without a word to the fault store.
///
/// # Errors
/// [`crate::Error`] if it cannot be removed.
pub fn forget(cx: &HostContext) -> Result<(), crate::Error> {
    if is_recorded(cx)? {
        let (dir, _lock) = lock(cx)?;
        dir.unlink_replaced(record::NAME).map_err(ReadError::from)?;
    }
    Ok(())
}

/// Renames the record, without a word to the fault store. Returns its new path; `None` if there is no record.
///
/// # Errors
/// [`crate::Error`] if it cannot be renamed.
pub fn set_aside(cx: &HostContext, suffix: &str) -> Result<Option<InRoot>, crate::Error> {
    if !is_recorded(cx)? {
        return Ok(None);
    }
    let (dir, _lock) = lock(cx)?;
    for number in 1.. {
        let number = if number > 1 { format!("-{number}") } else { String::new() };
        let name = format!("{}.{suffix}{number}", record::NAME);
        match dir.rename_new(record::NAME, &name) {
            Err(e) if e.errno() == Some(Errno::EEXIST) => {}
            renamed => {
                renamed?;
                dir.sync()?;
                return Ok(Some(cx.profile.paths.state.join(name)));
            }
        }
    }
    Ok(None)
}

fn read(cx: &HostContext) -> Result<Record, crate::Error> {
    let path = record_path(cx);
    let Some(text) = cx.root.read_private(&path)? else { return Ok(Record::default()) };
    Record::parse(&text, &cx.root.host_path(&path))
        .map_err(|problem| crate::Error::LoadLockRecord { problem, next: cx.own_command(&["load-lock", "reset"]) })
}

fn lock(cx: &HostContext) -> Result<(Dir, Lock), crate::Error> {
    let state = &cx.profile.paths.state;
    let lock = Lock::acquire_to_finish(cx.root, &state.join(LOCK_NAME), cx.clock, LOCK_TIMEOUT)?;
    Ok((cx.root.create_private_dir(state)?, lock))
}

fn running_now(cx: &HostContext) -> Result<Moment, NotRunning> {
    if cx.alternate_root().is_some() {
        return Err(NotRunning::Root);
    }
    now(cx).ok_or(NotRunning::NoBootId)
}

fn now(cx: &HostContext) -> Option<Moment> {
    let boot_id = cx.running_boot_id()?;
    let since_boot_ms = u64::try_from(cx.clock.since_boot().as_millis()).unwrap_or(u64::MAX);
    Some(Moment { time: cx.clock.now(), boot_id, since_boot_ms })
}
