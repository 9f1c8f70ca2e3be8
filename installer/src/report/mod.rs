//! Reports of a run, for people and for programs. Every JSON output is one of the objects here; `schema` has their JSON Schemas.

pub mod ansible;
pub mod envelope;
pub mod explain;
pub mod faults;
pub mod host_facts;
pub mod json;
pub mod kernel_table;
pub mod load_lock_status;
pub mod metric;
pub mod metrics;
pub mod nagios;
pub mod next_boot;
pub mod ocsf;
pub mod own_domain;
pub mod policy_status;
pub mod remove;
pub mod schema;
pub mod script;
pub mod status;
pub mod text;
pub mod todo;
pub mod waived;

pub use self::host_facts::HostFacts;

use crate::engine::Results;
use crate::model::host_context::HostContext;
use crate::model::report::{Outcome, StepReport};

/// Returns the release of the kernel that is judged; in a container, where none is, of the host's. `None` if a system that is not
/// booted has none: the one that runs is then that of the machine that builds it.
#[must_use]
pub fn kernel(cx: &HostContext) -> Option<String> {
    if cx.kind.is_container() && cx.kernel_release.is_none() {
        return Some(host::system::kernel::running_release());
    }
    cx.judged_kernel().ok().flatten().map(|kernel| kernel.release)
}

/// The exit codes.
pub mod exit {
    /// All is well.
    pub const WELL: u8 = 0;
    /// An error of hostprep.
    pub const ERROR: u8 = 1;
    /// An invalid command line.
    pub const USAGE: u8 = 2;
    /// Faults are raised.
    pub const FAULTS: u8 = 3;
    /// Something is unknown, deferred, pending or to be done, and nothing is faulted.
    pub const UNSETTLED: u8 = 4;
    /// The load lock is locked: the kernel component is not to be loaded.
    pub const LOCKED: u8 = 5;
}

/// The exit code that `results` come to.
#[must_use]
pub fn exit_code(results: &Results) -> u8 {
    let next_boot = results.next_boot.as_ref();
    let unsettled =
        |report: &StepReport| matches!(report.outcome, Outcome::Unknown | Outcome::Deferred | Outcome::Planned);
    let image = |outcomes: &[Outcome]| results.image.iter().any(|item| outcomes.contains(&item.outcome));
    if !results.faults.is_empty() || image(&[Outcome::Fault]) {
        exit::FAULTS
    } else if results.reports.iter().any(unsettled)
        || image(&[Outcome::Unknown, Outcome::Deferred])
        || next_boot.is_some_and(|next| !next.is_settled())
    {
        exit::UNSETTLED
    } else {
        exit::WELL
    }
}
