//! The program disturbed at each of its system calls, and what must hold all the same: `login.defs` ends as it was, the fault
//! store is readable and complete, the policy store is no worse, and the next run comes to what an undisturbed one comes to.
//!
//! * [`scenario`]: what is disturbed, and the command that comes after
//! * [`kill`]: death at a call
//! * [`errors`]: a call that fails, alone or with all after it
//! * [`power`]: what was not synced is lost
//! * [`interleave`]: another command runs while the first is stopped at a call
//! * [`links`]: links that lead elsewhere
//! * [`judge`]: what must hold
//! * [`injection_point`], [`tracee`]: the calls, by `ptrace`
//! * [`worker_root`], [`workers`]: roots in memory, and workers that try points in them

pub mod errors;
pub mod injection_point;
pub mod interleave;
pub mod judge;
pub mod kill;
pub mod links;
pub mod login_defs;
pub mod power;
pub mod scenario;
pub mod tracee;
pub mod worker_root;
pub mod workers;
