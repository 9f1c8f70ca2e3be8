//! Signals while hostprep waits for another hostprep.

use std::fs::File;

use harness::{Caller, Terminal, program, signals};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};

#[test]
fn a_waiting_command_ends_without_changes() {
    for (words, signal, code) in [
        (&["repair"][..], Signal::SIGTERM, 1),
        (&["remove"], Signal::SIGHUP, 1),
        (&["policy", "remove"], Signal::SIGQUIT, 1),
        (&["hook", "deb", "postinst", "configure", ""], Signal::SIGTERM, 0),
        (&["hook", "rpm", "preun", "0"], Signal::SIGINT, 0),
    ] {
        let root = signals::root();
        root.dir("/run/cisco", 0o755).file("/run/cisco/hostprep.lock", "").dir("/var/log/cisco", 0o755);
        let lock = File::options().append(true).open(root.at("/run/cisco/hostprep.lock")).unwrap();
        let _held = Flock::lock(lock, FlockArg::LockExclusiveNonblock).unwrap();
        let before = root.snapshot();
        let mut command = Caller::Root.command(program::binary());
        let terminal = Terminal::start(command.arg("--root").arg(root.path()).args(words));
        terminal.wait_for("another hostprep is running");
        kill(terminal.id(), signal).unwrap();
        let seen = terminal.end();
        assert_eq!(seen.code, Some(code), "{words:?}: {seen:?}");
        assert!(
            seen.shown.contains("interrupted") && seen.shown.contains("nothing was changed"),
            "{words:?}: {seen:?}"
        );
        before.without(&["/var/log/cisco"]).expect_untouched(&root.snapshot().without(&["/var/log/cisco"]));
    }
}
