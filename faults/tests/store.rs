//! What raising and clearing write, and when they write nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "tests look at files behind the store's back")]

mod common;

use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use common::{EVENTS, LOCK_TIMEOUT, STATE, Scratch, let_time_pass, missing_headers, missing_user, repair, report};
use faults::{
    Change, EventContext, EventKind, FaultId, FaultUpdate, Reason, Remedy, Report, Severity, Source, StoreError,
};
use host::process::clock::{Clock, SystemClock};
use host::process::lock::LockError;
use host::testing::VirtualClock;
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::{Mode, umask};

#[test]
fn a_store_that_does_not_exist_is_empty_and_stays_so() {
    let scratch = Scratch::new();
    assert_eq!(scratch.store().read().unwrap().faults, []);
    assert_eq!(scratch.history(), []);
    let wanted = [FaultUpdate::Clear(FaultId::SCAN_USER), FaultUpdate::Clear(FaultId::SELINUX_POLICY)];
    let changes = scratch.store().apply(&wanted, &repair(), &SystemClock, LOCK_TIMEOUT).unwrap();
    assert_eq!(changes, [Change::Nothing, Change::Nothing]);
    assert!(!scratch.root.path().join("var").exists());
}

#[test]
fn a_raise_is_in_the_state_and_an_event() {
    let scratch = Scratch::new();
    let clock = VirtualClock::default();
    clock.advance(Duration::from_secs(86_400));
    let change = scratch.store().lock(&clock, LOCK_TIMEOUT).unwrap().raise(&missing_user(), &repair()).unwrap();
    assert_eq!(change, Change::Raised);

    let snapshot = scratch.store().read().unwrap();
    assert_eq!(snapshot.sequence, 1);
    let fault = snapshot.get(FaultId::SCAN_USER).unwrap();
    assert_eq!((fault.severity, &fault.finding.reason), (Severity::Major, &Reason::UserMissing));
    assert_eq!(fault.finding.detail, "user cisco-amp-scan-svc does not exist");
    assert_eq!((fault.raised_at, fault.updated_at), (clock.now(), clock.now()));
    assert_eq!(fault.source, Source::Repair);

    let events = scratch.history();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].seq, events[0].event, events[0].fault), (1, EventKind::Raised, FaultId::SCAN_USER));
    assert_eq!(events[0].time.to_string(), "1970-01-02T00:00:00Z");
    assert_eq!(events[0].boot_id, repair().boot_id);
}

#[test]
fn the_same_again_touches_no_file() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let before = scratch.traces();
    let_time_pass();
    let later = EventContext { source: Source::Boot, boot_id: Some("another boot".into()) };
    assert_eq!(scratch.lock().raise(&missing_user(), &later).unwrap(), Change::Nothing);
    assert_eq!(scratch.clear(FaultId::SELINUX_POLICY), Change::Nothing);
    let wanted = [FaultUpdate::Raise(missing_user()), FaultUpdate::Clear(FaultId::KERNEL_HEADERS)];
    scratch.store().apply(&wanted, &later, &SystemClock, LOCK_TIMEOUT).unwrap();
    assert!(!scratch.store().read().unwrap().would_change(&missing_user(), scratch.alternate_root()));
    assert_eq!(scratch.traces(), before);
}

#[test]
fn apply_with_nothing_to_do_does_not_wait_for_the_lock() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let _held = scratch.lock();
    let wanted = [FaultUpdate::Raise(missing_user())];
    scratch.store().apply(&wanted, &repair(), &SystemClock, Duration::ZERO).unwrap();
    let wanted = [FaultUpdate::Clear(FaultId::SCAN_USER)];
    let refused = scratch.store().apply(&wanted, &repair(), &SystemClock, Duration::ZERO).unwrap_err();
    assert!(matches!(refused, StoreError::Lock(LockError::Busy { .. })), "{refused}");
}

#[test]
fn apply_makes_all_updates() {
    let scratch = Scratch::new();
    scratch.raise(&missing_headers());
    let wanted = [FaultUpdate::Raise(missing_user()), FaultUpdate::Clear(FaultId::KERNEL_HEADERS)];
    let changes = scratch.store().apply(&wanted, &repair(), &SystemClock, LOCK_TIMEOUT).unwrap();
    assert_eq!(changes, [Change::Raised, Change::Cleared]);
    let snapshot = scratch.store().read().unwrap();
    assert!(snapshot.is_raised(FaultId::SCAN_USER) && !snapshot.is_raised(FaultId::KERNEL_HEADERS));
}

#[test]
fn another_detail_or_remedy_is_no_event() {
    let scratch = Scratch::new();
    let clock = VirtualClock::default();
    let raise = |report: &Report| scratch.store().lock(&clock, LOCK_TIMEOUT).unwrap().raise(report, &repair()).unwrap();
    raise(&missing_user());
    let events = scratch.bytes(EVENTS);
    clock.advance(Duration::from_secs(5));
    let mut other = missing_user();
    other.finding.detail = "the group is missing".into();
    other.finding.remedy = vec![Remedy::run_in_root(["groupadd", "-r", "x"])];
    assert!(scratch.store().read().unwrap().would_change(&other, scratch.alternate_root()));
    assert_eq!(raise(&other), Change::Updated);

    assert_eq!(scratch.bytes(EVENTS), events);
    let snapshot = scratch.store().read().unwrap();
    let fault = snapshot.get(FaultId::SCAN_USER).unwrap();
    assert_eq!(
        (fault.finding.detail.as_str(), fault.finding.remedy.as_slice()),
        ("the group is missing", &["groupadd -r x".to_owned()][..])
    );
    assert_eq!((fault.raised_at, fault.updated_at), (clock.now() - Duration::from_secs(5), clock.now()));
    assert_eq!(snapshot.sequence, 1);
}

#[test]
fn another_reason_or_severity_is_a_change() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let raised_at = scratch.store().read().unwrap().faults[0].raised_at;
    let mode = report(FaultId::SCAN_USER, Reason::DirectoryMode, "/opt/cisco has mode 0700");
    assert_eq!(scratch.raise(&mode), Change::Changed);
    let worse = Report { severity: Some(Severity::Critical), ..mode };
    assert_eq!(scratch.raise(&worse), Change::Changed);
    assert_eq!(scratch.clear(FaultId::SCAN_USER), Change::Cleared);

    let events = scratch.history();
    let kinds: Vec<_> = events.iter().map(|event| (event.seq, event.event, event.severity)).collect();
    assert_eq!(
        kinds,
        [
            (1, EventKind::Raised, Severity::Major),
            (2, EventKind::Changed, Severity::Major),
            (3, EventKind::Changed, Severity::Critical),
            (4, EventKind::Cleared, Severity::Critical),
        ]
    );
    assert_eq!(events[3].finding.reason, Reason::DirectoryMode, "a cleared event says what ended");
    scratch.raise(&worse);
    assert_ne!(scratch.store().read().unwrap().faults[0].raised_at, raised_at, "raised again");
}

#[test]
fn a_change_keeps_the_time_of_the_raise_even_when_replayed() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let raised_at = scratch.store().read().unwrap().faults[0].raised_at;
    scratch.raise(&report(FaultId::SCAN_USER, Reason::UserMismatch, "uid 0"));
    let live = scratch.store().read().unwrap();
    assert_eq!(live.faults[0].raised_at, raised_at);
    scratch.remove(STATE);
    assert_eq!(scratch.store().read().unwrap(), live);
}

#[test]
fn one_lock_serves_a_batch_and_the_list_is_in_order() {
    let scratch = Scratch::new();
    let mut writer = scratch.lock();
    writer.raise(&report(FaultId::SELINUX_POLICY, Reason::ToolsMissing, ""), &repair()).unwrap();
    writer.raise(&missing_user(), &repair()).unwrap();
    writer.raise(&missing_headers(), &repair()).unwrap();
    assert_eq!(*writer.snapshot(), scratch.store().read().unwrap(), "readers need no lock");
    let ids: Vec<_> = writer.snapshot().faults.iter().map(|fault| fault.id.number()).collect();
    assert_eq!(ids, [5, 11, 19]);
}

#[test]
fn text_from_callers_stays_on_its_line() {
    let scratch = Scratch::new();
    let mut odd = missing_user();
    odd.finding.detail = "a\nb\u{1b}[31m\"\u{0}\n".into();
    odd.finding.remedy = vec![Remedy::run_in_root(["echo", "a\tx\r\n"])];
    scratch.raise(&odd);
    let fault = scratch.store().read().unwrap().faults.remove(0);
    assert_eq!((fault.finding.detail.as_str(), fault.finding.remedy[0].as_str()), ("a b [31m\" ", "echo 'a x  '"));
    assert!(fault.remedies.is_empty(), "a command with other words is another one");
    assert_eq!(scratch.raise(&odd), Change::Nothing);
}

#[test]
fn words_and_faults_of_a_newer_version_are_kept() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let newer = |name| String::from_utf8(scratch.bytes(name)).unwrap().replace("user-missing", "user-misplaced");
    let newer = |name| newer(name).replace("\"repair\"", "\"robot\"").replace(": 5,", ": 500,").replace(":5,", ":500,");
    let (state, events) = (newer(STATE), newer(EVENTS));
    scratch.write(STATE, &state);
    scratch.write(EVENTS, &events);

    scratch.raise(&missing_headers());
    let snapshot = scratch.store().read().unwrap();
    let fault = snapshot.faults.iter().find(|fault| fault.id.number() == 500).unwrap();
    assert_eq!((fault.finding.reason.as_str(), fault.source.as_str()), ("user-misplaced", "robot"));
    assert_eq!(scratch.history()[0].finding.reason, Reason::Other("user-misplaced".into()));

    let unknown = Report { id: fault.id, severity: None, ..missing_user() };
    let refused = scratch.lock().raise(&unknown, &repair()).unwrap_err();
    assert_eq!(refused.to_string(), "there is no fault 500; the faults are 5, 6, 7, 8, 9, 11, 16, 18, 19");
    assert_eq!(scratch.clear(fault.id), Change::Cleared);
}

#[test]
fn without_the_state_all_is_made_anew_from_the_events() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    scratch.raise(&missing_headers());
    scratch.clear(FaultId::SCAN_USER);
    let before = scratch.store().read().unwrap();
    let bytes = scratch.bytes(STATE);
    scratch.remove(STATE);
    assert_eq!(scratch.store().read().unwrap(), before);
    assert!(!scratch.path(STATE).exists(), "a reader writes nothing");
    drop(scratch.lock());
    assert_eq!(scratch.bytes(STATE), bytes);
}

#[test]
fn without_the_events_the_sequence_continues() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    scratch.raise(&missing_headers());
    scratch.remove(EVENTS);
    assert_eq!(scratch.store().read().unwrap().faults.len(), 2);
    assert_eq!(scratch.clear(FaultId::SCAN_USER), Change::Cleared);
    assert_eq!(scratch.history().iter().map(|event| event.seq).collect::<Vec<_>>(), [3]);
}

#[test]
fn files_are_readable_by_all_under_any_umask() {
    // A umask of this thread's own, so that other tests keep theirs.
    unshare(CloneFlags::CLONE_FS).unwrap();
    let before = umask(Mode::from_bits_truncate(0o077));
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    umask(before);
    let mode = |path: std::path::PathBuf| std::fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!((mode(scratch.path(STATE)), mode(scratch.path(EVENTS)), mode(scratch.dir())), (0o644, 0o644, 0o755));
    assert_eq!(mode(scratch.root.path().join("var/lib/cisco")), 0o755);
}
