//! A process is killed at each system call of a raise that closes and compresses a file of events. The test starts itself under
//! strace, which kills it.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "a test that starts processes cannot use the library for it")]
#![allow(clippy::print_stdout, reason = "the child prints the numbers of its events for the parent")]

mod common;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{EVENTS, LOCK_TIMEOUT, Scratch, copy_of, raise_and_clear};
use faults::{DEFAULT_DIRECTORY, Store};
use host::Root;
use host::process::clock::SystemClock;

/// All by which a process changes what others see. `writev` and the like are not used.
const CALLS: [&str; 9] =
    ["openat", "write", "fchmod", "ftruncate", "fsync", "fdatasync", "renameat", "renameat2", "unlinkat"];

const FILLED: u64 = 2;
const ROUNDS: u64 = 2;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match &args[1..] {
        [word, root, limit] if word == "child" => child(Path::new(root), limit.parse().unwrap()),
        _ => {
            killed_at_any_call_nothing_is_lost();
            println!("killed: ok");
        }
    }
}

/// Raises and clears, and says after each how many events it knows have happened.
fn child(root: &Path, limit: u64) {
    let root = Root::alternate(root).unwrap();
    let store = Store::at(&root, DEFAULT_DIRECTORY).rotating_at(limit);
    for _ in 0..ROUNDS {
        let mut writer = store.lock(&SystemClock, LOCK_TIMEOUT).unwrap();
        raise_and_clear(&mut writer);
        println!("{}", writer.snapshot().sequence);
    }
}

/// Lets the child work, killed before its call number `when` of that name.
fn work(scratch: &Scratch, limit: u64, call: &str, when: u32) -> Output {
    Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "-e", &format!("trace={call}")])
        .args(["-e", &format!("inject={call}:signal=KILL:when={when}")])
        .arg(std::env::current_exe().unwrap())
        .args(["child", scratch.root.path().to_str().unwrap(), &limit.to_string()])
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn killed_at_any_call_nothing_is_lost() {
    let template = Scratch::new();
    template.fill(FILLED);
    // The next raise closes the file, and so does the one after it.
    let limit = template.bytes(EVENTS).len() as u64;
    let template = copy_of(&template.dir());

    let mut left = BTreeMap::<String, u32>::new();
    for call in CALLS {
        for when in 1.. {
            let scratch = Scratch::in_memory().rotating_at(limit);
            for (path, content) in &template {
                scratch.write(path.file_name().unwrap().to_str().unwrap(), content);
            }
            let output = work(&scratch, limit, call, when);
            let killed = output.status.signal() == Some(9) || output.status.code() == Some(128 + 9);
            assert!(killed || output.status.success(), "{output:?}");
            let told =
                String::from_utf8(output.stdout).unwrap().lines().last().map_or(2 * FILLED, |n| n.parse().unwrap());
            *left.entry(judge(&scratch, told)).or_default() += 1;
            if !killed {
                assert_eq!(told, 2 * (FILLED + ROUNDS));
                break;
            }
        }
    }
    println!("left by the killed: {left:#?}");
    for state in ["closed", "unfinished", "both"] {
        assert!(left.keys().any(|found| found.contains(state)), "never killed so that it is {state}: {left:?}");
    }
}

/// Checks that the store, in which at least `told` events happened, is complete for readers and for the next writer. Returns the
/// state in which the kill left it.
fn judge(scratch: &Scratch, told: u64) -> String {
    let names = scratch.names();
    let has = |end: &str| names.iter().any(|name| name.contains("events-") && name.ends_with(end));
    let left = match (has(".jsonl"), has(".gz")) {
        _ if has(".hostprep-new") => "unfinished",
        (true, true) => "both",
        (true, false) => "closed",
        (false, _) => "whole",
    };
    let no_current = if names.iter().any(|name| name == EVENTS) { "" } else { ", no events.jsonl" };

    let before = scratch.traces();
    let last = scratch.store().read().unwrap().sequence;
    assert!(last >= told && last <= 2 * (FILLED + ROUNDS), "told of {told}, kept {last}");
    scratch.assert_filled(last);
    for seq in 0..=last {
        let after: Vec<_> = scratch.store().events_after(seq).unwrap().map(Result::unwrap).collect();
        common::assert_filled(&after, seq + 1, last);
    }
    assert_eq!(scratch.traces(), before, "a reader writes nothing");

    let mut writer = scratch.lock();
    if last % 2 == 1 {
        writer.clear(faults::FaultId::SCAN_USER, &common::repair()).unwrap();
    }
    raise_and_clear(&mut writer);
    drop(writer);
    // One is packed with each lock.
    for _ in 0..2 {
        drop(scratch.lock());
    }
    scratch.assert_filled(last + last % 2 + 2);
    let names = scratch.names();
    assert!(names.iter().all(|name| !name.ends_with(".hostprep-new")), "{names:?}");
    assert!(scratch.segments().iter().all(|name| name.ends_with(".gz")), "{names:?}");
    format!("{left}{no_current}")
}
