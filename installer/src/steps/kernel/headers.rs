//! Fault 11: the kernel describes its types itself, or its headers are there to compile against.

use faults::{Reason, Remedy};
use host::system::kernel::{Btf, Headers, btf, headers};

use crate::Error;
use crate::model::host_context::{HostContext, JudgedKernel};
use crate::model::report::Finding;
use crate::model::step::Observation;
use crate::profile::{Monitors, Support};

pub(super) fn observe(cx: &HostContext) -> Result<Observation, Error> {
    if cx.kind.is_container() {
        return Ok(Observation::satisfied("in a container: the kernel is the host's"));
    }
    let Some(kernel) = cx.judged_kernel()? else {
        return Ok(Observation::satisfied("no kernel is installed here yet"));
    };
    let JudgedKernel { release, running } = &kernel;
    if Support::of(&cx.profile.kernels, &cx.distribution, release).monitors() == Some(Monitors::Modules) {
        return Ok(Observation::satisfied(format!(
            "{release} is watched through kernel modules, without BTF or headers"
        )));
    }
    let config = match btf(cx.root, release, *running)? {
        Btf::Present(path) => {
            return Ok(Observation::satisfied(format!("{release} has BTF ({path})")));
        }
        Btf::Absent(config) => config,
    };
    let without = match config {
        Some(config) => format!("kernel {release} has no BTF ({config})"),
        None => format!("kernel {release} has no BTF"),
    };
    let finding = match headers(cx.root, release)? {
        Headers::Usable(at) => {
            return Ok(Observation::satisfied(format!("{without}, its headers are in {at}")));
        }
        Headers::OfOthers(others) => Finding {
            reason: Reason::HeadersMismatch,
            detail: format!("{without}, and headers are installed only for {}", others.join(", ")),
            remedy: remedy(cx, release),
        },
        Headers::Missing => Finding {
            reason: Reason::HeadersMissing,
            detail: format!("{without}, and no headers are installed for it"),
            remedy: remedy(cx, release),
        },
    };
    Ok(Observation::fault(finding))
}

fn remedy(cx: &HostContext, release: &str) -> Vec<Remedy> {
    let package = cx.distribution.headers_package(release);
    vec![match package.and_then(|package| cx.distribution.install_command(&[package])) {
        Some(command) => Remedy::run_in_root(command),
        None => Remedy::manual(format!("install the package with the headers of kernel {release}")),
    }]
}
