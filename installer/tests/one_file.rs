//! A file that cannot be read leaves unknown what depends on it. Everything else is judged and repaired.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests arrange files, and fail by panicking")]

mod common;

use std::fs;

use common::Host;
use installer::engine::{self, Results};
use installer::model::receipt::Receipt;
use installer::model::report::Outcome;
use installer::steps::STEPS;
use policy::kernel::KernelMode;

/// A file, as it is made unusable.
enum Unusable<'a> {
    Directory,
    Content(&'a [u8]),
}

use Unusable::{Content, Directory};

/// Denied the rule, so that the store counts, and with a kernel that has BTF.
fn host() -> Host {
    let host = Host::enforcing("rhel-9");
    host.semodule(true);
    host.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    host.file("etc/group", "root:x:0:\n");
    host.file("etc/login.defs", "USERGROUPS_ENAB yes\n");
    host.file("sys/kernel/btf/vmlinux", "");
    // For an alternate root.
    host.file("boot/vmlinuz-5.14.0-427.el9.x86_64", "");
    let options = ["DEBUG_INFO_BTF", "BPF_SYSCALL", "BPF_JIT", "KPROBES", "BPF_EVENTS"]
        .map(|option| format!("CONFIG_{option}=y\n"));
    host.file("boot/config-5.14.0-427.el9.x86_64", &options.concat());
    host
}

fn make(host: &Host, file: &str, unusable: &Unusable) {
    let _ = fs::remove_file(host.path(file));
    match unusable {
        Directory => host.directory(file),
        Content(bytes) => {
            host.file(file, "");
            fs::write(host.path(file), bytes).unwrap();
        }
    }
}

fn unknown(results: &Results) -> Vec<&'static str> {
    let unknown = results.reports.iter().filter(|report| report.outcome == Outcome::Unknown);
    unknown.map(|report| report.step.as_str()).collect()
}

/// Each file, what is unknown without it, and a word of why.
#[test]
fn only_what_depends_on_the_file_is_unknown() {
    let of_distribution = &["kernel-support", "filesystem-monitor", "network-monitor", "ebpf"][..];
    let cases: [(&str, Unusable, &[&str], &str); 14] = [
        ("etc/os-release", Directory, of_distribution, "etc/os-release: "),
        (
            "etc/os-release",
            Content(b"ID=rhel\nNAME=\"caf\xe9\"\n"),
            // A bad line is passed over.
            &[],
            "",
        ),
        ("etc/selinux/config", Directory, &["selinux-module"], "etc/selinux/config: "),
        (
            "etc/selinux/config",
            Content(b"# caf\xe9\nSELINUX=enforcing\n"),
            &["selinux-module"],
            "config, line 1: not UTF-8",
        ),
        (
            "etc/selinux/config",
            Content(b"SELINUX=enforcing\nSELINUXTYPE=../../etc\n"),
            &["selinux-module"],
            "config, line 2: SELINUXTYPE",
        ),
        ("etc/selinux/config", Content(b"SELINUXTYPE=\n"), &["selinux-module"], "config, line 1: SELINUXTYPE"),
        ("etc/selinux/semanage.conf", Directory, &["selinux-module"], "semanage.conf"),
        ("etc/passwd", Directory, &["scan-user"], "etc/passwd"),
        (
            "etc/passwd",
            Content(b"root:x:0:0::/:/bin/sh\ncisco-amp-scan-svc:x:many\n"),
            &["scan-user"],
            "etc/passwd, line 2: ",
        ),
        ("etc/group", Directory, &["scan-user"], "etc/group"),
        ("etc/login.defs", Directory, &["scan-user"], "etc/login.defs"),
        ("etc/login.defs", Content(b"UMASK 022\nUSERGROUPS_ENAB n\0o\n"), &["scan-user"], "etc/login.defs, line 2"),
        ("proc/meminfo", Directory, &["scan-service"], "proc/meminfo"),
        ("proc/meminfo", Content(b"MemTotal: \xff\n"), &["scan-service"], "proc/meminfo, line 1"),
    ];
    for (file, unusable, expected, word) in cases {
        let mut host = host();
        // NSS, not the file, says who is on this system.
        host.alternate = file.starts_with("etc/passwd") || file.starts_with("etc/group");
        make(&host, file, &unusable);
        let checked = host.with(|cx| engine::check(cx, STEPS));
        assert_eq!(checked.reports.len(), STEPS.len());
        assert_eq!(unknown(&checked), expected, "{file}");
        for report in checked.reports.iter().filter(|report| report.outcome == Outcome::Unknown) {
            assert!(report.detail.contains(word), "{file}: {}", report.detail);
        }
        let planned = host.with(|cx| engine::plan(cx, STEPS));
        assert_eq!(unknown(&planned), expected, "{file}");

        let repaired = host.try_repair(STEPS).unwrap();
        assert_eq!(unknown(&repaired), expected, "{file}");
        assert!(host.path("opt/cisco").is_dir(), "{file}: the directories are made");
        let is_loaded = host.path("loaded").exists();
        assert_eq!(is_loaded, !expected.contains(&"selinux-module"), "{file}: the module is loaded");
    }
}

/// What the kernel allows does not depend on the configuration.
#[test]
fn the_kernels_answer_needs_no_configuration() {
    for mode in [KernelMode::Enforcing, KernelMode::Permissive] {
        let host = host();
        make(&host, "etc/selinux/config", &Content(b"SELINUXTYPE=../x\n"));
        host.kernel.mode.set(mode);
        host.kernel.allows.set(true);
        assert_eq!(host.check(common::SELINUX_MODULE).outcome, Outcome::Ok);
    }
    let host = host();
    make(&host, "etc/selinux/config", &Content(b"SELINUXTYPE=../x\n"));
    host.kernel.mode.set(KernelMode::NotRunning);
    assert_eq!(host.check(common::SELINUX_MODULE).outcome, Outcome::Unknown);
}

/// A fault that was raised stays raised while what it depends on is unknown.
#[test]
fn what_is_unknown_clears_nothing() {
    let host = host();
    host.tool("semodule", "exit 1");
    host.repair(common::SELINUX_MODULE);
    assert_eq!(host.raised(), [19]);
    make(&host, "etc/selinux/config", &Content(b"\xe9\n"));
    host.kernel.mode.set(KernelMode::NotRunning);
    host.try_repair(STEPS).unwrap();
    assert!(host.raised().contains(&19), "{:?}", host.raised());
}

/// An entry of the receipt that cannot be looked up, since the file is unusable, keeps no step from being run.
#[test]
fn a_receipt_that_cannot_be_reconciled() {
    let mut host = host();
    host.alternate = true;
    host.file(
        "var/lib/cisco/hostprep/journal.json",
        r#"{"schema": 1, "made": [{"kind": "user", "name": "cisco-amp-scan-svc"}]}"#,
    );
    make(&host, "etc/passwd", &Directory);
    let repaired = host.try_repair(STEPS).unwrap();
    assert_eq!(unknown(&repaired), ["scan-user"]);
    assert!(host.path("loaded").exists());
    host.with(|cx| assert!(!Receipt::of(cx).is_settled(), "the entry is kept"));
}

/// `login.defs` that cannot be restored: no account tool is run, and the rest is repaired and removed.
#[test]
fn a_window_that_cannot_be_closed() {
    let host = host();
    // Of a later version.
    host.file("var/lib/cisco/hostprep/login-defs-window.json", "{\"schema\": 99}");
    let repaired = host.try_repair(STEPS).unwrap();
    assert_eq!(unknown(&repaired), ["scan-user"]);
    assert!(host.path("loaded").exists() && host.path("opt/cisco").is_dir());
    let removed = host.with(|cx| {
        let timeout = engine::recover::LOCK_TIMEOUT;
        engine::remove::remove(cx, engine::remove::StateDirectory::Remove, timeout, &mut || {}).unwrap()
    });
    assert!(removed.failed.iter().any(|text| text.contains("login-defs-window.json")), "{removed:?}");
    assert!(removed.done.iter().any(|text| text.contains("-r cisco-secure-bpf")), "{removed:?}");
    assert!(!host.calls().iter().any(|call| call.starts_with("user")), "{:?}", host.calls());
}

/// The module goes also where the configuration does not say from which store, with and without the receipt.
#[test]
fn the_module_is_removed_without_the_configuration() {
    for keeps_receipt in [true, false] {
        let host = host();
        host.repair(common::SELINUX_MODULE);
        assert!(host.path("loaded").exists());
        if !keeps_receipt {
            fs::remove_file(host.path("var/lib/cisco/hostprep/journal.json")).unwrap();
        }
        make(&host, "etc/selinux/config", &Content(b"# caf\xe9\nSELINUXTYPE=../x\n"));
        let removed = host.with(|cx| {
            let timeout = engine::recover::LOCK_TIMEOUT;
            engine::remove::remove(cx, engine::remove::StateDirectory::Remove, timeout, &mut || {}).unwrap()
        });
        assert_eq!(removed.failed, [""; 0]);
        assert!(host.calls().last().unwrap().ends_with("-s targeted -X 300 -r cisco-secure-bpf"), "{:?}", host.calls());
        assert!(!host.path("var/lib/selinux/targeted/active/modules/300/cisco-secure-bpf").exists());
    }
}
