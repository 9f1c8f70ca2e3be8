//! Fault 19: the tools, and the policy module.

mod at_boot;
mod attempt;
mod denials;
mod finding;
mod interrupted;
mod load;
mod module;
mod mount;
mod no_space;
mod program;
mod reason;
mod refusal;
mod remove;
mod tools;

use faults::FaultId;

use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::receipt::Receipt;
use crate::model::step::{Observation, Phase, Removal, Step};
use crate::model::step_id::StepId;

pub use at_boot::boot_unit;
pub use denials::{Denials, since_boot};
pub use finding::{assess, redundant, state_word};
pub use program::{Process, Program, ProgramLabel};
pub use reason::reason_of;

/// The step that looks for the policy tools.
pub struct Tools;

impl Step for Tools {
    fn id(&self) -> StepId {
        StepId("selinux-tools")
    }

    fn fault(&self) -> FaultId {
        FaultId::SELINUX_POLICY
    }

    fn doc(&self) -> &'static str {
        "semodule and the other policy tools are installed"
    }

    fn phases(&self) -> &'static [Phase] {
        &[Phase::LateArrival]
    }

    fn observe(&self, cx: &HostContext) -> Result<Observation, Error> {
        tools::observe(cx)
    }
}

/// The step that brings the rule into force.
pub struct Module;

impl Step for Module {
    fn id(&self) -> StepId {
        StepId("selinux-module")
    }

    fn fault(&self) -> FaultId {
        FaultId::SELINUX_POLICY
    }

    fn doc(&self) -> &'static str {
        "SELinux allows the agent's domain to use eBPF"
    }

    fn phases(&self) -> &'static [Phase] {
        &[Phase::LateArrival]
    }

    fn observe(&self, cx: &HostContext) -> Result<Observation, Error> {
        module::observe(cx)
    }

    fn is_interrupted(&self, cx: &HostContext) -> Result<bool, Error> {
        Ok(load::has_stale_build(cx))
    }

    fn recover(&self, cx: &HostContext) -> Result<(), Error> {
        load::recover(cx)
    }

    fn undo(&self, cx: &HostContext, receipt: &Receipt) -> Removal {
        remove::plan(cx, receipt)
    }
}
