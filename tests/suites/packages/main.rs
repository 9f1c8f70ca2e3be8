//! The real package managers install, upgrade, remove and interrupt the built packages, each in its own system. The result is
//! compared as a whole tree.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod another_root;
mod debian;
mod debian_trouble;
mod expect;
mod file_triggers;
mod killed;
mod late_arrivals;
mod portable;
mod redhat;
mod redhat_trouble;
mod supply;
mod trouble;
mod vendor;
