use super::*;
use crate::testing::{own_domain_spec, spec};

const PROFILE: &str = r#"
    name = "agent-bpf"
    priority = 300
    former_priorities = [400]
    confinement = "domain"
    domain = "agent_t"
    executable_type = "agent_exec_t"
    class = "bpf"
    permissions = ["map_create", "map_read", "map_write", "prog_load", "prog_run"]
    executable = "/opt/agent/bin/agentd"
"#;

#[test]
fn a_profile_names_both_types() {
    let read: ModuleSpec = toml::from_str(PROFILE).unwrap();
    assert_eq!(read, own_domain_spec());
    assert_eq!(read.validate(), Ok(()));
    assert_eq!(read.own_executable_type(), Some("agent_exec_t"));
    assert_eq!(read.domain_mode, DomainMode::Permissive, "denials are logged first");
    let more =
        "domain_mode = \"enforcing\"\nallow = [{ target = \"etc_t\", class = \"file\", permissions = [\"read\"] }]";
    let read: ModuleSpec = toml::from_str(&format!("{PROFILE}\n{more}")).unwrap();
    assert_eq!((read.domain_mode, read.allow.len(), read.validate()), (DomainMode::Enforcing, 1, Ok(())));
}

#[test]
fn without_the_key_nothing_changes() {
    assert_eq!(spec().own_executable_type(), None);
    assert!(!spec().has_own_domain());
}

#[test]
fn what_cannot_be_rendered_is_refused_by_name() {
    let good = own_domain_spec();
    let rule = |target: &str, class: &str, permission: &str| AllowRule {
        target: target.into(),
        class: class.into(),
        permissions: [permission].iter().filter(|word| !word.is_empty()).map(|word| (*word).to_owned()).collect(),
    };
    let with = |allow: AllowRule| ModuleSpec { allow: vec![allow], ..good.clone() };
    for (bad, field) in [
        (ModuleSpec { executable_type: None, ..good.clone() }, "executable_type"),
        (ModuleSpec { executable_type: Some("a.b".into()), ..good.clone() }, "executable_type"),
        (ModuleSpec { executable_type: Some("agent_t".into()), ..good.clone() }, "executable_type"),
        (ModuleSpec { domain: "agent-t".into(), ..good.clone() }, "domain"),
        (ModuleSpec { fallback_domains: vec!["initrc_t".into()], ..good.clone() }, "fallback_domains"),
        (ModuleSpec { executable: "/opt/agent/a b".into(), ..good.clone() }, "executable"),
        (ModuleSpec { executable: "/opt/agent/(x".into(), ..good.clone() }, "executable"),
        (with(rule("etc_t)", "file", "read")), "allow.target"),
        (with(rule("etc_t", "file (", "read")), "allow"),
        (with(rule("etc_t", "file", "self")), "allow"),
        (with(rule("etc_t", "file", "")), "allow.permissions"),
        (ModuleSpec { executable_type: Some("agent_exec_t".into()), ..spec() }, "executable_type"),
        (ModuleSpec { domain_mode: DomainMode::Enforcing, ..spec() }, "domain_mode"),
        (ModuleSpec { allow: vec![rule("etc_t", "file", "read")], ..spec() }, "allow"),
    ] {
        assert_eq!(bad.validate().unwrap_err().field, field, "{bad:?}");
    }
    assert_eq!(with(rule("self", "capability", "kill")).validate(), Ok(()));
}
