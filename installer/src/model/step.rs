//! A step: one thing that is prepared. It knows how to observe, change and undo it; `crate::steps::STEPS` lists them.

use std::fmt;

use faults::{FaultId, Severity};

use super::action::Action;
use super::error::Error;
use super::host_context::HostContext;
use super::receipt::Receipt;
use super::report::Finding;
use super::step_id::StepId;

/// A step of the list.
pub type StepRef = &'static dyn Step;

/// Something that hostprep prepares, or checks.
pub trait Step: Sync {
    /// Returns its name.
    fn id(&self) -> StepId;

    /// Returns the fault that it can raise; the first one if there are several. Several steps may share one.
    fn fault(&self) -> FaultId;

    /// Returns all faults that it can raise, in order. If there are several, a finding is about those for which
    /// `faults/catalogue.toml` lists its reason.
    fn faults(&self) -> Vec<FaultId> {
        vec![self.fault()]
    }

    /// Returns what it is about, as one line for help texts and the README.
    fn doc(&self) -> &'static str;

    /// Returns the phases of a package's installation that run it; at the end of a transaction every step runs.
    fn phases(&self) -> &'static [Phase] {
        &[]
    }

    /// Returns whether it judges the kernel alone ([`HostContext::judged_kernel`]), so that it can judge the kernel of the next boot
    /// as well.
    fn judges_kernel(&self) -> bool {
        false
    }

    /// Observes the host and plans what would correct it. Changes nothing.
    ///
    /// # Errors
    /// [`Error`] if a file is malformed or cannot be read.
    fn observe(&self, cx: &HostContext) -> Result<Observation, Error>;

    /// Returns whether a run that was cut short left something that [`Step::recover`] restores.
    ///
    /// # Errors
    /// [`Error`] if that cannot be determined.
    fn is_interrupted(&self, _cx: &HostContext) -> Result<bool, Error> {
        Ok(false)
    }

    /// Restores what a run that was cut short left. The caller holds hostprep's lock.
    ///
    /// # Errors
    /// [`Error`] if it cannot be restored, so that nothing may be changed.
    fn recover(&self, _cx: &HostContext) -> Result<(), Error> {
        Ok(())
    }

    /// Plans how to undo what the receipt lists of it.
    fn undo(&self, _cx: &HostContext, _receipt: &Receipt) -> Removal {
        Removal::default()
    }
}

impl fmt::Debug for dyn Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id().as_str())
    }
}

impl PartialEq for dyn Step {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for dyn Step {}

/// A phase of a package's installation, besides the end of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Right after the files are there; on an upgrade the old package's scriptlets still follow.
    AfterInstall,
    /// A package that was missing arrives later: tools, a policy, kernel headers.
    LateArrival,
}

/// The observation of a step, and the actions that would fix it.
#[derive(Debug)]
pub struct Observation {
    /// The state now.
    pub verdict: Verdict,
    /// The actions; empty if nothing is to be done, or nothing can be.
    pub plan: Vec<Box<dyn Action>>,
}

/// The result of an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All is well.
    Satisfied(String),
    /// Not as it should be, but not a fault in the host's present state; and what keeps it so, if no plan changes it.
    NotReady(String, Option<Finding>),
    /// Right on disk; in force after the next boot or policy load.
    Pending(String),
    /// The step's fault is true, for each of these; at least one.
    Fault(Vec<Finding>),
    /// As [`Verdict::Fault`], with another severity than the catalogue's.
    FaultOfSeverity(Severity, Vec<Finding>),
    /// As [`Verdict::Fault`]. Whether the step's other faults are true could not be determined, for this reason.
    FaultAndUnknown(Vec<Finding>, String),
    /// It could not be determined.
    Unknown(String),
    /// The profile has no rule for this host: it is not known whether all is well, and the step can raise no fault here. So it
    /// keeps no fault raised that another step raised.
    NoRule(String),
}

impl Observation {
    /// All is well.
    pub fn satisfied(detail: impl Into<String>) -> Self {
        Self { verdict: Verdict::Satisfied(detail.into()), plan: Vec::new() }
    }

    /// A fault that `repair` cannot correct.
    #[must_use]
    pub fn fault(finding: Finding) -> Self {
        Self { verdict: Verdict::Fault(vec![finding]), plan: Vec::new() }
    }

    /// It could not be determined.
    pub fn unknown(detail: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unknown(detail.into()), plan: Vec::new() }
    }

    /// The profile has no rule for this host.
    pub fn no_rule(detail: impl Into<String>) -> Self {
        Self { verdict: Verdict::NoRule(detail.into()), plan: Vec::new() }
    }
}

/// The actions that undo what a step created.
#[derive(Debug, Default)]
pub struct Removal {
    /// The actions, in order.
    pub actions: Vec<Box<dyn Action>>,
    /// Errors of entries that could not be checked. The other entries are removed nevertheless.
    pub failed: Vec<Error>,
}
