//! One object for programs; keys may be added, none is taken away (schema 1).

use std::path::Path;

use faults::texts::Texts;
use faults::{RemedyValue, Severity};
use serde::Serialize;

use super::HostFacts;
use super::next_boot::NextBootValue;
use crate::engine::Results;
use crate::model::report::{ImageItem, Outcome, StepReport};
use crate::model::step_id::StepId;

/// The format this version writes.
pub const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    host: &'a HostFacts,
    steps: Vec<Step<'a>>,
    faults: Vec<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_boot: Option<NextBootValue<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    image: Vec<Image<'a>>,
}

/// What `check --image` looks at besides the steps.
#[derive(Serialize)]
struct Image<'a> {
    name: &'static str,
    outcome: Outcome,
    detail: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
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
struct Step<'a> {
    name: StepId,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    faults: Option<Vec<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedies: Option<Vec<RemedyValue>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    plan: &'a [String],
}

impl<'a> Step<'a> {
    fn of(report: &'a StepReport, root: Option<&Path>, texts: &Texts) -> Self {
        let found = report.finding();
        let finding = found.as_ref().or(report.obstacle.as_ref());
        Self {
            name: report.step,
            outcome: report.outcome,
            fault: report.raised().first().map(|id| id.number()),
            faults: found.as_ref().map(|_| report.raised().iter().map(|id| id.number()).collect()),
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

/// Returns the object, on one line. Remedies are for this machine, which prepares the alternate root `root` if there is one.
/// Titles are in the language of `texts`.
///
/// # Errors
/// [`serde_json::Error`] if a path in it is not UTF-8.
pub fn render(host: &HostFacts, results: &Results, root: Option<&Path>, texts: &Texts) -> serde_json::Result<String> {
    let object = Object {
        schema: SCHEMA,
        host,
        steps: results.reports.iter().map(|report| Step::of(report, root, texts)).collect(),
        faults: results.faults.iter().map(|id| id.number()).collect(),
        next_boot: results.next_boot.as_ref().map(|next| NextBootValue::of(next, root, texts)),
        image: results.image.iter().map(|item| Image::of(item, root)).collect(),
    };
    serde_json::to_string(&object)
}
