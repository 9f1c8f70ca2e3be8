//! The store: a directory with the state, the log of events and the lock.

use std::path::PathBuf;
use std::time::Duration;

use host::clock::Clock;
use host::lock::Lock;
use host::{Dir, Root};

use crate::error::StoreError;
use crate::id::FaultId;
use crate::log::{self, Events, Place};
use crate::record::{Occasion, Report};
use crate::snapshot::{Change, Snapshot};
use crate::state;
use crate::writer::Writer;

/// Where the connector and everything around it looks for the store.
pub const DEFAULT_DIRECTORY: &str = "/var/lib/cisco/faults";

/// The lock file's name. Its content means nothing.
const LOCK: &str = "faults.lock";

/// A fault store. Making one touches nothing.
#[derive(Debug, Clone)]
pub struct Store<'a> {
    root: &'a Root,
    dir: PathBuf,
}

/// What shall be so, for [`Store::apply`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The fault is raised as reported.
    Raised(Report),
    /// The fault is not raised.
    Cleared(FaultId),
}

/// What the files say together.
pub(crate) struct Contents {
    pub snapshot: Snapshot,
    /// Where the next event goes.
    pub place: Place,
    /// Whether `faults.json` is older than the log: a writer died between the two.
    pub behind: bool,
}

impl<'a> Store<'a> {
    /// The store in the directory `dir` of `root`; the directory need not exist.
    pub fn at(root: &'a Root, dir: impl Into<PathBuf>) -> Self {
        Self { root, dir: dir.into() }
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
        match self.existing()? {
            None => Ok(Events::nothing()),
            Some(dir) => {
                let committed = state::read(&dir)?.map_or(0, |known| known.sequence);
                log::all(&dir, committed)
            }
        }
    }

    /// Makes all of `wanted` so, in order, under one lock; says what each came to. Where all is so already, no lock is
    /// taken and nothing is touched, not even made: this is the call for whoever looks at a host regularly.
    ///
    /// # Errors
    /// [`StoreError`]; what comes before the one that failed has been done.
    pub fn apply(
        &self,
        wanted: &[Wanted],
        on: &Occasion,
        clock: &dyn Clock,
        patience: Duration,
    ) -> Result<Vec<Change>, StoreError> {
        let known = self.contents()?;
        let (now, behind) = known.map_or_else(Default::default, |known| (known.snapshot, known.behind));
        let is_so = |wanted: &Wanted| match wanted {
            Wanted::Raised(report) => !now.would_change(report),
            Wanted::Cleared(id) => !now.is_raised(*id),
        };
        if !behind && wanted.iter().all(is_so) {
            return Ok(vec![Change::Nothing; wanted.len()]);
        }
        let mut writer = self.lock(clock, patience)?;
        let apply = |wanted: &Wanted| match wanted {
            Wanted::Raised(report) => writer.raise(report, on),
            Wanted::Cleared(id) => writer.clear(*id, on),
        };
        wanted.iter().map(apply).collect()
    }

    /// Takes the store's lock, waiting `patience` at most, and finishes what a writer that died left half done. Makes
    /// the directory and the lock file where they are missing: see [`Store::apply`] and [`Snapshot::would_change`] for
    /// how not to.
    ///
    /// # Errors
    /// As [`Store::read`], before anything is made; [`StoreError::Lock`] where another process holds it all the while.
    pub fn lock<'c>(&self, clock: &'c dyn Clock, patience: Duration) -> Result<Writer<'c>, StoreError> {
        self.read()?;
        let lock = Lock::acquire(self.root, &self.dir.join(LOCK), clock, patience, &mut || {})?;
        let dir = self.root.dir(&self.dir)?;
        // Read again: what was read without the lock may be out of date.
        let contents = contents(&dir)?;
        Writer::new(lock, dir, clock, contents)
    }

    fn existing(&self) -> Result<Option<Dir>, StoreError> {
        match self.root.dir(&self.dir) {
            Ok(dir) => Ok(Some(dir)),
            Err(e) if e.is_missing() => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn contents(&self) -> Result<Option<Contents>, StoreError> {
        self.existing()?.map(|dir| contents(&dir)).transpose()
    }
}

fn contents(dir: &Dir) -> Result<Contents, StoreError> {
    let mut snapshot = state::read(dir)?.unwrap_or_default();
    let committed = snapshot.sequence;
    let mut tail = log::tail(dir, committed)?;
    for event in &mut tail.newer {
        snapshot.apply(event?);
    }
    Ok(Contents { place: tail.place(committed), behind: snapshot.sequence > committed, snapshot })
}
