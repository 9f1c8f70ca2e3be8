//! The load lock: a guard against a kernel component that brings the host down.
//!
//! Whoever loads the component calls [`begin`] before and [`end`] when it is unloaded or the host shuts down in order. A load
//! that was never ended is an ungraceful end. The profile says how many within what time lock it: from then on [`begin`]
//! refuses, faults 8 and 9 are raised with the reason `load-locked`, and only [`reset`], or an upgrade or reinstallation of the
//! package, unlocks it. (Source: the document on repeated abnormal shutdowns among the seeds.)

mod recent;
mod record;

use std::time::Duration;

use faults::{FaultId, FaultUpdate, Reason, Remedy, Report, Source};

use crate::model::error::NotRunning;
use crate::model::report::Finding;
use host::log::Level;
use host::process::lock::Lock;
use host::{Dir, FileError, InsideText, ReadError};

use crate::engine::fault_updates;
use crate::model::host_context::HostContext;

pub use record::{End, Moment, Record, SCHEMA};

const LOCK_NAME: &str = "load-lock.lock";

/// How long another call is waited for; it writes one small file.
const PATIENCE: Duration = Duration::from_secs(30);

/// The faults that a locked component means.
const FAULTS: [FaultId; 2] = [FaultId::FILESYSTEM_MONITOR, FaultId::NETWORK_MONITOR];

/// How a load may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// The component may be loaded; the load is on disk.
    Go,
    /// It may not.
    Locked,
}

/// How the lock stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What is recorded.
    pub record: Record,
    /// How many of the ends count now; `None` where the running system's clocks do not speak for this root.
    pub recent: Option<usize>,
}

impl Standing {
    /// Whether the component is kept out.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.record.locked.is_some()
    }
}

/// Records that the component is about to be loaded, and a load before it that was never ended. On disk when this returns.
/// Where the fault store cannot be brought up to that, `trouble` is told, and the answer stands all the same.
///
/// # Errors
/// [`crate::Error`] where the record cannot be read or written: nothing is to be loaded then.
pub fn begin(cx: &HostContext, trouble: &mut dyn FnMut(crate::Error)) -> Result<Begun, crate::Error> {
    let now = running_now(cx)?;
    // Held until the store knows too: what a call beside this one raises is not cleared by it.
    let (dir, _lock) = lock(cx)?;
    let mut record = read(cx).inspect_err(|e| {
        if let Err(e) = raise(cx, &damaged(cx, e)) {
            trouble(e);
        }
    })?;
    if record.locked.is_none() {
        if let Some(begun) = record.open.take() {
            record.push(End { begun, noticed: now.clone() });
            let rule = &cx.profile.load_lock;
            let recent = recent::count(&record.ends, &now, rule.within);
            let minutes = rule.within.as_secs() / 60;
            cx.log
                .line(Level::Warning, &format!("load lock: a load did not end cleanly; {recent} within {minutes} min"));
            if recent >= rule.ends {
                record.locked = Some(now.time);
            }
        }
        if record.locked.is_none() {
            record.open = Some(now);
        }
        record.write(&dir)?;
    }
    // Also where it was so before: whoever died between the two, or removed the record, left the store as it was.
    let (begun, told) = match record.locked {
        Some(_) => (Begun::Locked, raise(cx, &finding(&record))),
        None => (Begun::Go, clear(cx, Source::LoadLock)),
    };
    if let Err(e) = told {
        trouble(e);
    }
    Ok(begun)
}

fn raise(cx: &HostContext, finding: &Finding) -> Result<(), crate::Error> {
    let finding = finding.rendered_inside(cx.alternate_root());
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

/// Records that the load ended in order; `false` where none was on.
///
/// # Errors
/// As [`begin`].
pub fn end(cx: &HostContext) -> Result<bool, crate::Error> {
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

/// How things stand; reads only.
///
/// # Errors
/// [`crate::Error`] where the record cannot be read.
pub fn status(cx: &HostContext) -> Result<Standing, crate::Error> {
    let record = read(cx)?;
    let recent = now(cx).map(|now| recent::count(&record.ends, &now, cx.profile.load_lock.within));
    Ok(Standing { record, recent })
}

/// Makes the record anew, whatever it says, and clears the faults that it raised; `false` where there was nothing to forget.
/// A load that is on stays so. Where the record is new and the fault store cannot be changed, `trouble` is told.
///
/// # Errors
/// [`crate::Error`] where the record cannot be written, or nothing was done at all.
pub fn reset(cx: &HostContext, source: Source, trouble: &mut dyn FnMut(crate::Error)) -> Result<bool, crate::Error> {
    let is_empty = |record: &Record| record.locked.is_none() && record.ends.is_empty();
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

/// For whoever has just told the store what a look saw, and so changed `faults`: where a call beside it was faster, the record
/// has the last word.
///
/// # Errors
/// [`crate::Error`] where the record or the store cannot be read or changed.
pub fn reconcile_faults(
    cx: &HostContext,
    mut faults: impl Iterator<Item = FaultId>,
    source: Source,
) -> Result<(), crate::Error> {
    if !faults.any(|id| FAULTS.contains(&id)) || agrees(cx)? {
        return Ok(());
    }
    // By the time it is free, whoever changed the record has told the store.
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

/// Removes what this made, with the rest of the state.
///
/// # Errors
/// [`crate::Error`] where another call has the lock all the while, or a file cannot be removed.
pub fn remove(cx: &HostContext) -> Result<(), crate::Error> {
    let there = |name: &str| Ok::<_, FileError>(cx.root.stat(cx.profile.paths.state.join(name))?.is_some());
    if !there(record::NAME)? && !there(LOCK_NAME)? {
        return Ok(());
    }
    let (dir, lock) = lock(cx)?;
    dir.unlink(record::NAME)?;
    Ok(lock.remove()?)
}

/// Whether the component is kept out: it is locked, or the record cannot be understood, so that [`begin`] fails.
#[must_use]
pub fn keeps_out(cx: &HostContext) -> bool {
    status(cx).map_or_else(|e| !e.is_denied(), |standing| standing.is_locked())
}

/// What the fault says while it is locked.
#[must_use]
pub fn finding(record: &Record) -> Finding {
    let since = record.locked.map_or_else(String::new, |at| format!(" since {at:.0}"));
    let last = record.ends.last().map_or_else(String::new, |end| format!(", the last noticed {:.0}", end.noticed.time));
    let times = record.ends.len();
    locked(format!("locked{since}: {times} loads of the kernel component did not end cleanly{last}"))
}

/// What the fault says while nobody knows.
#[must_use]
pub fn damaged(cx: &HostContext, problem: &dyn InsideText) -> Finding {
    locked(problem.inside_text(cx.root))
}

fn locked(detail: String) -> Finding {
    let remedy = ["status", "reset"].map(|word| Remedy::hostprep(["load-lock", word])).to_vec();
    Finding { reason: Reason::LoadLocked, detail, remedy }
}

fn read(cx: &HostContext) -> Result<Record, ReadError> {
    let path = cx.profile.paths.state.join(record::NAME);
    match cx.root.read_private(&path)? {
        None => Ok(Record::default()),
        Some(text) => Ok(Record::parse(&text, &cx.root.host_path(&path))?),
    }
}

fn lock(cx: &HostContext) -> Result<(Dir, Lock), crate::Error> {
    let state = &cx.profile.paths.state;
    let lock = Lock::acquire_to_finish(cx.root, &state.join(LOCK_NAME), cx.clock, PATIENCE)?;
    Ok((cx.root.create_private_dir(state)?, lock))
}

fn running_now(cx: &HostContext) -> Result<Moment, NotRunning> {
    if cx.alternate_root().is_some() {
        return Err(NotRunning::Root);
    }
    now(cx).ok_or(NotRunning::NoBootId)
}

fn now(cx: &HostContext) -> Option<Moment> {
    let boot_id = cx.boot_id()?;
    let since_boot_ms = u64::try_from(cx.clock.since_boot().as_millis()).unwrap_or(u64::MAX);
    Some(Moment { time: cx.clock.now(), boot_id, since_boot_ms })
}
