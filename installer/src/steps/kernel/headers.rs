//! Fault 11: the kernel describes its types itself, or its headers are there to compile against.

use faults::Reason;
use host::system::kernel::{Absence, Btf, Headers, btf, headers};

use super::{no_kernel, remedy};
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;
use crate::model::step::Observation;
use crate::profile::Monitors;

pub(super) fn observe(cx: &HostContext) -> Result<Observation, Error> {
    if cx.kind.is_container() {
        return Ok(Observation::satisfied("in a container: the kernel is the host's"));
    }
    let Some(kernel) = cx.judged_kernel()? else {
        return Ok(no_kernel());
    };
    let release = &kernel.release;
    let support = cx.kernel_support(release);
    if support.as_ref().is_ok_and(|support| support.monitors() == Some(Monitors::Modules)) {
        return Ok(Observation::satisfied(format!(
            "{release} is watched through kernel modules, without BTF or headers"
        )));
    }
    let found = btf(cx.root, release, kernel.running)?;
    let is_unknown = found == Btf::Unknown;
    let without = match found {
        Btf::Present(path) => {
            return Ok(Observation::satisfied(format!("{release} has BTF ({})", path)));
        }
        Btf::Absent(absence) => without_btf(release, &absence),
        Btf::Unknown => format!("no configuration of kernel {release} was found, which would tell whether it has BTF"),
    };
    let headers = headers(cx.root, release)?;
    // A distribution that has its kernels watched through modules needs none of them.
    if let (false, Err(problem)) = (matches!(headers, Headers::Usable(_)), support) {
        return Ok(Observation::unknown(problem));
    }
    if is_unknown && !matches!(headers, Headers::Usable(_)) {
        let headers = match headers {
            Headers::Incomplete(incomplete) => format!("its headers in {} are incomplete", incomplete.directory),
            Headers::OfOthers(others) => format!("headers are installed only for {}", others.join(", ")),
            Headers::Usable(_) | Headers::Missing => "no headers are installed for it".into(),
        };
        return Ok(Observation::unknown(format!(
            "{without}; {headers}; mount /boot if it is a file system of its own"
        )));
    }
    let finding = match headers {
        Headers::Usable(at) => {
            return Ok(Observation::satisfied(format!("{without}, its headers are in {}", at)));
        }
        Headers::Incomplete(incomplete) => {
            let missing: Vec<String> = incomplete.missing.iter().map(|path| path.to_string()).collect();
            let directory = &incomplete.directory;
            let is = if missing.len() == 1 { "is" } else { "are" };
            Finding {
                reason: Reason::HeadersIncomplete,
                detail: format!(
                    "{without}, and its headers in {directory} are incomplete: {} {is} missing",
                    missing.join(", ")
                ),
                remedy: remedy::restore(cx, &kernel, &incomplete),
            }
        }
        Headers::OfOthers(others) => Finding {
            reason: Reason::HeadersMismatch,
            detail: format!("{without}, and headers are installed only for {}", others.join(", ")),
            remedy: remedy::install(cx, &kernel),
        },
        Headers::Missing => Finding {
            reason: Reason::HeadersMissing,
            detail: format!("{without}, and no headers are installed for it"),
            remedy: remedy::install(cx, &kernel),
        },
    };
    Ok(Observation::fault(finding))
}

/// Returns what shows that the kernel `release` has no BTF.
fn without_btf(release: &str, absence: &Absence) -> String {
    match absence {
        Absence::NoFile => format!("kernel {release} has no BTF (no /sys/kernel/btf/vmlinux)"),
        Absence::NoOption(config) => format!("kernel {release} has no BTF ({})", config),
        Absence::TooOld(config) => {
            format!("kernel {release} has no BTF (in spite of {config}: the kernel shows it from Linux 5.4 on)")
        }
        Absence::BeforeBtf => format!("kernel {release} has no BTF (Linux has it from 5.4 on)"),
    }
}
