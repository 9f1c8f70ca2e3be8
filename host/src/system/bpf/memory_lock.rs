//! `RLIMIT_MEMLOCK`, raised for the time of a call, so that no tool inherits it.

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t, setrlimit};

/// A raised limit; dropping it restores the former one.
pub(super) struct MemoryLock {
    soft: rlim_t,
    hard: rlim_t,
}

impl MemoryLock {
    /// Removes the limit until the value is dropped. Returns `None` if this process may not raise it.
    pub(super) fn raise() -> Option<Self> {
        let (soft, hard) = getrlimit(Resource::RLIMIT_MEMLOCK).ok()?;
        setrlimit(Resource::RLIMIT_MEMLOCK, RLIM_INFINITY, RLIM_INFINITY).ok()?;
        Some(Self { soft, hard })
    }
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        let _ = setrlimit(Resource::RLIMIT_MEMLOCK, self.soft, self.hard);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_a_process_of_its_own;

    #[test]
    fn the_limit_is_raised_for_a_moment() {
        // It is the limit of the whole process.
        if !in_a_process_of_its_own("system::bpf::memory_lock::tests::the_limit_is_raised_for_a_moment") {
            return;
        }
        let before = getrlimit(Resource::RLIMIT_MEMLOCK).unwrap();
        // Others than root may not raise it.
        if let Some(raised) = MemoryLock::raise() {
            assert_eq!(getrlimit(Resource::RLIMIT_MEMLOCK).unwrap(), (RLIM_INFINITY, RLIM_INFINITY));
            drop(raised);
        }
        assert_eq!(getrlimit(Resource::RLIMIT_MEMLOCK).unwrap(), before);
    }
}
