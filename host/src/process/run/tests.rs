#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::process::clock::SystemClock;
use crate::shell::quoted;
use crate::testing::in_a_process_of_its_own;

/// Programs of our own making, found before the system's.
struct Programs {
    directory: TempDir,
    /// Where they are written first.
    source: TempDir,
}

impl Programs {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), source: tempfile::tempdir().unwrap() }
    }

    fn with(name: &str, script: &str) -> Self {
        let programs = Self::new();
        programs.add(name, script);
        programs
    }

    fn add(&self, name: &str, script: &str) {
        let (source, path) = (self.source.path().join(name), self.directory.path().join(name));
        fs::write(&source, format!("#!/bin/sh\n{script}\n")).unwrap();
        // Written by another process: a child of a concurrent test would inherit it open for writing (ETXTBSY).
        assert!(std::process::Command::new("cp").arg(source).arg(&path).status().unwrap().success());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn runner(&self) -> CommandRunner<'_> {
        self.runner_with(&SystemClock)
    }

    fn runner_with<'a>(&self, clock: &'a dyn Clock) -> CommandRunner<'a> {
        let mut directories = vec![self.directory.path().to_owned()];
        directories.extend(SYSTEM_DIRECTORIES.map(PathBuf::from));
        CommandRunner::with_directories(directories, clock, &())
    }

    fn run(&self, command: &Command) -> Result<Output, ProcessError> {
        self.run_with(&SystemClock, command)
    }

    fn run_with(&self, clock: &dyn Clock, command: &Command) -> Result<Output, ProcessError> {
        loop {
            match self.runner_with(clock).run(command) {
                // Another test's child had our script open for writing a moment ago, between its fork and its exec.
                Err(ProcessError::Start { source, .. }) if source.kind() == std::io::ErrorKind::ExecutableFileBusy => {}
                result => return result,
            }
        }
    }
}

/// A clock that stands until a file is there: how long a program takes to start does not count.
struct StandsUntil(PathBuf);

impl Clock for StandsUntil {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn monotonic(&self) -> Duration {
        if self.0.exists() { Duration::from_secs(3600) + SystemClock.monotonic() } else { Duration::ZERO }
    }

    fn since_boot(&self) -> Duration {
        SystemClock.since_boot()
    }

    fn sleep(&self, pause: Duration) {
        SystemClock.sleep(pause);
    }
}

/// Returns whether a process with this id exists and is not a zombie.
fn alive(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z "))
}

fn gone_within(pid: &str, limit: Duration) -> bool {
    let start = Instant::now();
    while start.elapsed() < limit {
        if !alive(pid) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

#[test]
fn a_program_sees_nothing_of_us() {
    let programs = Programs::with("show", "pwd; env; echo \"umask $(umask)\"; cat; echo end of input");
    let output = programs.run(&Command::new("show")).unwrap();
    let variables: Vec<_> =
        output.stdout.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    for name in variables {
        assert!(["PATH", "LC_ALL", "HOME", "PWD", "OLDPWD", "SHLVL", "_"].contains(&name), "{}", output.stdout);
    }
    assert!(output.stdout.starts_with("/\n"), "it runs in /: {}", output.stdout);
    assert!(output.stdout.contains("LC_ALL=C\n"));
    assert!(output.stdout.ends_with("end of input\n"), "there is nothing on its standard input");
    let path = output.stdout.lines().find_map(|line| line.strip_prefix("PATH=")).unwrap();
    assert!(path.ends_with("/usr/sbin:/usr/bin:/sbin:/bin"), "{path}");
}

#[test]
fn arguments_arrive_as_they_are() {
    let programs = Programs::with("show", r#"for arg in "$@"; do printf '<%s>' "$arg"; done"#);
    let command = Command::new("show").arg("a b").args(["$HOME", "", "'", "*"]);
    assert_eq!(programs.run(&command).unwrap().stdout, "<a b><$HOME><><'><*>");
    assert_eq!(command.to_string(), r"show 'a b' '$HOME' '' ''\''' '*'");
}

#[test]
fn a_failure_reports_its_status_and_the_decisive_line() {
    let programs =
        Programs::with("fail", "echo 'fail: Warning: x' >&2; echo >&2 'the reason'; echo >&2 'so: undone'; exit 3");
    let e = programs.run(&Command::new("fail").arg("x y")).unwrap_err();
    assert_eq!(e.to_string(), "`fail 'x y'` exited with status 3: the reason");
    assert_eq!(e.stderr(), "fail: Warning: x\nthe reason\nso: undone\n");
    assert!(matches!(e, ProcessError::Failed { code: Some(3), .. }));

    programs.add("silent", "exit 1");
    let e = programs.run(&Command::new("silent")).unwrap_err();
    assert_eq!(e.to_string(), "`silent` exited with status 1: no message on standard error");

    programs.add("killed", "kill -KILL $$");
    let e = programs.run(&Command::new("killed")).unwrap_err();
    assert!(e.to_string().starts_with("`killed` was killed by signal 9"), "{e}");
    assert!(matches!(e, ProcessError::Failed { code: None, .. }));
}

#[test]
fn the_outputs_of_a_success_are_kept_apart() {
    let programs = Programs::with("speak", "echo out; echo warning >&2");
    let output = programs.run(&Command::new("speak")).unwrap();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("out\n", "warning\n"));
}

#[test]
fn the_end_of_standard_error_is_kept() {
    let programs =
        Programs::with("verbose", "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done >&2; exit 1");
    let e = programs.run(&Command::new("verbose")).unwrap_err();
    assert!(e.stderr().len() <= STDERR_KEPT + "[...]\n".len());
    assert!(e.stderr().starts_with("[...]\nline ") && e.stderr().ends_with("line 4999\n"));
    assert!(e.to_string().ends_with(": line 4999"));
}

#[test]
fn a_flood_of_output_is_read_but_not_kept() {
    // It measures the memory of the process.
    if !in_a_process_of_its_own("process::run::tests::a_flood_of_output_is_read_but_not_kept") {
        return;
    }
    let programs = Programs::with("flood", "head -c 100000000 /dev/zero; head -c 100000000 /dev/zero >&2");
    let most = || -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let before = most();
    let output = programs.run(&Command::new("flood")).unwrap();
    assert_eq!(output.stdout.len(), OUTPUT_KEPT);
    assert_eq!(output.stderr.len(), "[...]\n".len() + STDERR_KEPT);
    assert!(most() - before < 60_000, "{} kB more than before", most() - before);
}

#[test]
fn output_that_is_not_utf8_is_shown_with_replacements() {
    let programs = Programs::with("strange", r"printf 'd\351j\340 \000 vu'");
    assert_eq!(programs.run(&Command::new("strange")).unwrap().stdout, "d\u{fffd}j\u{fffd} \0 vu");
}

#[test]
fn a_program_that_times_out_is_terminated_with_its_children() {
    let programs = Programs::new();
    let pids = programs.directory.path().join("pids");
    // The grandchild ignores the first signal.
    let script = format!(
        "sh -c 'trap \"\" TERM; echo started >&2; echo $$ >{0}.new; mv {0}.new {0}; while :; do sleep 1; done' & wait",
        pids.display()
    );
    programs.add("slow", &script);
    let start = Instant::now();
    let slow = Command::new("slow").timeout(Duration::from_millis(500));
    let e = programs.run_with(&StandsUntil(pids.clone()), &slow).unwrap_err();
    assert!(matches!(&e, ProcessError::TimedOut { stderr, .. } if stderr == "started\n"), "{e}");
    // The grandchild would go on for ever.
    assert!(start.elapsed() < GRACE + Duration::from_secs(60));
    let grandchild = fs::read_to_string(&pids).unwrap();
    assert!(gone_within(&grandchild, Duration::from_secs(60)), "{grandchild} still runs");
}

#[test]
fn what_ignores_the_first_signal_is_killed() {
    let programs = Programs::new();
    let ready = programs.directory.path().join("ready");
    programs.add("stubborn", &format!("trap '' TERM; : >{}; while :; do sleep 0.1; done", ready.display()));
    let stubborn = Command::new("stubborn").timeout(Duration::from_millis(100));
    let e = programs.run_with(&StandsUntil(ready), &stubborn).unwrap_err();
    assert!(matches!(e, ProcessError::TimedOut { .. }), "{e}");
}

#[test]
fn a_daemon_that_holds_the_pipe_is_not_waited_for() {
    let programs = Programs::new();
    let pid = programs.directory.path().join("pid");
    programs.add("starter", &format!("echo ready; echo note >&2; setsid sleep 600 & echo $! >{}", pid.display()));
    let start = Instant::now();
    let output = programs.run(&Command::new("starter")).unwrap();
    let took = start.elapsed();
    let pid: i32 = fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
    let _ = nix::sys::signal::kill(Pid::from_raw(pid), Signal::SIGKILL);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("ready\n", "note\n"), "its output is kept");
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[test]
fn only_programs_that_trusted_users_alone_can_change_are_found() {
    let programs = Programs::with("tool", "exit 0");
    let program = programs.directory.path().join("tool");
    assert_eq!(programs.runner().find("tool"), Some(program.clone()));

    fs::set_permissions(&program, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(programs.runner().find("tool"), None, "the program is writable for all");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    for mode in [0o777, 0o775, 0o1777] {
        fs::set_permissions(programs.directory.path(), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(programs.runner().find("tool"), None, "its directory has mode {mode:o}");
    }
    // The next directory is looked into all the same.
    programs.add("sh", "exit 1");
    assert!(programs.runner().find("sh").is_some_and(|sh| !sh.starts_with(programs.directory.path())));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let programs = Programs::new();
    fs::write(programs.directory.path().join("not-executable"), "").unwrap();
    for name in ["hostprep-no-such-tool", "not-executable"] {
        let e = programs.run(&Command::new(name)).unwrap_err();
        assert!(matches!(e, ProcessError::NotFound { .. }));
        assert!(e.to_string().starts_with(&format!("{name} is not installed (looked in /")), "{e}");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    assert!(!programs.runner().directories.contains(&path.into()), "PATH is not read");
}

#[test]
fn what_cannot_be_started_is_an_error() {
    let programs = Programs::new();
    let path = programs.directory.path().join("strange");
    fs::write(&path, "#!/no/such/interpreter\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(programs.run(&Command::new("strange")), Err(ProcessError::Start { .. })));
}

#[derive(Default)]
struct Notes(RefCell<Vec<String>>);

impl Observer for Notes {
    fn started(&self, command: &Command) {
        self.0.borrow_mut().push(format!("started {command}"));
    }
    fn waiting(&self, _command: &Command, _so_far: Duration) {
        self.0.borrow_mut().push("waiting".into());
    }
    fn finished(&self, command: &Command, result: &Result<Output, ProcessError>, _took: Duration) {
        self.0.borrow_mut().push(format!("finished {command} {}", result.is_ok()));
    }
}

#[test]
fn the_observer_is_called() {
    let notes = Notes::default();
    let runner = CommandRunner::new(&SystemClock, &notes);
    runner.run(&Command::new("sleep").arg("0.2")).unwrap();
    let _ = runner.run_uninterruptible(&Command::new("missing"));
    let mut seen = notes.0.into_inner();
    seen.dedup();
    let expected =
        ["started sleep 0.2", "waiting", "finished sleep 0.2 true", "started missing", "finished missing false"];
    assert_eq!(seen, expected);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]
    /// A shell reads a quoted word back as it was.
    #[test]
    fn quoting_is_undone_by_a_shell(word in "[ -~\n\té]{0,12}") {
        let script = format!("printf %s {}", quoted(&word));
        let output = Programs::new().run(&Command::new("sh").arg("-c").arg(script)).unwrap();
        proptest::prop_assert_eq!(output.stdout, word);
    }
}

#[test]
fn a_program_is_asked_for_its_help_once_and_unobserved() {
    let programs = Programs::with("asked", "echo x >> ${0%/*}/calls; echo '--prefix' >&2; exit 2");
    let notes = Notes::default();
    let runner = CommandRunner::with_directories(vec![programs.directory.path().to_owned()], &SystemClock, &notes);
    assert_eq!(runner.help("absent"), None);
    for _ in 0..2 {
        assert_eq!(runner.help("asked").as_deref(), Some("--prefix\n"));
    }
    assert_eq!(fs::read_to_string(programs.directory.path().join("calls")).unwrap(), "x\n");
    assert_eq!(notes.0.take(), [""; 0]);
}
