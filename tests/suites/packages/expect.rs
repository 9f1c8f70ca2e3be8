//! Checks of a tree after a package manager has run.

use std::path::PathBuf;

use harness::snapshot::Compare;
use harness::system::OF_TOOLS;
use harness::{Snapshot, System, setup};

/// Files of zypper, and the scriptlet of an rpm that was killed.
const NOT_OURS: &[&str] =
    &["/run/zypp.pid", "/var/adm", "/var/lib/zypp", "/var/log/zypp", "/var/log/zypper.log", "/var/tmp"];

const LOG: &str = "/var/log/cisco/hostprep.log";

/// The log and the records of the last run, which differ in every run.
const OF_RUNS: [&str; 3] = [LOG, "/var/lib/cisco/hostprep/last-run.json", "/var/lib/acme/hostprep/last-run.json"];

/// What tells the file triggers of one RPM transaction from those of another.
const MARKERS: [&str; 2] = ["/run/hostprep.transaction", "/run/acme-agent.transaction"];

/// Returns the tree without the files of other tools.
pub fn tree(system: &System) -> Snapshot {
    system.snapshot().without(OF_TOOLS).without(NOT_OURS)
}

/// Fails the test unless both are the same, down to the content of every file but those.
#[track_caller]
pub fn same(what: &str, one: &Snapshot, other: &Snapshot) {
    let alike = |tree: &Snapshot| tree.clone().without(&OF_RUNS).without(&MARKERS);
    let difference = alike(one).difference(&alike(other), Compare::SameTree);
    assert!(difference.is_empty(), "{what}:\n{difference}");
}

/// Fails the test unless the changes to `fresh` are exactly those in `tests/cases/packages/CASE.txt`: existing files are compared
/// by content, new ones by name, type, mode and owner.
#[track_caller]
pub fn outline(case: &str, fresh: &Snapshot, after: &Snapshot) {
    let path: PathBuf = setup::top().join("tests/cases/packages").join(format!("{case}.txt"));
    let found = fresh.outline(after);
    let text =
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}\n{}", path.display(), found.join("\n")));
    let expected: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let missing: Vec<_> = expected.iter().filter(|line| !found.iter().any(|found| found == *line)).collect();
    let surplus: Vec<_> = found.iter().filter(|line| !expected.contains(&line.as_str())).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "{case}: not there: {missing:#?}\nnot expected: {surplus:#?}");
}

/// The scan user and its own group, as the account files have them.
#[track_caller]
pub fn scan_user(system: &System) {
    let line = |file: &str| {
        let text = system.text(file);
        let line = text.lines().find(|line| line.starts_with("cisco-amp-scan-svc:"));
        line.unwrap_or_else(|| panic!("{file}: no scan user")).split(':').map(str::to_owned).collect::<Vec<_>>()
    };
    let (user, group) = (line("/etc/passwd"), line("/etc/group"));
    assert_eq!(user[3], group[2], "its own primary group");
    assert!((100..1000).contains(&user[2].parse::<u32>().unwrap()), "{user:?}");
    assert_eq!(user[5..], ["/nonexistent", "/usr/sbin/nologin"]);
}

/// The outcomes of a check in a chroot without problems.
pub const IN_A_CHROOT: [&str; 10] = [
    "scan-user=ok",
    "directories=ok",
    "selinux-tools=ok",
    "selinux-module=deferred",
    "kernel=ok",
    "kernel-support=ok",
    "filesystem-monitor=ok",
    "network-monitor=ok",
    "ebpf=ok",
    "scan-service=ok",
];

/// `name=outcome` of each step of a check.
#[track_caller]
pub fn outcomes(system: &System) -> Vec<String> {
    system.run("/usr/sbin/hostprep check --format json").outcomes()
}

/// The faults that are raised in the store.
#[track_caller]
pub fn raised(system: &System) -> Vec<u64> {
    let list = system.run("/usr/sbin/hostprep faults list --format json").json();
    list.as_array().unwrap().iter().map(|fault| fault["id"].as_u64().unwrap()).collect()
}

/// Each event as `raised 11 install`.
#[track_caller]
pub fn history(system: &System) -> Vec<String> {
    let history = system.run("/usr/sbin/hostprep faults history --format json").expect_code(0).stdout;
    let events = history.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    events.map(|event| format!("{} {} {}", word(&event["event"]), event["fault"], word(&event["source"]))).collect()
}

/// The calls that the log shows, in order: `deb postinst (configure )`.
pub fn calls(system: &System) -> Vec<String> {
    let log = system.text(LOG);
    log.lines().filter_map(|line| line.split_once("info: starting ")).map(|(_, call)| call.to_owned()).collect()
}

/// Prepares a tree that others left in a bad state, with another vendor's file in it.
pub fn untidy(system: &System) {
    use std::os::unix::fs::PermissionsExt;
    system.file("/opt/cisco/other-product/data", "theirs\n");
    let mode = |path: &str, mode| std::fs::set_permissions(system.at(path), PermissionsExt::from_mode(mode)).unwrap();
    mode("/opt/cisco", 0o777);
    mode("/opt/cisco/other-product", 0o711);
}
