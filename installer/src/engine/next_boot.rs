//! The kernel of the next boot: a fault that it has and the running kernel has not is *pending*. A pending fault is neither raised
//! nor counted. It is looked for anew each time, so it is gone with its cause.

use faults::{FaultId, Severity};
use host::fs::InRoot;
use host::system::distribution::KernelOrigin;
use host::system::kernel::{installed, is_release, newest_of, running_release};
use host::{FileError, InsideText};

use super::one_step::Plans;
use super::{fault_updates, observe};
use crate::model::host_context::HostContext;
use crate::model::report::{Finding, Outcome, StepReport};
use crate::model::step::StepRef;
use crate::model::step_id::StepId;
use crate::model::waiver::Waiver;

/// What the next boot brings, if it brings another kernel.
#[derive(Debug, Clone, Default)]
pub struct NextBoot {
    /// The release of that kernel; `None` if it is not known.
    pub kernel: Option<String>,
    /// The pending faults, sorted.
    pub pending: Vec<PendingFault>,
    /// What could not be determined.
    pub unknown: Vec<Undetermined>,
}

/// A fault from the next boot on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingFault {
    /// The fault.
    pub id: FaultId,
    /// How bad it will be.
    pub severity: Severity,
    /// What causes it, and what prevents it.
    pub finding: Finding,
    /// The waiver by which it does not count.
    pub waiver: Option<Waiver>,
}

/// Something that could not be determined of the next boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undetermined {
    /// The step; `None` if the kernel itself is not known.
    pub step: Option<StepId>,
    /// Why, in one line.
    pub detail: String,
}

/// A kernel that is about to come or go: its files do not show it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KernelChange<'a> {
    /// None.
    Nothing,
    /// This release is installed.
    Added(&'a str),
    /// This release is removed.
    Removed(&'a str),
}

impl NextBoot {
    /// Judges the kernel of the next boot by those of `steps` that judge kernels. `raised` are the faults that are true now, and `now`
    /// the reports on the running kernel, as far as there are any: what they say is not said twice. Only reads.
    ///
    /// Returns `None` if the next boot runs the running kernel again, and where no kernel runs that could be left: in a container, an
    /// offline system and an alternate root. The same for `--kernel`, which asks about one kernel.
    #[must_use]
    pub fn of(
        cx: &HostContext,
        steps: &[StepRef],
        raised: &[FaultId],
        now: &[StepReport],
        change: KernelChange,
    ) -> Option<Self> {
        let steps: Vec<StepRef> = steps.iter().copied().filter(|step| step.judges_kernel()).collect();
        if steps.is_empty() || !cx.is_running_system() || cx.kernel_release.is_some() {
            return None;
        }
        let kernel = match release(cx, change) {
            Ok(kernel) => kernel?,
            Err(e) => {
                let detail = format!("the kernel of the next boot is not known: {}", e.inside_text(cx.root));
                return Some(Self { unknown: vec![Undetermined { step: None, detail }], ..Self::default() });
            }
        };
        let reports = observe(&cx.judging(kernel.clone()), &steps, Plans::Ignored);
        let pending = fault_updates::faults_found(reports.iter())
            .into_iter()
            .filter(|id| !raised.contains(id))
            .filter_map(|id| {
                let (finding, severity) = fault_updates::found(id, &reports)?;
                // The finding is merged: of several, the first one's reason.
                let waiver = cx.waivers.of(&finding.reason).cloned();
                Some(PendingFault { id, severity: severity?, finding, waiver })
            })
            .collect();
        let is_known = |report: &&StepReport| {
            report.outcome != Outcome::Unknown
                || now.iter().any(|now| now.step == report.step && now.detail == report.detail)
        };
        let unknown = reports
            .iter()
            .filter(|report| !is_known(report))
            .map(|report| Undetermined { step: Some(report.step), detail: report.detail.clone() })
            .collect();
        Some(Self { kernel: Some(kernel), pending, unknown })
    }

    /// Returns the numbers of the pending faults, sorted.
    #[must_use]
    pub fn ids(&self) -> Vec<FaultId> {
        self.pending.iter().map(|fault| fault.id).collect()
    }

    /// Returns each finding once, with the pending faults that it is about.
    #[must_use]
    pub fn findings(&self) -> Vec<(Vec<FaultId>, &Finding)> {
        let groups = self.pending.chunk_by(|one, other| one.finding == other.finding);
        groups.map(|group| (group.iter().map(|fault| fault.id).collect(), &group[0].finding)).collect()
    }

    /// Returns the pending faults that count: those that are not waived.
    pub fn counting(&self) -> impl Iterator<Item = &PendingFault> {
        self.pending.iter().filter(|fault| fault.waiver.is_none())
    }

    /// Returns whether there is nothing that counts.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.counting().next().is_none() && self.unknown.is_empty()
    }
}

/// Returns the kernel that the next boot runs: the newest that is installed, unless it is the running one.
///
/// The running kernel counts as installed while its modules are there, also where its image has another name. If it is not installed
/// and the distribution has no such kernel, it comes from outside (WSL, a virtual machine's own), and so does that of the next boot.
fn release(cx: &HostContext, change: KernelChange) -> Result<Option<String>, FileError> {
    let running = running_release();
    let has_modules = |release: &str, part: &str| {
        is_release(release) && cx.root.exists(InRoot::from("/lib/modules").join(release).join(part))
    };
    let is_removed = |release: &str| change == KernelChange::Removed(release);
    let mut installed = installed(cx.root)?.filter(|release| !is_removed(release));
    let mut newest = Vec::from_iter(installed.next());
    if has_modules(&running, "modules.dep") && !is_removed(&running) {
        newest.push(running.clone());
    }
    if let KernelChange::Added(release) = change
        // Without its modules it is added to another system (`kernel-install --root`).
        && has_modules(release, "")
    {
        newest.push(release.to_owned());
    }
    let is_packaged = || matches!(cx.distribution.kernel_origin(&running), KernelOrigin::Packaged(_));
    if !newest.contains(&running) && !installed.any(|release| release == running) && !is_packaged() {
        return Ok(None);
    }
    Ok(newest_of(newest).filter(|newest| *newest != running))
}
