//! Output on a terminal compared with a pipe; keys, signals, and closed output.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use harness::snapshot::Compare;
use harness::terminal::{CTRL_C, Seen};
use harness::{BlockedTool, Caller, Run, ScratchRoot, Snapshot, Terminal, login_defs, program};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const ESC: char = '\x1b';
const NAME: &str = "cisco-amp-scan-svc";

/// A command that runs the built program as root, with no word about colours in its environment.
fn hostprep<'a>(args: impl IntoIterator<Item = &'a std::ffi::OsStr>) -> Command {
    let mut command = Caller::Root.command(program::binary());
    command.args(args);
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color");
    command
}

fn on_terminal(root: &ScratchRoot, args: &[&str], environment: &[(&str, &str)]) -> Seen {
    Terminal::start(hostprep(root.args(args)).envs(environment.iter().copied())).end()
}

fn in_pipes(root: &ScratchRoot, args: &[&str], environment: &[(&str, &str)]) -> Run {
    Run::of(hostprep(root.args(args)).envs(environment.iter().copied()))
}

/// A root where 5 and 11 are true and raised, and everything else is in order.
fn faulty() -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.file("/opt/cisco", "in the way").kernel(harness::scratch::KERNEL, false);
    root.hostprep(&["repair"]).expect_code(3);
    root
}

#[test]
fn colours_are_for_terminals() {
    let root = faulty();
    for args in [&["check"][..], &["repair", "--dry-run"]] {
        let seen = on_terminal(&root, args, &[]);
        assert!(seen.shown.contains("\x1b[31mfault 5"), "faults are red: {seen:?}");
        assert!(seen.shown.contains("\x1b[32mok"), "what is well is green: {seen:?}");
        let plain = on_terminal(&root, args, &[("NO_COLOR", "1")]);
        assert!(plain.shown.contains("fault 5") && !plain.shown.contains(ESC), "{plain:?}");
        let dumb = on_terminal(&root, args, &[("TERM", "dumb")]);
        assert!(dumb.shown.contains("fault 5") && !dumb.shown.contains(ESC), "{dumb:?}");
        let piped = in_pipes(&root, args, &[]);
        assert!(piped.stdout.contains("fault 5") && !piped.stdout.contains(ESC), "{piped:?}");
        assert_eq!(plain.shown.replace("\r\n", "\n"), piped.stdout, "{args:?}: only the colours differ");
    }
    for args in [&["status"][..], &["faults", "list"], &["faults", "show", "5"], &["faults", "history"], &["--help"]] {
        let piped = in_pipes(&root, args, &[]);
        assert!(!piped.stdout.is_empty() && !piped.stdout.contains(ESC), "{args:?}: {piped:?}");
        let plain = on_terminal(&root, args, &[("NO_COLOR", "1")]);
        assert!(!plain.shown.is_empty() && !plain.shown.contains(ESC), "{args:?}: {plain:?}");
    }
}

/// A dry run prints `fix:` where `repair` has nothing to do, and `would run:` elsewhere.
#[test]
fn the_conclusion_says_what_repair_corrects_and_what_is_left() {
    let root = ScratchRoot::of("debian-12");
    root.kernel(harness::scratch::KERNEL, false).dir("/opt/cisco", 0o777);
    let text = |args: &[&str]| in_pipes(&root, args, &[]).expect_code(3).stdout;
    let labelled = |text: &str, label: &str| {
        let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix(label));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let repair = format!("`hostprep repair --root {}`", root.path().display());
    let check = text(&["check"]);
    let dry_run = text(&["repair", "--dry-run"]);
    assert!(check.contains(&format!("\nFaults 5, 11. Run {repair} as root (5); then run the commands above (11).\n")));
    let end = "\nNothing was changed. Run without --dry-run to make these changes; then run the commands above (11).\n";
    assert!(dry_run.contains(end), "{dry_run}");
    let kernel = text(&["check", "--only", "kernel"]);
    assert!(labelled(&kernel, "fix: ").iter().any(|line| line.contains("linux-headers-")), "{kernel}");
    for label in ["fix: ", "or: "] {
        assert_eq!(labelled(&dry_run, label), labelled(&kernel, label), "{dry_run}");
    }
    assert!(labelled(&dry_run, "would run: ").iter().any(|line| line.contains("chmod 0755 ")), "{dry_run}");

    // With one kind alone, the conclusion names no number twice.
    assert!(text(&["check", "--only", "directories"]).contains(&format!("\nFault 5. Run {repair} as root.\n")));
    assert!(kernel.contains("\nFault 11. Run the commands above.\n"), "{kernel}");
    assert!(text(&["repair", "--dry-run", "--only", "directories"]).contains(" to make these changes.\n"));
    let root = faulty();
    let [check, dry_run] = [&["check"][..], &["repair", "--dry-run"]].map(|args| in_pipes(&root, args, &[]).stdout);
    assert_eq!(check, dry_run, "`repair` has nothing to do");
    assert!(check.contains("fix: "), "{check}");
}

#[test]
fn the_page_of_a_fault_fits_the_terminal_and_is_in_the_callers_language() {
    let root = faulty();
    let args = ["faults", "show", "5"];
    let korean = [("LC_ALL", "ko_KR.UTF-8")];
    let shown = on_terminal(&root, &args, &korean).shown.replace("\r\n", "\n");
    let piped = in_pipes(&root, &args, &korean).stdout;
    assert!(shown.starts_with("결함 5: "), "{shown}");
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(bare(&shown), bare(&piped), "only the lines differ");
    // A syllable takes two cells, and Korean has no other wide characters here.
    let cells = |line: &str| line.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum::<usize>();
    let command = |line: &str| line.starts_with("  ") && line.is_ascii();
    assert!(shown.lines().all(|line| command(line) || cells(line) <= 80), "{shown}");
    assert!(piped.lines().any(|line| cells(line) > 100), "{piped}");
    let chosen = in_pipes(&root, &[&["--lang", "ja_JP"][..], &args].concat(), &korean).stdout;
    assert!(chosen.starts_with("障害 5: "), "{chosen}");
}

#[test]
fn json_is_never_coloured() {
    let root = faulty();
    for args in [
        &["check", "--format", "json"][..],
        &["repair", "--format", "json"],
        &["repair", "--dry-run", "--format", "json"],
        &["faults", "list", "--format", "json"],
        &["policy", "status", "--format", "json"],
    ] {
        for environment in [&[][..], &[("CLICOLOR_FORCE", "1")]] {
            let seen = on_terminal(&root, args, environment);
            assert!(!seen.shown.contains(ESC), "{args:?}: {seen:?}");
            serde_json::from_str::<serde_json::Value>(&seen.shown)
                .unwrap_or_else(|e| panic!("{args:?}: {e}: {seen:?}"));
        }
    }
    let history = on_terminal(&root, &["faults", "history", "--format", "json"], &[]).shown;
    assert!(history.lines().count() >= 2 && !history.contains(ESC), "{history}");
    for line in history.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    }
}

/// Returns where each of `words` begins in `line`, each after the one before.
fn starts(line: &str, words: &[&str]) -> Vec<usize> {
    let mut from = 0;
    let start = |word: &&str| {
        let at = from + line[from..].find(*word).unwrap_or_else(|| panic!("no {word:?} after {from} in {line:?}"));
        from = at + word.len();
        at
    };
    words.iter().map(start).collect()
}

#[test]
fn columns_are_aligned() {
    let root = faulty();
    let names = ["scan-user", "directories", "selinux-tools", "selinux-module", "kernel"];
    for args in [&["check"][..], &["repair"], &["repair", "--dry-run"]] {
        let run = in_pipes(&root, args, &[]);
        let json = root.hostprep(&[args, &["--format", "json"]].concat());
        let columns: Vec<_> = names
            .iter()
            .map(|name| {
                let step = json.step(name);
                let detail = step["detail"].as_str().unwrap();
                let line = run.stdout.lines().find(|line| line.contains(&format!(" {name} ")) && line.contains(detail));
                let line =
                    line.unwrap_or_else(|| panic!("{args:?}: no line of {name} and {detail:?} in\n{}", run.stdout));
                assert!(line.starts_with("  ") && !line.starts_with("   "), "{line:?}");
                starts(line, &[name, detail])
            })
            .collect();
        assert!(columns.iter().all(|column| *column == columns[0]), "{args:?}: {columns:?}\n{}", run.stdout);
        assert!(run.stdout.lines().all(|line| line == line.trim_end()), "blanks at an end:\n{}", run.stdout);
    }
}

#[test]
fn the_list_of_faults_is_aligned_for_every_reason() {
    let root = ScratchRoot::of("debian-12");
    // The longest that hostprep itself gives.
    let reasons = [("5", "account-files-immutable"), ("11", "headers-missing"), ("19", "store-locked")];
    for (id, reason) in reasons {
        root.hostprep(&["faults", "raise", id, "--reason", reason, "--detail", "seen"]).expect_code(0);
    }
    let list = root.hostprep(&["faults", "list"]).expect_code(3).stdout;
    let columns: Vec<_> = list
        .lines()
        .zip(reasons)
        .map(|(line, (id, reason))| {
            assert_eq!(line.split_whitespace().next(), Some(id), "{list}");
            starts(line, &[reason, "20", "seen"])
        })
        .collect();
    assert_eq!(columns.len(), 3);
    assert!(columns.iter().all(|column| *column == columns[0]), "{columns:?}\n{list}");
}

fn repair_with_blocked_tool(tool: &BlockedTool, root: &ScratchRoot, args: &[&str]) -> Command {
    let mut command = tool.command(program::binary());
    command.args(root.args(args));
    command
}

/// The real `useradd` gives up after 14 s; hostprep runs it again.
#[test]
fn a_held_account_lock_is_waited_for_with_a_word_of_why() {
    let root = ScratchRoot::of("debian-12");
    let args = root.args(&["repair", "--only", "scan-user"]).map(std::ffi::OsStr::to_owned).collect::<Vec<_>>();
    root.file("/etc/passwd.lock", format!("{}\0", std::process::id()));
    let terminal = Terminal::start(hostprep(args.iter().map(std::ffi::OsString::as_os_str)).env("TERM", "dumb"));
    terminal.wait_for("another program holds the lock of the account files; useradd is tried again for up to 1");
    root.remove("/etc/passwd.lock");
    let seen = terminal.end();
    assert_eq!(seen.shown.matches("is tried again").count(), 1, "{seen:?}");
    assert!(root.account("passwd", NAME).is_some(), "{seen:?}");
    let log = root.text("/var/log/cisco/hostprep.log");
    assert!(log.contains("useradd said: useradd: lock ") && log.contains(" already used by PID "), "{log}");
}

#[test]
fn progress_is_shown_while_a_tool_is_slow_and_then_taken_away() {
    let root = ScratchRoot::of("debian-12");
    let useradd = BlockedTool::new("useradd");
    let terminal = Terminal::start_piped(&repair_with_blocked_tool(&useradd, &root, &["repair", "--format", "json"]));
    terminal.wait_for("useradd is running, 1 s");
    useradd.unblock();
    let seen = terminal.end();
    assert_eq!(seen.code, Some(0), "{seen:?}");
    assert!(seen.shown.contains("\ruseradd is running, 1 s"), "on one line: {seen:?}");
    assert!(seen.shown.ends_with("\r\x1b[K") && !seen.shown.contains('\n'), "the line is cleared: {seen:?}");
    let report: serde_json::Value = serde_json::from_str(&seen.piped).unwrap();
    assert_eq!(report["faults"], serde_json::json!([]), "standard output has the report alone");
}

#[test]
fn without_a_terminal_there_is_no_progress() {
    let root = ScratchRoot::of("debian-12");
    let useradd = BlockedTool::new("useradd");
    let mut command = repair_with_blocked_tool(&useradd, &root, &["repair"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    useradd.wait_until_started();
    std::thread::sleep(Duration::from_millis(1500));
    useradd.unblock();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("is running"));
    assert!(useradd.has_ended());
}

/// Holds hostprep's lock in `root` until it is dropped.
fn hold_lock(root: &ScratchRoot) -> Flock<File> {
    root.dir("/run/cisco", 0o755).file("/run/cisco/hostprep.lock", "");
    let file = File::options().append(true).open(root.at("/run/cisco/hostprep.lock")).unwrap();
    Flock::lock(file, FlockArg::LockExclusiveNonblock).unwrap()
}

#[test]
fn a_waiting_message_is_printed_once_on_a_terminal() {
    let root = ScratchRoot::of("debian-12");
    for args in [&["repair"][..], &["remove"]] {
        let held = hold_lock(&root);
        let terminal = Terminal::start(&hostprep(root.args(args)));
        terminal.wait_for("another hostprep is running");
        std::thread::sleep(Duration::from_millis(300));
        drop(held);
        let seen = terminal.end();
        assert_eq!(seen.code, Some(0), "{args:?}: {seen:?}");
        assert_eq!(seen.shown.matches("another hostprep is running").count(), 1, "{args:?}: {seen:?}");
        assert!(seen.shown.contains("waiting for up to "), "how long it waits: {seen:?}");
    }
}

#[test]
fn without_a_terminal_no_waiting_message_is_printed() {
    let root = ScratchRoot::of("debian-12");
    let held = hold_lock(&root);
    let mut command = hostprep(root.args(&["repair"]));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(800));
    assert_eq!(child.try_wait().unwrap(), None, "it waits");
    drop(held);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("another hostprep"));
}

#[test]
fn ctrl_c_while_waiting_ends_it_with_nothing_changed() {
    let root = ScratchRoot::of("debian-12");
    root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n")).dir("/opt/cisco", 0o700);
    for args in [&["repair"][..], &["remove"], &["policy", "remove"]] {
        let _held = hold_lock(&root);
        let before = root.snapshot();
        let mut terminal = Terminal::start(&hostprep(root.args(args)));
        terminal.wait_for("another hostprep is running");
        terminal.press(CTRL_C);
        let seen = terminal.end();
        assert_eq!(seen.code, Some(1), "{args:?}: {seen:?}");
        assert!(seen.shown.contains("interrupted") && seen.shown.contains("nothing was changed"), "{seen:?}");
        before.expect_untouched(&root.snapshot());
    }
}

/// Stops hostprep with `stop` while `useradd` runs inside the window in login.defs: `useradd` ends by itself, login.defs is
/// restored, and a later run continues from there.
#[track_caller]
fn expect_window_closed(stop: impl FnOnce(&mut Terminal)) {
    let root = ScratchRoot::of("debian-12");
    root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n")).mode("/etc/login.defs", 0o604);
    let before = Snapshot::of(&root.at("/etc/login.defs"));
    let useradd = BlockedTool::new("useradd");
    let mut terminal = Terminal::start(&repair_with_blocked_tool(&useradd, &root, &["repair"]));
    useradd.wait_until_started();
    assert!(root.text("/etc/login.defs").contains("USERGROUPS_ENAB yes"), "the window is open");
    stop(&mut terminal);
    terminal.wait_for("useradd is running, 1 s");
    assert!(root.text("/etc/login.defs").contains("USERGROUPS_ENAB yes"), "for as long as useradd runs");
    assert!(!useradd.has_ended());
    useradd.unblock();
    let seen = terminal.end();
    assert_eq!(seen.code, Some(1), "{seen:?}");
    assert!(seen.shown.contains("interrupted"), "{seen:?}");
    assert!(useradd.has_ended(), "useradd was cut short");
    before.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs")));
    let (user, group) = (root.account("passwd", NAME).unwrap(), root.account("group", NAME).unwrap());
    assert_eq!(user[3], group[2]);
    assert!(!root.at("/opt/cisco").exists(), "nothing more was begun");
    for lock in ["passwd", "group", "shadow", "gshadow"] {
        assert!(!root.at(&format!("/etc/{lock}.lock")).exists(), "useradd left {lock}.lock");
    }

    root.hostprep(&["repair"]).expect_code(0);
    before.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs")));
    root.hostprep(&["remove"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_none(), "the receipt lists the user");
}

#[test]
fn ctrl_c_lets_useradd_end_and_closes_the_window() {
    expect_window_closed(|terminal| terminal.press(CTRL_C));
}

#[test]
fn sigterm_lets_useradd_end_and_closes_the_window() {
    expect_window_closed(|terminal| kill(terminal.id(), Signal::SIGTERM).unwrap());
}

/// As an init system or `kill` signals a hook: without a terminal, the whole process group.
#[test]
fn sigterm_and_sighup_to_the_group_do_not_reach_useradd() {
    use std::os::unix::process::CommandExt;
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let root = ScratchRoot::of("debian-12");
        root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n"));
        let before = Snapshot::of(&root.at("/etc/login.defs"));
        let useradd = BlockedTool::new("useradd");
        let mut command = repair_with_blocked_tool(&useradd, &root, &["repair"]);
        let child: Child = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        useradd.wait_until_started();
        nix::sys::signal::killpg(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        useradd.unblock();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{signal}: {stderr}");
        assert!(stderr.contains("interrupted") && stderr.lines().count() == 1, "{signal}: {stderr}");
        assert!(useradd.has_ended() && root.account("group", NAME).is_some(), "{signal}");
        before.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs")));
    }
}

#[test]
fn a_closed_output_is_not_an_error() {
    /// Returns a pipe without a reader.
    fn closed_pipe() -> Stdio {
        let (reader, writer) = nix::unistd::pipe().unwrap();
        drop(reader);
        writer.into()
    }
    let root = faulty();
    let before = root.snapshot();
    for args in [&["check"][..], &["check", "--format", "json"], &["status"], &["faults", "list"], &["--help"]] {
        let mut command = hostprep(root.args(args));
        let child = command.stdin(Stdio::null()).stdout(closed_pipe()).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 3)), "{args:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{args:?}: {output:?}");

        let mut closed = Caller::Root.command("/bin/sh");
        closed.args(["-c", "exec \"$@\" >&-", "sh"]).arg(program::binary()).args(root.args(args));
        let run = Run::of(&mut closed);
        assert!(matches!(run.code, Some(0 | 3)) && run.stderr.is_empty(), "{args:?}: {run:?}");
    }
    before.expect_untouched(&root.snapshot());

    for closed in ["exec \"$@\" >&-", "exec \"$@\" >&- 2>&-"] {
        let root = ScratchRoot::of("debian-12");
        let mut command = Caller::Root.command("/bin/sh");
        command.args(["-c", closed, "sh"]).arg(program::binary()).args(root.args(&["repair"]));
        Run::of(&mut command).expect_code(0);
        assert!(root.account("group", NAME).is_some(), "its work is done all the same");
        let json = root.text("/var/lib/cisco/hostprep/journal.json");
        serde_json::from_str::<serde_json::Value>(&json)
            .unwrap_or_else(|e| panic!("a stray line in a file: {e}: {json}"));
    }
    let root = ScratchRoot::of("debian-12");
    let child = hostprep(root.args(&["repair"])).stdout(closed_pipe()).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.code() == Some(0) && output.stderr.is_empty(), "{output:?}");
    let healthy = root.snapshot();
    assert_eq!(root.hostprep(&["repair", "--format", "json"]).expect_code(0).step("directories")["outcome"], "ok");
    assert_eq!(healthy.difference(&root.snapshot(), Compare::Everything), "", "it was complete");
}

#[test]
fn a_full_output_is_an_error_that_names_it() {
    let root = ScratchRoot::of("debian-12");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let child = hostprep(root.args(&["check"])).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("standard output") && stderr.lines().count() == 1, "{stderr}");
}

fn help(words: &[String]) -> String {
    let mut command = Command::new(program::binary());
    let run = Run::of(command.args(words).arg("--help")).expect_code(0);
    assert_eq!(run.stderr, "", "{words:?}");
    assert!(run.stdout.contains("Usage: hostprep"), "{words:?}: {}", run.stdout);
    assert!(!run.stdout.contains(ESC) && run.stdout.lines().all(|line| line.chars().count() <= 100), "{}", run.stdout);
    run.stdout
}

/// The subcommands that `text` lists, each with what is said about it.
fn subcommands(text: &str) -> Vec<(String, String)> {
    let list = text.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let entries = list.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    entries
        .map(|line| {
            let (name, about) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            (name.to_owned(), about.trim().to_owned())
        })
        .filter(|(name, _)| name != "help")
        .collect()
}

#[test]
fn every_subcommand_explains_itself() {
    let mut seen = Vec::new();
    let mut todo = vec![Vec::new()];
    while let Some(words) = todo.pop() {
        for (name, about) in subcommands(&help(&words)) {
            assert!(!about.is_empty(), "{words:?} {name}: nothing is said about it");
            let words = [&words[..], &[name]].concat();
            seen.push(words.join(" "));
            todo.push(words);
        }
    }
    for command in [
        "check",
        "repair",
        "status",
        "remove",
        "faults list",
        "faults show",
        "faults history",
        "faults raise",
        "faults clear",
        "policy generate",
        "policy compile",
        "policy install",
        "policy remove",
        "policy status",
        "hook rpm",
        "hook deb",
        "hook kernel",
    ] {
        assert!(seen.iter().any(|seen| seen == command), "{command} is not in {seen:?}");
    }
    let help = help(&[]);
    for line in ["Examples:", "  hostprep check ", "  sudo hostprep repair ", "Exit codes:"] {
        assert!(help.lines().any(|found| found.starts_with(line)), "no {line:?} in\n{help}");
    }
    // What the examples name is there.
    let examples = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
    for example in examples {
        let example = example.trim().trim_start_matches("sudo ").trim_start_matches("hostprep ");
        let command = example.split_whitespace().next().unwrap();
        assert!(seen.iter().any(|seen| seen == command), "{example}");
    }
}
