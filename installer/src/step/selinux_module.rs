//! Fault 19: the policy module, loaded only where the kernel, or the disk, says no.

use policy::load::ModuleLoad;
use policy::transaction::StoreTarget;
use policy::{InterruptedTransaction, RuleState, SelinuxConfig};

use super::selinux::finding;
use super::selinux_tools::missing_tools;
use super::{Look, assess};
use crate::Error;
use crate::action::Action;
use crate::context::Context;
use crate::outcome::{Finding, Verdict};

pub(super) fn observe(cx: &Context) -> Result<Look, Error> {
    let interrupted = match interrupted_store(cx) {
        // The store is root's alone; the rest may be told all the same.
        Err(e) if e.is_denied() => None,
        found => found?,
    };
    let Some(interrupted) = interrupted else { return judge(cx) };
    let path = interrupted.path().display();
    let detail = format!("{path} has no active policy: a transaction of it was cut short");
    let verdict = match judge(cx)?.verdict {
        faulty @ Verdict::Faulty(_) => faulty,
        _ => Verdict::NotReady(detail),
    };
    Ok(Look { verdict, plan: vec![Action::RestoreStore(interrupted)] })
}

/// The configured store, where a transaction of it was cut short.
///
/// # Errors
/// [`Error`] where SELinux's configuration or the store cannot be looked at.
pub fn interrupted_store(cx: &Context) -> Result<Option<InterruptedTransaction>, Error> {
    match SelinuxConfig::read(cx.root)? {
        Some(config) => Ok(InterruptedTransaction::find(cx.root, &config.policy_type)?),
        None => Ok(None),
    }
}

fn judge(cx: &Context) -> Result<Look, Error> {
    let assessment = assess(cx)?;
    let rule = &assessment.rule;
    let Some(found) = finding(cx, &assessment) else {
        let detail = rule.to_string();
        return Ok(match rule {
            RuleState::Pending(_) => Look { verdict: Verdict::Later(detail), plan: Vec::new() },
            RuleState::Unknown(_) => Look::unknown(detail),
            _ => Look::right(detail),
        });
    };
    let mut findings = vec![found];
    let plan = match (rule, missing_tools(cx)) {
        (RuleState::Overridden { .. } | RuleState::Unfixable(_), _) => Vec::new(),
        (_, Some(tools)) => {
            findings.insert(0, tools);
            Vec::new()
        }
        // A commit of what is in the store already would cost seconds and change nothing.
        (RuleState::NotLoaded(_), None) => {
            let target = StoreTarget::of(cx.root, assessment.policy_type(), assessment.state);
            vec![Action::ReloadPolicy { command: target.reload() }]
        }
        (_, None) => {
            let build_dir = cx.root.shown(&cx.profile.paths.work);
            let load = ModuleLoad::plan(&cx.policy_system(), &cx.profile.module, &assessment, &build_dir)?;
            vec![Action::LoadModule(Box::new(load))]
        }
    };
    let verdict = match Finding::merged(&findings) {
        Some(found) if !rule.denied_now() => Verdict::NotReady(found.detail),
        _ => Verdict::Faulty(findings),
    };
    Ok(Look { verdict, plan })
}
