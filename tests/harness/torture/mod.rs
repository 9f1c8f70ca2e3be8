//! Disturbs the program at each of its system calls and checks what must hold nevertheless: `login.defs` is restored, the
//! fault store is readable and complete, the policy store is no worse, and the next run has the result of an undisturbed one.
//!
//! * [`scenario`]: the disturbed command and the command after it
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
