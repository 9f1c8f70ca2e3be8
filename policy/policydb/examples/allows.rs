//! Asks a compiled policy: `allows FILE SOURCE TARGET CLASS PERMISSION…`, where SOURCE and TARGET are types or whole contexts,
//! and TARGET may be `self`.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example has no host to reach through other doors"
)]

use std::error::Error;

use policydb::Policy;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [file, source, target, class, permissions @ ..] = words.as_slice() else {
        return Err("usage: allows FILE SOURCE TARGET CLASS PERMISSION…".into());
    };
    let file = std::fs::read(file)?;
    let policy = Policy::parse(&file)?;
    let context = |text: &str| match text.contains(':') {
        true => policy.context(text).map_err(|e| format!("{text}: {e}")),
        false => policy.context_of_type(text).ok_or_else(|| format!("{text}: no such type")),
    };
    let source = context(source)?;
    let target = if target == "self" { None } else { Some(context(target)?) };
    let permissions: Vec<&str> = permissions.iter().map(String::as_str).collect();
    let decision = policy.decide(&source, target.as_ref(), class, &permissions);
    for (permission, verdict) in permissions.iter().zip(&decision.verdicts) {
        println!("{permission}: {verdict:?}");
    }
    if decision.permissive {
        println!("The domain is permissive: denials are only logged.");
    }
    for rule in policy.allow_rules(&source, target.as_ref().unwrap_or(&source), class, &permissions) {
        println!("{rule}");
    }
    Ok(())
}
