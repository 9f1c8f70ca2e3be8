//! Each idea of a small policy, and its twin without the rule, in every version of the format.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests run compilers and fail by panicking"
)]

mod micro;

use micro::Rules;
use policydb::{Context, Policy, UnknownHandling, Verdict};

use Verdict::{Allowed, Denied, Unknown};

const ALL: &[&str] = &["map_create", "map_read", "map_write", "prog_load", "prog_run"];

/// What a domain may do to itself, with its type alone given, in the policy and in its twin without the rules: `+` allowed, `-`
/// denied, `?` unknown, `p` permissive.
const ON_ITSELF: &[(&str, &str, &str)] = &[
    ("none_t", "-----", "-----"),
    ("direct_t", "+++++", "-----"),
    ("partial_t", "++++-", "-----"),
    ("alias_t", "+++++", "+++++"),
    ("former_t", "+++++", "no such type"),
    ("parent_t", "++++-", "++++-"),
    ("child_t", "++++-", "+++++"),
    ("if_on_t", "+++++", "-----"),
    ("if_off_t", "-----", "+++++"),
    ("else_t", "+++++", "-----"),
    ("mixed_t", "+++++", "-----"),
    ("permissive_t", "-----p", "-----"),
    ("same_user_t", "+++++", "+++++"),
    ("one_user_t", "++++?", "+++++"),
];

fn signs(verdicts: &[Verdict]) -> String {
    let sign = |verdict: &Verdict| match verdict {
        Allowed => '+',
        Denied => '-',
        Unknown => '?',
    };
    verdicts.iter().map(sign).collect()
}

fn each(rules: Rules, check: impl Fn(&Policy, micro::Form)) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy");
    for form in micro::forms() {
        micro::compile(form, rules, &file);
        let bytes = std::fs::read(&file).unwrap();
        let policy = Policy::parse(&bytes).unwrap_or_else(|e| panic!("{form:?}: {e}"));
        check(&policy, form);
    }
}

/// What a domain may do to itself, in the signs of [`ON_ITSELF`].
fn on_itself(policy: &Policy, name: &str) -> String {
    let Some(domain) = policy.context_of_type(name) else { return "no such type".into() };
    let decision = policy.decide(&domain, None, "bpf", ALL);
    signs(&decision.verdicts) + if decision.permissive { "p" } else { "" }
}

#[test]
fn each_idea_in_each_version() {
    each(Rules::Present, |policy, form| {
        assert_eq!((policy.version(), policy.has_mls()), (form.version, form.mls));
        for (name, expected, _) in ON_ITSELF {
            assert_eq!(on_itself(policy, name), *expected, "{form:?}: {name}");
        }
        expect_targets(policy, form);
        expect_names(policy, form);
        expect_unknown_classes(policy, form);
    });
}

#[test]
fn the_twin_without_the_rules_answers_otherwise() {
    each(Rules::Missing, |policy, form| {
        for (name, _, expected) in ON_ITSELF {
            assert_eq!(on_itself(policy, name), *expected, "{form:?}: {name}");
        }
        let bare = |name: &str| policy.context_of_type(name).unwrap();
        let on = |source: &Context, target: &Context, class: &str, permissions: &[&str]| {
            signs(&policy.decide(source, Some(target), class, permissions).verdicts)
        };
        let (none, content) = (bare("none_t"), bare("content_t"));
        assert_eq!(on(&bare("attribute_t"), &content, "file", &["read", "open"]), "--", "{form:?}");
        assert_eq!(on(&bare("same_user_t"), &none, "bpf", &["prog_load", "prog_run"]), "++", "{form:?}");
        assert_eq!(on(&bare("level_t"), &none, "file", &["read", "write"]), "++", "{form:?}");
        for name in ["extended_t", "narrowed_t"] {
            assert_eq!(on(&bare(name), &bare(name), "file", &["ioctl"]), "-", "{form:?}: {name}");
        }
        let range = if form.mls { ":s0" } else { "" };
        let whole = |start: &str| policy.context(&format!("{start}{range}")).unwrap();
        let (source, target) = (whole("sys_u:sys_r:role_t"), whole("sys_u:other_r:none_t"));
        assert_eq!(on(&source, &target, "process", &["transition"]), "-", "{form:?}");
        assert_eq!(policy.transition("start_t", "program_t", "process"), None, "{form:?}");
    });
}

fn expect_targets(policy: &Policy, form: micro::Form) {
    let bare = |name: &str| policy.context_of_type(name).unwrap();
    let on = |source: &Context, target: &Context, class: &str, permissions: &[&str]| {
        signs(&policy.decide(source, Some(target), class, permissions).verdicts)
    };
    let (none, content) = (bare("none_t"), bare("content_t"));
    assert_eq!(on(&bare("attribute_t"), &content, "file", &["read", "open", "write"]), "++-", "{form:?}");
    assert_eq!(on(&bare("attribute_t"), &none, "file", &["read"]), "-", "{form:?}: the target lacks the attribute");
    assert_eq!(on(&none, &content, "file", &["read"]), "-", "{form:?}: the source lacks the attribute");
    assert_eq!(on(&bare("attribute_t"), &content, "dir", &["read"]), "-", "{form:?}: another class");
    assert_eq!(
        on(&bare("same_user_t"), &none, "bpf", &["prog_load", "prog_run"]),
        "+?",
        "{form:?}: the users are not known"
    );
    assert_eq!(on(&bare("extended_t"), &bare("extended_t"), "file", &["ioctl"]), "-", "{form:?}");
    assert_eq!(on(&bare("narrowed_t"), &bare("narrowed_t"), "file", &["ioctl"]), "+", "{form:?}");
    // With whole contexts, everything is known.
    let range = |range: &str| if form.mls { format!(":{range}") } else { String::new() };
    let whole = |start: &str, levels: &str| policy.context(&format!("{start}{}", range(levels))).unwrap();
    let rows = [
        ("sys_u:sys_r:same_user_t", "sys_u:object_r:none_t", "bpf", "prog_run", "+"),
        ("sys_u:sys_r:same_user_t", "other_u:object_r:none_t", "bpf", "prog_run", "-"),
        ("sys_u:sys_r:one_user_t", "sys_u:sys_r:one_user_t", "bpf", "prog_run", "-"),
        ("other_u:sys_r:one_user_t", "sys_u:sys_r:one_user_t", "bpf", "prog_run", "+"),
        ("sys_u:sys_r:role_t", "sys_u:sys_r:none_t", "process", "transition", "+"),
        ("sys_u:sys_r:role_t", "sys_u:other_r:none_t", "process", "transition", "+"),
        ("sys_u:other_r:role_t", "sys_u:sys_r:none_t", "process", "transition", "-"),
    ];
    for (source, target, class, permission, expected) in rows {
        assert_eq!(
            on(&whole(source, "s0"), &whole(target, "s0"), class, &[permission]),
            expected,
            "{form:?}: {source} {target}"
        );
    }
    if form.mls {
        for (source, target, expected) in [
            ("s0", "s0", "++"),
            ("s0", "s1", "--"),
            ("s0-s1:c0.c2", "s0:c0", "+-"),
            ("s0-s1:c0.c2", "public-s1", "++"),
            ("s0:c0", "s0:red", "--"),
            ("s0-s0:c0,c2", "s0-s0:c1", "+-"),
            ("s0-s0:c0.c2", "s0-s0:c1", "++"),
        ] {
            let (source_context, target_context) =
                (whole("sys_u:sys_r:level_t", source), whole("sys_u:object_r:none_t", target));
            let found = on(&source_context, &target_context, "file", &["read", "write"]);
            assert_eq!(found, expected, "{form:?}: {source} {target}");
        }
        assert_eq!(on(&bare("level_t"), &none, "file", &["read", "write"]), "??", "{form:?}: the levels are not known");
    }
}

fn expect_names(policy: &Policy, form: micro::Form) {
    assert!(policy.knows_type("direct_t") && policy.knows_type("former_t"), "{form:?}");
    assert!(!policy.knows_type("domain") && !policy.knows_type("absent_t"), "{form:?}: an attribute is not a type");
    assert!(policy.knows_class("bpf") && !policy.knows_class("io_uring"), "{form:?}");
    assert!(
        policy.knows_permission("file", "ioctl") && policy.knows_permission("file", "open"),
        "{form:?}: inherited, own"
    );
    assert!(!policy.knows_permission("dir", "open"), "{form:?}");
    assert_eq!(policy.transition("start_t", "program_t", "process"), Some("started_t"), "{form:?}");
    assert_eq!(policy.transition("start_t", "content_t", "file"), None, "{form:?}: by file name only");
    assert_eq!(policy.transition("none_t", "program_t", "process"), None, "{form:?}");
    let on = if form.mls { "sys_u:sys_r:none_t:s0:c0" } else { "sys_u:sys_r:none_t" };
    assert!(policy.context(on).is_ok(), "{form:?}");
    for wrong in [
        "none_t",
        "sys_u:sys_r",
        "sys_u:sys_r:absent_t:s0",
        "x:sys_r:none_t:s0",
        "sys_u:sys_r:none_t:s9",
        "sys_u:x:none_t:s0",
    ] {
        assert!(policy.context(wrong).is_err(), "{form:?}: {wrong}");
    }
}

fn expect_unknown_classes(policy: &Policy, form: micro::Form) {
    let handling = match form.unknown {
        "allow" => UnknownHandling::Allow,
        "deny" => UnknownHandling::Deny,
        _ => UnknownHandling::Reject,
    };
    assert_eq!(policy.unknown_handling(), handling);
    let verdict = if handling == UnknownHandling::Allow { Allowed } else { Denied };
    let direct = policy.context_of_type("direct_t").unwrap();
    assert_eq!(policy.decide(&direct, None, "io_uring", &["cmd"]).verdicts, [verdict], "{form:?}");
    assert_eq!(policy.decide(&direct, None, "bpf", &["map_read", "token"]).verdicts, [Allowed, verdict], "{form:?}");
}

#[test]
fn the_rule_is_named() {
    each(Rules::Present, |policy, form| {
        let rules = |source: &str, target: &str, class: &str, permissions: &[&str]| -> Vec<String> {
            let (source, target) = (policy.context_of_type(source).unwrap(), policy.context_of_type(target).unwrap());
            policy.allow_rules(&source, &target, class, permissions).iter().map(ToString::to_string).collect()
        };
        let bpf = "{ map_create map_read map_write prog_load prog_run };";
        assert_eq!(
            rules("direct_t", "direct_t", "bpf", ALL),
            [format!("allow direct_t direct_t:bpf {bpf}")],
            "{form:?}"
        );
        assert_eq!(rules("former_t", "former_t", "bpf", ALL), [format!("allow alias_t alias_t:bpf {bpf}")], "{form:?}");
        assert_eq!(
            rules("attribute_t", "content_t", "file", &["open"]),
            ["allow domain content:file { read open };"],
            "{form:?}"
        );
        assert_eq!(
            rules("if_on_t", "if_on_t", "bpf", ALL),
            [format!("allow if_on_t if_on_t:bpf {bpf} [ is_on ]")],
            "{form:?}"
        );
        assert_eq!(
            rules("else_t", "else_t", "bpf", ALL),
            [format!("allow else_t else_t:bpf {bpf} [ !(is_off) ]")],
            "{form:?}"
        );
        let mixed = format!("allow mixed_t mixed_t:bpf {bpf} [ (is_on ^ is_off) && !is_off ]");
        assert_eq!(rules("mixed_t", "mixed_t", "bpf", &["prog_run"]), [mixed], "{form:?}");
        assert!(rules("if_off_t", "if_off_t", "bpf", ALL).is_empty(), "{form:?}: not in force");
        assert!(rules("direct_t", "direct_t", "file", &["read"]).is_empty(), "{form:?}");
    });
}
