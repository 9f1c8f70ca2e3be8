//! One SELinux policy module of an agent: asked for, generated, compiled, loaded, verified and removed.
//!
//! The way of the data, each step usable on its own:
//!
//! * [`spec`]: the rule that an agent needs, from its profile
//! * [`config`], [`state`]: what `/etc/selinux/config` and the running kernel say of SELinux here
//! * [`kernel`]: the question itself, put to the running kernel
//! * [`policy_file`]: what the compiled policy on disk can tell where the kernel cannot be asked
//! * [`store`]: which modules are installed, read from the store's own files; [`rules`] and [`cil`] say what they mean
//! * [`interrupted`]: a store that a transaction left without an active policy
//! * [`render`], [`compile`]: the module's sources, and the file that `semodule` takes
//! * [`transaction`]: the one `semodule` call that installs or removes it
//! * [`classify`]: why such a call failed
//! * [`assess`]: whether the rule is in force, and what keeps it out
//! * [`load`]: brings it into force

pub mod assess;
pub mod cil;
pub mod classify;
pub mod compile;
pub mod config;
mod context;
pub mod interrupted;
pub mod kernel;
pub mod load;
pub mod policy_file;
pub mod render;
pub mod rules;
mod running;
pub mod spec;
pub mod state;
pub mod store;
#[cfg(any(test, feature = "test"))]
pub mod testing;
pub mod transaction;

pub use assess::{Problem, RuleAssessment, RuleState, System, Unknown, assess};
pub use classify::Cause;
pub use config::SelinuxConfig;
pub use interrupted::InterruptedTransaction;
pub use kernel::{Answer, Kernel};
pub use running::RunningKernel;
pub use spec::ModuleSpec;
pub use state::State;
pub use store::Store;

// All that a caller needs of `host`: where files are, how programs are run, and what kind of system this is.
pub use host::clock::SystemClock;
pub use host::container::Surroundings;
pub use host::process::Processes;
pub use host::{Dir, Root};
