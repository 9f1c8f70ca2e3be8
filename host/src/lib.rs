//! What hostprep knows of a host, and the only doors through which it touches one.
//!
//! * [`root`], [`dir`]: the root directory that every path derives from; files, directories, atomic writes
//! * [`places`], [`trust`]: where an agent has its own, and whose a file is
//! * [`process`]: the one door for processes
//! * [`caller`], [`environment`], [`clock`], [`signals`]: the process's own surroundings
//! * [`lock`], [`backoff`]: one hostprep at a time; trying again what another program keeps us from
//! * [`account`], [`account_lock`]: users and groups, through NSS or from the files of an alternate root
//! * [`distribution`]: os-release, package manager, package names
//! * [`kernel`], [`kernel_module`]: kernel release, BTF, headers; modules of the kernel
//! * [`secure_boot`], [`memory`]: what firmware and kernel take; memory
//! * [`attributes`]: immutable and append-only files
//! * [`changes`]: waiting for a directory's changes
//! * [`container`]: whether this is one
//! * [`log`]: log file and syslog

pub mod account;
pub mod account_lock;
pub mod attributes;
pub mod backoff;
pub mod caller;
pub mod changes;
pub mod clock;
pub mod container;
pub mod dir;
pub mod distribution;
pub mod environment;
pub mod error;
pub mod kernel;
pub mod kernel_module;
pub mod lock;
pub mod log;
pub mod memory;
mod open;
mod outside;
mod own;
pub mod places;
pub mod process;
pub mod root;
pub mod secure_boot;
pub mod signals;
#[cfg(test)]
mod test_root;
pub mod trust;
mod walk;

pub use dir::Dir;
pub use error::{FileError, InsideText, MalformedFile, ReadError};
pub use root::Root;
