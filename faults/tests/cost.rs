//! Work at the store's end costs the same however long its history: counted in bytes read, not in time.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "tests read what the kernel counted")]

mod common;

use common::{EVENTS, Scratch, missing_headers, missing_user};
use faults::{Event, FaultId};

/// Bytes that this thread has read so far, whether from disk or from memory.
fn bytes_read() -> u64 {
    let counted = std::fs::read_to_string("/proc/thread-self/io").unwrap();
    counted.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

fn read_by<T>(work: impl FnOnce() -> T) -> u64 {
    let before = bytes_read();
    work();
    bytes_read() - before
}

fn with_events(count: u64) -> Scratch {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    scratch.clear(FaultId::SCAN_USER);
    let pattern = scratch.history();
    let lines: String = (1..=count)
        .zip(pattern.into_iter().cycle())
        .map(|(seq, event)| serde_json::to_string(&Event { seq, ..event }).unwrap() + "\n")
        .collect();
    scratch.write(EVENTS, lines);
    drop(scratch.lock());
    assert_eq!(scratch.store().read().unwrap().sequence, count);
    scratch
}

#[test]
fn a_long_history_costs_nothing() {
    // One block from the end, the state, and what counting costs.
    let enough = 16 * 1024;
    let scratch = with_events(20_000);
    assert!(scratch.bytes(EVENTS).len() > 4_000_000);
    let list = read_by(|| scratch.store().read().unwrap());
    assert!(list < enough, "list read {list} bytes");
    let raise = read_by(|| scratch.raise(&missing_headers()));
    assert!(raise < 2 * enough, "raise read {raise} bytes");
    let first = read_by(|| scratch.store().events().unwrap().next());
    assert!(first < 8 * enough, "the first event of the history took {first} bytes");
    let all = read_by(|| scratch.store().events().unwrap().count());
    assert!(all > 4_000_000, "the counter does not count");
}

#[test]
fn many_segments_cost_nothing() {
    let enough = 16 * 1024;
    let scratch = Scratch::in_memory().rotating_at(20_000);
    scratch.fill(1_000);
    let packed: u64 = scratch.segments().iter().map(|name| scratch.bytes(name).len() as u64).sum();
    assert!(scratch.segments().len() > 20 && packed > 20_000, "{packed} bytes in {:?}", scratch.segments());
    let list = read_by(|| scratch.store().read().unwrap());
    assert!(list < enough, "list read {list} bytes");
    let raise = read_by(|| scratch.raise(&missing_headers()));
    assert!(raise < 3 * enough, "raise read {raise} bytes");
    let newest = read_by(|| assert_eq!(scratch.store().events_after(1_996).unwrap().count(), 5));
    assert!(newest < 3 * enough, "the newest five took {newest} bytes");
}
