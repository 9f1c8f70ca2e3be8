//! What a removal undid while the configuration could not be used, for the `abort-remove` of Debian's package: that configuration
//! says neither which agent is meant nor which steps are skipped.

use host::{FileError, ReadError, Root};

use crate::model::host_context::HostContext;
use crate::model::receipt::{Created, Receipt};
use crate::model::step::StepRef;
use crate::profile::Profile;
use crate::steps::{directories, scan_user, selinux};

/// The receipt as it was before the removal, in the state directory.
const NAME: &str = "undone.json";

const MODE: u32 = 0o644;

/// Keeps a copy of the receipt, which the removal empties; nothing if there is none.
///
/// # Errors
/// [`ReadError`] if the receipt cannot be read or the copy cannot be written.
pub fn keep(cx: &HostContext) -> Result<(), ReadError> {
    let Some(text) = cx.root.read_private(cx.receipt_path())? else { return Ok(()) };
    Ok(cx.root.create_private_dir(&cx.profile.paths.state)?.replace(NAME, text.as_bytes(), MODE)?)
}

/// Returns whether such a removal of what was made for the agent of `profile` was the last thing that a hook did.
#[must_use]
pub fn is_kept(root: &Root, profile: &Profile) -> bool {
    root.exists(profile.paths.state.join(NAME))
}

/// Returns the steps that created what was undone, in their order. Others may have been skipped.
#[must_use]
pub fn steps(cx: &HostContext) -> Vec<StepRef> {
    let receipt = Receipt::read(cx.root, cx.profile.paths.state.join(NAME));
    let has = |is_kind: fn(&Created) -> bool| receipt.created().iter().any(is_kind);
    let mut steps: Vec<StepRef> = Vec::new();
    if has(|created| matches!(created, Created::User { .. } | Created::Group { .. })) {
        steps.push(&scan_user::ScanUser);
    }
    if has(|created| matches!(created, Created::Directory { .. })) {
        steps.push(&directories::Directories);
    }
    if has(|created| matches!(created, Created::Module { .. } | Created::Label { .. })) {
        steps.push(&selinux::Module);
    }
    steps
}

/// Removes the copy, if there is one: what was undone is made again.
///
/// # Errors
/// [`FileError`] if it cannot be removed.
pub fn forget(cx: &HostContext) -> Result<(), FileError> {
    if !is_kept(cx.root, cx.profile) {
        return Ok(());
    }
    cx.root.create_private_dir(&cx.profile.paths.state)?.unlink_replaced(NAME)
}
