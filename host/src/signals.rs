//! Ctrl-C and its relatives: noted, never acted on in the middle of a change.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

fn flag() -> &'static Arc<AtomicBool> {
    INTERRUPTED.get_or_init(Arc::default)
}

/// From now on SIGINT, SIGTERM and SIGHUP only set a flag that [`interrupted`] shows. A SIGHUP that the caller had ignored stays
/// ignored (`nohup(1)`).
///
/// # Errors
/// The system's, if a handler cannot be set.
pub fn note_interruptions() -> std::io::Result<()> {
    let wanted = |signal: &i32| *signal != SIGHUP || !is_ignored(SIGHUP);
    for signal in [SIGINT, SIGTERM, SIGHUP].into_iter().filter(wanted) {
        signal_hook::flag::register(signal, Arc::clone(flag()))?;
    }
    Ok(())
}

#[expect(unsafe_code, reason = "asking for a handler has no safe form")]
fn is_ignored(signal: i32) -> bool {
    use nix::libc;
    let mut now = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: with a null pointer for the new action nothing is changed, and the old one is written into `now`, for which
    // all zeroes is a value.
    let now = unsafe {
        libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr());
        now.assume_init()
    };
    now.sa_sigaction == libc::SIG_IGN
}

/// Whether somebody asked this process to stop.
#[must_use]
pub fn interrupted() -> bool {
    flag().load(Ordering::Relaxed)
}
