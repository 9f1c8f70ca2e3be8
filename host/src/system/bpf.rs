//! bpf(2): whether the running kernel lets this process create a map and load programs.
//!
//! What is created is closed at once; nothing is attached. Only root may ask: `kernel.unprivileged_bpf_disabled` is about
//! others.

mod attributes;
mod memory_lock;
mod program;
mod version_code;

use std::cmp::Ordering;

use nix::errno::Errno;

use crate::system::kernel::{compare_releases, running_release};

use self::attributes::{MapAttributes, ProgramAttributes, call};
use self::memory_lock::MemoryLock;

pub use self::program::ProgramKind;

/// Before this kernel, maps and programs count against `RLIMIT_MEMLOCK`, and EPERM also means that it is exhausted (commit
/// 4edf16b72c57, "bpf: Eliminate rlimit-based memory accounting for bpf progs").
const NO_MEMORY_LOCK: &str = "5.11";
/// Before this kernel, a program of kind `kprobe` has to name the kernel's version (commit 6c4fc209fcf9, "bpf: remove useless
/// version check for prog load").
const NO_VERSION: &str = "5.0";
/// So often the verifier may ask to be called again (`EAGAIN` after a signal), as libbpf does it.
const ATTEMPTS: usize = 5;

/// Why the kernel did not create a map, or not load a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has no bpf(2) (`ENOSYS`).
    NoSystemCall,
    /// It does not permit it to this process (`EPERM`, or `EACCES` before the verifier saw the program).
    NotPermitted(Errno),
    /// It does not know programs of this kind (`EINVAL` before the verifier saw the program).
    UnknownKind,
    /// Its verifier refused the program, or its compiler; the last line of the verifier's log.
    Rejected(String),
    /// The call failed for another reason, which tells nothing about the kernel.
    Failed(String),
}

/// A kernel that may have bpf(2).
pub trait Bpf {
    /// Returns whether this process may ask: only root, because others are refused on hosts where root is not.
    fn may_be_asked(&self) -> bool;

    /// Creates a map and closes it.
    ///
    /// # Errors
    /// [`Refusal`] if the kernel does not create it.
    fn create_map(&self) -> Result<(), Refusal>;

    /// Loads a program that does nothing, and closes it.
    ///
    /// # Errors
    /// [`Refusal`] if the kernel does not load it.
    fn load(&self, kind: ProgramKind) -> Result<(), Refusal>;
}

/// The kernel that this process runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunningKernel;

impl Bpf for RunningKernel {
    fn may_be_asked(&self) -> bool {
        nix::unistd::geteuid().is_root()
    }

    fn create_map(&self) -> Result<(), Refusal> {
        with_memory(|| call(&mut MapAttributes::array())).map_err(|failure| match failure.refusal("") {
            // An array is of the first kinds of maps.
            Refusal::UnknownKind => Refusal::Failed(name(failure.error)),
            refusal => refusal,
        })
    }

    fn load(&self, kind: ProgramKind) -> Result<(), Refusal> {
        let version = if is_before(NO_VERSION) { version_code::running() } else { 0 };
        let attempt = |log: &mut [u8]| {
            with_memory(|| {
                let again = |answer: &Result<(), Errno>| *answer == Err(Errno::EAGAIN);
                let mut answer = call(&mut ProgramAttributes::of(kind, version, log));
                for _ in 1..ATTEMPTS {
                    if !again(&answer) {
                        break;
                    }
                    answer = call(&mut ProgramAttributes::of(kind, version, log));
                }
                answer
            })
        };
        // The log costs time: it is asked for where something is wrong, and where only it tells what happened.
        if !kind.needs_target() && attempt(&mut []).is_ok() {
            return Ok(());
        }
        let mut log = vec![0; 16 * 1024];
        let Err(failure) = attempt(&mut log) else { return Ok(()) };
        let text = text(&log);
        match failure.refusal(&text) {
            Refusal::Rejected(_) if kind.is_accepted_by(&text) => Ok(()),
            // The version is a guess there, and a wrong one looks the same.
            Refusal::UnknownKind if kind.names_version() && is_before(NO_VERSION) => {
                Err(Refusal::Failed("EINVAL, perhaps because of the version that the program names".into()))
            }
            refusal => Err(refusal),
        }
    }
}

/// The error of a call of bpf(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Failure {
    error: Errno,
    /// The limit of locked memory may be the reason, and could not be raised.
    may_lack_memory: bool,
}

impl Failure {
    /// Returns what it means, where the verifier wrote `log`.
    fn refusal(self, log: &str) -> Refusal {
        let last_line = || {
            // The line before the statistics tells why: "processed 2 insns (limit 1000000) …".
            let mut lines =
                log.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("processed "));
            lines.next_back().unwrap_or_default().to_owned()
        };
        match self.error {
            Errno::ENOSYS => Refusal::NoSystemCall,
            _ if self.may_lack_memory => {
                Refusal::Failed(format!("{}, perhaps because of the limit of locked memory", name(self.error)))
            }
            Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE | Errno::EAGAIN | Errno::EINTR => {
                Refusal::Failed(name(self.error))
            }
            _ if !log.is_empty() => Refusal::Rejected(last_line()),
            Errno::EPERM | Errno::EACCES => Refusal::NotPermitted(self.error),
            Errno::EINVAL => Refusal::UnknownKind,
            // ENOTSUPP (524 in linux/errno.h), which the C library does not know: the kernel has no interpreter, and its compiler
            // cannot compile the program (`bpf_prog_select_runtime`).
            Errno::EOPNOTSUPP | Errno::UnknownErrno => Refusal::Rejected("the kernel's compiler refused it".into()),
            error => Refusal::Failed(name(error)),
        }
    }
}

/// Returns the symbolic name of an error number: `EPERM`.
fn name(error: Errno) -> String {
    format!("{error:?}")
}

fn is_before(kernel: &str) -> bool {
    compare_releases(&running_release(), kernel) == Ordering::Less
}

/// Calls, and again with a raised limit of locked memory if that limit may be the reason of a failure.
fn with_memory(mut call: impl FnMut() -> Result<(), Errno>) -> Result<(), Failure> {
    let may_be_limit = |error| matches!(error, Errno::EPERM | Errno::ENOMEM) && is_before(NO_MEMORY_LOCK);
    match call() {
        Err(error) if may_be_limit(error) => match MemoryLock::raise() {
            Some(raised) => {
                let answer = call();
                drop(raised);
                answer.map_err(|error| Failure { error, may_lack_memory: false })
            }
            None => Err(Failure { error, may_lack_memory: true }),
        },
        answer => answer.map_err(|error| Failure { error, may_lack_memory: false }),
    }
}

/// Returns the text before the first NUL byte.
fn text(log: &[u8]) -> String {
    let end = log.iter().position(|&byte| byte == 0).unwrap_or(log.len());
    String::from_utf8_lossy(&log[..end]).into_owned()
}

#[cfg(test)]
mod tests;
