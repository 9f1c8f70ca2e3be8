//! A mean that weighs what was lately most.

use std::time::Duration;

/// The exponentially weighted mean of samples that come at any times. A sample stands for all the time since the one
/// before it, as a count of events does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mean {
    /// Of a change, all but 1/e is in the mean after this time; with zero, all of it at once.
    window: Duration,
    known: Option<(Duration, f64)>,
}

impl Mean {
    pub fn over(window: Duration) -> Self {
        Self { window, known: None }
    }

    /// Takes a sample; says the mean then. The first one is the mean.
    pub fn take(&mut self, sample: f64, now: Duration) -> f64 {
        let mean = match self.known {
            None => sample,
            Some((at, mean)) => mean + (sample - mean) * self.weight(now.saturating_sub(at)),
        };
        self.known = Some((now, mean));
        mean
    }

    /// The mean at the last sample.
    pub fn value(&self) -> Option<f64> {
        self.known.map(|(_, mean)| mean)
    }

    pub fn forget(&mut self) {
        self.known = None;
    }

    fn weight(&self, passed: Duration) -> f64 {
        if self.window.is_zero() {
            return 1.0;
        }
        -(-passed.as_secs_f64() / self.window.as_secs_f64()).exp_m1()
    }
}
