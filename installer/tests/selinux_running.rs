//! Fault 19 on a running system: the kernel is asked first, and its answer is what counts.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests make the files that the program is then given"
)]

mod common;

use common::{Host, SELINUX_MODULE, SELINUX_TOOLS, in_mount_namespace};
use faults::Reason;
use host::system::kind::SystemKind;
use installer::engine::remove as removal;
use installer::model::receipt::Receipt;
use installer::model::report::Outcome;
use installer::model::step::StepRef;
use policy::kernel::{ClassKnowledge, KernelMode};

const MODULE: StepRef = SELINUX_MODULE;
const TOOLS: StepRef = SELINUX_TOOLS;

fn reason(report: &installer::model::report::StepReport) -> Reason {
    report.finding().unwrap_or_else(|| panic!("{report:?}")).reason.clone()
}

#[test]
fn what_the_base_policy_allows_needs_no_module_and_no_process() {
    let host = Host::enforcing("rhel-9");
    host.semodule(true);
    host.kernel.allows.set(true);
    let report = host.repair(MODULE);
    assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
    assert_eq!(host.calls(), [""; 0]);
    // The first run is recorded. From then on, not even the lock is taken.
    std::fs::remove_dir_all(host.path("run")).unwrap();
    assert_eq!(host.repair(MODULE).outcome, Outcome::Ok);
    assert!(!host.path("run").exists() && host.calls().is_empty());
}

#[test]
fn a_store_of_an_interrupted_transaction_is_named_by_its_own_path() {
    let host = Host::enforcing("rhel-9");
    let store = host.path("var/lib/selinux/targeted");
    std::fs::rename(store.join("active"), store.join("previous")).unwrap();
    let failed = host.with(|cx| removal::plan(cx, &Receipt::of(cx), &[MODULE]).failed);
    let [failed] = &failed[..] else { panic!("{failed:?}") };
    let expected = format!("cannot remove the module from the policy store {}: ", store.display());
    assert!(failed.to_string().starts_with(&expected), "{failed}");
}

#[test]
fn a_refusal_is_repaired_and_asked_about_again() {
    let host = Host::enforcing("centos-7");
    host.semodule(true);
    assert_eq!(host.check(MODULE).outcome, Outcome::Fault);
    let report = host.repair(MODULE);
    assert_eq!(report.outcome, Outcome::Changed, "{report:?}");
    let work = host.path("opt/cisco/hostprep/policy/cisco-secure-bpf.cil");
    assert_eq!(host.calls(), [format!("semodule -s targeted -X 300 -i {}", work.display())]);
    assert!(!host.path("opt/cisco").exists() || !host.path("opt/cisco/hostprep").exists(), "nothing is left behind");
    assert_eq!(host.raised(), [0; 0]);

    let asked = host.kernel.rule_asked.get();
    assert_eq!(host.repair(MODULE).outcome, Outcome::Ok);
    assert_eq!(host.calls().len(), 1, "a second run loads nothing");
    assert!(host.kernel.rule_asked.get() > asked);
}

#[test]
fn exit_status_0_proves_nothing() {
    let host = Host::enforcing("centos-7");
    host.semodule(false);
    let report = host.repair(MODULE);
    assert_eq!(report.outcome, Outcome::Fault, "{report:?}");
    assert_eq!(reason(&report), Reason::PolicyDenies);
    assert_eq!(host.raised(), [19]);
    let commits = || host.calls().iter().filter(|call| call.contains(" -i ")).count();
    assert_eq!((commits(), host.calls().len()), (1, 2), "{:?}", host.calls());
    assert_eq!(host.calls()[1], "semodule -s targeted -R");
    host.repair(MODULE);
    assert_eq!((commits(), host.calls().len()), (1, 3), "what is in the store is not committed again");
}

/// What the next boot would load denies the rule too, as in an image whose policy another machine's tools could not build.
#[test]
fn a_policy_on_disk_without_the_rule_is_built_and_not_loaded_again() {
    let host = Host::enforcing("rhel-9");
    host.semodule(false);
    host.repair(MODULE);
    let policy = host.path("etc/selinux/targeted/policy/policy.30");
    for (on_disk, command) in
        [("allows.policy", "semodule -s targeted -R"), ("denies.policy", "semodule -s targeted -B")]
    {
        std::fs::copy(host.path(on_disk), &policy).unwrap();
        let before = host.calls().len();
        host.repair(MODULE);
        assert_eq!(host.calls()[before], command, "{on_disk}");
    }
}

#[test]
fn the_error_of_the_store_becomes_the_reason() {
    let host = Host::enforcing("rhel-8");
    host.tool("semodule", "echo 'libsemanage.semanage_create_store: Could not access module store at /var/lib/selinux, or it is not a directory. (Read-only file system).' >&2; exit 1");
    let report = host.repair(MODULE);
    assert_eq!(report.outcome, Outcome::Fault);
    assert_eq!(reason(&report), Reason::StoreReadOnly, "{report:?}");
    let remedy = host.remedies(&report);
    assert!(remedy.iter().any(|command| command == "hostprep repair"), "{remedy:?}");
}

#[test]
fn without_tools_the_right_package_is_named() {
    for (os_release, command) in [
        ("rhel-7", "yum install -y policycoreutils checkpolicy policycoreutils-python"),
        ("centos-7", "yum install -y policycoreutils checkpolicy policycoreutils-python"),
        ("oracle-7", "yum install -y policycoreutils checkpolicy policycoreutils-python"),
        ("amazon-2", "yum install -y policycoreutils checkpolicy policycoreutils-python"),
        ("rhel-8", "dnf install -y policycoreutils checkpolicy policycoreutils-python-utils"),
        ("rocky-9", "dnf install -y policycoreutils checkpolicy policycoreutils-python-utils"),
        ("amazon-2023", "dnf install -y policycoreutils checkpolicy policycoreutils-python-utils"),
        ("sles-15", "zypper --non-interactive install policycoreutils checkpolicy policycoreutils-python-utils"),
        (
            "opensuse-leap-15",
            "zypper --non-interactive install policycoreutils checkpolicy policycoreutils-python-utils",
        ),
        ("oracle-8", "dnf install -y policycoreutils checkpolicy policycoreutils-python-utils"),
        ("rhel-9", "dnf install -y policycoreutils checkpolicy policycoreutils-python-utils"),
        ("fedora-42", "dnf install -y policycoreutils checkpolicy policycoreutils-python-utils"),
        ("debian-12", "apt-get install -y policycoreutils checkpolicy semodule-utils policycoreutils-python-utils"),
        ("ubuntu-22.04", "apt-get install -y policycoreutils checkpolicy semodule-utils policycoreutils-python-utils"),
    ] {
        let host = Host::enforcing(os_release);
        let results = host.try_repair(&[TOOLS, MODULE]).unwrap();
        for report in &results.reports {
            assert_eq!(report.outcome, Outcome::Fault, "{os_release}");
            assert_eq!(reason(report), Reason::ToolsMissing, "{os_release}");
            let refresh = match command.split_whitespace().next().unwrap() {
                "apt-get" => "apt-get update",
                "dnf" => "dnf makecache --refresh",
                "yum" => "yum clean expire-cache",
                _ => "zypper --non-interactive refresh",
            };
            assert_eq!(host.remedies(report)[..2], [refresh, command], "{os_release}");
        }
        assert_eq!(host.raised(), [19]);
    }
}

#[test]
fn an_unknown_distribution_gets_no_guess() {
    let host = Host::enforcing("alpine-3.20");
    let remedy = host.remedies(&host.repair(MODULE));
    assert!(remedy[0].starts_with('#'), "{remedy:?}");
}

#[test]
fn missing_tools_are_no_fault_where_the_rule_is_in_force() {
    let host = Host::enforcing("rhel-9");
    host.kernel.allows.set(true);
    let report = host.check(TOOLS);
    assert_eq!(report.outcome, Outcome::Ok);
    assert!(report.detail.contains("semodule"), "{}", report.detail);
}

#[test]
fn the_arrival_of_the_tools_clears_the_fault() {
    let host = Host::enforcing("rhel-8");
    host.repair(MODULE);
    assert_eq!(host.raised(), [19]);
    host.semodule(true);
    host.repair(MODULE);
    assert_eq!(host.raised(), [0; 0]);
}

#[test]
fn permissive_is_no_fault_but_the_module_is_made_ready() {
    let host = Host::enforcing("rhel-8");
    host.kernel.mode.set(KernelMode::Permissive);
    let report = host.check(MODULE);
    assert_eq!((report.outcome, report.finding()), (Outcome::Deferred, None), "without tools it cannot be");
    host.semodule(true);
    let report = host.check(MODULE);
    assert_eq!((report.outcome, report.finding()), (Outcome::Planned, None));
    assert_eq!(host.repair(MODULE).outcome, Outcome::Changed);
    assert_eq!(host.raised(), [0; 0]);
}

#[test]
fn a_permissive_domain_is_no_fault() {
    let host = Host::enforcing("rhel-8");
    host.kernel.permissive_domain.set(true);
    host.tool("semodule", "exit 1");
    let report = host.repair(MODULE);
    assert_eq!((report.outcome, report.finding()), (Outcome::Deferred, None));
}

#[test]
fn off_now_but_configured_is_made_ready_for_the_next_boot() {
    let host = Host::enforcing("rhel-8");
    host.kernel.mode.set(KernelMode::NotRunning);
    host.semodule(true);
    let report = host.repair(MODULE);
    assert_eq!(report.outcome, Outcome::Deferred, "{report:?}");
    assert!(host.calls()[0].contains(" -n "), "nothing is loaded: {:?}", host.calls());
    assert_eq!(host.kernel.rule_asked.get(), 0);
    assert_eq!(host.repair(MODULE).outcome, Outcome::Deferred);
    assert_eq!(host.calls().len(), 1, "it is ready, so nothing is done again");
}

#[test]
fn disabled_by_the_administrator_is_enabled_and_said_so() {
    let host = Host::enforcing("rhel-8");
    host.semodule(true);
    host.repair(MODULE);
    std::fs::remove_file(host.path("loaded")).unwrap();
    host.file("var/lib/selinux/targeted/active/modules/disabled/cisco-secure-bpf", "");
    let check = host.check(MODULE);
    assert_eq!(reason(&check), Reason::ModuleDisabled);
    assert!(check.detail.contains("disabled"), "{}", check.detail);
    let repaired = host.repair(MODULE);
    assert_eq!(repaired.outcome, Outcome::Changed);
    assert!(repaired.plan.iter().any(|line| line == "enable the module, which was disabled"), "{:?}", repaired.plan);
    assert!(host.calls()[1].contains("-e cisco-secure-bpf"), "{:?}", host.calls());
}

#[test]
fn a_class_that_is_not_known_depends_on_what_the_policy_does_with_such() {
    let host = Host::enforcing("rhel-7");
    host.semodule(true);
    host.kernel.class.set(ClassKnowledge::UnknownAllowed);
    host.kernel.allows.set(true);
    assert_eq!(host.repair(MODULE).outcome, Outcome::Ok);
    host.kernel.class.set(ClassKnowledge::UnknownDenied);
    host.kernel.allows.set(false);
    let report = host.repair(MODULE);
    assert_eq!(reason(&report), Reason::ClassMissing);
    assert_eq!(host.calls(), [""; 0], "a module cannot add the class");
}

#[test]
fn an_administrator_s_module_of_the_same_name_is_not_overwritten() {
    let host = Host::enforcing("rhel-8");
    host.semodule(true);
    host.file(
        "var/lib/selinux/targeted/active/modules/400/cisco-secure-bpf/cil",
        "(optional x (allow a_t self (file (read))))",
    );
    host.file("var/lib/selinux/targeted/active/modules/400/cisco-secure-bpf/lang_ext", "cil");
    let report = host.repair(MODULE);
    assert_eq!(reason(&report), Reason::PolicyDenies);
    assert!(host.remedies(&report)[0].contains("semodule -s targeted -X 400 -r cisco-secure-bpf"));
    assert_eq!(host.calls(), [""; 0]);
}

/// Returns the store of libsemanage 2.1.10, as on EL 7.2.
fn older_store(host: &Host) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    std::fs::remove_dir_all(host.path("var/lib/selinux")).unwrap();
    let store = "etc/selinux/targeted/modules";
    for file in ["base.pp", "commit_num", "policy.kern", "seusers.final", "modules/abrt.pp", "modules/zebra.pp"] {
        host.file(&format!("{store}/active/{file}"), file);
    }
    host.file(&format!("{store}/semanage.trans.LOCK"), "");
    host.file(&format!("{store}/previous/modules/abrt.pp"), "before");
    files_below(&host.path("etc/selinux"))
}

/// Every file below `directory`, with its content, in order.
fn files_below(directory: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn a_store_of_el_7_2_is_named_as_not_supported_and_left_alone() {
    let host = Host::enforcing("rhel-7");
    host.semodule(true);
    let before = older_store(&host);
    let named = "policy store of SELinux userspace older than 2.4; semanage_migrate_store of a later one converts it";
    for report in [host.check(MODULE), host.repair(MODULE)] {
        assert_eq!(report.outcome, Outcome::Fault, "{report:?}");
        assert_eq!(reason(&report), Reason::StoreBroken);
        assert!(report.detail.contains(named) && !report.detail.contains("no policy store"), "{}", report.detail);
        assert_eq!(
            host.remedies(&report),
            ["yum update -y policycoreutils libsemanage selinux-policy-targeted", "hostprep repair"]
        );
    }
    assert_eq!(host.raised(), [19]);
    let removed = host
        .with(|cx| {
            let second = std::time::Duration::from_secs(1);
            installer::engine::remove::remove_one(cx, SELINUX_MODULE, second, &mut || {})
        })
        .unwrap();
    assert!(removed.done.is_empty() && removed.failed.is_empty(), "{removed:?}");
    assert_eq!(host.calls(), [""; 0]);
    assert_eq!(files_below(&host.path("etc/selinux")), before, "nothing is done to it");

    // As on most: the kernel knows no class `bpf`.
    host.kernel.allows.set(true);
    assert_eq!(host.repair(MODULE).outcome, Outcome::Ok);
    assert_eq!(host.raised(), [0; 0]);
    // Updated, and migrated to the new layout.
    host.kernel.allows.set(false);
    host.directory("etc/selinux/targeted/active/modules/disabled");
    host.file("etc/selinux/targeted/active/commit_num", "1");
    assert_eq!(reason(&host.check(MODULE)), Reason::ModuleMissing);
}

/// Debian 8, Ubuntu 16.04 and SLES 12 had it too, and no update of a package converts it there.
#[test]
fn a_store_of_that_kind_elsewhere_names_no_package() {
    for distribution in ["debian-12", "ubuntu-18.04", "sles-12", "amazon-2", "rhel-8"] {
        let host = Host::enforcing(distribution);
        host.semodule(true);
        older_store(&host);
        let report = host.check(MODULE);
        assert_eq!(reason(&report), Reason::StoreBroken, "{distribution}");
        let remedies = host.remedies(&report);
        let upgrade = "# upgrade this system to a release with libsemanage 2.4 or later; its semanage_migrate_store converts the store";
        assert_eq!(remedies, [upgrade, "hostprep repair"], "{distribution}");
        assert!(!report.detail.contains("EL "), "{}", report.detail);
    }
}

#[test]
fn in_a_container_the_policy_is_the_host_s() {
    let mut host = Host::enforcing("rhel-8");
    host.kind = SystemKind::Container;
    assert_eq!(host.check(MODULE).outcome, Outcome::Ok);
    assert_eq!(host.kernel.rule_asked.get(), 0);
}

#[test]
fn without_selinux_nothing_is_needed() {
    let host = Host::enforcing("debian-12");
    host.kernel.mode.set(KernelMode::NotRunning);
    std::fs::remove_file(host.path("etc/selinux/config")).unwrap();
    assert_eq!(host.check(MODULE).outcome, Outcome::Ok);
    assert_eq!(host.check(TOOLS).outcome, Outcome::Ok);
    host.file("etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=targeted\n");
    std::fs::remove_dir_all(host.path("var/lib/selinux")).unwrap();
    std::fs::remove_dir_all(host.path("etc/selinux/targeted")).unwrap();
    assert_eq!(host.check(MODULE).outcome, Outcome::Ok, "there is no policy");
}

/// SELinux is disabled now. A later boot may enforce, and nothing runs hostprep before.
#[test]
fn disabled_is_no_fault_but_the_module_is_made_ready() {
    for kind in [SystemKind::Running, SystemKind::Offline, SystemKind::Image] {
        let mut host = Host::enforcing("rhel-9");
        (host.kind, host.alternate) = (kind, kind == SystemKind::Image);
        host.kernel.mode.set(KernelMode::NotRunning);
        host.file("etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=targeted\n");
        host.directory("opt/cisco");
        for step in [TOOLS, MODULE] {
            let report = host.repair(step);
            assert_eq!((report.outcome, report.findings.len()), (Outcome::Deferred, 0), "without tools: {report:?}");
        }
        host.semodule(false);
        assert_eq!(host.check(MODULE).outcome, Outcome::Planned);
        for run in ["first", "second"] {
            let report = host.repair(MODULE);
            assert_eq!((report.outcome, report.findings.len()), (Outcome::Deferred, 0), "{run}: {report:?}");
            assert!(report.detail.contains("disabled"), "{}", report.detail);
        }
        let calls = host.calls();
        assert!(calls.len() == 1 && calls[0].starts_with("semodule -n -s targeted "), "{calls:?}");
        assert_eq!(host.raised(), [0; 0]);
        assert!(host.path("var/lib/selinux/targeted/active/modules/300/cisco-secure-bpf/cil").exists());
        assert_eq!(host.kernel.rule_asked.get(), 0);
    }
}

#[test]
fn a_mount_option_that_keeps_the_program_out_of_its_domain_is_fault_19() {
    if !in_mount_namespace("a_mount_option_that_keeps_the_program_out_of_its_domain_is_fault_19") {
        return;
    }
    let host = Host::enforcing("rhel-9");
    host.kernel.allows.set(true);
    host.directory("opt");
    let mount = |options: &str| {
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "none"]).arg(host.path("opt"));
        assert!(mount.status().unwrap().success());
        host.directory("opt/cisco/amp/bin");
    };
    for (options, shown, right) in [
        ("nosuid", Some("nosuid"), "suid"),
        ("noexec", Some("noexec"), "exec"),
        ("nosuid,noexec,nodev", Some("noexec,nosuid"), "exec,suid"),
        ("nodev", None, ""),
    ] {
        mount(options);
        let report = host.check(MODULE);
        let Some(shown) = shown else {
            assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
            continue;
        };
        assert_eq!(reason(&report), Reason::MountOptions, "{report:?}");
        assert!(report.detail.contains(&format!("/opt is mounted {shown}, so ")), "{}", report.detail);
        assert!(report.detail.contains("unconfined_service_t"), "{}", report.detail);
        assert_eq!(host.remedies(&report)[0], format!("mount -o remount,{right} /opt"));
        host.repair(MODULE);
        assert_eq!(host.raised(), [19]);
    }
    host.repair(MODULE);
    assert_eq!(host.raised(), [0; 0]);
    mount("nosuid");
    // The policy allows the transition, or nothing is enforced.
    host.kernel.transitions_on_nosuid.set(true);
    assert_eq!(host.check(MODULE).outcome, Outcome::Ok);
    host.kernel.transitions_on_nosuid.set(false);
    host.kernel.mode.set(KernelMode::Permissive);
    assert_eq!(host.check(MODULE).outcome, Outcome::Ok);
    // Named beside what else is wrong.
    host.kernel.mode.set(KernelMode::Enforcing);
    host.kernel.allows.set(false);
    let report = host.check(MODULE);
    assert!(report.detail.contains("denies") && report.detail.contains("mounted nosuid"), "{}", report.detail);
}
