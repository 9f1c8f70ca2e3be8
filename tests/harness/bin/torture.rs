//! `make torture`: disturbs hostprep everywhere. Prints a line for each scenario and a sum for each disturbance.
//! Ends with 1 where anything was not as it must be.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "its output is what it is for")]

use std::process::ExitCode;

use harness::torture::kill::Extent;
use harness::torture::scenario::{SCENARIOS, Scenario};
use harness::torture::workers::Tally;
use harness::torture::{errors, interleave, kill, links, power};

const USAGE: &str = "usage: torture [kill|errors|power|interleave|links]… [--bounded] [--scenario NAME]
Without a name it runs all five; --bounded tries only the calls that change files. NAME is one of:";

/// A kind of disturbance.
struct Disturbance {
    name: &'static str,
    points: &'static str,
    try_on: fn(&Scenario, Extent) -> Tally,
}

const DISTURBANCES: [Disturbance; 5] = [
    Disturbance { name: "kill", points: "killed at a call", try_on: kill::everywhere },
    Disturbance { name: "errors", points: "a call that fails", try_on: errors::everywhere },
    Disturbance { name: "power", points: "power lost at a call", try_on: |scenario, _| power::everywhere(scenario) },
    Disturbance { name: "interleave", points: "another command at a call", try_on: interleave::everywhere },
    Disturbance { name: "links", points: "a link at a path", try_on: |scenario, _| links::everywhere(scenario) },
];

fn main() -> ExitCode {
    let Some((disturbances, scenarios, extent)) = parse(std::env::args().skip(1)) else {
        println!("{USAGE}");
        SCENARIOS.iter().for_each(|scenario| println!("  {}", scenario.name));
        return ExitCode::from(2);
    };
    let mut violations = Vec::new();
    let mut sums = Vec::new();
    for disturbance in disturbances {
        let mut sum = Tally::default();
        for scenario in &scenarios {
            let tally = (disturbance.try_on)(scenario, extent);
            if tally.tried + tally.not_reached > 0 {
                println!("{}", line(&format!("{}: {}", disturbance.name, scenario.name), &tally));
            }
            sum.absorb(tally);
        }
        sums.push(line(disturbance.points, &sum));
        if sum.not_reached * 20 > sum.tried {
            violations
                .push(format!("{}: {} of {} points were not reached", disturbance.name, sum.not_reached, sum.tried));
        }
        violations.extend(sum.violations);
    }
    println!("\n| what | points | not reached | amid | violations | seconds |\n|---|---|---|---|---|---|");
    sums.iter().for_each(|sum| println!("{sum}"));
    violations.iter().for_each(|violation| println!("\n{violation}"));
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn line(what: &str, tally: &Tally) -> String {
    let amid: Vec<String> = tally.amid.iter().map(|(amid, count)| format!("{} {count}", amid.name())).collect();
    let Tally { tried, not_reached, violations, .. } = tally;
    let violations = violations.len();
    format!("| {what} | {tried} | {not_reached} | {} | {violations} | {} |", amid.join(", "), tally.took.as_secs())
}

type Chosen = (Vec<&'static Disturbance>, Vec<&'static Scenario>, Extent);

fn parse(mut args: impl Iterator<Item = String>) -> Option<Chosen> {
    let (mut disturbances, mut scenarios, mut extent) = (Vec::new(), Vec::new(), Extent::Full);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--bounded" => extent = Extent::Bounded,
            "--scenario" => {
                let name = args.next()?;
                scenarios.push(SCENARIOS.iter().find(|scenario| scenario.name == name)?);
            }
            word => disturbances.push(DISTURBANCES.iter().find(|disturbance| disturbance.name == word)?),
        }
    }
    if disturbances.is_empty() {
        disturbances = DISTURBANCES.iter().collect();
    }
    if scenarios.is_empty() {
        scenarios = SCENARIOS.iter().collect();
    }
    Some((disturbances, scenarios, extent))
}
