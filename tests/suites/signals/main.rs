//! Signals at any time: `login.defs` is restored before hostprep ends, and the next run finishes the work.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]
#![allow(clippy::print_stdout, reason = "figures for whoever runs it with --nocapture")]

mod broken_pipe;
mod during_useradd;
mod policy;
mod process_group;
mod sigstop;
mod syscall_sweep;
mod waiting;
