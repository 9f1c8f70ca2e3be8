//! Settings as an administrator writes them.

use std::time::Duration;

use faults::Snapshot;
use faults_runtime::{Overload, Restarts, Settings, Start};

use crate::ledger::{MINUTE, SECOND};

fn parse(text: &str) -> Settings {
    toml::from_str(text).unwrap()
}

#[test]
fn all_of_them_are_optional() {
    let settings = parse("");
    assert_eq!(settings, Settings::default());
    settings.validate().unwrap();
    assert_eq!((settings.restarts.failures, settings.restarts.within), (3, 10 * MINUTE));
    assert_eq!((settings.restarts.quiet, settings.start.updates), (10 * MINUTE, 3));
    let some = parse("overload.critical.raise = 3\noverload.major = { clear_for = '90s' }");
    let mut expected = Settings::default();
    expected.overload.critical.raise = 3.0;
    expected.overload.major.clear_for = 90 * SECOND;
    assert_eq!(some, expected);
}

#[test]
fn every_key_is_read() {
    let settings = parse(
        "[restarts]\nfailures = 1\nwithin = '2s'\nquiet = '3m'\n[start]\nupdates = 4\n\
         [overload]\nsmoothing = '0s'\nmin_hold = '1h 5m'\nsample_timeout = 'PT6S'\n\
         [overload.major]\nraise = 0.7\nraise_for = '8s'\nclear = 0.5\nclear_for = '500ms'\n\
         [overload.critical]\nraise = 1.1\nraise_for = '12s'\nclear = 0.6\nclear_for = '14 seconds'\n",
    );
    settings.validate().unwrap();
    let (restarts, overload) = (settings.restarts, settings.overload);
    assert_eq!((restarts.failures, restarts.within, restarts.quiet), (1, 2 * SECOND, 3 * MINUTE));
    assert_eq!(settings.start.updates, 4);
    assert_eq!(
        (overload.smoothing, overload.min_hold, overload.sample_timeout),
        (Duration::ZERO, 65 * MINUTE, 6 * SECOND)
    );
    assert_eq!((overload.major.raise, overload.major.raise_for), (0.7, 8 * SECOND));
    assert_eq!((overload.major.clear, overload.major.clear_for), (0.5, SECOND / 2));
    assert_eq!((overload.critical.raise, overload.critical.raise_for), (1.1, 12 * SECOND));
    assert_eq!((overload.critical.clear, overload.critical.clear_for), (0.6, 14 * SECOND));
}

#[test]
fn former_keys_are_read() {
    let former = parse("overload = { dwell = '1h', silence = '6s' }").overload;
    assert_eq!((former.min_hold, former.sample_timeout), (60 * MINUTE, 6 * SECOND));
}

#[test]
fn invalid_settings_are_refused_with_their_key_and_line() {
    let unread = [
        ("restarts.failure = 3", "failure"),
        ("restarts.failures = -1", "failures"),
        ("restarts.within = 600", "within"),
        ("restarts.within = '10 parsecs'", "within"),
        ("restarts.quiet = '-10m'", "quiet"),
        ("restarts.quiet = '1 month'", "quiet"),
        ("start.update = 3", "update"),
        ("overload.minor = {}", "minor"),
        ("overload.major.for = '3s'", "for"),
        ("overload.critical.raise = 'high'", "raise"),
    ];
    for (text, key) in unread {
        let refused = toml::from_str::<Settings>(text).unwrap_err().to_string();
        assert!(refused.contains("line 1") && refused.contains(key), "{text}: {refused}");
    }
}

#[test]
fn contradictory_settings_are_refused_with_their_key() {
    let nonsense = [
        ("restarts.failures = 0", "restarts.failures must be from 1 to 1000, not 0"),
        ("restarts.failures = 1001", "restarts.failures must be from 1 to 1000, not 1001"),
        ("restarts.within = '0s'", "restarts.within must be longer than 0s"),
        ("restarts.quiet = '0m'", "restarts.quiet must be longer than 0s"),
        ("start.updates = 0", "start.updates must be from 1 to 1000, not 0"),
        ("overload.min_hold = '0s'", "overload.min_hold must be longer than 0s"),
        ("overload.sample_timeout = '0s'", "overload.sample_timeout must be longer than 0s"),
        ("overload.major.raise = 0", "overload.major.raise must be more than 0 and at most 1000"),
        ("overload.major.raise = nan", "overload.major.raise must be more than 0 and at most 1000"),
        ("overload.critical.raise = inf", "overload.critical.raise must be more than 0 and at most 1000"),
        ("overload.major.clear = 1.0", "overload.major.clear must be more than 0 and less than overload.major.raise"),
        ("overload.major.clear = 0.0", "overload.major.clear must be more than 0 and less than overload.major.raise"),
        (
            "overload.critical.clear = nan",
            "overload.critical.clear must be more than 0 and less than overload.critical.raise",
        ),
        ("overload.major.raise = 2.0", "overload.critical.raise must be more than overload.major.raise"),
        ("overload.critical.clear = 0.6", "overload.critical.clear must not be less than overload.major.clear"),
        ("overload.major.raise_for = '0s'", "overload.major.raise_for must be longer than 0s"),
        ("overload.critical.clear_for = '0s'", "overload.critical.clear_for must be longer than 0s"),
    ];
    let nothing = Snapshot::default();
    for (text, expected) in nonsense {
        let settings = parse(text);
        let refused = settings.validate().unwrap_err();
        assert_eq!(refused.to_string(), expected);
        // Nor does the rule that it is about take it.
        let rule = match expected.split('.').next() {
            Some("restarts") => Restarts::resume(settings.restarts, &nothing, SECOND).map(drop),
            Some("start") => Start::resume(settings.start, &nothing, None).map(drop),
            _ => Overload::resume(settings.overload, &nothing, SECOND).map(drop),
        };
        assert_eq!(rule, Err(refused));
    }
}
