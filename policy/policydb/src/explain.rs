//! The rules that a decision rests on.

use std::fmt;

use crate::context::Context;
use crate::policy::Policy;
use crate::rules::{ALLOW, Rules};
use crate::symbols::entry;

/// An `allow` rule, as the policy has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowRule<'p> {
    /// The source: a type or an attribute.
    pub source: &'p str,
    /// The target: a type or an attribute.
    pub target: &'p str,
    /// The object class.
    pub class: &'p str,
    /// All its permissions.
    pub permissions: Vec<&'p str>,
    /// The condition of a conditional rule, such as `allow_execmem && !secure_mode`.
    pub condition: Option<String>,
}

impl fmt::Display for AllowRule<'_> {
    /// As in a policy's source.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, target, class, permissions, condition } = self;
        write!(f, "allow {source} {target}:{class} {{ {} }};", permissions.join(" "))?;
        condition.as_ref().map_or(Ok(()), |condition| write!(f, " [ {condition} ]"))
    }
}

impl Policy<'_> {
    /// Returns the rules in force that allow any of `permissions`, in the order of the policy. Constraints and bounds can still deny
    /// what they allow.
    #[must_use]
    pub fn allow_rules(
        &self,
        source: &Context,
        target: &Context,
        class: &str,
        permissions: &[&str],
    ) -> Vec<AllowRule<'_>> {
        let Some((number, class)) = self.symbols.class(class) else { return Vec::new() };
        let wanted = permissions.iter().filter_map(|name| class.permission(name)).fold(0, |all, bit| all | bit);
        let name = |number| entry(&self.symbols.types, number).map_or("?", |found| found.name);
        let booleans = &self.symbols.booleans;
        let conditional = self.conditionals.iter().map(|conditional| {
            let text = conditional.text(booleans);
            let condition = if conditional.holds(booleans) { text } else { format!("!({text})") };
            (conditional.in_force(booleans), Some(condition))
        });
        let find = |rules: Rules, condition: &Option<String>| -> Vec<AllowRule> {
            let rules = rules.iter().filter(|rule| {
                rule.kind == ALLOW
                    && rule.class == number
                    && rule.data & wanted != 0
                    && self.includes(rule.source, source.type_number)
                    && self.includes(rule.target, target.type_number)
            });
            rules
                .map(|rule| AllowRule {
                    source: name(rule.source),
                    target: name(rule.target),
                    class: class.name,
                    permissions: class
                        .permissions
                        .iter()
                        .filter(|(_, bit)| rule.data & bit != 0)
                        .map(|(name, _)| *name)
                        .collect(),
                    condition: condition.clone(),
                })
                .collect()
        };
        std::iter::once((self.rules, None))
            .chain(conditional)
            .flat_map(|(rules, condition)| find(rules, &condition))
            .collect()
    }
}
