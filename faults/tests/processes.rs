//! Several processes on one store, and processes that are killed while they write. The test starts itself as the other process.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "a test that starts processes cannot use the library for it")]
#![allow(clippy::print_stdout, reason = "the child prints the numbers of its events for the parent")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{LOCK_TIMEOUT, Scratch, repair, report};
use faults::{DEFAULT_DIRECTORY, Event, FaultId, Reason, Snapshot, Store};
use host::Root;
use host::process::clock::{Clock, SystemClock};

const PROCESSES: u64 = 6;
const ROUNDS: u64 = 25;
const KILLS: u64 = 60;
/// A file is closed every few events.
const ROTATE_AT: u64 = 1_500;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match &args[1..] {
        [word, root, id, rounds] if word == "child" => {
            child(Path::new(root), id.parse().unwrap(), rounds.parse().unwrap())
        }
        [word, root] if word == "reader" => reader(Path::new(root)),
        // Whatever words of the usual harness there are: this is one test.
        _ => {
            processes_lose_and_double_nothing();
            a_killed_process_loses_no_confirmed_event();
            println!("processes: ok");
        }
    }
}

/// Raises and clears, and prints after each the number of its event.
fn child(root: &Path, id: FaultId, rounds: u64) {
    let root = Root::alternate(root).unwrap();
    let store = Store::at(&root, DEFAULT_DIRECTORY).rotating_at(ROTATE_AT);
    let mut out = std::io::stdout();
    for round in 0..rounds {
        let mut writer = store.lock(&SystemClock, LOCK_TIMEOUT).unwrap();
        // A process that was killed may have left the fault raised.
        writer.clear(id, &repair()).unwrap();
        writer.raise(&report(id, Reason::RaisedByHand, &format!("round {round}")), &repair()).unwrap();
        let raised = writer.snapshot().sequence;
        drop(writer);
        writeln!(out, "{raised}").unwrap();
        let mut writer = store.lock(&SystemClock, LOCK_TIMEOUT).unwrap();
        writer.clear(id, &repair()).unwrap();
        writeln!(out, "{}", writer.snapshot().sequence).unwrap();
    }
}

/// Reads everything again and again until its input ends, and says how often something was new.
fn reader(root: &Path) {
    let root = Root::alternate(root).unwrap();
    let store = Store::at(&root, DEFAULT_DIRECTORY);
    let ended = std::thread::spawn(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let (mut last, mut seen) = (0, 0);
    while !ended.is_finished() {
        let snapshot = store.read().unwrap();
        let events: Vec<Event> = store.events().unwrap().map(Result::unwrap).collect();
        assert!(snapshot.sequence >= last && events.len() as u64 >= snapshot.sequence);
        // What is raised is what the events up to some moment leave raised, and that moment is the one it says.
        let until = usize::try_from(snapshot.sequence).unwrap();
        assert_eq!(replayed(&events[..until]), raised(&snapshot));
        let newer: Vec<Event> = store.events_after(last).unwrap().map(Result::unwrap).collect();
        assert!(newer.iter().zip(last + 1..).all(|(event, number)| event.seq == number));
        seen += u64::from(snapshot.sequence > last);
        last = snapshot.sequence;
    }
    println!("{seen}");
}

fn start_reader(scratch: &Scratch) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["reader", scratch.root.path().to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn start(scratch: &Scratch, id: FaultId, rounds: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child", scratch.root.path().to_str().unwrap(), &id.to_string(), &rounds.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The faults that the events leave raised, and the history's own order.
fn replayed(events: &[Event]) -> Vec<FaultId> {
    let mut raised = Vec::new();
    for (event, number) in events.iter().zip(1..) {
        assert_eq!(event.seq, number, "a gap or a double");
        raised.retain(|id| *id != event.fault);
        if event.event != faults::EventKind::Cleared {
            raised.push(event.fault);
        }
    }
    raised.sort();
    raised
}

fn raised(snapshot: &Snapshot) -> Vec<FaultId> {
    snapshot.faults.iter().map(|fault| fault.id).collect()
}

fn processes_lose_and_double_nothing() {
    let scratch = Scratch::new();
    let ids = [FaultId::SCAN_USER, FaultId::KERNEL_HEADERS, FaultId::SELINUX_POLICY];
    let readers = [start_reader(&scratch), start_reader(&scratch)];
    let children: Vec<_> = (0..PROCESSES).map(|n| start(&scratch, ids[(n % 3) as usize], ROUNDS)).collect();
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    for reader in readers {
        let output = reader.wait_with_output().unwrap();
        assert!(output.status.success());
        let seen: u64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        assert!(seen > 3, "the reader saw something new {seen} times only");
    }
    assert!(scratch.segments().len() > 30, "{:?}", scratch.segments());
    let events = scratch.history();
    assert_eq!(replayed(&events), raised(&scratch.store().read().unwrap()));
    assert_eq!(events.len() % 2, 0, "all is cleared at the end");
    // Two processes share a fault: what one clears the other need not, but each raise is one event.
    let raises = events.iter().filter(|event| event.event == faults::EventKind::Raised).count() as u64;
    assert_eq!(raises, PROCESSES * ROUNDS);
}

fn a_killed_process_loses_no_confirmed_event() {
    let scratch = Scratch::new();
    let (mut known, mut left_raised) = (0, 0);
    for kill in 0..KILLS {
        let mut child = start(&scratch, FaultId::SCAN_USER, u64::MAX);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut told: u64 = lines.next().unwrap().unwrap().parse().unwrap();
        // Moments spread over what one round takes.
        SystemClock.sleep(Duration::from_micros(kill * 331 % 7_000));
        child.kill().unwrap();
        child.wait().unwrap();
        if let Some(last) = lines.map_while(Result::ok).filter_map(|line| line.parse().ok()).last() {
            told = last;
        }

        let (snapshot, events) = (scratch.store().read().unwrap(), scratch.history());
        assert!(snapshot.sequence >= told && told > known, "told of {told}, kept {}", snapshot.sequence);
        assert_eq!(snapshot.sequence, events.len() as u64);
        assert_eq!(replayed(&events), raised(&snapshot));
        left_raised += u64::from(snapshot.is_raised(FaultId::SCAN_USER));
        known = snapshot.sequence;
    }
    assert!(left_raised > 0 && left_raised < KILLS, "the kills all came at the same point: {left_raised}");
}
