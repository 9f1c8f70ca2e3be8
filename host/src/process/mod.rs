//! This process and those that it starts.
//!
//! * [`Command`], [`CommandRunner`]: the only place that starts processes
//! * [`inherited`], [`environment`], [`clock`], [`signals`]: what this process got from its caller, and time
//! * [`lock`], [`backoff`]: one process at a time; trying again while another program is in the way

pub mod backoff;
pub mod clock;
mod command;
pub mod environment;
pub mod inherited;
pub mod lock;
mod run;
pub mod signals;
mod telling_line;

pub use command::{Command, quoted};
pub use run::{CommandRunner, Observer, Output, ProcessError, SYSTEM_DIRECTORIES};
pub use telling_line::{is_unresolved, telling_line};
