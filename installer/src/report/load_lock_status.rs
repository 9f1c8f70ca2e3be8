//! `load-lock status` for programs.

use jiff::Timestamp;
use serde::Serialize;

use super::envelope::{Envelope, Output};
use crate::engine::worst::Worst;
use crate::load_lock::{Status, UncleanLoad};
use crate::model::host_context::HostContext;

/// `load-lock status --format json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoadLockObject<'a> {
    #[serde(flatten)]
    envelope: Envelope<'a>,
    /// `locked` if the component is kept out, else `functional`.
    operational_status: &'static str,
    /// Since when; null if it is not locked.
    locked_at: Option<Timestamp>,
    /// When the active load began; null if there is none.
    load_open_since: Option<Timestamp>,
    /// The unclean loads that are recorded, oldest first.
    ungraceful_ends: &'a [UncleanLoad],
    /// How many of them count now; null for a system that has no clock of its own.
    recent: Option<usize>,
    /// How many lock the component.
    locks_at: usize,
    /// Within which time, in seconds.
    within_seconds: u64,
}

impl<'a> LoadLockObject<'a> {
    /// The object for `status`.
    #[must_use]
    pub fn of(cx: &HostContext<'a>, status: &'a Status) -> Self {
        let rule = &cx.profile.load_lock;
        let (worst, operational_status) = match status.is_locked() {
            true => (Worst::Fault, "locked"),
            false => (Worst::Ok, "functional"),
        };
        Self {
            envelope: Envelope::of(cx, Output::LoadLockStatus, worst),
            operational_status,
            locked_at: status.record.locked,
            load_open_since: status.record.open.as_ref().map(|open| open.time),
            ungraceful_ends: &status.record.unclean_loads,
            recent: status.recent,
            locks_at: rule.unclean_loads,
            within_seconds: rule.within.as_secs(),
        }
    }
}
