//! `status` for programs.

use faults::texts::Texts;
use faults::{Fault, FaultId, Severity, Snapshot};
use serde::Serialize;

use super::envelope::{Envelope, Output};
use super::faults::OfRoot;
use super::next_boot::{NextBootValue, PendingValue, pending};
use super::waived::{Mark, WaivedValue};
use crate::engine::last_run::LastRun;
use crate::engine::next_boot::NextBoot;
use crate::engine::worst::Worst;
use crate::model::host_context::HostContext;
use crate::model::waiver::{Looked, Waived};

/// `status --format json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusObject<'a> {
    #[serde(flatten)]
    envelope: Envelope<'a>,
    /// `locked` if the load lock keeps the kernel component out, else `functional`.
    operational_status: &'static str,
    /// The number of the last change of the fault store.
    sequence: u64,
    counts: Counts,
    /// The numbers of the raised faults, sorted.
    fault_ids: Vec<u16>,
    /// The raised faults.
    faults: Vec<Raised<'a>>,
    /// The raised faults that are waived; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waived: Vec<WaivedValue>,
    /// Waivers that have ended, in one line each; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// What the next boot brings; absent if it runs the same kernel.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_boot: Option<NextBootValue<'a>>,
    /// The faults of `next_boot`, each with its kernel; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pending: Vec<PendingValue<'a>>,
    /// The last run of `repair` or of a hook; absent if none is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_run: Option<LastRun>,
}

/// How many faults are raised and not waived, by severity.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Counts {
    critical: usize,
    major: usize,
    minor: usize,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Raised<'a> {
    #[serde(flatten)]
    fault: OfRoot<'a, Fault>,
    /// The fault's title in the reader's language; null for a fault that only a newer version knows.
    summary: Option<String>,
    /// Set if the fault is waived: it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<Mark>,
}

/// Returns the raised faults that count: those that are not waived.
pub fn counting<'s>(cx: &HostContext, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s Fault> {
    snapshot.faults.iter().filter(|fault| cx.waivers.of(&fault.finding.reason).is_none())
}

/// Returns the raised faults that are waived.
#[must_use]
pub fn waived(cx: &HostContext, snapshot: &Snapshot) -> Vec<Waived<FaultId>> {
    let waived = |fault: &Fault| {
        let waiver = cx.waivers.of(&fault.finding.reason)?.clone();
        Some(Waived { id: fault.id, waiver })
    };
    snapshot.faults.iter().filter_map(waived).collect()
}

impl<'a> StatusObject<'a> {
    /// The object for the store's `snapshot`.
    #[must_use]
    pub fn of(
        cx: &HostContext<'a>,
        snapshot: &'a Snapshot,
        next_boot: Option<&'a NextBoot>,
        is_locked: bool,
        last_run: Option<LastRun>,
        texts: &Texts,
    ) -> Self {
        let waived = waived(cx, snapshot);
        let counting = || counting(cx, snapshot);
        let count = |severity| counting().filter(|fault| fault.severity == severity).count();
        let raised = if counting().next().is_none() && !is_locked { Worst::Ok } else { Worst::Fault };
        let root = cx.alternate_root();
        Self {
            envelope: Envelope::of(cx, Output::Status, raised.max(Worst::of_next_boot(next_boot))),
            operational_status: if is_locked { "locked" } else { "functional" },
            sequence: snapshot.sequence,
            counts: Counts {
                critical: count(Severity::Critical),
                major: count(Severity::Major),
                minor: count(Severity::Minor),
            },
            fault_ids: snapshot.faults.iter().map(|fault| fault.id.number()).collect(),
            faults: snapshot
                .faults
                .iter()
                .map(|fault| Raised {
                    fault: OfRoot::new(fault, cx),
                    summary: texts.summary(fault.id),
                    waived: cx.waivers.of(&fault.finding.reason).map(Mark::of),
                })
                .collect(),
            waived: WaivedValue::all(&waived),
            warnings: cx.waivers.warnings(&[], |_| Looked::Elsewhere),
            next_boot: next_boot.map(|next| NextBootValue::of(next, root, texts)),
            pending: pending(next_boot, root, texts),
            last_run,
        }
    }
}
