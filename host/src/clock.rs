//! Time and waiting.

use std::cell::Cell;
use std::time::Duration;

use jiff::Timestamp;

/// A source of time, so that tests need not wait.
pub trait Clock {
    /// The time of day, UTC.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;
    /// Waits for `pause`, or less if a signal arrives.
    fn sleep(&self, pause: Duration);
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "this is the door")]
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

    fn sleep(&self, pause: Duration) {
        std::thread::sleep(pause);
    }
}

/// A clock that moves only when told, for tests.
#[derive(Debug, Default)]
pub struct VirtualClock {
    offset: Cell<Duration>,
}

impl VirtualClock {
    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.offset.set(self.offset.get() + by);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.offset.get()
    }

    fn monotonic(&self) -> Duration {
        self.offset.get()
    }

    fn sleep(&self, pause: Duration) {
        self.advance(pause);
    }
}
