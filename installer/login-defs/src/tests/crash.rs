//! A stop after every file operation, and an error at every one.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;

use nix::errno::Errno;

use super::scratch::{DEFS, STATE, Scratch, on_disk};
use crate::fault_injection::{self, Injected};
use crate::{open, recover, stale_window};

/// Hosts, named after the method that they need.
const HOSTS: [&str; 9] =
    ["swap", "swap-append", "no-exchange", "link", "in-place", "busy", "make", "make-from-vendor", "drop-in"];

fn host(kind: &str) -> Scratch {
    fault_injection::deny(match kind {
        "no-exchange" => &[("exchange", Errno::EINVAL)],
        "in-place" => &[("link .login.defs", Errno::EXDEV)],
        // Links work, renaming does not.
        "busy" => &[("exchange", Errno::EBUSY), ("rename login.defs", Errno::EBUSY)],
        _ => &[],
    });
    match kind {
        "swap-append" => Scratch::with(b"UMASK 022\r\n#USERGROUPS_ENAB no"),
        "link" => {
            let scratch = Scratch::bare();
            scratch.put("usr/share/defaults/login.defs", DEFS);
            symlink("../usr/share/defaults/login.defs", scratch.path("etc/login.defs")).unwrap();
            scratch
        }
        "make" => Scratch::bare(),
        "make-from-vendor" => {
            let scratch = Scratch::bare();
            scratch.put("usr/etc/login.defs", DEFS);
            scratch
        }
        "drop-in" => {
            let scratch = Scratch::with(DEFS);
            scratch.put("etc/login.defs.d/50-site.defs", b"USERGROUPS_ENAB no\n");
            scratch.put("etc/login.defs.d/zz.defs", b"USERGROUPS_ENAB no\n");
            scratch
        }
        _ => Scratch::with(DEFS),
    }
}

fn is_yes(scratch: &Scratch) -> bool {
    crate::read(&scratch.root).unwrap().usergroups_enab
}

/// Opens and closes. Returns whether both worked.
fn window(scratch: &Scratch) -> bool {
    let plan = scratch.plan();
    match open(&scratch.root, scratch.state(), &plan) {
        Ok(window) => window.close().is_ok(),
        Err(_) => false,
    }
}

/// Returns the number of operations of an undisturbed window, without planning.
fn operations(kind: &str) -> usize {
    let scratch = host(kind);
    let before = scratch.picture();
    assert!(!is_yes(&scratch));
    let plan = scratch.plan();
    fault_injection::inject(None);
    let window = open(&scratch.root, scratch.state(), &plan).unwrap();
    let opened = fault_injection::log().len();
    assert!(is_yes(&scratch), "{kind}");
    fault_injection::inject(None);
    assert!(!window.close().unwrap().concurrent_edit, "{kind}");
    let closed = fault_injection::log().len();
    assert_eq!(scratch.picture(), before.clone(), "{kind}");
    assert_eq!(stale_window(&scratch.root, scratch.state()).unwrap(), None, "{kind}");
    opened + closed
}

fn window_stopped_at(scratch: &Scratch, at: usize, how: Injected) -> bool {
    let plan = scratch.plan();
    fault_injection::inject(Some((at, how)));
    let fine = match open(&scratch.root, scratch.state(), &plan) {
        Ok(window) => window.close().is_ok(),
        Err(_) => false,
    };
    fault_injection::inject(None);
    fine
}

/// What the crash lost, in addition to the process.
#[derive(Debug, Clone, Copy)]
enum Lost {
    Nothing,
    /// The record's content.
    Record,
    /// The state directory.
    StateDir,
}

fn stopped_and_recovered(kind: &str, at: usize, lost: Lost) {
    let scratch = host(kind);
    let before = scratch.picture();
    window_stopped_at(&scratch, at, Injected::Kill);
    let record = scratch.path(STATE).join("login-defs-window.json");
    match lost {
        Lost::Nothing => {}
        Lost::Record if record.exists() => fs::write(record, b"{\"schema\":1,\"ma").unwrap(),
        Lost::StateDir if record.exists() => fs::remove_dir_all(scratch.path(STATE)).unwrap(),
        _ => {}
    }
    let left = stale_window(&scratch.root, scratch.state()).unwrap();
    let recovered = recover(&scratch.root, scratch.state()).unwrap_or_else(|e| panic!("{kind}, {at}, {lost:?}: {e}"));
    assert_eq!(left.is_some(), recovered.is_some());
    assert!(recovered.is_none_or(|recovered| !recovered.concurrent_edit), "{kind}, {at}, {lost:?}");
    assert_eq!(scratch.picture(), before, "{kind}, stopped at {at}, lost {lost:?}");
    assert_eq!(stale_window(&scratch.root, scratch.state()).unwrap(), None, "{kind}, {at}");
    assert_eq!(recover(&scratch.root, scratch.state()).unwrap(), None, "{kind}, {at}");
}

#[test]
fn a_stop_at_every_operation() {
    let mut points = 0;
    for kind in HOSTS {
        let operations = operations(kind);
        for at in 1..=operations + 1 {
            on_disk(at % 3 == 0);
            stopped_and_recovered(kind, at, Lost::Nothing);
            on_disk(false);
            stopped_and_recovered(kind, at, Lost::Record);
            // The only copy of a text that is written in place is in the state directory.
            if !["in-place", "busy"].contains(&kind) {
                stopped_and_recovered(kind, at, Lost::StateDir);
            }
            points += 1;
        }
        eprintln!("{kind}: {operations} operations");
    }
    eprintln!("{points} points");
}

#[test]
fn a_stop_at_every_operation_of_the_recovery() {
    on_disk(false);
    let mut points = 0;
    for kind in HOSTS {
        for at in 1..=operations(kind) {
            // Recovery takes no more operations than the window.
            for second in 1.. {
                let scratch = host(kind);
                let before = scratch.picture();
                window_stopped_at(&scratch, at, Injected::Kill);
                fault_injection::inject(Some((second, Injected::Kill)));
                let finished = recover(&scratch.root, scratch.state()).is_ok();
                let taken = fault_injection::log().len();
                fault_injection::inject(None);
                recover(&scratch.root, scratch.state()).unwrap();
                assert_eq!(scratch.picture(), before, "{kind}, stopped at {at}, then at {second}");
                points += 1;
                if finished && taken < second {
                    break;
                }
            }
        }
    }
    eprintln!("{points} points");
}

#[test]
fn an_error_at_every_operation() {
    on_disk(false);
    let mut points = 0;
    for kind in HOSTS {
        for errno in [Errno::EIO, Errno::ENOSPC, Errno::EACCES, Errno::EINTR, Errno::EROFS, Errno::ENOMEM] {
            for at in 1..=operations(kind) {
                let scratch = host(kind);
                let before = scratch.picture();
                window_stopped_at(&scratch, at, Injected::Fail(errno));
                assert_eq!(scratch.picture(), before, "{kind}, {errno} at {at}");
                assert_eq!(recover(&scratch.root, scratch.state()).unwrap(), None, "{kind}, {errno} at {at}");
                points += 1;
            }
        }
    }
    eprintln!("{points} points");
}

#[test]
fn an_edit_after_the_crash_is_kept() {
    on_disk(false);
    let edit = b"# by hand\n";
    for kind in ["swap", "no-exchange", "link", "in-place", "make-from-vendor"] {
        for at in 1..=operations(kind) + 1 {
            for replaced in [false, true] {
                let scratch = host(kind);
                window_stopped_at(&scratch, at, Injected::Kill);
                let path = fs::canonicalize(scratch.path("etc/login.defs"));
                let Ok(path) = path else { continue };
                let mut text = super::scratch::quiet_read(&path);
                // An edit of a torn text would not be on purpose.
                if kind == "in-place" && ![DEFS.to_vec(), crate::text::patch(DEFS).content].contains(&text) {
                    continue;
                }
                text.extend_from_slice(edit);
                if replaced {
                    fs::write(path.with_extension("swp"), &text).unwrap();
                    fs::rename(path.with_extension("swp"), &path).unwrap();
                } else {
                    fs::write(&path, &text).unwrap();
                }
                recover(&scratch.root, scratch.state()).unwrap();
                let wanted = [DEFS, edit].concat();
                let found = super::scratch::quiet_read(&path);
                assert_eq!(
                    String::from_utf8_lossy(&found),
                    String::from_utf8_lossy(&wanted),
                    "{kind}, stopped at {at}, replaced {replaced}"
                );
                let names = super::scratch::names(path.parent().unwrap());
                assert_eq!(names, [OsString::from("login.defs")], "{kind}, {at}");
                assert_eq!(stale_window(&scratch.root, scratch.state()).unwrap(), None);
            }
        }
    }
}

#[test]
fn a_panic_closes_the_window() {
    for kind in HOSTS {
        let scratch = host(kind);
        let before = scratch.picture();
        let plan = scratch.plan();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _window = open(&scratch.root, scratch.state(), &plan).unwrap();
            assert!(is_yes(&scratch));
            std::panic::resume_unwind(Box::new("useradd failed"));
        }));
        assert!(caught.is_err());
        assert_eq!(scratch.picture(), before, "{kind}");
    }
}

#[test]
fn nothing_changes_before_the_intent_is_on_disk() {
    for kind in HOSTS {
        let scratch = host(kind);
        fault_injection::inject(None);
        assert!(window(&scratch));
        let log = fault_injection::log();
        let stored = log.iter().position(|step| step == "rename login-defs-window.json").unwrap();
        assert_eq!(log[stored + 1], "sync ");
        assert!(
            log[..stored].iter().all(|step| step.starts_with("read") || step.contains("login-defs-window")),
            "{log:?}"
        );
    }
}
