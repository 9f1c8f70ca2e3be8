//! Ctrl-C and its relatives: noted, never acted on in the middle of a change.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

fn flag() -> &'static Arc<AtomicBool> {
    INTERRUPTED.get_or_init(Arc::default)
}

/// From now on SIGINT, SIGTERM and SIGHUP only set a flag that [`interrupted`] shows.
///
/// # Errors
/// The system's, if a handler cannot be set.
pub fn note_interruptions() -> std::io::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(flag()))?;
    }
    Ok(())
}

/// Whether somebody asked this process to stop.
#[must_use]
pub fn interrupted() -> bool {
    flag().load(Ordering::Relaxed)
}
