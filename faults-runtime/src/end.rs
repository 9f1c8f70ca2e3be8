//! The end of a process.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::sys::signal::Signal;

/// The end of the process that scans files: an exit status, a signal, or no answer any more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// It exited with this status. Status 0 counts too: a scan process that ends unasked has failed.
    Exited(i32),
    /// This signal killed it.
    Signalled(i32),
    /// It still runs but no longer answers; one line that says how that shows.
    Unresponsive(String),
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exited(code),
            (None, Some(signal)) => Self::Signalled(signal),
            // Stopped or continued, which only a tracer learns.
            (None, None) => Self::Unresponsive(status.to_string()),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exit status {status}"),
            Self::Signalled(signal) => match Signal::try_from(*signal) {
                Ok(known) => write!(f, "signal {signal} ({known})"),
                Err(_) => write!(f, "signal {signal}"),
            },
            Self::Unresponsive(how) => write!(f, "no answer ({how})"),
        }
    }
}
