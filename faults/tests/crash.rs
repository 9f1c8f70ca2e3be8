//! A writer that is killed, at each point.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "tests damage files that the library never would")]

mod common;

use common::{EVENTS, STATE, Scratch, missing_headers, missing_user, repair, report};
use faults::{Change, FaultId, FaultUpdate, Reason, Snapshot};
use host::process::clock::SystemClock;

/// A store with two events, its state and last line, and the state before the last event.
fn two_events() -> (Scratch, Vec<u8>, usize) {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let (state, length) = (scratch.bytes(STATE), scratch.bytes(EVENTS).len());
    scratch.raise(&missing_headers());
    (scratch, state, length)
}

fn sequences(scratch: &Scratch) -> Vec<u64> {
    scratch.history().iter().map(|event| event.seq).collect()
}

#[test]
fn dead_between_event_and_state() {
    let (scratch, old_state, _) = two_events();
    let (new_state, events) = (scratch.bytes(STATE), scratch.bytes(EVENTS));
    let new = scratch.store().read().unwrap();
    scratch.write(STATE, &old_state);

    let before = scratch.traces();
    assert_eq!(scratch.store().read().unwrap(), new, "the event has happened");
    assert_eq!(scratch.traces(), before, "a reader writes nothing");

    assert_eq!(scratch.raise(&missing_headers()), Change::Nothing);
    assert_eq!((scratch.bytes(STATE), scratch.bytes(EVENTS)), (new_state, events), "finished, not doubled");
}

#[test]
fn apply_completes_an_interrupted_write_even_without_updates() {
    let (scratch, old_state, _) = two_events();
    let new_state = scratch.bytes(STATE);
    scratch.write(STATE, &old_state);
    let wanted = [FaultUpdate::Raise(missing_headers())];
    scratch.store().apply(&wanted, &repair(), &SystemClock, common::LOCK_TIMEOUT).unwrap();
    assert_eq!(scratch.bytes(STATE), new_state);
}

#[test]
fn dead_before_the_first_state() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let (state, known) = (scratch.bytes(STATE), scratch.store().read().unwrap());
    scratch.remove(STATE);
    assert_eq!(scratch.store().read().unwrap(), known);
    drop(scratch.lock());
    assert_eq!(scratch.bytes(STATE), state);
}

#[test]
fn dead_at_every_byte_of_an_event() {
    let (scratch, old_state, start) = two_events();
    let events = scratch.bytes(EVENTS);
    scratch.write(STATE, &old_state);
    scratch.write(EVENTS, &events[..start]);
    let old = scratch.store().read().unwrap();

    for end in start..events.len() {
        scratch.write(STATE, &old_state);
        scratch.write(EVENTS, &events[..end]);
        let before = scratch.traces();
        assert_eq!(scratch.store().read().unwrap(), old, "cut at {end}");
        assert_eq!(sequences(&scratch), [1], "cut at {end}");
        assert_eq!(scratch.traces(), before, "a reader writes nothing");

        drop(scratch.lock());
        assert_eq!(scratch.bytes(EVENTS), &events[..start], "cut at {end}: the next writer cuts it off");
        scratch.write(EVENTS, &events[..end]);
        assert_eq!(scratch.clear(FaultId::SCAN_USER), Change::Cleared);
        assert_eq!(sequences(&scratch), [1, 2], "cut at {end}");
        assert_eq!(scratch.store().read().unwrap(), Snapshot { sequence: 2, faults: vec![] });
    }
}

#[test]
fn dead_at_every_byte_of_the_very_first_event() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let events = scratch.bytes(EVENTS);
    for end in 0..events.len() {
        scratch.remove(STATE);
        scratch.write(EVENTS, &events[..end]);
        assert_eq!(scratch.store().read().unwrap(), Snapshot::default(), "cut at {end}");
        assert_eq!(scratch.raise(&missing_headers()), Change::Raised);
        assert_eq!(sequences(&scratch), [1], "cut at {end}");
    }
}

#[test]
fn dead_while_going_on_without_the_lost_events() {
    let (scratch, _, _) = two_events();
    scratch.write(EVENTS, r#"{"schema":1,"seq":3,"ti"#);
    assert_eq!(scratch.clear(FaultId::SCAN_USER), Change::Cleared);
    assert_eq!(sequences(&scratch), [3]);
}

#[test]
fn dead_while_the_state_was_written() {
    let (scratch, old_state, _) = two_events();
    let new = scratch.store().read().unwrap();
    let half = scratch.bytes(STATE)[..100].to_vec();
    scratch.write(STATE, &old_state);
    scratch.write(".faults.json.hostprep-new", half);
    assert_eq!(scratch.store().read().unwrap(), new);
    drop(scratch.lock());
    assert!(!scratch.path(".faults.json.hostprep-new").exists());
    assert_eq!(scratch.store().read().unwrap(), new);
}

#[test]
fn power_lost_before_the_data_reached_the_disk() {
    let (scratch, old_state, start) = two_events();
    let kept = scratch.bytes(EVENTS)[..start].to_vec();
    for lost in ["\0".repeat(300), "\0".repeat(300) + "\n", "\0".repeat(40) + r#""source":"repair"}"# + "\n"] {
        scratch.write(STATE, &old_state);
        scratch.write(EVENTS, [&kept, lost.as_bytes()].concat());
        assert_eq!(scratch.store().read().unwrap().sequence, 1);
        assert_eq!(sequences(&scratch), [1]);
        assert_eq!(scratch.raise(&missing_headers()), Change::Raised);
        assert_eq!(sequences(&scratch), [1, 2]);
    }
}

#[test]
fn a_state_far_behind_catches_up() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let old_state = scratch.bytes(STATE);
    for _ in 0..40 {
        scratch.clear(FaultId::SCAN_USER);
        scratch.raise(&missing_user());
    }
    let known = scratch.store().read().unwrap();
    scratch.write(STATE, &old_state);
    assert_eq!(scratch.store().read().unwrap(), known);
    scratch.raise(&missing_headers());
    assert_eq!(sequences(&scratch), (1..=82).collect::<Vec<_>>());
}

#[test]
fn a_state_that_cannot_be_written_follows_later() {
    let (scratch, _, _) = two_events();
    let mut writer = scratch.lock();
    let blocked = scratch.path(".faults.json.hostprep-new");
    std::fs::create_dir_all(blocked.join("in the way")).unwrap();
    let refused = writer.clear(FaultId::SCAN_USER, &repair()).unwrap_err();
    assert!(refused.to_string().contains(".faults.json.hostprep-new"), "{refused}");
    assert_eq!(scratch.store().read().unwrap().sequence, 3, "the event counts");

    std::fs::remove_dir_all(blocked).unwrap();
    assert_eq!(writer.clear(FaultId::SCAN_USER, &repair()).unwrap(), Change::Nothing);
    assert!(String::from_utf8(scratch.bytes(STATE)).unwrap().contains("\"sequence\": 3"));
    assert_eq!(sequences(&scratch), [1, 2, 3]);
}

#[test]
fn an_event_that_cannot_be_written_has_not_happened() {
    let scratch = Scratch::new();
    std::fs::create_dir_all(scratch.path(EVENTS)).unwrap();
    scratch.store().read().unwrap_err();
    std::fs::remove_dir(scratch.path(EVENTS)).unwrap();
    let mut writer = scratch.lock();
    std::fs::create_dir(scratch.path(EVENTS)).unwrap();
    writer.raise(&missing_user(), &repair()).unwrap_err();
    assert!(!writer.snapshot().is_raised(FaultId::SCAN_USER));
    std::fs::remove_dir(scratch.path(EVENTS)).unwrap();
    assert_eq!(writer.raise(&missing_user(), &repair()).unwrap(), Change::Raised);
    assert_eq!(sequences(&scratch), [1]);
}

#[test]
fn an_editor_that_drops_the_last_line_feed_loses_no_event() {
    let (scratch, _, _) = two_events();
    let mut events = scratch.bytes(EVENTS);
    events.pop();
    scratch.write(EVENTS, events);
    assert_eq!(sequences(&scratch), [1, 2]);
    let mut writer = scratch.lock();
    writer.clear(FaultId::SCAN_USER, &repair()).unwrap();
    writer.raise(&missing_user(), &repair()).unwrap();
    assert_eq!(sequences(&scratch), [1, 2, 3, 4]);
}

#[test]
fn a_line_damaged_later_is_left_for_a_person_and_stops_no_raise() {
    for end in ["\n", ""] {
        let (scratch, _, start) = two_events();
        let kept = scratch.bytes(EVENTS)[..start].to_vec();
        scratch.write(EVENTS, [&kept, b"### damaged".as_slice(), end.as_bytes()].concat());
        assert_eq!(scratch.store().read().unwrap().sequence, 2);
        scratch.raise(&report(FaultId::SELINUX_POLICY, Reason::ToolsMissing, "semodule"));
        assert_eq!(scratch.store().read().unwrap().sequence, 3);
        let last = scratch.store().events().unwrap().last().unwrap().unwrap_err().to_string();
        assert!(last.contains("events.jsonl, line 2: "), "{last}");
        let events = String::from_utf8(scratch.bytes(EVENTS)).unwrap();
        assert_eq!(events.lines().nth(1), Some("### damaged"));
        assert_eq!(events.lines().count(), 3);
    }
}

#[test]
fn a_writer_dies_after_earlier_events_were_lost() {
    let (scratch, _, start) = two_events();
    let (state, kept) = (scratch.bytes(STATE), scratch.bytes(EVENTS)[..start].to_vec());
    scratch.clear(FaultId::SCAN_USER);
    let mut unfinished =
        scratch.bytes(EVENTS)[start..].split_inclusive(|&byte| byte == b'\n').next_back().unwrap().to_vec();
    unfinished.pop();
    scratch.write(STATE, state);
    scratch.write(EVENTS, [kept, unfinished].concat());
    assert_eq!(scratch.store().read().unwrap().sequence, 2);
    scratch.clear(FaultId::KERNEL_HEADERS);
    assert_eq!(sequences(&scratch), [1, 3]);
}

#[test]
fn a_writer_dies_after_an_earlier_line_was_damaged() {
    let (scratch, _, start) = two_events();
    let state = scratch.bytes(STATE);
    scratch.clear(FaultId::SCAN_USER);
    let events = scratch.bytes(EVENTS);
    let third = events.split_inclusive(|&byte| byte == b'\n').next_back().unwrap();
    scratch.write(STATE, state);
    scratch.write(EVENTS, [&events[..start], b"### damaged\n", third].concat());
    assert_eq!(scratch.store().read().unwrap().sequence, 3);
    assert_eq!(scratch.clear(FaultId::KERNEL_HEADERS), Change::Cleared);
    assert_eq!(scratch.store().read().unwrap().faults, []);
}

#[test]
fn the_next_write_cuts_off_the_rest_of_a_failed_one() {
    let (scratch, _, _) = two_events();
    let mut writer = scratch.lock();
    let whole = scratch.bytes(EVENTS);
    scratch.write(EVENTS, [&whole[..], &whole[..100]].concat());
    writer.clear(FaultId::SCAN_USER, &repair()).unwrap();
    assert_eq!(sequences(&scratch), [1, 2, 3]);
    assert!(scratch.bytes(EVENTS).starts_with(&whole));
}

#[test]
fn a_line_pasted_again_sets_no_number_back() {
    let (scratch, _, start) = two_events();
    let known = scratch.store().read().unwrap();
    let events = scratch.bytes(EVENTS);
    scratch.write(EVENTS, [&events[..], &events[..start]].concat());
    scratch.remove(STATE);
    assert_eq!(scratch.store().read().unwrap(), known);
}
