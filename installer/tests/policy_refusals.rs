//! A transaction of the policy store that fails: its reason, and a way out that fits the message.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests arrange files, and fail by panicking")]

mod common;

use std::fs;

use common::{Host, SELINUX_MODULE, reason, stderr_of_semodule};
use faults::Reason;
use installer::model::report::Outcome;

/// A host on which `semodule` prints `stderr` and fails.
fn host(os_release: &str, alternate: bool, stderr: &str) -> Host {
    let mut host = Host::enforcing(os_release);
    host.alternate = alternate;
    host.directory("opt/cisco");
    host.failing_semodule(stderr);
    host
}

#[test]
fn a_module_of_another_package_is_removed_from_the_same_store() {
    for kind in ["attribute", "role", "boolean", "permission", "user", "twice", "cut"] {
        let host = host("rhel-9", false, &stderr_of_semodule(&format!("left-{kind}")));
        let report = host.repair(SELINUX_MODULE);
        assert_eq!(reason(&report), Reason::StoreBroken);
        assert!(report.detail.contains("the module left at priority 200"), "{}", report.detail);
        assert_eq!(host.remedies(&report), ["semodule -s targeted -X 200 -r left", "hostprep repair"], "{kind}");
    }
}

/// A command for this machine's own policy would change the wrong one.
#[test]
fn under_another_root_no_command_is_for_this_machine() {
    for name in ["left-attribute", "left-keyword", "base-missing", "active-missing", "no-space", "local-port-type"] {
        let host = host("rhel-9", true, "");
        let root = host.dir.path().canonicalize().unwrap().display().to_string();
        host.file("stderr", &stderr_of_semodule(name).replace("/var/lib/selinux", &format!("{root}/var/lib/selinux")));
        let report = host.repair(SELINUX_MODULE);
        let remedies = host.remedies(&report);
        for line in &remedies {
            let is_for_root = line.contains(&format!("-p {root}"))
                || line.starts_with(&format!("chroot {root} "))
                || line.starts_with(&format!("df -h {root}/"))
                || line == &format!("hostprep repair --root {root}")
                || line.starts_with('#');
            assert!(is_for_root, "{name}: {line}");
        }
        // As the system in the root reads it.
        assert!(!report.detail.contains(&root), "{name}: {}", report.detail);
        assert!(!report.detail.contains("run `"), "{name}: {}", report.detail);
        if name == "left-attribute" {
            assert_eq!(remedies[0], format!("semodule -n -s targeted -p {root} -X 200 -r left"));
        }
        if name == "left-keyword" {
            let build = format!("semodule -n -s targeted -p {root} -B  # shows which module or file is damaged");
            assert_eq!(remedies[0], build);
        }
    }
}

#[test]
fn a_module_of_the_base_policy_comes_back_with_its_package() {
    let stderr = stderr_of_semodule("left-attribute").replace("/200/", "/100/");
    for (os_release, command) in [
        ("rhel-9", "dnf reinstall -y selinux-policy-targeted"),
        ("centos-7", "yum reinstall -y selinux-policy-targeted"),
        ("azurelinux-3", "tdnf reinstall -y selinux-policy"),
        // It has no such policy.
        ("debian-12", "# reinstall the package that the policy targeted comes from"),
        ("sles-15", "zypper --non-interactive install --force selinux-policy-targeted"),
        ("alpine-3.20", "# reinstall the package that the policy targeted comes from"),
    ] {
        let host = host(os_release, false, &stderr);
        let report = host.repair(SELINUX_MODULE);
        assert_eq!(reason(&report), Reason::StoreBroken);
        assert_eq!(host.remedies(&report)[0], command);
    }
}

/// The message names the base policy's declaration; the other one can be taken away.
#[test]
fn a_module_that_declares_what_the_policy_has_is_removed() {
    let stderr = stderr_of_semodule("left-twice").replace("/200/left/", "/100/kernel/");
    for (source, detail, remedy) in [
        ("(type kernel_t)", "the module site at priority 400 does not fit", "semodule -s targeted -X 400 -r site"),
        (
            "(type kernel_tty_t)",
            "the module kernel at priority 100 is damaged",
            "dnf reinstall -y selinux-policy-targeted",
        ),
    ] {
        let host = host("rhel-9", false, &stderr);
        host.file("var/lib/selinux/targeted/active/modules/400/site/cil", source);
        let report = host.repair(SELINUX_MODULE);
        assert_eq!(reason(&report), Reason::StoreBroken);
        assert!(report.detail.contains(detail), "{}", report.detail);
        assert_eq!(host.remedies(&report)[0], remedy);
    }
}

#[test]
fn a_record_is_named_with_its_line_and_deleted() {
    let active = "var/lib/selinux/targeted/active";
    let fcontext = "# comment\n/srv/x(/.*)?  --  system_u:object_r:gone_t:s0\n";
    let port = "portcon tcp 99 system_u:object_r:gone_t:s0\n";
    let user = "user gone_u roles { gone_r } level s0 range s0;\n";
    for (name, file, text, line, command) in [
        ("local-fcontext-type", "file_contexts.local", fcontext, 2, "semanage fcontext -d -f f '/srv/x(/.*)?'"),
        ("local-port-type", "ports.local", port, 1, "semanage port -d -p tcp 99"),
        ("local-user-role", "users.local", user, 1, "semanage user -d gone_u"),
        ("local-login-user", "seusers.local", "joe:gone_u:s0\n", 1, "semanage login -d joe"),
    ] {
        for alternate in [false, true] {
            let host = host("rhel-9", alternate, &stderr_of_semodule(name));
            host.file(&format!("{active}/{file}"), text);
            let report = host.repair(SELINUX_MODULE);
            assert_eq!(reason(&report), Reason::StoreBroken);
            assert!(report.detail.contains(&format!("/{active}/{file}, line {line}")), "{}", report.detail);
            let expected = match alternate {
                false => command.to_owned(),
                true => {
                    let root = host.dir.path().canonicalize().unwrap();
                    let (object, rest) = command["semanage ".len()..].split_once(' ').unwrap();
                    format!("chroot {} semanage {object} -N -S targeted {rest}", root.display())
                }
            };
            assert_eq!(host.remedies(&report)[0], expected, "{name}");
        }
    }
    // semanage cannot read it either.
    let host = host("rhel-9", false, &stderr_of_semodule("local-port-malformed"));
    host.file(&format!("{active}/ports.local"), "garbage\n");
    let report = host.repair(SELINUX_MODULE);
    let remedy = &host.remedies(&report)[0];
    assert_eq!(remedy, &format!("# correct or delete the record in /{active}/ports.local, line 1"));
}

#[test]
fn memory_that_runs_out_is_no_damaged_store() {
    let with = |script: &str| {
        let host = Host::enforcing("rhel-9");
        host.tool("semodule", script);
        host.file("stderr", &stderr_of_semodule("out-of-memory-unpacking").replace("/default/", "/targeted/"));
        // The module that "cannot be unpacked" can.
        host.file("var/lib/selinux/targeted/active/modules/100/postfixpolicyd/cil", "(type a_t)");
        host
    };
    for script in [
        "echo 'Failed to allocate memory' >&2; exit 1",
        "echo 'SELinux:  Could not load policy file x:  Cannot allocate memory' >&2; exit 1",
        "kill -9 $$",
        "cat stderr >&2; exit 1",
    ] {
        let host = with(script);
        let report = host.repair(SELINUX_MODULE);
        assert_eq!(reason(&report), Reason::OutOfMemory, "{script}: {report:?}");
        assert!(report.detail.contains(" MiB of memory are available"), "{}", report.detail);
        assert!(host.remedies(&report)[0].contains("add memory or swap"), "{:?}", host.remedies(&report));
    }
    let host = with("cat stderr >&2; exit 1");
    host.file("var/lib/selinux/targeted/active/modules/100/postfixpolicyd/cil", "BZh91AY&SYgarbled");
    assert_eq!(reason(&host.repair(SELINUX_MODULE)), Reason::StoreBroken, "that module is damaged");
}

/// Under the boolean `secure_mode_policyload`, the module is in force after the next boot.
#[test]
fn a_kernel_that_accepts_no_policy() {
    let host = Host::enforcing("rhel-9");
    host.semodule(false);
    host.file("sys/fs/selinux/booleans/secure_mode_policyload", "1 1");
    let checked = host.check(SELINUX_MODULE);
    assert_eq!(reason(&checked), Reason::PolicyLoadLocked);
    assert_eq!(host.remedies(&checked), ["hostprep repair"]);

    let report = host.repair(SELINUX_MODULE);
    assert_eq!(reason(&report), Reason::PolicyLoadLocked);
    assert!(report.detail.contains("secure_mode_policyload"), "{}", report.detail);
    assert_eq!(host.remedies(&report), ["systemctl reboot"]);
    assert!(report.finding().unwrap().remedy[0].reboots);
    let calls = host.calls();
    assert!(calls.len() == 1 && calls[0].starts_with("semodule -n -s targeted -X 300 -i "), "{calls:?}");
    host.repair(SELINUX_MODULE);
    assert_eq!(host.calls(), calls, "what is in the store is not put there again");

    host.file("loaded", "");
    assert_eq!(host.repair(SELINUX_MODULE).outcome, Outcome::Ok, "after the boot");
    assert_eq!(host.raised(), [0; 0]);

    for (value, mode) in [("0 0", "enforcing"), ("0 1", "enforcing"), ("1 1", "permissive")] {
        let host = Host::enforcing("rhel-9");
        host.semodule(true);
        host.file("sys/fs/selinux/booleans/secure_mode_policyload", value);
        if mode == "permissive" {
            host.kernel.mode.set(policy::kernel::KernelMode::Permissive);
        }
        assert_eq!(host.repair(SELINUX_MODULE).outcome, Outcome::Changed, "{value} {mode}");
        assert!(host.calls()[0].starts_with("semodule -s targeted "), "{:?}", host.calls());
    }
}

/// The tools of this machine write another version than the one that is damaged: that is tried once.
#[test]
fn a_build_that_does_not_help_is_not_repeated() {
    let mut host = Host::enforcing("rhel-9");
    host.alternate = true;
    host.directory("opt/cisco");
    host.semodule(false);
    host.repair(SELINUX_MODULE);
    let empty = "etc/selinux/targeted/policy/policy.35";
    host.file(empty, "");
    let calls = || host.calls().iter().filter(|call| call.starts_with("semodule ")).count();
    let before = calls();
    for _ in 0..3 {
        let report = host.repair(SELINUX_MODULE);
        assert_eq!(report.finding().unwrap().reason, Reason::StoreBroken, "{report:?}");
        assert!(report.detail.contains(&format!("/{empty}: ")), "{}", report.detail);
        assert_eq!(calls(), before + 1);
    }
    let root = host.dir.path().canonicalize().unwrap().display().to_string();
    let aside = format!("mv -T {root}/{empty} {root}/{empty}.broken");
    assert_eq!(host.remedies(&host.check(SELINUX_MODULE))[0], aside);
    fs::rename(host.path(empty), host.path("aside")).unwrap();
    // What a real build leaves: the stand-in's does not keep the module.
    fs::copy(host.path("allows.policy"), host.path("etc/selinux/targeted/policy/policy.30")).unwrap();
    assert_eq!(host.repair(SELINUX_MODULE).outcome, Outcome::Ok);
}
