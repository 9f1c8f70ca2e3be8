//! Readers and writers at the same time, in threads of one process.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use common::{EVENTS, Ending, LOCK_TIMEOUT, STATE, Scratch, repair, report};
use faults::{EventKind, FaultId, Reason, Snapshot, Store};
use host::process::clock::SystemClock;

/// Odd events raise the fault and tell their number, even ones clear it: so each snapshot can be judged alone.
fn write(store: &Store<'_>, rounds: u64) {
    let mut writer = store.lock(&SystemClock, LOCK_TIMEOUT).unwrap();
    for _ in 0..rounds {
        let number = writer.snapshot().sequence + 1;
        writer.raise(&report(FaultId::SCAN_USER, Reason::UserMissing, &number.to_string()), &repair()).unwrap();
        writer.clear(FaultId::SCAN_USER, &repair()).unwrap();
    }
}

fn is_consistent(snapshot: &Snapshot) -> bool {
    match (&snapshot.faults[..], snapshot.sequence % 2) {
        ([], 0) => true,
        ([fault], 1) => fault.finding.detail == snapshot.sequence.to_string(),
        _ => false,
    }
}

#[test]
fn a_reader_sees_whole_states_in_order() {
    read_while_written(Scratch::new());
}

#[test]
fn a_reader_misses_nothing_while_files_are_closed_and_packed() {
    // One event a file, a few, and some that several readers get through before the next is closed.
    for limit in [0, 1_500, 30_000] {
        let scratch = Scratch::in_memory().rotating_at(limit);
        read_while_written(scratch);
    }
}

/// Three readers look at everything again and again while 800 events are written, and more until each has seen something change
/// twice, however little of the processors it gets.
fn read_while_written(scratch: Scratch) {
    let (store, done) = (scratch.store(), AtomicBool::new(false));
    let changes: [AtomicU64; 3] = Default::default();
    let mut rounds = 0;
    std::thread::scope(|scope| {
        // Also if an assertion fails here.
        let _ending = Ending(&done);
        for changes in &changes {
            let (store, done) = (&store, &done);
            scope.spawn(move || {
                let mut last = 0;
                while !done.load(Ordering::Relaxed) {
                    let snapshot = store.read().unwrap();
                    assert!(is_consistent(&snapshot), "{snapshot:?}");
                    assert!(snapshot.sequence >= last, "{} after {last}", snapshot.sequence);
                    changes.fetch_add(u64::from(snapshot.sequence > last), Ordering::Relaxed);
                    last = snapshot.sequence;
                    let history = store.events().unwrap().map(Result::unwrap);
                    let count = history.zip(1..).map(|(event, number)| assert_eq!(event.seq, number)).count();
                    assert!(count as u64 >= last);
                    let newer = store.events_after(last / 2).unwrap().map(Result::unwrap);
                    let newer = newer.zip(last / 2 + 1..).map(|(event, number)| assert_eq!(event.seq, number));
                    assert!(newer.count() as u64 >= last - last / 2);
                }
            });
        }
        while rounds < 20 || changes.iter().any(|changes| changes.load(Ordering::Relaxed) < 2) {
            assert!(rounds < 1_000, "a reader never saw anything change: {changes:?}");
            write(&store, 20);
            rounds += 1;
        }
    });
    assert_eq!(store.read().unwrap().sequence, rounds * 40);
}

#[test]
fn a_follower_gets_every_event_once() {
    for limit in [0, 1_500] {
        let scratch = Scratch::in_memory().rotating_at(limit);
        let (store, done) = (scratch.store(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let follower = scope.spawn(|| {
                let mut last = 0;
                loop {
                    // In this order, so that all events from before the end are read.
                    let ended = done.load(Ordering::Acquire);
                    for event in store.events_after(last).unwrap().map(Result::unwrap) {
                        assert_eq!(event.seq, last + 1);
                        last = event.seq;
                    }
                    if ended {
                        return last;
                    }
                }
            });
            for _ in 0..100 {
                write(&store, 5);
            }
            done.store(true, Ordering::Release);
            assert_eq!(follower.join().unwrap(), 1_000);
        });
    }
}

#[test]
fn a_listing_that_takes_long_passes_by_nothing() {
    let scratch = Scratch::in_memory().rotating_at(0);
    write(&scratch.store(), 1);
    // Enough names for several `getdents64(2)` calls, between which others change.
    for number in 0..1_500 {
        scratch.write(&format!("events-of-another-program-with-a-long-name.{number}"), "");
    }
    let (store, done) = (scratch.store(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut last = 0;
                    while !done.load(Ordering::Relaxed) {
                        for event in store.events_after(last).unwrap().map(Result::unwrap) {
                            assert_eq!(event.seq, last + 1);
                            last = event.seq;
                        }
                        last = last.saturating_sub(3);
                    }
                })
            })
            .collect();
        write(&store, 300);
        done.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}

#[test]
fn a_detail_written_before_an_event_is_seen_with_it() {
    let scratch = Scratch::in_memory();
    let (store, done) = (scratch.store(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                let snapshot = store.read().unwrap();
                let detail = |id| snapshot.get(id).map(|fault| fault.finding.detail.as_str());
                if let Some(number) = detail(FaultId::KERNEL_HEADERS) {
                    assert_eq!(detail(FaultId::SCAN_USER), Some(number), "{snapshot:?}");
                    seen += 1;
                }
            }
            assert!(seen > 100, "seen {seen} times only");
        });
        let mut writer = store.lock(&SystemClock, LOCK_TIMEOUT).unwrap();
        for number in 0..3_000 {
            // A change of the detail only is not an event, and comes before the event that the reader looks for.
            for id in [FaultId::SCAN_USER, FaultId::KERNEL_HEADERS] {
                writer.raise(&report(id, Reason::RaisedByHand, &number.to_string()), &repair()).unwrap();
            }
            writer.clear(FaultId::KERNEL_HEADERS, &repair()).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
}

#[test]
fn readers_bear_a_writer_that_dies_and_one_that_clears_up() {
    let scratch = Scratch::new();
    write(&scratch.store(), 50);
    let (old_state, old_events) = (scratch.bytes(STATE), scratch.bytes(EVENTS));
    scratch.raise(&report(FaultId::SCAN_USER, Reason::UserMissing, "101"));
    let line = scratch.bytes(EVENTS)[old_events.len()..].to_vec();
    let (store, done) = (scratch.store(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // A state put back by this test between two reads of a reader is nothing that happens to a store, but
                // the result must be one of the two states all the same.
                let snapshot = store.read().unwrap();
                assert!(is_consistent(&snapshot), "{snapshot:?}");
            }
        });
        for end in (0..line.len()).cycle().take(200) {
            let held = store.lock(&SystemClock, LOCK_TIMEOUT).unwrap();
            host_replace(&scratch, STATE, &old_state);
            host_replace(&scratch, EVENTS, &[&old_events, &line[..end]].concat());
            drop(held);
            write(&store, 1);
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
}

fn host_replace(scratch: &Scratch, name: &str, content: &[u8]) {
    scratch.root.replace(format!("{}/{name}", faults::DEFAULT_DIRECTORY), content, 0o644).unwrap();
}

#[test]
fn many_writers_lose_and_double_nothing() {
    let scratch = Scratch::new();
    let store = scratch.store();
    std::thread::scope(|scope| {
        for id in [FaultId::SCAN_USER, FaultId::KERNEL_HEADERS, FaultId::SELINUX_POLICY] {
            let store = &store;
            scope.spawn(move || {
                for round in 0..30 {
                    let raised = report(id, Reason::RaisedByHand, &format!("{id} {round}"));
                    store.lock(&SystemClock, LOCK_TIMEOUT).unwrap().raise(&raised, &repair()).unwrap();
                    store.lock(&SystemClock, LOCK_TIMEOUT).unwrap().clear(id, &repair()).unwrap();
                }
            });
        }
    });
    let events = scratch.history();
    assert!(events.iter().zip(1..).all(|(event, number)| event.seq == number));
    for id in [FaultId::SCAN_USER, FaultId::KERNEL_HEADERS, FaultId::SELINUX_POLICY] {
        let told: Vec<_> = events.iter().filter(|event| event.fault == id).collect();
        let expected = (0..30)
            .flat_map(|round| [EventKind::Raised, EventKind::Cleared].map(|kind| (kind, format!("{id} {round}"))));
        assert!(told.iter().map(|event| (event.event, event.finding.detail.clone())).eq(expected), "fault {id}");
    }
    assert_eq!(store.read().unwrap().faults, []);
}
