//! `login.defs` before a signal, for comparing with what is left.

use crate::scratch::ScratchRoot;
use crate::snapshot::{Compare, Snapshot};

/// `login.defs` with all that can be known of it but the time of access.
pub(super) struct LoginDefs(Snapshot);

impl LoginDefs {
    pub(super) fn of(root: &ScratchRoot) -> Self {
        Self(Snapshot::of(&root.at("/etc/login.defs")))
    }

    pub(super) fn difference(&self, root: &ScratchRoot) -> String {
        self.0.difference(&Self::of(root).0, Compare::Everything)
    }
}
