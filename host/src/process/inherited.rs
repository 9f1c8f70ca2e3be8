//! Resets what this process inherits from its caller: umask, signals, open files.

use std::os::fd::{AsRawFd, RawFd};

use nix::dir::Dir;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::sys::stat::{Mode, umask};

/// Resets umask, signals and open files. A program calls it first.
///
/// * umask 022. hostprep sets each mode explicitly; this covers tools, and a kill before the mode is set.
/// * `SIGCHLD` to its default: if it is ignored, exit statuses are lost (`wait(2)`).
/// * `SIGXFSZ` ignored: a write beyond the file size limit then fails instead of ending the process (`setrlimit(2)`).
/// * No signal blocked: a tool that inherits a blocked `SIGTERM` would have to be killed, and leave its lock files.
/// * Inherited files are closed in tools, and the limit of open files is raised to that of a login shell.
pub fn sanitize() {
    umask(Mode::from_bits_truncate(0o022));
    set(Signal::SIGCHLD, SigHandler::SigDfl);
    set(Signal::SIGXFSZ, SigHandler::SigIgn);
    let _ = SigSet::empty().thread_set_mask();
    for fd in inherited() {
        close_on_exec(fd);
    }
    make_room();
}

/// The usual limit of open files of a login shell (`getrlimit(2)`). Finishing an operation needs a few.
const FILES: u64 = 1024;

/// Root raises the hard limit too; other users raise the soft limit up to it.
fn make_room() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < FILES
        && setrlimit(Resource::RLIMIT_NOFILE, FILES, hard.max(FILES)).is_err()
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard.min(FILES), hard);
    }
}

#[expect(unsafe_code, reason = "signal(2) has no safe form")]
fn set(which: Signal, handler: SigHandler) {
    // SAFETY: neither the default nor ignoring installs a handler.
    let _ = unsafe { signal(which, handler) };
}

/// Returns the open files above standard error; none if `/proc` is not mounted.
fn inherited() -> Vec<RawFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let Ok(mut dir) = Dir::open("/proc/self/fd", flags, Mode::empty()) else { return Vec::new() };
    let listing = dir.as_raw_fd();
    let numbers = dir.iter().filter_map(|entry| entry.ok()?.file_name().to_str().ok()?.parse().ok());
    numbers.filter(|fd: &RawFd| *fd > libc::STDERR_FILENO && *fd != listing).collect()
}

#[expect(unsafe_code, reason = "these descriptors are inherited, so no Rust value owns them")]
fn close_on_exec(fd: RawFd) {
    // SAFETY: F_SETFD takes an int and changes nothing but the flag; a number that is not open is an error.
    unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
}
