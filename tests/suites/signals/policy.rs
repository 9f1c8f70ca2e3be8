//! Signals while hostprep compiles and loads the policy module.

use std::fs::File;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use harness::snapshot::Compare;
use harness::{BlockedTool, Caller, ScratchRoot, program, wait_until};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::during_useradd::expect_interrupted;

const ONLY: [&str; 3] = ["repair", "--only", "selinux-module"];

fn root() -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.policy_store().dir("/opt/cisco", 0o755);
    root
}

fn ours(root: &ScratchRoot) -> Vec<String> {
    root.modules().into_iter().filter(|line| line.contains("cisco")).collect()
}

/// Starts `command` on the root, sends `signal` once `ready`, `then` waits for the end.
fn interrupted(
    mut command: Command,
    root: &ScratchRoot,
    signal: Signal,
    ready: impl FnOnce(),
    then: impl FnOnce(),
) -> Output {
    command.args(root.args(&ONLY)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    ready();
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
    then();
    child.wait_with_output().unwrap()
}

#[test]
fn a_transaction_is_completed() {
    let root = root();
    let semodule = BlockedTool::new("semodule");
    let ready = || semodule.wait_until_started();
    let output = interrupted(semodule.command(program::binary()), &root, Signal::SIGTERM, ready, || semodule.unblock());
    assert_eq!(output.status.code(), Some(0), "nothing was left to do: {output:?}");
    assert!(semodule.has_ended());
    assert_eq!(ours(&root), ["300 cisco-secure-bpf cil"]);
    assert!(!root.at("/opt/cisco/hostprep").exists());
}

/// Between two attempts, while another transaction holds the store, the end is immediate and no fault.
#[test]
fn waiting_ends_at_once_and_the_next_run_continues() {
    let root = root();
    let tree = || root.snapshot().without(&["/var/log", "/var/lib/cisco", "/run"]);
    let before = tree();
    let lock = File::options().append(true).open(root.at("/var/lib/selinux/default/semanage.trans.LOCK")).unwrap();
    let held = Flock::lock(lock, FlockArg::LockExclusiveNonblock).unwrap();
    let log = || std::fs::read_to_string(root.at("/var/log/cisco/hostprep.log")).unwrap_or_default();
    let mut since = None;
    let ready = || {
        // A pause of one second, and another try of five.
        wait_until("it was tried once", || log().contains(" s: `semodule -n ").then_some(()));
        since = Some(Instant::now());
    };
    let mut command = Caller::Root.command("env");
    command.arg("--default-signal").arg(program::binary());
    let output = interrupted(command, &root, Signal::SIGTERM, ready, || ());
    assert!(since.unwrap().elapsed() < Duration::from_secs(5), "{:?}", since.unwrap().elapsed());
    expect_interrupted(&output, 1);
    drop(held);
    assert_eq!(before.difference(&tree(), Compare::SameTree), "");
    assert_eq!(root.hostprep(&["status"]).expect_code(0).stdout, "Faults: None\n");

    root.hostprep(&ONLY).expect_code(0);
    assert_eq!(ours(&root), ["300 cisco-secure-bpf cil"]);
}
