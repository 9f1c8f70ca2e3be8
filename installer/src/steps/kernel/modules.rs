//! Faults 8 and 9: where the agent watches through kernel modules of its own, nothing keeps the module out. Whether the
//! agent's policy wants that monitoring at all is not known here: `skip` in the configuration says so.

use faults::{Reason, Remedy};
use host::fs::InRoot;
use host::system::kernel_module;
use host::system::secure_boot;
use policy::kernel::KernelMode;

use super::no_kernel;
use crate::model::host_context::{HostContext, JudgedKernel};
use crate::model::report::Finding;
use crate::model::step::Observation;
use crate::profile::{KernelModules, Monitors, Profile};
use crate::{Error, load_lock};

const MODULE_TYPE: &str = "modules_object_t";

/// What is watched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Watched {
    Files,
    Network,
}

impl Watched {
    fn modules(self, all: &KernelModules) -> &[String] {
        match self {
            Self::Files => &all.filesystem,
            Self::Network => &all.network,
        }
    }
}

pub(super) fn observe(cx: &HostContext, watched: Watched) -> Result<Observation, Error> {
    if cx.kind.is_container() {
        return Ok(Observation::satisfied("in a container: the kernel is the host's"));
    }
    let kept_out = match load_lock::status(cx) {
        Ok(lock) => lock.is_locked().then(|| load_lock::finding(&lock.record)),
        Err(e) if e.is_denied() => return Err(e),
        Err(e) => Some(load_lock::damaged(cx, &e)),
    };
    if let Some(finding) = kept_out {
        return Ok(Observation::fault(finding));
    }
    let Some(modules) = &cx.profile.kernel_modules else {
        return Ok(Observation::satisfied("the profile names no kernel modules"));
    };
    let Some(JudgedKernel { release, running }) = cx.judged_kernel()? else {
        return Ok(no_kernel());
    };
    match cx.kernel_support(&release).map(|support| support.monitors()) {
        Err(problem) => return Ok(Observation::unknown(problem)),
        Ok(Some(Monitors::Modules)) => {}
        Ok(Some(Monitors::Ebpf)) => return Ok(Observation::satisfied(format!("{release} is watched through eBPF"))),
        Ok(None) if cx.profile.kernels.rules.is_empty() => {
            return Ok(Observation::satisfied(cx.profile.kernels.names_none()));
        }
        Ok(None) => {
            return Ok(Observation::no_rule(format!("the table of kernels does not say how {release} is watched")));
        }
    }
    let names = watched.modules(modules);
    if let Some(name) = names.iter().find(|name| running && kernel_module::is_loaded(cx.root, name)) {
        return Ok(Observation::satisfied(format!("{name} is loaded")));
    }
    let wanted = names.join(" or ");
    let file = find(cx, &release, names, modules)?;
    // Firmware and policy do not change with the kernel: they are those of the next boot too.
    let on_this_machine = cx.is_running_system();
    let secure_boot = on_this_machine && secure_boot::is_on(cx.root)?;
    let signed = match &file {
        Some(file) => kernel_module::is_signed(cx.root, file)?,
        None => Some(false),
    };
    if secure_boot && signed == Some(false) {
        let detail = format!("Secure Boot is on, so the kernel does not load {wanted}");
        let setup = Remedy::run_in_root(["systemctl", "reboot", "--firmware-setup"]);
        let remedy = vec![setup.rebooting().with_comment("and switch Secure Boot off there")];
        return Ok(Observation::fault(Finding { reason: Reason::SecureBoot, detail, remedy }));
    }
    let Some(file) = file else {
        return Ok(missing(cx, &release, &wanted));
    };
    let path = file.display();
    let enforced = if running { secure_boot::enforces_signatures(cx.root)? } else { None };
    if let Some(why) = &enforced
        && signed == Some(false)
    {
        let detail = format!("{path} is not signed, and {why}");
        let remedy = vec![Remedy::manual(
            "sign the module with a key that this kernel trusts, or let the kernel load unsigned modules",
        )];
        return Ok(Observation::fault(Finding { reason: Reason::SignatureEnforced, detail, remedy }));
    }
    if on_this_machine
        && cx.kernel.mode() == KernelMode::Enforcing
        && let Some(label) = kernel_module::label_type(cx.root, &file)?.filter(|label| label != MODULE_TYPE)
    {
        return Ok(Observation::fault(mislabelled(cx, &release, &file, &label)));
    }
    let detail = format!("{path} exists for {release} and is not loaded");
    Ok(match signed {
        _ if !secure_boot && enforced.is_none() => Observation::satisfied(detail),
        Some(_) => Observation::satisfied(format!("{detail}: signed; whether the kernel trusts the key is not known")),
        None => Observation::unknown(format!(
            "{detail}; whether it is signed, as this kernel requires, is not known: it is compressed"
        )),
    })
}

/// SELinux lets the kernel load a module only from files of this type (`system { module_load }`, Linux 4.7 and EL 7).
fn mislabelled(cx: &HostContext, release: &str, file: &InRoot, label: &str) -> Finding {
    let mut remedy = vec![cx.remedy_on(&["chcon", "-t", MODULE_TYPE], &[file])];
    // The policy gives modules below /lib/modules that label by itself.
    if !file.starts_with("/lib/modules") {
        let directory = file.parent().unwrap_or_else(|| file.clone());
        let above = directory
            .ancestors()
            .filter(|above| above.as_path().ends_with(release))
            .last()
            .and_then(|above| above.parent());
        let pattern = format!("{}(/.*)?", escaped(&above.unwrap_or(directory).to_string()));
        let keep = Remedy::run_in_root(["semanage", "fcontext", "-a", "-t", MODULE_TYPE, &pattern]);
        remedy.push(
            keep.with_comment(
                "keeps the label when files are labelled again; -m instead of -a if there is such a rule",
            ),
        );
    }
    let detail = format!(
        "{} has the label {label}, and SELinux lets the kernel load modules only from {MODULE_TYPE}",
        file.display()
    );
    Finding { reason: Reason::KernelModuleRefused, detail, remedy }
}

/// Escapes what a regular expression has a meaning for.
fn escaped(path: &str) -> String {
    path.chars()
        .flat_map(|c| [(!c.is_ascii_alphanumeric() && !"/_-".contains(c)).then_some('\\'), Some(c)])
        .flatten()
        .collect()
}

fn find(cx: &HostContext, release: &str, names: &[String], modules: &KernelModules) -> Result<Option<InRoot>, Error> {
    for name in names {
        if let Some(file) = kernel_module::find(cx.root, release, name, &modules.places)? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// Before the agent is installed, its module is not expected.
fn missing(cx: &HostContext, release: &str, wanted: &str) -> Observation {
    if !cx.root.exists(&cx.profile.module.executable) {
        return Observation::satisfied(format!("no {wanted} for {release} yet, and no agent that would load it"));
    }
    // Where its vendor says how.
    let how = match cx.profile.name == Profile::built_in().name {
        true => ": Building Cisco Secure Endpoint Linux Connector Kernel Modules (connector 1.16.0 and later)",
        false => "",
    };
    let title = &cx.profile.title;
    let remedy = vec![Remedy::manual(format!(
        "start a kernel that the {title} has modules for, or build {wanted} for {release}{how}"
    ))];
    let detail = format!("there is no {wanted} for kernel {release}");
    Observation::fault(Finding { reason: Reason::KernelModuleMissing, detail, remedy })
}
