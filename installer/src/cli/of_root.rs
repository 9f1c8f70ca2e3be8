//! What a store in an alternate root has, for programs on this machine.

use std::path::PathBuf;

use installer::model::host_context::HostContext;
use serde::Serialize;

/// An item of a fault store. Its remedies are lines for the system that the store is in, so it says which root that is.
#[derive(Serialize)]
pub struct OfRoot<'a, T> {
    #[serde(flatten)]
    item: &'a T,
    /// The directory to `chroot` into for the commands of `remedy`; absent for the running system.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy_root: Option<PathBuf>,
}

impl<'a, T> OfRoot<'a, T> {
    /// Returns `item` of the store in the root of `cx`.
    pub fn new(item: &'a T, cx: &HostContext) -> Self {
        Self { item, remedy_root: cx.alternate_root().map(ToOwned::to_owned) }
    }
}
