//! Another program's policy transaction.

use std::fs::File;
use std::process::{Command, Stdio};

use harness::{Caller, ScratchRoot, program, wait_until};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Returns whether a process holds the store's lock.
fn is_held(root: &ScratchRoot) -> bool {
    let lock = File::options().append(true).open(root.at("/var/lib/selinux/default/semanage.trans.LOCK")).unwrap();
    matches!(Flock::lock(lock, FlockArg::LockExclusiveNonblock), Err((_, Errno::EWOULDBLOCK)))
}

/// A real `semodule`, stopped in the middle of its transaction for longer than libsemanage waits for its lock.
#[test]
fn hostprep_waits_for_another_transaction() {
    let root = ScratchRoot::of("debian-12");
    root.policy_store().file("/site.cil", "(type site_t)");
    let mut semodule = Caller::Root.command("semodule");
    semodule.arg("-p").arg(root.path()).args(["-n", "-s", "default", "-X", "400", "-i"]).arg(root.at("/site.cil"));
    let mut theirs = semodule.stderr(Stdio::null()).spawn().unwrap();
    wait_until("the other transaction has begun", || is_held(&root).then_some(()));
    let id = Pid::from_raw(theirs.id().cast_signed());
    kill(id, Signal::SIGSTOP).unwrap();
    assert!(is_held(&root));

    let mut command = Command::new(program::binary());
    command.args(root.args(&["repair", "--only", "selinux-module"])).stdin(Stdio::null()).stdout(Stdio::null());
    let hostprep = command.stderr(Stdio::piped()).spawn().unwrap();
    let log = || std::fs::read_to_string(root.at("/var/log/cisco/hostprep.log")).unwrap_or_default();
    wait_until("libsemanage has given up", || log().contains("failed after").then_some(()));
    kill(id, Signal::SIGCONT).unwrap();
    assert!(theirs.wait().unwrap().success());
    let output = hostprep.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");

    let modules = root.modules();
    for module in ["300 cisco-secure-bpf cil", "400 site cil"] {
        assert!(modules.iter().any(|line| line == module), "{module} is not in {modules:?}");
    }
    let log = log();
    let tries = |word: &str| log.lines().filter(|line| line.contains(word) && line.contains("semodule -n ")).count();
    assert!(tries("failed after") >= 1 && tries("ran in") == 1, "it was tried again:\n{log}");
    assert!(!root.at("/var/lib/cisco/faults/faults.json").exists(), "no fault of it");
}
