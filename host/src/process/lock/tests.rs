use std::cell::Cell;

use super::*;
use crate::process::clock::SystemClock;
use crate::testing::VirtualClock;

const LOCK: &str = "/run/cisco/hostprep.lock";

fn scratch() -> (tempfile::TempDir, Root) {
    let dir = tempfile::tempdir().unwrap();
    nix::unistd::mkdir(&dir.path().join("etc"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let root = Root::alternate(dir.path()).unwrap();
    (dir, root)
}

fn acquire(root: &Root, clock: &dyn Clock, waiting: &mut dyn FnMut()) -> Result<Lock, LockError> {
    Lock::acquire(root, &LOCK.into(), clock, Duration::from_secs(2), waiting)
}

#[test]
fn a_second_process_waits_reports_it_once_and_times_out() {
    let (_dir, root) = scratch();
    let clock = VirtualClock::default();
    let _first = acquire(&root, &clock, &mut || {}).unwrap();
    let calls = Cell::new(0);
    let error = acquire(&root, &clock, &mut || calls.set(calls.get() + 1)).unwrap_err();
    assert!(matches!(error, LockError::Busy { .. }), "{error}");
    assert!(error.to_string().contains("another process has held"), "{error}");
    assert_eq!(calls.get(), 1);
    assert!(clock.monotonic() >= Duration::from_secs(2));
}

#[test]
fn dropping_it_frees_it() {
    let (_dir, root) = scratch();
    let first = acquire(&root, &SystemClock, &mut || {}).unwrap();
    // As a child has it between its fork and its program.
    let _inherited = first.held.0.try_clone().unwrap();
    drop(first);
    acquire(&root, &SystemClock, &mut || panic!("waited for a free lock")).unwrap();
}

#[test]
fn a_directory_is_free_after_its_lock_and_after_a_look() {
    let (_dir, root) = scratch();
    let etc = || root.dir("/etc").unwrap();
    let acquire = || DirLock::acquire(etc(), &VirtualClock::default(), Duration::from_secs(2));
    let first = acquire().unwrap();
    let held = first._held.as_ref().unwrap();
    let _inherited = held.0.as_fd().try_clone_to_owned().unwrap();
    assert!(DirLock::is_held_by_another(&etc()));
    assert!(matches!(acquire().unwrap_err(), LockError::Busy { .. }));
    drop(first);
    let looked_at = etc();
    let _inherited = looked_at.as_fd().try_clone_to_owned().unwrap();
    assert!(!DirLock::is_held_by_another(&looked_at));
    acquire().unwrap();
}

#[test]
fn a_removed_lock_file_does_not_let_two_processes_in() {
    let (_dir, root) = scratch();
    let first = acquire(&root, &SystemClock, &mut || {}).unwrap();
    let second = std::thread::scope(|scope| {
        let waiter = scope.spawn(|| acquire(&root, &SystemClock, &mut || {}));
        std::thread::yield_now();
        first.remove().unwrap();
        waiter.join().unwrap().unwrap()
    });
    assert!(root.exists(LOCK), "the second one holds a file that has a name");
    let error = acquire(&root, &VirtualClock::default(), &mut || {}).unwrap_err();
    assert!(matches!(error, LockError::Busy { .. }), "{error}");
    second.remove().unwrap();
    assert!(!root.exists(LOCK));
}
