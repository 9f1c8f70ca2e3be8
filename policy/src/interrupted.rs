//! A store that was left without an active policy by an interrupted transaction.
//!
//! libsemanage switches to a new policy by renaming `active` to `previous`, then `tmp` to `active`
//! (`semanage_commit_sandbox`). If it dies in between, the store has no active policy, and its next call sees an empty
//! store without modules.

use host::fs::{InRoot, is_dir};
use host::process::lock::try_flock;
use host::{FileError, ReadError, Root};

use crate::store::candidates;

const ACTIVE: &str = "active";
const PREVIOUS: &str = "previous";

/// libsemanage's transaction lock, held with `flock(2)`.
const LOCK: &str = "semanage.trans.LOCK";

/// A store without an active policy, but with the previous one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterruptedTransaction {
    path: InRoot,
}

impl InterruptedTransaction {
    /// Returns the store of `policy_type` if its last transaction was interrupted. Changes nothing.
    ///
    /// # Errors
    /// As [`crate::Store::locate`].
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

    /// Returns the store's directory, inside the root.
    #[must_use]
    pub fn path(&self) -> &InRoot {
        &self.path
    }

    /// Makes the policy from before the transaction the active one again. Returns `false` if a transaction is running,
    /// or has completed since; nothing is changed then.
    ///
    /// # Errors
    /// [`FileError`] if the lock cannot be taken or the directory not be renamed; nothing is changed then.
    pub fn restore_previous(&self, root: &Root) -> Result<bool, FileError> {
        let store = root.dir(&self.path)?;
        let lock = store.append(LOCK, 0o600)?;
        if !try_flock(&lock).map_err(|e| FileError::new("lock", store.path().join(LOCK), e))? {
            return Ok(false);
        }
        // Checked again under the lock: the transaction may have completed before.
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
