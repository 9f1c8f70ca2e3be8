//! Fault 16: the kernel is one that the agent supports, as the table of kernels has it.

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
    let (table, id) = (&cx.profile.kernels, &cx.distribution.id);
    let supported = match cx.kernel_support(&release) {
        Err(problem) => return Ok(Observation::unknown(problem)),
        Ok(Support::NotListed) if table.rules.is_empty() => {
            return Ok(Observation::satisfied(table.names_none()));
        }
        Ok(Support::NotListed) => {
            let detail = format!("the table of kernels does not say which are supported on {id} ({table})");
            return Ok(Observation::no_rule(detail));
        }
        Ok(Support::Supported(monitors)) => {
            let through = match monitors {
                Monitors::Ebpf => "eBPF",
                Monitors::Modules => "kernel modules",
            };
            return Ok(Observation::satisfied(format!("{release} is supported, through {through} ({table})")));
        }
        Ok(Support::Unsupported { supported, .. }) => supported.join("; "),
    };
    let finding = Finding {
        reason: Reason::KernelUnsupported,
        detail: format!("kernel {release} is not supported on {id}, which has {supported} ({table})"),
        remedy: vec![Remedy::manual(format!(
            "start a supported kernel ({supported}), or update the {} to a version that supports {release}",
            cx.profile.title
        ))],
    };
    Ok(Observation::fault(finding))
}
