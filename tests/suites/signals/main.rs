//! Signals at any time: `login.defs` is restored before hostprep ends, and the next run finishes the work.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the program's surroundings")]
#![allow(clippy::print_stdout, reason = "figures for a run with --nocapture")]

mod broken_pipe;
mod during_useradd;
mod policy;
mod process_group;
mod sigstop;
mod syscall_sweep;
mod waiting;
