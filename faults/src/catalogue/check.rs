//! Checks what the entries of the catalogue have. For the build script and its test.

use toml::{Table, Value};

use crate::catalogue::reason::Reason;
use crate::catalogue::severity::Severity;

/// The keys that every entry has, and how to fill them in.
const REQUIRED: &[(&str, &str)] = &[
    ("id", "the number"),
    ("message_id", "the 32 digits that `journalctl --new-id128` prints"),
    ("severity", SEVERITIES),
    ("reasons", "reasons.check for those that a check sees, reasons.agent for those that the agent sees"),
    ("resolutions", "the keys of its resolutions, in the order in which to try them"),
    ("logs", "the log files to read"),
    ("since", "the first connector version, [] if every one has it"),
];
const SEVERITIES: &str = "minor, major or critical";
const OPTIONAL: &[&str] = &["only_for"];

/// Returns what is wrong with the entries, a line each that names the fault and what to do.
pub fn problems(catalogue: &Table) -> Vec<String> {
    let entries = catalogue.get("fault").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    entries.iter().filter_map(Value::as_table).zip(1..).flat_map(|(entry, place)| of_entry(entry, place)).collect()
}

fn of_entry(entry: &Table, place: u32) -> Vec<String> {
    let name = match entry.get("id").and_then(Value::as_integer) {
        Some(id) => format!("fault {id}"),
        None => format!("the [[fault]] at place {place} in the file"),
    };
    let mut problems = Vec::new();
    for (key, how) in REQUIRED {
        if !entry.contains_key(*key) {
            problems.push(format!("{name} has no {key}: add it, {how}"));
        }
    }
    for key in entry.keys().map(String::as_str) {
        if !REQUIRED.iter().map(|(known, _)| known).chain(OPTIONAL).any(|known| *known == key) {
            problems.push(format!("{name}: nothing reads {key}: take it out, or correct its name"));
        }
    }
    let severities = Severity::WORST_FIRST.map(Severity::as_str);
    if let Some(other) = entry.get("severity").and_then(Value::as_str).filter(|word| !severities.contains(word)) {
        problems.push(format!("{name}: there is no severity {other}: write {SEVERITIES}"));
    }
    let words = ["reasons", "only_for"].iter().filter_map(|key| entry.get(*key)?.as_table()).flat_map(Table::values);
    let mut unknown: Vec<&str> = words.filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect();
    unknown.retain(|word| matches!(Reason::from(*word), Reason::Other(_)));
    unknown.sort_unstable();
    unknown.dedup();
    for word in unknown {
        let add = format!("add it to faults/src/catalogue/reason.rs, and reason-{word} to each file of faults/texts/");
        problems.push(format!("{name}: there is no reason {word}: correct it, or {add}"));
    }
    problems
}

#[cfg(test)]
mod tests;
