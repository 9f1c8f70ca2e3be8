//! The built packages, installed, upgraded, removed and interrupted by the real package managers, each in a system of its
//! own. What becomes of a system is compared as a whole tree.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod debian;
mod debian_trouble;
mod expect;
mod killed;
mod late_arrivals;
mod portable;
mod redhat;
mod redhat_trouble;
mod trouble;
mod vendor;
