//! `check` and `repair` for programs.

use std::path::Path;

use faults::texts::Texts;
use faults::{RemedyValue, Severity};
use serde::Serialize;

use super::envelope::{Envelope, Output};
use super::kernel_table::KernelTableObject;
use super::next_boot::{NextBootValue, PendingValue, pending};
use super::text::Purpose;
use super::waived::{Mark, WaivedValue};
use crate::engine::Results;
use crate::engine::worst::Worst;
use crate::model::host_context::HostContext;
use crate::model::report::{ImageItem, Outcome, StepReport};
use crate::model::step_id::StepId;

/// `check --format json` and `repair --format json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RunObject<'a> {
    #[serde(flatten)]
    envelope: Envelope<'a>,
    /// Whether nothing was changed: `plan` of a step is then what `repair` would do. Only in `repair`.
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
    /// The table of supported kernels that judged; absent if the agent has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    kernel_table: Option<KernelTableObject<'a>>,
    /// One report for each step.
    steps: Vec<StepObject<'a>>,
    /// The numbers of the faults that were found and count, sorted.
    faults: Vec<u16>,
    /// The faults that were found and are waived; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waived: Vec<WaivedValue>,
    /// Waivers that have ended or match nothing, and a table of kernels that is older than the built-in one, in one line each; absent
    /// if there are none.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
    /// What the next boot brings; absent if it runs the same kernel.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_boot: Option<NextBootValue<'a>>,
    /// The faults of `next_boot`, each with its kernel; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pending: Vec<PendingValue<'a>>,
    /// What was done and could not be recorded, in one line each.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unrecorded: &'a [String],
    /// What `check --image` looks at besides the steps; absent elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    image: Vec<Image<'a>>,
}

/// What `check --image` looks at besides the steps.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Image<'a> {
    /// `boot-unit` or `labels`.
    name: &'static str,
    outcome: Outcome,
    /// What was seen, in one line.
    detail: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    /// Lines for a shell on this machine; absent if there are none.
    remedy: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remedies: Vec<RemedyValue>,
}

impl<'a> Image<'a> {
    fn of(item: &'a ImageItem, root: Option<&Path>) -> Self {
        let ImageItem { name, outcome, detail, remedy } = item;
        let (lines, values) = remedy.iter().map(|remedy| (remedy.shell_line(root), remedy.value(root))).unzip();
        Self { name, outcome: *outcome, detail, remedy: lines, remedies: values }
    }
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct StepObject<'a> {
    /// The name of the step; steps may be added.
    name: StepId,
    outcome: Outcome,
    /// The first of `faults`.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<u16>,
    /// The faults that the step found.
    #[serde(skip_serializing_if = "Option::is_none")]
    faults: Option<Vec<u16>>,
    /// Set if all that the step found is waived: its faults do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<Mark>,
    /// How bad the worst of them is.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    /// Why: a stable word; words may be added.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The reason in the reader's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// What was seen or done, in one line.
    detail: &'a str,
    /// What helps, as lines for a shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<Vec<String>>,
    /// What helps, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedies: Option<Vec<RemedyValue>>,
    /// The commands and file changes that were made, or that `repair` would make.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    plan: &'a [String],
}

impl<'a> StepObject<'a> {
    fn of(cx: &HostContext, report: &'a StepReport, texts: &Texts) -> Self {
        let root = cx.alternate_root();
        let found = report.finding();
        let finding = found.as_ref().or(report.obstacle.as_ref());
        Self {
            name: report.step,
            outcome: report.outcome,
            fault: report.raised().first().map(|id| id.number()),
            faults: found.as_ref().map(|_| report.raised().iter().map(|id| id.number()).collect()),
            waived: cx.waivers.of_step(report).map(Mark::of),
            severity: found.as_ref().and_then(|_| report.severity()),
            reason: finding.map(|finding| finding.reason.as_str().to_owned()),
            title: finding.map(|finding| finding.title(texts)),
            detail: &report.detail,
            remedy: finding.map(|finding| finding.remedy.iter().map(|remedy| remedy.shell_line(root)).collect()),
            remedies: finding.map(|finding| finding.remedy.iter().map(|remedy| remedy.value(root)).collect()),
            plan: &report.plan,
        }
    }
}

impl<'a> RunObject<'a> {
    /// The object for `results`. Remedies are for this machine, which prepares the alternate root if there is one. Titles are in
    /// the language of `texts`.
    #[must_use]
    pub fn of(cx: &HostContext<'a>, results: &'a Results, purpose: Purpose, texts: &Texts) -> Self {
        let output = if purpose == Purpose::Check { Output::Check } else { Output::Repair };
        let root = cx.alternate_root();
        Self {
            envelope: Envelope::of(cx, output, Worst::of(results)),
            dry_run: (purpose != Purpose::Check).then_some(purpose == Purpose::DryRun),
            kernel_table: KernelTableObject::of(&cx.profile.kernels),
            steps: results.reports.iter().map(|report| StepObject::of(cx, report, texts)).collect(),
            faults: results.faults.iter().map(|id| id.number()).collect(),
            waived: WaivedValue::all(&results.waived),
            warnings: &results.warnings,
            next_boot: results.next_boot.as_ref().map(|next| NextBootValue::of(next, root, texts)),
            pending: pending(results.next_boot.as_ref(), root, texts),
            unrecorded: &results.unrecorded,
            image: results.image.iter().map(|item| Image::of(item, root)).collect(),
        }
    }
}
