//! Fault 18 under any load.

use std::time::Duration;

use faults::{Severity, Snapshot};
use faults_runtime::{Load, Overload, OverloadSettings, Threshold};
use proptest::prelude::*;

use crate::ledger::{Ledger, MILLI, MINUTE, SECOND};

const ALL: [Option<Severity>; 3] = [None, Some(Severity::Major), Some(Severity::Critical)];

fn seconds(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_secs)
}

prop_compose! {
    fn settings()(
        major_raise in 0.5..2.0,
        critical_by in 1.1..3.0,
        clear_at in 0.2..0.95,
        times in prop::collection::vec(seconds(1..120), 4),
        smoothing in seconds(0..60),
        min_hold in seconds(1..300),
        sample_timeout in seconds(30..300),
    ) -> OverloadSettings {
        let threshold = |raise: f64, at: usize| {
            Threshold { raise, raise_for: times[at], clear: raise * clear_at, clear_for: times[at + 1] }
        };
        let settings = OverloadSettings {
            major: threshold(major_raise, 0),
            critical: threshold(major_raise * critical_by, 2),
            smoothing,
            min_hold,
            sample_timeout,
        };
        settings.validate().unwrap();
        settings
    }
}

/// Time passed and the load since the sample before; no load, where there is but a tick.
fn curve() -> impl Strategy<Value = Vec<(Duration, Option<f64>)>> {
    let passed = prop_oneof![8 => 1u64..5_000, 3 => 1u64..60_000, 1 => 1u64..600_000].prop_map(Duration::from_millis);
    let load = prop_oneof![4 => 0.0..6.0, 1 => 0.0..0.3, 1 => 6.0..1e6, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)];
    // Pieces of about constant load, as hosts have them.
    let piece = (prop::option::weighted(0.9, load), prop::collection::vec((passed, 0.9..1.1), 1..60));
    prop::collection::vec(piece, 1..12).prop_map(|pieces| {
        let piece = |(load, steps): (Option<f64>, Vec<(Duration, f64)>)| {
            steps.into_iter().map(move |(passed, by)| (passed, load.map(|load| load * by)))
        };
        pieces.into_iter().flat_map(piece).collect()
    })
}

/// Plays a curve; says where it ended.
fn play(rule: &mut Overload, ledger: &mut Ledger, mut now: Duration, curve: &[(Duration, Option<f64>)]) -> Duration {
    for (passed, load) in curve {
        now += *passed;
        let wanted = match load {
            Some(load) => rule.sample(Load::ratio(*load), now),
            None => rule.tick(now),
        };
        ledger.take(wanted, now);
        assert_eq!(ledger.stored.faults.first().map(|fault| fault.severity), rule.level());
    }
    now
}

/// The same load for longer than every time in the settings.
fn steadily(load: f64) -> Vec<(Duration, Option<f64>)> {
    vec![(SECOND, Some(load)); 1200]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changes_in_opposite_directions_are_at_least_the_dwell_apart(settings in settings(), curve in curve()) {
        let mut rule = Overload::resume(settings.clone(), &Snapshot::default(), Duration::ZERO).unwrap();
        let mut ledger = Ledger::default();
        play(&mut rule, &mut ledger, Duration::ZERO, &curve);
        // The process begins with a change to nothing.
        let (mut before, mut level, mut upwards) = (Duration::ZERO, None, false);
        for (at, now) in ledger.changes {
            let up = now > level;
            prop_assert!(up == upwards || at - before >= settings.min_hold, "{at:?} after {before:?}");
            (before, level, upwards) = (at, now, up);
        }
    }

    #[test]
    fn nothing_changes_sooner_than_the_load_was_so_for_its_time(settings in settings(), curve in curve()) {
        let settings = OverloadSettings { smoothing: Duration::ZERO, ..settings };
        let mut rule = Overload::resume(settings.clone(), &Snapshot::default(), Duration::ZERO).unwrap();
        let mut ledger = Ledger::default();
        play(&mut rule, &mut ledger, Duration::ZERO, &curve);
        let mut level = None;
        for (at, now) in ledger.changes {
            let severity = now.max(level).unwrap();
            let threshold = if severity == Severity::Critical { settings.critical } else { settings.major };
            let (needed, is_so): (_, Box<dyn Fn(f64) -> bool>) = if now > level {
                (threshold.raise_for, Box::new(|load| load >= threshold.raise))
            } else {
                (threshold.clear_for, Box::new(|load| load < threshold.clear))
            };
            // Backwards from the change, as long as the load was so and samples came.
            let (mut time, mut samples) = (Duration::ZERO, Vec::new());
            for (passed, load) in &curve {
                time += *passed;
                samples.extend(load.filter(|load| *load >= 0.0).map(|load| (time, load)));
            }
            let mut since = at;
            for (time, load) in samples.into_iter().rev().skip_while(|(time, _)| *time > at) {
                if !is_so(load) || since - time >= settings.sample_timeout {
                    break;
                }
                since = time;
            }
            prop_assert!(at - since >= needed, "{level:?} to {now:?} at {at:?}, so since {since:?}");
            level = now;
        }
    }

    #[test]
    fn a_steady_load_ends_where_it_belongs(settings in settings(), curve in curve(), part in 0.0..0.99) {
        let (major, critical) = (settings.major, settings.critical);
        let ends = |load: f64| {
            let mut rule = Overload::resume(settings.clone(), &Snapshot::default(), Duration::ZERO).unwrap();
            let mut ledger = Ledger::default();
            let now = play(&mut rule, &mut ledger, Duration::ZERO, &curve);
            let now = play(&mut rule, &mut ledger, now, &steadily(load));
            let settled = ledger.changes.len();
            play(&mut rule, &mut ledger, now, &steadily(load));
            assert_eq!(ledger.changes.len(), settled, "and stays there");
            rule.level()
        };
        prop_assert_eq!(ends(major.clear * part), None);
        prop_assert_eq!(ends(critical.raise * (1.01 + part)), Some(Severity::Critical));
        if major.raise * 1.02 < critical.clear * 0.99 {
            let between = major.raise * 1.01 + (critical.clear * 0.99 - major.raise * 1.01) * part;
            prop_assert_eq!(ends(between), Some(Severity::Major));
        }
    }

    #[test]
    fn from_wherever_it_starts_no_load_clears_it(settings in settings(), level in prop::sample::select(ALL.to_vec())) {
        let mut ledger = Ledger::default();
        if let Some(severity) = level {
            let mut busy = Overload::resume(settings.clone(), &Snapshot::default(), Duration::ZERO).unwrap();
            let load = if severity == Severity::Critical { settings.critical.raise } else { settings.major.raise };
            play(&mut busy, &mut ledger, Duration::ZERO, &steadily(load));
            prop_assert_eq!(busy.level(), level);
        }
        let mut rule = Overload::resume(settings, &ledger.stored, Duration::ZERO).unwrap();
        prop_assert_eq!(rule.level(), level);
        play(&mut rule, &mut ledger, Duration::ZERO, &steadily(0.0));
        prop_assert_eq!(rule.level(), None);
    }

    /// With the defaults, any rate of samples and any usual load of the host.
    #[test]
    fn a_short_peak_raises_nothing_however_high(
        usual in 0.0..0.69,
        height in prop_oneof![1.0..10.0, 10.0..1e9],
        peak in 1u32..=15,
        every in 1u32..=5,
    ) {
        let mut rule = Overload::resume(OverloadSettings::default(), &Snapshot::default(), Duration::ZERO).unwrap();
        let mut ledger = Ledger::default();
        let passed = every * SECOND;
        let mut curve = vec![(passed, Some(usual)); 120];
        curve.extend(vec![(passed, Some(height)); (peak / every) as usize]);
        curve.extend(vec![(passed, Some(usual)); 120]);
        play(&mut rule, &mut ledger, Duration::ZERO, &curve);
        prop_assert_eq!(ledger.changes, []);
    }

    #[test]
    fn silence_changes_nothing(
        settings in settings(),
        curve in curve(),
        ticks in prop::collection::vec(seconds(0..900), 1..30),
    ) {
        let mut rule = Overload::resume(settings, &Snapshot::default(), Duration::ZERO).unwrap();
        let mut ledger = Ledger::default();
        let now = play(&mut rule, &mut ledger, Duration::ZERO, &curve);
        let (level, changes) = (rule.level(), ledger.changes.len());
        let ticks: Vec<_> = ticks.into_iter().map(|passed| (passed, None)).collect();
        play(&mut rule, &mut ledger, now + MINUTE + MILLI, &ticks);
        prop_assert_eq!((rule.level(), ledger.changes.len()), (level, changes));
    }
}
