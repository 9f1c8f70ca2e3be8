//! Faults that the kernel of the next boot has and the running one has not.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::{EBPF, FILESYSTEM_MONITOR, Host, KERNEL, kernel_rule};
use faults::{FaultId, Reason};
use host::system::bpf::Refusal;
use host::system::kernel::running_release;
use host::system::kind::SystemKind;
use installer::engine::next_boot::{KernelChange, NextBoot};
use installer::engine::{self, fault_updates};
use installer::model::step::StepRef;
use installer::profile::{KernelRule, Monitors};
use installer::steps::STEPS;

/// A release of EL 9 that is newer than every kernel that runs tests.
const NEXT: &str = "999.14.0-427.13.1.el9_4.x86_64";
const EBPF_OPTIONS: &str = "CONFIG_BPF_SYSCALL=y\nCONFIG_BPF_JIT=y\nCONFIG_KPROBES=y\nCONFIG_BPF_EVENTS=y\n";
const BTF: &str = "CONFIG_DEBUG_INFO_BTF=y\n";

fn install(host: &Host, release: &str, config: &str) {
    host.file(&format!("boot/vmlinuz-{release}"), "");
    host.file(&format!("boot/config-{release}"), &format!("{EBPF_OPTIONS}{config}"));
    host.file(&format!("lib/modules/{release}/modules.dep"), "");
}

fn headers(host: &Host, release: &str) {
    let build = format!("lib/modules/{release}/build");
    host.file(&format!("{build}/Makefile"), "");
    host.file(&format!("{build}/include/generated/autoconf.h"), "");
    host.file(&format!("{build}/include/generated/utsrelease.h"), &format!("#define UTS_RELEASE \"{release}\"\n"));
}

/// An EL 9 that runs a kernel with all that is needed.
fn host() -> Host {
    let host = Host::without_selinux("rhel-9");
    host.file("sys/kernel/btf/vmlinux", "");
    install(&host, &running_release(), BTF);
    host
}

/// Judges the next boot as `check` does.
fn next_boot_of(host: &Host, steps: &[StepRef], change: KernelChange) -> Option<NextBoot> {
    host.with(|cx| {
        let now = engine::check(cx, steps);
        match change {
            KernelChange::Nothing => now.next_boot,
            change => NextBoot::of(cx, steps, &now.faults, &now.reports, change),
        }
    })
}

fn next_boot(host: &Host) -> Option<NextBoot> {
    next_boot_of(host, STEPS, KernelChange::Nothing)
}

/// The kernel of the next boot with its pending faults and their reasons.
fn pending(host: &Host) -> Option<(String, Vec<(u16, Reason)>)> {
    let next = next_boot(host)?;
    assert_eq!(next.unknown, [], "{next:?}");
    let faults = next.pending.iter().map(|fault| (fault.id.number(), fault.finding.reason.clone()));
    Some((next.kernel.clone().unwrap(), faults.collect()))
}

fn only(faults: &[(u16, Reason)]) -> Option<(String, Vec<(u16, Reason)>)> {
    Some((NEXT.to_owned(), faults.to_vec()))
}

/// The rule of a profile for the kernels before `kernel_before`.
fn kernels(kernel_before: Option<&str>, monitors: Monitors) -> KernelRule {
    KernelRule { kernel_before: kernel_before.map(str::to_owned), ..kernel_rule(monitors) }
}

#[test]
fn headers_that_the_next_kernel_lacks_are_pending_and_not_raised() {
    let host = host();
    assert_eq!(pending(&host), None, "the same kernel again");
    install(&host, NEXT, "");
    assert_eq!(pending(&host), only(&[(11, Reason::HeadersMissing)]));
    let next = next_boot(&host).unwrap();
    let remedies: Vec<String> = next.pending[0].finding.remedy.iter().map(|remedy| remedy.shell_line(None)).collect();
    assert_eq!(remedies[1], format!("dnf install -y 'kernel-devel-uname-r = {NEXT}'"), "{remedies:?}");
    assert!(!remedies.iter().any(|line| line.contains("reboot")), "before the reboot: {remedies:?}");
    host.repair(KERNEL);
    assert_eq!(host.raised(), [0_u16; 0]);

    headers(&host, NEXT);
    assert_eq!(pending(&host), only(&[]));
    std::fs::remove_dir_all(host.path(&format!("lib/modules/{NEXT}/build"))).unwrap();
    assert_eq!(pending(&host), only(&[(11, Reason::HeadersMissing)]));
    install(&host, NEXT, BTF);
    assert_eq!(pending(&host), only(&[]));
}

#[test]
fn a_removed_kernel_leaves_nothing_pending() {
    let host = host();
    install(&host, NEXT, "");
    let of = |change| next_boot_of(&host, STEPS, change).map(|next| next.ids());
    assert_eq!(of(KernelChange::Nothing), Some(vec![FaultId::KERNEL_HEADERS]));
    // kernel-install tells so while the files are still there.
    assert_eq!(of(KernelChange::Removed(NEXT)), None);
    std::fs::remove_file(host.path(&format!("boot/vmlinuz-{NEXT}"))).unwrap();
    assert_eq!(of(KernelChange::Nothing), None, "its modules are left");
    // Its image is only where the boot loader finds it.
    assert_eq!(of(KernelChange::Added(NEXT)), Some(vec![FaultId::KERNEL_HEADERS]));
    assert_eq!(of(KernelChange::Added("999.15.0")), None, "of another system, without modules here");
    assert_eq!(of(KernelChange::Added("../modules")), None);
    host.directory("lib/modules/1.2.3");
    assert_eq!(of(KernelChange::Added("1.2.3")), None, "an older one");
}

#[test]
fn support_options_and_lockdown_of_the_next_kernel() {
    let mut host = host();
    install(&host, NEXT, BTF);
    let rule = |kernel_before: Option<&str>| kernels(kernel_before, Monitors::Ebpf);
    host.profile.kernels.rules = vec![rule(Some("900"))];
    assert_eq!(pending(&host), only(&[(16, Reason::KernelUnsupported)]));
    host.profile.kernels.rules = vec![rule(None)];
    assert_eq!(pending(&host), only(&[]));
    let config = format!("# CONFIG_BPF_SYSCALL is not set\nCONFIG_BPF_JIT=y\nCONFIG_KPROBES=y\n{BTF}");
    host.file(&format!("boot/config-{NEXT}"), &config);
    assert_eq!(pending(&host), only(&[(16, Reason::KernelOption)]));

    install(
        &host,
        NEXT,
        &format!("{BTF}CONFIG_SECURITY_LOCKDOWN_LSM=y\nCONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY=y\n"),
    );
    assert_eq!(pending(&host), only(&[(8, Reason::Lockdown), (9, Reason::Lockdown)]));
    let findings = next_boot(&host).unwrap();
    let findings = findings.findings();
    assert_eq!((findings.len(), findings[0].0.len()), (1, 2), "said once for both faults");
    // The kernel of the next boot is never asked, for it does not run.
    *host.bpf.program.borrow_mut() = Some(Refusal::UnknownKind);
    let next = next_boot_of(&host, &[EBPF], KernelChange::Nothing).unwrap();
    assert_eq!(next.ids(), [FaultId::FILESYSTEM_MONITOR, FaultId::NETWORK_MONITOR]);
}

#[test]
fn own_modules_of_the_next_kernel() {
    let mut host = host();
    install(&host, NEXT, BTF);
    host.profile.kernels.rules = vec![kernels(None, Monitors::Modules)];
    host.file("opt/cisco/amp/bin/ampdaemon", "");
    for name in ["ampfsm", "ampnetworkflow"] {
        host.file(&format!("sys/module/{name}/refcnt"), "1\n");
    }
    assert_eq!(host.check(FILESYSTEM_MONITOR).outcome.as_str(), "ok");
    let missing = Reason::KernelModuleMissing;
    assert_eq!(pending(&host), only(&[(8, missing.clone()), (9, missing.clone())]));
    host.file(&format!("lib/modules/{NEXT}/extra/ampfsm.ko"), "unsigned");
    host.file(&format!("lib/modules/{NEXT}/modules.dep"), "extra/ampfsm.ko:\n");
    assert_eq!(pending(&host), only(&[(9, missing.clone())]));
    // The firmware will be the same.
    host.file("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\u{6}\0\0\0\u{1}");
    assert_eq!(pending(&host), only(&[(8, Reason::SecureBoot), (9, Reason::SecureBoot)]));
}

#[test]
fn what_the_running_kernel_has_too_is_not_said_twice() {
    let host = host();
    install(&host, NEXT, "");
    std::fs::remove_file(host.path("sys/kernel/btf/vmlinux")).unwrap();
    host.file("sys/kernel/notes", "");
    assert_eq!(host.check(KERNEL).raised(), [FaultId::KERNEL_HEADERS]);
    assert_eq!(pending(&host), only(&[]));
    // Status knows it from the store.
    host.repair(KERNEL);
    let raised = host.raised();
    assert_eq!(raised, [11]);
    let ids = host.with(|cx| {
        let store = fault_updates::store(cx).read().unwrap();
        let raised: Vec<FaultId> = store.faults.iter().map(|fault| fault.id).collect();
        NextBoot::of(cx, STEPS, &raised, &[], KernelChange::Nothing).unwrap().ids()
    });
    assert_eq!(ids, []);
    headers(&host, &running_release());
    assert_eq!(pending(&host), only(&[(11, Reason::HeadersMissing)]), "now the reboot would break something");
}

#[test]
fn nothing_is_pending_where_no_kernel_runs() {
    for kind in [SystemKind::Offline, SystemKind::Container] {
        let mut host = host();
        install(&host, NEXT, "");
        host.kind = kind;
        assert!(next_boot(&host).is_none(), "{kind}");
    }
    let mut image = host();
    install(&image, NEXT, "");
    image.alternate = true;
    assert!(next_boot(&image).is_none());
    assert_eq!(image.check(KERNEL).raised(), [FaultId::KERNEL_HEADERS], "the newest is judged there, as ever");
    let named = host();
    install(&named, NEXT, "");
    named.with(|cx| {
        let cx = cx.judging(running_release());
        assert!(engine::check(&cx, STEPS).next_boot.is_none(), "--kernel asks about one");
    });
}

#[test]
fn steps_that_were_not_asked_for_say_nothing() {
    let host = host();
    install(&host, NEXT, "");
    assert!(next_boot_of(&host, &[EBPF], KernelChange::Nothing).unwrap().is_settled());
    assert!(next_boot_of(&host, &[common::SCAN_USER], KernelChange::Nothing).is_none());
    assert_eq!(next_boot_of(&host, &[KERNEL], KernelChange::Nothing).unwrap().ids(), [FaultId::KERNEL_HEADERS]);
}

/// The kernel of WSL or of a virtual machine that brings its own stays, whatever is installed.
#[test]
fn a_kernel_from_outside_is_that_of_the_next_boot_too() {
    let host = host();
    install(&host, NEXT, "");
    let running = running_release();
    std::fs::remove_file(host.path(&format!("boot/vmlinuz-{running}"))).unwrap();
    assert_eq!(pending(&host), only(&[(11, Reason::HeadersMissing)]), "its modules are there, its image elsewhere");
    std::fs::remove_file(host.path(&format!("lib/modules/{running}/modules.dep"))).unwrap();
    host.file(&format!("lib/modules/{running}/vmlinuz"), "");
    assert_eq!(pending(&host), only(&[(11, Reason::HeadersMissing)]), "its image is there, without modules");
    std::fs::remove_dir_all(host.path(&format!("lib/modules/{running}"))).unwrap();
    assert_eq!(pending(&host), None);
    std::fs::remove_file(host.path(&format!("boot/vmlinuz-{NEXT}"))).unwrap();
    assert_eq!(pending(&host), None, "no kernel is installed at all");
}

#[test]
fn what_cannot_be_determined_is_neither_right_nor_pending() {
    let host = host();
    install(&host, NEXT, BTF);
    std::fs::remove_file(host.path(&format!("boot/config-{NEXT}"))).unwrap();
    headers(&host, NEXT);
    let next = next_boot(&host).unwrap();
    assert_eq!(next.ids(), []);
    let unknown: Vec<&str> = next.unknown.iter().map(|unknown| unknown.detail.as_str()).collect();
    assert_eq!(unknown, [format!("no configuration of kernel {NEXT} was found")]);
    assert!(!next.is_settled());
    // What is unknown of the running kernel for the same reason is not said twice.
    std::fs::remove_file(host.path("etc/os-release")).unwrap();
    host.directory("etc/os-release");
    assert_eq!(host.check(EBPF).outcome.as_str(), "unknown");
    assert!(next_boot(&host).unwrap().is_settled());
}
