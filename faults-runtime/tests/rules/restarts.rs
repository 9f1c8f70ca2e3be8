//! Fault 6, case by case.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use faults::{FaultId, Reason, Report, Severity, Snapshot};
use faults_runtime::{Decision, End, RestartSettings, Restarts, ScanFailure};
use host::process::clock::Clock;
use host::testing::VirtualClock;

use crate::ledger::{MILLI, MINUTE, SECOND, cleared, raised, report};
use crate::scratch;

const QUIET: Duration = Duration::from_secs(600);

fn crash() -> ScanFailure {
    ScanFailure { end: End::Signalled(11), file: Some("/srv/in.zip".into()) }
}

fn stored() -> Snapshot {
    raised(&scratch::report(FaultId::SCAN_RESTARTS, Reason::ScanProcessFailing, "of the process before"))
}

fn new(failures: u32) -> Restarts {
    let settings = RestartSettings { failures, ..RestartSettings::default() };
    Restarts::resume(settings, &Snapshot::default(), Duration::ZERO).unwrap()
}

fn resumed(clock: &VirtualClock) -> Restarts {
    Restarts::resume(RestartSettings::default(), &stored(), clock.monotonic()).unwrap()
}

/// Failures at these times; says what the last came to.
fn fail_at(restarts: &mut Restarts, times: &[Duration]) -> Decision {
    times.iter().map(|at| restarts.failed(&crash(), *at)).last().unwrap()
}

fn is_raised(decision: &Decision) -> bool {
    if decision.restart {
        let report = report(decision.tell.clone());
        assert_eq!((report.id, &report.finding.reason), (FaultId::SCAN_RESTARTS, &Reason::ScanProcessFailing));
        assert_eq!(report.severity, None, "the catalogue's");
    } else {
        assert_eq!(decision.tell, []);
    }
    decision.restart
}

#[test]
fn three_failures_count_for_less_than_ten_minutes() {
    assert!(!is_raised(&fail_at(&mut new(3), &[MINUTE, 2 * MINUTE])));
    assert!(is_raised(&fail_at(&mut new(3), &[MINUTE, 2 * MINUTE, 11 * MINUTE - MILLI])));
    assert!(!is_raised(&fail_at(&mut new(3), &[MINUTE, 2 * MINUTE, 11 * MINUTE])));
    // The window goes with them: the first is out of it, three others are in.
    assert!(is_raised(&fail_at(&mut new(3), &[MINUTE, 2 * MINUTE, 11 * MINUTE, 12 * MINUTE - MILLI])));
    assert!(!is_raised(&fail_at(&mut new(3), &[MINUTE, 2 * MINUTE, 11 * MINUTE, 12 * MINUTE])));
}

#[test]
fn one_failure_is_enough_where_it_is_set_so() {
    let decision = fail_at(&mut new(1), &[MINUTE]);
    assert!(decision.restart);
    let detail = report(decision.tell).finding.detail;
    assert!(detail.starts_with("the scan process failed once; the last time: signal 11 (SIGSEGV)"), "{detail}");
}

#[test]
fn the_detail_has_count_time_and_last_cause() {
    let mut restarts = new(3);
    let _ = fail_at(&mut restarts, &[MINUTE, 90 * SECOND]);
    let last = ScanFailure { end: End::Exited(3), file: None };
    let found = report(restarts.failed(&last, 332 * SECOND + MILLI).tell);
    assert_eq!(
        found.finding.detail,
        "the scan process failed 3 times within 4m 32s; the last time: exit status 3; the connector restarts"
    );
    assert_eq!(
        found.finding.rendered_inside(None).remedy,
        ["tail -n 100 /var/log/cisco/ampdaemon.log /var/log/cisco/ampscansvc.log"]
    );
}

#[test]
fn durations_are_rounded_to_a_useful_precision() {
    let after = |passed: Duration| report(fail_at(&mut new(2), &[MINUTE, MINUTE + passed]).tell).finding.detail;
    for (passed, shown) in [(0, "0s"), (250_999_999, "250ms"), (1_999_999_999, "1s"), (83_000_000_001, "1m 23s")] {
        let detail = after(Duration::from_nanos(passed));
        assert!(detail.starts_with(&format!("the scan process failed 2 times within {shown}; ")), "{detail}");
    }
}

#[test]
fn a_file_name_cannot_play_with_the_terminal() {
    let named = ScanFailure { end: End::Signalled(6), file: Some("/srv/\u{202e}piz\u{1b}[2J\n.zip".into()) };
    let detail = report(new(1).failed(&named, MINUTE).tell).finding.detail;
    assert!(detail.contains(r#"while scanning "/srv/\u{202e}piz\u{1b}[2J\n.zip""#), "{detail}");
}

#[test]
fn until_the_restart_it_is_requested_and_nothing_is_cleared() {
    let mut restarts = new(3);
    let first = fail_at(&mut restarts, &[SECOND, 2 * SECOND, 3 * SECOND]);
    assert_eq!(restarts.failed(&ScanFailure { end: End::Exited(1), file: None }, 4 * SECOND), first);
    assert_eq!(restarts.tick(24 * 60 * MINUTE), None);
    assert_eq!(restarts.failed(&crash(), 25 * 60 * MINUTE), first);
}

#[test]
fn ten_quiet_minutes_after_the_restart_clear_it() {
    let clock = VirtualClock::default();
    clock.advance(7 * SECOND);
    let mut restarts = resumed(&clock);
    clock.advance(QUIET - MILLI);
    assert_eq!(restarts.tick(clock.monotonic()), None);
    clock.advance(MILLI);
    assert_eq!(restarts.tick(clock.monotonic()), cleared(FaultId::SCAN_RESTARTS));
    assert_eq!(restarts.tick(clock.monotonic()), None);
    // Then everything starts again.
    let now = clock.monotonic();
    assert!(!is_raised(&fail_at(&mut restarts, &[now, now])));
    assert!(is_raised(&restarts.failed(&crash(), now)));
}

#[test]
fn a_failure_within_them_keeps_it_until_a_later_restart_is_quiet() {
    let clock = VirtualClock::default();
    let mut restarts = resumed(&clock);
    clock.advance(QUIET - MILLI);
    let decision = restarts.failed(&crash(), clock.monotonic());
    assert!(!decision.restart, "the connector does not restart for ever");
    let found = report(decision.tell.clone());
    assert_eq!(
        found.finding.detail,
        "the connector has restarted, and the scan process failed again before 10m had passed: signal 11 (SIGSEGV) \
         while scanning \"/srv/in.zip\"; it does not recover by itself: find the cause, then restart the connector"
    );
    clock.advance(24 * 60 * MINUTE);
    assert_eq!(restarts.tick(clock.monotonic()), None);
    // The same failure says the same, which the store need not write; so do any number of them.
    for _ in 0..10 {
        assert_eq!(restarts.failed(&crash(), clock.monotonic()), decision);
    }

    let mut restarts = Restarts::resume(RestartSettings::default(), &raised(&found), clock.monotonic()).unwrap();
    clock.advance(QUIET);
    assert_eq!(restarts.tick(clock.monotonic()), cleared(FaultId::SCAN_RESTARTS));
}

#[test]
fn a_failure_when_the_quiet_time_is_just_over_is_the_first_of_a_new_count() {
    let clock = VirtualClock::default();
    let mut restarts = resumed(&clock);
    clock.advance(QUIET);
    let decision = restarts.failed(&crash(), clock.monotonic());
    assert_eq!(decision, Decision { tell: vec![cleared(FaultId::SCAN_RESTARTS).unwrap()], restart: false });

    let settings = RestartSettings { failures: 1, ..RestartSettings::default() };
    let mut restarts = Restarts::resume(settings, &stored(), Duration::ZERO).unwrap();
    let Decision { tell, restart } = restarts.failed(&crash(), QUIET);
    assert!(restart);
    assert_eq!(tell[..1], [cleared(FaultId::SCAN_RESTARTS).unwrap()]);
    report(tell[1..].to_vec());
}

#[test]
fn times_that_go_back_count_as_the_latest() {
    let mut restarts = Restarts::resume(RestartSettings::default(), &stored(), 5 * MINUTE).unwrap();
    assert_eq!(restarts.tick(MINUTE), None);
    assert_eq!(restarts.tick(15 * MINUTE - MILLI), None);
    assert_eq!(restarts.tick(15 * MINUTE), cleared(FaultId::SCAN_RESTARTS));

    let mut restarts = new(3);
    assert!(!is_raised(&fail_at(&mut restarts, &[20 * MINUTE, MINUTE])));
    assert!(is_raised(&restarts.failed(&crash(), 30 * MINUTE - MILLI)), "both count as 20 minutes");
}

#[test]
fn a_fault_raised_by_hand_is_cleared_by_the_same_rule() {
    let by_hand = Report {
        severity: Some(Severity::Minor),
        ..scratch::report(FaultId::SCAN_RESTARTS, Reason::RaisedByHand, "to try it")
    };
    let mut restarts = Restarts::resume(RestartSettings::default(), &raised(&by_hand), Duration::ZERO).unwrap();
    assert_eq!(restarts.tick(QUIET), cleared(FaultId::SCAN_RESTARTS));
}

#[test]
fn an_end_is_read_from_a_wait_status() {
    let of = |raw| End::from(ExitStatus::from_raw(raw));
    assert_eq!(of(3 << 8), End::Exited(3));
    assert_eq!(of(9), End::Signalled(9));
    assert_eq!(of(0x80 | 11).to_string(), "signal 11 (SIGSEGV)", "with a core dump");
    assert_eq!(End::Signalled(63).to_string(), "signal 63");
    assert_eq!(of(0x137f).to_string(), "no answer (stopped (not terminated) by signal: 19 (SIGSTOP))");
}
