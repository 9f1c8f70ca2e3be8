//! When faults 6, 7 and 18 are raised and cleared: the rules, for the agent's own processes, which see failures and
//! load while they run. The rules are in the agent's documents; where those give no figure, the default is ours.
//!
//! * [`Restarts`], fault 6: the process that scans files fails again and again
//! * [`Start`], fault 7: it does not start
//! * [`Overload`], fault 18: more events come than can be handled
//! * [`Outbox`]: brings what these say into a [`Store`](crate::Store), and keeps it where the store refuses
//! * [`Settings`]: every figure in them, as an administrator may write it
//!
//! The first three do nothing but decide. They are told what happened and when, and say what the store shall be told;
//! they read no clock, no file and start nothing. A time is one of
//! [`Clock::monotonic`](host::clock::Clock::monotonic), never the time of day; one that is before the latest they saw
//! counts as that one. None of their calls fails.
//!
//! A report is about what is so now, not about what changed: the store writes nothing where it is so already. Each has
//! one owner: two processes that both count the failures of one scan process would contradict each other.

mod describe;
mod end;
mod gate;
mod latest;
mod outbox;
mod overload;
mod overload_settings;
mod restarts;
mod setting_error;
mod settings;
mod smooth;
mod start;
mod start_memory;

use crate::store::Wanted;

pub use end::End;
pub use outbox::Outbox;
pub use overload::{Load, Overload};
pub use overload_settings::{OverloadSettings, Threshold};
pub use restarts::{RestartSettings, Restarts, ScanFailure};
pub use setting_error::SettingError;
pub use settings::Settings;
pub use start::{AvailableMemory, Start, StartFailure, StartSettings};
pub use start_memory::StartMemory;

/// What follows from a failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Decision {
    /// What the store shall be told, in order.
    pub tell: Vec<Wanted>,
    /// Whether the connector shall restart itself, once the store has been told.
    pub restart: bool,
}
