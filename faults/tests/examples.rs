//! The readers that README.md gives to others: what they print is what the library says, also while it writes.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "a test that starts processes cannot use the library for it")]

mod common;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{
    EVENTS, Ending, LOCK_TIMEOUT, STATE, Scratch, gunzip, missing_headers, missing_user, raise_and_clear, repair,
    report,
};
use faults::{Event, EventContext, FaultId, Reason, Source};
use host::process::clock::{Clock, SystemClock};
use serde_json::{Value, json};

const LIMIT: u64 = 1_500;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Starts an example as README.md shows. A missing `jq` or `python3` fails: tests/setup/install-build-needs.sh installs it.
fn example(name: &str, scratch: &Scratch, more: &[&str]) -> Command {
    let interpreter = if name.ends_with(".py") { "python3" } else { "sh" };
    let mut command = Command::new(interpreter);
    command.arg(here("examples").join(name)).arg(scratch.dir()).args(more).env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdin(Stdio::null());
    command
}

fn output(name: &str, scratch: &Scratch, more: &[&str]) -> Output {
    example(name, scratch, more).output().unwrap()
}

fn printed(name: &str, scratch: &Scratch, more: &[&str]) -> String {
    let output = output(name, scratch, more);
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn printed_events(scratch: &Scratch, after: u64) -> Vec<Event> {
    let printed = printed("follow.py", scratch, &[&after.to_string(), "--once"]);
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All examples print of `scratch` what the library says of it.
fn agree(scratch: &Scratch) {
    let known = scratch.store().read().unwrap();
    let lines = known
        .faults
        .iter()
        .map(|fault| format!("{} {} {}: {}\n", fault.id, fault.severity, fault.finding.reason, fault.finding.detail));
    assert_eq!(printed("raised.sh", scratch, &[]), lines.collect::<String>());
    agree_without_shell(scratch);
}

fn agree_without_shell(scratch: &Scratch) {
    let known = scratch.store().read().unwrap();
    let raised: Value = serde_json::from_str(&printed("raised.py", scratch, &[])).unwrap();
    assert_eq!(raised, json!({"sequence": known.sequence, "faults": known.faults}));
    let history = scratch.history();
    for after in [0, known.sequence / 2, known.sequence.saturating_sub(1), known.sequence] {
        let expected: Vec<_> = history.iter().filter(|event| event.seq > after).cloned().collect();
        assert_eq!(printed_events(scratch, after), expected, "after {after}");
    }
}

/// A store in which everything happened that can.
fn eventful() -> Scratch {
    let scratch = Scratch::new().rotating_at(LIMIT);
    scratch.raise(&missing_user());
    scratch.raise(&report(FaultId::SCAN_USER, Reason::UserMissing, "other \"words\" \\ here é"));
    scratch.raise(&report(FaultId::SCAN_USER, Reason::UserMismatch, ""));
    let in_a_root = EventContext { source: Source::Install, boot_id: None };
    scratch.lock().raise(&report(FaultId::SELINUX_POLICY, Reason::ToolsMissing, "semodule"), &in_a_root).unwrap();
    scratch.raise(&missing_headers());
    scratch.clear(FaultId::KERNEL_HEADERS);
    scratch
}

/// One that was closed often, with two faults raised.
fn rotated() -> Scratch {
    let scratch = eventful();
    scratch.clear(FaultId::SCAN_USER);
    scratch.fill(14);
    scratch.raise(&missing_headers());
    assert!(scratch.segments().len() > 5);
    scratch
}

#[test]
fn they_agree_with_the_library() {
    agree(&Scratch::new());
    agree(&eventful());
    agree(&rotated());
    let empty = Scratch::new();
    empty.fill(1);
    agree(&empty);
}

#[test]
fn the_examples_agree_after_a_killed_writer() {
    let scratch = rotated();
    let (old_state, old_events) = (scratch.bytes(STATE), scratch.bytes(EVENTS));
    scratch.raise(&report(FaultId::KERNEL_HEADERS, Reason::HeadersMismatch, "others"));
    let events = scratch.bytes(EVENTS);
    assert!(events.starts_with(&old_events), "not closed by this event");
    scratch.write(STATE, &old_state);
    agree(&scratch);
    // A torn line, with and without the state of the moment before it.
    for end in [events.len() - 1, events.len() - 20, old_events.len() + 1] {
        scratch.write(EVENTS, &events[..end]);
        agree(&scratch);
    }
    scratch.write(EVENTS, [&old_events[..], b"\0\0\0\n"].concat());
    agree(&scratch);

    // Dead after the rename, and while it was packed.
    let closed = rotated();
    let (events, newest) = (closed.bytes(EVENTS), closed.segments().pop().unwrap());
    let first: Event = serde_json::from_slice(events.split(|&byte| byte == b'\n').next().unwrap()).unwrap();
    closed.write(&format!("events-{:020}.jsonl", first.seq), events);
    closed.remove(EVENTS);
    closed.write(newest.strip_suffix(".gz").unwrap(), gunzip(&closed.bytes(&newest)));
    closed.write(&newest, "not looked at as long as the plain one is there");
    closed.write(&format!(".events-{:020}.jsonl.gz.hostprep-new", first.seq), "half");
    agree(&closed);
}

#[test]
fn they_agree_after_losses_or_say_that_they_cannot() {
    let refuses = |scratch: &Scratch| {
        let output = output("raised.sh", scratch, &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && output.stdout.is_empty() && said.contains("ask raised.py"), "{said}");
    };
    let few = Scratch::new();
    few.raise(&missing_user());
    let old_state = few.bytes(STATE);
    few.raise(&missing_headers());
    few.remove(STATE);
    agree(&few);
    // Its age does not matter, within limits.
    few.write(STATE, &old_state);
    few.lock();
    few.write(STATE, &old_state);
    agree(&few);

    let lost = rotated();
    lost.remove(STATE);
    refuses(&lost);
    agree_without_shell(&lost);
    lost.write(STATE, &old_state);
    refuses(&lost);
    agree_without_shell(&lost);
    lost.remove(EVENTS);
    agree_without_shell(&lost);

    let shorter = rotated();
    shorter.segments()[..2].iter().for_each(|name| shorter.remove(name));
    agree(&shorter);

    let newer = rotated();
    newer.write(EVENTS, [newer.bytes(EVENTS), b"{\"schema\":2}\n".to_vec()].concat());
    for (name, more) in [("raised.sh", &[][..]), ("raised.py", &[]), ("follow.py", &["0", "--once"])] {
        assert!(!output(name, &newer, more).status.success(), "{name}");
    }
}

#[test]
fn they_read_while_it_is_written() {
    let scratch = Scratch::in_memory().rotating_at(LIMIT);
    scratch.fill(20);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let store = scratch.store();
            while !done.load(Ordering::Relaxed) {
                raise_and_clear(&mut store.lock(&SystemClock, LOCK_TIMEOUT).unwrap());
                // A history that grows faster than Python reads it would only take time.
                SystemClock.sleep(Duration::from_millis(3));
            }
        });
        let ending = Ending(&done);
        let mut last = 0;
        for _ in 0..15 {
            let before = scratch.store().read().unwrap().sequence;
            let raised: Value = serde_json::from_str(&printed("raised.py", &scratch, &[])).unwrap();
            let sequence = raised["sequence"].as_u64().unwrap();
            let details: Vec<_> = raised["faults"].as_array().unwrap().iter().map(|fault| &fault["detail"]).collect();
            let expected = if sequence % 2 == 1 { vec![json!(sequence.to_string())] } else { vec![] };
            assert_eq!(details, expected.iter().collect::<Vec<_>>(), "at {sequence}");
            assert!(sequence >= before);

            let line = printed("raised.sh", &scratch, &[]);
            if !line.is_empty() {
                let number: u64 = line.strip_prefix("5 major user-missing: ").unwrap().trim_end().parse().unwrap();
                assert!(number >= sequence && number % 2 == 1, "{number} after {sequence}");
            }
            let events = printed_events(&scratch, 0);
            common::assert_filled(&events, 1, events.len() as u64);
            assert!(events.len() as u64 >= sequence);
            let newer = printed_events(&scratch, last);
            common::assert_filled(&newer, last + 1, last + newer.len() as u64);
            last += newer.len() as u64;
        }
        drop(ending);
        writer.join().unwrap();
    });
    assert!(scratch.segments().len() > 20, "{} segments", scratch.segments().len());
    agree(&scratch);
}

/// Closes events.jsonl twice while the segments are listed for the first time, and lists then only the second of these.
const CLOSED_WHILE_LISTED: &str = r#"
import os, sys
sys.path.insert(0, sys.argv[1])
import follow
store, calls, listed = sys.argv[2], [], follow.listed
current = os.path.join(store, "events.jsonl")
def closing(store):
    calls.append(1)
    if len(calls) == 1:
        for number in (3, 5):
            os.rename(current, os.path.join(store, "events-%020d.jsonl" % number))
            os.rename(os.path.join(store, "after-%d" % number), current)
    return {1, 5} if len(calls) <= 2 else listed(store)
follow.listed = closing
print([event["seq"] for event in follow.events_after(store)])
"#;

#[test]
fn a_file_that_is_closed_during_the_listing_is_not_missed() {
    let scratch = Scratch::new();
    scratch.fill(4);
    let events = String::from_utf8(scratch.bytes(EVENTS)).unwrap();
    let lines: Vec<_> = events.split_inclusive('\n').collect();
    let segment = "events-00000000000000000001.jsonl";
    for (name, at) in [(segment, 0), (EVENTS, 2), ("after-3", 4), ("after-5", 6)] {
        let lines = &lines[at..at + 2];
        scratch.write(name, lines.concat());
    }
    let mut python = Command::new("python3");
    python.env("PYTHONDONTWRITEBYTECODE", "1").args(["-c", CLOSED_WHILE_LISTED]);
    let output = python.arg(here("examples")).arg(scratch.dir()).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "[1, 2, 3, 4, 5, 6, 7, 8]\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_follower_gets_new_events() {
    let scratch = Scratch::in_memory().rotating_at(LIMIT);
    scratch.fill(10);
    let mut follower = example("follow.py", &scratch, &["7"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Event>(&lines.next().unwrap().unwrap()).unwrap();
    let mut seen = vec![next()];
    for _ in 0..10 {
        scratch.fill(5);
        let_go(&scratch);
    }
    while seen.len() < 120 - 7 {
        seen.push(next());
    }
    common::assert_filled(&seen, 8, 120);
    follower.kill().unwrap();
    follower.wait().unwrap();
}

/// Each line that README.md shows, as it stands but for the store.
#[test]
fn the_commands_that_the_readme_shows_follow() {
    let readme = std::fs::read_to_string(here("README.md")).unwrap();
    let lines: Vec<_> = readme.lines().filter(|line| line.starts_with("python3 follow.py ")).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    let scratch = Scratch::in_memory();
    scratch.fill(601);
    let last = scratch.store().read().unwrap().sequence;
    for line in lines {
        let (start, rest) = line.split_once("/var/lib/cisco/faults").unwrap();
        let line = format!("exec {start}{}{rest}", scratch.dir().display());
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(here("examples")).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut follower = shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let first = if line.contains(" 1200") { 1201 } else { 1 };
        let mut printed = BufReader::new(follower.stdout.take().unwrap()).lines();
        let events = printed.by_ref().take(usize::try_from(last - first + 1).unwrap());
        let events: Vec<Event> = events.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        common::assert_filled(&events, first, last);
        if line.contains("--once") {
            assert!(printed.next().is_none());
            assert!(follower.wait().unwrap().success());
        } else {
            assert!(follower.try_wait().unwrap().is_none(), "it waits for more");
            follower.kill().unwrap();
            follower.wait().unwrap();
        }
    }
}

/// Some locks without a change, as others take them.
fn let_go(scratch: &Scratch) {
    for _ in 0..3 {
        scratch.lock().clear(FaultId::KERNEL_HEADERS, &repair()).unwrap();
    }
}

#[test]
fn the_readme_shows_them_as_they_are() {
    let readme = std::fs::read_to_string(here("README.md")).unwrap();
    let shown = ["raised.sh", "raised.py"].map(|name| {
        let (_, after) = readme.split_once(&format!("[`examples/{name}`](examples/{name}):\n\n```")).unwrap();
        let (_, code) = after.split_once('\n').unwrap();
        (name, code.split_once("```").unwrap().0)
    });
    for (name, code) in shown {
        assert_eq!(code, std::fs::read_to_string(here("examples").join(name)).unwrap(), "{name}");
    }
    assert!(readme.contains("[`examples/follow.py`](examples/follow.py)"));
}
