//! hostprep's own package and a vendor's on one host, by apt and dnf: whatever is installed, upgraded or removed, in whichever
//! order, changes nothing of the other. The packages are built here, with the documents; what they install as the program starts
//! the one of this tree.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod debian;
mod host;
mod purge;
mod redhat;
