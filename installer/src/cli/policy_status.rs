//! `policy status`: store, module and the kernel's answer, and what each means.

use std::fmt::Write as _;

use installer::report::exit;
use installer::step::{Assessment, Standing, assess};
use policy::kernel::{Answer, ClassKnowledge};
use policy::status::Status;

use super::args::Format;
use super::output::{Outcome, print};
use super::session::Session;

pub fn show(session: &Session, format: Format) -> Outcome {
    let cx = &session.cx;
    let assessment = match assess(cx) {
        // The store is root's alone; the kernel, and what is configured, can be told without it.
        Err(e) if e.is_denied() => None,
        assessment => Some(assessment?),
    };
    let standing = assessment.as_ref().map_or("unknown without the store: run as root", |assessment| assessment.why());
    let status = Status::of(cx.root, cx.surroundings, cx.kernel, &cx.profile.module)?;
    print(&match format {
        Format::Json => json(session, &status, standing) + "\n",
        Format::Text => text(session, &status, standing),
    })?;
    Ok(match &assessment {
        Some(Assessment { standing: Standing::NotConcerned(_) | Standing::Settled(_), .. }) => exit::WELL,
        Some(assessment) if assessment.blocks_now() => exit::FAULTS,
        _ => exit::UNSETTLED,
    })
}

fn priorities(status: &Status) -> Vec<u16> {
    status.installed.iter().map(|module| module.priority).collect()
}

fn json(session: &Session, status: &Status, standing: &str) -> String {
    let kernel = status.answer.as_ref().and_then(|answer| answer.as_ref().ok()).map(|answer| {
        let permissions: serde_json::Map<String, serde_json::Value> =
            answer.permissions.iter().map(|(name, allowed)| (name.clone(), (*allowed).into())).collect();
        serde_json::json!({
            "context": answer.context,
            "class": class_word(answer.class),
            "permissions": permissions,
            "permissive_domain": answer.permissive_domain,
            "domain_known": answer.domain_known,
        })
    });
    serde_json::json!({
        "schema": 1,
        "selinux": status.state.as_str(),
        "type": status.config.as_ref().map(|config| &config.policy_type),
        "store": status.store.as_ref().map(|store| session.cx.root.shown(store)),
        "module": session.cx.profile.module.name,
        "priorities": priorities(status),
        "enabled": status.enabled,
        "same_content": status.same_content,
        "domain": status.domain,
        "kernel": kernel,
        "standing": standing,
    })
    .to_string()
}

fn text(session: &Session, status: &Status, standing: &str) -> String {
    let cx = &session.cx;
    let spec = &cx.profile.module;
    let mut text = String::new();
    let mut line = |label: &str, value: &str, meaning: &str| {
        let dash = if meaning.is_empty() { "" } else { "  -  " };
        let _ = writeln!(text, "{label:<9} {value}{dash}{meaning}");
    };
    line("SELinux", status.state.as_str(), "");
    match &status.config {
        Some(config) => line("type", &config.policy_type, "SELINUXTYPE in /etc/selinux/config"),
        None => line("type", "none", "there is no /etc/selinux/config"),
    }
    match (&status.store, &status.unreadable) {
        (_, Some(problem)) => line("store", "not seen", problem),
        (Some(store), None) => line("store", &cx.root.shown(store).display().to_string(), ""),
        (None, None) => line("store", "none", "there is no policy to add a module to"),
    }
    if status.unreadable.is_none() {
        let (value, meaning) = module_words(status, spec.priority);
        line("module", &format!("{} {value}", spec.name), meaning);
    }
    match status.same_content {
        Some(true) => line("content", "the same", "what hostprep would install"),
        Some(false) => {
            line("content", "different", "not what hostprep would install; it does so where the rule is missing")
        }
        None => {}
    }
    let domain_known = match &status.answer {
        Some(Ok(answer)) => answer.domain_known,
        _ => status.domain == spec.domain,
    };
    let domain_meaning = if domain_known {
        "the profile's own"
    } else {
        "where the service would be started, as this policy lacks the profile's own"
    };
    line("domain", &status.domain, domain_meaning);
    match &status.answer {
        None => line("kernel", "not asked", "no policy runs here, or it is another system's: only the disk is judged"),
        Some(Err(e)) => line("kernel", "gave no answer", &e.to_string()),
        Some(Ok(answer)) => kernel_lines(answer, &spec.class, &mut line),
    }
    line("so", standing, "");
    text
}

fn kernel_lines(answer: &Answer, class: &str, line: &mut impl FnMut(&str, &str, &str)) {
    line("kernel", &format!("class {class} {}", class_word(answer.class)), class_meaning(answer.class));
    for (permission, allowed) in &answer.permissions {
        let (word, meaning) = if *allowed { ("allowed", "") } else { ("denied", "the connector needs it") };
        line("", &format!("{permission} {word}"), meaning);
    }
    if answer.permissive_domain {
        line("", "permissive domain", "denials for this domain are logged only");
    }
}

fn module_words(status: &Status, ours: u16) -> (String, &'static str) {
    let priorities = priorities(status);
    let listed: Vec<String> = priorities.iter().map(ToString::to_string).collect();
    let listed = listed.join(", ");
    match priorities.as_slice() {
        [] => ("not installed".into(), "needed only where the base policy lacks the rule"),
        _ if !status.enabled => (format!("at priority {listed}, disabled"), "`hostprep repair` enables it"),
        [only] if *only == ours => (format!("at priority {only}, enabled"), ""),
        _ => (format!("at priority {listed}, enabled"), "the highest counts"),
    }
}

fn class_word(class: ClassKnowledge) -> &'static str {
    match class {
        ClassKnowledge::Known => "known",
        ClassKnowledge::UnknownAllowed => "unknown, allowed",
        ClassKnowledge::UnknownDenied => "unknown, denied",
    }
}

fn class_meaning(class: ClassKnowledge) -> &'static str {
    match class {
        ClassKnowledge::Known => "",
        ClassKnowledge::UnknownAllowed => "the policy is older than the class and allows what it does not know",
        ClassKnowledge::UnknownDenied => "the policy is older than the class and denies what it does not know",
    }
}
