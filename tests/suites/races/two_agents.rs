//! hostprep of two agents, each with its own lock and state, at the same time: login.defs is theirs in turn.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use harness::{BlockedTool, ScratchRoot, login_defs, program, setup, wait_until};
use nix::fcntl::{Flock, FlockArg};

use crate::concurrent_commands::{Call, at_once, rounds};

const NO: &str = "USERGROUPS_ENAB no\n";
const YES: &str = "USERGROUPS_ENAB yes\n";
const USERS: [&str; 2] = ["cisco-amp-scan-svc", "acme-scan"];

fn root() -> ScratchRoot {
    let root = ScratchRoot::of("rhel-9");
    root.login_defs(&login_defs::with(NO));
    root
}

fn acme() -> String {
    setup::fixture("profiles/acme.toml").display().to_string()
}

/// What must be as before: the text, the inode, the mode and the time.
fn login_defs_of(root: &ScratchRoot) -> (String, u64, u32, (i64, i64)) {
    let found = fs::metadata(root.at("/etc/login.defs")).unwrap();
    (root.text("/etc/login.defs"), found.ino(), found.mode(), (found.mtime(), found.mtime_nsec()))
}

/// Names in /etc that a window uses.
fn left(root: &ScratchRoot) -> Vec<String> {
    let names = fs::read_dir(root.at("/etc")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains("hostprep")).collect()
}

#[track_caller]
fn both_users_have_their_groups(root: &ScratchRoot) {
    for name in USERS {
        let user = root.account("passwd", name).unwrap_or_else(|| panic!("{name} is missing"));
        let group = root.account("group", name).unwrap_or_else(|| panic!("{name} has no group"));
        assert_eq!(user[3], group[2], "{name}");
    }
}

/// Starts our repair, and waits until its useradd is to run.
fn in_our_window(root: &ScratchRoot) -> (BlockedTool, Child) {
    let useradd = BlockedTool::new("useradd");
    let mut ours = useradd.command(program::binary());
    let ours = ours.args(root.args(&["repair"])).stdout(Stdio::null()).spawn().unwrap();
    useradd.wait_until_started();
    assert!(root.text("/etc/login.defs").contains(YES));
    (useradd, ours)
}

/// Presses Ctrl-C, which ends the run.
fn interrupt(child: Child) {
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("interrupted"), "{said}");
}

/// Kills our repair inside its window.
fn leave_a_window(root: &ScratchRoot) {
    let (useradd, mut ours) = in_our_window(root);
    ours.kill().unwrap();
    ours.wait().unwrap();
    nix::sys::signal::killpg(useradd.id(), nix::sys::signal::Signal::SIGKILL).unwrap();
    assert!(root.text("/etc/login.defs").contains(YES));
}

#[test]
fn the_window_of_another_agent_is_waited_for() {
    let root = root();
    let before = login_defs_of(&root);
    let (useradd, mut ours) = in_our_window(&root);
    let acme = acme();
    let check = root.hostprep(&["check", "--profile", &acme]);
    assert!(check.code == Some(3) && !check.stdout.contains("interrupted"), "{check:?}");
    let mut theirs = Command::new(program::binary());
    theirs.args(root.args(&["repair", "--profile", &acme]));
    let mut theirs = theirs.stdout(Stdio::null()).spawn().unwrap();
    // Long enough for all that it does, if it did not wait.
    std::thread::sleep(Duration::from_secs(2));
    assert!(root.text("/etc/login.defs").contains(YES), "our window was closed by the other");
    assert!(root.account("passwd", USERS[1]).is_none(), "it did not wait");
    useradd.unblock();
    for (name, child) in [("ours", &mut ours), ("theirs", &mut theirs)] {
        let status = wait_until(name, || child.try_wait().unwrap());
        assert_eq!(status.code(), Some(0), "{name}");
    }
    both_users_have_their_groups(&root);
    assert_eq!(login_defs_of(&root), before);
    assert_eq!(left(&root), [""; 0]);
}

/// A window that a killed hostprep left open is closed by the next one, of whichever agent.
#[test]
fn what_the_other_agent_left_is_restored() {
    let root = root();
    let before = login_defs_of(&root);
    leave_a_window(&root);
    let acme = acme();
    let check = root.hostprep(&["check", "--profile", &acme]).expect_code(3).stdout;
    assert!(check.contains("scan-user"), "{check}");
    root.hostprep(&["repair", "--profile", &acme]).expect_code(0);
    assert_eq!(login_defs_of(&root), before);
    root.hostprep(&["repair"]).expect_code(0);
    assert_eq!(login_defs_of(&root), before);
    assert_eq!(left(&root), [""; 0]);
    both_users_have_their_groups(&root);
}

#[test]
fn both_at_once_leave_login_defs_as_it_was() {
    let root = root();
    let before = login_defs_of(&root);
    let (place, acme) = (root.path().display(), acme());
    for round in 0..rounds() * 5 {
        for words in ["repair", "remove"] {
            let calls = ["", &format!(" --profile {acme}")];
            let calls = calls.map(|profile| Call::new(&format!("{words}{profile} --root {place}"), &[0]));
            for (call, run) in at_once(calls.into(), || Command::new(program::binary())) {
                assert!(call.codes.contains(&run.code.unwrap()), "round {round}: {:?}: {run:?}", call.words);
            }
            assert_eq!(login_defs_of(&root), before, "round {round}: {words}");
            assert_eq!(left(&root), [""; 0], "round {round}: {words}");
            match words {
                "remove" => assert!(USERS.iter().all(|name| root.account("passwd", name).is_none()), "round {round}"),
                _ => both_users_have_their_groups(&root),
            }
        }
    }
}

/// Ctrl-C during the wait ends the run: the user is created neither inside a window nor without one.
#[test]
fn an_interrupted_wait_creates_no_user() {
    let root = root();
    let before = login_defs_of(&root);
    let (useradd, mut ours) = in_our_window(&root);
    let mut theirs = Command::new(program::binary());
    theirs.args(root.args(&["repair", "--profile", &acme()]));
    let theirs = theirs.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let waits = "another process holds the lock of /etc; useradd waits for it, for up to 60 s";
    let log = || fs::read_to_string(root.at("/var/log/acme/prep.log")).ok();
    wait_until("it waits for the lock of /etc", || log().filter(|log| log.contains(waits)));
    interrupt(theirs);
    useradd.unblock();
    let status = wait_until("ours", || ours.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    assert!(root.account("passwd", USERS[1]).is_none(), "the fallback was run");
    assert_eq!(login_defs_of(&root), before);
    assert_eq!(left(&root), [""; 0]);
}

/// Ctrl-C while the window of a killed run is to be closed, and another process has the lock: the next run closes it.
#[test]
fn an_interrupted_recovery_leaves_the_window_to_the_next_run() {
    let root = root();
    let before = login_defs_of(&root);
    leave_a_window(&root);
    let etc = fs::File::open(root.at("/etc")).unwrap();
    let lock = Flock::lock(etc, FlockArg::LockExclusiveNonblock).unwrap();
    let mut ours = Command::new(program::binary());
    let ours = ours.args(root.args(&["repair"])).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let log = || fs::read_to_string(root.at("/var/log/cisco/hostprep.log")).ok();
    let waits =
        "another process holds the lock of /etc; closing the login.defs window of an interrupted run waits for it";
    wait_until("it waits for the lock of /etc", || log().filter(|log| log.contains(waits)));
    interrupt(ours);
    assert!(root.text("/etc/login.defs").contains(YES), "closed without the lock");
    lock.unlock().unwrap();
    root.hostprep(&["repair"]).expect_code(0);
    assert_eq!(login_defs_of(&root), before);
    assert_eq!(left(&root), [""; 0]);
    assert!(root.account("passwd", USERS[0]).is_some());
}
