//! Growing pauses between tries, while another program holds a resource.

use std::time::Duration;

use crate::process::clock::Clock;
use crate::process::signals;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// The longest time until a wait notices Ctrl-C.
const SLICE: Duration = Duration::from_millis(100);

/// Pauses of 1, 2, 4, 8 and then 15 s.
pub struct Backoff<'a> {
    clock: &'a dyn Clock,
    start: Duration,
    limit: Duration,
    pause: Duration,
}

impl<'a> Backoff<'a> {
    /// Starts now. `limit` is the time for all tries together.
    #[must_use]
    pub fn new(clock: &'a dyn Clock, limit: Duration) -> Self {
        Self { clock, start: clock.monotonic(), limit, pause: FIRST_PAUSE }
    }

    /// Calls `report` with the time that is left for tries, then waits for the next try. Returns `false` without waiting if the
    /// limit would be exceeded, and as soon as a signal interrupts.
    pub fn wait(&mut self, report: impl FnOnce(Duration)) -> bool {
        let left = self.limit.saturating_sub(self.clock.monotonic() - self.start);
        if self.pause > left {
            return false;
        }
        report(left);
        let start = self.clock.monotonic();
        while !signals::interrupted() {
            let left = self.pause.saturating_sub(self.clock.monotonic() - start);
            if left.is_zero() {
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                return true;
            }
            self.clock.sleep(left.min(SLICE));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::VirtualClock;

    #[test]
    fn pauses_grow_and_end_at_the_limit() {
        let clock = VirtualClock::default();
        let mut backoff = Backoff::new(&clock, Duration::from_secs(60));
        let mut left = Vec::new();
        while backoff.wait(|limit| left.push(limit.as_secs())) {}
        assert_eq!(left, [60, 59, 57, 53, 45, 30, 15], "pauses of 1, 2, 4, 8 and 15 s; the last try is at 60 s");
    }
}
