//! Sets `USERGROUPS_ENAB` to `yes` in `login.defs` while an account tool runs, and restores the file exactly.
//!
//! `useradd` creates the user's own group only where `USERGROUPS_ENAB` is `yes` (`login.defs(5)`). The time during
//! which the file is changed is called the window.
//!
//! * [`read`]: the effective settings of a root
//! * [`plan`] or [`plan_placeholder`], then [`open`] and [`Window::close`]: the window
//! * [`stale_window`] and [`recover`]: a window that a crash left open
//!
//! The caller holds hostprep's lock. hostprep of another agent has a lock of its own: of several, one at a time opens a window.
//! `README.md` explains the methods and the files on disk.

mod bytes;
mod create;
mod error;
#[cfg(test)]
mod fault_injection;
mod files;
mod guard;
mod in_place;
mod plan;
mod record;
mod replace;
mod restore;
mod sources;
mod stale;
pub mod text;
mod window;

#[cfg(test)]
mod tests;

pub use error::WindowError;
pub use guard::{LONGEST_WAIT, is_open_elsewhere};
pub use plan::{Plan, plan, plan_placeholder, plan_undisturbed};
pub use sources::{EffectiveSettings, KeyFile, file_for, read};
pub use stale::{Recovered, StaleWindow, recover, stale_window};
pub use window::{Closed, Window, open};
