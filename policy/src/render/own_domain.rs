//! The source of a module with a domain of the agent's own.

use tera::{Context, Tera};

use super::RenderError;
use crate::spec::{DomainMode, ModuleSpec};

const CIL: &str = include_str!("../../../templates/policy/own-domain.cil.tera");

/// Renders it. `spec` is valid.
///
/// # Errors
/// [`RenderError::Template`].
pub(super) fn render(spec: &ModuleSpec) -> Result<String, RenderError> {
    let mut context = Context::new();
    context.insert("prefix", &spec.name.replace(['-', '.'], "_"));
    context.insert("domain", &spec.domain);
    context.insert("executable_type", spec.own_executable_type().unwrap_or_default());
    context.insert("path", &file_context(&spec.executable.to_string()));
    context.insert("class", &spec.class);
    context.insert("permissions", &spec.permissions);
    context.insert("permissive", &(spec.domain_mode == DomainMode::Permissive));
    context.insert("allow", &spec.allow);
    let mut templates = Tera::default();
    templates.add_raw_templates([("cil", CIL)])?;
    Ok(templates.render("cil", &context)?.trim_start().to_owned())
}

/// Returns `path` as a file context: a regular expression that matches this path and no other.
fn file_context(path: &str) -> String {
    path.replace('.', "\\.").replace('+', "\\+")
}

#[cfg(test)]
mod tests;
