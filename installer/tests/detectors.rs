//! Faults 7, 8, 9, 11 and 16 from the state of a host: raised, and cleared once the cause is gone.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::os::unix::fs::PermissionsExt;

use common::{
    FILESYSTEM_MONITOR, Host, KERNEL, KERNEL_SUPPORT, NETWORK_MONITOR, SCAN_SERVICE, SELINUX_MODULE, kernel_rule,
};
use faults::{EventContext, FaultId, FaultUpdate, Finding, Reason, Report, Source};
use host::process::clock::SystemClock;
use host::system::kernel::running_release;
use host::system::kind::SystemKind;
use installer::model::report::{Outcome, StepReport};
use installer::model::step::StepRef;
use installer::profile::{KernelRule, Monitors, Profile, Support};
use installer::steps::STEPS;
use policy::kernel::KernelMode;

const SECURE_BOOT: &str = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

/// Creates a host with the agent and a running kernel that is monitored through kernel modules.
fn module_host() -> Host {
    let mut host = Host::enforcing("rhel-7");
    host.profile.kernels.rules = vec![rule("0", Monitors::Modules)];
    host.file("opt/cisco/amp/bin/ampdaemon", "");
    host
}

fn rule(kernel_from: &str, monitors: Monitors) -> KernelRule {
    KernelRule { kernel_from: kernel_from.into(), ..kernel_rule(monitors) }
}

fn module(host: &Host, name: &str, content: &str) -> String {
    let file = format!("lib/modules/{}/extra/{name}.ko", running_release());
    host.file(&format!("lib/modules/{}/modules.dep", running_release()), &format!("extra/{name}.ko:\n"));
    host.file(&file, content);
    file
}

fn reason(report: &StepReport) -> Reason {
    report.finding().unwrap_or_else(|| panic!("{report:?}")).reason
}

/// Repairs. Returns the reason that the step found, and whether its fault is then raised.
fn repaired(host: &Host, step: StepRef) -> (Option<Reason>, bool) {
    let report = host.repair(step);
    (report.finding().map(|finding| finding.reason), host.raised().contains(&step.fault().number()))
}

#[test]
fn secure_boot_keeps_a_module_out() {
    for step in [FILESYSTEM_MONITOR, NETWORK_MONITOR] {
        let host = module_host();
        module(&host, if step == NETWORK_MONITOR { "ampnetworkflow" } else { "ampfsm" }, "");
        host.file(SECURE_BOOT, "\u{6}\0\0\0\u{1}");
        assert_eq!(repaired(&host, step), (Some(Reason::SecureBoot), true));
        host.file(SECURE_BOOT, "\u{6}\0\0\0\0");
        assert_eq!(repaired(&host, step), (None, false), "{step:?}");
    }
}

#[test]
fn secure_boot_is_off_where_shim_does_not_validate() {
    let host = module_host();
    module(&host, "ampfsm", "");
    host.file(SECURE_BOOT, "\u{6}\0\0\0\u{1}");
    let shim = "sys/firmware/efi/efivars/MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23";
    for (value, reason) in [("\u{6}\0\0\0\u{1}", None), ("\u{6}\0\0\0\0", Some(Reason::SecureBoot))] {
        host.file(shim, value);
        assert_eq!(host.check(FILESYSTEM_MONITOR).finding().map(|finding| finding.reason), reason, "{value:?}");
    }
}

#[test]
fn a_signed_module_under_secure_boot_is_not_called_kept_out() {
    let host = module_host();
    host.file(SECURE_BOOT, "\u{6}\0\0\0\u{1}");
    module(&host, "ampfsm", "\u{7f}ELF~Module signature appended~\n");
    let report = host.check(FILESYSTEM_MONITOR);
    assert_eq!(report.outcome, Outcome::Ok);
    assert!(report.detail.contains("signed; whether the kernel trusts the key is not known"), "{}", report.detail);
    // It has to be unpacked to see.
    let host = module_host();
    host.file(&format!("opt/cisco/amp/modules/{}/ampfsm.ko.xz", running_release()), "");
    assert_eq!(host.check(FILESYSTEM_MONITOR).outcome, Outcome::Ok);
    for (setting, value) in [(SECURE_BOOT, "\u{6}\0\0\0\u{1}"), ("sys/module/module/parameters/sig_enforce", "Y\n")] {
        host.file(setting, value);
        let report = host.check(FILESYSTEM_MONITOR);
        assert!(report.outcome == Outcome::Unknown && report.detail.contains("compressed"), "{report:?}");
        std::fs::remove_file(host.path(setting)).unwrap();
    }
}

#[test]
fn a_module_with_another_label_is_refused_where_selinux_enforces() {
    let label = |path: &std::path::Path, label: &str| {
        let context = format!("system_u:object_r:{label}:s0\0");
        xattr::set(path, "security.selinux", context.as_bytes())
    };
    let host = module_host();
    let listed = module(&host, "ampfsm", "");
    let built = format!("opt/cisco/amp/modules/{}/ampnetworkflow.ko", running_release());
    host.file(&built, "");
    // An ordinary user may not set labels.
    if label(&host.path(&listed), "usr_t").is_err() {
        return;
    }
    label(&host.path(&built), "unlabeled_t").unwrap();
    assert_eq!(repaired(&host, FILESYSTEM_MONITOR), (Some(Reason::KernelModuleRefused), true));
    assert_eq!(repaired(&host, NETWORK_MONITOR), (Some(Reason::KernelModuleRefused), true));
    let report = host.check(FILESYSTEM_MONITOR);
    assert!(report.detail.contains("usr_t") && report.detail.contains("modules_object_t"), "{}", report.detail);
    assert_eq!(host.remedies(&report), [format!("chcon -t modules_object_t /{listed}")]);
    let remedies = host.remedies(&host.check(NETWORK_MONITOR));
    assert_eq!(remedies[0], format!("chcon -t modules_object_t /{built}"));
    let keep = "semanage fcontext -a -t modules_object_t '/opt/cisco/amp/modules(/.*)?'  # ";
    assert!(remedies[1].starts_with(keep), "{remedies:?}");

    for mode in [KernelMode::Permissive, KernelMode::NotRunning] {
        host.kernel.mode.set(mode);
        assert_eq!(host.check(FILESYSTEM_MONITOR).outcome, Outcome::Ok, "{mode:?}");
    }
    host.kernel.mode.set(KernelMode::Enforcing);
    for file in [&listed, &built] {
        label(&host.path(file), "modules_object_t").unwrap();
    }
    assert_eq!(repaired(&host, FILESYSTEM_MONITOR), (None, false));
    assert_eq!(repaired(&host, NETWORK_MONITOR), (None, false));
}

#[test]
fn a_loaded_module_is_ok() {
    let host = module_host();
    host.file(SECURE_BOOT, "\u{6}\0\0\0\u{1}");
    host.file("sys/module/ampavflt/refcnt", "0");
    assert_eq!(host.check(FILESYSTEM_MONITOR).outcome, Outcome::Ok);
    assert_eq!(reason(&host.check(NETWORK_MONITOR)), Reason::SecureBoot);
}

#[test]
fn a_module_is_missed_once_the_agent_is_there() {
    let host = module_host();
    assert_eq!(repaired(&host, NETWORK_MONITOR), (Some(Reason::KernelModuleMissing), true));
    let detail = host.check(NETWORK_MONITOR).detail;
    assert!(detail.contains("ampnetworkflow") && detail.contains(&running_release()), "{detail}");
    module(&host, "ampnetworkflow", "");
    assert_eq!(repaired(&host, NETWORK_MONITOR), (None, false));

    std::fs::remove_file(host.path("opt/cisco/amp/bin/ampdaemon")).unwrap();
    assert_eq!(host.check(FILESYSTEM_MONITOR).outcome, Outcome::Ok, "no agent would load it");
}

#[test]
fn an_unsigned_module_is_refused_where_signatures_are_wanted() {
    let host = module_host();
    let file = module(&host, "ampfsm", "\u{7f}ELF and so on, longer than the mark would be");
    host.file("sys/module/module/parameters/sig_enforce", "Y\n");
    assert_eq!(repaired(&host, FILESYSTEM_MONITOR), (Some(Reason::SignatureEnforced), true));
    host.file(&file, "\u{7f}ELF~Module signature appended~\n");
    assert_eq!(repaired(&host, FILESYSTEM_MONITOR), (None, false));
}

#[test]
fn hosts_that_use_ebpf_need_no_module_and_others_no_headers() {
    let mut host = module_host();
    assert_eq!(host.check(KERNEL).outcome, Outcome::Ok, "no BTF and no headers, and none is needed");
    host.profile.kernels.rules = vec![rule("0", Monitors::Ebpf)];
    host.file(SECURE_BOOT, "\u{6}\0\0\0\u{1}");
    assert_eq!(host.check(FILESYSTEM_MONITOR).outcome, Outcome::Ok);
    assert_eq!(host.check(NETWORK_MONITOR).outcome, Outcome::Ok);
    let unknown = host.check(KERNEL);
    assert_eq!(unknown.outcome, Outcome::Unknown, "nothing tells whether it has BTF: {unknown:?}");
    host.file(&format!("boot/config-{}", running_release()), "CONFIG_BPF=y\n");
    assert_eq!(reason(&host.check(KERNEL)), Reason::HeadersMissing);
}

#[test]
fn a_kernel_outside_of_the_range_is_fault_16() {
    let mut host = Host::enforcing("rhel-8");
    host.profile.kernels.rules = vec![rule("999", Monitors::Ebpf)];
    assert_eq!(repaired(&host, KERNEL_SUPPORT), (Some(Reason::KernelUnsupported), true));
    let detail = host.check(KERNEL_SUPPORT).detail;
    assert!(detail.contains(&running_release()) && detail.contains("999 and later"), "{detail}");
    host.profile.kernels.rules = vec![rule("0", Monitors::Ebpf)];
    assert_eq!(repaired(&host, KERNEL_SUPPORT), (None, false));
    host.profile.kernels.rules.clear();
    assert_eq!(host.check(KERNEL_SUPPORT).outcome, Outcome::Ok);
}

#[test]
fn too_little_memory_is_fault_7() {
    let host = Host::enforcing("rhel-9");
    host.file("proc/meminfo", "MemTotal:         500000 kB\nMemFree:          400000 kB\n");
    assert_eq!(repaired(&host, SCAN_SERVICE), (Some(Reason::MemoryLow), true));
    let detail = host.check(SCAN_SERVICE).detail;
    assert!(detail.contains("488 MiB") && detail.contains("900"), "{detail}");
    host.file("proc/meminfo", "MemTotal:        1014780 kB\n");
    assert_eq!(repaired(&host, SCAN_SERVICE), (None, false));
    // EL 9 on 1 GiB with kdump.
    host.file("proc/meminfo", "MemTotal:         788480 kB\n");
    assert_eq!(repaired(&host, SCAN_SERVICE), (Some(Reason::MemoryLow), true));
    host.file("sys/kernel/kexec_crash_size", "201326592\n");
    assert_eq!(repaired(&host, SCAN_SERVICE), (None, false));
    let detail = host.check(SCAN_SERVICE).detail;
    assert!(detail.contains("962 MiB") && detail.contains("192 of them"), "{detail}");
    host.file("proc/meminfo", "MemTotal:         500000 kB\n");
    assert!(host.check(SCAN_SERVICE).detail.contains("680 MiB"));
}

#[test]
fn invalid_or_unreadable_definitions_are_fault_7() {
    let mut host = Host::enforcing("rhel-9");
    host.profile.scan_user.name = "nobody".into();
    host.directory("opt/cisco/amp/clamav");
    let file = "opt/cisco/amp/clamav/main.cvd";
    assert_eq!(host.check(SCAN_SERVICE).outcome, Outcome::Ok, "none is there yet");
    host.file(file, "ClamAV-VDB:07 Mar 2026 10-00 +0000:27:");
    host.file("opt/cisco/amp/clamav/README", "no definitions");
    assert_eq!(host.check(SCAN_SERVICE).outcome, Outcome::Ok);

    std::fs::set_permissions(host.path(file), std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(repaired(&host, SCAN_SERVICE), (Some(Reason::DefinitionsUnreadable), true));
    let finding = host.check(SCAN_SERVICE).finding().unwrap();
    assert!(
        finding.detail.contains("main.cvd") && finding.remedy[0].shell_line(None).starts_with("chgrp nobody "),
        "{finding:?}"
    );

    std::fs::set_permissions(host.path(file), std::fs::Permissions::from_mode(0o644)).unwrap();
    host.file(file, "");
    assert_eq!(repaired(&host, SCAN_SERVICE), (Some(Reason::DefinitionsInvalid), true));
    host.file(file, "ClamAV-VDB:07 Mar 2026 10-00 +0000:27:");
    assert_eq!(repaired(&host, SCAN_SERVICE), (None, false));

    for (place, mode) in [("opt/cisco/amp/clamav", 0o744), ("opt/cisco/amp/clamav", 0o711), ("opt/cisco/amp", 0o700)] {
        std::fs::set_permissions(host.path(place), std::fs::Permissions::from_mode(mode)).unwrap();
        let finding = host.check(SCAN_SERVICE).finding().unwrap_or_else(|| panic!("{place} {mode:o}"));
        assert!(finding.detail.contains(place), "{finding:?}");
        std::fs::set_permissions(host.path(place), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    assert_eq!(host.check(SCAN_SERVICE).outcome, Outcome::Ok);

    // Who may write there chooses the names.
    let evil = "opt/cisco/amp/clamav/a\u{1b}]0;owned\u{7}\n  fix: rm -rf --no-preserve-root.cvd";
    host.file(evil, "");
    let report = host.check(SCAN_SERVICE);
    assert_eq!(reason(&report), Reason::DefinitionsInvalid);
    let said = report.detail.clone() + &host.remedies(&report).concat();
    assert!(!said.contains(char::is_control) && !said.contains("rm '") && said.contains("ls -lb"), "{said:?}");
    std::fs::remove_file(host.path(evil)).unwrap();

    std::fs::remove_file(host.path(file)).unwrap();
    std::os::unix::fs::symlink("/etc/shadow", host.path(file)).unwrap();
    assert_eq!(reason(&host.check(SCAN_SERVICE)), Reason::DefinitionsUnreadable, "a link is not followed");
    std::fs::rename(host.path("opt/cisco/amp/clamav"), host.path("opt/elsewhere")).unwrap();
    std::os::unix::fs::symlink("/opt/elsewhere", host.path("opt/cisco/amp/clamav")).unwrap();
    assert_eq!(host.check(SCAN_SERVICE).outcome, Outcome::Unknown);
}

#[test]
fn a_container_is_not_judged_by_its_host() {
    let mut host = module_host();
    host.kind = SystemKind::Container;
    host.file("proc/meminfo", "MemTotal:         500000 kB\n");
    for step in STEPS.iter().copied().skip_while(|step| *step != SELINUX_MODULE).skip(1) {
        assert_eq!(host.check(step).outcome, Outcome::Ok, "{step:?}");
    }
}

#[test]
fn faults_that_only_the_agent_sees_are_left_alone() {
    let host = Host::enforcing("rhel-9");
    let report = |reason: Reason| {
        let detail = "the agent's own".to_owned();
        FaultUpdate::Raise(Report {
            id: FaultId::SCAN_START,
            finding: Finding { reason, detail, remedy: Vec::new() },
            severity: None,
        })
    };
    let raise = |reason, source| {
        host.with(|cx| {
            let on = EventContext { source, boot_id: None };
            let timeout = std::time::Duration::from_secs(1);
            installer::engine::fault_updates::store(cx).apply(&[report(reason)], &on, &SystemClock, timeout).unwrap();
        });
    };
    raise(Reason::ScanStartFailed, Source::Runtime);
    host.file("proc/meminfo", "MemTotal:         500000 kB\n");
    assert_eq!(reason(&host.repair(SCAN_SERVICE)), Reason::MemoryLow);
    let stored = || {
        host.with(|cx| installer::engine::fault_updates::store(cx).read().unwrap().get(FaultId::SCAN_START).cloned())
    };
    assert_eq!(stored().unwrap().finding.detail, "the agent's own");
    host.file("proc/meminfo", "MemTotal:        1014780 kB\n");
    assert_eq!(repaired(&host, SCAN_SERVICE), (None, true), "it is not cleared by a look");
    raise(Reason::DefinitionsInvalid, Source::Runtime);
    assert_eq!(repaired(&host, SCAN_SERVICE), (None, true), "nor where a look knows the word too");
    raise(Reason::MemoryLow, Source::Boot);
    assert_eq!(repaired(&host, SCAN_SERVICE), (None, false));
}

/// The documents: EL 6 and 7, Oracle Linux with UEK 5 and earlier, and Amazon Linux 2 on 4.14 have modules; later ones eBPF.
#[test]
fn the_built_in_table_is_as_the_documents_have_it() {
    let table = Profile::built_in().kernels.rules;
    let support = |os_release: &str, release: &str| {
        let host = Host::enforcing(os_release);
        host.with(|cx| Support::of(&table, &cx.distribution, release))
    };
    for (os_release, release) in [
        ("rhel-7", "3.10.0-1160.el7.x86_64"),
        ("centos-7", "3.10.0-123.el7.x86_64"),
        ("oracle-7", "3.10.0-1160.el7.x86_64"),
        ("oracle-7", "4.14.35-2047.500.9.el7uek.x86_64"),
        ("oracle-7", "4.1.12-124.48.6.el7uek.x86_64"),
        ("oracle-8", "4.14.35-2047.500.9.el8uek.x86_64"),
        ("amazon-2", "4.14.256-197.484.amzn2.x86_64"),
        ("amazon-2", "4.9.76-38.79.amzn2.x86_64"),
    ] {
        assert_eq!(support(os_release, release), Support::Supported(Monitors::Modules), "{os_release} {release}");
    }
    for (os_release, release) in [
        ("rhel-8", "4.18.0-80.el8.x86_64"),
        ("rocky-9", "5.14.0-362.8.1.el9_3.x86_64"),
        ("rhel-10", "6.12.0-55.9.1.el10_0.x86_64"),
        ("oracle-7", "5.4.17-2102.201.3.el7uek.x86_64"),
        ("oracle-8", "5.4.17-2136.302.7.2.el8uek.x86_64"),
        ("oracle-8", "4.18.0-372.9.1.el8.x86_64"),
        ("oracle-9", "5.15.0-100.96.32.el9uek.x86_64"),
        ("amazon-2", "4.19.84-33.70.amzn2.x86_64"),
        ("amazon-2", "5.10.130-118.517.amzn2.x86_64"),
        ("amazon-2023", "6.1.19-30.43.amzn2023.x86_64"),
        ("fedora-42", "6.14.0-63.fc42.x86_64"),
        ("sles-15", "5.14.21-150400.24.63-default"),
        ("opensuse-tumbleweed", "6.14.6-1-default"),
        ("ubuntu-18.04", "4.15.0-213-generic"),
        ("debian-12", "6.1.0-18-amd64"),
        ("elementary-7", "6.2.0-39-generic"),
    ] {
        assert_eq!(support(os_release, release), Support::Supported(Monitors::Ebpf), "{os_release} {release}");
    }
    for (os_release, release, monitors) in
        [("rhel-7", "5.4.278-1.el7.elrepo.x86_64", Monitors::Modules), ("debian-12", "4.9.0-19-amd64", Monitors::Ebpf)]
    {
        let found = support(os_release, release);
        assert!(
            matches!(found, Support::Unsupported { monitors: Some(m), .. } if m == monitors),
            "{release}: {found:?}"
        );
    }
    let between = support("amazon-2", "4.16.3-301.amzn2.x86_64");
    assert!(
        matches!(&between, Support::Unsupported { supported, monitors: None } if supported.len() == 2),
        "{between:?}"
    );
    for (os_release, release, monitors) in [
        ("rhcos-4.18", "5.14.0-427.47.1.el9_4.x86_64", Monitors::Ebpf),
        ("alinux-3", "5.10.134-16.3.al8.x86_64", Monitors::Ebpf),
        ("anolis-8", "4.19.91-27.an8.x86_64", Monitors::Ebpf),
        ("redos-7.3", "5.15.72-1.el7.3.x86_64", Monitors::Ebpf),
        ("tencentos-3", "5.4.119-19.0009.28", Monitors::Ebpf),
        ("clearos-7", "3.10.0-1127.19.1.v7.x86_64", Monitors::Modules),
    ] {
        assert_eq!(support(os_release, release), Support::Supported(monitors), "{os_release} {release}");
    }
    // A bound on Enterprise Linux's version says nothing about another's number, and no kernel is called unsupported by it.
    for (os_release, release) in [
        ("alinux-3", "4.4.95-3.al7.x86_64"),
        ("anolis-8", "4.14.0-1.an8.x86_64"),
        ("openeuler-22.03", "4.4.0-1.oe1.x86_64"),
    ] {
        assert_eq!(support(os_release, release), Support::NotListed, "{os_release} {release}");
    }
    let el9 = support("rhcos-4.18", "4.4.0-1.el9.x86_64");
    assert!(matches!(el9, Support::Unsupported { .. }), "its version is known: {el9:?}");
    assert_eq!(support("alpine-3.20", "6.6.31-0-lts"), Support::NotListed);
    assert_eq!(support("amazon-2018", "4.14.336-180.562.amzn1.x86_64"), Support::NotListed);
}
