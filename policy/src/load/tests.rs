#![allow(clippy::disallowed_methods, reason = "a test makes the tools that are then run")]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use host::Root;
use host::process::clock::SystemClock;
use host::system::kind::SystemKind;

use super::*;
use crate::kernel::KernelMode;
use crate::spec::tests::spec;
use crate::testing::{FakeKernel, root_with};

/// A `semodule` that puts a CIL source into the store `$d`, and sets `$r` for `-R`.
const SEMODULE: &str = "
while [ $# -gt 0 ]; do case $1 in
  -X) p=$2; shift;;
  -R) r=1;;
  -i) n=$(basename ${2%.*}); mkdir -p $d/$p/$n; cp $2 $d/$p/$n/cil; shift;;
esac; shift; done
";

struct Host {
    scratch: tempfile::TempDir,
    root: Root,
    kernel: FakeKernel,
}

impl Host {
    /// An enforcing host whose kernel denies the rule until `loaded` exists, with these tools.
    fn with(tools: &[(&str, String)]) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let config = b"SELINUX=enforcing\nSELINUXTYPE=t\n";
        let base = "/var/lib/selinux/t/active/modules/100/base/cil";
        root_with(scratch.path(), &[("/etc/selinux/config", config), ("/etc/selinux/semanage.conf", b""), (base, b"")]);
        for directory in ["build", "tools"] {
            fs::create_dir(scratch.path().join(directory)).unwrap();
        }
        for (name, script) in tools {
            let place = scratch.path().display();
            let variables = format!("PATH=/usr/bin:/bin\nd={place}/var/lib/selinux/t/active/modules\n");
            let script = format!("#!/bin/sh\n{variables}echo {name} \"$@\" >> {place}/calls\ncd {place}\n{script}\n");
            let (source, tool) = (scratch.path().join("source"), scratch.path().join("tools").join(name));
            fs::write(&source, script).unwrap();
            // Written by another process: what a concurrent test starts would inherit it open for writing (ETXTBSY).
            assert!(std::process::Command::new("cp").arg(source).arg(&tool).status().unwrap().success());
            fs::set_permissions(tool, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let root = Root::for_test(scratch.path()).unwrap();
        let mut kernel = FakeKernel::in_mode(KernelMode::Enforcing);
        kernel.loaded = Some(scratch.path().join("loaded"));
        Self { scratch, root, kernel }
    }

    fn load(&self) -> Result<RuleAssessment, LoadError> {
        let runner = CommandRunner::with_directories(vec![self.scratch.path().join("tools")], &SystemClock, &());
        let system = System { root: &self.root, kind: SystemKind::Running, kernel: &self.kernel, runner: &runner };
        let build_dir = self.root.dir("/build").unwrap();
        let loaded = load(&system, &SystemClock, &spec(), &build_dir);
        assert!(build_dir.names().unwrap().is_empty(), "the compiler's files are removed");
        loaded
    }

    /// The calls of `semodule`, without directories.
    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.scratch.path().join("calls")).unwrap_or_default();
        let build = format!("{}/build/", self.scratch.path().display());
        text.lines().filter(|line| line.starts_with("semodule ")).map(|line| line.replace(&build, "")).collect()
    }
}

fn compilers() -> [(&'static str, String); 2] {
    // `checkmodule -M -m -o MOD TE`, `semodule_package -o PP -m MOD`.
    [("checkmodule", "cp $5 $4".into()), ("semodule_package", "cp $4 $2".into())]
}

#[test]
fn the_module_is_installed_and_the_kernel_asked_again() {
    let host = Host::with(&[("semodule", format!("{SEMODULE}touch loaded"))]);
    let found = host.load().unwrap();
    assert!(matches!(found.rule, RuleState::InForce(_)), "{found:?}");
    assert_eq!(host.calls(), ["semodule -s t -X 300 -i agent-bpf.cil"]);
    assert_eq!(host.kernel.rule_asked.get(), 2);
    host.load().unwrap();
    assert_eq!(host.calls().len(), 1, "a second time there is nothing to do");
}

#[test]
fn exit_status_0_proves_nothing() {
    let host = Host::with(&[("semodule", format!("{SEMODULE}[ -z \"$r\" ] || touch loaded"))]);
    let found = host.load().unwrap();
    assert!(matches!(found.rule, RuleState::InForce(_)), "{found:?}");
    assert_eq!(host.calls(), ["semodule -s t -X 300 -i agent-bpf.cil", "semodule -s t -R"]);

    let host = Host::with(&[("semodule", SEMODULE.to_owned())]);
    let found = host.load().unwrap();
    assert!(matches!(found.rule, RuleState::NotLoaded(_)), "{found:?}");
    assert!(found.rule.denied_now());
    assert_eq!(host.calls().len(), 2, "each is tried once");

    let host = Host::with(&[("semodule", "exit 0".to_owned())]);
    let found = host.load().unwrap();
    assert!(matches!(found.rule, RuleState::Missing(_)), "{found:?}");
    assert_eq!(host.calls().len(), 1);
}

#[test]
fn a_package_that_is_too_new_for_the_linker_is_installed_as_cil() {
    let refuses = include_str!("../../fixtures/stderr/newer-module-version.txt");
    let script =
        format!("case \"$*\" in *.pp*) cat >&2 <<'END'\n{refuses}\nEND\nexit 1;; esac\n{SEMODULE}touch loaded");
    let [checkmodule, package] = compilers();
    let host = Host::with(&[("semodule", script), checkmodule, package]);
    let found = host.load().unwrap();
    assert!(matches!(found.rule, RuleState::InForce(_)), "{found:?}");
    assert_eq!(
        host.calls(),
        ["semodule -s t -X 300 -i agent-bpf.pp", "semodule -s t -X 300 -i agent-bpf.cil"],
        "two transactions, of which the first failed"
    );
}

#[test]
fn a_failure_has_its_cause() {
    let refuses = include_str!("../../fixtures/stderr/read-only-var.txt");
    let host = Host::with(&[("semodule", format!("cat >&2 <<'END'\n{refuses}\nEND\nexit 1"))]);
    match host.load().unwrap_err() {
        LoadError::Transaction(e) => assert_eq!(e.cause, Cause::StoreReadOnly, "{e}"),
        other => panic!("{other}"),
    }
    assert_eq!(host.calls().len(), 1, "it is not tried in another form");

    let host = Host::with(&[]);
    match host.load().unwrap_err() {
        LoadError::Transaction(e) => assert_eq!(e.cause, Cause::ToolsMissing),
        other => panic!("{other}"),
    }
}

#[test]
fn an_unsupported_store_is_left_alone() {
    let host = Host::with(&[("semodule", format!("{SEMODULE}touch loaded"))]);
    let path = |inside: &str| host.scratch.path().join(inside);
    fs::rename(path("var/lib/selinux/t"), path("unused")).unwrap();
    fs::create_dir_all(path("etc/selinux/t/modules/active/modules")).unwrap();
    let found = host.load().unwrap();
    let problem = found.rule.problem().unwrap();
    assert_eq!(problem.cause, Cause::StoreUnsupported, "{found:?}");
    assert_eq!(host.calls(), [""; 0]);
}
