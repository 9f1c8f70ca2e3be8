//! May a domain do something? Asked of a compiled policy, without a kernel.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::measure::{Cost, in_turn, peak};
use super::report::{Report, megabytes};
use super::{Size, built};
use crate::setup;

const PERMISSIONS: [&str; 5] = ["map_create", "map_read", "map_write", "prog_load", "prog_run"];
const DOMAIN: &str = "unconfined_t";
const MOST: Duration = Duration::from_millis(20);
const MOST_OF_SESEARCH: (f64, &str) = (0.01, "1/100");
/// As many times the file's size.
const MOST_MEMORY: u64 = 4;

/// Measures the five permissions of the built-in profile on Debian's policy and on one of 4 MB.
pub fn measure(size: Size, report: &mut Report) {
    let allows = built("hostprep-policydb", "--example", "allows");
    let place = setup::open_tempdir();
    let large = place.path().join("policy.33");
    let store = setup::policy_stores().join("root/var/lib/selinux/default");
    setup::run(Command::new(setup::top().join("tests/bench/large-policy.sh")).arg(store).arg(&large));
    for file in [setup::policy_stores().join("root/etc/selinux/default/policy/policy.33"), large] {
        let bytes = std::fs::metadata(&file).unwrap().len();
        let which = format!("five permissions, policy of {}", megabytes(bytes));
        let [ours, theirs] = in_turn(size.runs, |who| match who {
            0 => Cost::of(&mut query(&allows, &file), &[0]),
            _ => Cost::of(&mut sesearch(&file), &[0]),
        })
        .map(|samples| samples.median());
        for said in [setup::run(&mut query(&allows, &file)), setup::run(&mut sesearch(&file))] {
            assert!(said.contains("allow ") && said.contains("prog_run"), "each finds the rule: {said}");
        }
        report.row(which.clone(), ours, "sesearch", theirs);
        report.at_most(which.clone(), ours.wall, MOST);
        report.at_most_of(format!("{which}, of sesearch"), ours.wall, theirs.wall, MOST_OF_SESEARCH);
        let memory = peak(&query(&allows, &file));
        let limit = MOST_MEMORY * bytes;
        report.limit(format!("{which}, memory"), megabytes(limit), megabytes(memory), memory <= limit);
    }
}

fn query(allows: &Path, file: &Path) -> Command {
    let mut command = Command::new(allows);
    command.arg(file).args([DOMAIN, "self", "bpf"]).args(PERMISSIONS);
    command
}

fn sesearch(file: &Path) -> Command {
    let mut command = Command::new("sesearch");
    command.args(["-A", "-s", DOMAIN, "-t", DOMAIN, "-c", "bpf", "-p", &PERMISSIONS.join(",")]).arg(file);
    command
}
