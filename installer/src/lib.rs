//! Preparing a host: one host change is one step; what is still wrong after it becomes a fault.
//!
//! * [`profile`]: what an agent asks of a host, as data
//! * [`context`]: the host that is prepared and the doors to it
//! * [`step`]: scan user, directories, policy tools, policy module, kernel; and what the agent's parts need to start
//! * [`action`], [`journal`]: a change, and what of it is ours to undo
//! * [`reason`]: the reason of fault 19 for what `policy` finds
//! * [`load_lock`]: the guard against a kernel component that brings the host down
//! * [`led_out`]: that no tool is led out of an alternate root
//! * [`run`]: steps in order, under the lock, into faults; [`removal`]: the way back
//! * [`hook`]: the words of RPM scriptlets and Debian maintainer scripts
//! * [`report`]: text and JSON

pub mod action;
pub mod config;
pub mod context;
pub mod error;
pub mod hook;
pub mod journal;
pub mod led_out;
pub mod load_lock;
pub mod outcome;
pub mod place;
pub mod profile;
pub mod reason;
pub mod removal;
pub mod report;
pub mod run;
pub mod step;
pub mod verdicts;

pub use error::Error;
