//! One SELinux policy module of an agent: assess whether it is needed, compile it, load it, verify it and remove it.
//!
//! [`assess()`] and [`load::load`] do the whole job; `examples/third_party.rs` shows them. Each part is usable on its
//! own:
//!
//! * [`spec`]: the rule that an agent needs, as defined in its profile
//! * [`config`], [`state`]: SELinux on this system, from `/etc/selinux/config` and the running kernel
//! * [`kernel`]: asks the running kernel for the rule
//! * [`policy_file`]: the compiled policy on disk, for systems whose kernel cannot be asked
//! * [`store`]: the installed modules, read from the store's own files; [`rules`] and [`cil`]: their meaning
//! * [`interrupted`]: a store that an interrupted transaction left without an active policy
//! * [`render`], [`compile`]: the module's sources, and the file that `semodule` installs
//! * [`transaction`]: the one `semodule` call that installs or removes it; [`written`]: whether the system loads what it wrote
//! * [`inputs`]: what the outcome of that call depends on; [`redundant`]: whether the policy allows the rule without our module
//! * [`classify`], [`culprit`]: why such a call failed, and which module or record of the store it failed on
//! * [`assess`]: whether the rule is in force, and what keeps it out
//! * [`load`]: brings it into force
//! * [`denials`]: what SELinux denied to a domain

pub mod assess;
pub mod cil;
pub mod classify;
pub mod compile;
pub mod config;
mod context;
pub mod culprit;
pub mod denials;
pub mod inputs;
pub mod interrupted;
pub mod kernel;
pub mod load;
pub mod policy_file;
pub mod redundant;
pub mod render;
pub mod rules;
mod running;
mod sepol;
pub mod spec;
pub mod state;
pub mod store;
#[cfg(any(test, feature = "test"))]
pub mod testing;
pub mod transaction;
pub mod written;

pub use assess::{Problem, RuleAssessment, RuleState, System, Unknown, assess};
pub use classify::Cause;
pub use config::SelinuxConfig;
pub use culprit::Culprit;
pub use inputs::Inputs;
pub use interrupted::{ActivePolicy, InterruptedTransaction};
pub use kernel::{Answer, Kernel};
pub use running::RunningKernel;
pub use spec::ModuleSpec;
pub use state::State;
pub use store::Store;

// All that a caller needs of `host`: where files are, how programs are run, and what kind of system this is.
pub use host::process::CommandRunner;
pub use host::process::clock::SystemClock;
pub use host::system::kind::SystemKind;
pub use host::{Dir, Root};
