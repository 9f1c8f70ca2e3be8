//! Faults 8, 9 and 16: nothing keeps eBPF programs out of the kernel, where the agent watches through them.

mod answers;
mod boot_loader;
mod load;
mod lockdown;
mod options;

use faults::FaultId;
use host::system::kernel_config::KernelConfig;
use host::{FileError, InsideText};

use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;
use crate::model::step::{Observation, Step, Verdict};
use crate::model::step_id::StepId;
use crate::profile::Monitors;
use crate::steps::kernel::no_kernel;

/// The step.
pub struct Ebpf;

impl Step for Ebpf {
    fn id(&self) -> StepId {
        StepId("ebpf")
    }

    fn fault(&self) -> FaultId {
        FaultId::FILESYSTEM_MONITOR
    }

    fn faults(&self) -> Vec<FaultId> {
        vec![FaultId::FILESYSTEM_MONITOR, FaultId::NETWORK_MONITOR, FaultId::KERNEL_SUPPORT]
    }

    fn doc(&self) -> &'static str {
        "the kernel loads eBPF programs: lockdown, its options, bpf(2)"
    }

    fn judges_kernel(&self) -> bool {
        true
    }

    fn observe(&self, cx: &HostContext) -> Result<Observation, Error> {
        observe(cx)
    }
}

fn observe(cx: &HostContext) -> Result<Observation, Error> {
    if cx.kind.is_container() {
        return Ok(Observation::satisfied("in a container: the kernel is the host's"));
    }
    let Some(needs) = &cx.profile.ebpf else {
        return Ok(Observation::satisfied("the profile names no eBPF programs"));
    };
    let Some(kernel) = cx.judged_kernel()? else {
        return Ok(no_kernel());
    };
    match cx.kernel_support(&kernel.release).map(|support| support.monitors()) {
        Err(problem) => return Ok(Observation::unknown(problem)),
        Ok(Some(Monitors::Modules)) => {
            return Ok(Observation::satisfied(format!("{} is watched through kernel modules", kernel.release)));
        }
        Ok(Some(Monitors::Ebpf) | None) => {}
    }
    let mut seen = Seen::default();
    let config = KernelConfig::find(cx.root, &kernel.release, kernel.running);
    lockdown::observe(cx, &kernel, config.as_ref().ok().and_then(Option::as_ref), &mut seen);
    let answers = load::observe(cx, &kernel, &needs.programs, &mut seen);
    options::observe(cx, &kernel, &needs.kernel_options, config, &answers, &mut seen);
    Ok(seen.observation())
}

/// What the parts of the step found, in order.
#[derive(Default)]
struct Seen {
    findings: Vec<Finding>,
    /// What is right, or does not matter here.
    right: Vec<String>,
    unknown: Vec<String>,
}

impl Seen {
    fn unreadable(&mut self, cx: &HostContext, error: &FileError) {
        self.unknown.push(error.inside_text(cx.root));
    }

    fn observation(self) -> Observation {
        let unknown = self.unknown.join("; ");
        let verdict = match (self.findings.is_empty(), unknown.is_empty()) {
            (true, true) => Verdict::Satisfied(self.right.join("; ")),
            (true, false) => Verdict::Unknown(unknown),
            (false, true) => Verdict::Fault(self.findings),
            (false, false) => Verdict::FaultAndUnknown(self.findings, unknown),
        };
        Observation { verdict, plan: Vec::new() }
    }
}
