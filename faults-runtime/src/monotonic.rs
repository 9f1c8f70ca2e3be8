//! Time that never goes back, whatever the caller passes.

use std::time::Duration;

/// The latest time seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Monotonic(Duration);

impl Monotonic {
    pub fn new(now: Duration) -> Self {
        Self(now)
    }

    /// Returns `now`, or the latest time seen if that is later.
    pub fn advance(&mut self, now: Duration) -> Duration {
        self.0 = self.0.max(now);
        self.0
    }
}
