//! `login.defs`, and the window in which it says `USERGROUPS_ENAB yes`.
//!
//! `useradd` makes the user's own group only where `USERGROUPS_ENAB` is `yes` (`login.defs(5)`). Where it is not, the
//! file is changed for exactly as long as `useradd` runs and is then again what it was, the same inode, to the byte.
//!
//! * [`read`]: what the host's files say together
//! * [`plan`] or [`plan_placeholder`], then [`open`] and [`Window::close`]: the window
//! * [`stale_window`] and [`recover`]: a window that a crash left open
//!
//! All of it is called under hostprep's own lock.

mod bytes;
mod create;
mod error;
#[cfg(test)]
mod fault_injection;
mod files;
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
pub use plan::{Plan, plan, plan_placeholder};
pub use sources::{EffectiveSettings, read};
pub use stale::{Recovered, StaleWindow, recover, stale_window};
pub use window::{Closed, Window, open};
