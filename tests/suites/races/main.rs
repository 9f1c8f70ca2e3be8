//! Concurrent commands, and other programs that change the same files: nothing is lost, the next run finishes.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the program's surroundings")]
#![allow(clippy::print_stdout, reason = "figures for a run with --nocapture")]

mod concurrent_commands;
mod editors;
mod load_lock;
mod lock_dir_removed;
mod policy;
mod store_invariants;
mod two_agents;
