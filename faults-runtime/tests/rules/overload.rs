//! Fault 18, case by case.

use std::time::Duration;

use faults::{FaultId, FaultUpdate, Reason, Report, Severity, Snapshot};
use faults_runtime::{Load, Overload, OverloadSettings};

use crate::ledger::{Ledger, MILLI, MINUTE, SECOND, cleared, raised, report};
use crate::scratch;

/// Nothing smoothed, so that the edges are exact.
fn unsmoothed() -> OverloadSettings {
    OverloadSettings { smoothing: Duration::ZERO, ..OverloadSettings::default() }
}

fn stored(severity: Severity) -> Snapshot {
    let report = scratch::report(FaultId::OVERLOAD, Reason::EventsOverloaded, "of the process before");
    raised(&Report { severity: Some(severity), ..report })
}

/// The rule a day after its process began: what was before it is long ago.
fn new() -> (Overload, Duration) {
    (Overload::resume(unsmoothed(), &Snapshot::default(), Duration::ZERO).unwrap(), 24 * 60 * MINUTE)
}

fn resumed(severity: Severity) -> Overload {
    Overload::resume(unsmoothed(), &stored(severity), Duration::ZERO).unwrap()
}

/// Samples of one load each second from `from` to `to`, both included; says what changed and when.
fn feed(rule: &mut Overload, load: f64, from: Duration, to: Duration) -> Vec<(Duration, Option<Severity>)> {
    let mut ledger = Ledger::default();
    if let Some(level) = rule.level() {
        ledger.stored = stored(level);
    }
    let mut now = from;
    while now <= to {
        ledger.take(rule.sample(Load::ratio(load), now), now);
        now += SECOND;
    }
    ledger.changes
}

#[test]
fn it_is_raised_when_the_load_was_high_for_thirty_seconds_and_not_before() {
    for (load, level) in [(1.0, Severity::Major), (1.99, Severity::Major), (2.0, Severity::Critical)] {
        let (mut rule, at) = new();
        assert_eq!(rule.sample(Load::ratio(load), at), None);
        assert_eq!(rule.sample(Load::ratio(load), at + 30 * SECOND - MILLI), None);
        let found = report(rule.sample(Load::ratio(load), at + 30 * SECOND));
        assert_eq!(
            (found.id, found.finding.reason, found.severity),
            (FaultId::OVERLOAD, Reason::EventsOverloaded, Some(level))
        );
        assert_eq!(rule.level(), Some(level));
        assert_eq!(rule.sample(Load::ratio(load), at + 31 * SECOND), None, "it is reported once");
    }
    let (mut rule, at) = new();
    assert_eq!(feed(&mut rule, 0.99, at, at + 10 * MINUTE), []);
}

#[test]
fn one_sample_below_the_threshold_restarts_the_time() {
    let (mut rule, at) = new();
    assert_eq!(feed(&mut rule, 1.5, at, at + 29 * SECOND), []);
    assert_eq!(feed(&mut rule, 0.9, at + 29 * SECOND + MILLI, at + 30 * SECOND), []);
    assert_eq!(feed(&mut rule, 1.5, at + 30 * SECOND, at + 59 * SECOND), []);
    assert_eq!(feed(&mut rule, 1.5, at + MINUTE, at + MINUTE), [(at + MINUTE, Some(Severity::Major))]);
}

#[test]
fn major_becomes_critical_without_waiting() {
    let (mut rule, at) = new();
    feed(&mut rule, 1.5, at, at + 30 * SECOND);
    let changes = feed(&mut rule, 2.5, at + 31 * SECOND, at + 2 * MINUTE);
    assert_eq!(changes, [(at + 61 * SECOND, Some(Severity::Critical))]);
}

#[test]
fn it_goes_back_only_from_below_the_lower_threshold_after_a_minute() {
    let mut rule = resumed(Severity::Critical);
    assert_eq!(feed(&mut rule, 1.4, SECOND, 10 * MINUTE), []);
    let at = 11 * MINUTE;
    assert_eq!(rule.sample(Load::ratio(1.39), at), None);
    assert_eq!(rule.sample(Load::ratio(1.39), at + MINUTE - MILLI), None);
    let found = report(rule.sample(Load::ratio(1.39), at + MINUTE));
    assert_eq!(found.severity, Some(Severity::Major));

    let at = 13 * MINUTE;
    assert_eq!(feed(&mut rule, 0.7, at, at + 10 * MINUTE), []);
    let at = 24 * MINUTE;
    assert_eq!(rule.sample(Load::ratio(0.69), at), None);
    assert_eq!(rule.sample(Load::ratio(0.69), at + MINUTE - MILLI), None);
    assert_eq!(rule.sample(Load::ratio(0.69), at + MINUTE), cleared(FaultId::OVERLOAD));
    assert_eq!(rule.sample(Load::ratio(0.69), at + 2 * MINUTE), None);
}

#[test]
fn from_critical_to_nothing_is_one_change_where_there_is_no_load() {
    let mut rule = resumed(Severity::Critical);
    assert_eq!(feed(&mut rule, 0.0, 10 * SECOND, 5 * MINUTE), [(70 * SECOND, None)]);
}

#[test]
fn after_a_change_there_is_none_in_the_other_direction_for_min_hold() {
    let settings = OverloadSettings { min_hold: 10 * MINUTE, ..unsmoothed() };
    let mut rule = Overload::resume(settings.clone(), &Snapshot::default(), Duration::ZERO).unwrap();
    let changes = feed(&mut rule, 3.0, SECOND, 15 * MINUTE);
    assert_eq!(changes, [(10 * MINUTE, Some(Severity::Critical))], "the beginning of the process is a change");
    let changes = feed(&mut rule, 0.0, 16 * MINUTE, 30 * MINUTE);
    assert_eq!(changes, [(20 * MINUTE, None)]);
    let changes = feed(&mut rule, 1.5, 21 * MINUTE, 29 * MINUTE);
    assert_eq!(changes, [], "times that went back are all half past");
    let changes = feed(&mut rule, 1.5, 30 * MINUTE + SECOND, 40 * MINUTE);
    assert_eq!(changes, [(30 * MINUTE + 30 * SECOND, Some(Severity::Major))]);

    let mut rule = Overload::resume(settings, &stored(Severity::Major), Duration::ZERO).unwrap();
    let changes = feed(&mut rule, 3.0, SECOND, 5 * MINUTE);
    assert_eq!(changes, [(31 * SECOND, Some(Severity::Critical))], "which is the same way");
}

#[test]
fn the_load_just_round_one_threshold_does_not_make_it_flap() {
    let (mut rule, at) = new();
    let mut ledger = Ledger::default();
    for second in 0u32..3600 {
        let load = if second / 90 % 2 == 0 { 1.1 } else { 0.9 };
        let now = at + second * SECOND;
        ledger.take(rule.sample(Load::ratio(load), now), now);
    }
    assert_eq!(ledger.changes, [(at + 30 * SECOND, Some(Severity::Major))]);
}

#[test]
fn smoothing_sees_through_single_samples() {
    let mut rule = Overload::resume(OverloadSettings::default(), &Snapshot::default(), Duration::ZERO).unwrap();
    let mut ledger = Ledger::default();
    for second in 1u32..600 {
        // Overloaded on average, though never for two samples together.
        let load = if second % 2 == 0 { 1.8 } else { 0.5 };
        ledger.take(rule.sample(Load::ratio(load), second * SECOND), second * SECOND);
    }
    let [(_, Some(Severity::Major))] = ledger.changes[..] else { panic!("{:?}", ledger.changes) };
}

#[test]
fn no_samples_are_not_the_same_as_no_load() {
    let mut rule = resumed(Severity::Critical);
    let load = Load::events(5000.0, 2000.0);
    assert_eq!(rule.sample(load, MINUTE), None);
    assert_eq!(rule.load(3 * MINUTE - MILLI), Some(2.5));
    assert_eq!(rule.load(3 * MINUTE), None, "with or without a tick");
    assert_eq!(rule.tick(3 * MINUTE - MILLI), None);
    let found = report(rule.tick(3 * MINUTE));
    assert_eq!(found.severity, Some(Severity::Critical), "no event");
    assert_eq!(found.finding.detail, "no load was measured for 2m; it stays critical until one is");
    assert_eq!(rule.load(3 * MINUTE), None);
    assert_eq!(rule.tick(24 * 60 * MINUTE), None);
    // Samples arrive again: the report is up to date again, and all times start again.
    let at = 25 * 60 * MINUTE;
    let found = report(rule.sample(load, at));
    assert_eq!(
        found.finding.detail,
        "the load is 2.50 (lately 5000 events a second, 2000 can be handled); critical from 2.00 on for 30s, until it \
         is below 1.40 for 1m"
    );
    assert_eq!(rule.sample(load, at + SECOND), None);
}

#[test]
fn a_gap_restarts_each_time() {
    let (mut rule, at) = new();
    assert_eq!(feed(&mut rule, 1.5, at, at + 29 * SECOND), []);
    // Without a tick between them.
    let at = at + 29 * SECOND + 2 * MINUTE;
    assert_eq!(feed(&mut rule, 1.5, at, at + MINUTE), [(at + 30 * SECOND, Some(Severity::Major))]);
    // A gap that is shorter does not.
    let mut rule = resumed(Severity::Major);
    assert_eq!(rule.sample(Load::ratio(0.1), MINUTE), None);
    assert_eq!(rule.sample(Load::ratio(0.1), 3 * MINUTE - MILLI), cleared(FaultId::OVERLOAD));
    let mut rule = resumed(Severity::Major);
    assert_eq!(rule.sample(Load::ratio(0.1), MINUTE), None);
    assert!(
        matches!(rule.sample(Load::ratio(0.1), 3 * MINUTE), Some(FaultUpdate::Raise(_))),
        "the store has a report of the gap"
    );
    assert_eq!(rule.sample(Load::ratio(0.1), 4 * MINUTE), cleared(FaultId::OVERLOAD));
}

#[test]
fn after_a_gap_the_load_is_the_next_sample() {
    let settings = OverloadSettings { smoothing: 60 * MINUTE, ..OverloadSettings::default() };
    let mut rule = Overload::resume(settings, &Snapshot::default(), Duration::ZERO).unwrap();
    rule.sample(Load::ratio(0.1), SECOND);
    rule.sample(Load::ratio(1.9), MINUTE);
    assert!(rule.load(MINUTE).unwrap() < 0.2, "it is smoothed");
    rule.sample(Load::ratio(1.9), 3 * MINUTE);
    assert_eq!(rule.load(3 * MINUTE), Some(1.9));
    rule.sample(Load::ratio(1.9), 3 * MINUTE + 30 * SECOND);
    assert_eq!(rule.level(), Some(Severity::Major));
}

#[test]
fn where_nothing_is_raised_there_is_nothing_to_say_about_silence() {
    let (mut rule, at) = new();
    assert_eq!(rule.tick(at), None);
    assert_eq!(rule.sample(Load::ratio(0.1), at + MINUTE), None);
    assert_eq!(rule.tick(at + 60 * MINUTE), None);
    assert_eq!(rule.sample(Load::ratio(0.1), at + 61 * MINUTE), None);
}

#[test]
fn an_invalid_load_does_not_count_as_a_sample() {
    let mut rule = resumed(Severity::Major);
    for load in [Load::ratio(f64::NAN), Load::ratio(-0.1), Load::events(0.0, 0.0), Load::events(-5.0, 10.0)] {
        assert_eq!(rule.sample(load, MINUTE), None);
        assert_eq!(rule.load(MINUTE), None);
    }
    assert!(
        report(rule.sample(Load::ratio(f64::NAN), 2 * MINUTE))
            .finding
            .detail
            .starts_with("no load was measured for 2m")
    );
    // Nothing can be handled, and there is something to do: as bad as can be, and it passes like any other.
    let (mut rule, at) = new();
    rule.sample(Load::events(1.0, 0.0), at);
    let found = report(rule.sample(Load::events(1.0, 0.0), at + 30 * SECOND));
    assert_eq!(found.severity, Some(Severity::Critical));
    assert!(found.finding.detail.starts_with("the load is 1000.00 (lately 1 events a second, 0 can be handled)"));
    assert_eq!(feed(&mut rule, 0.1, at + 31 * SECOND, at + 5 * MINUTE), [(at + 91 * SECOND, None)]);
}

#[test]
fn a_fault_that_another_process_raised_is_adopted() {
    assert_eq!(resumed(Severity::Minor).level(), Some(Severity::Major));
    assert_eq!(resumed(Severity::Major).level(), Some(Severity::Major));
    assert_eq!(resumed(Severity::Critical).level(), Some(Severity::Critical));
}
