//! `login.defs`, and the window in which it says `USERGROUPS_ENAB yes`.
//!
//! `useradd` makes the user's own group only where `USERGROUPS_ENAB` is `yes` (`login.defs(5)`). Where it is not, the
//! file is changed for exactly as long as `useradd` runs and is then again what it was, the same inode, to the byte.
//!
//! * [`read`]: what the host's files say together
//! * [`plan`], then [`open`] and [`Open::close`]: the window
//! * [`leftover`] and [`recover`]: a window that a crash left open
//!
//! All of it is called under hostprep's own lock.

mod bytes;
mod disk;
mod error;
mod in_place;
mod made;
mod plan;
mod record;
mod recover;
mod settle;
mod source;
#[cfg(test)]
mod steps;
mod swap;
pub mod text;
mod window;

#[cfg(test)]
mod tests;

pub use error::WindowError;
pub use plan::{Plan, plan};
pub use recover::{Leftover, Recovered, leftover, recover};
pub use source::{Effective, read};
pub use window::{Closed, Open, open};
