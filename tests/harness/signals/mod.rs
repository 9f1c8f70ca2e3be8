//! A signal at every system call of hostprep, delivered by `strace`: what is left, before and after a next run.
//!
//! * [`work`]: the calls of hostprep that are disturbed
//! * [`points`]: the system calls that they make
//! * [`judge`]: one signal at one of them, and all that must be so then
//! * [`sweep`]: many of them

mod judge;
mod login_defs;
mod points;
mod sweep;
mod work;

pub use judge::{Ended, Undisturbed};
pub use points::{Point, points};
pub use sweep::{Tally, sweep};
pub use work::{ALL, Work, root};
