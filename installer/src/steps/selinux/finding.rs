//! The policy rule, as `policy` assesses it, in the terms of fault 19: reason, detail and remedy.

use faults::Remedy;
use host::fs::InRoot;
use host::process::{Command, names};
use host::system::distribution::Major;
use policy::policy_file::PolicyFile;
use policy::redundant::allowed_without;
use policy::rules::Rules;
use policy::store::{self, StoredModule};
use policy::transaction::InstalledAt;
use policy::{Cause, ModuleSpec, Problem, RuleAssessment, RuleState, SelinuxConfig, State, Store};

use super::reason::reason_of;
use super::refusal::reinstall_policy;
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;
use crate::steps::packages::{self, Target};

/// Assesses the rule of the profile's module on this host.
///
/// # Errors
/// [`Error`] where SELinux's configuration cannot be read, or a file is malformed.
pub fn assess(cx: &HostContext) -> Result<RuleAssessment, Error> {
    Ok(policy::assess(&cx.policy_system(), &cx.profile.module)?)
}

/// What is wrong and what to do about it, where the rule is known not to be in force.
pub(super) fn finding(cx: &HostContext, assessment: &RuleAssessment) -> Option<Finding> {
    let Problem { cause, detail, .. } = assessment.rule.problem()?;
    let target = assessment.target(cx.root);
    let mut detail = detail.clone();
    if let Some(elsewhere) = &assessment.tools_elsewhere {
        detail = format!("{detail}; semodule of this machine would work on {elsewhere}, which is not the store");
    }
    let mut remedy = match &assessment.rule {
        RuleState::Missing(_) | RuleState::NotLoaded(_) if assessment.is_load_locked => Vec::new(),
        _ if assessment.broken_policy.is_some() => rebuild(cx, assessment),
        RuleState::NotLoaded(_) | RuleState::NotBuilt(_) => vec![on_store(assessment, &target.rebuild())],
        RuleState::Missing(_) if assessment.tools_elsewhere.is_some() => install_by_own_tools(cx, assessment),
        RuleState::Overridden { priority, .. } => remove_at(cx, assessment, *priority),
        RuleState::Unfixable(_) if *cause == Cause::StoreBroken => {
            let store_root = store::expected_root(cx.root);
            let mount = Remedy::manual(format!(
                "mount the file system of {store_root} of this system, if it is a separate one"
            ));
            std::iter::once(mount).chain(packages::as_alternative(reinstall_policy(cx, &target))).collect()
        }
        RuleState::Unfixable(_) => update_policy(cx, assessment, *cause),
        _ => Vec::new(),
    };
    match &assessment.rule {
        RuleState::NotLoaded(_) if assessment.is_load_locked => {
            remedy.push(Remedy::run_in_root(["systemctl", "reboot"]).rebooting());
        }
        _ => remedy.push(Remedy::hostprep(["repair"])),
    }
    Some(Finding { reason: reason_of(*cause), detail, remedy })
}

/// A command on the store, by the tools that work on it: this machine's, else those of the system in the root.
fn on_store(assessment: &RuleAssessment, command: &Command) -> Remedy {
    match assessment.tools_elsewhere {
        None => Remedy::command(command),
        Some(_) => Remedy::run_in_root(command.inside().argv()),
    }
}

/// How the module gets into a store that only the tools of the system in the root work on. That system itself needs none of
/// this.
fn install_by_own_tools(cx: &HostContext, assessment: &RuleAssessment) -> Vec<Remedy> {
    let spec = &cx.profile.module;
    let directory = InRoot::from("/etc/selinux").join(assessment.policy_type());
    let file = directory.join(format!("{}.cil", spec.name));
    let [root, directory, outside] =
        [cx.root.path().to_owned(), cx.root.host_path(&directory), cx.root.host_path(&file)]
            .map(|path| path.to_string_lossy().into_owned());
    let install = assessment.target(cx.root).install(spec, cx.root, &file, &InstalledAt::from(&assessment.module));
    let compile = [names::command(), "policy", "compile", "--form", "cil", &directory, "--root", &root];
    let chroot = ["chroot".to_owned(), root.clone()].into_iter().chain(install.inside().argv());
    vec![Remedy::run_here(compile), Remedy::run_here(chroot), Remedy::run_here(["rm", &outside])]
}

/// How a damaged policy is built again. A file of a version that `semodule` does not write stays as it is, and a link or a
/// directory keeps it from writing.
fn rebuild(cx: &HostContext, assessment: &RuleAssessment) -> Vec<Remedy> {
    let build = on_store(assessment, &assessment.target(cx.root).rebuild());
    let Some(aside) = move_broken_policy(cx, assessment).pop() else { return vec![build] };
    match &assessment.rule {
        RuleState::Unfixable(_) => vec![aside, build],
        _ => {
            let aside = aside.with_comment("if the policy is still not usable").alternative();
            vec![build.clone(), aside, build.continuing()]
        }
    }
}

/// The command that moves a damaged policy out of the way; none if the policy is not damaged.
pub(super) fn move_broken_policy(cx: &HostContext, assessment: &RuleAssessment) -> Vec<Remedy> {
    let is_link = |path: &InRoot| cx.root.stat(path).ok().flatten().is_some_and(|found| host::fs::is_link(&found));
    let aside = |path: &InRoot| match cx.alternate_root() {
        // No tool is run where a link leads out of the root, and one that leads nowhere is as good as that.
        Some(_) if is_link(path) => cx.remedy_on(&["rm"], &[path]),
        _ => cx.remedy_on(&["mv", "-T"], &[path.to_string(), format!("{path}.broken")]),
    };
    assessment.broken_policy.iter().map(aside).collect()
}

/// The command that removes the module at `priority`, which is not ours.
fn remove_at(cx: &HostContext, assessment: &RuleAssessment, priority: u16) -> Vec<Remedy> {
    let others = ModuleSpec { priority, former_priorities: Vec::new(), ..cx.profile.module.clone() };
    let present = InstalledAt { priorities: vec![priority], disabled: false };
    let command = assessment.target(cx.root).remove(&others, &present);
    command.iter().map(|command| on_store(assessment, command)).collect()
}

fn update_policy(cx: &HostContext, assessment: &RuleAssessment, cause: Cause) -> Vec<Remedy> {
    if cause != Cause::StoreUnsupported {
        return vec![Remedy::manual("update the SELinux policy packages of this host")];
    }
    let policy = cx.distribution.policy_package(assessment.policy_type());
    let packages: Vec<String> =
        ["policycoreutils".to_owned(), "libsemanage".to_owned()].into_iter().chain(policy).collect();
    // EL 7.3 brings 2.5. Other distributions brought it with another release.
    let is_el_7 = cx.distribution.family() == "rhel" && cx.distribution.major("") == Major::Known(7);
    let mut remedies = if is_el_7 { Target::root(cx).update(&packages) } else { Vec::new() };
    if remedies.is_empty() {
        let text = "upgrade this system to a release with libsemanage 2.4 or later; its semanage_migrate_store converts the store";
        remedies.push(Remedy::manual(text));
    }
    remedies
}

/// SELinux as the JSON form's `host` names it.
#[must_use]
pub fn state_word(cx: &HostContext) -> String {
    match SelinuxConfig::read(cx.root) {
        Ok(config) => State::of(cx.kind, cx.kernel, config.as_ref()).as_str().to_owned(),
        Err(_) => "unknown".to_owned(),
    }
}

/// Returns what allows the rule to `domain` besides our module, `module` in the store; `None` if nothing is known to.
#[must_use]
pub fn redundant(cx: &HostContext, assessment: &RuleAssessment, module: &StoredModule, domain: &str) -> Option<String> {
    let spec = &cx.profile.module;
    // The rule may be others' too, such as one for an attribute; the domain is the module's alone.
    if spec.has_own_domain() {
        return None;
    }
    let is_ours = module.effective().is_some_and(|installed| installed.content.is(&Rules::of_spec(spec, domain)));
    if !is_ours || module.disabled {
        return None;
    }
    let store = Store::locate(cx.root, assessment.policy_type()).ok()??;
    let file = PolicyFile::loaded(cx.root, assessment.policy_type(), &spec.class);
    let policy = file.as_ref().and_then(|file| file.policy().ok());
    allowed_without(&store, spec, domain, policy.as_ref()).ok().flatten()
}
