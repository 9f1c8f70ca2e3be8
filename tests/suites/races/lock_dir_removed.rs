//! `remove` deletes the directories of the locks while other commands use them.

use std::process::{Command, Stdio};

use harness::{program, setup, signals, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

#[test]
fn the_directory_of_the_lock_goes_as_soon_as_it_is_made() {
    let root = signals::root();
    root.hostprep(&["repair"]).expect_code(3);
    root.remove("/run/cisco").mode("/opt/cisco", 0o700);
    let place = setup::open_tempdir();
    let trace = place.path().join("trace");
    let mut command = Command::new("strace");
    // Stopped once the directory is made, before the lock is in it.
    command.args(["-qq", "-e", "trace=mkdirat", "-e", "inject=mkdirat:signal=STOP:when=1", "-o"]).arg(&trace).arg("--");
    command.arg(program::binary()).args(root.args(&["repair"]));
    let strace = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let stopped = || std::fs::read_to_string(&trace).unwrap_or_default().contains("--- stopped by SIGSTOP ---");
    wait_until("it is stopped", || stopped().then_some(()));
    assert!(root.at("/run/cisco").exists());
    root.hostprep(&["remove"]).expect_code(0);
    assert!(!root.at("/run/cisco").exists(), "it went with the removal");
    let id = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", strace.id())).unwrap();
    kill(Pid::from_raw(id.trim().parse().unwrap()), Signal::SIGCONT).unwrap();
    let output = strace.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(root.account("passwd", "cisco-amp-scan-svc").is_some() && root.at("/opt/cisco").is_dir());
}

#[test]
fn a_lock_that_can_never_be_made_is_an_error_at_once() {
    let root = signals::root();
    root.link("/run", "nowhere");
    let start = std::time::Instant::now();
    let run = root.hostprep(&["repair"]).expect_code(1);
    assert!(run.stderr.contains("/run") && run.stderr.lines().count() == 1, "{}", run.stderr);
    assert!(start.elapsed() < std::time::Duration::from_secs(20));
}
