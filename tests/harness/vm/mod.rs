//! A guest with SELinux enforcing in which `tests/vm/scenarios` are run; see `tests/vm/README.md`.
//!
//! * [`scenario`]: a directory of scripts, and what is expected of it
//! * [`machine`]: QEMU, and an administrator's session on a serial line
//! * [`seed`]: the disk with packages and scripts
//! * [`play`]: which scenario runs on which machine, and what was seen
//! * [`table`]: what is printed

pub mod machine;
pub mod play;
pub mod scenario;
pub mod seed;
pub mod table;
