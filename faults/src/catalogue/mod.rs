//! The faults there are. The data is `catalogue.toml`; what people read about a fault is in [`texts`](crate::texts).

#[allow(clippy::module_inception, reason = "the file has the name of what it reads")]
mod catalogue;
#[cfg(test)]
mod check;
pub(crate) mod id;
pub(crate) mod reason;
pub(crate) mod severity;
pub(crate) mod source;
mod stable_words;

pub use catalogue::{Entry, Reasons, SeenBy, Since, UnknownFault, cleared_message_id, entries, find};
pub(crate) use catalogue::{agent, values};
