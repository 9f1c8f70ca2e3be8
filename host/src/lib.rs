//! Reads and changes a host. hostprep opens files, starts programs and reads clocks only through this crate.
//!
//! * [`fs`]: files, below a root directory that every path derives from
//! * [`process`]: starting programs; signals, clock, locks and environment of this process
//! * [`system`]: facts: accounts, distribution, kernel, memory, and the kind of system
//! * [`shell`]: words quoted for a shell
//! * [`log`]: log file, journal and syslog
//! * [`error`]: errors that name the path and what to do about it

pub mod error;
pub mod fs;
pub mod log;
pub mod process;
pub mod shell;
pub mod system;
#[cfg(any(test, feature = "test"))]
pub mod testing;

pub use error::{FileError, InsideText, MalformedFile, ReadError};
pub use fs::{Dir, Root};
