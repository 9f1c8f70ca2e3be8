//! Lockdown of the kernel. At `confidentiality`, eBPF programs may not read its memory: the verifier refuses those that try
//! (`LOCKDOWN_BPF_READ_KERNEL`, Linux 5.4), while an empty one loads.

use faults::{Reason, Remedy};
use host::system::boot_entry::BootEntry;
use host::system::kernel_config::KernelConfig;
use host::system::kernel_parameters;
use host::system::lockdown::{Lockdown, PARAMETER};

use super::{Seen, boot_loader};
use crate::model::host_context::{HostContext, JudgedKernel};
use crate::model::report::Finding;

const COMMAND_LINE: &str = "/proc/cmdline";

pub(super) fn observe(cx: &HostContext, kernel: &JudgedKernel, config: Option<&KernelConfig>, seen: &mut Seen) {
    if kernel.running {
        of_running(cx, &kernel.release, config, seen);
    } else {
        of_installed(cx, &kernel.release, config, seen);
    }
}

fn of_running(cx: &HostContext, release: &str, config: Option<&KernelConfig>, seen: &mut Seen) {
    match Lockdown::of_running(cx.root) {
        Ok(Some(Lockdown::Confidentiality)) => {}
        Ok(Some(level)) => return seen.right.push(format!("lockdown {}", level.as_str())),
        // Kernels before 5.4 have none, and others only where the module is in use.
        Ok(None) => return,
        Err(e) => return seen.unreadable(cx, &e),
    }
    let line = cx.root.read_text(COMMAND_LINE).ok();
    let is_asked = line.is_none_or(|line| kernel_parameters::has(&line, PARAMETER, Lockdown::Confidentiality.as_str()));
    // Only root may read some boot loaders' files; what is locked down is known without them.
    let entry = BootEntry::find(cx.root, release).ok().flatten();
    let (by, mut remedy) = if let Some((config, option)) = compiled_in(config) {
        (by_option(config, option), vec![other_kernel(option)])
    } else if !is_asked {
        let remedy = Remedy::manual(
            "the command line does not ask for it: find what writes confidentiality to /sys/kernel/security/lockdown \
             (a unit or a script), and let it write integrity instead",
        );
        (String::new(), vec![remedy])
    } else {
        match &entry {
            Some(entry) if Lockdown::at_start(release, &entry.command_line, config) != Lockdown::Confidentiality => {
                (format!("; {} no longer asks for it", entry.path), Vec::new())
            }
            Some(entry) => (format!(", by {}", entry.path), boot_loader::lower_lockdown(cx, release, Some(entry))),
            None => (", by its command line".to_owned(), boot_loader::lower_lockdown(cx, release, None)),
        }
    };
    remedy.push(
        Remedy::run_in_root(["systemctl", "reboot"]).rebooting().with_comment("lockdown is never lowered before"),
    );
    let detail = format!("the kernel is locked down (confidentiality{by}), so eBPF programs cannot read its memory");
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
    let (by, remedy) = match (compiled_in(config), &entry) {
        (Some((config, option)), _) => (by_option(config, option), vec![other_kernel(option)]),
        (None, Some(entry)) => (format!(", by {}", entry.path), boot_loader::lower_lockdown(cx, release, Some(entry))),
        (None, None) => return,
    };
    let detail =
        format!("kernel {release} starts locked down (confidentiality{by}), so eBPF programs cannot read its memory");
    seen.findings.push(Finding { reason: Reason::Lockdown, detail, remedy });
}

fn compiled_in(config: Option<&KernelConfig>) -> Option<(&KernelConfig, &'static str)> {
    config.and_then(|config| Some((config, Lockdown::compiled_in(config)?)))
}

fn by_option(config: &KernelConfig, option: &str) -> String {
    format!(", by CONFIG_{option} of its configuration, {}", config.path())
}

fn other_kernel(option: &str) -> Remedy {
    let without = match option {
        "CMDLINE" => "that has no lockdown=confidentiality in CONFIG_CMDLINE".to_owned(),
        option => format!("that is built without CONFIG_{option}"),
    };
    Remedy::manual(format!("start a kernel {without}: lockdown=integrity does not lower it"))
}
