//! Real package managers install from the repositories that `package repository` makes, from files and from a server, and refuse
//! what was changed. Keys are replaced without a gap.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod apt;
mod publisher;
mod rpm;
mod server;
