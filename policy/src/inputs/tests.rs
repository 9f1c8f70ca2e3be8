#![allow(clippy::disallowed_methods, reason = "the tests change files of a store")]

use host::process::CommandRunner;
use host::process::clock::SystemClock;
use host::system::kind::SystemKind;

use super::*;
use crate::kernel::KernelMode;
use crate::spec::tests::spec;
use crate::testing::{FakeKernel, root_with};

const STORE: &str = "var/lib/selinux/t/active";

fn inputs(root: &Root, spec: &ModuleSpec, tools: &std::path::Path) -> Inputs {
    let runner = CommandRunner::with_directories(vec![tools.to_owned()], &SystemClock, &());
    let kernel = FakeKernel::in_mode(KernelMode::NotRunning);
    let system = System { root, kind: SystemKind::Image, kernel: &kernel, runner: &runner };
    Inputs::of(&system, spec, "t").unwrap()
}

#[test]
fn each_change_is_seen_and_nothing_else() {
    let scratch = tempfile::tempdir().unwrap();
    let root = root_with(
        scratch.path(),
        &[
            ("/etc/selinux/semanage.conf", b""),
            ("/etc/selinux/t/policy/policy.33", b"1"),
            ("/var/lib/selinux/t/active/commit_num", b"12\0\0\0\0"),
            ("/var/lib/selinux/t/active/modules/100/base/cil", b"1"),
            ("/var/lib/selinux/t/active/modules/200/left/cil", b"1"),
        ],
    );
    let tools = scratch.path().join("tools");
    let now = || inputs(&root, &spec(), &tools);
    let first = now();
    assert_eq!(first.commits.as_deref(), Some("12"));
    // What a transaction that fails leaves behind.
    root.replace("/var/lib/selinux/t/semanage.trans.LOCK", b"", 0o600).unwrap();
    root.replace("/var/lib/selinux/t/tmp/modules/300/agent-bpf/cil", b"", 0o600).unwrap();
    assert_eq!(now(), first);

    let path = |inside: &str| scratch.path().join(inside);
    let changes: [(&str, &dyn Fn()); 9] = [
        ("a commit", &|| std::fs::write(path(&format!("{STORE}/commit_num")), "13\0\0").unwrap()),
        ("a module", &|| std::fs::write(path(&format!("{STORE}/modules/200/left/cil")), "22").unwrap()),
        ("a module's removal", &|| std::fs::remove_dir_all(path(&format!("{STORE}/modules/200/left"))).unwrap()),
        ("a disabled module", &|| {
            std::fs::create_dir(path(&format!("{STORE}/modules/disabled"))).unwrap();
            std::fs::write(path(&format!("{STORE}/modules/disabled/x")), "").unwrap();
        }),
        ("a record", &|| std::fs::write(path(&format!("{STORE}/file_contexts.local")), "x").unwrap()),
        ("a policy", &|| std::fs::write(path("etc/selinux/t/policy/policy.33"), "22").unwrap()),
        ("another policy", &|| std::fs::write(path("etc/selinux/t/policy/policy.34"), "1").unwrap()),
        ("the configuration", &|| std::fs::write(path("etc/selinux/semanage.conf"), "x").unwrap()),
        ("the tools", &|| {
            std::fs::create_dir(&tools).unwrap();
            std::fs::copy("/bin/true", tools.join("semodule")).unwrap();
        }),
    ];
    let mut before = first;
    for (what, change) in changes {
        change();
        let after = now();
        assert_ne!(after, before, "{what}");
        before = after;
    }
    let other = ModuleSpec { permissions: vec!["map_create".into()], ..spec() };
    assert_ne!(inputs(&root, &other, &tools), before, "the profile");
    assert_eq!(now(), before);
}

#[test]
fn without_a_store() {
    let scratch = tempfile::tempdir().unwrap();
    let root = root_with(scratch.path(), &[("/etc/selinux/semanage.conf", b"")]);
    assert_eq!(inputs(&root, &spec(), scratch.path()).commits, None);
}
