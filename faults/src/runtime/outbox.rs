//! From a decision into the store.

use std::collections::VecDeque;
use std::slice;
use std::time::Duration;

use host::clock::Clock;

use crate::error::StoreError;
use crate::id::FaultId;
use crate::record::Occasion;
use crate::snapshot::Change;
use crate::store::{Store, Wanted};
use crate::words::Source;

/// What the store is still to be told. A rule decides once; where the store refuses (its lock is held, the disk is
/// full), what was decided waits here.
///
/// ```
/// use std::time::Duration;
/// use faults::runtime::{End, Outbox, Start, StartFailure};
/// use faults::{FaultId, Store};
/// use host::clock::SystemClock;
///
/// # let scratch = tempfile::tempdir()?;
/// # let etc = tempfile::Builder::new().prefix("etc").rand_bytes(0).tempdir_in(scratch.path())?;
/// # let root = host::Root::alternate(scratch.path())?;
/// let store = Store::at(&root, faults::DEFAULT_DIRECTORY);
/// let mut outbox = Outbox::new(None);
/// let mut start = Start::resume(Default::default(), &store.read()?, None)?;
/// let decision = start.failed(&StartFailure::Ended(End::Exited(1)), None);
/// outbox.tell(decision.tell, &store, &SystemClock, Duration::from_secs(1))?;
/// assert!(store.read()?.is_raised(FaultId::SCAN_START));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Outbox {
    on: Occasion,
    waiting: VecDeque<Wanted>,
}

impl Outbox {
    /// An empty one; `boot_id` is `/proc/sys/kernel/random/boot_id`, where there is one.
    #[must_use]
    pub fn new(boot_id: Option<String>) -> Self {
        Self { on: Occasion { source: Source::Runtime, boot_id }, waiting: VecDeque::new() }
    }

    /// Whether the store has been told everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Tells the store what waits and then `wanted`, in order, and says what each came to. With nothing in `wanted` it
    /// tries again what waits, so it can be called with every tick.
    ///
    /// # Errors
    /// [`StoreError`]: what the store was not told waits for the next call. Of several decisions about one fault only
    /// the last is kept then, so that a store that refuses for days costs no memory; the others leave no event.
    pub fn tell(
        &mut self,
        wanted: impl IntoIterator<Item = Wanted>,
        store: &Store<'_>,
        clock: &dyn Clock,
        patience: Duration,
    ) -> Result<Vec<Change>, StoreError> {
        self.waiting.extend(wanted);
        let mut changes = Vec::new();
        while let Some(next) = self.waiting.front() {
            match store.apply(slice::from_ref(next), &self.on, clock, patience) {
                Ok(change) => changes.extend(change),
                Err(e) => {
                    self.keep_last();
                    return Err(e);
                }
            }
            self.waiting.pop_front();
        }
        Ok(changes)
    }

    /// Forgets each decision that a later one about the same fault has overtaken.
    fn keep_last(&mut self) {
        let mut kept: VecDeque<Wanted> = VecDeque::new();
        for wanted in self.waiting.drain(..).rev() {
            if !kept.iter().any(|later| fault(later) == fault(&wanted)) {
                kept.push_front(wanted);
            }
        }
        self.waiting = kept;
    }
}

fn fault(wanted: &Wanted) -> FaultId {
    match wanted {
        Wanted::Raised(report) => report.id,
        Wanted::Cleared(id) => *id,
    }
}
