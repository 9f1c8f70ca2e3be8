//! `check --format nagios`: one line and an exit status for Nagios, Icinga, Naemon and whatever takes their plugins.

use faults::Severity;
use host::process::names::command;

use super::text::numbers;
use crate::engine::Results;
use crate::engine::worst::Worst;
use crate::model::report::{Outcome, StepReport};
use crate::model::waiver::Waivers;

/// A state of a service, which is the exit status of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// All is well.
    Ok = 0,
    /// A fault that is not critical; or something is deferred, to be done or pending.
    Warning = 1,
    /// A critical fault.
    Critical = 2,
    /// Something could not be determined, or hostprep failed.
    Unknown = 3,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Returns the state of `results`, and the line with performance data.
#[must_use]
pub fn render(waivers: &Waivers, results: &Results) -> (State, String) {
    // Another cause may keep a fault of which one is waived.
    let counts = |report: &&StepReport| {
        report.raised().iter().any(|id| results.faults.contains(id)) && waivers.of_step(report).is_none()
    };
    let faulty = results.reports.iter().filter(counts);
    let severity = faulty.clone().filter_map(|report| report.severity()).max();
    let state = match Worst::of(results) {
        Worst::Ok => State::Ok,
        Worst::Deferred => State::Warning,
        Worst::Unknown | Worst::Failed => State::Unknown,
        Worst::Fault if severity < Some(Severity::Critical) && severity.is_some() => State::Warning,
        Worst::Fault => State::Critical,
    };
    let count = |outcome: &[Outcome]| results.reports.iter().filter(|report| outcome.contains(&report.outcome)).count();
    let (unknown, deferred) = (count(&[Outcome::Unknown]), count(&[Outcome::Deferred, Outcome::Planned]));
    let pending: Vec<_> = results.next_boot.iter().flat_map(|next| next.counting()).map(|fault| fault.id).collect();
    let mut waived: Vec<_> = results.waived.iter().map(|waived| waived.id).collect();
    waived.dedup();
    let mut parts = Vec::new();
    if !results.faults.is_empty() {
        let findings = faulty.flat_map(|report| &report.findings);
        let mut details: Vec<&str> = Vec::new();
        for finding in findings.filter(|finding| waivers.of(&finding.reason).is_none()) {
            if !details.contains(&finding.detail.as_str()) {
                details.push(&finding.detail);
            }
        }
        parts.push(format!("fault {}: {}", numbers(&results.faults), details.join("; ")));
    }
    if !pending.is_empty() {
        parts.push(format!("fault {} from the next boot on", numbers(&pending)));
    }
    if unknown > 0 {
        parts.push(format!("{unknown} steps could not be checked"));
    }
    if deferred > 0 {
        parts.push(format!("{deferred} steps are not in effect or not done"));
    }
    if !waived.is_empty() {
        parts.push(format!("fault {} waived", numbers(&waived)));
    }
    let said = if parts.is_empty() { "no problems found".to_owned() } else { parts.join("; ") };
    let data = [results.faults.len(), waived.len(), pending.len(), unknown];
    let data = ["faults", "waived", "pending", "unknown"].iter().zip(data).map(|(name, n)| format!("{name}={n}"));
    (state, line(state, &format!("{said} | {}", data.collect::<Vec<_>>().join(" ")), " | "))
}

/// Returns the line for a check that failed with `problem`.
#[must_use]
pub fn failed(problem: &str) -> (State, String) {
    (State::Unknown, line(State::Unknown, problem, ""))
}

/// How much text a line has, in bytes: Nagios 3 takes 4 KiB of a plugin's output, and the performance data comes last.
const MOST_TEXT: usize = 3_500;

/// What is before the last `mark` is text: it has no bar, which begins performance data.
fn line(state: State, said: &str, mark: &str) -> String {
    let (text, data) = match said.rsplit_once(mark).filter(|_| !mark.is_empty()) {
        Some((text, data)) => (text, format!("{mark}{data}")),
        None => (said, String::new()),
    };
    let mut text = text.replace(char::is_control, " ").replace('|', "/");
    if text.len() > MOST_TEXT {
        let end = (0..=MOST_TEXT).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    format!("{} {} - {text}{data}", command().to_uppercase(), state.word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_no_bar_and_one_line() {
        let (state, line) = failed("a | b\nc");
        assert_eq!((state as u8, line.as_str()), (3, "HOSTPREP UNKNOWN - a / b c"));
        let long = super::line(State::Ok, &format!("{} | faults=0", "é|\n".repeat(10_000)), " | ");
        assert!(long.len() < 4096 && long.ends_with("… | faults=0") && long.matches('|').count() == 1, "{long}");
        let said = super::line(State::Ok, "x | y | faults=0", " | ");
        assert_eq!(said, "HOSTPREP OK - x / y | faults=0");
    }
}
