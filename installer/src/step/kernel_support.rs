//! Fault 16: the kernel is one that the agent supports, as the profile's table has it.

use faults::{Reason, Remedy};
use host::container::Surroundings;

use super::Look;
use crate::Error;
use crate::context::{Context, JudgedKernel};
use crate::outcome::Finding;
use crate::profile::{Monitors, Support};

pub(super) fn observe(cx: &Context) -> Result<Look, Error> {
    if cx.surroundings == Surroundings::Container {
        return Ok(Look::right("in a container: the kernel is the host's"));
    }
    let Some(JudgedKernel { release, .. }) = cx.judged_kernel()? else {
        return Ok(Look::right("no kernel is installed here yet"));
    };
    let supported = match Support::of(&cx.profile.kernels, &cx.distribution, &release) {
        Support::NotListed => {
            return Ok(Look::right(format!("the profile names no kernels for {}", cx.distribution.id)));
        }
        Support::Supported(Monitors::Ebpf) => return Ok(Look::right(format!("{release} is supported, through eBPF"))),
        Support::Supported(Monitors::Modules) => {
            return Ok(Look::right(format!("{release} is supported, through kernel modules")));
        }
        Support::Unsupported { supported, .. } => supported.join("; "),
    };
    let finding = Finding {
        reason: Reason::KernelUnsupported,
        detail: format!("kernel {release} is outside of what is supported on {}: {supported}", cx.distribution.id),
        remedy: vec![Remedy::manual(format!(
            "start a supported kernel ({supported}), or update the connector to a version that supports {release}"
        ))],
    };
    Ok(Look::fault(finding))
}
