//! How many ungraceful ends are recent, when the time of day may have been set back or forth in between.
//!
//! Three things are certain: within one boot the time since the start; that what is recorded later happened later; and that
//! what happened in an earlier boot is at least as old as this boot. The time of day counts only as far as it fits them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::record::{End, Moment};

/// How many of `ends` (oldest first) are no older than `within` at `now`.
#[must_use]
pub fn count(ends: &[End], now: &Moment, within: Duration) -> usize {
    ages(ends, now).into_iter().filter(|age| *age <= within).count()
}

/// The age of each end; where the clocks contradict each other the least that is possible, so that a guard errs on the side
/// of keeping a crashing component out.
fn ages(ends: &[End], now: &Moment) -> Vec<Duration> {
    // What was recorded before an end bounds its age from above, as far as the time of day can be believed.
    let mut most: Option<Duration> = None;
    let mut latest: Option<Timestamp> = None;
    let mut ages: Vec<Age> = Vec::with_capacity(ends.len());
    for end in ends {
        let [begun, noticed] = [&end.begun, &end.noticed].map(|moment| Age::of(moment, now));
        for age in [&begun, &noticed] {
            if let Some(age) = age.known() {
                most = Some(most.map_or(age, |most| most.min(age)));
            }
        }
        // How far the clock then was behind one that was recorded earlier: so much younger the end may be.
        latest = latest.max(Some(end.begun.time)).max(Some(end.noticed.time));
        let behind = latest.map_or(SignedDuration::ZERO, |latest| latest.duration_since(end.noticed.time));
        let behind = Duration::try_from(behind).unwrap_or_default();
        ages.push(match (noticed, most) {
            (Age::Told(age), Some(most)) => Age::Told(age.saturating_sub(behind).min(most)),
            (age, _) => age,
        });
    }
    // What was recorded after it bounds it from below.
    let mut least = Duration::ZERO;
    for age in ages.iter_mut().rev() {
        let bounded = match age {
            Age::Certain(age) => *age,
            Age::Told(age) => (*age).max(least),
            Age::AtLeast(age) => (*age).max(least),
        };
        least = bounded;
        *age = Age::Certain(bounded);
    }
    ages.into_iter().filter_map(|age| age.known()).collect()
}

/// What the clocks say of an age.
enum Age {
    /// By the time since boot.
    Certain(Duration),
    /// By the time of day.
    Told(Duration),
    /// The time of day contradicts itself; only this much is certain.
    AtLeast(Duration),
}

impl Age {
    fn of(moment: &Moment, now: &Moment) -> Self {
        let since_boot = Duration::from_millis(now.since_boot_ms);
        if moment.boot_id == now.boot_id {
            return Self::Certain(since_boot.saturating_sub(Duration::from_millis(moment.since_boot_ms)));
        }
        match Duration::try_from(now.time.duration_since(moment.time)) {
            Ok(age) if age >= since_boot => Self::Told(age),
            _ => Self::AtLeast(since_boot),
        }
    }

    fn known(&self) -> Option<Duration> {
        match self {
            Self::Certain(age) | Self::Told(age) => Some(*age),
            Self::AtLeast(_) => None,
        }
    }
}

#[cfg(test)]
#[path = "recent_tests.rs"]
mod tests;
