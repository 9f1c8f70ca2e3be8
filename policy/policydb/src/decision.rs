//! Decisions, as the kernel makes them (`context_struct_compute_av` in `security/selinux/ss/services.c`).

use crate::context::{Context, Pair};
use crate::policy::{Policy, UnknownHandling};
use crate::rules::{ALLOW, Rule, TYPE_TRANSITION};
use crate::symbols::{Class, entry};
use crate::truth::Truth;

/// What the policy says about one permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is allowed.
    Allowed,
    /// It is denied.
    Denied,
    /// It depends on a user, role or range that was not given.
    Unknown,
}

/// What the policy says about an access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// A verdict for each permission that was asked for, in that order.
    pub verdicts: Vec<Verdict>,
    /// The source is a permissive domain: the kernel logs denials, and lets the access happen.
    pub permissive: bool,
}

impl Decision {
    /// Returns whether every permission is allowed by the rules; `None` if that is unknown. Does not regard
    /// [`Decision::permissive`].
    #[must_use]
    pub fn is_allowed(&self) -> Option<bool> {
        if self.verdicts.contains(&Verdict::Denied) {
            Some(false)
        } else if self.verdicts.contains(&Verdict::Unknown) {
            None
        } else {
            Some(true)
        }
    }
}

/// The access vector of what is allowed for certain, and of what is allowed or unknown.
#[derive(Debug, Clone, Copy)]
struct Vector {
    certain: u32,
    possible: u32,
}

impl Vector {
    fn limit(&mut self, permissions: u32, holds: Truth) {
        if holds != Truth::True {
            self.certain &= !permissions;
        }
        if holds == Truth::False {
            self.possible &= !permissions;
        }
    }
}

/// What the policy says about all permissions of a class, as access vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessVector<'p> {
    /// The class.
    pub class: &'p str,
    /// The bits of the permissions that are allowed.
    pub allowed: u32,
    /// The bits of those that depend on a user, role or range that was not given.
    pub unknown: u32,
}

impl Policy<'_> {
    /// Decides about `permissions` of `source` on an object or process with the context `target`. `target` is `None` if it is the
    /// context of the source itself, as for a process's own keys or eBPF programs: then also what is not known of it is
    /// the same.
    #[must_use]
    pub fn decide(&self, source: &Context, target: Option<&Context>, class: &str, permissions: &[&str]) -> Decision {
        let permissive = self.is_permissive(source.type_number);
        let unknown = match self.unknown_handling() {
            UnknownHandling::Allow => Verdict::Allowed,
            UnknownHandling::Deny | UnknownHandling::Reject => Verdict::Denied,
        };
        let Some((number, class)) = self.symbols.class(class) else {
            return Decision { verdicts: vec![unknown; permissions.len()], permissive };
        };
        let vector = self.vectors(Pair::new(source, target), Some(number))[at(number)];
        let verdict = |permission: &&str| match class.permission(permission) {
            None => unknown,
            Some(bit) if vector.certain & bit != 0 => Verdict::Allowed,
            Some(bit) if vector.possible & bit != 0 => Verdict::Unknown,
            Some(_) => Verdict::Denied,
        };
        Decision { verdicts: permissions.iter().map(verdict).collect(), permissive }
    }

    /// Decides about every permission of every class, in one pass over the rules. `target` is as for [`Policy::decide`].
    #[must_use]
    pub fn access_vectors(&self, source: &Context, target: Option<&Context>) -> Vec<AccessVector<'_>> {
        let vectors = self.vectors(Pair::new(source, target), None);
        let classes = self.symbols.classes.iter().zip(vectors);
        classes
            .filter_map(|(class, Vector { certain, possible })| {
                let class = class.as_ref()?.name;
                Some(AccessVector { class, allowed: certain, unknown: possible & !certain })
            })
            .collect()
    }

    /// Returns the vectors of all classes, or of class `only` alone; class number 1 is first.
    fn vectors(&self, pair: Pair, only: Option<u32>) -> Vec<Vector> {
        let mut allowed = vec![0; self.symbols.classes.len()];
        // There are a hundred thousand rules: what a rule must name is looked up in a table.
        let sources = self.type_and_attributes(pair.source.type_number);
        let targets = self.type_and_attributes(pair.target.type_number);
        for rule in self.in_force() {
            if rule.kind == ALLOW
                && only.is_none_or(|only| rule.class == only)
                && sources[at(rule.source)]
                && targets[at(rule.target)]
            {
                allowed[at(rule.class)] |= rule.data;
            }
        }
        let mut vectors: Vec<_> =
            allowed.iter().map(|&allowed| Vector { certain: allowed, possible: allowed }).collect();
        for (class, vector) in self.symbols.classes.iter().zip(&mut vectors) {
            if let Some(class) = class.as_ref().filter(|_| vector.possible != 0) {
                self.limit_by_constraints(vector, pair, class);
            }
        }
        self.limit_by_bounds(&mut vectors, pair, only);
        vectors
    }

    fn limit_by_constraints(&self, vector: &mut Vector, pair: Pair, class: &Class) {
        let role = |number| entry(&self.symbols.roles, number);
        let dominates = |one, other: u32| role(one).is_some_and(|role| role.dominates.contains(other - 1));
        for constraint in &class.constraints {
            if constraint.permissions & vector.possible != 0 {
                vector.limit(constraint.permissions, constraint.holds(pair, &dominates));
            }
        }
        if class.name == "process" {
            let bit = |name| class.permission(name).unwrap_or(0);
            vector.limit(bit("transition") | bit("dyntransition"), self.may_change_role(pair));
        }
    }

    fn may_change_role(&self, pair: Pair) -> Truth {
        match (pair.source.role, pair.target.role) {
            _ if pair.is_same => Truth::True,
            (Some(source), Some(target)) => (source == target || self.role_allows.contains(&(source, target))).into(),
            _ => Truth::Unknown,
        }
    }

    /// A bounded type has no permission that its bounding type does not have.
    fn limit_by_bounds(&self, vectors: &mut [Vector], pair: Pair, only: Option<u32>) {
        let bounds = |of: &Context| entry(&self.symbols.types, of.type_number).map_or(0, |found| found.bounds);
        let bounding = |of: &Context| match bounds(of) {
            0 => of.clone(),
            type_number => Context { type_number, ..of.clone() },
        };
        if bounds(pair.source) == 0 {
            return;
        }
        // If both are the same context, their bounding contexts are too.
        let (source, target) = (bounding(pair.source), bounding(pair.target));
        let upper = self.vectors(Pair { source: &source, target: &target, is_same: pair.is_same }, only);
        for (vector, upper) in vectors.iter_mut().zip(upper) {
            vector.certain &= upper.certain;
            vector.possible &= upper.possible;
        }
    }

    fn in_force(&self) -> impl Iterator<Item = Rule> {
        let conditional = self.conditionals.iter().map(|conditional| conditional.in_force(&self.symbols.booleans));
        std::iter::once(self.rules).chain(conditional).flat_map(|rules| rules.iter())
    }

    /// Returns the type that a new object or process gets by a `type_transition` rule; `None` if there is no rule for it, or
    /// a name is unknown. Rules for file names are not regarded.
    #[must_use]
    pub fn transition(&self, source: &str, target: &str, class: &str) -> Option<&str> {
        let number = |name: &str| self.symbols.type_number(name);
        let (source, target, (class, _)) = (number(source)?, number(target)?, self.symbols.class(class)?);
        // The compiler has expanded attributes: the kernel looks for exactly these types.
        let rule = self.in_force().find(|rule| {
            rule.kind == TYPE_TRANSITION && (rule.source, rule.target, rule.class) == (source, target, class)
        })?;
        entry(&self.symbols.types, rule.data).map(|found| found.name)
    }
}

/// Returns the index of a number from 1.
fn at(number: u32) -> usize {
    number as usize - 1
}
