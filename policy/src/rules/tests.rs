use super::*;
use crate::spec::tests::spec;

fn of(source: &str) -> Rules {
    Rules::of_cil(source).unwrap()
}

fn wanted() -> Rules {
    Rules::of_spec(&spec(), "agent_t")
}

const RULE: &str = "(allow agent_t self (bpf (map_create map_read map_write prog_load prog_run)))";

#[test]
fn the_forms_of_one_module_are_the_same() {
    let plain = format!("(optional agent_optional {RULE})");
    let converted = format!("(optional agent_optional_2\n (typeattributeset cil_gen_require agent_t)\n {RULE}\n)\n");
    let split = "(optional a (allow agent_t agent_t (bpf (prog_run map_read map_create))))
        (optional b (allow agent_t self (bpf (map_write prog_load map_read))))";
    for source in [plain.as_str(), &converted, split] {
        assert_eq!(of(source), wanted(), "{source}");
    }
}

#[test]
fn what_differs_in_meaning_is_not_the_same() {
    let differing = [
        String::new(),
        RULE.to_owned(),
        format!("(typeattributeset cil_gen_require agent_t)(optional a {RULE})"),
        format!("(optional a {RULE} (typepermissive agent_t))"),
        format!("(optional a {RULE} (allow other_t self (bpf (prog_run))))"),
        format!("(optional a {RULE} (allow agent_t self (bpf (not (prog_run)))))"),
        "(optional a (allow agent_t self (bpf (map_create))))".to_owned(),
        "(optional a (allow agent_t self (bpf (all))))".to_owned(),
        "(optional a (booleanif b (true (allow agent_t self (bpf (map_create))))))".to_owned(),
        "(optional a (allow agent_t self agent_permissions))".to_owned(),
        "(())".to_owned(),
    ];
    for source in differing {
        assert_ne!(of(&source), wanted(), "{source}");
    }
}

#[test]
fn a_rule_outside_an_optional_block_is_strict() {
    assert!(of(RULE).strict);
    assert!(of("(typeattributeset cil_gen_require agent_t)").strict);
    assert!(!wanted().strict);
}
