//! Programs that are started, and the state of this process.
//!
//! * [`Command`], [`CommandRunner`]: a command line; the only place that starts processes
//! * [`inherited`], [`environment`], [`clock`], [`signals`]: what this process inherits, and time
//! * [`names`]: what this process is called
//! * [`lock`], [`backoff`]: one process at a time; pauses between tries

pub mod backoff;
pub mod clock;
mod command;
pub mod environment;
pub mod inherited;
pub mod lock;
pub mod names;
mod run;
pub mod signals;
mod telling_line;

pub use command::Command;
pub use run::{CommandRunner, Observer, Output, ProcessError, SYSTEM_DIRECTORIES};
pub use telling_line::{is_said_by, is_unresolved, relevant_lines, shown_line, telling_line};
