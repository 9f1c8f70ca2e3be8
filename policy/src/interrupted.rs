//! A store whose last transaction was cut short between two renames.
//!
//! libsemanage switches to a new policy by renaming `active` to `previous` and `tmp` to `active` (`semanage_commit_sandbox`). Dead
//! between the two, it leaves a store without an active policy: for its next call an empty one, in which no module is.

use std::path::{Path, PathBuf};

use host::lock::try_flock;
use host::root::is_dir;
use host::{FileError, ReadError, Root};

use crate::store::candidates;

const ACTIVE: &str = "active";
const PREVIOUS: &str = "previous";

/// libsemanage's own lock of transactions, held by `flock(2)`.
const LOCK: &str = "semanage.trans.LOCK";

/// Such a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterruptedTransaction {
    path: PathBuf,
}

impl InterruptedTransaction {
    /// The store of `policy_type`, where it is one. Reads only.
    ///
    /// # Errors
    /// [`ReadError`] as [`crate::Store::locate`].
    pub fn find(root: &Root, policy_type: &str) -> Result<Option<Self>, ReadError> {
        for path in candidates(root, policy_type)? {
            if root.stat(path.join(ACTIVE))?.is_none()
                && root.stat_followed(path.join(PREVIOUS).join("modules"))?.as_ref().is_some_and(is_dir)
            {
                return Ok(Some(Self { path }));
            }
        }
        Ok(None)
    }

    /// The store's directory, as the prepared host names it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the policy from before the transaction the active one again; `false` where that was not needed after all: a
    /// transaction is on its way, or has come to its end.
    ///
    /// # Errors
    /// [`FileError`]; nothing was changed then.
    pub fn restore_previous(&self, root: &Root) -> Result<bool, FileError> {
        let store = root.dir(&self.path)?;
        let lock = store.append(LOCK, 0o600)?;
        if !try_flock(&lock).map_err(|e| FileError::new("lock", store.shown().join(LOCK), e))? {
            return Ok(false);
        }
        // Looked at again: it may have come to its end before we had the lock.
        if store.stat(ACTIVE)?.is_some() {
            return Ok(false);
        }
        store.rename_new(PREVIOUS, ACTIVE)?;
        store.sync()?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
