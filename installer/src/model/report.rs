//! The reports of steps.

use faults::{FaultId, Remedy, Severity, catalogue};
use serde::Serialize;

use super::step_id::StepId;

/// A finding with remedies for any reader.
pub type Finding = faults::Finding<Remedy>;

/// The outcome words of the JSON form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing to do.
    Ok,
    /// It was changed and is right now.
    Changed,
    /// Right on disk, in force later; or not ready while that is no fault.
    Deferred,
    /// The fault is true.
    Fault,
    /// It could not be looked at.
    Unknown,
    /// A repair would change it.
    Planned,
}

impl Outcome {
    /// Returns the word that the JSON form, the text form and the log have in common.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Changed => "changed",
            Self::Deferred => "deferred",
            Self::Fault => "fault",
            Self::Unknown => "unknown",
            Self::Planned => "planned",
        }
    }
}

/// The report of one step.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// The step.
    pub step: StepId,
    /// The faults that it can raise on this host.
    pub faults: Vec<FaultId>,
    /// Its outcome.
    pub outcome: Outcome,
    /// One line of what was seen or done.
    pub detail: String,
    /// The findings, if there is a fault.
    pub findings: Vec<Finding>,
    /// What keeps the step from being done, such as a change that failed, if that is no fault: nothing suffers from it now.
    pub obstacle: Option<Finding>,
    /// Set if another of the step's faults could not be determined, so that none is cleared.
    pub is_partial: bool,
    /// The step's own severity, where that of the catalogue does not apply.
    pub severity: Option<Severity>,
    /// The exact commands and file changes that a repair makes.
    pub plan: Vec<String>,
}

/// Something about an image that no step looks at.
#[derive(Debug, Clone)]
pub struct ImageItem {
    /// Its name in reports.
    pub name: &'static str,
    /// Whether it is as it should be at the first boot.
    pub outcome: Outcome,
    /// One line of what was seen.
    pub detail: String,
    /// What corrects it.
    pub remedy: Vec<Remedy>,
}

impl StepReport {
    /// Returns what is wrong in respect of the fault `id`.
    pub fn findings_about(&self, id: FaultId) -> impl Iterator<Item = &Finding> {
        let is_only = self.faults == [id];
        let is_one = self.faults.contains(&id);
        let reasons = catalogue::find(id).map(|entry| &entry.reasons.check);
        self.findings.iter().filter(move |finding| {
            is_only || is_one && reasons.is_some_and(|reasons| reasons.contains(&finding.reason))
        })
    }

    /// Returns the faults that it found, in order.
    #[must_use]
    pub fn raised(&self) -> Vec<FaultId> {
        self.faults.iter().copied().filter(|id| self.findings_about(*id).next().is_some()).collect()
    }

    /// Returns whether it determined if the fault `id` is true. Where the step cannot raise it, it did not.
    #[must_use]
    pub fn determined(&self, id: FaultId) -> bool {
        let is_found = || self.findings_about(id).next().is_some();
        self.faults.contains(&id) && self.outcome != Outcome::Unknown && (!self.is_partial || is_found())
    }

    /// Returns all that is wrong as one finding; `None` if the fault is not true.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        Finding::merged(&self.findings)
    }

    /// Returns how bad the fault `id` is: the step's own severity, else the catalogue's.
    #[must_use]
    pub fn severity_of(&self, id: FaultId) -> Option<Severity> {
        self.severity.or_else(|| catalogue::find(id).map(|entry| entry.severity))
    }

    /// Returns how bad the worst fault is that it found.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        self.raised().into_iter().filter_map(|id| self.severity_of(id)).max()
    }
}

#[cfg(test)]
mod tests {
    use faults::Reason;

    use super::*;

    #[test]
    fn a_finding_of_a_step_with_several_faults_is_about_those_that_list_its_reason() {
        let finding = |reason| Finding { reason, detail: String::new(), remedy: Vec::new() };
        let mut report = StepReport {
            step: StepId("ebpf"),
            faults: vec![FaultId::FILESYSTEM_MONITOR, FaultId::NETWORK_MONITOR, FaultId::KERNEL_SUPPORT],
            outcome: Outcome::Fault,
            detail: String::new(),
            findings: vec![finding(Reason::Lockdown)],
            obstacle: None,
            is_partial: false,
            severity: None,
            plan: Vec::new(),
        };
        assert_eq!(report.raised(), [FaultId::FILESYSTEM_MONITOR, FaultId::NETWORK_MONITOR]);
        assert!(report.determined(FaultId::KERNEL_SUPPORT) && !report.determined(FaultId::SCAN_START));
        report.is_partial = true;
        assert!(report.determined(FaultId::NETWORK_MONITOR) && !report.determined(FaultId::KERNEL_SUPPORT));
        report.findings.push(finding(Reason::KernelOption));
        assert_eq!(report.raised(), report.faults);
        report.faults = vec![FaultId::SCAN_START];
        assert_eq!(report.raised(), [FaultId::SCAN_START], "a step with one fault finds that one");
    }

    #[test]
    fn outcomes_are_the_same_words_in_json_and_elsewhere() {
        use Outcome::{Changed, Deferred, Fault, Ok, Planned, Unknown};
        for outcome in [Ok, Changed, Deferred, Fault, Unknown, Planned] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
    }
}
