//! The store: a directory with the raised faults, the events and the lock.

mod discard;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod event_log;
pub(crate) mod fault;
pub(crate) mod format;
mod replay;
mod set_aside;
pub(crate) mod snapshot;
mod state_file;
#[allow(clippy::module_inception, reason = "the file has the name of its type")]
pub(crate) mod store;
pub(crate) mod writer;
