//! 64 commands at once on one root.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Instant;

use harness::snapshot::Compare;
use harness::{Caller, Run, ScratchRoot, Snapshot, program, signals};

use crate::store_invariants::CheckedStore;

/// Longer than any of them may take, all of them together included.
const LIMIT: &str = "100";

/// `RACES=N` makes N rounds of each instead of a few.
pub fn rounds() -> usize {
    std::env::var("RACES").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(2)
}

/// A command and its possible exit codes, whatever the others do.
pub struct Call {
    pub words: Vec<String>,
    pub codes: &'static [i32],
}

impl Call {
    pub fn new(words: &str, codes: &'static [i32]) -> Self {
        // A word that is one dash is an empty one.
        let words = words.split(' ').map(|word| if word == "-" { "" } else { word });
        Self { words: words.map(str::to_owned).collect(), codes }
    }

    /// Raises the fault for a reason that no other call has: each of them is an event of its own.
    pub fn raise(id: u16, number: usize) -> Self {
        Self::new(&format!("faults raise {id} --reason by-{number}"), &[0])
    }

    pub fn clear(id: u16) -> Self {
        Self::new(&format!("faults clear {id}"), &[0])
    }
}

/// Starts them all, each by `command`, and waits for all of them.
pub fn at_once(calls: Vec<Call>, command: impl Fn() -> Command) -> Vec<(Call, Run)> {
    let start = Instant::now();
    let running: Vec<_> = calls
        .into_iter()
        .map(|call| {
            let mut command = command();
            command.args(&call.words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = command.spawn().unwrap();
            // Each pipe has a reader, so that no command blocks.
            (call, std::thread::spawn(move || child.wait_with_output().unwrap()))
        })
        .collect();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let ended: Vec<_> = running
        .into_iter()
        .map(|(call, waiter)| {
            let output = waiter.join().unwrap();
            let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
            (call, Run { code: output.status.code(), stdout, stderr })
        })
        .collect();
    println!("{} calls in {:.1} s", ended.len(), start.elapsed().as_secs_f64());
    ended
}

/// A command that is ended where it takes too long.
pub fn limited(program: &std::ffi::OsStr) -> Command {
    let mut command = Caller::Root.command("timeout");
    command.arg(LIMIT).arg(program);
    command
}

/// Checks that each command ended with one of its exit codes and printed no error.
#[track_caller]
pub fn expect_well(ended: &[(Call, Run)]) {
    for (call, run) in ended {
        let code = run.code.unwrap_or(-1);
        assert!(call.codes.contains(&code), "{:?}: {run:?}", call.words);
        let is_progress_or_lock = |line: &str| {
            line.starts_with("hostprep: fault ")
                || line.starts_with("hostprep:   ")
                || line.contains("load lock is locked")
        };
        assert!(run.stderr.lines().all(is_progress_or_lock), "{:?}: {run:?}", call.words);
    }
}

/// Compares the printed raises and clears with the events.
#[track_caller]
pub fn expect_reported(ended: &[(Call, Run)], checked: &CheckedStore) {
    let mut cleared: BTreeMap<u64, usize> = BTreeMap::new();
    for (call, run) in ended.iter().filter(|(call, _)| call.words[0] == "faults") {
        let id = || call.words[2].parse::<u64>().unwrap();
        match call.words[1].as_str() {
            "raise" => {
                let kind = if run.stdout.ends_with(" raised.\n") { "raised" } else { "changed" };
                let events = checked.count(|event| event["reason"] == call.words[4] && event["event"] != "cleared");
                let so = checked.count(|event| event["reason"] == call.words[4] && event["event"] == kind);
                assert_eq!((events, so), (1, 1), "{:?}: {run:?}: {checked:?}", call.words);
            }
            "clear" => *cleared.entry(id()).or_default() += usize::from(run.stdout.ends_with(" cleared.\n")),
            _ => {}
        }
    }
    for (id, count) in cleared {
        let by_hand = |event: &serde_json::Value| event["event"] == "cleared" && event["source"] == "manual";
        assert_eq!(checked.count(|event| event["fault"] == id && by_hand(event)), count, "{id}: {checked:?}");
    }
}

fn mixed(number: usize) -> Call {
    match number % 16 {
        0 => Call::new("repair", &[3]),
        1 => Call::new("check --format json", &[3]),
        2 => Call::new("status", &[0, 3]),
        3 | 12 => Call::raise(6, number),
        4 => Call::clear(6),
        5 => Call::new("hook rpm post 1", &[0]),
        6 => Call::new("hook rpm posttrans 1", &[0]),
        7 => Call::new("hook deb postinst configure -", &[0]),
        8 => Call::raise(18, number),
        9 => Call::clear(18),
        10 => Call::new("remove", &[0]),
        11 => Call::new("hook deb prerm remove", &[0]),
        13 => Call::new("status --format json", &[0, 3]),
        14 => Call::new("faults history --format json", &[0]),
        _ => Call::new("load-lock status", &[0]),
    }
}

/// But for what hostprep and useradd keep of earlier runs.
fn tree(root: &ScratchRoot) -> Snapshot {
    let backups = ["/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-"];
    let of_runs = ["/var/log", "/var/lib/cisco/faults", "/var/lib/cisco/hostprep/last-run.json"];
    root.snapshot().without(&of_runs).without(&backups)
}

#[test]
fn sixty_four_on_one_root() {
    let undisturbed = signals::root();
    undisturbed.hostprep(&["repair"]).expect_code(3);
    for round in 0..rounds() {
        let root = signals::root();
        let login_defs = Snapshot::of(&root.at("/etc/login.defs"));
        let calls = (0..64).map(|number| mixed(number + round)).collect();
        let ended = at_once(calls, || {
            let mut command = limited(program::binary().as_os_str());
            command.arg("--root").arg(root.path());
            command
        });
        expect_well(&ended);
        login_defs.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs")));
        let store = root.at("/var/lib/cisco/faults");
        expect_reported(&ended, &CheckedStore::of(&store));

        root.hostprep(&["repair"]).expect_code(3);
        login_defs.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs")));
        assert_eq!(tree(&undisturbed).difference(&tree(&root), Compare::SameTree), "");
        let checked = CheckedStore::of(&store);
        assert!(checked.events.len() > 10, "{checked:?}");
    }
}
