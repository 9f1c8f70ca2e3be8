//! `remove` for programs.

use serde::Serialize;

use super::envelope::{Envelope, Output};
use crate::engine::worst::Worst;
use crate::model::host_context::HostContext;

/// `remove --format json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RemoveObject<'a> {
    #[serde(flatten)]
    envelope: Envelope<'a>,
    /// Whether nothing was changed: `plan` is then what `remove` would do.
    dry_run: bool,
    /// The commands and file changes that were made, or would be, in order.
    plan: &'a [String],
    /// What could not be undone, and why, in one line each.
    failed: &'a [String],
}

impl<'a> RemoveObject<'a> {
    /// The object for a removal that did `plan`, or would do it in a dry run.
    #[must_use]
    pub fn of(cx: &HostContext<'a>, dry_run: bool, plan: &'a [String], failed: &'a [String]) -> Self {
        let worst = if failed.is_empty() { Worst::Ok } else { Worst::Failed };
        Self { envelope: Envelope::of(cx, Output::Remove, worst), dry_run, plan, failed }
    }
}
