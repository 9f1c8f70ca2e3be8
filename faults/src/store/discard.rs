//! Emptying a store, for a system that becomes the template of others.

use std::ffi::OsStr;
use std::time::Duration;

use host::process::clock::Clock;
use host::process::lock::Lock;

use crate::store::error::StoreError;
use crate::store::event_log::{log_file, segments};
use crate::store::state_file;
use crate::store::store::{LOCK, Store};

impl Store<'_> {
    /// Returns whether the store holds no fault and no event.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn is_blank(&self) -> Result<bool, StoreError> {
        let now = self.read()?;
        Ok(now.sequence == 0 && now.faults.is_empty())
    }

    /// Returns whether there is something that [`Store::discard`] removes: a fault, an event, or a file that is damaged.
    ///
    /// # Errors
    /// As [`Store::read`], but for a malformed file.
    pub fn has_content(&self) -> Result<bool, StoreError> {
        match self.is_blank() {
            Err(StoreError::Malformed(_)) => Ok(true),
            is_blank => is_blank.map(|is_blank| !is_blank),
        }
    }

    /// Removes every fault and every event, also damaged ones. The directory and the lock file stay. Returns `false` if the store is blank
    /// already. Nothing is reported to followers, and the numbers of events start again.
    ///
    /// # Errors
    /// As [`Store::lock`]. What a killed call left is a store with fewer events: call it again.
    pub fn discard(&self, clock: &dyn Clock, timeout: Duration) -> Result<bool, StoreError> {
        if !self.has_content()? {
            return Ok(false);
        }
        let _lock = Lock::acquire_to_finish(self.root(), &self.dir().join(LOCK), clock, timeout)?;
        let dir = self.root().open_private_dir(self.dir())?;
        let listed = segments::scan(&dir)?;
        // The oldest event first and the state last: until the end, the state knows every event that is left.
        for number in &listed.numbers {
            dir.unlink(segments::packed_name(*number))?;
            dir.unlink(segments::plain_name(*number))?;
        }
        for name in listed.unfinished.iter().map(AsRef::as_ref).chain([OsStr::new(log_file::NAME)]) {
            dir.unlink(name)?;
        }
        dir.sync()?;
        dir.unlink_replaced(state_file::NAME)?;
        Ok(true)
    }
}
