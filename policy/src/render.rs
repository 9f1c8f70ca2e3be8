//! The module's sources, from the templates.

use tera::{Context, Tera};
use thiserror::Error;

use crate::spec::{InvalidSpec, ModuleSpec};

mod own_domain;

const TE: &str = include_str!("../../templates/policy/module.te.tera");
const CIL: &str = include_str!("../../templates/policy/module.cil.tera");

/// The sources of a module, which mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// For `checkmodule`; `None` for a module with a domain of its own, which is CIL alone.
    pub te: Option<String>,
    /// For `semodule` alone.
    pub cil: String,
}

/// The sources cannot be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The module, or the domain, is not valid.
    #[error(transparent)]
    Spec(#[from] InvalidSpec),
    /// The template is not valid.
    #[error("the policy template cannot be rendered: {0}")]
    Template(#[from] tera::Error),
}

impl Sources {
    /// Renders them with the rule for `domain`.
    ///
    /// # Errors
    /// [`RenderError`] if `spec` or `domain` is not valid in a source.
    pub fn render(spec: &ModuleSpec, domain: &str) -> Result<Self, RenderError> {
        let here = ModuleSpec { domain: domain.to_owned(), ..spec.clone() };
        here.validate()?;
        if here.has_own_domain() {
            return Ok(Self { te: None, cil: own_domain::render(&here)? });
        }
        let mut context = Context::new();
        context.insert("module", &here.name);
        // Dots separate the names of CIL blocks, so a name must not contain any.
        context.insert("optional", &format!("{}_optional", here.name.replace(['-', '.'], "_")));
        context.insert("domain", &here.domain);
        context.insert("class", &here.class);
        context.insert("permissions", &here.permissions);
        let mut templates = Tera::default();
        templates.add_raw_templates([("te", TE), ("cil", CIL)])?;
        // The comment at a template's start leaves an empty line behind.
        let render = |name| templates.render(name, &context).map(|source| source.trim_start().to_owned());
        Ok(Self { te: Some(render("te")?), cil: render("cil")? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::Rules;
    use crate::spec::tests::spec;

    #[test]
    fn both_sources() {
        let sources = Sources::render(&spec(), "initrc_t").unwrap();
        assert_eq!(sources.te.as_deref(), Some(include_str!("../fixtures/rendered/module.te")));
        assert_eq!(sources.cil, include_str!("../fixtures/rendered/module.cil"));
        assert_eq!(Rules::of_cil(&sources.cil), Ok(Rules::of_spec(&spec(), "initrc_t")));
    }

    #[test]
    fn the_domain_is_validated_too() {
        assert!(Sources::render(&spec(), "a_t self:capability *; allow b_t").is_err());
    }

    proptest! {
        /// The source of any valid module has that one rule and nothing else.
        #[test]
        fn one_rule_and_no_more(name in "[ -~]{1,12}", class in "[a-z.({;]{1,8}", permissions in prop::collection::vec("[a-z_)} ]{1,8}", 1..4)) {
            let spec = ModuleSpec { name, class, permissions, ..spec() };
            if let Ok(sources) = Sources::render(&spec, "a_t") {
                prop_assert_eq!(Rules::of_cil(&sources.cil), Ok(Rules::of_spec(&spec, "a_t")));
            }
        }
    }
}
