//! Fault 18: more events come than can be handled.

use std::mem;
use std::time::Duration;

use faults::{FaultId, FaultUpdate, Finding, Reason, Remedy, Report, Severity, Snapshot};

use crate::describe;
use crate::hysteresis::{Ewma, Hysteresis};
use crate::monotonic::Monotonic;
use crate::settings::{OverloadSettings, SettingError, Threshold};

/// A higher load is shown as this one.
const MAX_SHOWN: f64 = 1000.0;

/// The load since the last sample; 1 is as much as the agent can handle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    ratio: f64,
    events: Option<(f64, f64)>,
}

impl Load {
    /// The rate of offered events, handled or not, and the rate that the agent can handle, both per second.
    #[must_use]
    pub fn events(offered: f64, capacity: f64) -> Self {
        Self { ratio: offered / capacity, events: Some((offered, capacity)) }
    }

    /// The first rate divided by the second.
    #[must_use]
    pub fn ratio(ratio: f64) -> Self {
        Self { ratio, events: None }
    }
}

/// When fault 18 ("Connector Event Monitoring Is Overloaded") is raised, as major or critical, and cleared. It must not
/// flap:
///
/// * The load is [smoothed](OverloadSettings::smoothing), and must stay at a severity's [`raise`](Threshold::raise) for
///   [`raise_for`](Threshold::raise_for). A load above twice `raise` counts as twice `raise`, so a short peak raises
///   nothing, however high it is: with the defaults, one of 15 s on a load that is below `clear`.
/// * A severity ends when the load has been below its [`clear`](Threshold::clear), which is less, for
///   [`clear_for`](Threshold::clear_for). Critical then becomes major, or the fault is cleared if that has passed for
///   major too.
/// * For [`min_hold`](OverloadSettings::min_hold) after a change, no change in the other direction happens; from major to
///   critical is the same direction. What happened before the process started is unknown: its start counts as a change.
/// * If no sample arrives for [`sample_timeout`](OverloadSettings::sample_timeout), the load is unknown, which is not the
///   same as no load: the measuring process may be the overloaded one. That raises and clears nothing, and each of the
///   times above starts again with the next sample. An idle connector must report load 0.
///
/// A sample decides a change. The report contains its severity.
///
/// ```
/// use std::time::Duration;
/// use faults_runtime::{Load, Overload, OverloadSettings};
/// use faults::{Severity, Snapshot, FaultUpdate};
///
/// let mut overload = Overload::resume(OverloadSettings::default(), &Snapshot::default(), Duration::ZERO)?;
/// let mut told = Vec::new();
/// for second in 1..=300 {
///     let offered = if second <= 90 { 2_700.0 } else { 300.0 };
///     told.extend(overload.sample(Load::events(offered, 2_000.0), Duration::from_secs(second)));
/// }
/// let [FaultUpdate::Raise(report), FaultUpdate::Clear(_)] = &told[..] else { panic!("raised, then cleared") };
/// assert_eq!(report.severity, Some(Severity::Major));
/// assert_eq!(
///     report.finding.detail,
///     "the load is 1.35 (lately 2700 events a second, 2000 can be handled); major from 1.00 on for 30s, until it is \
///      below 0.70 for 1m",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Overload {
    settings: OverloadSettings,
    latest: Monotonic,
    major: Hysteresis,
    critical: Hysteresis,
    /// The mean for people; those in the thresholds are capped.
    shown: Ewma,
    /// `None` while the fault is not raised.
    level: Option<Severity>,
    /// When the level last changed, and whether it rose.
    changed: (Duration, bool),
    /// When the last sample arrived.
    sampled: Duration,
    /// Set once the fault says that samples are missing, so that it is said once.
    silent: bool,
}

impl Overload {
    /// Starts the rule when a process of the connector starts; `stored` is the present content of the store. If fault 18
    /// is raised, by any program, it stays until samples show a low load.
    ///
    /// # Errors
    /// [`SettingError`] if a setting is invalid.
    pub fn resume(settings: OverloadSettings, stored: &Snapshot, now: Duration) -> Result<Self, SettingError> {
        settings.validate()?;
        // This rule never raises it as minor, but another program may have.
        let level = stored.get(FaultId::OVERLOAD).map(|fault| fault.severity.max(Severity::Major));
        Ok(Self {
            latest: Monotonic::new(now),
            major: Hysteresis::new(settings.major, settings.smoothing),
            critical: Hysteresis::new(settings.critical, settings.smoothing),
            shown: Ewma::new(settings.smoothing),
            level,
            changed: (now, level.is_some()),
            sampled: now,
            silent: false,
            settings,
        })
    }

    /// Returns the present severity; `None` while the fault is not raised.
    #[must_use]
    pub fn level(&self) -> Option<Severity> {
        self.level
    }

    /// Returns the smoothed load, if it is known.
    #[must_use]
    pub fn load(&self, now: Duration) -> Option<f64> {
        self.shown.value().filter(|_| !self.is_silent(now))
    }

    /// Reports the load since the last sample. NaN and negative loads are ignored. Of two samples at the same time, the
    /// second has no weight, unless smoothing is off.
    pub fn sample(&mut self, load: Load, now: Duration) -> Option<FaultUpdate> {
        let told = self.tick(now);
        let now = self.latest.advance(now);
        if load.ratio.is_nan() || load.ratio < 0.0 {
            return told;
        }
        let resumed = mem::take(&mut self.silent);
        self.sampled = now;
        self.major.sample(load.ratio, now);
        self.critical.sample(load.ratio, now);
        self.shown.sample(load.ratio.min(MAX_SHOWN), now);
        let due = self.due(now);
        let changes = due != self.level && self.may_change(due > self.level, now);
        if changes {
            self.changed = (now, due > self.level);
            self.level = due;
        } else if !resumed {
            return None;
        }
        match self.level {
            Some(level) => Some(self.raised(level, &self.measured(level, load))),
            None => changes.then_some(FaultUpdate::Clear(FaultId::OVERLOAD)),
        }
    }

    /// Reports that time has passed, with or without a sample; call it every few seconds. If samples stop while the fault
    /// is raised, its detail then says so.
    pub fn tick(&mut self, now: Duration) -> Option<FaultUpdate> {
        let now = self.latest.advance(now);
        if self.silent || !self.is_silent(now) {
            return None;
        }
        self.silent = true;
        self.major.reset();
        self.critical.reset();
        self.shown.reset();
        let level = self.level?;
        let timeout = describe::duration(self.settings.sample_timeout);
        Some(self.raised(level, &format!("no load was measured for {timeout}; it stays {level} until one is")))
    }

    fn is_silent(&self, now: Duration) -> bool {
        now.saturating_sub(self.sampled) >= self.settings.sample_timeout
    }

    /// Returns the level that the load calls for.
    fn due(&self, now: Duration) -> Option<Severity> {
        let asked = if self.critical.raises(now) {
            Some(Severity::Critical)
        } else {
            self.major.raises(now).then_some(Severity::Major)
        };
        let kept = match self.level {
            Some(Severity::Critical) if !self.critical.clears(now) => Some(Severity::Critical),
            Some(_) if !self.major.clears(now) => Some(Severity::Major),
            _ => None,
        };
        asked.max(kept)
    }

    fn may_change(&self, upwards: bool, now: Duration) -> bool {
        let (at, was_upwards) = self.changed;
        upwards == was_upwards || now.saturating_sub(at) >= self.settings.min_hold
    }

    fn measured(&self, level: Severity, load: Load) -> String {
        let Threshold { raise, raise_for, clear, clear_for } =
            if level == Severity::Critical { self.settings.critical } else { self.settings.major };
        let mean = self.shown.value().unwrap_or(load.ratio);
        let events = load.events.map_or_else(String::new, |(offered, capacity)| {
            format!(" (lately {offered:.0} events a second, {capacity:.0} can be handled)")
        });
        let (raise_for, clear_for) = (describe::duration(raise_for), describe::duration(clear_for));
        format!(
            "the load is {mean:.2}{events}; {level} from {raise:.2} on for {raise_for}, until it is below {clear:.2} \
             for {clear_for}"
        )
    }

    fn raised(&self, level: Severity, detail: &str) -> FaultUpdate {
        FaultUpdate::Raise(Report {
            id: FaultId::OVERLOAD,
            finding: Finding {
                reason: Reason::EventsOverloaded,
                detail: detail.into(),
                remedy: vec![Remedy::run_here(["top", "-b", "-n", "1"]), describe::tail_logs(FaultId::OVERLOAD)],
            },
            severity: Some(level),
        })
    }
}
