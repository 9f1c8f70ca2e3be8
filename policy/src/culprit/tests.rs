use proptest::prelude::*;

use super::*;
use crate::testing::root_with;

const OURS: &str = "cisco-secure-bpf";
const STORE: &str = "/var/lib/selinux/t";

fn store() -> InRoot {
    InRoot::from(STORE)
}

macro_rules! said {
    ($name:literal) => {
        include_str!(concat!("../../fixtures/stderr/", $name, ".txt"))
    };
}

fn shown(stderr: &str) -> Option<String> {
    Culprit::find(stderr, OURS).map(|culprit| culprit.to_string())
}

#[test]
fn modules_that_do_not_fit() {
    for (stderr, expected) in [
        (said!("left-attribute"), Some("the module left at priority 200")),
        (said!("left-role"), Some("the module left at priority 200")),
        (said!("left-boolean"), Some("the module left at priority 200")),
        (said!("left-permission"), Some("the module left at priority 200")),
        (said!("left-user"), Some("the module left at priority 200")),
        (said!("left-twice"), Some("the module left at priority 200")),
        (said!("left-cut"), Some("the module left at priority 200")),
        (said!("other-module-unresolved"), Some("the module other at priority 400")),
        (said!("other-module-garbled"), Some("the module other at priority 400")),
        (said!("module-without-language"), Some("the module base at priority 100")),
        // The rule that forbids ours is at 100; ours is no culprit.
        (said!("neverallow"), Some("the module na at priority 100")),
        // No message names a module.
        (said!("left-keyword"), None),
        (said!("base-missing"), None),
        (said!("lock-held"), None),
        // Ours itself.
        (said!("type-missing-pp"), None),
        (said!("class-missing-pp"), None),
    ] {
        assert_eq!(shown(stderr).as_deref(), expected, "{stderr}");
    }
}

#[test]
fn of_two_modules_the_one_that_was_added_last() {
    let line =
        |priority, name| format!("Bad type declaration at /var/lib/selinux/t/tmp/modules/{priority}/{name}/cil:1\n");
    for text in [line(100, "base") + &line(400, "local"), line(400, "local") + &line(100, "base")] {
        assert_eq!(shown(&text).as_deref(), Some("the module local at priority 400"));
    }
    let store_of_el_7 = "Failed to resolve booleanif statement at /etc/selinux/targeted/tmp/modules/200/old/cil:7\n";
    assert_eq!(shown(store_of_el_7).as_deref(), Some("the module old at priority 200"));
    for not in ["/modules/1000/a/cil:1", "/modules/x/a/cil:1", "/modules/200/../cil:1", "/modules/200/a/other"] {
        assert_eq!(shown(not), None, "{not}");
    }
    assert!(Culprit::find(said!("neverallow"), OURS).unwrap().is_base());
    assert!(!Culprit::find(said!("left-role"), OURS).unwrap().is_base());
}

/// The file, its line, and the arguments of `semanage`.
#[test]
fn records_that_do_not_fit() {
    let fcontext =
        "# comment gone_t\n/srv/ok    system_u:object_r:gone_t:s0\n/srv/x(/.*)?    system_u:object_r:gone_t:s0\n";
    let level = "/srv/x  --  system_u:object_r:kernel_t:s9\n";
    let port = "portcon udp 7 system_u:object_r:gone_type:s0\nportcon tcp 99 system_u:object_r:gone_t:s0\n";
    let interface = "netifcon eth0 system_u:object_r:gone_t:s0 system_u:object_r:gone_t:s0\n";
    let node = "nodecon ipv4 10.0.0.1 255.255.255.255 system_u:object_r:gone_t:s0\n";
    let endport = "ibendportcon mlx4_0 1 system_u:object_r:gone_t:s0\n";
    let user = "user ok_u roles { system_r } level s0 range s0;\nuser gone_u roles { gone_r } level s0 range s0;\n";
    let user_level = "user joe_u roles { system_r } level s9 range s9;\n";
    let login = "ann:system_u:s0\njoe:gone_u:s0\n";
    let login_level = "joe:system_u:s9\n";
    for (stderr, file, text, line, deletion) in [
        (said!("local-fcontext-type"), "file_contexts.local", fcontext, Some(3), Some("fcontext -d /srv/x(/.*)?")),
        (said!("local-fcontext-level"), "file_contexts.local", level, Some(1), Some("fcontext -d -f f /srv/x")),
        (said!("local-port-type"), "ports.local", port, Some(2), Some("port -d -p tcp 99")),
        (said!("local-interface-type"), "interfaces.local", interface, Some(1), Some("interface -d eth0")),
        (said!("local-node-type"), "nodes.local", node, Some(1), Some("node -d -M 255.255.255.255 -p ipv4 10.0.0.1")),
        (said!("local-ibendport-type"), "ibendports.local", endport, Some(1), Some("ibendport -d -z mlx4_0 1")),
        (said!("local-user-role"), "users.local", user, Some(2), Some("user -d gone_u")),
        (said!("local-user-level"), "users.local", user_level, Some(1), Some("user -d joe_u")),
        (said!("local-login-user"), "seusers.local", login, Some(2), Some("login -d joe")),
        (said!("local-login-level"), "seusers.local", login_level, Some(1), Some("login -d joe")),
        // Lines that libsemanage cannot parse: the message has the line.
        (said!("local-fcontext-regex"), "file_contexts.local", "", Some(1), None),
        (said!("local-fcontext-malformed"), "file_contexts.local", "", Some(2), None),
        (said!("local-port-malformed"), "ports.local", "garbage\n", Some(1), None),
        (said!("local-boolean-malformed"), "booleans.local", "gone_bool=q\n", Some(1), None),
        // Deleted meanwhile.
        (said!("local-port-type"), "ports.local", "", None, None),
    ] {
        let scratch = tempfile::tempdir().unwrap();
        let root = root_with(scratch.path(), &[(&format!("{STORE}/active/{file}"), text.as_bytes())]);
        let Some(Culprit::Record(record)) = Culprit::find(stderr, OURS) else { panic!("{stderr}") };
        let (found, text) = record.locate(&root, &store());
        assert_eq!((found.file, found.line), (file, line), "{stderr}");
        assert_eq!(found.path(&store()), store().join("active").join(file));
        let found = text.and_then(|text| found.deletion(&text)).map(|words| words.join(" "));
        assert_eq!(found.as_deref(), deletion, "{stderr}");
    }
}

#[test]
fn a_module_that_unpacks_is_sound() {
    let packed = crate::testing::packed(b"(type a_t)");
    let at = |file| format!("{STORE}/active/modules/100/m/{file}");
    for (cil, hll, sound) in [
        (&packed[..], &packed[..], true),
        (b"(type a_t)", b"\x8f\xff\x7c\xf9", true),
        (&packed[..10], &packed, false),
        (&packed, &packed[..packed.len() - 4], false),
        (b"", b"B", true),
    ] {
        let scratch = tempfile::tempdir().unwrap();
        let root = root_with(scratch.path(), &[(&at("cil"), cil), (&at("hll"), hll)]);
        assert_eq!(is_sound(&root, &store(), 100, "m"), sound, "{cil:?} {hll:?}");
    }
}

proptest! {
    #[test]
    fn never_panics(stderr in any::<String>(), text in any::<String>()) {
        let mut texts = vec![stderr];
        texts.extend(RECORDS.iter().map(|(file, _, words)| format!("{words}{text} [x] ({file}: 1")));
        for stderr in texts {
            if let Some(Culprit::Record(record)) = Culprit::find(&stderr, OURS) {
                let _ = record.deletion(&text);
                let _ = has(&text, "s9");
            }
        }
    }
}

#[test]
fn a_second_declaration_is_looked_for_above_the_base_policy() {
    let stderr = said!("left-twice").replace("/200/left/", "/100/kernel/");
    let place = tempfile::tempdir().unwrap();
    let packed = crate::testing::packed(b"(type mine_t)\n(type kernel_t)\n");
    let modules = |rest: &str| format!("{STORE}/active/modules/{rest}");
    let names = ["100/kernel/cil", "400/longer/cil", "400/site/cil"].map(modules);
    let root = root_with(
        place.path(),
        &[(&names[0], b"(type kernel_t)"), (&names[1], b"(type kernel_tty_t)"), (&names[2], &packed)],
    );
    let store = Store::locate(&root, "t").unwrap().unwrap();
    let found = Culprit::of_redeclaration(&store, &stderr, "ours").map(|culprit| culprit.to_string());
    assert_eq!(found.as_deref(), Some("the module site at priority 400"));
    assert_eq!(Culprit::of_redeclaration(&store, said!("left-attribute"), "ours"), None);
    assert_eq!(Culprit::of_redeclaration(&store, &stderr.replace("kernel_t", "init_t"), "ours"), None);
    assert_eq!(Culprit::of_redeclaration(&store, &stderr, "site"), None, "ours, which repair would install again");
}
