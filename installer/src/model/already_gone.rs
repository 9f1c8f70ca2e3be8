//! An entry of the receipt with nothing to undo.

use host::Root;

use super::action::{Action, ActionError, Applied};
use super::host_context::HostContext;
use super::receipt::{Created, Receipt};

/// Removes the entry of something that is gone, or that another program has replaced.
#[derive(Debug)]
pub struct AlreadyGone(pub Created);

impl Action for AlreadyGone {
    fn describe(&self, _root: &Root) -> Vec<String> {
        Vec::new()
    }

    fn apply(&self, _cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError> {
        receipt.remove_entry(&self.0)?;
        Ok(Applied::Unchanged)
    }
}
