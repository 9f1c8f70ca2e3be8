use host::process::clock::SystemClock;

use super::*;
use crate::kernel::KernelMode;
use crate::spec::tests::spec;
use crate::testing::{FakeKernel, compiled, root_with};

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
    let runner = CommandRunner::with_directories(vec!["/nonexistent".into()], &SystemClock, &());
    let system = System {
        root: &root,
        kind: if alternate { SystemKind::Image } else { SystemKind::Running },
        kernel,
        runner: &runner,
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
        RuleState::NotBuilt(_) => "not built",
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

/// The compiled policy decides; the store says what to do.
#[test]
fn without_a_kernel_the_disk_decides() {
    const BROKEN: &[u8] = b"\x8c\xff\x7c\xf9";
    let (at_300, at_400) = (module(300), module(400));
    let (ours, other) = ((at_300.as_str(), OURS), (at_300.as_str(), OTHER));
    let above = (at_400.as_str(), OTHER);
    let disabled = ("/var/lib/selinux/t/active/modules/disabled/agent-bpf", &b""[..]);
    let cases: [(Option<&[u8]>, Files, &str, _); 26] = [
        (Some(compiled::ALLOWS), &[BASE, ours], "in force", None),
        (Some(compiled::ALLOWS), &[BASE], "in force", None),
        (Some(compiled::ALLOWS), &[BASE, ours, disabled], "in force", None),
        (Some(compiled::ALLOWS), &[BASE, other], "in force", None),
        (Some(compiled::ALLOWS), &[BASE, above], "in force", None),
        (Some(compiled::ALLOWS), &[OLD_STORE], "in force", None),
        (Some(compiled::ALLOWS), &[], "in force", None),
        (Some(compiled::FALLBACK_ALLOWS), &[BASE], "in force", None),
        // EL 7.0 to 7.2 know no class `bpf`, and allow what they do not know.
        (Some(compiled::NO_CLASS_ALLOW), &[OLD_STORE], "in force", None),
        (Some(compiled::NO_CLASS_DENY), &[BASE], "unfixable", Some(Cause::ClassMissing)),
        (Some(compiled::NO_DOMAIN), &[BASE], "unfixable", Some(Cause::TypeMissing)),
        (Some(compiled::DENIES), &[BASE], "missing", Some(Cause::ModuleMissing)),
        (Some(compiled::DENIES), &[BASE, ours, disabled], "missing", Some(Cause::ModuleDisabled)),
        (Some(compiled::DENIES), &[BASE, other], "missing", Some(Cause::RuleDenied)),
        (Some(compiled::DENIES), &[BASE, above], "overridden", Some(Cause::RuleDenied)),
        // A policy that is older than the store.
        (Some(compiled::DENIES), &[BASE, ours], "not built", Some(Cause::RuleDenied)),
        (Some(compiled::DENIES), &[], "unfixable", Some(Cause::StoreBroken)),
        (Some(compiled::DENIES), &[OLD_STORE], "unfixable", Some(Cause::StoreUnsupported)),
        (None, &[BASE], "missing", Some(Cause::StoreBroken)),
        (None, &[BASE, ours], "not built", Some(Cause::StoreBroken)),
        (None, &[OLD_STORE], "unfixable", Some(Cause::StoreUnsupported)),
        (None, &[], "unfixable", Some(Cause::StoreBroken)),
        (Some(b""), &[BASE, ours], "not built", Some(Cause::StoreBroken)),
        (Some(BROKEN), &[BASE], "missing", Some(Cause::StoreBroken)),
        (Some(BROKEN), &[BASE, ours, disabled], "missing", Some(Cause::StoreBroken)),
        (Some(BROKEN), &[], "unfixable", Some(Cause::StoreBroken)),
    ];
    for (number, (policy, store, name, cause)) in cases.into_iter().enumerate() {
        let policy = policy.map(|content| ("/etc/selinux/t/policy/policy.30", content));
        let files: Vec<_> = store.iter().copied().chain(policy).collect();
        let kernel = FakeKernel::in_mode(KernelMode::Enforcing);
        let found = assessed(true, &kernel, &files);
        assert_eq!(summary(&found.rule), (name, cause, cause.is_some()), "row {number}: {found:?}");
        assert!(found.answer.is_none(), "row {number}: the kernel was not asked");
        // Off now: nothing is denied before the next boot.
        let off = assessed(false, &FakeKernel::in_mode(KernelMode::NotRunning), &files);
        let name = if name == "in force" { "pending" } else { name };
        assert_eq!(summary(&off.rule), (name, cause, false), "row {number}: {off:?}");
        assert_eq!(kernel.mode_asked.get() + kernel.rule_asked.get(), 0, "an alternate root's kernel is not this one");
    }
}

#[test]
fn permissive_without_policy_and_store_denies_nothing() {
    let permissive = ("/etc/selinux/config", &b"SELINUX=permissive\nSELINUXTYPE=t\n"[..]);
    let found = assessed(true, &FakeKernel::in_mode(KernelMode::NotRunning), &[permissive]);
    assert_eq!(summary(&found.rule), ("not applicable", None, false));
}

#[test]
fn a_link_in_the_place_of_the_policy_has_to_be_moved_first() {
    let scratch = tempfile::tempdir().unwrap();
    let root = root_with(scratch.path(), &[CONFIG, CONF, BASE, ("/etc/selinux/t/policy/x", b"")]);
    std::os::unix::fs::symlink("gone", scratch.path().join("etc/selinux/t/policy/policy.33")).unwrap();
    let runner = CommandRunner::with_directories(Vec::new(), &SystemClock, &());
    let kernel = FakeKernel::in_mode(KernelMode::NotRunning);
    let system = System { root: &root, kind: SystemKind::Image, kernel: &kernel, runner: &runner };
    let found = assess(&system, &spec()).unwrap();
    assert_eq!(summary(&found.rule), ("unfixable", Some(Cause::StoreBroken), true));
    assert_eq!(found.broken_policy.unwrap(), "/etc/selinux/t/policy/policy.33");
}

#[test]
fn a_disabled_host_waits_for_nothing_that_cannot_be_prepared() {
    let disabled = ("/etc/selinux/config", &b"SELINUX=disabled\nSELINUXTYPE=t\n"[..]);
    for policy in [compiled::DENIES, compiled::NO_DOMAIN] {
        let files: Files = &[disabled, ("/etc/selinux/t/policy/policy.30", policy)];
        let found = assessed(false, &FakeKernel::in_mode(KernelMode::NotRunning), files);
        assert_eq!(summary(&found.rule), ("not applicable", None, false), "{found:?}");
    }
}

#[test]
fn a_permissive_domain_is_denied_nothing() {
    let policy = ("/etc/selinux/t/policy/policy.30", compiled::PERMISSIVE);
    let found = assessed(true, &FakeKernel::in_mode(KernelMode::NotRunning), &[BASE, policy]);
    assert_eq!(summary(&found.rule), ("missing", Some(Cause::ModuleMissing), false));
    assert!(found.rule.to_string().ends_with(" (a permissive domain: only logged)"), "{}", found.rule);
}

#[test]
fn a_policy_of_an_unsupported_version_is_unknown() {
    let mut newer = compiled::ALLOWS.to_vec();
    newer[16..20].copy_from_slice(&36_u32.to_le_bytes());
    let policy = ("/etc/selinux/t/policy/policy.36", newer.as_slice());
    let found = assessed(true, &FakeKernel::in_mode(KernelMode::NotRunning), &[BASE, policy]);
    assert_eq!(summary(&found.rule), ("unknown", None, false));
    assert!(found.rule.to_string().contains("policy.36: policy version 36;"), "{}", found.rule);
}

/// Those that libsepol of this system does not know are loaded if the kernel knows them.
#[test]
fn of_several_policies_each_that_may_be_loaded_has_to_allow_the_rule() {
    let (lower, higher) = ("/etc/selinux/t/policy/policy.31", "/etc/selinux/t/policy/policy.33");
    let libsepol = |newest: Option<u8>| newest.map(crate::testing::libsepol);
    for (on_31, on_33, newest, expected) in [
        (compiled::DENIES, compiled::ALLOWS, None, "in force"),
        (compiled::DENIES, compiled::ALLOWS, Some(33), "in force"),
        (compiled::DENIES, compiled::ALLOWS, Some(31), "missing"),
        (compiled::ALLOWS, compiled::DENIES, Some(31), "missing"),
        (compiled::ALLOWS, compiled::ALLOWS, Some(31), "in force"),
        (compiled::ALLOWS, compiled::DENIES, None, "missing"),
        (compiled::ALLOWS, compiled::DENIES, Some(33), "missing"),
        (b"", compiled::ALLOWS, Some(33), "in force"),
    ] {
        let library = libsepol(newest);
        let mut files = vec![BASE, (lower, on_31), (higher, on_33)];
        files.extend(library.as_ref().map(|library| ("/usr/lib/x86_64-linux-gnu/libsepol.so.2", library.as_slice())));
        let found = assessed(true, &FakeKernel::in_mode(KernelMode::NotRunning), &files);
        assert_eq!(summary(&found.rule).0, expected, "{newest:?} {found:?}");
        let off = assessed(false, &FakeKernel::in_mode(KernelMode::NotRunning), &files);
        assert_eq!(summary(&off.rule).0, if expected == "in force" { "pending" } else { expected }, "{off:?}");
    }
}

#[test]
fn a_fallback_domain_is_named_as_such() {
    let kernel = FakeKernel::in_mode(KernelMode::NotRunning);
    let policy = ("/etc/selinux/t/policy/policy.30", compiled::FALLBACK_ALLOWS);
    let found = assessed(true, &kernel, &[BASE, policy]);
    let named = "initrc_t (a fallback domain: the policy has no unconfined_service_t)";
    assert!(found.rule.to_string().ends_with(&format!("policy.30 allows bpf for {named}")), "{}", found.rule);
}

#[test]
fn a_class_or_permission_that_the_policy_does_not_know_is_said_so() {
    for (policy, unknown) in [
        (compiled::NO_CLASS_DENY, "the class bpf"),
        (compiled::NO_PERMISSION_DENY, "the permission prog_run of the class bpf"),
    ] {
        let policy = ("/etc/selinux/t/policy/policy.30", policy);
        let found = assessed(true, &FakeKernel::in_mode(KernelMode::NotRunning), &[BASE, policy]);
        assert_eq!(summary(&found.rule), ("unfixable", Some(Cause::ClassMissing), true), "{found:?}");
        let said = format!("the policy does not know {unknown}, and denies what it does not know");
        assert!(found.rule.to_string().ends_with(&said), "{}", found.rule);
    }
}

/// The store of EL 7 in a root: this machine's tools would make another.
#[test]
fn a_store_that_this_machines_tools_do_not_work_on() {
    let base = ("/etc/selinux/t/active/modules/100/base/cil", &b""[..]);
    let policy = ("/etc/selinux/t/policy/policy.30", compiled::DENIES);
    for (alternate, elsewhere) in [(true, Some(InRoot::from("/var/lib/selinux/t"))), (false, None)] {
        let found = assessed(alternate, &FakeKernel::in_mode(KernelMode::NotRunning), &[base, policy]);
        assert_eq!(summary(&found.rule).0, "missing");
        assert_eq!(found.tools_elsewhere, elsewhere);
    }
}

#[test]
fn an_unsupported_store_is_reported_by_name() {
    let found = assessed(false, &FakeKernel::in_mode(KernelMode::Enforcing), &[OLD_STORE]);
    let detail = found.rule.to_string();
    let named = "/etc/selinux/t/modules/active is not supported: policy store of SELinux userspace older than 2.4; \
                 semanage_migrate_store of a later one converts it";
    assert!(detail.contains(named), "{detail}");
    assert!(!detail.contains("no policy store"), "{detail}");
}

/// A later boot may enforce: the store is judged, and nothing is denied now.
#[test]
fn disabled_is_judged_by_the_disk() {
    let disabled = ("/etc/selinux/config", &b"SELINUX=disabled\nSELINUXTYPE=t\n"[..]);
    let denies = ("/etc/selinux/t/policy/policy.30", compiled::DENIES);
    let allows = ("/etc/selinux/t/policy/policy.30", compiled::ALLOWS);
    let (at_300, at_400) = (module(300), module(400));
    let cases: [(Files, _, _); 9] = [
        (&[disabled], "not applicable", None),
        (&[disabled, BASE, denies], "missing", Some(Cause::ModuleMissing)),
        (&[disabled, BASE, denies, (&at_300, OURS)], "not built", Some(Cause::RuleDenied)),
        (&[disabled, BASE, denies, (&at_300, OTHER)], "missing", Some(Cause::RuleDenied)),
        (&[disabled, BASE, denies, (&at_400, OTHER)], "overridden", Some(Cause::RuleDenied)),
        (&[disabled, BASE], "missing", Some(Cause::StoreBroken)),
        // The binary policy allows the rule, by our module or without it.
        (&[disabled, BASE, allows, (&at_300, OURS)], "pending", None),
        (&[disabled, BASE, allows], "not applicable", None),
        (&[disabled, OLD_STORE], "not applicable", None),
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
    let policy = ("/etc/selinux/t/policy/policy.30", compiled::DENIES);
    let another = assessed(true, &enforcing(), &[BASE, policy, boolean(b"1 1")]);
    assert_eq!(summary(&another.rule).1, Some(Cause::ModuleMissing), "an alternate root has another kernel");
}

#[test]
fn absent_and_in_a_container() {
    let scratch = tempfile::tempdir().unwrap();
    root_with(scratch.path(), &[CONFIG, BASE]);
    let root = Root::for_test(scratch.path()).unwrap();
    let runner = CommandRunner::with_directories(Vec::new(), &SystemClock, &());
    let kernel = FakeKernel::in_mode(KernelMode::Enforcing);
    let system = System { root: &root, kind: SystemKind::Container, kernel: &kernel, runner: &runner };
    let found = assess(&system, &spec()).unwrap();
    assert_eq!((summary(&found.rule).0, found.state), ("not applicable", State::InContainer));
    assert_eq!(kernel.rule_asked.get(), 0);
}
