use host::Root;

use super::*;
use crate::spec::tests::spec;
use crate::testing::{compiled, root_with};

const ALL: &str = "(bpf (map_create map_read map_write prog_load prog_run))";
const DOMAIN: &str = "unconfined_service_t";

/// Returns what allows the rule where the store has these modules besides ours.
fn allowed(modules: &[(&str, &str)], policy: Option<&[u8]>) -> Option<String> {
    let scratch = tempfile::tempdir().unwrap();
    let root = root_with(scratch.path(), &[("/etc/selinux/semanage.conf", b"")]);
    let store = |root: &Root, at: &str, cil: &str| {
        root.replace(format!("/var/lib/selinux/t/active/modules/{at}/cil"), cil.as_bytes(), 0o600).unwrap();
    };
    store(&root, "100/base", "(type a)");
    store(&root, "300/agent-bpf", &format!("(allow {DOMAIN} self {ALL})"));
    modules.iter().for_each(|(at, cil)| store(&root, at, cil));
    let policy = policy.map(|bytes| Policy::parse(bytes).unwrap());
    let store = Store::locate(&root, "t").unwrap().unwrap();
    allowed_without(&store, &spec(), DOMAIN, policy.as_ref()).unwrap()
}

#[test]
fn a_module_that_has_the_rule() {
    let direct = format!("; (\n(type b) (filecon \"/a(\" any ())\n(allow {DOMAIN} self {ALL})");
    let found = allowed(&[("200/site", &direct)], None);
    assert_eq!(found.as_deref(), Some("the module site at priority 200"));
    let [one, two] = ["(bpf (map_create map_read))", "(bpf (map_write prog_load prog_run))"]
        .map(|some| format!("(allow {DOMAIN} {DOMAIN} {some})"));
    let found = allowed(&[("200/one", &one), ("100/two", &two)], None);
    assert_eq!(found.as_deref(), Some("the module one at priority 200 and the module two at priority 100"));
}

#[test]
fn what_does_not_allow_the_rule() {
    let rule = format!("(allow {DOMAIN} self {ALL})");
    for (at, cil) in [
        // Ours alone, a part of the rule, another domain, another class.
        ("200/site", "(type b)"),
        ("200/site", &format!("(allow {DOMAIN} self (bpf (map_create)))")),
        ("200/site", &format!("(allow other_t self {ALL})")),
        ("200/site", &rule.replace("(bpf", "(bpf2")),
        // Perhaps not in force.
        ("200/site", &format!("(booleanif b (true {rule}))")),
        ("200/site", &format!("(optional o {rule})")),
        ("200/site", &format!("; {rule}\n(dontaudit {DOMAIN} self {ALL})")),
        ("200/site", &format!("(allowx {DOMAIN} self {ALL}) (allow {DOMAIN} self")),
        // Our name, at another priority.
        ("400/agent-bpf", &rule),
        // An attribute, and no policy that tells who has it.
        ("200/site", &format!("(allow domain self {ALL})")),
    ] {
        assert_eq!(allowed(&[(at, cil)], None), None, "{cil}");
    }
    let off = [("200/site", rule.as_str()), ("disabled/site", "")];
    let scratch = allowed(&off, None);
    assert_eq!(scratch, None, "disabled");
}

#[test]
fn a_rule_for_an_attribute() {
    let found = allowed(&[], Some(compiled::ATTRIBUTE)).unwrap();
    assert_eq!(found, "the rule `allow domain domain:bpf { map_create map_read map_write prog_load prog_run };`");
    // The compiler makes rules for each type of it.
    let of_each = format!("(allow domain self {ALL})");
    for types in [format!("a_t {DOMAIN}"), DOMAIN.to_owned()] {
        let members = format!("(typeattribute domain) (typeattributeset domain ({types}))");
        let found = allowed(&[("200/site", &of_each), ("100/domain", &members)], None);
        assert_eq!(found.as_deref(), Some("the module site at priority 200"));
    }
    for types in ["a_t".to_owned(), format!("not ({DOMAIN})"), format!("not {DOMAIN}")] {
        let members = format!("(typeattributeset domain ({types}))");
        assert_eq!(allowed(&[("200/site", &of_each), ("100/domain", &members)], None), None);
    }
}

#[test]
fn the_compiled_policy_alone_does_not_tell_one_rule_from_two() {
    assert_eq!(allowed(&[], Some(compiled::ALLOWS)), None);
}
