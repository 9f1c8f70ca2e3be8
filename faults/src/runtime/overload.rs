//! Fault 18: more events come than can be handled.

use std::mem;
use std::time::Duration;

use super::describe;
use super::gate::Gate;
use super::latest::Latest;
use super::overload_settings::{OverloadSettings, Threshold};
use super::setting_error::SettingError;
use super::smooth::Mean;
use crate::finding::Finding;
use crate::id::FaultId;
use crate::record::Report;
use crate::severity::Severity;
use crate::snapshot::Snapshot;
use crate::store::Wanted;
use crate::words::Reason;

/// More is not told apart in what people read.
const HIGHEST_SHOWN: f64 = 1000.0;

/// How much there was to do since the last sample: 1 is as much as can be done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    ratio: f64,
    events: Option<(f64, f64)>,
}

impl Load {
    /// Events a second that were offered, handled or not, against those that can be handled.
    #[must_use]
    pub fn events(offered: f64, capacity: f64) -> Self {
        Self { ratio: offered / capacity, events: Some((offered, capacity)) }
    }

    /// The one divided by the other.
    #[must_use]
    pub fn ratio(ratio: f64) -> Self {
        Self { ratio, events: None }
    }
}

/// When fault 18 is raised, as major or critical, and cleared (English document: "Fault 18: Connector Event Monitoring
/// Is Overloaded"). It is made not to flap:
///
/// * The load is [smoothed](OverloadSettings::smoothing), and must stay at a severity's [`raise`](Threshold::raise) for
///   [`raise_for`](Threshold::raise_for). Whatever is above twice `raise` counts as that, so a short peak raises
///   nothing however high it is: with the defaults, one of 15 s on top of a load that is below `clear`.
/// * A severity ends when the load has been below its [`clear`](Threshold::clear), which is less, for
///   [`clear_for`](Threshold::clear_for): critical becomes major, or the fault is cleared where that has passed for
///   major too.
/// * For [`dwell`](OverloadSettings::dwell) after a change there is none in the other direction; from major to critical
///   is the same direction. What was before the process began is not known: its beginning counts as a change.
/// * When no sample has come for [`silence`](OverloadSettings::silence), no load is known, which is not the same as no
///   load: whoever measures may be what is overloaded. Nothing is raised or cleared by it, and each time that is
///   counted begins anew with the next sample. A connector that has nothing to do has to say so: load 0.
///
/// A change is decided when a sample comes. Its severity is in the report; the store makes an event of it.
///
/// ```
/// use std::time::Duration;
/// use faults::runtime::{Load, Overload, OverloadSettings};
/// use faults::{Severity, Snapshot, Wanted};
///
/// let mut overload = Overload::resume(OverloadSettings::default(), &Snapshot::default(), Duration::ZERO)?;
/// let mut told = Vec::new();
/// for second in 1..=300 {
///     let offered = if second <= 90 { 2_700.0 } else { 300.0 };
///     told.extend(overload.sample(Load::events(offered, 2_000.0), Duration::from_secs(second)));
/// }
/// let [Wanted::Raised(report), Wanted::Cleared(_)] = &told[..] else { panic!("raised, then cleared") };
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
    latest: Latest,
    major: Gate,
    critical: Gate,
    /// For people: the gates cap what they see.
    shown: Mean,
    /// `None` while the fault is not raised.
    level: Option<Severity>,
    /// When the level last changed, and whether upwards.
    changed: (Duration, bool),
    /// When the last sample came.
    heard: Duration,
    /// Whether the store was told that there are no samples.
    silent: bool,
}

impl Overload {
    /// The rule, at the start of a process of the connector: `stored` is what the store says now. Where fault 18 is
    /// raised, whoever raised it, it stays until the load is seen to be low.
    ///
    /// # Errors
    /// [`SettingError`]: a setting makes no sense.
    pub fn resume(settings: OverloadSettings, stored: &Snapshot, now: Duration) -> Result<Self, SettingError> {
        settings.validate()?;
        // Nothing here raises it as less than major, but somebody may have.
        let level = stored.get(FaultId::OVERLOAD).map(|fault| fault.severity.max(Severity::Major));
        Ok(Self {
            latest: Latest::new(now),
            major: Gate::new(settings.major, settings.smoothing),
            critical: Gate::new(settings.critical, settings.smoothing),
            shown: Mean::over(settings.smoothing),
            level,
            changed: (now, level.is_some()),
            heard: now,
            silent: false,
            settings,
        })
    }

    /// How bad it is now; `None` while the fault is not raised.
    #[must_use]
    pub fn level(&self) -> Option<Severity> {
        self.level
    }

    /// The smoothed load; `None` where none is known.
    #[must_use]
    pub fn load(&self, now: Duration) -> Option<f64> {
        self.shown.value().filter(|_| !self.is_silent(now))
    }

    /// The load since the last sample. One that is no number, or negative, counts as none at all; of two at the same
    /// time the later one counts for little, unless nothing is smoothed.
    pub fn sample(&mut self, load: Load, now: Duration) -> Option<Wanted> {
        let told = self.tick(now);
        let now = self.latest.at(now);
        if load.ratio.is_nan() || load.ratio < 0.0 {
            return told;
        }
        let resumed = mem::take(&mut self.silent);
        self.heard = now;
        self.major.take(load.ratio, now);
        self.critical.take(load.ratio, now);
        self.shown.take(load.ratio.min(HIGHEST_SHOWN), now);
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
            None => changes.then_some(Wanted::Cleared(FaultId::OVERLOAD)),
        }
    }

    /// Time has passed, with or without a sample: to be called every few seconds. Where samples have ceased while the
    /// fault is raised, its detail says so from then on; that is all.
    pub fn tick(&mut self, now: Duration) -> Option<Wanted> {
        let now = self.latest.at(now);
        if self.silent || !self.is_silent(now) {
            return None;
        }
        self.silent = true;
        self.major.forget();
        self.critical.forget();
        self.shown.forget();
        let level = self.level?;
        let silence = describe::length(self.settings.silence);
        Some(self.raised(level, &format!("no load was measured for {silence}; it stays {level} until one is")))
    }

    fn is_silent(&self, now: Duration) -> bool {
        now.saturating_sub(self.heard) >= self.settings.silence
    }

    /// The level that the load asks for.
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
        upwards == was_upwards || now.saturating_sub(at) >= self.settings.dwell
    }

    fn measured(&self, level: Severity, load: Load) -> String {
        let Threshold { raise, raise_for, clear, clear_for } =
            if level == Severity::Critical { self.settings.critical } else { self.settings.major };
        let mean = self.shown.value().unwrap_or(load.ratio);
        let events = load.events.map_or_else(String::new, |(offered, capacity)| {
            format!(" (lately {offered:.0} events a second, {capacity:.0} can be handled)")
        });
        let (raise_for, clear_for) = (describe::length(raise_for), describe::length(clear_for));
        format!(
            "the load is {mean:.2}{events}; {level} from {raise:.2} on for {raise_for}, until it is below {clear:.2} \
             for {clear_for}"
        )
    }

    fn raised(&self, level: Severity, detail: &str) -> Wanted {
        Wanted::Raised(Report {
            id: FaultId::OVERLOAD,
            finding: Finding {
                reason: Reason::EventsOverloaded,
                detail: detail.into(),
                remedy: vec!["top -b -n 1 | head -n 20".into(), describe::logs(FaultId::OVERLOAD)],
            },
            severity: Some(level),
        })
    }
}
