//! Account tools of old hosts, which exit without login.defs, and tools that fail because of it.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests arrange the world around the program")]

mod common;

use std::fs;
use std::process::Command;
use std::time::Duration;

use common::{DIRECTORIES, Host, SCAN_USER};
use faults::Reason;
use installer::engine::remove::{self as removal, Removed, StateDirectory};
use installer::model::receipt::Receipt;
use installer::model::report::{Outcome, StepReport};
use installer::model::step::Removal;
use installer::steps::STEPS;

const NAME: &str = "cisco-amp-scan-svc";
const DEFS: &str = "etc/login.defs";

/// The answer of shadow 4.6 and later to `--help`.
const HELP: &str = "[ \"$1\" != --help ] || { echo '-P, --prefix PREFIX_DIR'; exit 0; }";

/// The calls that were meant to change something.
fn changing_calls(host: &Host) -> Vec<String> {
    host.calls().into_iter().filter(|call| !call.ends_with(" --help")).collect()
}

/// A host in a directory, without login.defs, that is given as `--root`.
fn host() -> Host {
    let mut host = Host::enforcing("centos-7");
    host.alternate = true;
    host.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    host.file("etc/shadow", "root:*:19000:0:99999:7:::\n");
    host.file("etc/group", "root:x:0:\nusers:x:100:\n");
    host.file("etc/gshadow", "root:*::\nusers:*::\n");
    host.file("usr/sbin/nologin", "");
    host
}

/// Acts as shadow 4.1.5.1: without `/etc/login.defs`, a tool exits (`def_load` in `lib/getdef.c`) and leaves its locks. With it,
/// the real tool of this machine runs.
fn shadow_4_1_5_1(host: &Host) {
    for name in ["useradd", "userdel", "groupadd", "groupdel", "groupmod", "usermod"] {
        // hostprep gives usermod `--root`, for which a directory would have to hold the tool's libraries.
        let words = if name == "usermod" { "shift; set -- --prefix \"$@\"" } else { ":" };
        host.tool(
            name,
            &format!(
                "[ \"$1\" != --help ] || exec /usr/sbin/{name} --help\n\
                 if [ ! -e {DEFS} ]; then for file in passwd group shadow gshadow; do printf '%s\\0' $$ >etc/$file.lock; done; exit 1; fi\n\
                 {words}\nexec /usr/sbin/{name} \"$@\""
            ),
        );
    }
}

fn remove(host: &Host) -> Removed {
    host.with(|cx| removal::remove(cx, StateDirectory::Remove, Duration::from_secs(1), &mut || {}).unwrap())
}

fn line(host: &Host, file: &str) -> Option<String> {
    let text = fs::read_to_string(host.path(&format!("etc/{file}"))).unwrap();
    text.lines().find(|line| line.starts_with(&format!("{NAME}:"))).map(str::to_owned)
}

/// Nothing is in `/etc` but what every host has, and the backup files of the tools.
#[track_caller]
fn expect_no_leftover(host: &Host) {
    let mut names: Vec<String> = fs::read_dir(host.path("etc"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with('-'))
        .collect();
    names.sort();
    assert_eq!(names, ["group", "gshadow", "os-release", "passwd", "selinux", "shadow"]);
}

#[track_caller]
fn expect_changed(report: &StepReport) {
    assert_eq!(report.outcome, Outcome::Changed, "{report:?}");
}

#[test]
fn a_tool_of_an_old_host_exits_without_login_defs() {
    let host = host();
    shadow_4_1_5_1(&host);
    let run = Command::new(host.path("tools/userdel")).args(["--prefix", "/nowhere", "root"]).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(host.path("etc/passwd.lock").exists() && host.path("etc/shadow.lock").exists());
}

#[test]
fn creation_and_removal_where_there_is_no_login_defs() {
    let host = host();
    shadow_4_1_5_1(&host);
    expect_changed(&host.repair(SCAN_USER));
    assert!(line(&host, "passwd").is_some() && line(&host, "group").is_some());
    expect_no_leftover(&host);

    let plan: Vec<String> = host.with(|cx| {
        let Removal { actions, failed } = removal::plan(cx, &Receipt::of(cx), STEPS);
        assert!(failed.is_empty(), "{failed:?}");
        actions.iter().flat_map(|action| action.describe(cx.root)).collect()
    });
    let created = plan.iter().filter(|line| line.contains("login.defs is created")).count();
    assert_eq!(created, 2, "userdel and groupdel: {plan:?}");

    let removed = remove(&host);
    assert!(removed.failed.is_empty(), "{removed:?}");
    for file in ["passwd", "shadow", "group", "gshadow"] {
        assert_eq!(line(&host, file), None, "{file}");
    }
    expect_no_leftover(&host);
}

#[test]
fn a_group_from_before_stays_as_it_was() {
    for defs in [None, Some("USERGROUPS_ENAB no\n")] {
        let host = host();
        shadow_4_1_5_1(&host);
        if let Some(defs) = defs {
            host.file(DEFS, defs);
        }
        let (group, password) = (format!("{NAME}:x:777:root"), format!("{NAME}:$6$salt$hash:root:root"));
        host.file("etc/group", &format!("root:x:0:\nusers:x:100:\n{group}\n"));
        host.file("etc/gshadow", &format!("root:*::\nusers:*::\n{password}\n"));
        expect_changed(&host.repair(SCAN_USER));
        assert!(line(&host, "passwd").is_some_and(|line| line.contains(":777:")));
        let removed = remove(&host);
        assert!(removed.failed.is_empty(), "{removed:?}");
        assert_eq!(line(&host, "passwd"), None);
        assert_eq!(line(&host, "group"), Some(group), "{defs:?}");
        assert_eq!(line(&host, "gshadow"), Some(password), "{defs:?}");
        assert_eq!(host.path(DEFS).exists(), defs.is_some());
    }
}

#[test]
fn a_group_without_members_from_before_stays_as_well() {
    let host = host();
    shadow_4_1_5_1(&host);
    let password = format!("{NAME}:$6$salt$hash::");
    host.file("etc/group", &format!("root:x:0:\nusers:x:100:\n{NAME}:x:777:\n"));
    host.file("etc/gshadow", &format!("root:*::\nusers:*::\n{password}\n"));
    expect_changed(&host.repair(SCAN_USER));
    assert!(remove(&host).failed.is_empty());
    assert_eq!(line(&host, "group"), Some(format!("{NAME}:x:777:")));
    assert_eq!(line(&host, "gshadow"), Some(password), "userdel did not take it along");
    expect_no_leftover(&host);
}

#[test]
fn a_mismatching_user_is_changed_without_login_defs() {
    let host = host();
    shadow_4_1_5_1(&host);
    host.file("etc/passwd", &format!("root:x:0:0:root:/root:/bin/sh\n{NAME}:x:700:777::/nonexistent:/bin/bash\n"));
    host.file("etc/shadow", &format!("root:*:19000:0:99999:7:::\n{NAME}:!:19700::::::\n"));
    host.file("etc/group", &format!("root:x:0:\nusers:x:100:\n{NAME}:x:777:\n"));
    host.file("etc/gshadow", &format!("root:*::\nusers:*::\n{NAME}:!::\n"));
    expect_changed(&host.repair(SCAN_USER));
    assert!(line(&host, "passwd").is_some_and(|line| line.ends_with(":/usr/sbin/nologin")));
    expect_no_leftover(&host);
}

#[test]
fn a_window_that_cannot_be_opened_keeps_no_user_from_being_removed() {
    let host = host();
    for name in ["useradd", "userdel", "groupdel"] {
        host.tool(name, &format!("exec /usr/sbin/{name} \"$@\""));
    }
    host.file(DEFS, "USERGROUPS_ENAB no\n");
    expect_changed(&host.repair(SCAN_USER));
    // Not text: no window can be planned.
    fs::write(host.path(DEFS), b"USERGROUPS_ENAB no\0\n").unwrap();
    assert!(remove(&host).failed.is_empty());
    assert_eq!((line(&host, "passwd"), line(&host, "group")), (None, None));
}

#[test]
fn a_userdel_that_dies_between_group_and_gshadow_leaves_no_line() {
    let host = host();
    for name in ["useradd", "groupadd", "groupdel"] {
        host.tool(name, &format!("exec /usr/sbin/{name} \"$@\""));
    }
    host.tool(
        "userdel",
        &format!("for file in passwd shadow group; do sed -i /^{NAME}:/d etc/$file; done; kill -9 $$"),
    );
    host.file(DEFS, "USERGROUPS_ENAB no\n");
    expect_changed(&host.repair(SCAN_USER));
    assert!(line(&host, "gshadow").is_some());
    assert_eq!(remove(&host).failed.len(), 1, "userdel failed");
    for file in ["passwd", "shadow", "group", "gshadow"] {
        assert_eq!(line(&host, file), None, "{file}");
    }
    assert_eq!(fs::read_to_string(host.path(DEFS)).unwrap(), "USERGROUPS_ENAB no\n");
    assert_eq!(remove(&host).failed, [""; 0]);
}

#[test]
fn a_group_from_before_is_created_again_after_a_userdel_that_died() {
    let host = host();
    for name in ["useradd", "groupadd"] {
        host.tool(name, &format!("exec /usr/sbin/{name} \"$@\""));
    }
    host.tool(
        "userdel",
        &format!("for file in passwd shadow group gshadow; do sed -i /^{NAME}:/d etc/$file; done; kill -9 $$"),
    );
    host.file(DEFS, "USERGROUPS_ENAB yes\n");
    host.file("etc/group", &format!("root:x:0:\nusers:x:100:\n{NAME}:x:777:\n"));
    host.file("etc/gshadow", &format!("root:*::\nusers:*::\n{NAME}:!::\n"));
    expect_changed(&host.repair(SCAN_USER));
    assert_eq!(remove(&host).failed.len(), 1, "userdel failed");
    assert_eq!(line(&host, "group"), Some(format!("{NAME}:x:777:")));
}

/// A link into a directory that is missing: nothing can be created through it.
fn dangling(host: &Host) {
    std::os::unix::fs::symlink("gone/dir/login.defs", host.path(DEFS)).unwrap();
}

#[test]
fn a_dangling_login_defs_keeps_no_user_of_a_new_host_from_being_created_and_removed() {
    let host = host();
    for name in ["useradd", "userdel", "groupdel"] {
        host.tool(name, &format!("exec /usr/sbin/{name} \"$@\""));
    }
    dangling(&host);
    let planned = host.check(SCAN_USER).plan;
    assert!(planned.len() == 1 && planned[0].contains(" --user-group "), "{planned:?}");
    assert!(planned[0].ends_with("the directory of which is missing"), "{planned:?}");
    expect_changed(&host.repair(SCAN_USER));
    assert!(line(&host, "passwd").is_some() && line(&host, "group").is_some());
    assert_eq!(remove(&host).failed, [""; 0]);
    assert_eq!((line(&host, "passwd"), line(&host, "group")), (None, None));
}

#[test]
fn a_dangling_login_defs_is_named_where_an_old_tool_says_nothing() {
    let host = host();
    shadow_4_1_5_1(&host);
    dangling(&host);
    let report = host.repair(SCAN_USER);
    let finding = report.finding().unwrap();
    assert_eq!(finding.reason, Reason::LoginDefsBlocked, "{finding:?}");
    assert!(finding.detail.starts_with("/etc/login.defs cannot be reached: No such file or directory"), "{finding:?}");
    let remedies = host.remedies(&report);
    let rm = format!("rm {}", host.path(DEFS).canonicalize().unwrap_or_else(|_| host.path(DEFS)).display());
    assert!(remedies[0].starts_with(&rm) && remedies[1].starts_with("hostprep repair"), "{remedies:?}");
    fs::remove_file(host.path(DEFS)).unwrap();
    expect_changed(&host.repair(SCAN_USER));

    dangling(&host);
    let failed = remove(&host).failed;
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].contains("/etc/login.defs cannot be reached: No such file or directory"), "{failed:?}");
    assert!(failed[0].contains(". Run: rm /"), "{failed:?}");
    fs::remove_file(host.path(DEFS)).unwrap();
    assert_eq!(remove(&host).failed, [""; 0]);
    assert_eq!((line(&host, "passwd"), line(&host, "group")), (None, None));
}

/// A login.defs that cannot be changed, until dropped.
struct Immutable<'a>(&'a Host);

impl<'a> Immutable<'a> {
    /// `None` where this user may not set the attribute.
    fn new(host: &'a Host) -> Option<Self> {
        host.file(DEFS, "USERGROUPS_ENAB no\n");
        if !nix::unistd::geteuid().is_root() {
            return None;
        }
        let set = Command::new("chattr").arg("+i").arg(host.path(DEFS)).status().unwrap();
        assert!(set.success(), "the file system has no attributes, so nothing would be tested");
        Some(Self(host))
    }
}

impl Drop for Immutable<'_> {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg("-i").arg(self.0.path(DEFS)).status();
    }
}

#[test]
fn login_defs_is_the_fault_only_where_the_fallback_fails_because_of_it() {
    for (says, reason) in [
        ("useradd: cannot open login definitions /etc/login.defs [Operation not permitted]", Reason::LoginDefsBlocked),
        ("useradd: failed to prepare the new /etc/passwd entry 'cisco-amp-scan-svc'", Reason::UserToolFailed),
    ] {
        let host = host();
        host.tool("useradd", &format!("{HELP}\necho \"{says}\" >&2; exit 1"));
        let Some(_immutable) = Immutable::new(&host) else { return };
        let report = host.repair(SCAN_USER);
        let finding = report.finding().unwrap();
        assert_eq!(finding.reason, reason, "{finding:?}");
        assert!(finding.detail.contains(says), "{finding:?}");
        let calls = changing_calls(&host);
        assert_eq!(calls.len(), 1, "{calls:?}");
        assert!(calls[0].contains(" --user-group "), "{calls:?}");
        let remedy = if reason == Reason::LoginDefsBlocked { "chattr -i -a " } else { "useradd " };
        assert!(host.remedies(&report)[0].contains(remedy), "{finding:?}");
        assert_eq!(
            host.remedies(&report)[0].contains(" --user-group "),
            reason == Reason::UserToolFailed,
            "{finding:?}"
        );
    }
}

#[test]
fn the_dry_run_shows_the_fallback_and_the_run_uses_it() {
    let host = host();
    host.tool("useradd", "exec /usr/sbin/useradd \"$@\"");
    let Some(_immutable) = Immutable::new(&host) else { return };
    let planned = host.check(SCAN_USER).plan;
    assert_eq!(planned.len(), 1, "{planned:?}");
    let (command, why) = planned[0].split_once("  # ").unwrap();
    assert!(why.contains("etc/login.defs is immutable"), "{why}");
    // The directories bear on the same fault.
    let results = host.try_repair(&[SCAN_USER, DIRECTORIES]).unwrap();
    expect_changed(&results.reports[0]);
    let calls = changing_calls(&host);
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].replace('\'', ""), command.replace('\'', ""), "the plan is what is run");
    let gid = |line: Option<String>, field: usize| line.unwrap().split(':').nth(field).unwrap().to_owned();
    assert_eq!(gid(line(&host, "passwd"), 3), gid(line(&host, "group"), 2));
    assert!(host.raised().is_empty(), "{:?}", host.raised());
    assert_eq!(fs::read_to_string(host.path(DEFS)).unwrap(), "USERGROUPS_ENAB no\n");
}
