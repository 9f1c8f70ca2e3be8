//! Checks language files: which messages a language must have, and errors in them. For the build script and its test.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use serde::Deserialize;

use crate::catalogue::reason::Reason;
use crate::catalogue::source::Source;
use crate::texts::message_keys::Word;

/// The variables of each message, `message` or `message.attribute`.
pub type Messages = BTreeMap<String, BTreeSet<String>>;

/// The requirements for a file.
pub enum Asked<'a> {
    /// English: these messages, with no other variables than these.
    AtMost(&'a Messages),
    /// Other languages: exactly the messages and variables of English, so that no fact is lost.
    As(&'a Messages),
}

#[derive(Deserialize)]
struct Catalogue {
    values: BTreeMap<String, String>,
    fault: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    id: u16,
    resolutions: Vec<String>,
    since: Vec<Since>,
}

#[derive(Deserialize)]
struct Since {
    scope: String,
}

/// Returns the messages that the library may look up.
pub fn wanted(catalogue: &str) -> Result<Messages, toml::de::Error> {
    let Catalogue { values, fault } = toml::from_str(catalogue)?;
    let values: BTreeSet<String> = values.into_keys().collect();
    let none = BTreeSet::new;
    let mut messages = Messages::new();
    for Fault { id, resolutions, since } in &fault {
        messages.insert(format!("fault-{id}"), none());
        let resolutions = resolutions.iter().map(|key| format!("resolution-{key}"));
        for attribute in ["cause", "impact"].map(str::to_owned).into_iter().chain(resolutions) {
            messages.insert(format!("fault-{id}.{attribute}"), values.clone());
        }
        messages.extend(since.iter().map(|since| (format!("scope-{}", since.scope), none())));
    }
    messages.extend(Reason::KNOWN.iter().map(|reason| (format!("reason-{}", reason.as_str()), none())));
    messages.extend(Source::KNOWN.iter().map(|source| (format!("source-{}", source.as_str()), none())));
    let word = |word: &Word| (word.key().to_owned(), word.variables().iter().map(|&name| name.to_owned()).collect());
    messages.extend(Word::ALL.iter().map(word));
    Ok(messages)
}

/// Returns the messages of a file, and its errors.
pub fn check(text: &str, asked: &Asked) -> (Messages, Vec<String>) {
    let (found, mut problems) = read(text);
    let (Asked::AtMost(wanted) | Asked::As(wanted)) = asked;
    for (name, variables) in *wanted {
        let Some(used) = found.get(name) else {
            problems.push(match asked {
                Asked::AtMost(_) => format!("{name} is missing: add it"),
                Asked::As(_) => format!("{name} is missing: add it, with the meaning that it has in en.ftl"),
            });
            continue;
        };
        for unknown in used.difference(variables) {
            problems.push(match asked {
                Asked::AtMost(_) => format!("{name} uses {{ ${unknown} }}, which it is not given: take it out"),
                Asked::As(_) => format!("{name} uses {{ ${unknown} }}, which en.ftl does not use there: take it out"),
            });
        }
        // The words of the interface have to show all that they are given, in English too.
        if matches!(asked, Asked::As(_)) || name.starts_with("word-") {
            let left_out = variables.difference(used);
            problems.extend(left_out.map(|variable| format!("{name} leaves out {{ ${variable} }}: put it in")));
        }
    }
    let superfluous = found.keys().filter(|name| !wanted.contains_key(*name));
    problems.extend(superfluous.map(|name| format!("nothing uses {name}: take it out, or correct its name")));
    (found, problems)
}

fn read(text: &str) -> (Messages, Vec<String>) {
    let (resource, errors) = match parser::parse(text) {
        Ok(resource) => (resource, Vec::new()),
        Err((resource, errors)) => (resource, errors),
    };
    let line = |at: usize| text.get(..at).map_or(0, |before| before.matches('\n').count()) + 1;
    let mut problems: Vec<_> = errors.iter().map(|e| format!("line {}: {}", line(e.pos.start), e.kind)).collect();
    let mut found = Messages::new();
    let mut add = |name: String, pattern: &Pattern<&str>| {
        let mut variables = BTreeSet::new();
        if !gather(pattern, &mut variables) {
            problems.push(format!("{name}: write out what it refers to; only variables and \"text\" go in braces"));
        }
        if found.insert(name.clone(), variables).is_some() {
            problems.push(format!("{name} is there twice: take one out"));
        }
    };
    for entry in &resource.body {
        if let Entry::Message(message) = entry {
            let name = message.id.name;
            if let Some(value) = &message.value {
                add(name.to_owned(), value);
            }
            for attribute in &message.attributes {
                add(format!("{name}.{}", attribute.id.name), &attribute.value);
            }
        }
    }
    (found, problems)
}

/// Collects the variables. Returns whether the pattern has only variables and literals.
fn gather(pattern: &Pattern<&str>, variables: &mut BTreeSet<String>) -> bool {
    pattern.elements.iter().fold(true, |fine, element| match element {
        PatternElement::TextElement { .. } => fine,
        PatternElement::Placeable { expression } => gather_expression(expression, variables) && fine,
    })
}

fn gather_expression(expression: &Expression<&str>, variables: &mut BTreeSet<String>) -> bool {
    match expression {
        Expression::Inline(inline) => gather_inline(inline, variables),
        Expression::Select { selector, variants } => variants
            .iter()
            .fold(gather_inline(selector, variables), |fine, variant| gather(&variant.value, variables) && fine),
    }
}

fn gather_inline(inline: &InlineExpression<&str>, variables: &mut BTreeSet<String>) -> bool {
    match inline {
        InlineExpression::VariableReference { id } => {
            variables.insert(id.name.to_owned());
            true
        }
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => true,
        InlineExpression::Placeable { expression } => gather_expression(expression, variables),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
