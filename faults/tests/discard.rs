//! Emptying a store.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "tests look at files behind the store's back")]

mod common;

use common::{LOCK_TIMEOUT, Scratch, missing_headers, missing_user, repair};
use faults::{FaultId, FaultUpdate};
use host::process::clock::SystemClock;

fn names(scratch: &Scratch) -> Vec<String> {
    let dir = scratch.root.path().join("var/lib/cisco/faults");
    let mut names: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn nothing_is_left_but_the_lock_and_numbers_start_again() {
    let scratch = Scratch::new();
    assert!(scratch.store().is_blank().unwrap());
    assert!(!scratch.store().discard(&SystemClock, LOCK_TIMEOUT).unwrap());
    assert!(!scratch.root.path().join("var").exists());

    // Closed and compressed segments, too.
    let store = scratch.store().rotating_at(400);
    for _ in 0..6 {
        let changes = [
            FaultUpdate::Raise(missing_user()),
            FaultUpdate::Raise(missing_headers()),
            FaultUpdate::Clear(FaultId::SCAN_USER),
        ];
        store.apply(&changes, &repair(), &SystemClock, LOCK_TIMEOUT).unwrap();
    }
    assert!(names(&scratch).iter().any(|name| name.ends_with(".jsonl.gz")), "{:?}", names(&scratch));
    std::fs::write(scratch.root.path().join("var/lib/cisco/faults/notes.txt"), "an administrator's").unwrap();

    assert!(store.discard(&SystemClock, LOCK_TIMEOUT).unwrap());
    assert_eq!(names(&scratch), ["faults.lock", "notes.txt"]);
    assert!(store.is_blank().unwrap() && scratch.history().is_empty());
    assert!(!store.discard(&SystemClock, LOCK_TIMEOUT).unwrap());
    scratch.raise(&missing_user());
    assert_eq!(scratch.history().first().unwrap().seq, 1);
}

/// Each prefix of the removals is what a kill can leave: the store stays readable, and the next call removes the rest.
#[test]
fn a_discard_that_was_cut_short_is_finished_by_the_next() {
    let full = Scratch::new();
    let fill = |scratch: &Scratch| {
        let store = scratch.store().rotating_at(400);
        for _ in 0..6 {
            let changes = [FaultUpdate::Raise(missing_headers()), FaultUpdate::Clear(FaultId::KERNEL_HEADERS)];
            store.apply(&changes, &repair(), &SystemClock, LOCK_TIMEOUT).unwrap();
        }
        store.apply(&[FaultUpdate::Raise(missing_user())], &repair(), &SystemClock, LOCK_TIMEOUT).unwrap();
    };
    fill(&full);
    let rank = |name: &String| (name == "events.jsonl", name == "faults.json", name.clone());
    let mut order: Vec<String> = names(&full).into_iter().filter(|name| name != "faults.lock").collect();
    order.sort_by_key(rank);
    for removed in 1..order.len() {
        let scratch = Scratch::new();
        fill(&scratch);
        for name in &order[..removed] {
            std::fs::remove_file(scratch.root.path().join("var/lib/cisco/faults").join(name)).unwrap();
        }
        assert!(scratch.store().read().unwrap().is_raised(FaultId::SCAN_USER), "{:?}", &order[..removed]);
        assert!(scratch.store().discard(&SystemClock, LOCK_TIMEOUT).unwrap());
        assert_eq!(names(&scratch), ["faults.lock"]);
    }
}

#[test]
fn a_store_that_is_set_aside_is_kept_whole() {
    let scratch = Scratch::new();
    let aside = |scratch: &Scratch| scratch.store().set_aside("old", &SystemClock, LOCK_TIMEOUT).unwrap();
    assert_eq!(aside(&scratch), None, "there is none");
    assert!(!scratch.root.path().join("var").exists());
    for expected in ["/var/lib/cisco/faults.old", "/var/lib/cisco/faults.old-2"] {
        scratch.raise(&missing_user());
        let state = std::fs::read(scratch.root.path().join("var/lib/cisco/faults/faults.json")).unwrap();
        let path = aside(&scratch).unwrap();
        assert_eq!(path, expected);
        assert_eq!(std::fs::read(scratch.root.host_path(path.join("faults.json"))).unwrap(), state);
        assert!(scratch.store().is_blank().unwrap() && names(&scratch).is_empty());
        assert_eq!(aside(&scratch), None, "it is blank");
    }
    // One that no program can read is no reason to keep it in the way.
    std::fs::write(scratch.root.path().join("var/lib/cisco/faults/faults.json"), "{").unwrap();
    assert!(scratch.store().read().is_err());
    assert_eq!(aside(&scratch).unwrap(), "/var/lib/cisco/faults.old-3");
    scratch.raise(&missing_user());
    assert_eq!(scratch.history().first().unwrap().seq, 1);
}

/// What cannot be read is to go as well. A newer version's store is not ours to judge.
#[test]
fn a_damaged_store_is_discarded() {
    for (state, goes) in
        [("", true), ("{", true), ("{\"schema\":1,\"sequence\":\"x\"}", true), ("{\"schema\":99}", false)]
    {
        let scratch = Scratch::new();
        scratch.raise(&missing_user());
        scratch.write("faults.json", state);
        let discarded = scratch.store().discard(&SystemClock, LOCK_TIMEOUT);
        assert_eq!(discarded.is_ok_and(|it| it), goes, "{state}");
        assert_eq!(names(&scratch) == ["faults.lock"], goes, "{state}");
        assert_eq!(scratch.store().is_blank().is_ok_and(|it| it), goes, "{state}");
    }
}
