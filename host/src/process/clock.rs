//! Time and waiting.

use std::time::Duration;

use jiff::Timestamp;

/// A source of time, so that tests need not wait.
pub trait Clock {
    /// Returns the time of day, UTC.
    fn now(&self) -> Timestamp;
    /// Returns the time since a fixed moment. It never goes back.
    fn monotonic(&self) -> Duration;
    /// Returns the time since the host started, suspend included (`CLOCK_BOOTTIME`). Setting the clock does not change it.
    fn since_boot(&self) -> Duration;
    /// Waits for `pause`, or less if a signal arrives.
    fn sleep(&self, pause: Duration);
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "the only place that reads clocks and sleeps")]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        use std::sync::OnceLock;
        use std::time::Instant;
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    fn since_boot(&self) -> Duration {
        let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME);
        time.map_or(Duration::ZERO, Duration::from)
    }

    fn sleep(&self, pause: Duration) {
        std::thread::sleep(pause);
    }
}
