//! What hostprep knows of a host, and the only ways by which it reads and changes one.
//!
//! * [`fs`]: files, below a root directory that every path derives from
//! * [`process`]: the processes that are started; signals, clock, locks and environment of this one
//! * [`system`]: accounts, distribution, kernel, memory, and which kind of system this is
//! * [`log`]: log file, journal and syslog
//! * [`error`]: errors that name the path and say what to do

pub mod error;
pub mod fs;
pub mod log;
pub mod process;
pub mod system;
#[cfg(any(test, feature = "test"))]
pub mod testing;

pub use error::{FileError, InsideText, MalformedFile, ReadError};
pub use fs::{Dir, Root};
