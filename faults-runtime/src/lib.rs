//! When faults 6, 7 and 18 are raised and cleared: rules for the agent's own processes, which see failures and load while
//! they run.
//!
//! * [`Restarts`], fault 6: the process that scans files fails repeatedly
//! * [`Start`], fault 7: it does not start
//! * [`Overload`], fault 18: more events arrive than the agent can handle
//! * [`Outbox`]: writes what these decide to a [`Store`](faults::Store), and keeps it for later while the store fails
//! * [`Settings`]: every number in the rules, as an administrator may write it
//!
//! The three rules only decide. The caller reports what happened and when; a rule returns what the store is to hold. It
//! reads no clock and no file, starts no process, and never fails. Times are those of
//! [`Clock::monotonic`](host::process::clock::Clock::monotonic), never the time of day; a time before the latest one seen counts as
//! that one.
//!
//! A rule describes the present state, not a change, so it may repeat itself: the store writes nothing for what it
//! already holds. Give each rule one owner: two processes that both count the failures of one scan process contradict
//! each other.
//!
//! `examples/supervisor.rs` is an agent's supervisor loop.

mod describe;
mod end;
mod hysteresis;
mod monotonic;
mod outbox;
mod overload;
mod restarts;
mod settings;
mod start;

use faults::FaultUpdate;

pub use end::End;
pub use outbox::Outbox;
pub use overload::{Load, Overload};
pub use restarts::{Restarts, ScanFailure};
pub use settings::{OverloadSettings, RestartSettings, SettingError, Settings, StartSettings, Threshold};
pub use start::{AvailableMemory, Start, StartFailure, StartMemory};

/// The consequence of a failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Decision {
    /// The updates for the store, in order.
    pub tell: Vec<FaultUpdate>,
    /// Whether the connector must restart itself, after it has written the store.
    pub restart: bool,
}
