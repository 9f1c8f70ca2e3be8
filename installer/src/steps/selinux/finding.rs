//! The policy rule, as `policy` assesses it, in the terms of fault 19: reason, detail and remedy.

use faults::Remedy;
use policy::transaction::InstalledAt;
use policy::{Cause, ModuleSpec, Problem, RuleAssessment, RuleState, SelinuxConfig, State};

use super::reason::reason_of;
use super::refusal::reinstall_policy;
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;

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
    let mut remedy = match &assessment.rule {
        RuleState::Missing(_) | RuleState::NotLoaded(_) if assessment.is_load_locked => Vec::new(),
        _ if assessment.broken_policy.is_some() => rebuild(cx, assessment),
        RuleState::NotLoaded(_) | RuleState::NotBuilt(_) => vec![Remedy::command(&target.rebuild())],
        RuleState::Overridden { priority, .. } => remove_at(cx, assessment, *priority),
        RuleState::Unfixable(_) if *cause == Cause::StoreBroken => vec![
            Remedy::manual("mount the file system of /var/lib/selinux of this system, if it is a separate one"),
            reinstall_policy(cx, &target).alternative(),
        ],
        RuleState::Unfixable(_) => vec![update_policy(cx, assessment, *cause)],
        _ => Vec::new(),
    };
    match &assessment.rule {
        RuleState::NotLoaded(_) if assessment.is_load_locked => {
            remedy.push(Remedy::run_in_root(["systemctl", "reboot"]).rebooting());
        }
        _ => remedy.push(Remedy::hostprep(["repair"])),
    }
    Some(Finding { reason: reason_of(*cause), detail: detail.clone(), remedy })
}

/// How a damaged policy is built again. A file of a version that `semodule` does not write stays as it is, and a link or a
/// directory keeps it from writing.
fn rebuild(cx: &HostContext, assessment: &RuleAssessment) -> Vec<Remedy> {
    let build = Remedy::command(&assessment.target(cx.root).rebuild());
    let Some(path) = &assessment.broken_policy else { return vec![build] };
    let aside = cx.remedy_on(&["mv", "-T"], &[path.to_string(), format!("{path}.broken")]);
    match &assessment.rule {
        RuleState::Unfixable(_) => vec![aside, build],
        _ => {
            let aside = aside.with_comment("if the policy is still not usable").alternative();
            vec![build.clone(), aside, build.continuing()]
        }
    }
}

/// The command that removes the module at `priority`, which is not ours.
fn remove_at(cx: &HostContext, assessment: &RuleAssessment, priority: u16) -> Vec<Remedy> {
    let others = ModuleSpec { priority, former_priorities: Vec::new(), ..cx.profile.module.clone() };
    let present = InstalledAt { priorities: vec![priority], disabled: false };
    assessment.target(cx.root).remove(&others, &present).iter().map(Remedy::command).collect()
}

fn update_policy(cx: &HostContext, assessment: &RuleAssessment, cause: Cause) -> Remedy {
    // The packages of EL 7, which alone has such a store.
    let packages = ["policycoreutils".to_owned(), "libsemanage".to_owned(), policy_package(assessment)];
    match cx.distribution.update_command(&packages) {
        Some(command) if cause == Cause::StoreUnsupported => Remedy::run_in_root(command),
        _ => Remedy::manual("update the SELinux policy packages of this host"),
    }
}

fn policy_package(assessment: &RuleAssessment) -> String {
    format!("selinux-policy-{}", assessment.policy_type())
}

/// SELinux as the JSON form's `host` names it.
#[must_use]
pub fn state_word(cx: &HostContext) -> String {
    match SelinuxConfig::read(cx.root) {
        Ok(config) => State::of(cx.kind, cx.kernel, config.as_ref()).as_str().to_owned(),
        Err(_) => "unknown".to_owned(),
    }
}
