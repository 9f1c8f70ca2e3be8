//! Signals to the whole process group, and several signals.

use std::os::unix::process::CommandExt;

use harness::terminal::CTRL_C;
use harness::{BlockedTool, Snapshot, Terminal, program, signals, wait_until};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, killpg};

use crate::during_useradd::{DuringUseradd, NAME, expect_closed, expect_interrupted};

#[test]
fn pressed_again_and_again_it_still_closes_the_window() {
    let root = signals::root();
    let login_defs = Snapshot::of(&root.at("/etc/login.defs"));
    let useradd = BlockedTool::new("useradd");
    let mut command = useradd.command(program::binary());
    let mut terminal = Terminal::start(command.args(root.args(&["repair"])));
    useradd.wait_until_started();
    for seconds in 1..4 {
        terminal.press(CTRL_C);
        terminal.press(b"\x1c");
        // Each was seen before the next comes.
        terminal.wait_for(&format!("useradd is running, {seconds} s"));
    }
    useradd.unblock();
    let seen = terminal.end();
    assert!(seen.code == Some(1) && seen.shown.contains("interrupted"), "{seen:?}");
    assert!(useradd.has_ended() && root.account("group", NAME).is_some());
    expect_closed(&root, &login_defs);
    root.hostprep(&["repair"]).expect_code(3);
}

/// A terminal that is closed, an init system, `kill 0`: the whole group gets it, and hooks are in it.
#[test]
fn a_hook_in_a_signalled_group_reports_and_does_not_fail() {
    for (words, signal) in [
        (&["hook", "deb", "postinst", "configure", ""][..], Signal::SIGTERM),
        (&["hook", "rpm", "post", "1"], Signal::SIGHUP),
        (&["hook", "rpm", "posttrans", "1"], Signal::SIGINT),
    ] {
        let work = DuringUseradd::start(words, |command| _ = command.process_group(0));
        killpg(work.id(), signal).unwrap();
        work.useradd.unblock();
        let (root, output) = work.end();
        expect_interrupted(&output, 0);
        assert!(root.text("/var/log/cisco/hostprep.log").contains("error: "), "{words:?}: the log has it too");
        let history = root.hostprep(&["faults", "history"]).expect_code(0).stdout;
        let has = |event: &str| history.contains(&format!("{event:<8}   5 "));
        let judges = words != ["hook", "rpm", "post", "1"];
        assert!(has("raised") == judges && has("cleared") == judges, "{words:?}: what it left undone: {history}");
    }
}

/// As when a cgroup is killed, or in an out-of-memory kill: `useradd` is killed too.
#[test]
fn a_useradd_that_is_killed_too_does_not_keep_the_window_open() {
    for (to_us, to_useradd) in [
        (Some(Signal::SIGTERM), Signal::SIGTERM),
        (Some(Signal::SIGINT), Signal::SIGKILL),
        (None, Signal::SIGTERM),
        (None, Signal::SIGKILL),
    ] {
        let work = DuringUseradd::start(&["repair"], |_| ());
        if let Some(signal) = to_us {
            work.send(signal);
        }
        killpg(work.useradd.id(), to_useradd).unwrap();
        let (_root, output) = work.end();
        match to_us {
            Some(_) => expect_interrupted(&output, 1),
            None => assert_eq!(output.status.code(), Some(3), "useradd's end is the host's fault: {output:?}"),
        }
    }
}

#[test]
fn what_nohup_ignores_stays_ignored() {
    let work = DuringUseradd::ignoring("HUP,QUIT");
    work.send(Signal::SIGHUP);
    work.send(Signal::SIGQUIT);
    work.useradd.unblock();
    let (_root, output) = work.end();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(3), 0), "{output:?}");
}

/// The kernel does not report how children end if SIGCHLD is ignored.
#[test]
fn the_end_of_tools_is_known_even_if_the_caller_ignores_sigchld() {
    let work = DuringUseradd::ignoring("CHLD");
    work.useradd.unblock();
    let (root, output) = work.end();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(3), 0), "{output:?}");
    let log = root.text("/var/log/cisco/hostprep.log");
    assert!(log.contains("info: ran in ") && !log.contains("could not be run"), "{log}");
}

/// Finished work still updates the faults: the fault is cleared, although another process holds the store just then.
#[test]
fn an_interruption_still_updates_the_store() {
    let root = signals::root();
    root.dir("/opt/cisco", 0o755);
    root.hostprep(&["faults", "raise", "5", "--reason", "user-missing"]).expect_code(0);
    let work = DuringUseradd::on(root, "", &["repair", "--only", "scan-user"], |_| ());
    let root = &work.root;
    let lock = std::fs::File::options().append(true).open(root.at("/var/lib/cisco/faults/faults.lock")).unwrap();
    let held = Flock::lock(lock, FlockArg::LockExclusiveNonblock).unwrap();
    work.send(Signal::SIGTERM);
    work.useradd.unblock();
    let log = || std::fs::read_to_string(root.at("/var/log/cisco/hostprep.log")).unwrap_or_default();
    wait_until("the step is done", || log().contains("scan-user: changed").then_some(()));
    std::thread::sleep(std::time::Duration::from_millis(300));
    drop(held);
    let (root, output) = work.end();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
    let history = root.hostprep(&["faults", "history"]).expect_code(0).stdout;
    assert!(history.lines().nth(1).unwrap().contains("cleared"), "{history}");
}
