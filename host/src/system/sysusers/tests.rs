#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use super::*;
use crate::system::kernel::scratch;

const UNIT_FILE: (&str, &str) = (
    "/usr/lib/systemd/system/systemd-sysusers.service",
    "[Unit]\nConditionNeedsUpdate=|/etc\nConditionCredential=|sysusers.extra\n",
);
const WANTS: (&str, &str) = ("/usr/lib/systemd/system/sysinit.target.wants/systemd-sysusers.service", "");
const PROGRAM: (&str, &str) = ("/usr/bin/systemd-sysusers", "");
const LINE: (&str, &str) = ("/usr/lib/sysusers.d/agent.conf", "# agent\nu scan - \"Scan service\" /nonexistent\n");

fn with_line(line: &str) -> Option<SysusersUser> {
    let (_scratch, root) = scratch(&[PROGRAM, WANTS, UNIT_FILE, (LINE.0, line)]);
    at_next_boot(&root, "scan").unwrap()
}

#[test]
fn lines_about_a_user() {
    let nologin = "/usr/sbin/nologin";
    for (line, expected) in [
        ("u scan - \"Scan service\" /nonexistent", Some((None, nologin))),
        ("  u\tscan", Some((None, nologin))),
        ("u! scan - - - -", Some((None, nologin))),
        ("g scan 5\nu other 7\nu scan 990 'x y' / /bin/false", Some((Some(990), "/bin/false"))),
        // The first line counts, also if it takes its ids from elsewhere.
        ("u scan /usr/bin/scan\nu scan 990", None),
        ("u scan 990:scanners", None),
        ("# u scan -", None),
        ("m scan wheel", None),
        ("u \"scan", Some((None, nologin))),
        ("u", None),
        ("", None),
    ] {
        let found = with_line(line).map(|found| (found.uid, found.shell));
        assert_eq!(found, expected.map(|(uid, shell)| (uid, PathBuf::from(shell))), "{line:?}");
    }
}

#[test]
fn it_runs_only_where_the_next_boot_starts_it() {
    let all = [PROGRAM, WANTS, UNIT_FILE, LINE];
    let found = |files: &[(&str, &str)], arrange: &dyn Fn(&Path)| {
        let (scratch, root) = scratch(files);
        arrange(scratch.path());
        at_next_boot(&root, "scan").unwrap().map(|found| found.file.to_string())
    };
    let nothing = |_: &Path| {};
    assert_eq!(found(&all, &nothing).as_deref(), Some(LINE.0));
    for left_out in 0..all.len() {
        let rest: Vec<_> = all.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, file)| *file).collect();
        assert_eq!(found(&rest, &nothing), None, "without {}", all[left_out].0);
    }
    let to_null = |path: &'static str| {
        move |root: &Path| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            symlink("/dev/null", path).unwrap();
        }
    };
    assert_eq!(found(&all, &to_null("etc/systemd/system/systemd-sysusers.service")), None, "masked");
    assert_eq!(found(&all, &to_null("etc/sysusers.d/agent.conf")), None, "switched off");
    let etc = ("/etc/sysusers.d/agent.conf", "u scan 900\n");
    assert_eq!(found(&[PROGRAM, WANTS, UNIT_FILE, LINE, etc], &nothing).as_deref(), Some(etc.0), "the administrator's");
    // As a package of ours has it.
    let linked = |root: &Path| {
        fs::create_dir_all(root.join("usr/lib/agent")).unwrap();
        fs::rename(root.join("usr/lib/sysusers.d/agent.conf"), root.join("usr/lib/agent/sysusers.conf")).unwrap();
        symlink("../agent/sysusers.conf", root.join("usr/lib/sysusers.d/agent.conf")).unwrap();
    };
    assert_eq!(found(&all, &linked).as_deref(), Some(LINE.0));
}

#[test]
fn it_runs_only_if_there_is_something_new() {
    let (scratch, root) = scratch(&[PROGRAM, WANTS, UNIT_FILE, LINE, ("/etc/.updated", "")]);
    let set = |path: &str, time: SystemTime| {
        fs::File::open(scratch.path().join(path)).unwrap().set_modified(time).unwrap();
    };
    let now = SystemTime::now();
    set("usr", now);
    for (updated, runs) in [(now - Duration::from_secs(9), true), (now, false), (now + Duration::from_secs(9), false)] {
        set("etc/.updated", updated);
        assert_eq!(at_next_boot(&root, "scan").unwrap().is_some(), runs, "{updated:?}");
    }
    // Some distributions run it at each boot.
    fs::write(scratch.path().join(&UNIT_FILE.0[1..]), "[Unit]\n").unwrap();
    assert!(at_next_boot(&root, "scan").unwrap().is_some());
}

#[test]
fn where_times_have_no_fraction_the_file_says_it() {
    let (scratch, root) = scratch(&[PROGRAM, WANTS, UNIT_FILE, LINE, ("/etc/.updated", "")]);
    let second = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let set = |path: &str, time: SystemTime| {
        fs::File::open(scratch.path().join(path)).unwrap().set_modified(time).unwrap();
    };
    set("usr", second + Duration::from_nanos(5));
    for (text, fraction, runs) in [
        ("", 0, true),
        ("# by systemd-update-done\nTIMESTAMP_NSEC=1700000000000000004\n", 0, true),
        ("# by systemd-update-done\nTIMESTAMP_NSEC=1700000000000000005\n", 0, false),
        ("TIMESTAMP_NSEC=\"1700000000000000006\"\n", 0, false),
        ("TIMESTAMP_NSEC=soon\n", 0, true),
        // Here the file system keeps fractions.
        ("TIMESTAMP_NSEC=1700000000000000006\n", 4, true),
        ("TIMESTAMP_NSEC=1700000000000000004\n", 5, false),
    ] {
        fs::write(scratch.path().join("etc/.updated"), text).unwrap();
        set("etc/.updated", second + Duration::from_nanos(fraction));
        assert_eq!(at_next_boot(&root, "scan").unwrap().is_some(), runs, "{text:?} {fraction}");
    }
    set("usr", second);
    set("etc/.updated", second);
    assert_eq!(at_next_boot(&root, "scan").unwrap(), None, "/usr has no fraction either");
}

#[test]
fn what_is_no_text_file_hides_no_other() {
    let (scratch, root) = scratch(&[PROGRAM, WANTS, UNIT_FILE, LINE, ("/etc/sysusers.d/a.conf/x", "")]);
    fs::write(scratch.path().join("etc/sysusers.d/b.conf"), b"u other - \"caf\xe9\"\n").unwrap();
    symlink("/nonexistent", scratch.path().join("etc/sysusers.d/c.conf")).unwrap();
    assert_eq!(at_next_boot(&root, "scan").unwrap().unwrap().file, LINE.0);
}
