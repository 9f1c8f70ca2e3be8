//! The example `million` on a smaller scale: memory stays flat, and no event is lost. The only test of its process, because it
//! measures the memory of the process.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "tests read what the kernel counted")]

mod common;

use common::{EVENTS, Scratch};
use faults::{EventKind, FaultId};

const PAIRS: u64 = 20_000;
const LIMIT: u64 = 256 * 1024;

/// The most memory that this process ever had, in kB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn many_events_are_kept_in_flat_memory() {
    let scratch = Scratch::in_memory().rotating_at(LIMIT);
    // Everything was used once before it is measured.
    scratch.fill(PAIRS / 20);
    scratch.store().events().unwrap().for_each(|event| drop(event.unwrap()));
    let before = peak_memory();

    for _ in 1..20 {
        scratch.fill(PAIRS / 20);
    }
    let mut count = 0;
    for event in scratch.store().events().unwrap().map(Result::unwrap) {
        count += 1;
        let kind = if count % 2 == 1 { EventKind::Raised } else { EventKind::Cleared };
        assert_eq!((event.seq, event.event, event.fault), (count, kind, FaultId::SCAN_USER));
        assert_eq!(event.finding.detail, (count - (count + 1) % 2).to_string());
    }
    assert_eq!(count, 2 * PAIRS);
    let grown = peak_memory() - before;
    assert!(grown < 2_000, "memory grew by {grown} kB");

    let segments = scratch.segments();
    assert!(segments.len() > 30, "{} segments", segments.len());
    let packed: u64 = segments.iter().map(|name| scratch.bytes(name).len() as u64).sum();
    assert!(packed < segments.len() as u64 * LIMIT / 4, "packed to {packed} bytes");
    assert!((scratch.bytes(EVENTS).len() as u64) <= LIMIT);
}
