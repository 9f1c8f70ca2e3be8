//! An unusual caller: umask, open and closed files, variables, signals, limits, a working directory that is gone.

use std::process::{Command, Stdio};

use harness::{Run, ScratchRoot, login_defs, program};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::postconditions::{expect_healthy, sick};
use crate::recording_tool::{RecordingTool, arranged};
use crate::run::{decent, limited, words};

/// Runs `repair` behind a line of shell that arranges the surrounding.
fn repair_after(root: &ScratchRoot, arrange: &str) -> Run {
    let mut command = limited("/bin/sh");
    command.args(["-c", &format!("{arrange}\nexec \"$@\""), "sh"]).arg(program::binary());
    decent(Run::of(command.args(words(root, &["repair"]))), arrange)
}

#[test]
fn closed_standard_files_are_not_written() {
    for close in ["0<&-", "1>&-", "2>&-", "0<&- 1>&-", "0<&- 2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"] {
        let root = sick();
        let mut command = limited("/bin/sh");
        // The shell's own words about the shell go with its files.
        command.args(["-c", &format!("exec \"$@\" {close}"), "sh"]).arg(program::binary());
        let run = Run::of(command.args(words(&root, &["repair"])));
        assert_eq!(run.code, Some(3), "{close}: {run:?}");
        expect_healthy(&root, close);
        // What would have been said went into no file.
        for path in root.snapshot().paths() {
            let path = root.at(path.to_str().unwrap());
            if path.is_file() {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                assert!(!text.contains("scan-user ") && !text.contains("hostprep: "), "{close}: {}", path.display());
            }
        }
    }
}

#[test]
fn tools_get_a_clean_environment() {
    if !harness::need_root() {
        return; // Another user cannot put a recorder in a tool's place.
    }
    let (root, recorder) = (sick(), RecordingTool::new());
    let held = tempfile::NamedTempFile::new().unwrap();
    let arrange = format!("{} && umask 000 && exec 9<'{}' 8</", recorder.mount(), held.path().display());
    let mut command = arranged(&arrange, "env".as_ref());
    for (name, value) in HOSTILE_VARIABLES {
        command.arg(format!("{name}={value}"));
    }
    let run = Run::of(command.arg(program::binary()).args(words(&root, &["repair"])));
    assert_eq!(run.code, Some(3), "{run:?}");
    expect_healthy(&root, "an odd surrounding");

    let names: Vec<String> =
        recorder.noted("environ").split('\0').filter_map(|word| Some(word.split_once('=')?.0.to_owned())).collect();
    assert_eq!(names, ["HOME", "LC_ALL", "PATH"]);
    assert_eq!(recorder.noted("environ"), "HOME=/\0LC_ALL=C\0PATH=/usr/sbin:/usr/bin:/sbin:/bin\0");
    assert_eq!((recorder.noted("umask").as_str(), recorder.noted("cwd").as_str()), ("0022\n", "/\n"));
    let fds = recorder.noted("fds");
    assert!(!fds.contains(&held.path().display().to_string()) && !fds.contains(" 8 -> "), "{fds}");
    assert!(!fds.contains(&root.path().display().to_string()), "one of our own files: {fds}");
    // The harness gives hostprep /dev/null: a pipe is of hostprep's making, and nobody writes to it.
    assert!(fds.contains(" 0 -> pipe:["), "{fds}");
}

#[test]
fn signals_that_the_caller_ignored_or_blocked() {
    let root = sick();
    let mut command = limited("env");
    command.args(["--ignore-signal=CHLD", "--ignore-signal=PIPE"]).arg(program::binary());
    let run = Run::of(command.args(words(&root, &["repair", "--format", "json"])));
    // Where no exit status is had, a tool that did its work counts as failed.
    assert_eq!(run.step("scan-user")["outcome"], "changed", "{run:?}");
    assert!(!root.text("/var/log/cisco/hostprep.log").contains("failed after"));
    expect_healthy(&root, "an ignored SIGCHLD");

    // A signal is heard also by a process that starts with it blocked, here while it waits for another hostprep.
    // Signals that the tests themselves were started to ignore, as by nohup, are not at issue.
    let root = sick();
    root.dir("/run/cisco", 0o755).file("/run/cisco/hostprep.lock", "");
    let lock = std::fs::File::open(root.at("/run/cisco/hostprep.lock")).unwrap();
    lock.lock().unwrap();
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let mut command = Command::new("env");
        command.args(["--default-signal", "--block-signal"]).arg(program::binary()).args(words(&root, &["repair"]));
        let mut waiting = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let process = Pid::from_raw(waiting.id().cast_signed());
        harness::wait_until("it handles signals", || {
            (caught(waiting.id()) & (1 << (signal as u64 - 1)) != 0).then_some(())
        });
        kill(process, signal).unwrap();
        let status = harness::wait_until("it is interrupted", || waiting.try_wait().unwrap());
        assert_eq!(status.code(), Some(1), "{signal}");
    }
}

#[test]
fn a_hang_up_that_the_caller_ignored_stays_so() {
    let root = sick();
    root.dir("/run/cisco", 0o755).file("/run/cisco/hostprep.lock", "");
    let lock = std::fs::File::open(root.at("/run/cisco/hostprep.lock")).unwrap();
    lock.lock().unwrap();
    let mut command = Command::new("nohup");
    command.arg(program::binary()).args(words(&root, &["repair"])).stdin(Stdio::null());
    let mut waiting = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let terminated = 1 << (Signal::SIGTERM as u64 - 1);
    harness::wait_until("it handles signals", || (caught(waiting.id()) & terminated != 0).then_some(()));
    kill(Pid::from_raw(waiting.id().cast_signed()), Signal::SIGHUP).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(waiting.try_wait().unwrap().is_none(), "it took the hang-up for an interruption");
    lock.unlock().unwrap();
    let status = harness::wait_until("it ends", || waiting.try_wait().unwrap());
    assert_eq!(status.code(), Some(3));
    expect_healthy(&root, "nohup");
}

/// The signals that a process has handlers for.
fn caught(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let value = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0").trim().to_owned();
    u64::from_str_radix(&value, 16).unwrap()
}

/// None of them must reach a tool. Those of the loader would have an effect on hostprep itself first, which is root's business.
const HOSTILE_VARIABLES: &[(&str, &str)] = &[
    ("PATH", "/tmp:."),
    ("IFS", "/"),
    ("ENV", "/tmp/env"),
    ("BASH_ENV", "/tmp/env"),
    ("SHELLOPTS", "xtrace"),
    ("TMPDIR", "/tmp/elsewhere"),
    ("GCONV_PATH", "/tmp"),
    ("LOCPATH", "/tmp"),
    ("LANG", "tr_TR.UTF-8"),
    ("LC_ALL", "ja_JP.eucJP"),
    ("HOME", "/tmp"),
    ("CDPATH", "/tmp"),
    ("MALLOC_TRACE", "/tmp/trace"),
    ("SELINUX_ROLE_REQUESTED", "x"),
    ("DEBCONF_HAS_FRONTEND", "1"),
];

#[test]
fn loader_variables_reach_no_tool() {
    if !harness::need_root() {
        return; // As above.
    }
    let (root, recorder) = (sick(), RecordingTool::new());
    // The dynamic loader complains of it once, in hostprep itself.
    let mut command = arranged(&recorder.mount(), "env".as_ref());
    command.args(["LD_PRELOAD=/nowhere/evil.so", "LD_LIBRARY_PATH=/tmp", "LD_AUDIT=/nowhere/audit.so"]);
    let run = Run::of(command.arg(program::binary()).args(words(&root, &["repair"])));
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(!recorder.noted("environ").contains("LD_"), "{}", recorder.noted("environ"));
}

#[test]
fn programs_of_the_callers_path_are_not_run() {
    let root = sick();
    let evil = harness::setup::open_tempdir();
    let mark = evil.path().join("mark");
    for name in ["useradd", "groupadd", "semodule", "checkmodule", "semodule_package", "sh", "id"] {
        use std::os::unix::fs::PermissionsExt;
        let path = evil.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\necho {name} >>'{}'\n", mark.display())).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let place = evil.path().display();
    repair_after(&root, &format!("cd '{place}'\nPATH='{place}:.:'\nexport PATH\nset -- \"$@\""));
    expect_healthy(&root, "a hostile PATH");
    assert!(!mark.exists(), "{}", std::fs::read_to_string(mark).unwrap());
}

#[test]
fn odd_locales_change_no_outcome() {
    for locale in ["C", "tr_TR.UTF-8", "ja_JP.UTF-8", "xx_XX", "../../etc/passwd", "%s%n%x", "", "\u{1b}[2J"] {
        let root = sick();
        let mut command = limited(program::binary());
        command.env("LC_ALL", locale).env("LANG", locale).env("LANGUAGE", locale).env("LC_MESSAGES", locale);
        let run = decent(Run::of(command.args(words(&root, &["repair"]))), locale);
        assert_eq!(run.code, Some(3), "{locale:?}: {run:?}");
        expect_healthy(&root, locale);
    }
}

#[test]
fn a_limit_on_file_sizes_is_an_error_and_no_end_in_the_middle() {
    for limit in [0, 1, 100, 300, 600, 1000, 2000, 4096, 9000, 11_000, 20_000] {
        let root = sick();
        let mut command = limited("prlimit");
        command.arg(format!("--fsize={limit}")).arg(program::binary());
        let run = decent(Run::of(command.args(words(&root, &["repair"]))), &format!("{limit} bytes"));
        assert!(root.text("/etc/login.defs") == login_defs::with("USERGROUPS_ENAB no\n"), "{limit}: {run:?}");
        crate::run::on(&root, &["repair"]);
        expect_healthy(&root, &format!("{limit} bytes, afterwards"));
    }
}

#[test]
fn room_is_made_for_open_files() {
    for limit in [8, 12, 20] {
        let root = sick();
        let mut command = limited("prlimit");
        command.arg(format!("--nofile={limit}:4096")).arg(program::binary());
        let run = Run::of(command.args(words(&root, &["repair"])));
        assert_eq!(run.code, Some(3), "{limit} files: {run:?}");
        expect_healthy(&root, &format!("{limit} files"));
    }
}

#[test]
fn few_open_files_are_an_error_and_no_end_in_the_middle() {
    if !harness::need_root() {
        return; // Only root has a privilege to lose.
    }
    let mut worked = 0;
    for limit in 6..=44 {
        let root = sick();
        // Root could raise the limit again by this privilege.
        let mut command = limited("setpriv");
        command.args(["--bounding-set=-sys_resource", "prlimit"]);
        command.arg(format!("--nofile={limit}")).arg(program::binary());
        let run = Run::of(command.args(words(&root, &["repair"])));
        let what = format!("{limit} files");
        // With fewer the loader cannot open its libraries, and then the root cannot be looked at.
        if run.code == Some(127) || run.code == Some(2) {
            assert!(run.stderr.contains("open"), "{what}: {run:?}");
        } else {
            worked += usize::from(decent(run, &what).code == Some(3));
        }
        let is_as_it_was = root.text("/etc/login.defs") == login_defs::with("USERGROUPS_ENAB no\n");
        assert!(is_as_it_was, "{what}: login.defs is not what it was");
        crate::run::on(&root, &["repair"]);
        expect_healthy(&root, &format!("{what}, afterwards"));
    }
    assert!(worked > 3, "{worked}");
}

#[test]
fn no_thread_and_no_process_to_be_had() {
    // Those that follow a tool's output, then the tool itself.
    for number in 1..=8 {
        for call in ["clone", "clone3", "vfork"] {
            let root = sick();
            let mut command = limited("strace");
            let inject = format!("inject={call}:error=EAGAIN:when={number}");
            command.args(["-f", "--quiet=all", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject]);
            let run = Run::of(command.arg(program::binary()).args(words(&root, &["repair"])));
            let what = format!("{call} {number}");
            decent(run, &what);
            assert!(root.text("/etc/login.defs") == login_defs::with("USERGROUPS_ENAB no\n"), "{what}");
            crate::run::on(&root, &["repair"]);
            expect_healthy(&root, &what);
        }
    }
}

#[test]
fn a_directory_that_is_gone_and_no_terminal() {
    let root = sick();
    let gone = harness::setup::open_tempdir();
    let gone = gone.path().join("gone");
    repair_after(&root, &format!("mkdir '{0}' && cd '{0}' && rmdir '{0}'", gone.display()));
    expect_healthy(&root, "a directory that is gone");
    let root = sick();
    let mut command = limited("/bin/sh");
    let arrange = format!("mkdir '{0}' && cd '{0}' && rmdir '{0}' && exec \"$@\"", gone.display());
    command.args(["-c", &arrange, "sh"]).arg(program::binary()).args(words(&root, &["check", "--profile", "x.toml"]));
    let run = decent(Run::of(&mut command), "a profile of nowhere");
    assert!(run.code == Some(1) && run.stderr.contains("x.toml"), "{run:?}");

    let root = sick();
    let mut command = limited("setsid");
    let run = Run::of(command.arg("--wait").arg(program::binary()).args(words(&root, &["repair"])));
    assert_eq!(decent(run, "no terminal").code, Some(3));
    expect_healthy(&root, "no terminal");
}

#[test]
fn output_is_closed() {
    let root = sick();
    let place = harness::setup::open_tempdir();
    let code = place.path().join("code");
    let mut command = limited("/bin/sh");
    command.arg("-c").arg("{ sleep 0.2; \"$@\" 2>&1; echo $? >\"$0\"; } | true").arg(&code);
    let _ = Run::of(command.arg(program::binary()).args(words(&root, &["repair"])));
    let code = std::fs::read_to_string(code).unwrap();
    assert!(["0\n", "3\n"].contains(&code.as_str()), "{code}");
    expect_healthy(&root, "closed output");
}
