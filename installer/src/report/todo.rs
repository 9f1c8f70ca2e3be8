//! What a person must still do, for another tool: the remedies of all that counts, each once.

use faults::{Order, Remedy, RemedyAction};

use super::text::{next_boot_heading, numbers};
use crate::engine::Results;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;

/// A finding, and what remains to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is about: `fault 11, kernel (headers-missing)`.
    pub title: String,
    /// The cause, in one line.
    pub detail: String,
    /// What helps. A command that a later item has too is only there.
    pub remedies: Vec<Remedy>,
}

/// Returns what is to be done about the faults that count, about steps that could not be done, and about what is pending.
#[must_use]
pub fn todo(cx: &HostContext, results: &Results) -> Vec<Item> {
    let mut items = Vec::new();
    let item = |title: String, finding: &Finding| Item {
        title: format!("{title} ({})", finding.reason),
        detail: finding.detail.replace(char::is_control, " "),
        remedies: finding.remedy.clone(),
    };
    for report in results.reports.iter().filter(|report| cx.waivers.of_step(report).is_none()) {
        if let Some(finding) = report.finding() {
            items.push(item(format!("fault {}, {}", numbers(&report.raised()), report.step), &finding));
        } else if let Some(obstacle) = &report.obstacle {
            items.push(item(report.step.to_string(), obstacle));
        } else if !report.plan.is_empty() {
            let remedies = vec![Remedy::hostprep(["repair"])];
            let detail = report.detail.replace(char::is_control, " ");
            items.push(Item { title: report.step.to_string(), detail, remedies });
        }
    }
    if let Some(next_boot) = &results.next_boot {
        let heading = next_boot_heading(next_boot).to_lowercase();
        for fault in next_boot.counting() {
            items.push(item(format!("fault {}, {heading}", fault.id), &fault.finding));
        }
    }
    // What several findings share, such as the next `repair`, comes last.
    for at in 0..items.len() {
        let (before, later) = items.split_at_mut(at + 1);
        let is_later = |remedy: &Remedy| later.iter().any(|item| item.remedies.contains(remedy));
        before[at].remedies.retain(|remedy| remedy.order != Order::Next || !is_later(remedy));
    }
    items
}

/// Programs that only tell something.
const TELLS: [&str; 7] = ["awk", "df", "fuser", "getent", "grep", "ls", "ps"];

/// Returns whether the command only tells something: that it finds nothing is no failure.
#[must_use]
pub fn only_tells(remedy: &Remedy) -> bool {
    match &remedy.action {
        RemedyAction::Run { argv, .. } => argv.first().is_some_and(|program| TELLS.contains(&program.as_str())),
        RemedyAction::Hostprep { .. } | RemedyAction::Manual { .. } => false,
    }
}
