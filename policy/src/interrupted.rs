//! A store whose active policy an interrupted transaction left missing or incomplete.
//!
//! libsemanage switches to a new policy by renaming `active` to `previous`, then `tmp` to `active`
//! (`semanage_commit_sandbox`). If it dies in between, the store has no active policy, and its next call sees an empty
//! store without modules.
//!
//! On overlayfs, a directory of a lower layer cannot be renamed (`EXDEV`). There it copies the directory and removes the
//! original (`semanage_rename`), so that `active` may also be half removed or half copied when it dies. Whatever else is
//! left (`tmp`, an incomplete `previous`, `final`), its next transaction removes first.
//!
//! Calls of `semodule` after that change the shape once more: `-l` makes an empty `active`, `-B` removes `tmp` and succeeds on a
//! store without modules, `-i` fails and leaves another `tmp`. The previous policy stays through all of them.

mod tree;

use host::fs::{InRoot, is_dir};
use host::process::lock::try_flock;
use host::{Dir, FileError, ReadError, Root};
use nix::errno::Errno;

use self::tree::Tree;
use crate::store::candidates;

const ACTIVE: &str = "active";
const PREVIOUS: &str = "previous";
const SANDBOX: &str = "tmp";

/// What a restored policy is called until it is complete.
const RESTORED: &str = ".active.hostprep-new";

/// libsemanage's transaction lock, held with `flock(2)`.
const LOCK: &str = "semanage.trans.LOCK";

/// What became of the active policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivePolicy {
    /// There is none.
    Missing,
    /// It lacks files.
    Incomplete,
}

/// A store without a whole active policy, but with the previous one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterruptedTransaction {
    path: InRoot,
    active: ActivePolicy,
}

impl InterruptedTransaction {
    /// Returns the store of `policy_type` if its last transaction was interrupted. Changes nothing.
    ///
    /// # Errors
    /// As [`crate::Store::locate`].
    pub fn find(root: &Root, policy_type: &str) -> Result<Option<Self>, ReadError> {
        for path in candidates(root, policy_type)? {
            let is_there = |name: &str| root.stat_followed(path.join(name)).map(|it| it.as_ref().is_some_and(is_dir));
            if !is_there("previous/modules")? {
                continue;
            }
            if root.stat(path.join(ACTIVE))?.is_none() {
                return Ok(Some(Self { path, active: ActivePolicy::Missing }));
            }
            if is_there(ACTIVE)? && is_incomplete(&root.dir(&path)?)? {
                return Ok(Some(Self { path, active: ActivePolicy::Incomplete }));
            }
        }
        Ok(None)
    }

    /// Returns the store's directory, inside the root.
    #[must_use]
    pub fn path(&self) -> &InRoot {
        &self.path
    }

    /// Returns what became of the active policy.
    #[must_use]
    pub fn active(&self) -> ActivePolicy {
        self.active
    }

    /// Makes the policy from before the transaction the active one again. Returns `false` if a transaction is running,
    /// or has completed since; nothing is changed then.
    ///
    /// # Errors
    /// [`FileError`] if the lock cannot be taken or the directory not be renamed or copied; the previous policy is still
    /// there then.
    pub fn restore_previous(&self, root: &Root) -> Result<bool, FileError> {
        let store = root.dir(&self.path)?;
        let lock = store.append(LOCK, 0o600)?;
        let held = try_flock(lock).map_err(|e| FileError::new("lock", store.path().join(LOCK), e))?;
        let Some(_held) = held else { return Ok(false) };
        // Checked again under the lock: the transaction may have completed before.
        let is_so = match self.active {
            ActivePolicy::Missing => store.stat(ACTIVE)?.is_none(),
            ActivePolicy::Incomplete => store.stat(ACTIVE)?.as_ref().is_some_and(is_dir) && is_incomplete(&store)?,
        };
        if !is_so {
            return Ok(false);
        }
        let renamed = match self.active {
            ActivePolicy::Missing => store.rename_new(PREVIOUS, ACTIVE),
            // What is left of the active policy is now the previous one, which the next transaction removes.
            ActivePolicy::Incomplete => store.exchange(PREVIOUS, ACTIVE),
        };
        match renamed {
            Err(e) if matches!(e.errno(), Some(Errno::EXDEV | Errno::EINVAL | Errno::ENOSYS)) => copy_previous(&store)?,
            renamed => renamed?,
        }
        store.sync()?;
        Ok(true)
    }
}

/// Puts a copy of the previous policy in the place of the active one. Until it is there, a call that was killed is one that
/// has not begun: `previous` and `tmp` stay.
fn copy_previous(store: &Dir) -> Result<(), FileError> {
    tree::remove(store, RESTORED)?;
    tree::copy(store, PREVIOUS, RESTORED)?;
    tree::remove(store, ACTIVE)?;
    store.rename_new(RESTORED, ACTIVE)
}

/// Returns whether `active` lacks files that it had (removed after the copy to `previous`), or is to get (copied from `tmp`).
/// The commit that was begun is one higher than the one before; a transaction that was cut short before it has not counted
/// yet, and one that completed has no `tmp`.
fn is_incomplete(store: &Dir) -> Result<bool, FileError> {
    let is_there = |name: &str| store.stat(name).map(|it| it.as_ref().is_some_and(is_dir));
    let has_sandbox = is_there(SANDBOX)?;
    if !is_there(PREVIOUS)? {
        return Ok(false);
    }
    if !has_sandbox && !is_doubtful(store)? {
        return Ok(false);
    }
    let [active, previous] = [ACTIVE, PREVIOUS].map(|name| Tree::of(store, name));
    let (active, previous) = (active?, previous?);
    let sandbox = if has_sandbox { Tree::of(store, SANDBOX)? } else { Tree::default() };
    let Some(old) = previous.commits.filter(|_| previous.has_modules()) else { return Ok(false) };
    let new = sandbox.commits.filter(|new| old.checked_add(1) == Some(*new));
    Ok(match active.commits {
        _ if !active.has_modules() => true,
        Some(commits) if commits == old => active.is_part_of(&previous),
        // A transaction that was cut short later, before it counted, has the same number: there, `tmp` is the copy.
        Some(commits) if Some(commits) == new => active.is_part_of(&sandbox) && active.is_copy_of(&sandbox),
        Some(_) => false,
        None => active.is_part_of(&previous) || (new.is_some() && active.is_part_of(&sandbox)),
    })
}

/// Returns whether `active` does not look like a policy that was committed after `previous`, by its number and whether it has
/// modules: cheap, for a store that keeps the previous policy (`save-previous`).
fn is_doubtful(store: &Dir) -> Result<bool, FileError> {
    let [active, previous] = [ACTIVE, PREVIOUS].map(|name| store.dir(name));
    let (active, previous) = (active?, previous?);
    let commits = tree::commits(&active)?;
    Ok(commits.is_none() || commits == tree::commits(&previous)? || !tree::has_modules(&active)?)
}

#[cfg(test)]
mod tests;
