//! Files that cannot be used: one line of error, and nothing is changed.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::{EVENTS, LOCK_TIMEOUT, STATE, Scratch, copy_of, missing_headers, missing_user, repair};
use faults::{FaultId, FaultUpdate, StoreError};
use host::process::clock::SystemClock;

/// Everything that could write is refused with `expected`, and leaves all files as they are.
fn refuses(scratch: &Scratch, expected: &str) {
    let before = copy_of(&scratch.dir());
    let store = scratch.store();
    let wanted = [FaultUpdate::Raise(missing_headers()), FaultUpdate::Clear(FaultId::SCAN_USER)];
    let errors = [
        store.read().unwrap_err(),
        store.lock(&SystemClock, LOCK_TIMEOUT).map(drop).unwrap_err(),
        store.apply(&wanted, &repair(), &SystemClock, LOCK_TIMEOUT).unwrap_err(),
    ];
    for error in errors {
        let said = error.to_string();
        assert!(said.contains(expected), "{said}");
        assert!(said.contains(scratch.dir().to_str().unwrap()), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert_eq!(copy_of(&scratch.dir()), before);
}

#[test]
fn malformed_state() {
    for (content, expected) in [
        ("", "faults.json, line 1: EOF"),
        ("{\n \"schema\": 1,\n \"sequence\": oops", "faults.json, line 3: expected value"),
        ("{\n \"schema\": 1,\n \"sequence\": -1,\n \"faults\": []}", "faults.json, line 3: invalid value"),
        ("{\"schema\": 1, \"sequence\": 1}", "faults.json, line 1: missing field `faults`"),
        ("{\"schema\": 0, \"sequence\": 1, \"faults\": []}", "unknown schema 0"),
        ("[]", "faults.json, line 1: "),
        ("{}\u{0}", "faults.json, line 1: "),
    ] {
        let scratch = Scratch::new();
        scratch.write(STATE, content);
        refuses(&scratch, expected);
        refuses(&scratch, "correct it, or move it away");
        scratch.store().events().map(drop).unwrap_err();
    }
}

#[test]
fn a_malformed_fault_is_refused_with_the_line_that_it_ends_in() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let state = String::from_utf8(scratch.bytes(STATE)).unwrap();
    let end = state.lines().position(|line| line == "    }").unwrap() + 1;
    for (good, bad, expected) in [
        ("\"detail\": \"user", "\"detail\": 7, \"x\": \"user", "invalid type: integer `7`, expected a string"),
        ("\"reason\"", "\"cause\"", "missing field `reason`"),
    ] {
        assert!(state.contains(good), "{state}");
        scratch.write(STATE, state.replace(good, bad));
        refuses(&scratch, &format!("faults.json, line {end}: {expected}"));
    }
}

#[test]
fn malformed_state_that_is_moved_away_is_recreated() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let known = scratch.store().read().unwrap();
    scratch.write(STATE, "?");
    refuses(&scratch, "faults.json, line 1: expected value");
    scratch.remove(STATE);
    drop(scratch.lock());
    assert_eq!(scratch.store().read().unwrap(), known);
}

#[test]
fn a_fault_twice_in_the_state() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    scratch.raise(&missing_headers());
    let state = String::from_utf8(scratch.bytes(STATE)).unwrap();
    scratch.write(STATE, state.replace("\"id\": 11", "\"id\": 5"));
    refuses(&scratch, "faults.json: fault 5 is in it twice");
}

#[test]
fn a_malformed_line_among_the_events() {
    for bad in ["{\"schema\":1,\"se", "{\"schema\":1}", "", "{\"schema\":0,\"seq\":2}", "null"] {
        let scratch = Scratch::new();
        for _ in 0..2 {
            scratch.raise(&missing_user());
            scratch.clear(FaultId::SCAN_USER);
        }
        let events = String::from_utf8(scratch.bytes(EVENTS)).unwrap();
        let mut lines: Vec<_> = events.lines().collect();
        lines[1] = bad;
        let damaged = lines.join("\n") + "\n";
        scratch.write(EVENTS, &damaged);

        let mut read = scratch.store().events().unwrap();
        assert_eq!(read.next().unwrap().unwrap().seq, 1);
        let said = read.next().unwrap().unwrap_err().to_string();
        assert!(said.contains("events.jsonl, line 2: "), "{said}");
        assert!(said.contains("delete that line"), "{said}");
        assert!(read.next().is_none(), "nothing follows an error");

        // The newest events and the state are complete, so writing continues; without the state the faults are unknown.
        assert_eq!(scratch.store().read().unwrap().sequence, 4);
        scratch.remove(STATE);
        refuses(&scratch, "events.jsonl, line 2: ");
    }
}

#[test]
fn a_malformed_line_is_counted_from_the_start_of_the_file() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let state = scratch.bytes(STATE);
    for _ in 0..100 {
        scratch.clear(FaultId::SCAN_USER);
        scratch.raise(&missing_user());
    }
    let events = String::from_utf8(scratch.bytes(EVENTS)).unwrap();
    let mut lines: Vec<_> = events.lines().collect();
    lines[150] = "x";
    scratch.write(EVENTS, lines.join("\n") + "\n");
    scratch.write(STATE, state);
    refuses(&scratch, "events.jsonl, line 151: ");
}

#[test]
fn a_newer_state() {
    let scratch = Scratch::new();
    scratch.write(STATE, "{\"schema\": 2, \"everything\": \"else\"}\n");
    refuses(&scratch, "written by a newer version (schema 2, this one knows 1); update this package");
    assert!(matches!(scratch.store().read().unwrap_err(), StoreError::Newer { found: 2, .. }));
    assert!(matches!(scratch.store().events().map(drop).unwrap_err(), StoreError::Newer { .. }));
    assert!(!scratch.path("faults.lock").exists());
}

#[test]
fn newer_events() {
    for line in ["{\"schema\":2,\"n\":3}\n", "{\"schema\":2,\"n\":3}", "{\"schema\":4294967296}\n"] {
        for state in [true, false] {
            let scratch = Scratch::new();
            scratch.raise(&missing_user());
            let events = [scratch.bytes(EVENTS), line.into()].concat();
            scratch.write(EVENTS, events);
            if !state {
                scratch.remove(STATE);
            }
            refuses(&scratch, "events.jsonl: written by a newer version");
            assert!(scratch.store().events().unwrap().last().unwrap().is_err());
        }
    }
}

#[test]
fn no_number_is_left_for_another_event() {
    let scratch = Scratch::new();
    scratch.write(STATE, "{\"schema\":1,\"sequence\":18446744073709551615,\"faults\":[]}");
    let before = scratch.bytes(STATE);
    assert_eq!(scratch.store().events_after(u64::MAX).unwrap().count(), 0);
    let refused = scratch.lock().raise(&missing_user(), &repair()).unwrap_err().to_string();
    assert!(refused.contains("the highest possible one") && refused.contains("backup"), "{refused}");
    assert_eq!(scratch.bytes(STATE), before);
    assert!(!scratch.dir().join(EVENTS).exists());
}
