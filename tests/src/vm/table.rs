//! What is printed of a run.

use std::fmt::Write;

use super::scenario::{Scenario, Seen, judge};

/// Whether all is as expected.
#[must_use]
pub fn is_green(scenario: &Scenario, seen: &Seen) -> bool {
    seen.broken_off.is_none() && judge(&scenario.expected, &seen.facts).iter().all(super::scenario::Fact::is_right)
}

/// A line a fact: scenario, expected, seen, seconds.
#[must_use]
pub fn table(rows: &[(&Scenario, &Seen)]) -> String {
    let mut text = String::new();
    line(&mut text, ["scenario", "expected", "seen", "s"]);
    for (scenario, seen) in rows {
        let (mut name, mut seconds) = (scenario.name.as_str(), seen.took.as_secs().to_string());
        if let Some(why) = &seen.broken_off {
            line(&mut text, [name, "runs to its end", &format!("BROKEN OFF: {why}"), &seconds]);
            (name, seconds) = ("", String::new());
        }
        for fact in judge(&scenario.expected, &seen.facts) {
            let expected = fact.expected.map_or("nothing".into(), |value| format!("{}: {value}", fact.name));
            let found = match fact.seen {
                _ if fact.is_right() => "the same".into(),
                Some(value) => format!("NOT SO: {}: {value}", fact.name),
                None => "NOT SEEN".into(),
            };
            line(&mut text, [name, &expected, &found, &seconds]);
            (name, seconds) = ("", String::new());
        }
    }
    text
}

fn line(text: &mut String, [scenario, expected, seen, seconds]: [&str; 4]) {
    writeln!(text, "{scenario:<27} {seconds:>4}  {expected:<100}  {seen}").unwrap();
}

/// Denials that are not ours, each once, with the scenarios that saw it.
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
