//! One threshold with its hysteresis.

use std::time::Duration;

use super::overload_settings::Threshold;
use super::smooth::Mean;

/// A threshold, and since when the load is beyond it, or below where it counts no longer.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    threshold: Threshold,
    mean: Mean,
    above: Option<Duration>,
    below: Option<Duration>,
}

impl Gate {
    pub fn new(threshold: Threshold, smoothing: Duration) -> Self {
        Self { threshold, mean: Mean::over(smoothing), above: None, below: None }
    }

    /// Takes account of the load since the last call.
    pub fn take(&mut self, load: f64, now: Duration) {
        // Capped, so that a peak is over soon after it ends however high it was.
        let mean = self.mean.take(load.min(2.0 * self.threshold.raise), now);
        self.above = (mean >= self.threshold.raise).then(|| self.above.unwrap_or(now));
        self.below = (mean < self.threshold.clear).then(|| self.below.unwrap_or(now));
    }

    /// Nothing is known of the load; what comes next is the beginning.
    pub fn forget(&mut self) {
        self.mean.forget();
        (self.above, self.below) = (None, None);
    }

    /// Whether the load has been high for long enough.
    pub fn raises(&self, now: Duration) -> bool {
        self.above.is_some_and(|since| now.saturating_sub(since) >= self.threshold.raise_for)
    }

    /// Whether the load has been low for long enough.
    pub fn clears(&self, now: Duration) -> bool {
        self.below.is_some_and(|since| now.saturating_sub(since) >= self.threshold.clear_for)
    }
}
