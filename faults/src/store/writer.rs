//! Changing a store, with its lock held.

use std::path::PathBuf;
use std::sync::Arc;

use host::process::clock::Clock;
use host::process::lock::Lock;
use host::{Dir, MalformedFile};

use crate::catalogue::id::FaultId;
use crate::catalogue::severity::Severity;
use crate::store::error::StoreError;
use crate::store::event::{Event, EventContext, EventKind};
use crate::store::event_log::appender::{self, Appender};
use crate::store::event_log::segments::{self, Listed};
use crate::store::fault::{Fault, Report, Stored};
use crate::store::format::SCHEMA;
use crate::store::replay::Contents;
use crate::store::snapshot::{Change, Snapshot};
use crate::store::state_file;

/// A store with its lock held; dropping it releases the lock.
///
/// When a call succeeds, its change is on disk. A call that fails after it has written its event returns an error, but the
/// change has happened: the next call, or the next writer, updates the state.
pub struct Writer<'c> {
    _lock: Lock,
    dir: Arc<Dir>,
    /// The alternate root that the store is in.
    root: Option<PathBuf>,
    clock: &'c dyn Clock,
    snapshot: Snapshot,
    log: Appender,
    /// Whether `faults.json` lacks the newest part of `snapshot`.
    state_is_stale: bool,
    rotate_at: u64,
    /// Whether `events.jsonl` was closed and the new segment is not compressed yet.
    closed: bool,
}

impl<'c> Writer<'c> {
    pub(crate) fn new(
        lock: Lock,
        dir: Arc<Dir>,
        root: Option<PathBuf>,
        clock: &'c dyn Clock,
        contents: Contents,
        listed: &Listed,
        rotate_at: u64,
    ) -> Result<Self, StoreError> {
        let Contents { snapshot, position, state_is_stale } = contents;
        let log = Appender::at(&dir, position)?;
        let mut writer =
            Self { _lock: lock, dir, root, clock, snapshot, log, state_is_stale, rotate_at, closed: false };
        writer.flush_state()?;
        segments::compress_oldest(&writer.dir, listed);
        Ok(writer)
    }

    /// Returns the raised faults.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Raises a fault, or updates what is stored about it.
    ///
    /// # Errors
    /// [`StoreError`] if a file cannot be written, or the fault has no severity because the catalogue does not know it.
    pub fn raise(&mut self, report: &Report, on: &EventContext) -> Result<Change, StoreError> {
        let (severity, stored) = (report.severity()?, report.to_stored(self.root.as_deref()));
        let change = self.snapshot.change(report.id, severity, &stored);
        match change {
            Change::Raised => self.record(EventKind::Raised, report.id, severity, stored, on)?,
            Change::Changed => self.record(EventKind::Changed, report.id, severity, stored, on)?,
            Change::Updated => self.update(report.id, severity, stored, on),
            Change::Nothing | Change::Cleared => {}
        }
        self.flush_state()?;
        self.compress_closed();
        Ok(change)
    }

    /// Clears a fault, if it is raised.
    ///
    /// # Errors
    /// [`StoreError`] if a file cannot be written.
    pub fn clear(&mut self, id: FaultId, on: &EventContext) -> Result<Change, StoreError> {
        let change = match self.snapshot.get(id).cloned() {
            None => Change::Nothing,
            Some(Fault { severity, finding, remedies, .. }) => {
                self.record(EventKind::Cleared, id, severity, Stored { finding, remedies }, on)?;
                Change::Cleared
            }
        };
        self.flush_state()?;
        self.compress_closed();
        Ok(change)
    }

    /// Writes an event. From then on the change counts, even if the process is killed.
    fn record(
        &mut self,
        event: EventKind,
        id: FaultId,
        severity: Severity,
        Stored { finding, remedies }: Stored,
        on: &EventContext,
    ) -> Result<(), StoreError> {
        let event = Event {
            schema: SCHEMA,
            seq: self.snapshot.sequence.checked_add(1).ok_or_else(|| self.exhausted())?,
            time: self.clock.now(),
            boot_id: on.boot_id.clone(),
            event,
            fault: id,
            severity,
            finding,
            remedies,
            source: on.source.clone(),
        };
        let line = appender::to_line(&self.dir, &event)?;
        if self.log.is_full(&line, self.rotate_at) {
            // The state first: then readers find in it all that is in closed segments.
            self.flush_state()?;
            self.closed |= self.log.close(&self.dir, self.snapshot.sequence)?;
        }
        self.log.append(&self.dir, &line)?;
        self.snapshot.apply(event);
        self.state_is_stale = true;
        Ok(())
    }

    /// Returns the error for a store that has used all numbers.
    fn exhausted(&self) -> MalformedFile {
        MalformedFile {
            path: self.dir.path().to_owned(),
            line: None,
            problem: format!("its last event has the number {}, the highest possible one", u64::MAX),
            hint: "restore it from a backup, or move it away and the next repair recreates it; nothing was changed"
                .into(),
        }
    }

    fn update(&mut self, id: FaultId, severity: Severity, stored: Stored, on: &EventContext) {
        let now = self.clock.now();
        let raised_at = self.snapshot.get(id).map_or(now, |fault| fault.raised_at);
        let (source, boot_id) = (on.source.clone(), on.boot_id.clone());
        let Stored { finding, remedies } = stored;
        self.snapshot.insert(Fault { id, severity, finding, remedies, raised_at, updated_at: now, source, boot_id });
        self.state_is_stale = true;
    }

    /// Compresses the closed segment. Called after the change is in log and state, so a kill here loses nothing.
    fn compress_closed(&mut self) {
        if std::mem::take(&mut self.closed)
            && let Ok(listed) = segments::scan(&self.dir)
        {
            segments::compress_oldest(&self.dir, &listed);
        }
    }

    /// Writes `faults.json` if it is older than the events.
    fn flush_state(&mut self) -> Result<(), StoreError> {
        if self.state_is_stale {
            state_file::write(&self.dir, &self.snapshot)?;
            self.state_is_stale = false;
        }
        Ok(())
    }
}
