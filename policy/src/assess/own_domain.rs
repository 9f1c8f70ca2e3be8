//! The judgement of a module with a domain of the agent's own: the policy has the domain, allows it the rule, and the store has the
//! module as the profile defines it.

use host::ReadError;

use super::{Denial, FoundStore, Problem, RuleAssessment, RuleState, System, find_store, look_in_store};
use crate::classify::Cause;
use crate::kernel::Answer;
use crate::policy_file::{self, PolicyFile};
use crate::rules::Rules;
use crate::spec::{AllowRule, DomainMode, ModuleSpec};

/// `allowed`: the detail if nothing is missing. `denial` is by whoever gave the answer, about the domain of `spec`.
pub(super) fn judge(
    denial: &Denial<'_>,
    allowed: String,
    system: &System<'_>,
    spec: &ModuleSpec,
    assessment: &mut RuleAssessment,
) -> Result<RuleState, ReadError> {
    let Denial { by, mode, is_enforced, answer } = denial;
    assessment.domain = Some(spec.domain.clone());
    if !answer.domain_known {
        let missing = format!("{mode}, and {by} does not have the domain {}", spec.domain);
        return look_in_store(system, spec, assessment, &spec.domain, missing, *is_enforced);
    }
    if !answer.allows_all() {
        return denial.judge(system, spec, assessment);
    }
    if let Some(outdated) = outdated(&allowed, system, spec, assessment)? {
        return Ok(outdated);
    }
    if let Some(difference) = not_loaded(answer, system, spec, assessment.policy_type()) {
        let detail = format!("{mode}, and {by} {difference}: it has not been loaded");
        return Ok(RuleState::NotLoaded(Problem { cause: Cause::RuleDenied, detail, denied_now: false }));
    }
    Ok(RuleState::InForce(allowed))
}

/// Returns what the kernel has otherwise than the profile, if the policy on disk has it as the profile does: a transaction was cut
/// short after its commit, or the kernel accepted no policy.
fn not_loaded(answer: &Answer, system: &System<'_>, spec: &ModuleSpec, policy_type: &str) -> Option<String> {
    let domain = &spec.domain;
    let wanted = spec.domain_mode == DomainMode::Permissive;
    if answer.permissive_domain != wanted && is_permissive_on_disk(system, spec, policy_type) == Some(wanted) {
        let word = |is_permissive| if is_permissive { DomainMode::Permissive } else { DomainMode::Enforcing }.as_str();
        let (is, wanted) = (word(answer.permissive_domain), word(wanted));
        return Some(format!("has the domain {domain} {is}, and the policy on disk has it {wanted}"));
    }
    let is_denied = |rule: &&AllowRule| matches!(system.kernel.allows(spec, rule), Ok(Some(false)));
    let rule = spec.allow.iter().filter(is_denied).find(|rule| is_allowed_on_disk(system, spec, rule, policy_type))?;
    let AllowRule { target, class, permissions } = rule;
    let permissions = permissions.join(" ");
    Some(format!("denies {domain} {target}:{class} {{ {permissions} }}, and the policy on disk allows it"))
}

/// `None` if the compiled policy does not say.
fn is_permissive_on_disk(system: &System<'_>, spec: &ModuleSpec, policy_type: &str) -> Option<bool> {
    let file = PolicyFile::loaded(system.root, policy_type, &spec.class)?;
    let on_disk = policy_file::ask(&file.policy().ok()?, spec)?;
    on_disk.domain_known.then_some(on_disk.permissive_domain)
}

/// Returns whether the compiled policy allows it whatever user, role and range there are.
fn is_allowed_on_disk(system: &System<'_>, spec: &ModuleSpec, rule: &AllowRule, policy_type: &str) -> bool {
    let Some(file) = PolicyFile::loaded(system.root, policy_type, &rule.class) else { return false };
    let Ok(policy) = file.policy() else { return false };
    let target = if rule.target == "self" { &spec.domain } else { &rule.target };
    let (Some(source), Some(target)) = (policy.context_of_type(&spec.domain), policy.context_of_type(target)) else {
        return false;
    };
    let permissions: Vec<&str> = rule.permissions.iter().map(String::as_str).collect();
    policy.decide(&source, Some(&target), &rule.class, &permissions).is_allowed() == Some(true)
}

/// Returns what is to be done if the store has another module of that name than the profile defines, although the rule is allowed.
/// It may allow more, or less of what is not asked about here, and may be permissive.
pub(super) fn outdated(
    allowed: &str,
    system: &System<'_>,
    spec: &ModuleSpec,
    assessment: &mut RuleAssessment,
) -> Result<Option<RuleState>, ReadError> {
    match find_store(system, spec, assessment) {
        // Only root may read the store; the answer is valid without it.
        Err(ReadError::File(e)) if e.is_denied() => return Ok(None),
        found => match found? {
            FoundStore::Supported => {}
            FoundStore::Unsupported(_) | FoundStore::Missing => return Ok(None),
        },
    }
    let module = &assessment.module;
    let Some(installed) = module.effective() else { return Ok(None) };
    // One above ours is the administrator's.
    let is_ours = installed.priority <= spec.priority;
    if !is_ours || module.disabled || installed.content.is(&Rules::of_spec(spec, &spec.domain)) {
        return Ok(None);
    }
    let detail = format!("{allowed}; the module {} in the store is not the one that the profile defines", spec.name);
    Ok(Some(RuleState::Missing(Problem { cause: Cause::ModuleMissing, detail, denied_now: false })))
}

/// Returns what a reader has to know of the mode of the domain, if the policy says something else than the profile.
pub(super) fn mode_words(answer: &Answer, spec: &ModuleSpec) -> String {
    let (is, wanted) = (answer.permissive_domain, spec.domain_mode);
    match (is, wanted) {
        (true, DomainMode::Enforcing) => {
            format!(" (still permissive, by another module: `semanage permissive -d {}`)", spec.domain)
        }
        (true, DomainMode::Permissive) => " (a permissive domain: denials are only logged)".to_owned(),
        (false, _) => String::new(),
    }
}

#[cfg(test)]
mod tests;
