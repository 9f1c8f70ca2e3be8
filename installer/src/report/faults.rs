//! What the fault store has, for programs: `faults list`, `faults history` and `faults watch`.

use std::path::PathBuf;

use faults::{Event, EventKind, Fault};
use jiff::Timestamp;
use serde::Serialize;

use super::envelope::{Output, Reporter, SCHEMA, now};
use crate::engine::worst::Worst;
use crate::model::host_context::HostContext;

/// An item of a fault store. Its remedies are lines for the system that the store is in, so it says which root that is.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfRoot<'a, T> {
    #[serde(flatten)]
    item: &'a T,
    /// The directory to `chroot` into for the commands of `remedy` and `remedies`; absent for the running system.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy_root: Option<PathBuf>,
}

impl<'a, T> OfRoot<'a, T> {
    /// Returns `item` of the store in the root of `cx`.
    pub fn new(item: &'a T, cx: &HostContext) -> Self {
        Self { item, remedy_root: cx.alternate_root().map(ToOwned::to_owned) }
    }
}

/// An item of `faults list --format json`, which is an array of them: each says by itself where it comes from.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FaultObject<'a> {
    /// The version of the format.
    #[cfg_attr(feature = "schema", schemars(schema_with = "super::schema::version"))]
    schema: u32,
    /// When the list was made, UTC.
    time: Timestamp,
    #[serde(flatten)]
    reporter: Reporter<'a>,
    #[serde(flatten)]
    fault: OfRoot<'a, Fault>,
}

impl<'a> FaultObject<'a> {
    /// The array for `faults`.
    pub fn all(cx: &HostContext<'a>, faults: &'a [Fault]) -> Vec<Self> {
        let reporter = Reporter::of(cx, Output::FaultsList, Worst::Fault);
        let object =
            |fault| Self { schema: SCHEMA, time: now(cx), reporter: reporter.clone(), fault: OfRoot::new(fault, cx) };
        faults.iter().map(object).collect()
    }
}

/// A line of `faults history --format json` and of `faults watch`. `schema` and `time` are those of the event.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventObject<'a> {
    #[serde(flatten)]
    event: OfRoot<'a, Event>,
    /// `worst` is the fault's state after the event: `ok` once it is cleared.
    #[serde(flatten)]
    reporter: Reporter<'a>,
}

impl<'a> EventObject<'a> {
    /// The object for `event`; `reporter` is that of all events.
    pub fn of(cx: &HostContext, reporter: &Reporter<'a>, event: &'a Event) -> Self {
        let worst = if event.event == EventKind::Cleared { Worst::Ok } else { Worst::Fault };
        Self { event: OfRoot::new(event, cx), reporter: reporter.with_worst(worst) }
    }
}
