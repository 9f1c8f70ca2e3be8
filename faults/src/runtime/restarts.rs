//! Fault 6: the scan service is restarted again and again.

use std::collections::VecDeque;
use std::mem;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::Decision;
use super::describe;
use super::end::End;
use super::latest::Latest;
use super::setting_error::{SettingError, validate_count, validate_duration};
use crate::finding::Finding;
use crate::id::FaultId;
use crate::record::Report;
use crate::snapshot::Snapshot;
use crate::store::Wanted;
use crate::words::Reason;

/// The figures of [`Restarts`]: table `restarts`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RestartSettings {
    /// So many failures raise the fault. The documents say "repeated"; 3 is ours.
    pub failures: u32,
    /// If they come within this time. The documents say nothing of it; 10 minutes is ours.
    #[serde(deserialize_with = "jiff::fmt::serde::unsigned_duration::required::deserialize")]
    pub within: Duration,
    /// So long after the connector's restart without a failure, the fault is cleared: 10 minutes in the documents.
    #[serde(deserialize_with = "jiff::fmt::serde::unsigned_duration::required::deserialize")]
    pub quiet: Duration,
}

impl Default for RestartSettings {
    fn default() -> Self {
        Self { failures: 3, within: Duration::from_secs(600), quiet: Duration::from_secs(600) }
    }
}

impl RestartSettings {
    /// Whether they make sense.
    ///
    /// # Errors
    /// [`SettingError`] with the key that does not.
    pub fn validate(&self) -> Result<(), SettingError> {
        validate_count("restarts.failures", self.failures)?;
        validate_duration("restarts.within", self.within)?;
        validate_duration("restarts.quiet", self.quiet)
    }
}

/// One failure of the process that scans files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanFailure {
    /// How it ended.
    pub end: End,
    /// What it was scanning, where that is known.
    pub file: Option<PathBuf>,
}

/// When fault 6 is raised and cleared (English document: "Fault 6: Scan Service Restarting Frequently").
///
/// * [`failures`](RestartSettings::failures) failures of the scan process within
///   [`within`](RestartSettings::within) raise the fault, and the connector restarts itself. A failure exactly `within`
///   before another is no longer within it.
/// * When the connector has restarted and [`quiet`](RestartSettings::quiet) passes without a failure, the fault is
///   cleared.
/// * A failure before that means that a person is needed. The fault then stays, however long no other failure comes,
///   until a later restart is followed by a quiet time. The connector does not restart itself again meanwhile: it would
///   do so for ever, and does better at scanning what it can.
///
/// Failures are counted by one process of the connector; those before its restart are forgotten, the fault is not.
///
/// ```
/// use std::time::Duration;
/// use faults::runtime::{End, RestartSettings, Restarts, ScanFailure};
/// use faults::{FaultId, Snapshot, Wanted};
///
/// let minute = Duration::from_secs(60);
/// let crash = ScanFailure { end: End::Signalled(11), file: Some("/srv/in.zip".into()) };
/// let mut restarts = Restarts::resume(RestartSettings::default(), &Snapshot::default(), Duration::ZERO)?;
/// assert!(!restarts.failed(&crash, minute).restart);
/// assert!(!restarts.failed(&crash, 2 * minute).restart);
/// let decision = restarts.failed(&crash, 3 * minute);
/// assert!(decision.restart);
/// let Wanted::Raised(report) = &decision.tell[0] else { panic!("it is raised") };
/// assert_eq!(report.id, FaultId::SCAN_RESTARTS);
/// assert_eq!(
///     report.finding.detail,
///     "the scan process failed 3 times within 2m; the last time: signal 11 (SIGSEGV) while scanning \"/srv/in.zip\"; \
///      the connector restarts",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Restarts {
    settings: RestartSettings,
    latest: Latest,
    phase: Phase,
}

#[derive(Debug, Clone)]
enum Phase {
    /// Not raised. When the scan process failed, oldest first; what is too long ago goes with the next failure.
    Counting(VecDeque<Duration>),
    /// Raised by this process, which is to restart.
    RestartDue(Report),
    /// Raised; the connector restarted then, and no failure has come since.
    Quiet { since: Duration },
    /// Raised; a failure came too soon after the restart.
    Stays,
}

impl Restarts {
    /// The rule, at the start of a process of the connector: `stored` is what the store says now. Where fault 6 is
    /// raised, the quiet time starts now, whoever raised it.
    ///
    /// # Errors
    /// [`SettingError`]: a setting makes no sense.
    pub fn resume(settings: RestartSettings, stored: &Snapshot, now: Duration) -> Result<Self, SettingError> {
        settings.validate()?;
        let raised = stored.is_raised(FaultId::SCAN_RESTARTS);
        let phase = if raised { Phase::Quiet { since: now } } else { Phase::Counting(VecDeque::new()) };
        Ok(Self { settings, latest: Latest::new(now), phase })
    }

    /// The scan process failed. Where the quiet time was over before, without a [`tick`](Self::tick) that said so, the
    /// fault is cleared first and this is the first failure of a new count. While a restart is due, each failure asks
    /// for it again.
    pub fn failed(&mut self, failure: &ScanFailure, now: Duration) -> Decision {
        let mut tell: Vec<_> = self.tick(now).into_iter().collect();
        let now = self.latest.at(now);
        self.phase = match mem::replace(&mut self.phase, Phase::Stays) {
            Phase::Counting(times) => self.counted(times, failure, now),
            Phase::Quiet { .. } => Phase::Stays,
            phase => phase,
        };
        match &self.phase {
            Phase::RestartDue(report) => tell.push(Wanted::Raised(report.clone())),
            // Told each time: somebody may have cleared it by hand.
            Phase::Stays => tell.push(Wanted::Raised(report(&stays(failure, self.settings.quiet)))),
            Phase::Counting(_) | Phase::Quiet { .. } => {}
        }
        Decision { tell, restart: matches!(self.phase, Phase::RestartDue(_)) }
    }

    /// Time has passed: to be called every few seconds. Clears the fault when the quiet time is over; before, and where
    /// the fault is not raised, it says nothing.
    pub fn tick(&mut self, now: Duration) -> Option<Wanted> {
        let now = self.latest.at(now);
        let Phase::Quiet { since } = self.phase else { return None };
        if now.saturating_sub(since) < self.settings.quiet {
            return None;
        }
        self.phase = Phase::Counting(VecDeque::new());
        Some(Wanted::Cleared(FaultId::SCAN_RESTARTS))
    }

    /// What one more failure comes to while the fault is not raised.
    fn counted(&self, mut times: VecDeque<Duration>, failure: &ScanFailure, now: Duration) -> Phase {
        times.push_back(now);
        times.retain(|time| now.saturating_sub(*time) < self.settings.within);
        if times.len() < self.settings.failures as usize {
            return Phase::Counting(times);
        }
        let span = now.saturating_sub(times.front().copied().unwrap_or(now));
        Phase::RestartDue(report(&repeated(failure, times.len(), span)))
    }
}

fn report(detail: &str) -> Report {
    Report {
        id: FaultId::SCAN_RESTARTS,
        finding: Finding {
            reason: Reason::ScanProcessFailing,
            detail: detail.into(),
            remedy: vec![describe::logs(FaultId::SCAN_RESTARTS)],
        },
        severity: None,
    }
}

fn repeated(failure: &ScanFailure, times: usize, span: Duration) -> String {
    let times = if times == 1 { "once".into() } else { format!("{times} times within {}", describe::length(span)) };
    format!("the scan process failed {times}; the last time: {}; the connector restarts", cause(failure))
}

/// Without a count or a time, so that the same failure again is nothing new to the store.
fn stays(failure: &ScanFailure, quiet: Duration) -> String {
    format!(
        "the connector has restarted, and the scan process failed again before {} had passed: {}; it does not mend \
         itself: find out why, then restart the connector",
        describe::length(quiet),
        cause(failure)
    )
}

fn cause(failure: &ScanFailure) -> String {
    match &failure.file {
        Some(file) => format!("{} while scanning {}", failure.end, describe::path(file)),
        None => failure.end.to_string(),
    }
}
