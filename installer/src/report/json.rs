//! One object for programs; keys may be added, none is taken away (schema 1).

use serde::Serialize;

use super::HostFacts;
use crate::outcome::{Outcome, StepName, StepReport};
use crate::run::Results;

/// The format this version writes.
pub const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    host: &'a HostFacts,
    steps: Vec<Step<'a>>,
    faults: Vec<u16>,
}

#[derive(Serialize)]
struct Step<'a> {
    name: StepName,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a [String]>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    plan: &'a [String],
}

impl<'a> From<&'a StepReport> for Step<'a> {
    fn from(report: &'a StepReport) -> Self {
        let finding = report.finding.as_ref();
        Self {
            name: report.name,
            outcome: report.outcome,
            fault: finding.map(|_| report.name.fault().number()),
            reason: finding.map(|finding| finding.reason.as_str()),
            detail: &report.detail,
            remedy: finding.map(|finding| finding.remedy.as_slice()),
            plan: &report.plan,
        }
    }
}

/// The object, on one line.
#[must_use]
pub fn render(host: &HostFacts, results: &Results) -> String {
    let object = Object {
        schema: SCHEMA,
        host,
        steps: results.reports.iter().map(Step::from).collect(),
        faults: results.faults.iter().map(|id| id.number()).collect(),
    };
    serde_json::to_string(&object).unwrap_or_default()
}
