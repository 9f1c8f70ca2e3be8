use host::process::CommandRunner;
use host::process::clock::SystemClock;
use host::system::kind::SystemKind;

use super::*;
use crate::assess::assess;
use crate::kernel::KernelMode;
use crate::render::Sources;
use crate::testing::{FakeKernel, compiled, own_domain_spec, root_with};

const MODULE: &str = "/var/lib/selinux/t/active/modules/300/agent-bpf/cil";
const POLICY: &str = "/etc/selinux/t/policy/policy.33";

/// Assesses a root with the module `installed` in its store.
fn assessed(spec: &ModuleSpec, kernel: &FakeKernel, installed: Option<&str>, kind: SystemKind) -> RuleAssessment {
    let scratch = tempfile::tempdir().unwrap();
    let mut files: Vec<(&str, &[u8])> = vec![
        ("/etc/selinux/config", b"SELINUX=enforcing\nSELINUXTYPE=t\n"),
        ("/etc/selinux/semanage.conf", b""),
        ("/var/lib/selinux/t/active/modules/100/base/cil", b""),
        (POLICY, compiled::ALLOWS),
    ];
    files.extend(installed.map(|text| (MODULE, text.as_bytes())));
    let alternate = root_with(scratch.path(), &files);
    let root = if kind == SystemKind::Image { alternate } else { host::Root::for_test(scratch.path()).unwrap() };
    let runner = CommandRunner::with_directories(vec!["/nonexistent".into()], &SystemClock, &());
    assess(&System { root: &root, kind, kernel, runner: &runner }, spec).unwrap()
}

fn running(spec: &ModuleSpec, kernel: &FakeKernel, installed: Option<&str>) -> RuleAssessment {
    assessed(spec, kernel, installed, SystemKind::Running)
}

fn source(spec: &ModuleSpec) -> String {
    Sources::render(spec, &spec.domain).unwrap().cil
}

fn kernel(knows_domain: bool, allows: bool) -> FakeKernel {
    let kernel = FakeKernel::in_mode(KernelMode::Enforcing);
    kernel.knows_domain.set(knows_domain);
    kernel.allows.set(allows);
    kernel
}

#[test]
fn a_policy_without_the_domain_lacks_the_module() {
    let spec = own_domain_spec();
    let found = running(&spec, &kernel(false, false), None);
    let RuleState::Missing(problem) = &found.rule else { panic!("{found:?}") };
    assert_eq!((problem.cause, problem.denied_now), (Cause::ModuleMissing, true));
    assert_eq!(problem.detail, "enforcing, and the kernel does not have the domain agent_t");
    assert_eq!(found.domain.as_deref(), Some("agent_t"));
    // The module is in the store, and the kernel has an older policy.
    let found = running(&spec, &kernel(false, false), Some(&source(&spec)));
    assert!(matches!(found.rule, RuleState::NotBuilt(_)), "{found:?}");
}

#[test]
fn the_domain_that_a_service_would_start_in_does_not_count() {
    // As Debian's initrc_t, which may use bpf.
    let found = running(&own_domain_spec(), &kernel(false, true), None);
    assert!(matches!(found.rule, RuleState::Missing(_)), "{found:?}");
}

#[test]
fn with_the_domain_and_the_rule_it_is_in_force() {
    let spec = own_domain_spec();
    let found = running(&spec, &kernel(true, true), Some(&source(&spec)));
    let RuleState::InForce(detail) = &found.rule else { panic!("{found:?}") };
    assert_eq!(detail, "enforcing; the kernel allows bpf for agent_t");
}

#[test]
fn a_domain_without_the_rule_is_denied() {
    let found = running(&own_domain_spec(), &kernel(true, false), None);
    assert!(found.rule.denied_now() && found.rule.to_string().contains("denies agent_t bpf"), "{found:?}");
}

/// The kernel's answer is not about what else the module allows, or whether the domain is permissive.
#[test]
fn the_module_of_an_earlier_profile_is_replaced() {
    let (permissive, allows) = (own_domain_spec(), kernel(true, true));
    let enforcing = ModuleSpec { domain_mode: DomainMode::Enforcing, ..own_domain_spec() };
    for (wanted, installed) in [(&enforcing, &permissive), (&permissive, &enforcing)] {
        let found = running(wanted, &allows, Some(&source(installed)));
        let RuleState::Missing(problem) = &found.rule else { panic!("{found:?}") };
        assert!(!problem.denied_now && problem.detail.contains("is not the one that the profile defines"), "{found:?}");
    }
}

#[test]
fn a_domain_that_another_module_keeps_permissive_is_told() {
    let spec = ModuleSpec { domain_mode: DomainMode::Enforcing, ..own_domain_spec() };
    let allows = kernel(true, true);
    allows.permissive_domain.set(true);
    let found = running(&spec, &allows, Some(&source(&spec)));
    assert!(found.rule.to_string().contains("semanage permissive -d agent_t"), "{found:?}");
}

/// `semodule` was killed after its commit, or `secure_mode_policyload` is on.
#[test]
fn a_mode_that_was_not_loaded_is_not_another_modules() {
    // A domain that the compiled policy has, and not as a permissive one.
    let spec =
        ModuleSpec { domain: "unconfined_service_t".into(), domain_mode: DomainMode::Enforcing, ..own_domain_spec() };
    let allows = kernel(true, true);
    allows.permissive_domain.set(true);
    let found = running(&spec, &allows, Some(&source(&spec)));
    let RuleState::NotLoaded(problem) = &found.rule else { panic!("{found:?}") };
    assert_eq!(
        problem.detail,
        "enforcing, and the kernel has the domain unconfined_service_t permissive, and the policy on disk has it enforcing: it has \
         not been loaded"
    );
    assert!(!problem.denied_now);
    // The policy on disk is not as wanted either: not a matter of loading it.
    let permissive = ModuleSpec { domain_mode: DomainMode::Permissive, ..spec };
    allows.permissive_domain.set(false);
    let found = running(&permissive, &allows, Some(&source(&permissive)));
    assert!(matches!(found.rule, RuleState::InForce(_)), "{found:?}");
}

#[test]
fn a_further_rule_that_was_not_loaded_is_told() {
    let spec = |target: &str| ModuleSpec {
        domain: "unconfined_service_t".into(),
        domain_mode: DomainMode::Enforcing,
        allow: vec![AllowRule { target: target.into(), class: "bpf".into(), permissions: vec!["prog_load".into()] }],
        ..own_domain_spec()
    };
    let allows = kernel(true, true);
    let mut rows = Vec::new();
    for target in ["self", "unconfined_service_t", "type_of_another_policy_t"] {
        for answer in [None, Some(true), Some(false)] {
            allows.allows_further.set(answer);
            let spec = spec(target);
            let found = running(&spec, &allows, Some(&source(&spec)));
            if let RuleState::NotLoaded(problem) = found.rule {
                rows.push((target, answer, problem.detail));
            }
        }
    }
    let detail = |target: &str| {
        format!(
            "enforcing, and the kernel denies unconfined_service_t {target}:bpf {{ prog_load }}, and the policy on disk allows it: it \
             has not been loaded"
        )
    };
    // A name that the policy on disk does not have either is no matter of loading it.
    let expected = ["self", "unconfined_service_t"].map(|target| (target, Some(false), detail(target)));
    assert_eq!(rows, expected);
}

#[test]
fn the_compiled_policy_is_asked_for_the_domain_too() {
    // It allows the rule to unconfined_service_t, and has no agent_t.
    let found = assessed(&own_domain_spec(), &kernel(true, true), None, SystemKind::Image);
    let RuleState::Missing(problem) = &found.rule else { panic!("{found:?}") };
    assert_eq!(problem.cause, Cause::ModuleMissing);
    assert!(problem.detail.contains(&format!("{POLICY} does not have the domain agent_t")), "{found:?}");
}
