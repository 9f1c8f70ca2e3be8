//! Writes decisions to the store.

use std::collections::VecDeque;
use std::slice;
use std::time::Duration;

use faults::{Change, EventContext, FaultId, FaultUpdate, Source, Store, StoreError};
use host::process::clock::Clock;

/// Decisions that the store does not hold yet. A rule decides once; while the store fails (its lock is held, the disk is
/// full), the decision waits here.
///
/// ```
/// use std::time::Duration;
/// use faults_runtime::{End, Outbox, Start, StartFailure};
/// use faults::{FaultId, Store};
/// use host::process::clock::SystemClock;
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
    on: EventContext,
    waiting: VecDeque<FaultUpdate>,
}

impl Outbox {
    /// Makes an empty outbox; `boot_id` is the content of `/proc/sys/kernel/random/boot_id`, if the host has one.
    #[must_use]
    pub fn new(boot_id: Option<String>) -> Self {
        Self { on: EventContext { source: Source::Runtime, boot_id }, waiting: VecDeque::new() }
    }

    /// Returns whether the store holds every decision.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Writes what waits and then `wanted`, in order, and returns the change by each. An empty `wanted` retries what waits,
    /// so call it with every tick. Waits up to `timeout` for the lock of the store.
    ///
    /// # Errors
    /// [`StoreError`]: what was not written waits for the next call. Of several decisions about one fault only the last
    /// waits, so that a store that fails for days costs no memory; the others leave no event.
    pub fn tell(
        &mut self,
        wanted: impl IntoIterator<Item = FaultUpdate>,
        store: &Store<'_>,
        clock: &dyn Clock,
        timeout: Duration,
    ) -> Result<Vec<Change>, StoreError> {
        self.waiting.extend(wanted);
        let mut changes = Vec::new();
        while let Some(next) = self.waiting.front() {
            match store.apply(slice::from_ref(next), &self.on, clock, timeout) {
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

    /// Drops each decision that a later one about the same fault supersedes.
    fn keep_last(&mut self) {
        let mut kept: VecDeque<FaultUpdate> = VecDeque::new();
        for wanted in self.waiting.drain(..).rev() {
            if !kept.iter().any(|later| fault(later) == fault(&wanted)) {
                kept.push_front(wanted);
            }
        }
        self.waiting = kept;
    }
}

fn fault(wanted: &FaultUpdate) -> FaultId {
    match wanted {
        FaultUpdate::Raise(report) => report.id,
        FaultUpdate::Clear(id) => *id,
    }
}
