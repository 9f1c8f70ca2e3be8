//! Time that does not go back, whatever a caller says.

use std::time::Duration;

/// The latest time seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Latest(Duration);

impl Latest {
    pub fn new(now: Duration) -> Self {
        Self(now)
    }

    /// `now`, or the latest time seen where that is later.
    pub fn at(&mut self, now: Duration) -> Duration {
        self.0 = self.0.max(now);
        self.0
    }
}
