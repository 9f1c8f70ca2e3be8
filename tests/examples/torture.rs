//! `make torture`.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "its output is what it is for")]

use harness::torture::kill::Extent;
use harness::torture::scenario::SCENARIOS;
use harness::torture::{errors, kill, power};

fn main() {
    let args: Vec<_> = std::env::args().collect();
    for scenario in SCENARIOS.iter().filter(|scenario| args[2] == "all" || args[2] == scenario.name) {
        let extent = if args.len() > 3 { Extent::Full } else { Extent::Bounded };
        let tally = match args[1].as_str() {
            "kill" => kill::everywhere(scenario, extent),
            "errors" => errors::everywhere(scenario, extent),
            _ => power::everywhere(scenario),
        };
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
