//! The reader of the output is gone: hostprep finishes its work all the same.

use std::process::Stdio;

use harness::{Caller, Run, Snapshot, program, signals};

use crate::during_useradd::{DuringUseradd, expect_closed};

#[test]
fn a_reader_that_has_enough_stops_nothing() {
    for (pipe, code) in [
        ("\"$@\" repair | head -1", 0),
        ("\"$@\" repair | :", 0),
        ("\"$@\" hook deb postinst configure '' 2>&1 | :", 0),
        ("\"$@\" hook rpm posttrans 1 2>&-", 0),
        ("\"$@\" repair >&- 2>&-", 3),
        ("\"$@\" repair --format json 2>&1 >/dev/null | head -c 1", 0),
    ] {
        let root = signals::root();
        let login_defs = Snapshot::of(&root.at("/etc/login.defs"));
        let mut command = Caller::Root.command("/bin/sh");
        command.args(["-c", pipe, "sh"]).arg(program::binary()).arg("--root").arg(root.path());
        let run = Run::of(&mut command).expect_code(code);
        assert_eq!(run.stderr, "", "{pipe}");
        expect_closed(&root, &login_defs);
        let done = root.snapshot();
        root.hostprep(&["repair"]).expect_code(3);
        done.expect_untouched(&root.snapshot());
    }
}

/// The reader goes while the window is open.
#[test]
fn a_reader_that_goes_meanwhile_stops_nothing() {
    for words in [&["repair"][..], &["hook", "deb", "postinst", "configure", ""]] {
        let mut work = DuringUseradd::start(words, |command| _ = command.stdout(Stdio::piped()));
        drop((work.child.stdout.take(), work.child.stderr.take()));
        work.useradd.unblock();
        let (_root, output) = work.end();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
    }
}

/// For the textfile collector: an interrupted timer leaves no temporary file, which the collector would read.
#[test]
fn an_interrupted_status_leaves_no_temporary_file() {
    let root = signals::root();
    root.hostprep(&["repair"]).expect_code(3);
    root.dir("/srv", 0o755);
    for call in ["openat", "write", "fsync", "renameat", "fchmod"] {
        for when in 1.. {
            let place = harness::setup::open_tempdir();
            let trace = place.path().join("trace");
            let inject = format!("inject={call}:signal=TERM:when={when}");
            let mut command = Caller::Root.command("strace");
            command.args(["-qq", "-e", &format!("trace={call}"), "-e", &inject, "-o"]).arg(&trace);
            command.arg("--").arg(program::binary()).arg("--root").arg(root.path());
            command.args(["status", "--format", "prometheus", "--output"]).arg(root.at("/srv/hostprep.prom"));
            let run = Run::of(&mut command);
            let names: Vec<_> =
                std::fs::read_dir(root.at("/srv")).unwrap().map(|name| name.unwrap().file_name()).collect();
            assert!(names.iter().all(|name| name == "hostprep.prom"), "at {call} {when}: {names:?}");
            if !std::fs::read_to_string(&trace).unwrap().contains("--- SIGTERM ") {
                assert!(root.at("/srv/hostprep.prom").exists(), "{run:?}");
                break;
            }
        }
    }
}
