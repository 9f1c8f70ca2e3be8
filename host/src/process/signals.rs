//! Terminating signals set a flag, so that no change is interrupted.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ,
};

use crate::Root;

/// The signals that end a process by default and do not report an error in it.
const ENDING: [i32; 10] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU];

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

fn flag() -> &'static Arc<AtomicBool> {
    INTERRUPTED.get_or_init(Arc::default)
}

/// Makes terminating signals set a flag, which [`interrupted`] returns. Signals that the parent ignores (`nohup`) stay ignored.
/// A write beyond the file size limit fails with an error.
///
/// # Errors
/// The error of `sigaction(2)`.
pub fn note_interruptions() -> std::io::Result<()> {
    let ignored = ignored();
    for signal in ENDING.into_iter().filter(|signal| !is_in(ignored, *signal)) {
        signal_hook::flag::register(signal, Arc::clone(flag()))?;
    }
    signal_hook::flag::register(SIGXFSZ, Arc::default()).map(drop)
}

/// Returns whether a terminating signal has arrived.
#[must_use]
pub fn interrupted() -> bool {
    flag().load(Ordering::Relaxed)
}

/// Makes children waitable if the parent ignored `SIGCHLD`; the kernel would otherwise discard their statuses (`wait(2)`).
///
/// # Errors
/// The error of `sigaction(2)`.
pub(crate) fn wait_for_children() -> std::io::Result<()> {
    static DONE: OnceLock<()> = OnceLock::new();
    if DONE.get().is_none() {
        signal_hook::flag::register(SIGCHLD, Arc::default())?;
        DONE.get_or_init(|| ());
    }
    Ok(())
}

/// Returns the signals that this process ignores, one bit each (`proc_pid_status(5)`); none if `/proc` is not mounted.
fn ignored() -> u64 {
    let status = Root::system().ok().and_then(|root| root.read_text("/proc/self/status").ok()).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn is_in(mask: u64, signal: i32) -> bool {
    mask >> (signal - 1) & 1 == 1
}

/// Blocks Ctrl-Z for this thread, and for threads and programs that it starts, until it is dropped. A temporary change would
/// otherwise last until the user runs `fg`.
#[derive(Debug)]
#[must_use = "dropping it unblocks the signals"]
pub struct StopSignalsBlocked {
    before: SigSet,
    /// The signal mask belongs to the thread.
    _not_send: PhantomData<*const ()>,
}

impl StopSignalsBlocked {
    /// Blocks the signals.
    pub fn begin() -> Self {
        let before = SigSet::thread_get_mask().unwrap_or_else(|_| SigSet::empty());
        let stopping: SigSet = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU].into_iter().collect();
        // Fails only for an invalid argument.
        let _ = stopping.thread_block();
        Self { before, _not_send: PhantomData }
    }
}

impl Drop for StopSignalsBlocked {
    fn drop(&mut self) {
        let _ = self.before.thread_set_mask();
    }
}
