//! One change of the host, described for `--dry-run` exactly as it is then made.

use std::fmt;

use host::Root;

use super::error::Error;
use super::host_context::HostContext;
use super::receipt::Receipt;
use super::report::Finding;

/// A change of the host: one that prepares it, or one that undoes such a change.
pub trait Action: fmt::Debug {
    /// Returns the exact commands and file changes, a line each; nothing if only the receipt is changed.
    fn describe(&self, root: &Root) -> Vec<String>;

    /// Makes the change. The caller holds hostprep's lock.
    ///
    /// # Errors
    /// [`ActionError`]; what was begun is restored, or recorded so that the next run restores it.
    fn apply(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError>;
}

/// The result of a successful action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// The host was changed.
    Changed,
    /// There was nothing to change.
    Unchanged,
}

/// Why a change was not made.
#[derive(Debug)]
pub enum ActionError {
    /// The host prevents it: a fault's reason.
    HostProblem(Finding),
    /// hostprep failed, or was interrupted.
    Internal(Error),
}

impl<E: Into<Error>> From<E> for ActionError {
    fn from(error: E) -> Self {
        Self::Internal(error.into())
    }
}
