//! One threshold with hysteresis, on a smoothed load.

use std::time::Duration;

use crate::settings::Threshold;

/// A threshold, since when the load has been at least `raise`, and since when below `clear`.
#[derive(Debug, Clone)]
pub(crate) struct Hysteresis {
    threshold: Threshold,
    mean: Ewma,
    above: Option<Duration>,
    below: Option<Duration>,
}

impl Hysteresis {
    pub fn new(threshold: Threshold, smoothing: Duration) -> Self {
        Self { threshold, mean: Ewma::new(smoothing), above: None, below: None }
    }

    /// Adds the load since the last call.
    pub fn sample(&mut self, load: f64, now: Duration) {
        // Capped, so that a peak is over soon after it ends, however high it was.
        let mean = self.mean.sample(load.min(2.0 * self.threshold.raise), now);
        self.above = (mean >= self.threshold.raise).then(|| self.above.unwrap_or(now));
        self.below = (mean < self.threshold.clear).then(|| self.below.unwrap_or(now));
    }

    /// Forgets all samples: the load is unknown until the next one.
    pub fn reset(&mut self) {
        self.mean.reset();
        (self.above, self.below) = (None, None);
    }

    /// Returns whether the load has been high for long enough.
    pub fn raises(&self, now: Duration) -> bool {
        self.above.is_some_and(|since| now.saturating_sub(since) >= self.threshold.raise_for)
    }

    /// Returns whether the load has been low for long enough.
    pub fn clears(&self, now: Duration) -> bool {
        self.below.is_some_and(|since| now.saturating_sub(since) >= self.threshold.clear_for)
    }
}

/// An exponentially weighted mean of samples at irregular times. A sample counts for all the time since the one before
/// it, as a count of events does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ewma {
    /// After this time, all but 1/e of a change is in the mean; zero switches smoothing off.
    window: Duration,
    /// The time of the last sample, and the mean then.
    last: Option<(Duration, f64)>,
}

impl Ewma {
    pub fn new(window: Duration) -> Self {
        Self { window, last: None }
    }

    /// Adds a sample and returns the mean. The first sample is the mean.
    pub fn sample(&mut self, sample: f64, now: Duration) -> f64 {
        let mean = match self.last {
            None => sample,
            Some((at, mean)) => mean + (sample - mean) * self.weight(now.saturating_sub(at)),
        };
        self.last = Some((now, mean));
        mean
    }

    /// Returns the mean at the last sample.
    pub fn value(&self) -> Option<f64> {
        self.last.map(|(_, mean)| mean)
    }

    pub fn reset(&mut self) {
        self.last = None;
    }

    fn weight(&self, passed: Duration) -> f64 {
        if self.window.is_zero() {
            return 1.0;
        }
        -(-passed.as_secs_f64() / self.window.as_secs_f64()).exp_m1()
    }
}
