//! Whether the policy would allow the rule without our module: an update of the distribution may bring it.

use std::collections::BTreeSet;

use host::ReadError;
use policydb::Policy;

use crate::cil;
use crate::rules::Rules;
use crate::spec::ModuleSpec;
use crate::store::Store;

/// Returns what allows the rule of `spec` to `domain` besides our module, in a few words; `None` if nothing is known to.
///
/// A rule of the compiled policy that is not ours alone is enough. Where the compiler has made one rule of ours and another's,
/// the modules of the store tell: rules that are in no block count. `policy` tells which attributes the domain has.
///
/// # Errors
/// [`ReadError`] if the store cannot be read.
pub fn allowed_without(
    store: &Store<'_>,
    spec: &ModuleSpec,
    domain: &str,
    policy: Option<&Policy<'_>>,
) -> Result<Option<String>, ReadError> {
    if let Some(rule) = policy.and_then(|policy| rule_of_others(policy, spec, domain)) {
        return Ok(Some(rule));
    }
    let mut attributes = BTreeSet::new();
    let mut rules = Vec::new();
    for (priority, name) in store.effective_modules()? {
        let source = if name == spec.name { None } else { store.source_of(priority, &name)? };
        let Some(source) = source else { continue };
        attributes.extend(statements(&source, "typeattributeset", domain).filter_map(|it| attribute_with(it, domain)));
        for rule in statements(&source, "allow", &spec.class).filter_map(|rule| Rules::of_cil(rule).ok()) {
            rules.extend(rule.allows.into_iter().map(|rule| (priority, name.clone(), rule)));
        }
    }
    let includes = |name: &String| {
        name == domain || attributes.contains(name) || policy.is_some_and(|policy| policy.has_attribute(domain, name))
    };
    let mut missing: BTreeSet<&str> = spec.permissions.iter().map(String::as_str).collect();
    let mut modules: Vec<String> = Vec::new();
    for (priority, name, ((from, to, class), permissions)) in &rules {
        let before = missing.len();
        if *class == spec.class && includes(from) && (from == to || includes(to)) {
            missing.retain(|permission| !permissions.contains(*permission));
        }
        if missing.len() < before {
            modules.push(format!("the module {name} at priority {priority}"));
        }
    }
    modules.dedup();
    Ok(missing.is_empty().then(|| modules.join(" and ")))
}

/// Returns the attribute of `(typeattributeset ATTRIBUTE (TYPE …))`, if `domain` is among the types.
fn attribute_with(statement: &str, domain: &str) -> Option<String> {
    let parsed = cil::parse(statement).ok()?;
    let [_, attribute, types] = parsed.first()?.list()? else { return None };
    let types = types.list()?.iter().map(cil::Node::word).collect::<Option<Vec<_>>>()?;
    // Other lists are expressions, such as `(not (a b))`; those have lists in them, or these words.
    let is_plain = !types.first().is_some_and(|first| ["all", "not", "and", "or", "xor"].contains(first));
    (is_plain && types.contains(&domain)).then(|| attribute.word().map(str::to_owned))?
}

/// A rule of the compiled policy for an attribute: ours is for the domain itself.
fn rule_of_others(policy: &Policy<'_>, spec: &ModuleSpec, domain: &str) -> Option<String> {
    let context = policy.context_of_type(domain)?;
    let permissions: Vec<&str> = spec.permissions.iter().map(String::as_str).collect();
    let rules = policy.allow_rules(&context, &context, &spec.class, &permissions);
    let allows_all = |found: &[&str]| permissions.iter().all(|permission| found.contains(permission));
    let rule = rules.iter().find(|rule| {
        (rule.source, rule.target) != (domain, domain) && rule.condition.is_none() && allows_all(&rule.permissions)
    })?;
    Some(format!("the rule `{rule}`"))
}

/// Returns each statement `(head …)` of a CIL source that has `word` and is in no block. What cannot be parsed ends it.
fn statements<'s>(source: &'s str, head: &'s str, word: &'s str) -> impl Iterator<Item = &'s str> {
    // Most modules do not have the class at all.
    let mut rest = if source.contains(word) { source } else { "" };
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(['(', ';'])?;
            rest = &rest[start..];
            if rest.starts_with(';') {
                rest = &rest[rest.find('\n')?..];
                continue;
            }
            let (statement, after) = rest.split_at(end_of_list(rest)?);
            rest = after;
            let is_wanted =
                statement[1..].trim_start().strip_prefix(head).is_some_and(|rest| rest.starts_with([' ', '\t', '\n']));
            if is_wanted && statement.contains(word) {
                return Some(statement);
            }
        }
    })
}

/// Returns the length of the list that `source` begins with.
fn end_of_list(source: &str) -> Option<usize> {
    let bytes = source.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        match bytes.get(at)? {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'"' => at += 1 + bytes[at + 1..].iter().position(|byte| *byte == b'"')?,
            b';' => at += bytes[at..].iter().position(|byte| *byte == b'\n')?,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests;
