//! Lockdown of the kernel. At `confidentiality`, eBPF programs may not read its memory: the verifier refuses those that try
//! (`LOCKDOWN_BPF_READ_KERNEL`, Linux 5.4), while an empty one loads.

use faults::{Reason, Remedy};
use host::system::boot_entry::BootEntry;
use host::system::kernel_config::{KernelConfig, Setting};
use host::system::kernel_parameters;
use host::system::lockdown::{Lockdown, PARAMETER};

use super::{Seen, boot_loader};
use crate::model::host_context::{HostContext, JudgedKernel};
use crate::model::report::Finding;

const FORCED: &str = "LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY";
const COMMAND_LINE: &str = "/proc/cmdline";

pub(super) fn observe(cx: &HostContext, kernel: &JudgedKernel, config: Option<&KernelConfig>, seen: &mut Seen) {
    if kernel.running { of_running(cx, config, seen) } else { of_installed(cx, &kernel.release, config, seen) }
}

fn of_running(cx: &HostContext, config: Option<&KernelConfig>, seen: &mut Seen) {
    match Lockdown::of_running(cx.root) {
        Ok(Some(Lockdown::Confidentiality)) => {}
        Ok(Some(level)) => return seen.right.push(format!("lockdown {}", level.as_str())),
        // Kernels before 5.4 have none, and others only where the module is in use.
        Ok(None) => return,
        Err(e) => return seen.unreadable(cx, &e),
    }
    let line = cx.root.read_text(COMMAND_LINE).ok();
    let is_asked = line.is_none_or(|line| kernel_parameters::has(&line, PARAMETER, Lockdown::Confidentiality.as_str()));
    let mut remedy = if is_forced(config) {
        vec![other_kernel()]
    } else if is_asked {
        boot_loader::lower_lockdown(cx, None)
    } else {
        vec![Remedy::manual(
            "the command line does not ask for it: find what writes confidentiality to /sys/kernel/security/lockdown \
             (a unit or a script), and let it write integrity instead",
        )]
    };
    remedy.push(
        Remedy::run_in_root(["systemctl", "reboot"]).rebooting().with_comment("lockdown is never lowered before"),
    );
    let detail = "the kernel is locked down (confidentiality), so eBPF programs cannot read its memory".to_owned();
    seen.findings.push(Finding { reason: Reason::Lockdown, detail, remedy });
}

/// A kernel that does not run yet is asked by its boot entry.
fn of_installed(cx: &HostContext, release: &str, config: Option<&KernelConfig>, seen: &mut Seen) {
    let entry = match BootEntry::find(cx.root, release) {
        Ok(entry) => entry,
        Err(e) => return seen.unreadable(cx, &e),
    };
    let line = entry.as_ref().map_or("", |entry| &entry.command_line);
    if Lockdown::at_start(release, line, config) != Lockdown::Confidentiality {
        return;
    }
    let by = match &entry {
        _ if is_forced(config) => format!("CONFIG_{FORCED} of its configuration"),
        Some(entry) => entry.path.display().to_string(),
        None => return,
    };
    let detail = format!(
        "kernel {release} starts locked down (confidentiality, by {by}), so eBPF programs cannot read its memory"
    );
    let remedy = if is_forced(config) { vec![other_kernel()] } else { boot_loader::lower_lockdown(cx, entry.as_ref()) };
    seen.findings.push(Finding { reason: Reason::Lockdown, detail, remedy });
}

fn is_forced(config: Option<&KernelConfig>) -> bool {
    config.is_some_and(|config| config.setting(FORCED) == Setting::On)
}

fn other_kernel() -> Remedy {
    Remedy::manual(format!(
        "start a kernel that is built without CONFIG_{FORCED}: lockdown=integrity does not lower it"
    ))
}
