//! Fault 6 under any sequence of events.

use std::time::Duration;

use faults::{FaultId, Snapshot};
use faults_runtime::{End, RestartSettings, Restarts, ScanFailure};
use proptest::prelude::*;

use crate::ledger::{Ledger, SECOND};

#[derive(Debug, Clone)]
enum Happens {
    Failure,
    Tick,
    /// The connector restarts, whether asked to or not.
    Restart,
    /// A failure, or a tick, with a time that went back.
    FailureBefore(Duration),
    TickBefore(Duration),
}

fn span() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0u64..120_000).prop_map(Duration::from_millis),
        2 => (0u64..1_500_000).prop_map(Duration::from_millis),
        1 => (0u64..1200).prop_map(Duration::from_secs),
    ]
}

fn history() -> impl Strategy<Value = Vec<(Duration, Happens)>> {
    let happens = prop_oneof![
        5 => Just(Happens::Failure),
        5 => Just(Happens::Tick),
        2 => Just(Happens::Restart),
        1 => span().prop_map(Happens::FailureBefore),
        1 => span().prop_map(Happens::TickBefore),
    ];
    prop::collection::vec((span(), happens), 1..80)
}

fn settings() -> impl Strategy<Value = RestartSettings> {
    (1u32..5, 1u32..1200, 1u32..1200).prop_map(|(failures, within, quiet)| RestartSettings {
        failures,
        within: within * SECOND,
        quiet: quiet * SECOND,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Cleared only by so long a time without a failure after a restart, and then at once; raised by as many failures
    /// as are set within their time, and by no fewer.
    #[test]
    fn it_is_raised_and_cleared_as_the_documents_say(settings in settings(), history in history()) {
        let failure = ScanFailure { end: End::Exited(1), file: None };
        let mut now = Duration::ZERO;
        let mut ledger = Ledger::default();
        let mut rule = Restarts::resume(settings.clone(), &Snapshot::default(), now).unwrap();
        let (mut restarted, mut last_failure) = (now, None);
        // Whether this process of the connector raised the fault, or saw a failure.
        let mut spoilt = false;
        // Its failures, since the fault was last raised or cleared.
        let mut failures: Vec<Duration> = Vec::new();
        for (passed, happens) in history {
            now += passed;
            let was = ledger.stored.is_raised(FaultId::SCAN_RESTARTS);
            let quiet = was && !spoilt && now - restarted >= settings.quiet;
            let failed = matches!(happens, Happens::Failure | Happens::FailureBefore(_));
            let before = ledger.changes.len();
            match happens {
                Happens::Failure => ledger.take(rule.failed(&failure, now).tell, now),
                Happens::FailureBefore(back) => {
                    // What happened last is what the rule takes the time from.
                    ledger.take(rule.tick(now), now);
                    ledger.take(rule.failed(&failure, now.saturating_sub(back)).tell, now);
                }
                Happens::Tick => ledger.take(rule.tick(now), now),
                Happens::TickBefore(back) => {
                    ledger.take(rule.tick(now), now);
                    ledger.take(rule.tick(now.saturating_sub(back)), now);
                }
                Happens::Restart => {
                    ledger.take(rule.tick(now), now);
                    rule = Restarts::resume(settings.clone(), &ledger.stored, now).unwrap();
                    restarted = now;
                    failures.clear();
                    spoilt = false;
                }
            }
            let changes: Vec<_> = ledger.changes[before..].iter().map(|(_, severity)| severity.is_some()).collect();
            prop_assert_eq!(changes.contains(&false), quiet, "cleared when it is time");
            if quiet {
                prop_assert!(last_failure.is_none_or(|at| now - at >= settings.quiet));
                failures.clear();
            }
            if failed {
                failures.push(now);
                last_failure = Some(now);
                spoilt |= was && !quiet;
            }
            failures.retain(|at| now - *at < settings.within);
            if changes.contains(&true) {
                prop_assert!(failed && failures.len() >= settings.failures as usize, "raised too early");
                failures.clear();
                spoilt = true;
            }
            let is = ledger.stored.is_raised(FaultId::SCAN_RESTARTS);
            prop_assert!(is || failures.len() < settings.failures as usize, "not raised");
        }
    }
}
