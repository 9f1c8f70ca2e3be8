//! What the next boot brings, for programs: the same object in `check`, `repair` and `status`.

use std::path::Path;

use faults::texts::Texts;
use faults::{RemedyValue, Severity};
use serde::Serialize;

use super::waived::Mark;
use crate::engine::next_boot::{NextBoot, PendingFault, Undetermined};
use crate::model::step_id::StepId;

/// The object `next_boot`; keys may be added, none is taken away.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NextBootValue<'a> {
    kernel: Option<&'a str>,
    fault_ids: Vec<u16>,
    faults: Vec<Fault<'a>>,
    unknown: Vec<Unknown<'a>>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Fault<'a> {
    id: u16,
    severity: Severity,
    reason: &'a str,
    summary: Option<String>,
    title: String,
    detail: &'a str,
    remedy: Vec<String>,
    remedies: Vec<RemedyValue>,
    /// Set if the fault is waived: it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<Mark>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Unknown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<StepId>,
    detail: &'a str,
}

/// A pending fault on its own.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PendingValue<'a> {
    /// The kernel of the next boot.
    kernel: Option<&'a str>,
    #[serde(flatten)]
    fault: Fault<'a>,
}

/// Returns the pending faults of `next_boot`.
#[must_use]
pub fn pending<'a>(next_boot: Option<&'a NextBoot>, root: Option<&Path>, texts: &Texts) -> Vec<PendingValue<'a>> {
    let of = |next: &'a NextBoot| {
        let kernel = next.kernel.as_deref();
        next.pending.iter().map(move |fault| PendingValue { kernel, fault: Fault::of(fault, root, texts) })
    };
    next_boot.into_iter().flat_map(of).collect()
}

impl<'a> Fault<'a> {
    fn of(fault: &'a PendingFault, root: Option<&Path>, texts: &Texts) -> Self {
        let PendingFault { id, severity, finding, waiver } = fault;
        Self {
            waived: waiver.as_ref().map(Mark::of),
            id: id.number(),
            severity: *severity,
            reason: finding.reason.as_str(),
            summary: texts.summary(*id),
            title: finding.title(texts),
            detail: &finding.detail,
            remedy: finding.remedy.iter().map(|remedy| remedy.shell_line(root)).collect(),
            remedies: finding.remedy.iter().map(|remedy| remedy.value(root)).collect(),
        }
    }
}

impl<'a> NextBootValue<'a> {
    /// The object for `next_boot`. Remedies are for this machine, which prepares the alternate root `root` if there is one.
    #[must_use]
    pub fn of(next_boot: &'a NextBoot, root: Option<&Path>, texts: &Texts) -> Self {
        let unknown = |Undetermined { step, detail }: &'a Undetermined| Unknown { name: *step, detail };
        Self {
            kernel: next_boot.kernel.as_deref(),
            fault_ids: next_boot.ids().iter().map(|id| id.number()).collect(),
            faults: next_boot.pending.iter().map(|fault| Fault::of(fault, root, texts)).collect(),
            unknown: next_boot.unknown.iter().map(unknown).collect(),
        }
    }
}
