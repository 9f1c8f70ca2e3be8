//! Ctrl-C and its relatives: noted, never acted on in the middle of a change.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ,
};

use crate::Root;

/// All that ends a process unless it is handled, and that does not tell of an error in it.
const ENDING: [i32; 10] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU];

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

fn flag() -> &'static Arc<AtomicBool> {
    INTERRUPTED.get_or_init(Arc::default)
}

/// From now on whatever would end this process only sets a flag that [`interrupted`] shows. What it was started to ignore,
/// as `nohup` does it, it ignores still. A file that would become too large is an error of the write alone.
///
/// # Errors
/// The system's, if a handler cannot be set.
pub fn note_interruptions() -> std::io::Result<()> {
    let ignored = ignored();
    for signal in ENDING.into_iter().filter(|signal| !is_in(ignored, *signal)) {
        signal_hook::flag::register(signal, Arc::clone(flag()))?;
    }
    signal_hook::flag::register(SIGXFSZ, Arc::default()).map(drop)
}

/// Whether somebody asked this process to stop.
#[must_use]
pub fn interrupted() -> bool {
    flag().load(Ordering::Relaxed)
}

/// Lets the ends of children be waited for also where this process was started to ignore `SIGCHLD`: the kernel would forget
/// each of them at once (`wait(2)`).
///
/// # Errors
/// The system's, if a handler cannot be set.
pub(crate) fn wait_for_children() -> std::io::Result<()> {
    static DONE: OnceLock<()> = OnceLock::new();
    if DONE.get().is_none() {
        signal_hook::flag::register(SIGCHLD, Arc::default())?;
        DONE.get_or_init(|| ());
    }
    Ok(())
}

/// The signals that this process ignores, a bit each (`proc_pid_status(5)`); none where that cannot be known.
fn ignored() -> u64 {
    let status = Root::system().ok().and_then(|root| root.read_text("/proc/self/status").ok()).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn is_in(mask: u64, signal: i32) -> bool {
    mask >> (signal - 1) & 1 == 1
}

/// While this lives, a terminal cannot stop this thread, nor those and the programs that it starts; Ctrl-Z takes effect after
/// it. What is changed for a moment would else stay so until somebody says `fg`.
#[derive(Debug)]
#[must_use = "dropping it lets the terminal stop us again"]
pub struct StopSignalsBlocked {
    before: SigSet,
    /// A mask is a thread's own.
    _not_send: PhantomData<*const ()>,
}

impl StopSignalsBlocked {
    /// From now on.
    pub fn begin() -> Self {
        let before = SigSet::thread_get_mask().unwrap_or_else(|_| SigSet::empty());
        let stopping: SigSet = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU].into_iter().collect();
        // It fails for nonsense only.
        let _ = stopping.thread_block();
        Self { before, _not_send: PhantomData }
    }
}

impl Drop for StopSignalsBlocked {
    fn drop(&mut self) {
        let _ = self.before.thread_set_mask();
    }
}
