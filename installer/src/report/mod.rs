//! Reports of a run, for people and for programs.

pub mod json;
pub mod metrics;
pub mod next_boot;
pub mod text;

use host::system::kind::SystemKind;

use crate::engine::Results;
use crate::model::host_context::HostContext;
use crate::model::report::{Outcome, StepReport};

/// The host as reports name it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct HostFacts {
    /// `ID` of os-release.
    pub id: String,
    /// `VERSION_ID` of os-release.
    pub version: Option<String>,
    /// The distribution family for package names.
    pub family: &'static str,
    /// The package manager's program.
    pub package_manager: Option<&'static str>,
    /// The kernel that is judged.
    pub kernel: Option<String>,
    /// The state of SELinux.
    pub selinux: String,
    /// The kind of the system: `host`, `offline`, `container` or `alternate-root`.
    #[serde(serialize_with = "kind_word")]
    pub kind: SystemKind,
    /// What shows that kind, in one line for people.
    pub kind_evidence: String,
}

impl HostFacts {
    /// The facts of `cx`.
    #[must_use]
    pub fn of(cx: &HostContext) -> Self {
        Self {
            id: cx.distribution.id.clone(),
            version: cx.distribution.version.clone(),
            family: cx.distribution.family(),
            package_manager: cx.distribution.package_manager(),
            kernel: kernel(cx),
            selinux: crate::steps::selinux::state_word(cx),
            kind: cx.kind,
            kind_evidence: cx.kind_evidence.clone(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn kind_word<S: serde::Serializer>(kind: &SystemKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

/// Returns the release of the kernel that is judged, else of the one that runs here; `None` if an alternate root has none.
#[must_use]
pub fn kernel(cx: &HostContext) -> Option<String> {
    let judged = cx.judged_kernel().ok().flatten().map(|kernel| kernel.release);
    judged.or_else(|| cx.alternate_root().is_none().then(host::system::kernel::running_release))
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
