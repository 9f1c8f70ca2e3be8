//! Which transactions that failed are run again.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests arrange files, and fail by panicking")]

mod common;

use std::fs;

use common::{Host, SELINUX_MODULE, reason, stderr_of_semodule};
use faults::Reason;
use installer::model::report::Outcome;
use policy::testing::compiled;

const RECORD: &str = "var/lib/cisco/hostprep/policy-attempt.json";

/// A host on which `semodule` fails with what the real one said.
fn refusing(message: &str) -> Host {
    let host = Host::enforcing("rhel-9");
    host.directory("opt/cisco");
    let said = stderr_of_semodule(message);
    host.failing_semodule(&said.replace("agent-bpf", "cisco-secure-bpf").replace("/default/", "/targeted/"));
    host
}

#[test]
fn what_repeating_cannot_change_is_run_once() {
    for (message, expected) in [
        ("neverallow", Reason::Neverallow),
        ("left-attribute", Reason::StoreBroken),
        ("left-keyword", Reason::StoreBroken),
        ("local-port-type", Reason::StoreBroken),
        ("newer-module-version", Reason::PolicyVersion),
        ("type-missing-pp", Reason::TypeMissing),
        ("permission-missing-cil", Reason::ClassMissing),
    ] {
        let mut host = refusing(message);
        let first = host.repair(SELINUX_MODULE);
        assert_eq!(reason(&first), expected, "{message}");
        let calls = host.calls();
        assert!(!host.remedies(&first).is_empty() && host.remedies(&first) != ["hostprep repair"], "{first:?}");
        for again in [host.repair(SELINUX_MODULE), host.check(SELINUX_MODULE)] {
            assert_eq!((reason(&again), &again.detail), (expected.clone(), &first.detail), "{message}");
            assert_eq!(host.remedies(&again), host.remedies(&first), "{message}");
        }
        assert_eq!(host.calls(), calls, "{message}");
        assert_eq!(host.raised(), [19]);
        host.force = true;
        assert_eq!(reason(&host.repair(SELINUX_MODULE)), expected);
        assert!(host.calls().len() > calls.len(), "{message}: asked for");

        // Now the store is another.
        host.force = false;
        host.file("var/lib/selinux/targeted/active/commit_num", "22");
        host.semodule(true);
        assert_eq!(host.repair(SELINUX_MODULE).outcome, Outcome::Changed, "{message}");
        assert!(!host.path(RECORD).exists() && host.raised().is_empty());
    }
}

#[test]
fn what_may_pass_by_itself_is_run_again() {
    for (message, expected) in [
        ("read-only-var", Reason::StoreReadOnly),
        ("out-of-memory", Reason::OutOfMemory),
        // It names a module that it could not unpack.
        ("out-of-memory-unpacking", Reason::OutOfMemory),
        ("no-space", Reason::DiskFull),
    ] {
        let host = refusing(message);
        host.file("var/lib/selinux/targeted/active/modules/100/postfixpolicyd/cil", "(type a_t)");
        assert_eq!(reason(&host.repair(SELINUX_MODULE)), expected, "{message}");
        let calls = host.calls().len();
        assert_eq!(reason(&host.repair(SELINUX_MODULE)), expected, "{message}");
        assert_eq!(host.calls().len(), 2 * calls, "{message}");
        assert!(!host.path(RECORD).exists(), "{message}");
    }
}

/// `semodule` says that all is well, and the store does not have the module.
#[test]
fn what_succeeds_without_effect_is_run_once() {
    let host = Host::enforcing("rhel-9");
    host.directory("opt/cisco");
    host.tool("semodule", "exit 0");
    let first = host.repair(SELINUX_MODULE);
    assert_eq!(reason(&first), Reason::ModuleMissing);
    assert!(first.detail.ends_with("also after a transaction that succeeded"), "{}", first.detail);
    assert_eq!(host.remedies(&first).last().unwrap(), "hostprep repair --force");
    host.repair(SELINUX_MODULE);
    assert_eq!(host.calls().len(), 1);
}

/// A policy of a higher version than the tools write is loaded before it.
#[test]
fn what_is_written_beside_a_higher_version_is_not_loaded() {
    let host = Host::enforcing("rhel-9");
    host.directory("opt/cisco");
    host.semodule(false);
    fs::write(host.path("etc/selinux/targeted/policy/policy.35"), compiled::DENIES).unwrap();
    let report = host.repair(SELINUX_MODULE);
    assert_eq!(reason(&report), Reason::PolicyVersion, "{report:?}");
    let higher = "/etc/selinux/targeted/policy/policy.35";
    assert_eq!(host.remedies(&report), [format!("mv -T {higher} {higher}.old"), "hostprep repair --force".to_owned()]);
    assert!(host.path("etc/selinux/targeted/policy/policy.30").exists(), "its own tools wrote it");
    let calls = host.calls();
    assert_eq!(reason(&host.repair(SELINUX_MODULE)), Reason::PolicyVersion);
    assert_eq!(host.calls(), calls);
    host.file("loaded", "");
    assert_eq!(host.repair(SELINUX_MODULE).outcome, Outcome::Ok);
}

/// Another user could make hostprep believe what it wants.
#[test]
fn a_record_that_is_a_link_counts_as_none() {
    let host = refusing("neverallow");
    host.repair(SELINUX_MODULE);
    let calls = host.calls().len();
    fs::rename(host.path(RECORD), host.path("record")).unwrap();
    std::os::unix::fs::symlink("/record", host.path(RECORD)).unwrap();
    host.repair(SELINUX_MODULE);
    assert_eq!(host.calls().len(), 2 * calls);
}
