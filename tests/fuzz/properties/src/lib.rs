//! Properties that must hold for every input: the bodies of the fuzz targets in `tests/fuzz` as ordinary code, so that the kept
//! inputs run with the other tests too (`tests/replay.rs`).
//!
//! Each module has one function `check`, which panics if a property does not hold. Inputs of several files are texts of several
//! [`input::parts`].

#![allow(clippy::disallowed_methods, reason = "the properties arrange the surroundings of the program")]
#![allow(clippy::unwrap_used, reason = "a property that does not hold panics")]

pub mod accounts;
pub mod config;
pub mod fault_store;
pub mod hook_deb;
pub mod hook_rpm;
pub mod input;
pub mod journal;
pub mod kernel_files;
pub mod load_lock;
pub mod login_defs;
pub mod login_defs_record;
pub mod login_defs_window;
pub mod os_release;
pub mod policydb;
pub mod profile;
pub mod scratch;
pub mod selinux_files;
pub mod stderr_classifier;

/// A body of a fuzz target.
pub type Check = fn(&[u8]);

/// All of them, by the name of the target.
pub const ALL: [(&str, Check); 16] = [
    ("accounts", accounts::check),
    ("config", config::check),
    ("fault_store", fault_store::check),
    ("hook_deb", hook_deb::check),
    ("hook_rpm", hook_rpm::check),
    ("journal", journal::check),
    ("kernel_files", kernel_files::check),
    ("load_lock", load_lock::check),
    ("login_defs", login_defs::check),
    ("login_defs_record", login_defs_record::check),
    ("login_defs_window", login_defs_window::check),
    ("os_release", os_release::check),
    ("policydb", policydb::check),
    ("profile", profile::check),
    ("selinux_files", selinux_files::check),
    ("stderr_classifier", stderr_classifier::check),
];
