use proptest::prelude::*;

use super::*;
use crate::spec::tests::spec;
use crate::testing::{packed as compressed, root_with};

const CIL: &[u8] = b"(optional a (allow initrc_t self (bpf (map_create map_read map_write prog_load prog_run))))";

#[test]
fn where_the_store_is() {
    let conf = |text: &'static str| (SEMANAGE_CONF, text.as_bytes());
    let module = |at: &'static str| (at, CIL);
    let cases = [
        (vec![], None),
        (vec![conf(""), module("/var/lib/selinux/t/active/modules/100/base/cil")], Some("/var/lib/selinux/t")),
        (vec![conf(""), module("/etc/selinux/t/active/modules/100/base/cil")], Some("/etc/selinux/t")),
        (vec![conf(""), module("/var/lib/selinux/other/active/modules/100/base/cil")], None),
        // Not a store yet: `semodule -l` creates one like this, without modules.
        (vec![conf(""), module("/var/lib/selinux/t/semanage.read.LOCK")], None),
        (vec![conf("store-root = /srv/se\n"), module("/srv/se/t/active/modules/100/base/cil")], Some("/srv/se/t")),
        (vec![conf("store-root = \"/srv/se\"\n"), module("/srv/se/t/active/modules/100/base/cil")], Some("/srv/se/t")),
        (vec![conf("store-root=/srv/se\n"), module("/var/lib/selinux/t/active/modules/100/base/cil")], None),
        (vec![conf("store-root=srv/se\n"), module("/var/lib/selinux/t/active/modules/100/base/cil")], None),
        (vec![conf("store-root=\"/srv/se\" # x\n"), module("/var/lib/selinux/t/active/modules/100/base/cil")], None),
        // The read-only base of an image, until there is a store of its own.
        (vec![conf(""), module("/usr/lib/selinux/t/active/modules/100/base/cil")], Some("/usr/lib/selinux/t")),
        (
            vec![
                conf(""),
                module("/usr/lib/selinux/t/active/modules/100/base/cil"),
                module("/var/lib/selinux/t/active/modules/100/base/cil"),
            ],
            Some("/var/lib/selinux/t"),
        ),
        (
            vec![conf("store-root = /srv/se\n"), module("/usr/lib/selinux/t/active/modules/100/base/cil")],
            Some("/usr/lib/selinux/t"),
        ),
        // A comment in Latin-1.
        (
            vec![(SEMANAGE_CONF, b"# \xe9\nstore-root=/srv/se\n"), module("/srv/se/t/active/modules/100/base/cil")],
            Some("/srv/se/t"),
        ),
        (
            vec![conf("# store-root=/srv/se\n"), module("/etc/selinux/t/active/modules/100/b/cil")],
            Some("/etc/selinux/t"),
        ),
        // The directories that `semodule -l` and a transaction that fails make where there is no store, beside that of EL 7.
        (
            vec![
                conf(""),
                module("/var/lib/selinux/t/active/modules/disabled/x"),
                module("/var/lib/selinux/t/tmp/modules/300/agent-bpf/cil"),
                module("/etc/selinux/t/active/modules/100/base/cil"),
            ],
            Some("/etc/selinux/t"),
        ),
        (vec![conf(""), module("/var/lib/selinux/t/active/modules/300/agent-bpf/cil")], None),
        (vec![conf(""), module("/var/lib/selinux/t/active/commit_num")], None),
        (
            vec![
                conf(""),
                module("/var/lib/selinux/t/active/commit_num"),
                module("/var/lib/selinux/t/active/modules/300/m/cil"),
            ],
            Some("/var/lib/selinux/t"),
        ),
        // A whole one counts before a part of one.
        (
            vec![
                conf(""),
                module("/var/lib/selinux/t/active/commit_num"),
                module("/var/lib/selinux/t/active/modules/300/agent-bpf/cil"),
                module("/etc/selinux/t/active/commit_num"),
                module("/etc/selinux/t/active/modules/100/base/cil"),
            ],
            Some("/etc/selinux/t"),
        ),
    ];
    for (files, expected) in cases {
        let scratch = tempfile::tempdir().unwrap();
        let root = root_with(scratch.path(), &files);
        let found = Store::locate(&root, "t").unwrap();
        assert_eq!(found.as_ref().map(Store::path), expected.map(InRoot::from).as_ref(), "{files:?}");
    }
}

#[test]
fn what_is_installed() {
    let large = compressed(&vec![b' '; 3 * 1024 * 1024]);
    let cut = &compressed(CIL)[..40];
    let packed = compressed(CIL);
    let at = |priority, file| format!("/var/lib/selinux/t/active/modules/{priority}/agent-bpf/{file}");
    let files = [
        (at("100", "cil"), CIL),
        (at("100", "lang_ext"), b"cil"),
        // A package, with its compressed compilation.
        (at("300", "cil"), &packed),
        (at("300", "hll"), b"\x8f\xff\x7c\xf9"),
        (at("300", "lang_ext"), b"pp"),
        (at("400", "cil"), cut),
        (at("500", "cil"), &large),
        (at("600", "cil"), b"(allow"),
        (at("700", "cil"), b"\xff\xfe"),
        (at("800", "lang_ext"), b"cil"),
        (at("1000", "cil"), CIL),
        ("/var/lib/selinux/t/active/modules/disabled/agent-bpf".to_owned(), b""),
        ("/var/lib/selinux/t/active/modules/disabled/other".to_owned(), b""),
        (SEMANAGE_CONF.to_owned(), b""),
    ];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, content)| (path.as_str(), *content)).collect();
    let scratch = tempfile::tempdir().unwrap();
    let root = root_with(scratch.path(), &files);
    let store = Store::locate(&root, "t").unwrap().unwrap();
    let installed = store.installed("agent-bpf").unwrap();
    let priorities: Vec<_> = installed.iter().map(|module| module.priority).collect();
    assert_eq!(priorities, [800, 700, 600, 500, 400, 300, 100]);
    let wanted = Rules::of_spec(&spec(), "initrc_t");
    for module in &installed {
        let readable = [100, 300].contains(&module.priority);
        assert_eq!(module.content.is(&wanted), readable, "{module:?}");
        assert_eq!(matches!(module.content, Content::Unreadable(_)), !readable, "{module:?}");
    }
    assert_eq!(installed[5].language, "pp");
    assert_eq!(store.effective("agent-bpf").unwrap().unwrap().priority, 800);
    assert!(store.disabled("other").unwrap() && store.disabled("agent-bpf").unwrap());
    assert!(!store.disabled("base").unwrap());
    assert_eq!(store.effective("absent").unwrap(), None);
    for elsewhere in ["../disabled", "", ".", "a/b"] {
        assert_eq!(store.installed(elsewhere).unwrap(), []);
        assert!(!store.disabled(elsewhere).unwrap());
    }
}

proptest! {
    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), compress in any::<bool>()) {
        let _ = content_of(&if compress { compressed(&bytes) } else { bytes.clone() });
        let _ = content_of(&[b"BZh9".as_slice(), &bytes].concat());
        let _ = store_root(&String::from_utf8_lossy(&bytes));
    }
}

/// Each of these was given to `semodule` 3.4, which says where it looks.
#[test]
fn the_value_of_store_root_is_the_rest_of_its_line() {
    for (line, expected) in [
        ("store-root=/srv/se", "/srv/se"),
        ("  store-root \t= \t/srv/se  ", "/srv/se"),
        ("store-root=/srv/my se", "/srv/my se"),
        ("store-root=/srv/se # a comment", "/srv/se # a comment"),
        ("store-root=/srv/se\r", "/srv/se"),
        ("store-root=\"/srv/se\"", "/srv/se"),
        ("store-root = \"/srv/my se\"", "/srv/my se"),
        ("store-root=\"/srv/se \"", "/srv/se "),
        // The quotes are part of it.
        ("store-root=\"/srv/se\" ", "\"/srv/se\""),
        ("store-root=\"/srv/se\"\r", "\"/srv/se\""),
        ("store-root=\"/srv/se\" # a comment", "\"/srv/se\" # a comment"),
        ("store-root=srv/se", "srv/se"),
        ("store-root=/first\nstore-root=/srv/se", "/srv/se"),
    ] {
        assert_eq!(store_root(&format!("module-store = direct\n{line}\nexpand-check=0\n")), Some(expected), "{line:?}");
    }
    for line in ["#store-root=/srv/se", " # store-root=/srv/se", "Store-Root=/srv/se", "store-root /srv/se"] {
        assert_eq!(store_root(line), None, "{line}");
    }
}

#[test]
fn a_store_of_the_older_libsemanage() {
    let conf = (SEMANAGE_CONF, &b"module-store = direct\n"[..]);
    let old = |file: &str| format!("/etc/selinux/t/modules/active/{file}");
    let (base, module, count) = (old("base.pp"), old("modules/agent-bpf.pp"), old("commit_num"));
    let previous = "/etc/selinux/t/modules/previous/base.pp".to_owned();
    let file = |path: &'static str| (path, &b"x"[..]);
    type Files<'a> = &'a [(&'a str, &'a [u8])];
    let cases: [(Files, bool); 8] = [
        (&[(&base, b"x")], true),
        (&[(&module, b"x")], true),
        (&[(&base, b"x"), (&module, b"x"), (&count, b"12")], true),
        // Interrupted between two renames.
        (&[(&previous, b"x")], true),
        (&[(&count, b"12")], false),
        (&[file("/etc/selinux/t/policy/policy.29")], false),
        // Left behind by `semanage_migrate_store`; and in between two renames of the newer one.
        (&[(&base, b"x"), file("/etc/selinux/t/active/modules/100/base/cil")], false),
        (&[(&base, b"x"), file("/etc/selinux/t/previous/modules/100/base/cil")], false),
    ];
    for (files, is_one) in cases {
        let scratch = tempfile::tempdir().unwrap();
        let root = root_with(scratch.path(), &[&[conf], files].concat());
        let found = UnsupportedStore::find(&root, "t").unwrap();
        assert_eq!(found.is_some(), is_one, "{files:?}");
        if let Some(found) = found {
            let name = if files[0].0 == previous { "previous" } else { "active" };
            let path = format!("/etc/selinux/t/modules/{name}");
            assert_eq!(*found.path(), *path);
            assert!(found.to_string().starts_with(&format!("{path} is not supported: ")), "{found}");
            assert!(Store::locate(&root, "t").unwrap().is_none());
        }
    }
}

#[test]
fn types_that_have_the_module() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |place| format!("{place}/agent-bpf/cil");
    let root = root_with(
        scratch.path(),
        &[
            (SEMANAGE_CONF, b""),
            (&at("/var/lib/selinux/mls/active/modules/300"), CIL),
            ("/var/lib/selinux/mls/active/commit_num", b"1"),
            (&at("/etc/selinux/targeted/active/modules/400"), CIL),
            ("/etc/selinux/targeted/active/commit_num", b"1"),
            (&at("/usr/lib/selinux/base/active/modules/300"), CIL),
            ("/var/lib/selinux/minimum/active/modules/100/base/cil", CIL),
            ("/etc/selinux/config", b"SELINUXTYPE=\xe9"),
        ],
    );
    assert_eq!(policy_types_with(&root, "agent-bpf").unwrap(), ["mls", "targeted"]);
    assert_eq!(policy_types_with(&root, "absent").unwrap(), [""; 0]);
}

/// The store of EL 7, on a machine whose libsemanage keeps its own elsewhere.
#[test]
fn where_the_tools_of_this_machine_look() {
    let base = |store_root: &'static str| (format!("{store_root}/t/active/modules/100/base/cil"), CIL);
    for (conf, store_root, elsewhere) in [
        ("", "/var/lib/selinux", None),
        ("", "/etc/selinux", Some("/var/lib/selinux/t")),
        ("store-root=/etc/selinux\n", "/etc/selinux", None),
        ("store-root=/srv/se\n", "/srv/se", None),
        ("", "/usr/lib/selinux", Some("/var/lib/selinux/t")),
    ] {
        let scratch = tempfile::tempdir().unwrap();
        let (path, content) = base(store_root);
        let files = [(SEMANAGE_CONF, conf.as_bytes()), (path.as_str(), content)];
        let root = root_with(scratch.path(), &files);
        let store = Store::locate(&root, "t").unwrap().unwrap();
        assert_eq!(store.elsewhere_for_tools().unwrap(), elsewhere.map(InRoot::from), "{conf} {store_root}");
        let own = Root::for_test(scratch.path()).unwrap();
        let store = Store::locate(&own, "t").unwrap().unwrap();
        assert_eq!(store.elsewhere_for_tools().unwrap(), None, "a system's own tools know");
    }
    // A link leads from the one to the other.
    let scratch = tempfile::tempdir().unwrap();
    let (path, content) = base("/etc/selinux");
    let root = root_with(scratch.path(), &[(SEMANAGE_CONF, b""), (path.as_str(), content)]);
    root.make_dirs("/var/lib").unwrap();
    std::os::unix::fs::symlink("../../etc/selinux", scratch.path().join("var/lib/selinux")).unwrap();
    let store = Store::locate(&root, "t").unwrap().unwrap();
    assert_eq!(store.elsewhere_for_tools().unwrap(), None);
}

#[test]
fn where_a_machine_keeps_its_stores() {
    for (stores, expected) in [
        (&[][..], "/var/lib/selinux"),
        (&["/etc/selinux"], "/etc/selinux"),
        (&["/var/lib/selinux", "/etc/selinux"], "/var/lib/selinux"),
    ] {
        let scratch = tempfile::tempdir().unwrap();
        let files: Vec<String> = stores.iter().map(|at| format!("{at}/t/active/modules/100/base/cil")).collect();
        let files: Vec<(&str, &[u8])> = files.iter().map(|path| (path.as_str(), CIL)).collect();
        assert_eq!(default_store_root(&root_with(scratch.path(), &files)), expected);
    }
}

#[test]
fn modules_in_effect_and_their_sources() {
    let packed = compressed(CIL);
    let at = |file: &str| format!("/var/lib/selinux/t/active/modules/{file}");
    let files = [
        (at("100/base/cil"), CIL),
        (at("100/other/cil"), CIL),
        (at("200/other/cil"), &packed),
        (at("400/off/cil"), CIL),
        (at("disabled/off"), b""),
    ];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, content)| (path.as_str(), *content)).collect();
    let scratch = tempfile::tempdir().unwrap();
    let root = root_with(scratch.path(), &[&[(SEMANAGE_CONF, &b""[..])], &files[..]].concat());
    let store = Store::locate(&root, "t").unwrap().unwrap();
    assert_eq!(store.effective_modules().unwrap(), [(200, "other".to_owned()), (100, "base".to_owned())]);
    assert_eq!(store.source_of(200, "other").unwrap().unwrap().as_bytes(), CIL);
    assert_eq!(store.source_of(300, "other").unwrap(), None);
}
