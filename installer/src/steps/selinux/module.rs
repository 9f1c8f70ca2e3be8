//! Fault 19: the policy module, loaded only where the kernel, or the disk, says no.

use faults::Remedy;
use host::InsideText;
use policy::load::ModuleLoad;
use policy::transaction::InstalledAt;
use policy::{ActivePolicy, RuleState, Unknown};

use super::at_boot;
use super::attempt::Attempt;
use super::finding::{assess, finding, redundant};
use super::interrupted::interrupted_store;
use super::load::{BuildPolicy, LoadModule, ReloadPolicy, RestoreStore};
use super::mount;
use super::program;
use super::tools::missing_tools;
use crate::Error;
use crate::model::action::Action;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;
use crate::model::step::{Observation, Verdict};

pub(super) fn observe(cx: &HostContext) -> Result<Observation, Error> {
    program::leftovers(cx).add_to(cx, observe_rule(cx)?)
}

fn observe_rule(cx: &HostContext) -> Result<Observation, Error> {
    // What cannot be read is told where the rule depends on it; the kernel's answer does not.
    let Ok(Some(interrupted)) = interrupted_store(cx) else { return judge(cx, None) };
    let path = interrupted.path().display();
    let detail = match interrupted.active() {
        ActivePolicy::Missing => format!("{path} has no active policy: a transaction of it was cut short"),
        ActivePolicy::Incomplete => format!("{path}/active is not complete: a transaction of it was cut short"),
    };
    let verdict = match judge(cx, Some(&detail))?.verdict {
        faulty @ Verdict::Fault(_) => faulty,
        _ => Verdict::NotReady(detail, None),
    };
    Ok(Observation { verdict, plan: vec![Box::new(RestoreStore(interrupted))] })
}

/// `cut_short`: what a transaction left of the store, which is restored before anything else is done about the rule.
fn judge(cx: &HostContext, cut_short: Option<&str>) -> Result<Observation, Error> {
    let assessment = assess(cx)?;
    let rule = &assessment.rule;
    let mounted = mount::finding(cx, &assessment);
    let Some(mut found) = finding(cx, &assessment) else {
        if let Some(finding) = mounted {
            return Ok(Observation::fault(finding));
        }
        let detail = rule.to_string();
        if let Some(observation) = program::observe(cx, &assessment, &detail) {
            return Ok(observation);
        }
        return Ok(match rule {
            RuleState::Pending(_) => Observation { verdict: Verdict::Pending(detail), plan: Vec::new() },
            RuleState::Unknown(Unknown::Unreadable(e)) => Observation::unknown(e.inside_text(cx.root)),
            RuleState::Unknown(_) => Observation::unknown(detail),
            _ => Observation::satisfied(detail),
        });
    };
    if let Some(cut_short) = cut_short {
        // On what is left, commands for the store fail, or take away what it is restored from.
        found = Finding {
            detail: format!("{}; {cut_short}", found.detail),
            remedy: vec![Remedy::hostprep(["repair"])],
            ..found
        };
    }
    let mut findings = vec![found];
    findings.extend(mounted.filter(|_| rule.denied_now()));
    // What a transaction with these inputs came to.
    let attempt = match rule {
        RuleState::Missing(_) | RuleState::NotBuilt(_) => Attempt::that_stands(cx, &assessment),
        RuleState::NotLoaded(_) => Attempt::that_stands(cx, &assessment).filter(Attempt::wrote_wrong_version),
        _ => None,
    };
    // A system whose policy is damaged or missing does not get as far as its units.
    let boots = assessment.broken_policy.is_none() && !assessment.is_policy_missing(cx.root);
    let finishes_at_boot = boots && attempt.as_ref().is_some_and(Attempt::wrote_wrong_version) && at_boot::finishes(cx);
    let is_deferred = !rule.denied_now() || finishes_at_boot;
    if let Some(attempt) = attempt.as_ref().filter(|_| cut_short.is_none()) {
        findings[0] = attempt.failure.finding(cx, &assessment);
    }
    let plan: Vec<Box<dyn Action>> = match (rule, missing_tools(cx)) {
        (RuleState::Overridden { .. } | RuleState::Unfixable(_), _) => Vec::new(),
        // They would make another store.
        _ if assessment.tools_elsewhere.is_some() => Vec::new(),
        _ if attempt.is_some() => Vec::new(),
        // It is in the store, and the kernel takes no policy before the next boot.
        (RuleState::NotLoaded(_), _) if assessment.is_load_locked => Vec::new(),
        (_, Some(tools)) => {
            findings.insert(0, tools);
            Vec::new()
        }
        // A commit of what is in the store already would cost seconds and change nothing.
        (RuleState::NotLoaded(_), None) => {
            let target = assessment.target(cx.root);
            let command = target.reload();
            vec![Box::new(ReloadPolicy { target, command })]
        }
        (RuleState::NotBuilt(_), None) => {
            let target = assessment.target(cx.root);
            // The transaction builds the policy in any case.
            let domain = assessment.domain.as_deref().unwrap_or(&cx.profile.module.domain);
            let superfluous = match redundant(cx, &assessment, &assessment.module, domain) {
                Some(_) => target.remove(&cx.profile.module, &InstalledAt::from(&assessment.module)),
                None => None,
            };
            let removes = superfluous.is_some();
            let command = superfluous.unwrap_or_else(|| target.rebuild());
            vec![Box::new(BuildPolicy { target, command, removes })]
        }
        (_, None) => {
            let build_dir = &cx.profile.paths.build_dir;
            let load = ModuleLoad::plan(&cx.policy_system(), &cx.profile.module, &assessment, build_dir)?;
            let labelling = program::labelling(cx).map(|it| Box::new(it) as Box<dyn Action>);
            let load: Box<dyn Action> = Box::new(LoadModule(load));
            std::iter::once(load).chain(labelling).collect()
        }
    };
    let verdict = match Finding::merged(&findings) {
        Some(found) if is_deferred => {
            let is_missing = matches!(rule, RuleState::Missing(_)) && assessment.module.effective().is_none();
            let name = &cx.profile.module.name;
            let prefix = if is_missing { format!("the module {name} is not installed: ") } else { String::new() };
            Verdict::NotReady(prefix + &found.detail, plan.is_empty().then_some(found))
        }
        _ => Verdict::Fault(findings),
    };
    Ok(Observation { verdict, plan })
}
