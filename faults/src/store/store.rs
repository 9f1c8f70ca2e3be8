//! The store: a directory with the state, the log of events and the lock.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use host::clock::Clock;
use host::lock::Lock;
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

/// Where the connector and everything around it looks for the store.
pub const DEFAULT_DIRECTORY: &str = "/var/lib/cisco/faults";

/// How large `events.jsonl` may become before it is closed and packed, in bytes, where [`Store::rotating_at`] says
/// nothing else.
pub const ROTATE_AT: u64 = 8 * 1024 * 1024;

/// The lock file's name. Its content means nothing.
const LOCK: &str = "faults.lock";

/// A fault store. Making one touches nothing.
#[derive(Debug, Clone)]
pub struct Store<'a> {
    root: &'a Root,
    dir: PathBuf,
    rotate_at: u64,
}

/// What shall be so, for [`Store::apply`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The fault is raised as reported.
    Raised(Report),
    /// The fault is not raised.
    Cleared(FaultId),
}

impl<'a> Store<'a> {
    /// The store in the directory `dir` of `root`; the directory need not exist.
    pub fn at(root: &'a Root, dir: impl Into<PathBuf>) -> Self {
        Self { root, dir: dir.into(), rotate_at: ROTATE_AT }
    }

    /// The same store, whose `events.jsonl` is closed before it becomes larger than `bytes`. One event it always takes.
    #[must_use]
    pub fn rotating_at(self, bytes: u64) -> Self {
        Self { rotate_at: bytes, ..self }
    }

    /// What is raised now. Takes no lock, writes nothing, and is right while others write.
    ///
    /// # Errors
    /// [`StoreError`] where a file cannot be read, is malformed or of a newer version. A store that does not exist is
    /// an empty one.
    pub fn read(&self) -> Result<Snapshot, StoreError> {
        Ok(self.contents()?.map(|contents| contents.snapshot).unwrap_or_default())
    }

    /// All events so far, oldest first, read as they are asked for, so that memory does not grow with them.
    ///
    /// # Errors
    /// As [`Store::read`]; each event likewise, and none follows after an error.
    pub fn events(&self) -> Result<Events, StoreError> {
        self.events_after(0)
    }

    /// The events after the one numbered `seq`, as [`Store::events`] gives them; older segments are not even opened.
    ///
    /// A follower asks again with the last number that it was given. The newest `n` are those after
    /// [`Snapshot::sequence`] less `n`.
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

    /// Makes all of `wanted` so, in order, under one lock; says what each came to. Where all is so already, no lock is
    /// taken and nothing is touched, not even made: this is the call for whoever looks at a host regularly.
    ///
    /// # Errors
    /// [`StoreError`]; what comes before the one that failed has been done.
    pub fn apply(
        &self,
        wanted: &[Wanted],
        on: &EventContext,
        clock: &dyn Clock,
        timeout: Duration,
    ) -> Result<Vec<Change>, StoreError> {
        let known = self.contents()?;
        let (now, stale) = known.map_or_else(Default::default, |known| (known.snapshot, known.state_is_stale));
        let is_so = |wanted: &Wanted| match wanted {
            Wanted::Raised(report) => !now.would_change(report),
            Wanted::Cleared(id) => !now.is_raised(*id),
        };
        if !stale && wanted.iter().all(is_so) {
            return Ok(vec![Change::Nothing; wanted.len()]);
        }
        let mut writer = self.lock(clock, timeout)?;
        let apply = |wanted: &Wanted| match wanted {
            Wanted::Raised(report) => writer.raise(report, on),
            Wanted::Cleared(id) => writer.clear(*id, on),
        };
        wanted.iter().map(apply).collect()
    }

    /// Takes the store's lock, waiting `timeout` at most, and finishes what a writer that died left half done. Makes
    /// the directory and the lock file where they are missing: see [`Store::apply`] and [`Snapshot::would_change`] for
    /// how not to.
    ///
    /// # Errors
    /// As [`Store::read`], before anything is made; [`StoreError::Lock`] where another process holds it all the while.
    pub fn lock<'c>(&self, clock: &'c dyn Clock, timeout: Duration) -> Result<Writer<'c>, StoreError> {
        self.read()?;
        // What somebody has seen or done is told also where they were interrupted at it.
        let lock = Lock::acquire_to_finish(self.root, &self.dir.join(LOCK), clock, timeout)?;
        let dir = Arc::new(self.root.own_dir(&self.dir)?);
        // Read again: what was read without the lock may be out of date.
        let mut contents = replay::contents(&dir)?;
        let listed = segments::scan(&dir)?;
        replay::catch_up(&dir, &mut contents, &listed)?;
        Writer::new(lock, dir, clock, contents, &listed, self.rotate_at)
    }

    fn existing(&self) -> Result<Option<Arc<Dir>>, StoreError> {
        match self.root.own_dir(&self.dir) {
            Ok(dir) => Ok(Some(Arc::new(dir))),
            Err(e) if e.is_missing() => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn contents(&self) -> Result<Option<Contents>, StoreError> {
        self.existing()?.map(|dir| replay::contents(&dir)).transpose()
    }
}
