//! What the caller handed down to this process, put right once and before anything else.

use std::os::fd::{AsRawFd, RawFd};

use nix::dir::Dir;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::sys::stat::{Mode, umask};

/// Takes a umask, signals and open files as they should be, whatever the caller had. For the start of a program.
///
/// * umask 022: modes are set on their own; this is for what a kill in between leaves, and for the tools.
/// * `SIGCHLD` as usual: where it is ignored, no exit status of a tool is ever had (`wait(2)`).
/// * `SIGXFSZ` ignored: a limit on file sizes is then an error of one write and not the end in the middle of a change
///   (`setrlimit(2)`).
/// * No signal blocked: a tool that does not hear `SIGTERM` is killed instead, and leaves its lock files.
/// * No file that the caller left open goes on to a tool, and there is room for those that we open.
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

/// As many files as a login shell may have (`getrlimit(2)`): what is begun needs a few more to be ended.
const FILES: u64 = 1024;

/// Root raises the hard limit too; whoever may not keeps what there is.
fn make_room() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < FILES
        && setrlimit(Resource::RLIMIT_NOFILE, FILES, hard.max(FILES)).is_err()
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard.min(FILES), hard);
    }
}

#[expect(unsafe_code, reason = "a handler could be any function")]
fn set(which: Signal, handler: SigHandler) {
    // SAFETY: neither the default nor ignoring runs any code of ours.
    let _ = unsafe { signal(which, handler) };
}

/// The open files above standard error; none where `/proc` is not mounted.
fn inherited() -> Vec<RawFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let Ok(mut dir) = Dir::open("/proc/self/fd", flags, Mode::empty()) else { return Vec::new() };
    let listing = dir.as_raw_fd();
    let numbers = dir.iter().filter_map(|entry| entry.ok()?.file_name().to_str().ok()?.parse().ok());
    numbers.filter(|fd: &RawFd| *fd > libc::STDERR_FILENO && *fd != listing).collect()
}

#[expect(unsafe_code, reason = "these descriptors are the caller's, and nobody here owns them")]
fn close_on_exec(fd: RawFd) {
    // SAFETY: F_SETFD takes an int and changes nothing but the flag; a number that is not open is an error.
    unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
}
