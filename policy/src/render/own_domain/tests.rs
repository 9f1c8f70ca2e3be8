use proptest::prelude::*;

use crate::cil;
use crate::render::Sources;
use crate::rules::Rules;
use crate::spec::{AllowRule, DomainMode, ModuleSpec};
use crate::testing::own_domain_spec;

fn source(spec: &ModuleSpec) -> String {
    Sources::render(spec, &spec.domain).unwrap().cil
}

fn with_rule(target: &str) -> ModuleSpec {
    let rule =
        AllowRule { target: target.into(), class: "file".into(), permissions: vec!["read".into(), "open".into()] };
    ModuleSpec { allow: vec![rule], ..own_domain_spec() }
}

#[test]
fn the_whole_source() {
    let spec = ModuleSpec { executable: "/opt/agent-1.0/bin/agentd++".into(), ..with_rule("etc_t") };
    assert_eq!(source(&spec), include_str!("../../../fixtures/rendered/own-domain.cil"));
    assert_eq!(Sources::render(&spec, &spec.domain).unwrap().te, None);
}

/// What the profile changes is one statement each.
#[test]
fn enforcing_drops_one_statement() {
    let permissive = own_domain_spec();
    let enforcing = ModuleSpec { domain_mode: DomainMode::Enforcing, ..own_domain_spec() };
    let lines = |spec: &ModuleSpec| -> Vec<String> {
        cil::parse(&source(spec)).unwrap().iter().map(ToString::to_string).collect()
    };
    let (with, without) = (lines(&permissive), lines(&enforcing));
    let gone: Vec<&String> = with.iter().filter(|line| !without.contains(line)).collect();
    assert_eq!(gone, ["(typepermissive agent_t)"]);
    assert!(without.iter().all(|line| with.contains(line)));
    assert_ne!(Rules::of_spec(&permissive, "agent_t"), Rules::of_spec(&enforcing, "agent_t"));
}

#[test]
fn a_module_of_another_profile_is_not_the_same() {
    let wanted = Rules::of_spec(&own_domain_spec(), "agent_t");
    assert_eq!(Rules::of_cil(&source(&own_domain_spec())), Ok(wanted.clone()));
    let other_path = ModuleSpec { executable: "/opt/agent/bin/other".into(), ..own_domain_spec() };
    let other_type = ModuleSpec { executable_type: Some("other_exec_t".into()), ..own_domain_spec() };
    for other in [with_rule("etc_t"), other_path, other_type] {
        assert_ne!(Rules::of_cil(&source(&other)).unwrap(), wanted, "{other:?}");
    }
}

/// eBPF is allowed to the agent's domain alone.
#[test]
fn no_other_domain_gets_the_rule() {
    let rules = Rules::of_cil(&source(&own_domain_spec())).unwrap();
    let bpf: Vec<_> = rules.allows.keys().filter(|(_, _, class)| class == "bpf").collect();
    assert_eq!(bpf, [&("agent_t".to_owned(), "agent_t".to_owned(), "bpf".to_owned())]);
}

proptest! {
    /// Whatever is valid in a profile renders to statements, and none of them is about a type that the profile does not name.
    #[test]
    fn a_valid_profile_is_valid_cil(name in "[ -~]{1,12}", target in "[a-z_();\"]{1,8}", path in "/[ -~]{1,20}") {
        let executable = toml::Value::from(path).try_into().unwrap();
        let spec = ModuleSpec { name, executable, ..with_rule(&target) };
        if let Ok(sources) = Sources::render(&spec, &spec.domain) {
            let parsed = cil::parse(&sources.cil).unwrap();
            prop_assert!(parsed.len() > 10);
            prop_assert_eq!(Rules::of_cil(&sources.cil).unwrap(), Rules::of_spec(&spec, &spec.domain));
        }
    }
}
