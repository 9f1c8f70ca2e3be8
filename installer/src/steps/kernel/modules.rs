//! Faults 8 and 9: where the agent watches through kernel modules of its own, nothing keeps the module out. Whether the
//! agent's policy wants that monitoring at all is not known here: `skip` in the configuration says so.

use faults::{Reason, Remedy};
use host::fs::InRoot;
use host::system::kernel_module;
use host::system::secure_boot;

use crate::model::host_context::{HostContext, JudgedKernel};
use crate::model::report::Finding;
use crate::model::step::Observation;
use crate::profile::{KernelModules, Monitors, Support};
use crate::{Error, load_lock};

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
        return Ok(Observation::satisfied("no kernel is installed here yet"));
    };
    if let Some(problem) = &cx.distribution_problem {
        return Ok(Observation::unknown(problem));
    }
    match Support::of(&cx.profile.kernels, &cx.distribution, &release).monitors() {
        Some(Monitors::Modules) => {}
        Some(Monitors::Ebpf) => return Ok(Observation::satisfied(format!("{release} is watched through eBPF"))),
        None => return Ok(Observation::satisfied(format!("the profile does not say how {release} is watched"))),
    }
    let names = watched.modules(modules);
    if let Some(name) = names.iter().find(|name| running && kernel_module::is_loaded(cx.root, name)) {
        return Ok(Observation::satisfied(format!("{name} is loaded")));
    }
    let wanted = names.join(" or ");
    if running && secure_boot::is_on(cx.root)? {
        let detail = format!("Secure Boot is on, so the kernel does not load {wanted}");
        let setup = Remedy::run_in_root(["systemctl", "reboot", "--firmware-setup"]);
        let remedy = vec![setup.rebooting().with_comment("and switch Secure Boot off there")];
        return Ok(Observation::fault(Finding { reason: Reason::SecureBoot, detail, remedy }));
    }
    let Some(file) = find(cx, &release, names, modules)? else {
        return Ok(missing(cx, &release, &wanted));
    };
    let path = file.display();
    if running
        && let Some(why) = secure_boot::enforces_signatures(cx.root)?
        && kernel_module::is_signed(cx.root, &file)? == Some(false)
    {
        let detail = format!("{path} is not signed, and {why}");
        let remedy = vec![Remedy::manual(
            "sign the module with a key that this kernel trusts, or let the kernel load unsigned modules",
        )];
        return Ok(Observation::fault(Finding { reason: Reason::SignatureEnforced, detail, remedy }));
    }
    Ok(Observation::satisfied(format!("{path} exists for {release} and is not loaded")))
}

fn find(cx: &HostContext, release: &str, names: &[String], modules: &KernelModules) -> Result<Option<InRoot>, Error> {
    for name in names {
        if let Some(file) = kernel_module::find(cx.root, release, name, &modules.places)? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// Before the agent is installed nobody expects its module.
fn missing(cx: &HostContext, release: &str, wanted: &str) -> Observation {
    if !cx.root.exists(&cx.profile.module.executable) {
        return Observation::satisfied(format!("no {wanted} for {release} yet, and no agent that would load it"));
    }
    let remedy = vec![Remedy::manual(format!(
        "start a kernel that the connector has modules for, or build {wanted} for {release}: \
         Building Cisco Secure Endpoint Linux Connector Kernel Modules (connector 1.16.0 and later)"
    ))];
    let detail = format!("there is no {wanted} for kernel {release}");
    Observation::fault(Finding { reason: Reason::KernelModuleMissing, detail, remedy })
}
