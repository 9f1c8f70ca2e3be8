//! Runs the program with a time limit, and checks what must hold for every run.

use std::ffi::OsStr;
use std::process::Command;

use harness::{Run, ScratchRoot, program};

use crate::private_mount_namespace;

/// Far more than any run here takes.
const LIMIT: &str = "60";

/// The exit codes of `timeout(1)` after a timeout.
const TIMED_OUT: [i32; 2] = [124, 137];

/// `program` with a time limit.
pub fn limited(program: impl AsRef<OsStr>) -> Command {
    let mut command = harness::Caller::Root.command("timeout");
    command.args(["--kill-after=5", LIMIT]).arg(program);
    command
}

/// `args` for `root`. The root comes first: behind the words of a hook it would be one of them, and the hook would be this
/// machine's own.
pub fn words<'a>(root: &'a ScratchRoot, args: &'a [&'a str]) -> impl Iterator<Item = &'a OsStr> {
    [OsStr::new("--root"), root.path().as_os_str()].into_iter().chain(args.iter().map(OsStr::new))
}

/// Needs the running system.
pub const BEGIN: &[&str] = &["load-lock", "begin"];

/// Runs `args` on `root`.
#[track_caller]
pub fn on(root: &ScratchRoot, args: &[&str]) -> Run {
    let mut run = if args == BEGIN {
        Run::of(private_mount_namespace::command(root).args(args))
    } else {
        Run::of(limited(program::binary()).args(words(root, args)))
    };
    // A load that is on already was never ended; twice of it lock.
    if args == BEGIN && run.code == Some(5) {
        run.code = Some(3);
    }
    if args[0] == "hook" {
        // What is wrong with the host is said as well, with the way out.
        run.stderr = run.stderr.lines().take(1).collect();
    }
    decent(run, &format!("{args:?}"))
}

/// Fails unless the run ended by itself with a documented code and at most two lines on standard error.
#[track_caller]
pub fn decent(run: Run, what: &str) -> Run {
    decent_within(2, run, what)
}

/// Does the same as [`decent`], with at most `most` lines on standard error.
#[track_caller]
pub fn decent_within(most: usize, run: Run, what: &str) -> Run {
    let code = run.code.unwrap_or_else(|| panic!("{what}: a signal ended it: {run:?}"));
    assert!(!TIMED_OUT.contains(&code), "{what}: it did not end: {run:?}");
    assert!([0, 1, 3, 4].contains(&code), "{what}: {run:?}");
    assert!(!run.stderr.contains("panicked"), "{what}: {}", run.stderr);
    assert!(run.stderr.lines().count() <= most, "{what}: {}", run.stderr);
    assert!(code != 1 || run.stderr.starts_with("hostprep: "), "{what}: an error without a word: {run:?}");
    run
}
