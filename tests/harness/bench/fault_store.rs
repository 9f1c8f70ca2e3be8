//! Raising and listing faults with a history of one, of a thousand and of a hundred thousand events.

use std::fmt::Write;
use std::process::Command;

use serde_json::Value;

use super::measure::{Cost, in_turn};
use super::report::Report;
use super::{Size, peer};
use crate::scratch::ScratchRoot;

const HISTORIES: [usize; 3] = [1, 1_000, 100_000];
const EVENTS: &str = "/var/lib/cisco/faults/events.jsonl";
const PEER_EVENTS: &str = "/var/lib/peer/faults";

fn faults(root: &ScratchRoot, words: &[&str]) -> Command {
    let mut command = crate::Caller::Root.command(crate::program::binary());
    command.args(root.args(&[&["faults"], words].concat()));
    command
}

/// A root where hostprep and the peer have this many events, the last of which raises a fault.
fn root(events: usize) -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.file("/etc/selinux/config", "SELINUXTYPE=default\n");
    for words in [["raise", "18"], ["clear", "18"]] {
        Cost::of(&mut faults(&root, &words), &[0]);
    }
    let two: Vec<Value> = root.text(EVENTS).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (mut ours, mut theirs) = (String::new(), String::new());
    for number in 1..events {
        let mut event = two[(number - 1) % 2].clone();
        event["seq"] = number.into();
        writeln!(ours, "{event}").unwrap();
        let word = ["raised", "cleared"][(number - 1) % 2];
        writeln!(theirs, "2026-01-01T00:00:00Z {word} 18 by hand").unwrap();
    }
    if events > 1 {
        root.file(EVENTS, ours);
    } else {
        root.remove("/var/lib/cisco/faults");
    }
    root.file(PEER_EVENTS, theirs);
    for words in [["raise", "5"], ["clear", "5"]] {
        // The first writer brings the state up to date.
        Cost::of(&mut faults(&root, &words), &[0]);
    }
    root
}

/// Measures each history.
pub fn measure(size: Size, report: &mut Report) {
    for events in HISTORIES {
        let root = root(events);
        let [ours, theirs] = in_turn(size.runs, |who| {
            let cost = match who {
                0 => Cost::of(&mut faults(&root, &["raise", "5"]), &[0]),
                _ => Cost::of(&mut peer(&root, &["raise", "5", "by hand"]), &[0]),
            };
            // What is raised already is not raised again.
            match who {
                0 => Cost::of(&mut faults(&root, &["clear", "5"]), &[0]),
                _ => Cost::of(&mut peer(&root, &["clear", "5"]), &[0]),
            };
            cost
        })
        .map(|samples| samples.median());
        report.row(format!("raise a fault, history of {events}"), ours, "peer.sh", theirs);
        Cost::of(&mut faults(&root, &["raise", "5"]), &[0]);
        Cost::of(&mut peer(&root, &["raise", "5", "by hand"]), &[0]);
        let [ours, theirs] = in_turn(size.runs, |who| match who {
            0 => Cost::of(&mut faults(&root, &["list"]), &[3]),
            _ => Cost::of(&mut peer(&root, &["list"]), &[0]),
        })
        .map(|samples| samples.median());
        report.row(format!("list the faults, history of {events}"), ours, "peer.sh", theirs);
        let said = [crate::setup::run(&mut peer(&root, &["list"])), root.text("/var/lib/cisco/faults/faults.json")];
        assert!(said[0].contains(" raised 5 ") && said[1].contains("raised"), "both have fault 5: {said:?}");
    }
}
