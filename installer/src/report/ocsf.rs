//! `check --format ocsf`: one Compliance Finding (class 2003) of the Open Cybersecurity Schema Framework for each step.

use faults::Severity;
use faults::texts::Texts;
use host::process::names;
use serde_json::{Value, json};

use super::envelope::{Program, now};
use super::host_facts::HostObject;
use crate::engine::Results;
use crate::model::host_context::HostContext;
use crate::model::report::{Outcome, StepReport};

/// The version of the framework.
const VERSION: &str = "1.4.0";

/// Returns the events, each on its line. Titles are in the language of `texts`.
#[must_use]
pub fn render(cx: &HostContext, results: &Results, texts: &Texts) -> String {
    let host = HostObject::of(cx);
    results.reports.iter().map(|report| event(cx, &host, report, texts).to_string() + "\n").collect()
}

fn event(cx: &HostContext, host: &HostObject, report: &StepReport, texts: &Texts) -> Value {
    let found = report.finding();
    let finding = found.as_ref().or(report.obstacle.as_ref());
    let waiver = cx.waivers.of_step(report);
    let compliance = match report.outcome {
        Outcome::Ok | Outcome::Changed => (1, "Pass"),
        Outcome::Deferred | Outcome::Planned | Outcome::Unknown => (2, "Warning"),
        Outcome::Fault => (3, "Fail"),
    };
    let status = match (compliance.0, waiver) {
        (1, _) => (4, "Resolved"),
        (_, Some(_)) => (3, "Suppressed"),
        (_, None) => (1, "New"),
    };
    let severity = match (report.outcome, report.severity()) {
        (Outcome::Fault, Some(Severity::Critical)) => (5, "Critical"),
        (Outcome::Fault, Some(Severity::Major)) => (4, "High"),
        (Outcome::Fault, Some(Severity::Minor)) => (2, "Low"),
        (Outcome::Unknown, _) => (0, "Unknown"),
        _ => (1, "Informational"),
    };
    let time = now(cx).as_millisecond();
    let step = report.step.as_str();
    let title = finding.map_or_else(|| step.to_owned(), |finding| finding.title(texts));
    let uid = [names::command(), host.machine().or(host.name()).unwrap_or("unknown"), step].join(":");
    let faults: Vec<String> = report.raised().iter().map(|id| format!("fault {id}")).collect();
    let mut event = json!({
        "category_uid": 2, "category_name": "Findings", "class_uid": 2003, "class_name": "Compliance Finding",
        "activity_id": 1, "activity_name": "Create", "type_uid": 200_301, "type_name": "Compliance Finding: Create",
        "severity_id": severity.0, "severity": severity.1, "status_id": status.0, "status": status.1,
        "time": time, "message": report.detail,
        "metadata": {
            "version": VERSION,
            "product": {"name": "hostprep", "vendor_name": "hostprep contributors", "version": Program::THIS.version()},
        },
        "finding_info": {"uid": uid, "title": title, "desc": report.detail, "types": faults},
        "compliance": {
            "standards": [cx.profile.name], "control": step, "status_id": compliance.0, "status": compliance.1,
            "status_details": finding.map_or_else(Vec::new, |finding| vec![finding.reason.as_str()]),
        },
        "device": device(host, cx),
    });
    if let Some(finding) = finding.filter(|finding| !finding.remedy.is_empty()) {
        let lines: Vec<String> = finding.remedy.iter().map(|remedy| remedy.shell_line(cx.alternate_root())).collect();
        event["remediation"] = json!({"desc": lines.join("\n")});
    }
    if let Some(waiver) = waiver {
        event["unmapped"] = json!({"waived": {"until": waiver.until.to_string(), "why": waiver.why}});
    }
    event
}

/// It needs one of `hostname` and `uid`, and the name that the machine is known by if it has neither.
fn device(host: &HostObject, cx: &HostContext) -> Value {
    let facts = host.facts();
    let mut os = json!({"name": facts.id, "type_id": 200, "type": "Linux"});
    let mut device = json!({"type_id": 0, "type": "Unknown", "hostname": host.name().unwrap_or("unknown")});
    for (key, value) in [("version", &facts.version), ("kernel_release", &facts.kernel)] {
        if let Some(value) = value {
            os[key] = json!(value);
        }
    }
    if let Some(machine) = host.machine() {
        device["uid"] = json!(machine);
    }
    device["os"] = os;
    device["desc"] = json!(format!("{}: {}", cx.kind, cx.kind_evidence));
    device
}
