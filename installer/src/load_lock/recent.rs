//! Counts the recent unclean loads, even if the time of day was changed between them.
//!
//! Three things are certain: the time since boot within one boot; that what is recorded later happened later; and that
//! something from an earlier boot is at least as old as this boot. The time of day counts only as far as it agrees with them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::record::{Moment, UncleanLoad};

/// Returns how many of `loads` (oldest first) are not older than `within` at `now`.
#[must_use]
pub fn count(loads: &[UncleanLoad], now: &Moment, within: Duration) -> usize {
    ages(loads, now).into_iter().filter(|age| *age <= within).count()
}

/// Returns the age of each load. If the clocks contradict each other, it is the smallest possible age, so that in doubt the
/// component is locked.
fn ages(loads: &[UncleanLoad], now: &Moment) -> Vec<Duration> {
    // Earlier records bound an age from above, as far as the time of day can be trusted.
    let mut most: Option<Duration> = None;
    let mut latest: Option<Timestamp> = None;
    let mut ages: Vec<Age> = Vec::with_capacity(loads.len());
    for load in loads {
        let [begun, noticed] = [&load.begun, &load.noticed].map(|moment| Age::of(moment, now));
        for age in [&begun, &noticed] {
            if let Some(age) = age.known() {
                most = Some(most.map_or(age, |most| most.min(age)));
            }
        }
        // If the clock was behind an earlier record, the load may be younger by the difference.
        latest = latest.max(Some(load.begun.time)).max(Some(load.noticed.time));
        let behind = latest.map_or(SignedDuration::ZERO, |latest| latest.duration_since(load.noticed.time));
        let behind = Duration::try_from(behind).unwrap_or_default();
        ages.push(match (noticed, most) {
            (Age::Told(age), Some(most)) => Age::Told(age.saturating_sub(behind).min(most)),
            (age, _) => age,
        });
    }
    // Later records bound an age from below; within one boot, the difference is exact.
    let mut later: Vec<(&Moment, Duration)> = vec![(now, Duration::ZERO)];
    let mut bounded = Vec::with_capacity(loads.len());
    for (load, age) in loads.iter().zip(ages).rev() {
        let noticed = match age {
            Age::Certain(age) => age,
            Age::Told(age) | Age::AtLeast(age) => age.max(least(&load.noticed, &later)),
        };
        later.push((&load.noticed, noticed));
        let begun = least(&load.begun, &later);
        later.push((&load.begun, begun));
        bounded.push(noticed);
    }
    bounded.reverse();
    bounded
}

/// Returns the minimum age of `moment`, from later records and their ages.
fn least(moment: &Moment, later: &[(&Moment, Duration)]) -> Duration {
    let ages = later.iter().map(|(other, age)| age.saturating_add(moment.before(other).unwrap_or_default()));
    ages.max().unwrap_or_default()
}

/// An age, and how far the clocks can be trusted.
enum Age {
    /// From the time since boot.
    Certain(Duration),
    /// From the time of day.
    Told(Duration),
    /// The time of day contradicts itself; the age is at least this.
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
