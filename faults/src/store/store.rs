//! The store: a directory with the state, the log of events and the lock.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use host::fs::{AsInRoot, InRoot};
use host::process::clock::Clock;
use host::process::lock::Lock;
use host::{Dir, Root};

use crate::catalogue::id::FaultId;
use crate::store::error::StoreError;
use crate::store::event::EventContext;
use crate::store::event_log::history::{self, Events};
use crate::store::event_log::log_file;
use crate::store::event_log::segments;
use crate::store::fault::Report;
use crate::store::replay::{self, Contents};
use crate::store::snapshot::{Change, Snapshot};
use crate::store::state_file;
use crate::store::writer::Writer;

/// The store of the connector and of the programs around it.
pub const DEFAULT_DIRECTORY: &str = "/var/lib/cisco/faults";

/// The size of `events.jsonl` in bytes at which it is closed and compressed; [`Store::rotating_at`] changes it.
pub const ROTATE_AT: u64 = 8 * 1024 * 1024;

/// The lock file's name. Its content means nothing.
pub(super) const LOCK: &str = "faults.lock";

/// A fault store. Creating this value touches no file.
#[derive(Debug, Clone)]
pub struct Store<'a> {
    root: &'a Root,
    dir: InRoot,
    rotate_at: u64,
}

/// A state that [`Store::apply`] is to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultUpdate {
    /// Raise the fault, or update it.
    Raise(Report),
    /// Clear the fault.
    Clear(FaultId),
}

impl<'a> Store<'a> {
    /// Returns the store in the directory `dir` of `root`; the directory need not exist.
    pub fn at(root: &'a Root, dir: impl AsInRoot) -> Self {
        Self { root, dir: dir.to_in_root(), rotate_at: ROTATE_AT }
    }

    /// Closes `events.jsonl` before it grows beyond `bytes`, but never without an event in it.
    #[must_use]
    pub fn rotating_at(self, bytes: u64) -> Self {
        Self { rotate_at: bytes, ..self }
    }

    /// Returns the raised faults. Takes no lock, writes nothing, and is correct while other processes write.
    ///
    /// # Errors
    /// [`StoreError`] if a file cannot be read, is malformed, or is of a newer version. A store that does not exist is
    /// empty.
    pub fn read(&self) -> Result<Snapshot, StoreError> {
        Ok(self.contents()?.map(|contents| contents.snapshot).unwrap_or_default())
    }

    /// Returns all events, oldest first. They are read one by one, so memory does not grow with their number.
    ///
    /// # Errors
    /// As [`Store::read`], also for each event; no event follows an error.
    pub fn events(&self) -> Result<Events, StoreError> {
        self.events_after(0)
    }

    /// Returns the events after the one numbered `seq`, as [`Store::events`] does, without opening older segments.
    ///
    /// A follower passes the number of the last event it has read. The newest `n` events are those after
    /// [`Snapshot::sequence`] minus `n`.
    ///
    /// # Errors
    /// As [`Store::events`].
    pub fn events_after(&self, seq: u64) -> Result<Events, StoreError> {
        let Some(dir) = self.existing()? else { return Ok(Events::nothing()) };
        let current = log_file::open(&dir)?;
        let committed = state_file::read(&dir)?.map_or(0, |known| known.sequence);
        let range = history::find(&dir, current, seq)?;
        Ok(Events::after(seq, dir, range, committed))
    }

    /// Applies all of `wanted` in order, under one lock, and returns the change by each. If nothing would change, it takes
    /// no lock and creates and writes nothing, so a program may call it after each check.
    ///
    /// # Errors
    /// [`StoreError`]; the changes before the one that failed have been made.
    pub fn apply(
        &self,
        wanted: &[FaultUpdate],
        on: &EventContext,
        clock: &dyn Clock,
        timeout: Duration,
    ) -> Result<Vec<Change>, StoreError> {
        let known = self.contents()?;
        let (now, stale) = known.map_or_else(Default::default, |known| (known.snapshot, known.state_is_stale));
        let is_so = |wanted: &FaultUpdate| match wanted {
            FaultUpdate::Raise(report) => !now.would_change(report, self.alternate_root()),
            FaultUpdate::Clear(id) => !now.is_raised(*id),
        };
        if !stale && wanted.iter().all(is_so) {
            return Ok(vec![Change::Nothing; wanted.len()]);
        }
        let mut writer = self.lock(clock, timeout)?;
        let apply = |wanted: &FaultUpdate| match wanted {
            FaultUpdate::Raise(report) => writer.raise(report, on),
            FaultUpdate::Clear(id) => writer.clear(*id, on),
        };
        wanted.iter().map(apply).collect()
    }

    /// Takes the store's lock, waits for it up to `timeout`, and completes what a killed writer left incomplete. Creates
    /// the directory and the lock file if they are missing; [`Store::apply`] and [`Snapshot::would_change`] avoid that.
    ///
    /// # Errors
    /// As [`Store::read`], before anything is created; [`StoreError::Lock`] if another process holds the lock for all of
    /// `timeout`.
    pub fn lock<'c>(&self, clock: &'c dyn Clock, timeout: Duration) -> Result<Writer<'c>, StoreError> {
        self.read()?;
        // An interrupted command still records what it has found or done.
        let lock = Lock::acquire_to_finish(self.root, &self.dir.join(LOCK), clock, timeout)?;
        let dir = Arc::new(self.root.open_private_dir(&self.dir)?);
        // Read again: what was read without the lock may be out of date.
        let mut contents = replay::contents(&dir)?;
        let listed = segments::scan(&dir)?;
        replay::catch_up(&dir, &mut contents, &listed)?;
        let root = self.alternate_root().map(ToOwned::to_owned);
        Writer::new(lock, dir, root, clock, contents, &listed, self.rotate_at)
    }

    fn alternate_root(&self) -> Option<&'a Path> {
        self.root.is_alternate().then(|| self.root.path())
    }

    pub(super) fn root(&self) -> &'a Root {
        self.root
    }

    pub(super) fn dir(&self) -> &InRoot {
        &self.dir
    }

    fn existing(&self) -> Result<Option<Arc<Dir>>, StoreError> {
        match self.root.open_private_dir(&self.dir) {
            Ok(dir) => Ok(Some(Arc::new(dir))),
            Err(e) if e.is_missing() => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn contents(&self) -> Result<Option<Contents>, StoreError> {
        self.existing()?.map(|dir| replay::contents(&dir)).transpose()
    }
}
