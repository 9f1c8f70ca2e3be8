//! The places of the locks come and go with removals.

use std::process::{Child, Command, Stdio};

use harness::{ScratchRoot, program, signals, wait_until};

/// Starts `hostprep WORDS`, which pauses for three seconds when its `when`-th call of that name has been done.
fn paused(root: &ScratchRoot, words: &[&str], call: &str, when: usize) -> Child {
    let mut command = Command::new("strace");
    let inject = format!("inject={call}:delay_exit=3s:when={when}");
    command.args(["-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject, "--"]);
    command.arg(program::binary()).arg("--root").arg(root.path()).args(words);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn the_directory_of_the_lock_goes_as_soon_as_it_is_made() {
    let root = signals::root();
    root.hostprep(&["repair"]).expect_code(3);
    root.remove("/run/cisco").mode("/opt/cisco", 0o700);
    let made = || root.at("/run/cisco").exists().then_some(());
    let repair = paused(&root, &["repair"], "mkdirat", 1);
    wait_until("the directory is made", made);
    root.hostprep(&["remove"]).expect_code(0);
    assert!(made().is_none(), "it went with the removal");
    let output = repair.wait_with_output().unwrap();
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
