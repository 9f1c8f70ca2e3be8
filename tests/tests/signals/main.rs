//! Signals at any time: `login.defs` is what it was before hostprep has ended, and the next run does the rest.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]
#![allow(clippy::print_stdout, reason = "figures for whoever runs it with --nocapture")]

mod at_work;
mod everybody;
mod nobody_reads;
mod policy;
mod stopped;
mod swept;
mod waiting;
