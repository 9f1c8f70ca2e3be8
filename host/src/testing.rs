//! Test doubles (feature `test`).

use std::cell::Cell;
use std::time::Duration;

use jiff::Timestamp;

use crate::process::clock::Clock;

/// A clock that moves only when a test or a sleep advances it.
#[derive(Debug, Default)]
pub struct VirtualClock {
    offset: Cell<Duration>,
}

impl VirtualClock {
    /// Advances the clock.
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

    fn since_boot(&self) -> Duration {
        self.offset.get()
    }

    fn sleep(&self, pause: Duration) {
        self.advance(pause);
    }
}

#[cfg(test)]
pub(crate) use root::with;

#[cfg(test)]
mod root {
    #![allow(clippy::disallowed_methods, reason = "tests create the files that the library is then given")]

    use tempfile::TempDir;

    use crate::Root;

    /// Creates a root with these files that counts as the running system.
    pub(crate) fn with(files: &[(&str, &[u8])]) -> (TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        // A root has an etc.
        for (path, content) in [&[("/etc/os-release", &b""[..])], files].concat() {
            let path = dir.path().join(path.trim_start_matches('/'));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let root = Root::for_test(dir.path()).unwrap();
        (dir, root)
    }
}
