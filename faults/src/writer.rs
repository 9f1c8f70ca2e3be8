//! Changing a store, with its lock held.

use std::sync::Arc;

use host::clock::Clock;
use host::lock::Lock;
use host::{Dir, MalformedFile};

use crate::error::StoreError;
use crate::event::{Event, EventKind};
use crate::finding::Finding;
use crate::format::SCHEMA;
use crate::id::FaultId;
use crate::log::{self, Appender};
use crate::pack;
use crate::record::{Fault, Occasion, Report};
use crate::replay::Contents;
use crate::segment::{self, Listed};
use crate::severity::Severity;
use crate::snapshot::{Change, Snapshot};
use crate::state;

/// A store whose lock is held; dropping it frees the lock.
///
/// Each call that returns has its change on disk. One that fails after its event was written says so and the event
/// stands: the next call, or the next writer, brings the state up to it.
pub struct Writer<'c> {
    _lock: Lock,
    dir: Arc<Dir>,
    clock: &'c dyn Clock,
    snapshot: Snapshot,
    log: Appender,
    /// Whether `snapshot` is not in `faults.json` yet.
    behind: bool,
    rotate_at: u64,
    /// Whether `events.jsonl` was closed and what it became is not packed yet.
    closed: bool,
}

impl<'c> Writer<'c> {
    pub(crate) fn new(
        lock: Lock,
        dir: Arc<Dir>,
        clock: &'c dyn Clock,
        contents: Contents,
        listed: &Listed,
        rotate_at: u64,
    ) -> Result<Self, StoreError> {
        let Contents { snapshot, place, behind } = contents;
        let log = Appender::at(&dir, place)?;
        let mut writer = Self { _lock: lock, dir, clock, snapshot, log, behind, rotate_at, closed: false };
        writer.settle()?;
        pack::oldest(&writer.dir, listed);
        Ok(writer)
    }

    /// What is raised now.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Raises a fault, or brings what is known of it up to date.
    ///
    /// # Errors
    /// [`StoreError`]: a file cannot be written, or a fault without severity is in no catalogue.
    pub fn raise(&mut self, report: &Report, on: &Occasion) -> Result<Change, StoreError> {
        let (severity, finding) = (report.severity()?, report.finding.to_stored());
        let change = self.snapshot.change(report.id, severity, &finding);
        match change {
            Change::Raised => self.record(EventKind::Raised, report.id, severity, finding, on)?,
            Change::Changed => self.record(EventKind::Changed, report.id, severity, finding, on)?,
            Change::Updated => self.update(report.id, severity, finding, on),
            Change::Nothing | Change::Cleared => {}
        }
        self.settle()?;
        self.pack();
        Ok(change)
    }

    /// Clears a fault; one that is not raised is left so.
    ///
    /// # Errors
    /// [`StoreError`]: a file cannot be written.
    pub fn clear(&mut self, id: FaultId, on: &Occasion) -> Result<Change, StoreError> {
        let change = match self.snapshot.get(id).cloned() {
            None => Change::Nothing,
            Some(Fault { severity, finding, .. }) => {
                self.record(EventKind::Cleared, id, severity, finding, on)?;
                Change::Cleared
            }
        };
        self.settle()?;
        self.pack();
        Ok(change)
    }

    /// Writes an event; from then on the change has happened, whatever dies.
    fn record(
        &mut self,
        event: EventKind,
        id: FaultId,
        severity: Severity,
        finding: Finding,
        on: &Occasion,
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
            source: on.source.clone(),
        };
        let line = log::line(&self.dir, &event)?;
        if self.log.is_full(&line, self.rotate_at) {
            // The state first: then readers find in it all that is in closed segments.
            self.settle()?;
            self.closed |= self.log.close(&self.dir, self.snapshot.sequence)?;
        }
        self.log.append(&self.dir, &line)?;
        self.snapshot.apply(event);
        self.behind = true;
        Ok(())
    }

    /// No store gets that far by itself.
    fn exhausted(&self) -> MalformedFile {
        MalformedFile {
            path: self.dir.shown().to_owned(),
            line: None,
            problem: format!("its last event has the number {}, and there is none after it", u64::MAX),
            hint: "put it back from a backup, or move it away and the next repair makes it anew; nothing was changed"
                .into(),
        }
    }

    fn update(&mut self, id: FaultId, severity: Severity, finding: Finding, on: &Occasion) {
        let now = self.clock.now();
        let raised_at = self.snapshot.get(id).map_or(now, |fault| fault.raised_at);
        let (source, boot_id) = (on.source.clone(), on.boot_id.clone());
        self.snapshot.insert(Fault { id, severity, finding, raised_at, updated_at: now, source, boot_id });
        self.behind = true;
    }

    /// Packs what was closed. Not before the change has happened and is in the state: who dies at it loses nothing.
    fn pack(&mut self) {
        if std::mem::take(&mut self.closed)
            && let Ok(listed) = segment::scan(&self.dir)
        {
            pack::oldest(&self.dir, &listed);
        }
    }

    /// Brings `faults.json` up to date.
    fn settle(&mut self) -> Result<(), StoreError> {
        if self.behind {
            state::write(&self.dir, &self.snapshot)?;
            self.behind = false;
        }
        Ok(())
    }
}
