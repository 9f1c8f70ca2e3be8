//! Fault 16: the kernel is one that the agent supports, as the profile's table has it.

use faults::{Reason, Remedy};

use super::no_kernel;
use crate::Error;
use crate::model::host_context::{HostContext, JudgedKernel};
use crate::model::report::Finding;
use crate::model::step::Observation;
use crate::profile::{Monitors, Support};

pub(super) fn observe(cx: &HostContext) -> Result<Observation, Error> {
    if cx.kind.is_container() {
        return Ok(Observation::satisfied("in a container: the kernel is the host's"));
    }
    let Some(JudgedKernel { release, .. }) = cx.judged_kernel()? else {
        return Ok(no_kernel());
    };
    if let Some(problem) = &cx.distribution_problem {
        return Ok(Observation::unknown(problem));
    }
    let supported = match Support::of(&cx.profile.kernels, &cx.distribution, &release) {
        Support::NotListed if cx.profile.kernels.is_empty() => {
            return Ok(Observation::satisfied("the profile names no kernels"));
        }
        Support::NotListed => {
            let id = &cx.distribution.id;
            return Ok(Observation::no_rule(format!("the profile does not say which kernels are supported on {id}")));
        }
        Support::Supported(Monitors::Ebpf) => {
            return Ok(Observation::satisfied(format!("{release} is supported, through eBPF")));
        }
        Support::Supported(Monitors::Modules) => {
            return Ok(Observation::satisfied(format!("{release} is supported, through kernel modules")));
        }
        Support::Unsupported { supported, .. } => supported.join("; "),
    };
    let finding = Finding {
        reason: Reason::KernelUnsupported,
        detail: format!("kernel {release} is not supported on {}, which has {supported}", cx.distribution.id),
        remedy: vec![Remedy::manual(format!(
            "start a supported kernel ({supported}), or update the connector to a version that supports {release}"
        ))],
    };
    Ok(Observation::fault(finding))
}
