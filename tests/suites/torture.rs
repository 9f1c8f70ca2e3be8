//! A bounded part of `make torture`: the calls that change files, of the commands that matter most.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use harness::torture::judge::Amid;
use harness::torture::kill::Extent;
use harness::torture::scenario::{SCENARIOS, Scenario};
use harness::torture::workers::Tally;
use harness::torture::{errors, interleave, kill, links, power};

/// Tries `scenarios` by `way`: at least `points` of them, so that a harness that sees nothing is not taken for a program that
/// does nothing wrong.
fn torture(scenarios: &[&str], points: usize, way: impl Fn(&Scenario) -> Tally) -> Tally {
    let mut sum = Tally::default();
    if !harness::need_root() {
        return sum;
    }
    for name in scenarios {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == *name).unwrap();
        sum.absorb(way(scenario));
    }
    let Tally { tried, not_reached, violations, .. } = &sum;
    assert!(violations.is_empty(), "{} violations at {tried} points:\n{}", violations.len(), violations.join("\n"));
    assert!(*tried >= points, "only {tried} points, {not_reached} were not reached");
    assert!(*not_reached * 20 <= *tried, "{not_reached} of {tried} points were not reached");
    sum
}

fn expect_amid(sum: &Tally, amid: &[Amid]) {
    if harness::need_root() {
        assert!(amid.iter().all(|amid| sum.amid.contains_key(amid)), "never amid one of {amid:?}: {:?}", sum.amid);
    }
}

#[test]
fn killed_at_each_change_of_a_file() {
    let scenarios = ["repair", "repair, login.defs a mount point", "remove", "faults raise", "faults clear"];
    let sum = torture(&scenarios, 300, |scenario| kill::everywhere(scenario, Extent::Bounded));
    expect_amid(&sum, &[Amid::Window, Amid::FaultStore, Amid::Journal]);
}

#[test]
fn each_change_of_a_file_fails() {
    let sum =
        torture(&["repair", "remove", "faults raise"], 300, |scenario| errors::everywhere(scenario, Extent::Bounded));
    expect_amid(&sum, &[Amid::Window, Amid::FaultStore, Amid::Journal]);
}

#[test]
fn power_fails_at_each_change_of_a_file() {
    let sum = torture(&["repair", "remove", "faults clear"], 300, power::everywhere);
    expect_amid(&sum, &[Amid::Window, Amid::FaultStore, Amid::Journal]);
}

#[test]
fn another_command_comes_between() {
    let sum =
        torture(&["faults raise", "faults clear"], 25, |scenario| interleave::everywhere(scenario, Extent::Bounded));
    expect_amid(&sum, &[Amid::FaultStore]);
}

#[test]
fn links_lead_nowhere() {
    torture(&["repair", "remove"], 200, links::everywhere);
}
