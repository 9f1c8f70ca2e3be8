//! Mount options that keep the agent's program out of its domain, whatever the policy allows that domain.

use faults::{Reason, Remedy};
use host::fs::Mount;
use policy::{RuleAssessment, State};

use crate::model::host_context::HostContext;
use crate::model::report::Finding;

/// Returns what is wrong with how the agent's file system is mounted, where SELinux is enforced.
pub(super) fn finding(cx: &HostContext, assessment: &RuleAssessment) -> Option<Finding> {
    if !cx.is_running_system() || assessment.state != State::Enforcing {
        return None;
    }
    let program = &cx.profile.module.executable;
    let Mount { point, nosuid, noexec, .. } = cx.root.mount_of(&program.parent()?).ok()?;
    // Newer policies let process 1 change its domain there all the same.
    let is_kept_out =
        nosuid && cx.kernel.transitions_on_nosuid(&cx.profile.module).is_ok_and(|transitions| !transitions);
    let mut wrong = Vec::new();
    wrong.extend(noexec.then_some(("noexec", "exec")));
    wrong.extend(is_kept_out.then_some(("nosuid", "suid")));
    if wrong.is_empty() {
        return None;
    }
    let (options, right): (Vec<_>, Vec<_>) = wrong.into_iter().unzip();
    let (options, right) = (options.join(","), right.join(","));
    let domain = assessment.domain.as_deref().unwrap_or(&cx.profile.module.domain);
    let shown = point.display().to_string();
    Some(Finding {
        reason: Reason::MountOptions,
        detail: format!("{shown} is mounted {options}, so {} is not started in {domain}", program.display()),
        remedy: vec![
            Remedy::run_in_root(["mount", "-o", &format!("remount,{right}"), &shown]),
            Remedy::manual(format!(
                "remove {options} from the options of {shown} in /etc/fstab, or from its mount unit"
            )),
        ],
    })
}
