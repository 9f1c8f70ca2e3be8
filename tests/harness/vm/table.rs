//! Prints the results of a run.

use std::fmt::Write;

use super::scenario::{Scenario, Seen};

/// A line a fact: scenario, expected, seen, seconds.
#[must_use]
pub fn table(rows: &[(&Scenario, &Seen)]) -> String {
    let mut text = String::new();
    line(&mut text, ["scenario", "s", "expected", "seen"]);
    for (scenario, seen) in rows {
        let seconds = seen.took.as_secs().to_string();
        let mut first = Some([scenario.name.as_str(), seconds.as_str()]);
        let mut add = |expected: &str, seen: &str| {
            let [name, seconds] = first.take().unwrap_or_default();
            line(&mut text, [name, seconds, expected, seen]);
        };
        if let Some(why) = &seen.broken_off {
            add("runs to its end", &format!("BROKEN OFF: {why}"));
        }
        if let Some(need) = &seen.skipped {
            add(&format!("needs: {need}"), "not here, so not played");
        }
        for fact in &seen.facts {
            let found = if fact.right { "the same".into() } else { format!("NOT SO: {}", fact.seen) };
            add(&format!("{}: {}", fact.name, fact.expected), &found);
        }
    }
    text
}

fn line(text: &mut String, [scenario, seconds, expected, seen]: [&str; 4]) {
    writeln!(text, "{scenario:<27} {seconds:>4}  {expected:<100}  {seen}").unwrap();
}

/// Returns the denials of other programs, each once, with the scenarios that had it.
#[must_use]
pub fn others(rows: &[(&Scenario, &Seen)]) -> String {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for (scenario, seen) in rows {
        let number = scenario.name.split('-').next().unwrap_or_default();
        for other in &seen.others {
            match kinds.iter_mut().find(|(kind, _)| kind == other) {
                Some((_, numbers)) => numbers.push(number),
                None => kinds.push((other, vec![number])),
            }
        }
    }
    kinds.iter().map(|(kind, numbers)| format!("{kind}  ({})\n", numbers.join(", "))).collect()
}
