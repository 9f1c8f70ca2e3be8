//! `examples/third_party.rs`, which uses nothing but this crate, on a root with a real store.

use std::path::PathBuf;

use host::process::{Command, ProcessError};

use crate::support::{Scratch, runner};

const SPEC: &[u8] = b"name = 'agent-bpf'
priority = 300
domain = 'unconfined_service_t'
fallback_domains = ['initrc_t']
class = 'bpf'
permissions = ['map_create', 'map_read', 'map_write', 'prog_load', 'prog_run']
executable = '/opt/agent/bin/agentd'
";

fn program() -> PathBuf {
    // target/PROFILE/deps/TEST: examples are built next to `deps`.
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples/third_party");
    assert!(program.exists(), "not built: cargo build --package hostprep-policy --examples");
    program
}

/// Runs it on `scratch`: its lines, or those of its failure.
fn run(scratch: &Scratch, options: &[&str]) -> Result<Vec<String>, ProcessError> {
    scratch.root.replace("/agent.toml", SPEC, 0o644).unwrap();
    // Started through env(1), as programs are searched for in the system's directories only.
    let command = Command::new("env").arg(program()).arg("--root").arg(scratch.root.path());
    let output = runner().run(&command.args(options).arg(scratch.root.host_path("/agent.toml")))?;
    Ok(output.stdout.lines().map(str::to_owned).collect())
}

#[test]
fn it_assesses_and_loads() {
    let scratch = Scratch::tiny(str::to_owned);
    let error = run(&scratch, &[]).unwrap_err();
    assert!(matches!(error, ProcessError::Failed { code: Some(1), .. }), "{error}");
    assert_eq!(scratch.linked_rules("initrc_t"), "", "assessing loads nothing");

    let lines = run(&scratch, &["--load"]).unwrap();
    assert_eq!(
        lines,
        [
            "missing: enforcing, and /etc/selinux/tiny/policy/policy.33 denies initrc_t bpf { map_create map_read map_write \
             prog_load prog_run } (a fallback domain: the policy has no unconfined_service_t)",
            "  denied now; install the module",
            "in force: /etc/selinux/tiny/policy/policy.33 allows bpf for initrc_t (a fallback domain: the policy has no \
             unconfined_service_t)",
        ]
    );
    assert!(scratch.linked_rules("initrc_t").contains("prog_run"), "{}", scratch.linked_rules("initrc_t"));
    assert!(!scratch.root.exists("/run/third-party-policy"), "nothing of compiling is left");
    assert_eq!(run(&scratch, &[]).unwrap().len(), 1, "and is found in force");
}

#[test]
fn an_administrators_module_is_not_replaced() {
    let scratch = Scratch::tiny(str::to_owned);
    scratch.add(400, "agent-bpf", "(typeattribute an_administrators)").unwrap();
    let before = scratch.linked_rules("initrc_t");
    let error = run(&scratch, &["--load"]).unwrap_err();
    assert!(matches!(error, ProcessError::Failed { code: Some(1), .. }), "{error}");
    assert_eq!(scratch.linked_rules("initrc_t"), before);
    assert!(!scratch.host_path("active/modules/300/agent-bpf").exists());
}
