//! Account tools of old hosts: absent, without `--prefix`, locked out, and what they leave behind. The messages are those of
//! shadow 4.1.5.1 and 4.6 (`host/fixtures/account-tools`).

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests look at files, and fail by panicking")]

mod common;

use std::time::Duration;

use common::{Host, SCAN_USER};
use faults::Reason;
use host::process::clock::{Clock, SystemClock};
use host::testing::VirtualClock;
use installer::engine;
use installer::engine::remove::{self as removal, StateDirectory};
use installer::hook::{Event, rpm};
use installer::model::receipt::Receipt;
use installer::model::report::{Outcome, StepReport};

/// The first line of every stand-in: it answers `--help` like shadow 4.6 and later, unless a test overrides it.
const HELP: &str = "[ \"$1\" = --help ] && { echo '-P, --prefix PREFIX_DIR'; exit 0; }";

/// Adds the user and its group as `useradd` with `USERGROUPS_ENAB yes` does.
const ADD: &str = "echo cisco-amp-scan-svc:x:700:700::/nonexistent:/usr/sbin/nologin >> etc/passwd
    echo cisco-amp-scan-svc:x:700: >> etc/group";

/// Creates an alternate root with account files that are read without NSS.
fn image() -> Host {
    let mut host = Host::enforcing("centos-7");
    host.alternate = true;
    host.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    host.file("etc/group", "root:x:0:\n");
    host.file("etc/login.defs", "USERGROUPS_ENAB no\n");
    host.file("usr/sbin/nologin", "");
    host.directory("opt/cisco");
    host
}

/// Repairs the user; returns its report and how long was waited.
fn repair(host: &Host) -> (StepReport, Duration) {
    let clock = VirtualClock::default();
    let start = clock.monotonic();
    let report = host.with_clocks(&clock, &SystemClock, |cx| {
        engine::repair::repair(cx, &Host::request(&[SCAN_USER]), &mut || {}).unwrap().reports.remove(0)
    });
    (report, clock.monotonic() - start)
}

/// The calls that were meant to change something.
fn changing_calls(host: &Host) -> Vec<String> {
    host.calls().into_iter().filter(|call| !call.ends_with(" --help")).collect()
}

/// Reason, detail, and the remedies as `host`'s machine runs them.
fn finding(host: &Host, report: &StepReport) -> (Reason, String, Vec<String>) {
    let finding = report.finding().unwrap_or_else(|| panic!("{report:?}"));
    (finding.reason, finding.detail, host.remedies(report))
}

#[test]
fn a_held_lock_is_waited_for_with_login_defs_as_it_was() {
    let host = image();
    host.tool(
        "useradd",
        &format!(
            "{HELP}
             grep -q '^USERGROUPS_ENAB yes' etc/login.defs || exit 7
             n=$(cat tries 2>/dev/null || echo 0); echo $((n + 1)) > tries
             [ $n -ge 3 ] || {{ echo 'useradd: cannot lock /etc/passwd; try again later.' >&2; exit 1; }}
             {ADD}"
        ),
    );
    let (report, waited) = repair(&host);
    assert_eq!(report.outcome, Outcome::Changed, "{report:?}");
    assert_eq!(changing_calls(&host).len(), 4);
    assert_eq!(waited.as_secs(), 1 + 2 + 4);
    assert_eq!(std::fs::read_to_string(host.path("etc/login.defs")).unwrap(), "USERGROUPS_ENAB no\n");
    assert_eq!(host.raised(), [] as [u16; 0]);
}

#[test]
fn a_lock_that_stays_held_is_given_up_after_two_minutes() {
    let host = image();
    // The message of 4.6 about a lock file with a running owner.
    let text = "useradd: cannot open /etc/passwd\nuseradd: failed to unlock /etc/passwd\n";
    host.tool("useradd", &format!("{HELP}\nprintf '{text}' >&2; exit 1"));
    host.file("etc/passwd.lock", &format!("{}\0", std::process::id()));
    let (report, waited) = repair(&host);
    assert!((100..=120).contains(&waited.as_secs()), "{waited:?}");
    assert!(changing_calls(&host).len() > 5);
    let (reason, detail, remedy) = finding(&host, &report);
    assert_eq!(reason, Reason::AccountFilesLocked);
    assert!(detail.contains(": useradd: cannot open /etc/passwd; process "), "not what follows from it: {detail}");
    // With its name, which is that of this test.
    assert!(detail.contains(&format!("process {} (", std::process::id())), "{detail}");
    assert!(detail.contains(") holds /etc/passwd.lock"), "{detail}");
    let wait = format!("ps -p {}  # wait until this process has ended", std::process::id());
    assert_eq!(remedy[0], wait);
}

/// What shadow 4.13 prints where `/etc/default/useradd` names a group that is not there, and the lock is held.
const DEFAULTS_IGNORED: &str = include_str!("../../host/fixtures/account-tools/4.13-defaults-ignored.txt");

#[test]
fn a_warning_about_defaults_hides_no_lock() {
    let host = image();
    waits_for_a_held_lock(&host, DEFAULTS_IGNORED);
}

/// Repairs with a lock of `/etc/passwd` that a process holds until the third call, and a useradd that prints `says` before that.
#[track_caller]
fn waits_for_a_held_lock(host: &Host, says: &str) {
    host.file("said", says);
    host.file("etc/passwd.lock", &format!("{}\0", std::process::id()));
    host.tool(
        "useradd",
        &format!(
            "{HELP}
             n=$(cat tries 2>/dev/null || echo 0); echo $((n + 1)) > tries
             [ $n -ge 2 ] || {{ cat said >&2; exit 1; }}
             rm etc/passwd.lock; {ADD}"
        ),
    );
    let (report, waited) = repair(host);
    assert_eq!((report.outcome, waited.as_secs()), (Outcome::Changed, 1 + 2), "{report:?}");
}

#[test]
fn a_warning_hides_no_other_cause() {
    let warnings: String = DEFAULTS_IGNORED.lines().take(4).map(|line| format!("{line}\n")).collect();
    for (says, reason, remedy) in [
        ("useradd: cannot open /etc/passwd", Reason::UserToolFailed, "cp -p --remove-destination "),
        ("useradd: Can't get unique UID (no more available UIDs)", Reason::UidRangeFull, "awk -F: "),
        // shadow goes on after these.
        (
            "useradd: failed to reset the lastlog entry of UID 998: Read-only file system\nuseradd: cannot open /etc/passwd",
            Reason::UserToolFailed,
            "cp -p --remove-destination ",
        ),
        (
            "useradd: failed to reset the faillog entry of UID 998: No space left on device\nuseradd: cannot open /etc/passwd",
            Reason::UserToolFailed,
            "cp -p --remove-destination ",
        ),
    ] {
        let host = image();
        std::fs::rename(host.path("etc/passwd"), host.path("etc/passwd.real")).unwrap();
        std::os::unix::fs::symlink("passwd.real", host.path("etc/passwd")).unwrap();
        host.file("said", &format!("{warnings}{says}\n"));
        host.tool("useradd", &format!("{HELP}\ncat said >&2; exit 1"));
        let (report, waited) = repair(&host);
        let (found, detail, remedies) = finding(&host, &report);
        assert_eq!((found, waited), (reason, Duration::ZERO), "{detail}");
        assert!(detail.contains(says.lines().last().unwrap()), "{detail}");
        assert!(remedies.iter().any(|line| line.contains(remedy)), "{remedies:?}");
    }
}

/// A tool that adds a system user takes no lock of `/etc/subuid`.
#[test]
fn a_dead_lock_that_the_tool_does_not_need_ends_no_waiting() {
    for says in ["useradd: lock /x//etc/passwd.lock already used by PID 1", "useradd: cannot open /x//etc/passwd"] {
        let host = image();
        host.file("etc/subuid.lock", "");
        waits_for_a_held_lock(&host, &format!("{says}\nuseradd: cannot lock /etc/passwd; try again later.\n"));
    }
}

/// Repairs. Returns the detail and the remedy of files that are locked, for which one call of a tool has not waited.
#[track_caller]
fn locked_without_waiting(host: &Host) -> (String, Vec<String>) {
    let (report, waited) = repair(host);
    assert_eq!((changing_calls(host).len(), waited), (1, Duration::ZERO));
    let (reason, detail, remedy) = finding(host, &report);
    assert_eq!(reason, Reason::AccountFilesLocked);
    (detail, remedy)
}

#[test]
fn a_dead_lock_that_the_tool_named_is_not_waited_for_whatever_else_is_held() {
    for (lock, says) in [
        ("group", "useradd: existing lock file /x//etc/group.lock without a PID"),
        ("passwd", "useradd: cannot open /x//etc/passwd"),
    ] {
        let host = image();
        host.file("etc/shadow.lock", &format!("{}\0", std::process::id()));
        host.file(&format!("etc/{lock}.lock"), "");
        let text = format!("{says}\\nuseradd: cannot lock /x//etc/{lock}; try again later.\\n");
        host.tool("useradd", &format!("{HELP}\nprintf '{text}' >&2; exit 1"));
        locked_without_waiting(&host);
    }
}

#[test]
fn a_lock_that_names_no_process_is_named_and_not_waited_for() {
    let host = image();
    let text = "useradd: existing lock file /etc/passwd.lock without a PID\n\
                useradd: cannot lock /etc/passwd; try again later.\n";
    host.tool("useradd", &format!("{HELP}\nprintf '{text}' >&2; exit 1"));
    host.file("etc/passwd.lock", "");
    let (detail, remedy) = locked_without_waiting(&host);
    assert!(detail.contains(": useradd: existing lock file /etc/passwd.lock without a PID; "), "{detail}");
    assert!(detail.contains("; no process is named in /etc/passwd.lock"), "{detail}");
    let root = host.dir.path().canonicalize().unwrap();
    assert!(remedy[0].starts_with("# wait until `ps -o pid=,comm= -C useradd,"), "the condition first: {remedy:?}");
    let (remove, again) =
        (format!("rm -f {}/etc/passwd.lock", root.display()), format!("hostprep repair --root {}", root.display()));
    assert_eq!(remedy[1..], [remove, again]);
}

/// As `echo $$` writes it: shadow refuses it, whether or not the process runs.
#[test]
fn a_lock_with_a_line_break_is_not_waited_for_and_goes_after_its_process() {
    let host = image();
    let text = "useradd: existing lock file /etc/passwd.lock with an invalid PID '1\n'\n\
                useradd: cannot lock /etc/passwd; try again later.\n";
    host.tool("useradd", &format!("{HELP}\ncat >&2 <<'X'\n{text}X\nexit 1"));
    host.file("etc/passwd.lock", &format!("{}\n", std::process::id()));
    let (detail, remedy) = locked_without_waiting(&host);
    let names = format!("/etc/passwd.lock names process {} (", std::process::id());
    assert!(detail.contains(&names) && !detail.contains(" holds "), "{detail}");
    assert!(remedy[0].starts_with(&format!("ps -p {}  # wait", std::process::id())), "{remedy:?}");
    assert!(remedy.iter().any(|line| line.starts_with("rm -f ") && line.ends_with("/etc/passwd.lock")), "{remedy:?}");
}

#[test]
fn a_dead_lock_with_a_line_break_names_its_process_in_a_quotation_that_ends() {
    let host = image();
    let text = "useradd: existing lock file /etc/passwd.lock with an invalid PID '5000000\n'\n\
                useradd: cannot lock /etc/passwd; try again later.\n";
    host.tool("useradd", &format!("{HELP}\ncat >&2 <<'X'\n{text}X\nexit 1"));
    host.file("etc/passwd.lock", "5000000\n");
    let (detail, remedy) = locked_without_waiting(&host);
    let says = "with an invalid PID '5000000'; process 5000000, which no longer runs, left /etc/passwd.lock behind";
    assert!(detail.contains(says), "{detail}");
    assert!(remedy.iter().any(|line| line.starts_with("rm -f ") && line.ends_with("/etc/passwd.lock")), "{remedy:?}");
}

/// The command in the condition of that remedy, on this machine: it prints what it waits for, and nothing else.
#[test]
fn the_condition_of_a_dead_lock_is_true_of_real_processes() {
    let host = image();
    host.tool(
        "useradd",
        &format!("{HELP}\necho 'useradd: existing lock file /etc/passwd.lock without a PID' >&2; exit 1"),
    );
    host.file("etc/passwd.lock", "");
    let (_, _, remedy) = finding(&host, &repair(&host).0);
    let command = remedy[0].split('`').nth(1).unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    let [program, options @ .., names] = words.as_slice() else { panic!("{command}") };
    assert_eq!(names.split(',').collect::<Vec<_>>(), host::system::account_lock::ACCOUNT_TOOLS);
    // Other names in its place, since tools may run on this machine. The kernel cuts one of them short.
    let others = "none-of-these-1,none-of-these-2,test-of-hostprep";
    let ps = || {
        let output = std::process::Command::new(program).args(options).arg(others).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(ps(), (String::new(), String::new()));
    let tool = host.path("test-of-hostprep");
    // cp writes it, because a process that a parallel test starts would inherit our open file (ETXTBSY).
    assert!(std::process::Command::new("cp").arg("/bin/sleep").arg(&tool).status().unwrap().success());
    let mut running = std::process::Command::new(&tool).arg("60").spawn().unwrap();
    let (found, said) = ps();
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!((found.lines().count(), said.as_str()), (1, ""), "{found}");
    assert!(found.contains(&format!("{} test-of-hostpre", running.id())), "{found}");
}

/// `lckpwdf(3)` says no more than that.
#[test]
fn a_directory_in_the_place_of_pwd_lock_is_not_waited_for() {
    let host = image();
    host.tool("useradd", &format!("{HELP}\necho 'useradd: cannot lock /etc/passwd; try again later.' >&2; exit 1"));
    host.directory("etc/.pwd.lock");
    let (detail, remedy) = locked_without_waiting(&host);
    assert!(detail.contains("; /etc/.pwd.lock is not a file"), "{detail}");
    assert!(remedy[0].starts_with("mv -T ") && remedy[0].ends_with("/etc/.pwd.lock.aside"), "{remedy:?}");
}

#[test]
fn a_lock_that_is_free_again_is_not_said_to_be_held() {
    let host = image();
    host.tool("useradd", &format!("{HELP}\necho 'useradd: cannot lock /etc/passwd; try again later.' >&2; exit 1"));
    let (report, waited) = repair(&host);
    assert!((100..=120).contains(&waited.as_secs()), "{waited:?}");
    let (_, detail, _) = finding(&host, &report);
    assert!(detail.ends_with("; no process holds /etc/.pwd.lock or another lock of the account files now"), "{detail}");
}

#[test]
fn a_tool_that_succeeds_and_creates_nothing_is_named() {
    let host = image();
    host.tool("useradd", &format!("{HELP}\nexit 0"));
    let (reason, detail, remedy) = finding(&host, &repair(&host).0);
    assert_eq!(reason, Reason::UserToolFailed);
    assert!(detail.ends_with("exited with status 0, and cisco-amp-scan-svc is still missing"), "{detail}");
    let tool = host.path("tools/useradd").canonicalize().unwrap();
    assert_eq!(remedy[0], format!("ls -l {}  # another program may be in the place of useradd", tool.display()));
    assert_eq!(host.raised(), [5]);
}

#[test]
fn a_tool_that_says_nothing_has_no_message_to_look_up() {
    for (says, looks_up) in [("", false), ("useradd: some reason", true)] {
        let host = image();
        host.tool("useradd", &format!("{HELP}\necho '{says}' >&2; exit 1"));
        let (_, detail, remedy) = finding(&host, &repair(&host).0);
        assert_eq!(remedy.iter().any(|line| line.starts_with("grep 'useradd said' ")), looks_up, "{remedy:?}");
        assert!(detail.contains(if looks_up { says } else { "no message on standard error" }), "{detail}");
    }
}

#[test]
fn a_tool_that_cannot_be_started_is_installed_again() {
    let mut host = Host::enforcing("centos-7");
    host.file("etc/login.defs", "");
    host.alternate = false;
    host.tool("useradd", "");
    std::fs::write(host.path("tools/useradd"), "#!/nowhere/sh\n").unwrap();
    let (reason, detail, remedy) = finding(&host, &host.repair(SCAN_USER));
    assert_eq!(reason, Reason::UserToolFailed);
    assert!(detail.contains("could not be run: the loader or interpreter that it names is missing"), "{detail}");
    assert_eq!(remedy, ["yum reinstall -y shadow-utils", "hostprep repair"]);
}

/// A full disk and a user without rights also end with "cannot lock": waiting would not help.
#[test]
fn other_obstacles_are_not_waited_for() {
    for obstacle in ["useradd: Permission denied.", "useradd: /etc/passwd.7: No space left on device"] {
        let host = image();
        let text = format!("{obstacle}\\nuseradd: cannot lock /etc/passwd; try again later.\\n");
        host.tool("useradd", &format!("{HELP}\nprintf '{text}' >&2; exit 1"));
        let (report, waited) = repair(&host);
        assert_eq!((changing_calls(&host).len(), waited), (1, Duration::ZERO));
        assert!(finding(&host, &report).1.ends_with(obstacle), "{report:?}");
    }
}

#[test]
fn a_tool_without_prefix_is_not_tried_on_an_alternate_root() {
    let host = image();
    let usage = "Usage: useradd [options] LOGIN\\n  -R, --root CHROOT_DIR  directory to chroot into\\n";
    host.tool("useradd", &format!("[ \"$1\" = --help ] && {{ printf '{usage}'; exit 0; }}; touch tried; exit 2"));
    // A look says what the repair says, and plans nothing.
    let looked = host.check(SCAN_USER);
    assert_eq!(looked.plan, [""; 0]);
    for report in [looked, repair(&host).0] {
        let (reason, detail, remedy) = finding(&host, &report);
        assert_eq!(reason, Reason::UserToolFailed);
        assert!(detail.contains(" missing, and useradd of this machine has no option --prefix"), "{detail}");
        let root = host.dir.path().canonicalize().unwrap();
        assert_eq!(remedy[0], format!("chroot {} hostprep repair", root.display()));
        assert!(remedy[1].contains("shadow 4.6"), "{remedy:?}");
    }
    assert_eq!(changing_calls(&host), [""; 0]);
    assert!(!host.path("tried").exists());
    assert_eq!(std::fs::read_to_string(host.path("etc/login.defs")).unwrap(), "USERGROUPS_ENAB no\n");
}

#[test]
fn a_user_is_not_changed_by_a_tool_without_root() {
    let host = image();
    host.file("etc/passwd", "root:x:0:0::/root:/bin/sh\ncisco-amp-scan-svc:x:700:700::/nonexistent:/bin/bash\n");
    host.file("etc/group", "root:x:0:\ncisco-amp-scan-svc:x:700:\n");
    host.tool("usermod", "[ \"$1\" = --help ] && { echo '  -L, --lock'; exit 0; }; touch tried; exit 2");
    let looked = host.check(SCAN_USER);
    assert_eq!(looked.plan, [""; 0]);
    for report in [looked, repair(&host).0] {
        let (_, detail, remedy) = finding(&host, &report);
        assert!(detail.contains("login shell /bin/bash; usermod of this machine has no option --root"), "{detail}");
        assert!(remedy[0].starts_with("chroot "), "{remedy:?}");
    }
    assert!(!host.path("tried").exists());
}

#[test]
fn a_removal_by_a_tool_without_prefix_is_not_planned() {
    let host = image();
    host.tool("useradd", &format!("{HELP}\n{ADD}"));
    assert_eq!(repair(&host).0.outcome, Outcome::Changed);
    let old = "[ \"$1\" = --help ] && { echo '  -R, --root CHROOT_DIR'; exit 0; }; touch tried; exit 2";
    host.tool("userdel", old);
    host.tool("groupdel", old);
    let planned: Vec<String> = host.with(|cx| {
        let plan = removal::plan(cx, &Receipt::of(cx), &[SCAN_USER]);
        assert!(plan.actions.is_empty(), "{:?}", plan.actions);
        plan.failed.iter().map(ToString::to_string).collect()
    });
    assert_eq!(planned.len(), 1, "{planned:?}");
    assert!(planned[0].starts_with("userdel of this machine has no option --prefix"), "{planned:?}");
    let root = host.dir.path().canonicalize().unwrap();
    assert!(planned[0].ends_with(&format!(". Run: chroot {} hostprep remove", root.display())), "{planned:?}");
    assert_eq!(removal_again(&host), (planned, Vec::new()), "as the removal itself says");
    assert!(!host.path("tried").exists());
    for tool in ["userdel", "groupdel"] {
        host.tool(tool, &format!("{HELP}\nsed -i /^cisco-amp/d etc/passwd etc/group"));
    }
    assert_eq!(removal_again(&host).0, [""; 0]);
}

#[test]
fn without_useradd_the_package_is_named() {
    for (os_release, refresh, command) in [
        ("centos-7", "yum clean expire-cache", "yum install -y shadow-utils"),
        ("amazon-2", "yum clean expire-cache", "yum install -y shadow-utils"),
        ("fedora-42", "dnf makecache --refresh", "dnf install -y shadow-utils"),
        ("opensuse-tumbleweed", "zypper --non-interactive refresh", "zypper --non-interactive install shadow"),
        ("debian-12", "apt-get update", "apt-get install -y passwd"),
    ] {
        let host = Host::enforcing(os_release);
        host.file("etc/login.defs", "");
        for report in [host.check(SCAN_USER), host.repair(SCAN_USER)] {
            let (reason, detail, remedy) = finding(&host, &report);
            assert_eq!(reason, Reason::ToolsMissing, "{os_release}");
            assert!(detail.contains("useradd is not installed"), "{detail}");
            assert_eq!(remedy, [refresh, command, "hostprep repair"], "{os_release}");
        }
    }
}

#[test]
fn the_fault_clears_when_useradd_arrives() {
    let host = image();
    let (report, _) = repair(&host);
    assert_eq!(finding(&host, &report).0, Reason::ToolsMissing);
    assert_eq!(host.raised(), [5]);
    host.tool("useradd", &format!("{HELP}\n{ADD}"));
    let Event::Prepare { steps, updates_faults, .. } = rpm::parse("trigger", "1", Some("1")).unwrap() else { panic!() };
    assert!(updates_faults);
    // Without the SELinux steps, which this test is not about.
    let steps: Vec<_> = steps.into_iter().filter(|step| *step == SCAN_USER).collect();
    host.try_repair(&steps).unwrap();
    assert_eq!(host.raised(), [] as [u16; 0]);
}

/// shadow 4.1.5.1 does so without `/etc/login.defs`: it says nothing, and its locks stay.
#[test]
fn locks_that_a_failed_removal_leaves_are_named() {
    let host = image();
    host.tool("useradd", &format!("{HELP}\n{ADD}"));
    assert_eq!(repair(&host).0.outcome, Outcome::Changed);
    let locks = "for file in passwd group shadow; do printf '%s\\0' $$ > etc/$file.lock; done; exit 1";
    host.tool("userdel", &format!("{HELP}\n{locks}"));
    host.tool("groupdel", &format!("{HELP}\nexit 1"));
    let removed =
        host.with(|cx| removal::remove(cx, StateDirectory::Remove, engine::recover::LOCK_TIMEOUT, &mut || {}).unwrap());
    let said = removed.failed.join("\n");
    let locks = "which no longer runs, left /etc/passwd.lock, /etc/shadow.lock, /etc/group.lock behind";
    assert!(said.contains(locks), "{said}");
    assert!(
        said.contains("; wait until `ps -o pid=,comm= -C useradd,") && said.contains(". Run: rm -f /"),
        "the condition first: {said}"
    );
    assert!(removed.done.is_empty(), "{removed:?}");
}

/// Repairs, and then removes with these stand-ins; returns what failed.
fn removal_with(host: &Host, tools: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    host.tool("useradd", &format!("{HELP}\n{ADD}"));
    assert_eq!(repair(host).0.outcome, Outcome::Changed);
    for (name, script) in tools {
        host.tool(name, &format!("{HELP}\n{script}"));
    }
    removal_again(host)
}

#[test]
fn a_userdel_that_does_nothing_is_a_failure_that_is_not_forgotten() {
    let host = image();
    let (failed, done) = removal_with(&host, &[("userdel", "exit 0"), ("groupdel", "exit 8")]);
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].contains("`userdel cisco-amp-scan-svc` exited with status 0"), "{failed:?}");
    assert!(failed[0].contains("cisco-amp-scan-svc is still there. Run: ls -l "), "{failed:?}");
    assert_eq!(done, [""; 0]);
    let (again, _) = removal_again(&host);
    assert_eq!(again, failed, "the receipt still has it");
}

fn removal_again(host: &Host) -> (Vec<String>, Vec<String>) {
    let removed =
        host.with(|cx| removal::remove(cx, StateDirectory::Remove, engine::recover::LOCK_TIMEOUT, &mut || {}).unwrap());
    (removed.failed, removed.done)
}

#[test]
fn a_group_that_waits_for_its_user_is_not_a_second_failure() {
    let host = image();
    let busy = "echo 'userdel: user cisco-amp-scan-svc is currently used by process 4711' >&2; exit 8";
    let (failed, _) = removal_with(&host, &[("userdel", busy), ("groupdel", "touch tried; exit 8")]);
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].contains("is currently used by process 4711. Run: ps -p 4711"), "{failed:?}");
    assert!(!host.path("tried").exists());
    host.tool("userdel", &format!("{HELP}\nsed -i /^cisco-amp/d etc/passwd etc/group"));
    assert_eq!(removal_again(&host).0, [""; 0]);
}

#[test]
fn without_userdel_the_package_is_named_and_not_only_what_comes_before_it() {
    let mut host = image();
    host.tool("useradd", &format!("{HELP}\n{ADD}"));
    assert_eq!(repair(&host).0.outcome, Outcome::Changed);
    // As the system itself: the package manager is that of the root.
    host.alternate = false;
    let (failed, _) = removal_again(&host);
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].starts_with("userdel is not installed ("), "{failed:?}");
    let install = ". Run: yum clean expire-cache && yum install -y shadow-utils && hostprep remove";
    assert!(failed[0].ends_with(install), "{failed:?}");
}
