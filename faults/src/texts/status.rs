//! The raised faults in the connector's format, as its command line prints them.

use std::fmt::Write;

use crate::catalogue::severity::Severity;
use crate::store::snapshot::Snapshot;
use crate::texts::texts::Texts;

/// Lines of text, each with its line feed:
///
/// ```text
/// Faults: 1 Critical, 1 Major
/// Fault IDs: 5, 19
/// ID 19 - Critical: SELinux Policy Is Missing Or Disabled
/// ID 5 - Major: Scan Service User Unavailable
/// ```
///
/// With no fault `Faults: None`. Only the titles are in the texts' language; a fault that only a newer version knows
/// shows its detail instead.
#[must_use]
pub fn render(snapshot: &Snapshot, texts: &Texts) -> String {
    if snapshot.faults.is_empty() {
        return "Faults: None\n".to_owned();
    }
    let of = |severity| snapshot.faults.iter().filter(move |fault| fault.severity == severity);
    let counts: Vec<_> = Severity::WORST_FIRST
        .into_iter()
        .map(|severity| (of(severity).count(), severity.title()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, title)| format!("{count} {title}"))
        .collect();
    let ids: Vec<_> = snapshot.faults.iter().map(|fault| fault.id.to_string()).collect();
    let mut lines = format!("Faults: {}\nFault IDs: {}\n", counts.join(", "), ids.join(", "));
    for fault in Severity::WORST_FIRST.into_iter().flat_map(of) {
        let summary = texts.summary(fault.id).unwrap_or_else(|| fault.finding.detail.clone());
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "ID {} - {}: {summary}", fault.id, fault.severity.title());
    }
    lines
}
