//! `make torture`.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "its output is what it is for")]

use harness::torture::kill::{self, Extent};
use harness::torture::scenario::SCENARIOS;

fn main() {
    let only = std::env::args().nth(1);
    for scenario in SCENARIOS.iter().filter(|scenario| only.as_ref().is_none_or(|only| only == scenario.name)) {
        let tally =
            kill::everywhere(scenario, if std::env::args().nth(2).is_some() { Extent::Full } else { Extent::Bounded });
        println!(
            "{}: tried {}, not reached {}, amid {:?}, {} violations, {:?}",
            scenario.name,
            tally.tried,
            tally.not_reached,
            tally.amid,
            tally.violations.len(),
            tally.took
        );
        for v in tally.violations.iter().take(60) {
            println!("{}", v.lines().map(|l| l.chars().take(200).collect::<String>()).collect::<Vec<_>>().join("\n"));
        }
    }
}
