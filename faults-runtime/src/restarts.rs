//! Fault 6: the scan service restarts frequently.

use std::collections::VecDeque;
use std::mem;
use std::path::PathBuf;
use std::time::Duration;

use faults::{FaultId, FaultUpdate, Finding, Reason, Report, Snapshot};

use crate::end::End;
use crate::monotonic::Monotonic;
use crate::settings::{RestartSettings, SettingError};
use crate::{Decision, describe};

/// One failure of the process that scans files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanFailure {
    /// The exit status or signal that it ended with, or that it no longer answered.
    pub end: End,
    /// The file that it was scanning, if known.
    pub file: Option<PathBuf>,
}

/// When fault 6 ("Scan Service Restarting Frequently") is raised and cleared:
///
/// * [`failures`](RestartSettings::failures) failures of the scan process within
///   [`within`](RestartSettings::within) raise the fault, and the connector restarts itself. Of two failures exactly
///   `within` apart only the later one counts.
/// * If [`quiet`](RestartSettings::quiet) passes after the connector's restart without a failure, the fault is cleared.
/// * A failure before that needs a person. The fault then stays, however long no other failure happens, until a quiet
///   time follows a later restart. Meanwhile the connector does not restart itself again: it would do so forever, and it
///   can still scan other files.
///
/// One process of the connector counts failures. Its restart forgets them, but not the fault.
///
/// ```
/// use std::time::Duration;
/// use faults_runtime::{End, RestartSettings, Restarts, ScanFailure};
/// use faults::{FaultId, Snapshot, FaultUpdate};
///
/// let minute = Duration::from_secs(60);
/// let crash = ScanFailure { end: End::Signalled(11), file: Some("/srv/in.zip".into()) };
/// let mut restarts = Restarts::resume(RestartSettings::default(), &Snapshot::default(), Duration::ZERO)?;
/// assert!(!restarts.failed(&crash, minute).restart);
/// assert!(!restarts.failed(&crash, 2 * minute).restart);
/// let decision = restarts.failed(&crash, 3 * minute);
/// assert!(decision.restart);
/// let FaultUpdate::Raise(report) = &decision.tell[0] else { panic!("it is raised") };
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
    latest: Monotonic,
    phase: Phase,
}

#[derive(Debug, Clone)]
enum Phase {
    /// Not raised. The times of recent failures, oldest first; the next failure removes those outside `within`.
    Counting(VecDeque<Duration>),
    /// Raised by this process, which has yet to restart.
    RestartDue(Report),
    /// Raised. The connector restarted at this time, and no failure has happened since.
    Quiet { since: Duration },
    /// Raised. A failure happened too soon after the restart.
    Stays,
}

impl Restarts {
    /// Starts the rule when a process of the connector starts; `stored` is the present content of the store. If fault 6
    /// is raised, by any program, the quiet time starts now.
    ///
    /// # Errors
    /// [`SettingError`] if a setting is invalid.
    pub fn resume(settings: RestartSettings, stored: &Snapshot, now: Duration) -> Result<Self, SettingError> {
        settings.validate()?;
        let raised = stored.is_raised(FaultId::SCAN_RESTARTS);
        let phase = if raised { Phase::Quiet { since: now } } else { Phase::Counting(VecDeque::new()) };
        Ok(Self { settings, latest: Monotonic::new(now), phase })
    }

    /// Reports a failure of the scan process. If the quiet time ended before without a [`tick`](Self::tick), the fault
    /// is cleared first and this is the first failure of a new count. While a restart is due, each failure requests it
    /// again.
    pub fn failed(&mut self, failure: &ScanFailure, now: Duration) -> Decision {
        let mut tell: Vec<_> = self.tick(now).into_iter().collect();
        let now = self.latest.advance(now);
        self.phase = match mem::replace(&mut self.phase, Phase::Stays) {
            Phase::Counting(times) => self.counted(times, failure, now),
            Phase::Quiet { .. } => Phase::Stays,
            phase => phase,
        };
        match &self.phase {
            Phase::RestartDue(report) => tell.push(FaultUpdate::Raise(report.clone())),
            // Each time: an administrator may have cleared it.
            Phase::Stays => tell.push(FaultUpdate::Raise(report(&stays(failure, self.settings.quiet)))),
            Phase::Counting(_) | Phase::Quiet { .. } => {}
        }
        Decision { tell, restart: matches!(self.phase, Phase::RestartDue(_)) }
    }

    /// Reports that time has passed; call it every few seconds. Clears the fault when the quiet time is over, and else
    /// returns `None`.
    pub fn tick(&mut self, now: Duration) -> Option<FaultUpdate> {
        let now = self.latest.advance(now);
        let Phase::Quiet { since } = self.phase else { return None };
        if now.saturating_sub(since) < self.settings.quiet {
            return None;
        }
        self.phase = Phase::Counting(VecDeque::new());
        Some(FaultUpdate::Clear(FaultId::SCAN_RESTARTS))
    }

    /// Counts one more failure while the fault is not raised.
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
            remedy: vec![describe::tail_logs(FaultId::SCAN_RESTARTS)],
        },
        severity: None,
    }
}

fn repeated(failure: &ScanFailure, times: usize, span: Duration) -> String {
    let times = if times == 1 { "once".into() } else { format!("{times} times within {}", describe::duration(span)) };
    format!("the scan process failed {times}; the last time: {}; the connector restarts", cause(failure))
}

/// Contains no count and no time, so that the same failure again writes nothing to the store.
fn stays(failure: &ScanFailure, quiet: Duration) -> String {
    format!(
        "the connector has restarted, and the scan process failed again before {} had passed: {}; it does not \
         recover by itself: find the cause, then restart the connector",
        describe::duration(quiet),
        cause(failure)
    )
}

fn cause(failure: &ScanFailure) -> String {
    match &failure.file {
        Some(file) => format!("{} while scanning {}", failure.end, describe::path(file)),
        None => failure.end.to_string(),
    }
}
