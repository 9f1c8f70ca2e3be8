//! Another tool holds the account files: `useradd` waits for it, and the window stays open while it waits.

use std::fs::{self, File};
use std::process::{Child, Command, Output, Stdio};

use harness::{BlockedTool, ScratchRoot, Snapshot, System, program, setup, signals, wait_until};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use serde_json::Value;

use crate::NAME;

/// The lock of `lckpwdf(3)`, held until it is dropped.
fn hold(path: &std::path::Path) -> File {
    let file = File::options().append(true).create(true).open(path).unwrap();
    let lock =
        libc::flock { l_type: libc::F_WRLCK as i16, l_whence: libc::SEEK_SET as i16, l_start: 0, l_len: 0, l_pid: 0 };
    fcntl(&file, FcntlArg::F_SETLK(&lock)).unwrap();
    file
}

fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The system call in which the `useradd` below `hostprep` sleeps, once it does.
#[track_caller]
fn wait_until_useradd_waits(hostprep: &Child, calls: &[i64]) {
    let waits = |id: &str| {
        let in_call = fs::read_to_string(format!("/proc/{id}/syscall")).unwrap_or_default();
        let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        let number: Option<i64> = in_call.split(' ').next().and_then(|number| number.parse().ok());
        name == "useradd\n" && number.is_some_and(|number| calls.contains(&number))
    };
    let id = hostprep.id();
    wait_until("useradd waits", || {
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        children.split_whitespace().any(waits).then_some(())
    });
}

/// `fcntl` for the one lock, a pause for the other.
const WAITS: [i64; 3] = [libc::SYS_fcntl, libc::SYS_clock_nanosleep, libc::SYS_nanosleep];

struct Host {
    system: System,
    login_defs: Snapshot,
}

impl Host {
    fn new() -> Self {
        let system = System::new("bookworm", &[]);
        system.copy(program::binary(), "/usr/bin/hostprep");
        let login_defs = Snapshot::of(&system.at("/etc/login.defs"));
        Self { system, login_defs }
    }

    fn start(&self, line: &str) -> Child {
        start(self.system.command("/usr/bin/hostprep").args(line.split(' ')))
    }

    #[track_caller]
    fn expect_window_closed(&self) {
        self.login_defs.expect_untouched(&Snapshot::of(&self.system.at("/etc/login.defs")));
    }

    fn says_yes(&self) -> bool {
        self.system.text("/etc/login.defs").contains("USERGROUPS_ENAB yes")
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_tool_that_holds_the_account_files_for_a_while_is_waited_for() {
    if !harness::need_root() {
        return;
    }
    let host = Host::new();
    let held = hold(&host.system.at("/etc/.pwd.lock"));
    let child = host.start("repair");
    wait_until_useradd_waits(&child, &WAITS);
    assert!(host.says_yes(), "the window is open for as long as useradd runs");
    drop(held);
    let output = child.wait_with_output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 4)), "{}", said(&output));
    assert!(host.system.text("/etc/group").contains(NAME));
    host.expect_window_closed();
}

/// `lckpwdf(3)` gives up after 15 seconds, and so does `useradd`.
#[test]
fn one_that_holds_them_for_long_is_a_fault_until_the_next_run() {
    if !harness::need_root() {
        return;
    }
    let host = Host::new();
    let held = hold(&host.system.at("/etc/.pwd.lock"));
    let child = host.start("hook deb postinst configure");
    wait_until_useradd_waits(&child, &WAITS);
    assert!(host.says_yes());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "the package manager continues");
    assert!(
        said(&output).contains("hostprep: fault 5: ") && said(&output).contains("cannot lock"),
        "{}",
        said(&output)
    );
    host.expect_window_closed();
    assert!(!host.system.text("/etc/passwd").contains(NAME));

    drop(held);
    let output = host.start("repair").wait_with_output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 4)), "{}", said(&output));
    host.expect_window_closed();
    let history = host.system.hostprep(&["faults", "history", "--format", "json"]).expect_code(0).stdout;
    let events: Vec<Value> = history.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let changes: Vec<_> =
        events.iter().map(|event| (event["event"].as_str().unwrap(), event["fault"].as_u64())).collect();
    assert_eq!(changes, [("raised", Some(5)), ("cleared", Some(5))]);
    assert_eq!(events[0]["reason"], "account-files-locked");
    let detail = events[0]["detail"].as_str().unwrap();
    // Without /proc, the process has no name.
    assert!(detail.contains(&format!("process {} holds /etc/.pwd.lock", std::process::id())), "{detail}");
}

/// In an alternate root the tools take only lock files with a process number, next to the account files.
fn with_lock(holder: u32) -> (ScratchRoot, Snapshot) {
    let root = signals::root();
    root.file("/etc/passwd.lock", format!("{holder}\0"));
    let login_defs = Snapshot::of(&root.at("/etc/login.defs"));
    (root, login_defs)
}

#[test]
fn a_lock_that_a_dead_tool_left_is_no_obstacle() {
    let mut dead = Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    let (root, login_defs) = with_lock(dead.id());
    root.hostprep(&["repair"]).expect_code(3);
    assert!(root.account("passwd", NAME).is_some() && root.account("group", NAME).is_some());
    assert!(!root.at("/etc/passwd.lock").exists());
    login_defs.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs")));
}

#[test]
fn a_lock_of_a_living_tool_is_waited_for() {
    let (root, login_defs) = with_lock(std::process::id());
    let child = start(Command::new(program::binary()).args(root.args(&["repair"])));
    wait_until_useradd_waits(&child, &WAITS);
    assert!(root.text("/etc/login.defs").contains("USERGROUPS_ENAB yes"));
    root.remove("/etc/passwd.lock");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(root.account("passwd", NAME).is_some() && root.account("group", NAME).is_some());
    login_defs.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs")));
}

/// It was not there when we looked, and is when our `useradd` comes: it is theirs, and stays when we go.
#[test]
fn a_user_that_another_tool_creates_meanwhile_is_not_ours() {
    let root = signals::root();
    let login_defs = Snapshot::of(&root.at("/etc/login.defs"));
    let useradd = BlockedTool::new("useradd");
    let child = start(useradd.command(program::binary()).args(root.args(&["repair"])));
    useradd.wait_until_started();
    let mut theirs = Command::new("useradd");
    theirs.arg("--prefix").arg(root.path()).args(["--system", "--user-group", "--no-create-home", NAME]);
    setup::run(theirs.args(["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]));
    useradd.unblock();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "fault 11 alone: {}", said(&output));
    assert_eq!(root.hostprep(&["status"]).expect_code(3).stdout.lines().nth(1), Some("Fault IDs: 11"));
    login_defs.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs")));
    root.hostprep(&["remove"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_some() && root.account("group", NAME).is_some());
}
