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
    // What was recorded after it bounds it from below, and by how much within one boot.
    let mut later: Vec<(&Moment, Duration)> = vec![(now, Duration::ZERO)];
    let mut bounded = Vec::with_capacity(ends.len());
    for (end, age) in ends.iter().zip(ages).rev() {
        let noticed = match age {
            Age::Certain(age) => age,
            Age::Told(age) | Age::AtLeast(age) => age.max(least(&end.noticed, &later)),
        };
        later.push((&end.noticed, noticed));
        let begun = least(&end.begun, &later);
        later.push((&end.begun, begun));
        bounded.push(noticed);
    }
    bounded.reverse();
    bounded
}

/// How old `moment` is at the least, by what was recorded later and its age.
fn least(moment: &Moment, later: &[(&Moment, Duration)]) -> Duration {
    let ages = later.iter().map(|(other, age)| age.saturating_add(moment.before(other).unwrap_or_default()));
    ages.max().unwrap_or_default()
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
        if let Some(age) = moment.before(now) {
            return Self::Certain(age);
        }
        let since_boot = Duration::from_millis(now.since_boot_ms);
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
mod tests;
