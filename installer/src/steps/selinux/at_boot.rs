//! What the system in the root does by itself at its next boot.

use crate::model::host_context::HostContext;

/// Returns whether the system in the root runs `hostprep repair` at its next boot, with its own tools and its own kernel. What
/// this machine's tools cannot finish is then `deferred`, and no fault.
///
/// No package brings a unit that does so, so nothing is deferred for that reason. Once one does, this function is where it is
/// looked for: enabled in the root, below `/etc/systemd/system`.
pub(super) fn finishes(_cx: &HostContext) -> bool {
    false
}
