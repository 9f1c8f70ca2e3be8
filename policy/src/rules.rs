//! The meaning of a module: its allow rules, in whichever language they were written.

use std::collections::{BTreeMap, BTreeSet};

use crate::cil::{CilError, Node, parse};
use crate::render::Sources;
use crate::spec::ModuleSpec;

/// Source, target and class of an allow rule. The target `self` is replaced by the source.
pub type RuleKey = (String, String, String);

/// The attribute that the `pp` compiler puts a package's requirements in (libsepol, `module_to_cil.c`).
const REQUIREMENT: &str = "cil_gen_require";

/// The meaning of a module. Two modules are equivalent if these are equal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// The permissions that each rule allows.
    pub allows: BTreeMap<RuleKey, BTreeSet<String>>,
    /// Whether a statement is outside an `optional` block, so that linking fails if it cannot be resolved.
    pub strict: bool,
    /// All other statements, with one space between words.
    pub others: BTreeSet<String>,
}

impl Rules {
    /// Returns the meaning of the module of `spec`, with its rule for `domain`.
    #[must_use]
    pub fn of_spec(spec: &ModuleSpec, domain: &str) -> Self {
        if spec.has_own_domain() {
            // A profile that cannot be rendered is not loaded either.
            let source = Sources::render(spec, domain).map(|sources| sources.cil).unwrap_or_default();
            return Self::of_cil(&source).unwrap_or_default();
        }
        let key = (domain.to_owned(), domain.to_owned(), spec.class.clone());
        Self { allows: BTreeMap::from([(key, spec.permissions.iter().cloned().collect())]), ..Self::default() }
    }

    /// Returns the meaning of a CIL source.
    ///
    /// # Errors
    /// [`CilError`] if it cannot be parsed.
    pub fn of_cil(source: &str) -> Result<Self, CilError> {
        let mut rules = Self::default();
        rules.add(&parse(source)?, false);
        Ok(rules)
    }

    fn add(&mut self, statements: &[Node], optional: bool) {
        for statement in statements {
            match words_and_lists(statement) {
                ("optional", [_name, inside @ ..]) => self.add(inside, true),
                // A requirement allows nothing; outside an optional block it can break linking.
                ("typeattributeset" | "roleattributeset", [name, _]) if name.word() == Some(REQUIREMENT) => {
                    self.strict |= !optional;
                }
                ("allow", parts) => {
                    self.strict |= !optional;
                    match allow(parts) {
                        Some((key, permissions)) => self.allows.entry(key).or_default().extend(permissions),
                        None => drop(self.others.insert(statement.to_string())),
                    }
                }
                _ => {
                    self.strict |= !optional;
                    self.others.insert(statement.to_string());
                }
            }
        }
    }
}

fn words_and_lists(statement: &Node) -> (&str, &[Node]) {
    match statement.list() {
        Some([Node::Word(first), rest @ ..]) => (first, rest),
        _ => ("()", &[]),
    }
}

/// `(allow SOURCE TARGET (CLASS (PERMISSION …)))`; `None` if permissions are named in another way.
fn allow(parts: &[Node]) -> Option<(RuleKey, BTreeSet<String>)> {
    let [source, target, class_permissions] = parts else { return None };
    let [class, permissions] = class_permissions.list()? else { return None };
    let (source, target, class) = (source.word()?, target.word()?, class.word()?);
    let target = if target == "self" { source } else { target };
    let permissions: Option<BTreeSet<_>> =
        permissions.list()?.iter().map(|node| node.word().map(str::to_owned)).collect();
    // `(all)`, `(not …)` and the like are expressions over the permissions of the class, which the policy defines.
    const OPERATORS: [&str; 6] = ["all", "not", "and", "or", "xor", "range"];
    let permissions = permissions.filter(|words| !OPERATORS.iter().any(|word| words.contains(*word)))?;
    Some(((source.to_owned(), target.to_owned(), class.to_owned()), permissions))
}

#[cfg(test)]
mod tests;
