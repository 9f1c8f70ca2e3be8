//! The harness of the suites.
//!
//! * [`program`]: the binary, built once, run as root or as an ordinary user
//! * [`contract`]: the JSON Schemas, which every run of the program is held against
//! * [`scratch`]: a root directory with real files in a temporary directory
//! * [`terminal`]: a program on a pseudo terminal
//! * [`blocked_tool`]: a tool of this machine that waits until the test lets it run
//! * [`login_defs`]: the forms in which the file is met
//! * [`snapshot`]: a record of a tree, and how two records differ
//! * [`trace`]: the processes that were started and the files that were changed, as the kernel saw it
//! * [`torture`]: the program killed, failed, paused and cut off from power at each system call
//! * [`system`]: a small Debian system in a chroot
//! * [`packages`]: the packages, and others that tests need
//! * [`bench`]: what hostprep costs, beside others
//! * [`vm`]: a guest with SELinux enforcing
//! * [`signals`]: a signal at every system call
//! * [`setup`]: the real policy store and the chroot, made by `tests/setup`
//!
//! Everything here fails by panicking, with what was being done: it is for tests alone.

#![allow(clippy::disallowed_methods, reason = "the harness arranges the surroundings of the program")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and may say why")]

pub mod bench;
pub mod blocked_tool;
pub mod contract;
pub mod login_defs;
pub mod packages;
pub mod program;
pub mod scratch;
pub mod setup;
pub mod signals;
pub mod snapshot;
pub mod system;
pub mod terminal;
pub mod torture;
pub mod trace;
pub mod vm;

pub use blocked_tool::BlockedTool;
pub use program::{Caller, Run};
pub use scratch::ScratchRoot;
pub use snapshot::Snapshot;
pub use system::System;
pub use terminal::Terminal;
pub use trace::Trace;

/// Returns whether this is root, which the calling test needs. If `CI` is `true`, it must be: no test is skipped silently
/// there.
#[must_use]
#[track_caller]
pub fn need_root() -> bool {
    let is_root = nix::unistd::Uid::effective().is_root();
    let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(is_root || !in_ci, "this test needs root, and CI=true says that it must run");
    is_root
}

/// Waits until `done` gives something; fails the test where that takes longer than two minutes.
#[track_caller]
pub fn wait_until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let start = std::time::Instant::now();
    loop {
        if let Some(done) = done() {
            return done;
        }
        assert!(start.elapsed() < std::time::Duration::from_secs(120), "waited in vain: {what}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
