//! The kernel: BTF or headers, whether the agent supports it, and the agent's own modules.

mod headers;
mod modules;
mod remedy;
mod supported;

use faults::FaultId;

use self::modules::Watched;
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::step::{Observation, Phase, Step};
use crate::model::step_id::StepId;

/// The observation of a root without a kernel: what depends on one cannot be judged.
pub(super) fn no_kernel() -> Observation {
    Observation::unknown(
        "no kernel is installed here: neither /boot nor /lib/modules has an image; mount /boot if it is a file system of its own",
    )
}

/// The step that looks for BTF or headers.
pub struct Headers;

impl Step for Headers {
    fn id(&self) -> StepId {
        StepId("kernel")
    }

    fn fault(&self) -> FaultId {
        FaultId::KERNEL_HEADERS
    }

    fn doc(&self) -> &'static str {
        "the kernel has BTF, or headers of exactly its release"
    }

    fn phases(&self) -> &'static [Phase] {
        &[Phase::LateArrival]
    }

    fn judges_kernel(&self) -> bool {
        true
    }

    fn observe(&self, cx: &HostContext) -> Result<Observation, Error> {
        headers::observe(cx)
    }
}

/// The step that checks whether the agent supports the kernel.
pub struct Supported;

impl Step for Supported {
    fn id(&self) -> StepId {
        StepId("kernel-support")
    }

    fn fault(&self) -> FaultId {
        FaultId::KERNEL_SUPPORT
    }

    fn doc(&self) -> &'static str {
        "the table of kernels lists the kernel for this distribution"
    }

    fn judges_kernel(&self) -> bool {
        true
    }

    fn observe(&self, cx: &HostContext) -> Result<Observation, Error> {
        supported::observe(cx)
    }
}

/// The step that checks the kernel module that watches files.
pub struct FilesystemMonitor;

impl Step for FilesystemMonitor {
    fn id(&self) -> StepId {
        StepId("filesystem-monitor")
    }

    fn fault(&self) -> FaultId {
        FaultId::FILESYSTEM_MONITOR
    }

    fn doc(&self) -> &'static str {
        "nothing keeps out the kernel module that watches files"
    }

    fn judges_kernel(&self) -> bool {
        true
    }

    fn observe(&self, cx: &HostContext) -> Result<Observation, Error> {
        modules::observe(cx, Watched::Files)
    }
}

/// The step that checks the kernel module that watches the network.
pub struct NetworkMonitor;

impl Step for NetworkMonitor {
    fn id(&self) -> StepId {
        StepId("network-monitor")
    }

    fn fault(&self) -> FaultId {
        FaultId::NETWORK_MONITOR
    }

    fn doc(&self) -> &'static str {
        "nothing keeps out the kernel module that watches the network"
    }

    fn judges_kernel(&self) -> bool {
        true
    }

    fn observe(&self, cx: &HostContext) -> Result<Observation, Error> {
        modules::observe(cx, Watched::Network)
    }
}
