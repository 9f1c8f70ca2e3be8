use host::process::clock::SystemClock;

use super::*;
use crate::kernel::KernelMode;
use crate::spec::tests::spec;
use crate::testing::{FakeKernel, root_with};

const CONFIG: (&str, &[u8]) = ("/etc/selinux/config", b"SELINUX=enforcing\nSELINUXTYPE=t\n");
const CONF: (&str, &[u8]) = ("/etc/selinux/semanage.conf", b"");
const BASE: (&str, &[u8]) = ("/var/lib/selinux/t/active/modules/100/base/cil", b"");
const OURS: &[u8] =
    b"(optional a (allow unconfined_service_t self (bpf (map_create map_read map_write prog_load prog_run))))";
const OTHER: &[u8] = b"(optional a (allow unconfined_service_t self (bpf (map_create))))";
const OLD_STORE: (&str, &[u8]) = ("/etc/selinux/t/modules/active/base.pp", b"\x8f\xff\x7c\xf9");

type Files<'a> = &'a [(&'a str, &'a [u8])];

fn module(priority: u16) -> String {
    format!("/var/lib/selinux/t/active/modules/{priority}/agent-bpf/cil")
}

/// Assesses a root with these files as the running system, or as an alternate root.
fn assessed(alternate: bool, kernel: &FakeKernel, files: Files) -> RuleAssessment {
    let scratch = tempfile::tempdir().unwrap();
    let root = root_with(scratch.path(), &[&[CONFIG, CONF], files].concat());
    let root = if alternate { root } else { Root::for_test(scratch.path()).unwrap() };
    let processes = CommandRunner::with_directories(vec!["/nonexistent".into()], &SystemClock, &());
    let system = System {
        root: &root,
        kind: if alternate { SystemKind::Image } else { SystemKind::Running },
        kernel,
        processes: &processes,
        base_rule: &OnceCell::new(),
    };
    assess(&system, &spec()).unwrap()
}

/// The state's name, its cause, and whether the rule is denied now.
fn summary(rule: &RuleState) -> (&'static str, Option<Cause>, bool) {
    let name = match rule {
        RuleState::NotApplicable(_) => "not applicable",
        RuleState::InForce(_) => "in force",
        RuleState::Pending(_) => "pending",
        RuleState::Missing(_) => "missing",
        RuleState::NotLoaded(_) => "not loaded",
        RuleState::Overridden { .. } => "overridden",
        RuleState::Unfixable(_) => "unfixable",
        RuleState::Unknown(_) => "unknown",
    };
    (name, rule.problem().map(|problem| problem.cause), rule.denied_now())
}

#[test]
fn a_kernel_that_denies_the_rule() {
    let (at_300, at_400) = (module(300), module(400));
    let disabled = ("/var/lib/selinux/t/active/modules/disabled/agent-bpf", &b""[..]);
    let cases: [(Files, _); 10] = [
        (&[BASE], ("missing", Some(Cause::ModuleMissing), true)),
        (&[BASE, (&at_300, OURS)], ("not loaded", Some(Cause::RuleDenied), true)),
        (&[BASE, (&at_300, OTHER)], ("missing", Some(Cause::RuleDenied), true)),
        (&[BASE, (&at_300, OURS), disabled], ("missing", Some(Cause::ModuleDisabled), true)),
        (&[BASE, (&at_400, OURS)], ("not loaded", Some(Cause::RuleDenied), true)),
        (&[BASE, (&at_400, OTHER)], ("overridden", Some(Cause::RuleDenied), true)),
        (&[BASE, (&at_300, OURS), (&at_400, OTHER), disabled], ("overridden", Some(Cause::RuleDenied), true)),
        (&[], ("unfixable", Some(Cause::StoreBroken), true)),
        (&[OLD_STORE], ("unfixable", Some(Cause::StoreUnsupported), true)),
        (&[OLD_STORE, BASE], ("missing", Some(Cause::ModuleMissing), true)),
    ];
    for (files, expected) in cases {
        let found = assessed(false, &FakeKernel::in_mode(KernelMode::Enforcing), files);
        assert_eq!(summary(&found.rule), expected, "{found:?}");
        assert_eq!(found.domain.as_deref(), Some("unconfined_service_t"));
        // Logged only.
        let permissive = assessed(false, &FakeKernel::in_mode(KernelMode::Permissive), files);
        assert_eq!(summary(&permissive.rule), (expected.0, expected.1, false));
        let kernel = FakeKernel::in_mode(KernelMode::Enforcing);
        kernel.permissive_domain.set(true);
        let permissive = assessed(false, &kernel, files);
        assert_eq!(summary(&permissive.rule), (expected.0, expected.1, false));
    }
}

#[test]
fn a_kernel_that_allows_the_rule_is_believed() {
    let kernel = FakeKernel::in_mode(KernelMode::Enforcing);
    kernel.allows.set(true);
    for files in [&[BASE][..], &[], &[OLD_STORE]] {
        let found = assessed(false, &kernel, files);
        assert_eq!(summary(&found.rule), ("in force", None, false));
        assert_eq!(found.module, StoredModule::default(), "the store is not read");
    }
    assert_eq!(kernel.rule_asked.get(), 3, "once each");
}

#[test]
fn a_kernel_that_does_not_know_the_class_or_does_not_answer() {
    let kernel = FakeKernel::in_mode(KernelMode::Enforcing);
    kernel.class.set(ClassKnowledge::UnknownDenied);
    let found = assessed(false, &kernel, &[BASE]);
    assert_eq!(summary(&found.rule), ("unfixable", Some(Cause::ClassMissing), true));
    kernel.is_silent.set(true);
    let found = assessed(false, &kernel, &[BASE]);
    assert!(matches!(found.rule, RuleState::Unknown(Unknown::Kernel(_))), "{found:?}");
    assert!(found.answer.is_none() && !found.rule.is_settled());
}

#[test]
fn without_a_kernel_the_disk_decides() {
    let (at_300, at_400) = (module(300), module(400));
    let cases: [(Files, _, _); 6] = [
        (&[BASE, (&at_300, OURS)], "in force", None),
        (&[BASE], "missing", Some(Cause::ModuleMissing)),
        (&[BASE, (&at_300, OTHER)], "missing", Some(Cause::ModuleMissing)),
        (&[BASE, (&at_400, OTHER)], "overridden", Some(Cause::RuleDenied)),
        (&[], "not applicable", None),
        (&[OLD_STORE], "unfixable", Some(Cause::StoreUnsupported)),
    ];
    for (files, name, cause) in cases {
        let kernel = FakeKernel::in_mode(KernelMode::Enforcing);
        let found = assessed(true, &kernel, files);
        assert_eq!(summary(&found.rule), (name, cause, cause.is_some()), "{found:?}");
        // Off now: nothing is denied before the next boot.
        let off = assessed(false, &FakeKernel::in_mode(KernelMode::NotRunning), files);
        let name = if name == "in force" { "pending" } else { name };
        assert_eq!(summary(&off.rule), (name, cause, false), "{off:?}");
        assert_eq!(kernel.mode_asked.get() + kernel.rule_asked.get(), 0, "an alternate root's kernel is not this one");
    }
}

/// EL 7.0 to 7.2 know no class `bpf`, and allow what they do not know.
#[test]
fn an_unsupported_store_does_not_matter_where_the_policy_allows_the_rule() {
    // Magic, `SE Linux`, version 29, flag `allow unknown`.
    let policy = b"\x8c\xff\x7c\xf9\x08\0\0\0SE Linux\x1d\0\0\0\x04\0\0\0";
    let found = assessed(
        true,
        &FakeKernel::in_mode(KernelMode::NotRunning),
        &[OLD_STORE, ("/etc/selinux/t/policy/policy.29", policy)],
    );
    assert_eq!(summary(&found.rule), ("in force", None, false), "{found:?}");
}

#[test]
fn an_unsupported_store_is_reported_by_name() {
    let found = assessed(false, &FakeKernel::in_mode(KernelMode::Enforcing), &[OLD_STORE]);
    let detail = found.rule.to_string();
    let named = "/etc/selinux/t/modules/active is not supported: policy store of SELinux userspace older than 2.4, as on EL \
                 7.0 to 7.2: update policycoreutils, libsemanage and selinux-policy to EL 7.3 or later";
    assert!(detail.contains(named), "{detail}");
    assert!(!detail.contains("no policy store"), "{detail}");
}

/// A later boot may enforce: the store is judged, and nothing is denied now.
#[test]
fn disabled_is_judged_by_the_disk() {
    let disabled = ("/etc/selinux/config", &b"SELINUX=disabled\nSELINUXTYPE=t\n"[..]);
    let policy = ("/etc/selinux/t/policy/policy.29", &b"\x8c\xff\x7c\xf9\x08\0\0\0SE Linux\x1d\0\0\0\x04\0\0\0"[..]);
    let (at_300, at_400) = (module(300), module(400));
    let cases: [(Files, _, _); 7] = [
        (&[disabled], "not applicable", None),
        (&[disabled, BASE], "missing", Some(Cause::ModuleMissing)),
        (&[disabled, BASE, (&at_300, OURS)], "pending", None),
        (&[disabled, BASE, (&at_300, OTHER)], "missing", Some(Cause::ModuleMissing)),
        (&[disabled, BASE, (&at_400, OTHER)], "overridden", Some(Cause::RuleDenied)),
        // The binary policy allows the rule.
        (&[disabled, BASE, policy], "not applicable", None),
        (&[disabled, OLD_STORE], "unfixable", Some(Cause::StoreUnsupported)),
    ];
    for (files, name, cause) in cases {
        for alternate in [false, true] {
            let found = assessed(alternate, &FakeKernel::in_mode(KernelMode::NotRunning), files);
            assert_eq!(summary(&found.rule), (name, cause, false), "{found:?}");
            assert_eq!(found.state, State::Disabled);
        }
    }
}

#[test]
fn a_kernel_that_accepts_no_policy() {
    let at_300 = module(300);
    let boolean = |value: &'static [u8]| ("/sys/fs/selinux/booleans/secure_mode_policyload", value);
    let enforcing = || FakeKernel::in_mode(KernelMode::Enforcing);
    for (files, name, loads) in [
        (&[BASE, boolean(b"1 1")][..], "missing", false),
        (&[BASE, (&at_300, OURS), boolean(b"1 0")], "not loaded", false),
        (&[BASE, boolean(b"0 1")], "missing", true),
        (&[BASE, boolean(b"")], "missing", true),
    ] {
        let found = assessed(false, &enforcing(), files);
        let cause = if loads { Cause::ModuleMissing } else { Cause::PolicyLoadLocked };
        assert_eq!(summary(&found.rule), (name, Some(cause), true), "{found:?}");
        assert_eq!(found.target(&Root::system().unwrap()).loads(), loads);
    }
    let permissive = assessed(false, &FakeKernel::in_mode(KernelMode::Permissive), &[BASE, boolean(b"1 1")]);
    assert!(permissive.target(&Root::system().unwrap()).loads(), "it is only logged");
    let another = assessed(true, &enforcing(), &[BASE, boolean(b"1 1")]);
    assert_eq!(summary(&another.rule).1, Some(Cause::ModuleMissing), "an alternate root has another kernel");
}

#[test]
fn absent_and_in_a_container() {
    let scratch = tempfile::tempdir().unwrap();
    root_with(scratch.path(), &[CONFIG, BASE]);
    let root = Root::for_test(scratch.path()).unwrap();
    let processes = CommandRunner::with_directories(Vec::new(), &SystemClock, &());
    let kernel = FakeKernel::in_mode(KernelMode::Enforcing);
    let system = System {
        root: &root,
        kind: SystemKind::Container,
        kernel: &kernel,
        processes: &processes,
        base_rule: &OnceCell::new(),
    };
    let found = assess(&system, &spec()).unwrap();
    assert_eq!((summary(&found.rule).0, found.state), ("not applicable", State::InContainer));
    assert_eq!(kernel.rule_asked.get(), 0);
}
