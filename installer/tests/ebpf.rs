//! The step `ebpf`: what keeps eBPF programs out of a kernel. Faults 8, 9 and 16.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test fails by it")]

mod common;
#[path = "ebpf/lockdown.rs"]
mod lockdown;

use common::{EBPF, FILESYSTEM_MONITOR, Host, KERNEL_SUPPORT, NETWORK_MONITOR, kernel_rule};
use faults::Reason;
use host::system::bpf::Refusal;
use host::system::kernel::running_release;
use host::system::kind::SystemKind;
use installer::model::report::{Outcome, StepReport};
use installer::profile::Monitors;
use nix::errno::Errno;
use policy::kernel::KernelMode;

const OPTIONS: [&str; 4] = ["BPF_SYSCALL", "BPF_JIT", "KPROBES", "BPF_EVENTS"];
const LOCKDOWN: &str = "sys/kernel/security/lockdown";
const CONFIDENTIALITY: &str = "none integrity [confidentiality]\n";

/// A configuration with all options but these; those that are off say so.
fn config(off: &[&str], absent: &[&str]) -> String {
    let on = OPTIONS.iter().filter(|option| !off.contains(option) && !absent.contains(option));
    let on = on.map(|option| format!("CONFIG_{option}=y\n"));
    let off = off.iter().map(|option| format!("# CONFIG_{option} is not set\n"));
    on.chain(off).collect::<String>() + "CONFIG_SECURITY_LOCKDOWN_LSM=y\nCONFIG_SECURITY_LOCKDOWN_LSM_EARLY=y\n"
}

/// A running host that the agent watches through eBPF.
fn running(os_release: &str) -> Host {
    let host = Host::without_selinux(os_release);
    host.file(&format!("boot/config-{}", running_release()), &config(&[], &[]));
    host
}

const RELEASE: &str = "5.14.0-427.el9.x86_64";

/// An image with a kernel.
fn image(os_release: &str) -> Host {
    let mut host = Host::enforcing(os_release);
    host.alternate = true;
    host.profile.kernels.rules.clear();
    host.file(&format!("boot/vmlinuz-{RELEASE}"), "");
    host.file(&format!("boot/config-{RELEASE}"), &config(&[], &[]));
    host
}

#[track_caller]
fn expect(report: &StepReport, faults: &[u16], reason: Reason, words: &[&str]) {
    let raised: Vec<u16> = report.raised().iter().map(|id| id.number()).collect();
    let finding = report.finding().unwrap_or_else(|| panic!("{report:?}"));
    assert_eq!((raised.as_slice(), finding.reason), (faults, reason), "{}", report.detail);
    for word in words {
        assert!(report.detail.contains(word), "{word}: {}", report.detail);
    }
}

#[test]
fn all_is_well_and_says_for_whom_it_was_asked() {
    let host = running("rhel-9");
    let report = host.check(EBPF);
    assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
    assert!(report.detail.contains("hostprep's own domain") && report.detail.contains("kprobe and tracepoint"));
    let kinds: Vec<_> = host.bpf.loaded.borrow().iter().map(|kind| kind.name()).collect();
    assert_eq!(kinds, ["kprobe", "tracepoint"], "those that the profile lists");
}

#[test]
fn a_missing_option_is_fault_16() {
    for option in OPTIONS {
        for (off, absent) in [(vec![option], vec![]), (vec![], vec![option])] {
            let host = image("debian-12");
            host.file(&format!("boot/config-{RELEASE}"), &config(&off, &absent));
            let report = host.repair(EBPF);
            expect(&report, &[16], Reason::KernelOption, &[&format!("CONFIG_{option} "), RELEASE]);
            assert_eq!(host.raised(), [16]);
            host.file(&format!("boot/config-{RELEASE}"), &config(&[], &[]));
            host.repair(EBPF);
            assert_eq!(host.raised(), [0u16; 0]);
        }
    }
}

#[test]
fn a_configuration_that_is_not_there_or_not_whole_is_unknown() {
    let host = image("debian-12");
    let path = format!("boot/config-{RELEASE}");
    host.file(&path, &config(&["KPROBES"], &[]));
    host.repair(EBPF);
    host.file(&path, "CONFIG_DEBUG_INFO_BTF=y\n");
    assert_eq!(host.repair(EBPF).outcome, Outcome::Unknown);
    std::fs::remove_file(host.path(&path)).unwrap();
    assert_eq!(host.repair(EBPF).outcome, Outcome::Unknown);
    assert_eq!(host.raised(), [16], "unknown clears nothing");
    // On the running system, what the kernel loads is more than its configuration.
    let host = running("debian-12");
    std::fs::remove_file(host.path(&format!("boot/config-{}", running_release()))).unwrap();
    assert_eq!(host.check(EBPF).outcome, Outcome::Ok);
}

#[test]
fn what_the_kernel_does_is_better_than_what_its_configuration_says() {
    let host = running("debian-12");
    host.file(&format!("boot/config-{}", running_release()), &config(&["BPF_SYSCALL"], &["BPF_EVENTS"]));
    assert_eq!(host.check(EBPF).outcome, Outcome::Ok);
    host.file(&format!("boot/config-{}", running_release()), &config(&["KPROBES"], &[]));
    expect(&host.check(EBPF), &[16], Reason::KernelOption, &["CONFIG_KPROBES"]);
}

#[test]
fn refusals_of_the_kernel_are_told_apart() {
    let map = |refusal: Refusal| {
        let host = running("rhel-9");
        host.bpf.map.replace(Some(refusal));
        host.check(EBPF)
    };
    let program = |refusal: Refusal| {
        let host = running("rhel-9");
        host.bpf.program.replace(Some(refusal));
        host.check(EBPF)
    };
    expect(&map(Refusal::NoSystemCall), &[16], Reason::KernelOption, &["ENOSYS", "CONFIG_BPF_SYSCALL"]);
    for report in [map(Refusal::NotPermitted(Errno::EPERM)), program(Refusal::NotPermitted(Errno::EPERM))] {
        expect(&report, &[8, 9], Reason::BpfNotPermitted, &["EPERM", "hostprep's own domain"]);
    }
    expect(&program(Refusal::NotPermitted(Errno::EACCES)), &[8, 9], Reason::BpfNotPermitted, &["EACCES"]);
    let rejected = program(Refusal::Rejected("R0 !read_ok".into()));
    expect(&rejected, &[8, 9], Reason::BpfProgramRejected, &["R0 !read_ok", "kprobe and tracepoint", "own domain"]);
    expect(&program(Refusal::UnknownKind), &[16], Reason::KernelOption, &["EINVAL", "kprobe", "CONFIG_BPF_EVENTS"]);
    for report in [map(Refusal::Failed("ENOMEM".into())), program(Refusal::Failed("ENOMEM".into()))] {
        assert_eq!(report.outcome, Outcome::Unknown);
        assert!(report.detail.contains("ENOMEM"), "{}", report.detail);
    }
}

#[test]
fn what_may_not_be_tried_is_unknown_and_says_why() {
    let host = running("rhel-9");
    host.bpf.map.replace(Some(Refusal::NotPermitted(Errno::EPERM)));
    host.repair(EBPF);
    assert_eq!(host.raised(), [8, 9]);

    let unknown = |words: &str| {
        let report = host.repair(EBPF);
        assert_eq!(report.outcome, Outcome::Unknown, "{report:?}");
        assert!(report.detail.contains(words), "{}", report.detail);
        assert_eq!(host.raised(), [8, 9], "unknown clears nothing");
    };
    host.bpf.may_be_asked.set(false);
    unknown("root");
    host.bpf.may_be_asked.set(true);
    for mode in [KernelMode::Enforcing, KernelMode::Permissive] {
        host.kernel.mode.set(mode);
        host.kernel.allows_own.set(false);
        unknown("rpm_script_t");
        host.kernel.allows_own.set(true);
    }
    host.kernel.is_silent.set(true);
    unknown("SELinux is not running");
    host.kernel.is_silent.set(false);
    for (status, words) in [
        ("CapEff:\t0000000000000000\nSeccomp:\t0\n", "capabilities"),
        ("CapEff:\t000001ffffffffff\nSeccomp:\t2\n", "seccomp"),
    ] {
        host.file("proc/self/status", status);
        unknown(words);
    }
    host.file("proc/self/status", "CapEff:\t000001ffffffffff\nSeccomp:\t0\n");
    host.file("proc/self/uid_map", "         0       1000          1\n");
    unknown("user namespace");
    host.file("proc/self/uid_map", "         0          0 4294967295\n");
    expect(&host.repair(EBPF), &[8, 9], Reason::BpfNotPermitted, &[]);
    host.bpf.map.replace(None);
    assert_eq!(host.repair(EBPF).outcome, Outcome::Ok);
    assert_eq!(host.raised(), [0u16; 0]);
}

/// A fault that was found does not hide that another one was not looked for.
#[test]
fn what_is_unknown_is_not_cleared_by_another_fault() {
    let host = running("rhel-9");
    host.bpf.map.replace(Some(Refusal::NoSystemCall));
    host.repair(EBPF);
    assert_eq!(host.raised(), [16]);
    host.file(LOCKDOWN, CONFIDENTIALITY);
    host.bpf.may_be_asked.set(false);
    std::fs::remove_file(host.path(&format!("boot/config-{}", running_release()))).unwrap();
    let report = host.repair(EBPF);
    assert!(report.detail.contains("locked down") && report.detail.contains("only root"), "{}", report.detail);
    assert_eq!(host.raised(), [8, 9, 16]);
}

#[test]
fn where_the_agent_uses_no_ebpf_nothing_is_asked() {
    for change in [
        |host: &mut Host| host.kind = SystemKind::Container,
        |host: &mut Host| host.profile.ebpf = None,
        |host: &mut Host| host.profile.kernels.rules = vec![kernel_rule(Monitors::Modules)],
    ] {
        let mut host = running("rhel-9");
        host.file(LOCKDOWN, CONFIDENTIALITY);
        change(&mut host);
        assert_eq!(host.check(EBPF).outcome, Outcome::Ok);
        assert!(host.bpf.loaded.borrow().is_empty());
    }
    let mut host = image("rhel-9");
    (host.alternate, host.kind) = (false, SystemKind::Offline);
    assert_eq!(host.check(EBPF).outcome, Outcome::Ok);
    assert!(host.bpf.loaded.borrow().is_empty(), "another kernel boots it");
}

#[test]
fn kinds_of_programs_come_from_the_profile() {
    let mut host = running("rhel-9");
    let text = include_str!("../../profile.toml");
    let with = |kinds: &str| {
        let text = text.replace(r#"programs = ["kprobe", "tracepoint"]"#, kinds);
        installer::profile::Profile::parse(&text, std::path::Path::new("p.toml"))
    };
    host.profile.ebpf = with(r#"programs = ["lsm", "raw_tracepoint", "socket_filter"]"#).unwrap().ebpf;
    host.check(EBPF);
    let kinds: Vec<_> = host.bpf.loaded.borrow().iter().map(|kind| kind.name()).collect();
    assert_eq!(kinds, ["lsm", "raw_tracepoint", "socket_filter"]);
    let error = with(r#"programs = ["kprobes"]"#).unwrap_err().to_string();
    assert!(error.contains("kprobes") && error.contains("socket_filter, kprobe, "), "{error}");
    host.profile.ebpf = with("programs = []").unwrap().ebpf;
    host.bpf.map.replace(Some(Refusal::NoSystemCall));
    assert_eq!(host.check(EBPF).outcome, Outcome::Ok);
    for wrong in [
        r#"kernel_options = [{ name = "CONFIG_KPROBES" }]"#,
        r#"kernel_options = [{ name = "A B" }]"#,
        r#"kernel_options = [{ name = "KPROBES", since = "always" }]"#,
    ] {
        let (head, rest) = text.split_once("kernel_options = [").unwrap();
        let (_, tail) = rest.split_once("\n]").unwrap();
        assert!(
            installer::profile::Profile::parse(&format!("{head}{wrong}{tail}"), std::path::Path::new("p.toml"))
                .is_err()
        );
    }
}

/// Where the profile does not say how a kernel is watched, the steps that cannot judge it keep no fault of this one raised.
#[test]
fn a_fault_clears_where_other_steps_have_no_rule() {
    let host = image("openeuler-22.03");
    let mut host = Host { profile: installer::profile::Profile::built_in(), ..host };
    let steps = [KERNEL_SUPPORT, FILESYSTEM_MONITOR, NETWORK_MONITOR, EBPF];
    let outcomes =
        |host: &Host| host.try_repair(&steps).unwrap().reports.iter().map(|report| report.outcome).collect::<Vec<_>>();
    let unknown = [Outcome::Unknown; 3];
    host.file("etc/kernel/cmdline", "lockdown=confidentiality");
    host.file(&format!("boot/config-{RELEASE}"), &config(&["KPROBES"], &[]));
    assert_eq!(outcomes(&host), [&unknown[..], &[Outcome::Fault]].concat());
    assert_eq!(host.raised(), [8, 9, 16]);
    host.file("etc/kernel/cmdline", "lockdown=integrity");
    host.file(&format!("boot/config-{RELEASE}"), &config(&[], &[]));
    assert_eq!(outcomes(&host), [&unknown[..], &[Outcome::Ok]].concat());
    assert_eq!(host.raised(), [0u16; 0]);
    // A profile without a table asks nothing.
    host.profile.kernels.rules.clear();
    assert_eq!(outcomes(&host), [Outcome::Ok; 4]);
}
