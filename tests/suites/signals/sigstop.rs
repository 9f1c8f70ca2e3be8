//! Ctrl-Z and `SIGSTOP`.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use harness::{Caller, Snapshot, program, signals, wait_until};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::during_useradd::{DuringUseradd, expect_closed};

/// Waits until the process is stopped.
#[track_caller]
fn wait_until_stopped(id: Pid) {
    wait_until("it is stopped", || {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        stat.rsplit(") ").next().unwrap().starts_with('T').then_some(())
    });
}

/// A stopped hostprep would leave login.defs changed until a user runs `fg`.
#[test]
fn it_stops_only_once_the_window_is_closed() {
    let work = DuringUseradd::start(&["repair"], |command| _ = command.process_group(0));
    let login_defs = work.root.text("/etc/login.defs").replace("USERGROUPS_ENAB yes", "USERGROUPS_ENAB no");
    killpg(work.id(), Signal::SIGTSTP).unwrap();
    work.useradd.unblock();
    wait_until_stopped(work.id());
    assert!(work.useradd.has_ended());
    assert_eq!(work.root.text("/etc/login.defs"), login_defs, "the window is closed");
    work.send(Signal::SIGCONT);
    let (_root, output) = work.end();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(3), 0), "it went on to its end: {output:?}");
}

/// SIGSTOP cannot be deferred: the window is closed as soon as the program continues.
#[test]
fn stopped_inside_the_window_it_continues_there() {
    let work = DuringUseradd::start(&["repair"], |_| ());
    work.send(Signal::SIGSTOP);
    wait_until_stopped(work.id());
    work.useradd.unblock();
    wait_until("useradd ends", || work.useradd.has_ended().then_some(()));
    work.send(Signal::SIGTERM);
    work.send(Signal::SIGCONT);
    let (_root, output) = work.end();
    crate::during_useradd::expect_interrupted(&output, 1);
}

#[test]
fn outside_of_the_window_it_stops_at_once() {
    let root = signals::root();
    let login_defs = Snapshot::of(&root.at("/etc/login.defs"));
    root.dir("/run/cisco", 0o755).file("/run/cisco/hostprep.lock", "");
    let lock = File::options().append(true).open(root.at("/run/cisco/hostprep.lock")).unwrap();
    let held = Flock::lock(lock, FlockArg::LockExclusiveNonblock).unwrap();
    let mut command = Caller::Root.command(program::binary());
    let command = command.args(root.args(&["repair"])).process_group(0).stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let id = Pid::from_raw(child.id().cast_signed());
    kill(id, Signal::SIGTSTP).unwrap();
    wait_until_stopped(id);
    kill(id, Signal::SIGCONT).unwrap();
    drop(held);
    assert_eq!(wait_until("it ends", || child.try_wait().unwrap()).code(), Some(3));
    expect_closed(&root, &login_defs);
}
