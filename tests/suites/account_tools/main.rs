//! Why the real account tools fail: the fault says it in the tool's own words and in the host's, and each remedy helps.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod locks;

use std::path::Path;
use std::process::Command;

use harness::{Caller, Run, ScratchRoot, System, program};
use serde_json::Value;

const NAME: &str = "cisco-amp-scan-svc";
const REPAIR: [&str; 5] = ["repair", "--format", "json", "--only", "scan-user"];

/// What the fault says: its reason, its detail, and its remedies.
struct Fault {
    reason: String,
    detail: String,
    remedy: Vec<String>,
    remedies: Value,
}

#[track_caller]
fn fault(run: Run) -> Fault {
    let step = run.expect_code(3).step("scan-user");
    let remedy: Vec<String> = serde_json::from_value(step["remedy"].clone()).unwrap();
    let word = |key: &str| step[key].as_str().unwrap_or_else(|| panic!("{step}")).to_owned();
    for line in &remedy {
        assert!(
            !line.starts_with("useradd ") || word("reason") == "user-tool-failed",
            "the command that failed: {line}"
        );
    }
    Fault { reason: word("reason"), detail: word("detail"), remedy, remedies: step["remedies"].clone() }
}

/// Runs the commands among the remedies, except hostprep itself, those that only show something, and alternatives: what is before
/// them works.
fn follow(fault: &Fault) {
    let is_next = |remedy: &&Value| remedy["kind"] == "run" && remedy["alternative"] != true;
    for remedy in fault.remedies.as_array().unwrap().iter().filter(is_next) {
        let argv: Vec<String> = serde_json::from_value(remedy["argv"].clone()).unwrap();
        if !["awk", "df", "ps", "grep"].contains(&&*argv[0]) {
            assert!(Command::new(&argv[0]).args(&argv[1..]).status().unwrap().success(), "{argv:?}");
        }
    }
}

#[track_caller]
fn expect_repaired(root: &ScratchRoot, what: &str) {
    let run = root.hostprep(&REPAIR);
    assert_eq!(run.code, Some(0), "{what}: {run:?}");
    let (user, group) = (root.account("passwd", NAME).unwrap(), root.account("group", NAME).unwrap());
    assert_eq!(user[3], group[2], "{what}");
}

fn root() -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.dir("/opt/cisco", 0o755);
    root
}

#[test]
fn a_lock_file_that_nothing_will_remove_is_named_with_the_command_that_does() {
    // Each takes the 14 s for which useradd tries.
    for (file, content, says) in [
        ("/etc/passwd.lock", "", "without a PID"),
        ("/etc/group.lock", "garbage", "with an invalid PID 'garbage'"),
        ("/etc/gshadow.lock", "", "without a PID"),
    ] {
        let root = root();
        root.file(file, content);
        let what = format!("{file} with {content:?}");
        let fault = fault(root.hostprep(&REPAIR));
        assert_eq!(fault.reason, "account-files-locked", "{what}");
        assert!(fault.detail.contains(&format!("existing lock file {file} {says}")), "{what}: {}", fault.detail);
        assert!(fault.detail.contains(&format!("no process is named in {file}")), "{what}: {}", fault.detail);
        assert!(
            fault.remedy[0].starts_with("# wait until `ps -o pid=,comm= -C useradd,"),
            "the condition first: {:?}",
            fault.remedy
        );
        assert_eq!(fault.remedy[1], format!("rm -f {}", root.at(file).display()));
        let log = root.text("/var/log/cisco/hostprep.log");
        let said: Vec<&str> = log.lines().filter(|line| line.contains("useradd said: ")).collect();
        assert_eq!(said.len(), 2, "all that useradd said: {log}");
        assert!(said[0].contains(says) && said[1].contains("cannot lock"), "{log}");
        follow(&fault);
        expect_repaired(&root, &what);
    }
}

#[test]
fn a_lock_of_a_process_that_started_later_is_stale_and_not_waited_for() {
    let root = root();
    // As of a host that went down while a tool ran, and on which another program has its PID now.
    root.file("/etc/passwd.lock", std::process::id().to_string());
    let lock = std::fs::File::options().append(true).open(root.at("/etc/passwd.lock")).unwrap();
    lock.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
    let start = std::time::Instant::now();
    let fault = fault(root.hostprep(&REPAIR));
    assert!(start.elapsed().as_secs() < 60, "useradd itself tries for 14 s, and it is run once");
    assert_eq!(fault.reason, "account-files-locked");
    assert!(fault.detail.contains("already used by PID"), "{}", fault.detail);
    assert!(fault.detail.contains("/etc/passwd.lock is stale: process "), "{}", fault.detail);
    follow(&fault);
    expect_repaired(&root, "stale");
}

#[test]
fn a_directory_in_the_place_of_a_lock_file_is_moved_aside() {
    let root = root();
    root.file("/etc/passwd.lock/kept", "");
    let fault = fault(root.hostprep(&REPAIR));
    assert_eq!(fault.reason, "account-files-locked");
    assert!(
        fault.detail.contains("/etc/passwd.lock: Is a directory; /etc/passwd.lock is not a file"),
        "{}",
        fault.detail
    );
    follow(&fault);
    assert!(root.at("/etc/passwd.lock.aside/kept").exists());
    expect_repaired(&root, "directory");
}

/// Fills ids with users or groups.
fn fill(root: &ScratchRoot, file: &str, ids: std::ops::RangeInclusive<u32>) {
    let rest = if file == "passwd" { ":100::/nonexistent:/bin/false" } else { ":" };
    let lines: Vec<String> = ids.map(|id| format!("full{id}:x:{id}{rest}")).collect();
    root.add_account(file, &lines.join("\n"));
}

#[test]
fn a_full_range_of_ids_is_named_and_how_it_gets_wider() {
    let el = "UID_MIN 1000\nGID_MIN 1000\nSYS_UID_MIN 201\nSYS_UID_MAX 999\nSYS_GID_MIN 201\nSYS_GID_MAX 999\n";
    let narrow = "UID_MIN 1000\nGID_MIN 1000\nSYS_UID_MIN 300\nSYS_UID_MAX 310\nSYS_GID_MIN 300\nSYS_GID_MAX 310\n";
    let absent = "UID_MIN 1000\nGID_MIN 1000\n";
    let inverted = "UID_MIN 1000\nSYS_UID_MIN 900\nSYS_UID_MAX 100\n";
    for (what, defs, uids, gids, says, details) in [
        (
            "uid",
            el,
            Some(201..=999),
            None,
            "no more available UIDs",
            &["each uid from SYS_UID_MIN 201 to SYS_UID_MAX 999 is taken"][..],
        ),
        (
            "gid",
            el,
            None,
            Some(201..=999),
            "no more available GIDs",
            &["each gid from SYS_GID_MIN 201 to SYS_GID_MAX 999 is taken"],
        ),
        (
            "both",
            el,
            Some(201..=999),
            Some(201..=999),
            "no more available UIDs",
            &["each uid from SYS_UID_MIN 201", "each gid from SYS_GID_MIN 201"],
        ),
        (
            "narrow",
            narrow,
            Some(300..=310),
            Some(300..=310),
            "no more available UIDs",
            &["each uid from SYS_UID_MIN 300 to SYS_UID_MAX 310"],
        ),
        (
            "by default",
            absent,
            Some(101..=999),
            None,
            "no more available UIDs",
            &["each uid from SYS_UID_MIN 101 to SYS_UID_MAX 999"],
        ),
        (
            "upside down",
            inverted,
            None,
            None,
            "Invalid configuration: SYS_UID_MIN (900)",
            &["SYS_UID_MIN 900 is greater than SYS_UID_MAX 100"],
        ),
    ] {
        let root = root();
        root.login_defs(&format!("USERGROUPS_ENAB yes\n{defs}"));
        for (file, ids) in [("passwd", uids), ("group", gids)] {
            if let Some(ids) = ids {
                fill(&root, file, ids);
            }
        }
        let fault = fault(root.hostprep(&REPAIR));
        assert_eq!(fault.reason, "uid-range-full", "{what}");
        for part in details.iter().chain([&says]) {
            assert!(fault.detail.contains(part), "{what}: {}", fault.detail);
        }
        assert!(!fault.detail.contains("can't create"), "not what follows from it: {}", fault.detail);
        assert!(fault.remedy.iter().any(|line| line.contains("/etc/login.defs")), "{what}: {:?}", fault.remedy);
        follow(&fault);
        expect_repaired(&root, what);
    }
}

#[test]
fn where_the_range_cannot_get_wider_those_who_have_its_ids_are_listed() {
    let root = root();
    root.login_defs("USERGROUPS_ENAB yes\nUID_MIN 1000\nSYS_UID_MIN 100\nSYS_UID_MAX 999\n");
    fill(&root, "passwd", 100..=999);
    let fault = fault(root.hostprep(&REPAIR));
    assert_eq!(fault.reason, "uid-range-full");
    assert!(fault.remedy[0].starts_with("awk ") && fault.remedy[0].contains("userdel"), "{:?}", fault.remedy);
    assert!(fault.remedy[1].starts_with("# or: raise UID_MIN and SYS_UID_MAX "), "{:?}", fault.remedy);
    assert_eq!((&fault.remedies[0].get("alternative"), &fault.remedies[1]["alternative"]), (&None, &true.into()));
    let list: Vec<String> = serde_json::from_value(fault.remedies[0]["argv"].clone()).unwrap();
    let listed = Command::new(&list[0]).args(&list[1..]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 900, "{list:?}");
    let freed = root.text("/etc/passwd").replace("full500:x:500:100::/nonexistent:/bin/false\n", "");
    root.file("/etc/passwd", freed);
    expect_repaired(&root, "one uid is free again");
    assert_eq!(root.account("passwd", NAME).unwrap()[2], "500");
}

#[test]
fn a_range_is_widened_where_the_vendor_s_next_update_does_not_undo_it() {
    let root = ScratchRoot::of("opensuse-tumbleweed");
    root.dir("/opt/cisco", 0o755).remove("/etc/login.defs");
    root.file("/usr/etc/login.defs", "USERGROUPS_ENAB yes\nSYS_UID_MIN 998\nSYS_UID_MAX 999\n");
    // Debian's useradd reads no vendor's file: the limits are its own, and the drop-in is not for it.
    fill(&root, "passwd", 101..=999);
    let fault = fault(root.hostprep(&REPAIR));
    let drop_in = root.at("/etc/login.defs.d/zz-local.defs");
    let set = fault.remedy.iter().find(|line| line.starts_with("sh -c ")).unwrap();
    assert!(set.contains(&drop_in.display().to_string()), "{set}");
    follow(&fault);
    assert_eq!(std::fs::read_to_string(drop_in).unwrap(), "SYS_UID_MIN 100\n");
    assert_eq!(root.text("/usr/etc/login.defs"), "USERGROUPS_ENAB yes\nSYS_UID_MIN 998\nSYS_UID_MAX 999\n");
}

/// Whether it could be done: not every file system can.
fn chattr(flag: &str, path: &Path) -> bool {
    Command::new("chattr").arg(flag).arg(path).status().unwrap().success()
}

#[test]
fn whatever_of_the_account_files_is_protected_is_named() {
    for (path, flag) in [
        ("/etc/passwd", "i"),
        ("/etc/group", "a"),
        ("/etc/shadow", "i"),
        ("/etc/gshadow", "a"),
        ("/etc/passwd-", "i"),
        ("/etc/group-", "i"),
        ("/etc", "i"),
    ] {
        let root = root();
        if !root.at(path).exists() {
            root.file(path, "");
        }
        // The log and the receipt are elsewhere, and login.defs needs no window.
        if !harness::need_root() || !chattr(&format!("+{flag}"), &root.at(path)) {
            return; // Only root may, and only on some file systems.
        }
        let run = root.hostprep(&REPAIR);
        assert!(chattr(&format!("-{flag}"), &root.at(path)));
        let fault = fault(run);
        let what = format!("{path} +{flag}");
        assert_eq!(fault.reason, "account-files-immutable", "{what}");
        assert!(fault.detail.contains(&format!("; {path} cannot be changed")), "{what}: {}", fault.detail);
        assert!(fault.detail.contains(": useradd: "), "{what}: {}", fault.detail);
        assert_eq!(fault.remedy[0], format!("chattr -i -a {}", root.at(path).display()));
        expect_repaired(&root, &what);
    }
}

/// Runs hostprep with `/etc` on a file system of its own, which `arrange` prepares in `$ROOT`, in a mount namespace of its own.
fn with_etc_on(root: &ScratchRoot, arrange: &str) -> Run {
    let script = format!(
        "ROOT=$1; cp -a \"$ROOT/etc\" \"$ROOT/etc.copy\" && {{ {arrange}; }} || exit 99; shift; exec \"$@\" >\"$ROOT/out\""
    );
    let mut command = Caller::Root.command("unshare");
    command.args(["--mount", "sh", "-c", &script, "sh"]).arg(root.path()).arg(program::binary());
    let mut run = Run::of(command.args(root.args(&REPAIR)));
    run.stdout = root.text("/out");
    run
}

#[test]
fn a_full_file_system_is_named_with_what_is_left_of_it() {
    if !harness::need_root() {
        return; // Mounts in another user's namespace hide more than they show.
    }
    let fill = "cp -a \"$ROOT/etc.copy/.\" \"$ROOT/etc\" && { cat /dev/zero >\"$ROOT/etc/fill\" 2>/dev/null || :; }";
    for (options, arrange, says) in [
        ("size=100k", fill.to_owned(), "No space left on device"),
        // Room for locks, and not for the copies of the files.
        (
            "size=100k",
            format!("{fill} && truncate -s -16384 \"$ROOT/etc/fill\""),
            "failure while writing changes to /etc/",
        ),
        ("size=1m,nr_inodes=12", "cp -a \"$ROOT/etc.copy/.\" \"$ROOT/etc\"".to_owned(), " inodes left"),
    ] {
        let root = root();
        let arrange = format!("mount -t tmpfs -o {options} tmpfs \"$ROOT/etc\" && {arrange}");
        let fault = fault(with_etc_on(&root, &arrange));
        assert_eq!(fault.reason, "disk-full", "{arrange}: {}", fault.detail);
        assert!(fault.detail.contains(says), "{arrange}: {}", fault.detail);
        assert!(fault.detail.contains("; the file system of /etc has "), "{arrange}: {}", fault.detail);
        let df = if says.contains("inodes") { "df -i " } else { "df -h " };
        assert!(fault.remedy[0].starts_with(&format!("{df}{}", root.at("/etc").display())), "{:?}", fault.remedy);
    }
}

/// shadow 4.1.5.1 says no more where `lckpwdf(3)` cannot create its file.
#[test]
fn a_file_system_without_inodes_is_not_taken_for_a_lock() {
    if !harness::need_root() {
        return; // As above.
    }
    let root = root();
    let says = "useradd: cannot lock /etc/passwd; try again later.";
    root.executable(
        "/useradd",
        format!("#!/bin/sh\n[ \"$1\" != --help ] || exec echo --prefix\necho '{says}' >&2\nexit 1\n"),
    );
    let arrange = "mount -t tmpfs -o size=1m,nr_inodes=12 tmpfs \"$ROOT/etc\" && cp -a \"$ROOT/etc.copy/.\" \"$ROOT/etc\" && \
                   mount --bind \"$ROOT/useradd\" /usr/sbin/useradd";
    let fault = fault(with_etc_on(&root, arrange));
    let log = root.text("/var/log/cisco/hostprep.log");
    assert!(!log.contains("is tried again"), "{log}");
    assert_eq!(fault.reason, "disk-full", "{}", fault.detail);
    assert!(fault.detail.contains(says) && fault.detail.ends_with(" inodes left"), "{}", fault.detail);
    assert!(fault.remedy[0].starts_with("df -i "), "{:?}", fault.remedy);
}

#[test]
fn a_system_without_devices_is_prepared_and_undone() {
    if !harness::need_root() {
        return; // Another user's chroot has no devices anyway.
    }
    let system = System::new("bookworm", &[]);
    system.copy(program::binary(), "/usr/bin/hostprep");
    system.dir("/opt/cisco", 0o755).remove("/dev/null");
    system.run("/usr/bin/hostprep repair --only scan-user").expect_code(0);
    assert!(system.account("passwd", NAME).is_some());
    system.run("/usr/bin/hostprep remove").expect_code(0);
    assert!(system.account("passwd", NAME).is_none());
    assert!(!system.at("/dev/null").exists());
}

#[test]
fn a_file_system_that_is_read_only_is_named() {
    if !harness::need_root() {
        return; // As above.
    }
    let root = root();
    let arrange = "mount --bind \"$ROOT/etc\" \"$ROOT/etc\" && mount -o remount,ro,bind \"$ROOT/etc\"";
    let fault = fault(with_etc_on(&root, arrange));
    assert_eq!(fault.reason, "read-only-filesystem", "{}", fault.detail);
    assert!(fault.detail.contains("Read-only file system"), "{}", fault.detail);
    assert!(fault.remedy[0].contains("mount the file system of /etc read-write"), "{:?}", fault.remedy);
}

#[test]
fn a_file_that_is_a_mount_point_is_named() {
    if !harness::need_root() {
        return; // As above.
    }
    let root = root();
    let fault = fault(with_etc_on(&root, "mount --bind \"$ROOT/etc.copy/passwd\" \"$ROOT/etc/passwd\""));
    assert_eq!(fault.reason, "user-tool-failed", "{}", fault.detail);
    assert!(fault.detail.contains("; /etc/passwd is a mount point, so no tool can replace it"), "{}", fault.detail);
    assert!(
        fault.remedy[0].starts_with(&format!("# create {NAME} where the mounted /etc/passwd comes from")),
        "{:?}",
        fault.remedy
    );
}

/// The accounts that an ostree image brings along are in files of its own.
fn image(passwd: &str, group: &str) -> ScratchRoot {
    let root = ScratchRoot::of("fedora-42");
    root.dir("/opt/cisco", 0o755).file("/usr/lib/passwd", passwd).file("/usr/lib/group", group);
    root
}

#[test]
fn a_user_of_the_image_is_a_user() {
    let root = image(&format!("{NAME}:x:700:700::/nonexistent:/usr/sbin/nologin\n"), &format!("{NAME}:x:700:\n"));
    let run = root.hostprep(&REPAIR).expect_code(0);
    assert_eq!(run.step("scan-user")["outcome"], "ok");
    assert!(root.account("passwd", NAME).is_none(), "none is added in /etc");
    assert!(!root.at("/var/lib/cisco/hostprep/journal.json").exists(), "it is not ours");
    root.hostprep(&["remove"]).expect_code(0);
    assert!(root.text("/usr/lib/passwd").contains(NAME));
}

#[test]
fn a_user_of_the_image_that_is_not_as_required_is_overridden_in_etc() {
    let root = image(&format!("{NAME}:x:700:700::/nonexistent:/bin/bash\n"), &format!("{NAME}:x:700:\n"));
    let before = root.text("/usr/lib/passwd");
    let fault = fault(root.hostprep(&REPAIR));
    assert_eq!(fault.reason, "user-mismatch");
    assert!(
        fault.detail.contains("login shell /bin/bash; it is in /usr/lib/passwd, which no account tool changes"),
        "{}",
        fault.detail
    );
    assert!(!fault.remedy.iter().any(|line| line.starts_with("usermod")), "{:?}", fault.remedy);
    assert!(
        fault.remedy.iter().any(|line| line.contains("where the image of this system is built")),
        "{:?}",
        fault.remedy
    );
    follow(&fault);
    expect_repaired(&root, "a line in /etc/passwd comes first");
    let user = root.account("passwd", NAME).unwrap();
    assert_eq!((user[2].as_str(), user[6].as_str()), ("700", "/usr/sbin/nologin"), "the uid stays");
    assert_eq!(root.text("/usr/lib/passwd"), before);
}

#[test]
fn a_group_of_the_image_alone_is_copied_before_the_user_is_created() {
    let root = image("", &format!("{NAME}:x:700:\n"));
    let fault = fault(root.hostprep(&REPAIR));
    assert!(fault.detail.contains("its group is in /usr/lib/group"), "{}", fault.detail);
    follow(&fault);
    expect_repaired(&root, "the group is in /etc too");
    assert_eq!(root.account("passwd", NAME).unwrap()[3], "700");
}

#[test]
fn what_nsswitch_does_not_name_is_not_the_system_s() {
    let root = image(&format!("{NAME}:x:700:700::/nonexistent:/usr/sbin/nologin\n"), &format!("{NAME}:x:700:\n"));
    root.file("/etc/nsswitch.conf", "passwd: files systemd\ngroup: files systemd\n");
    expect_repaired(&root, "the system does not know the user of /usr/lib/passwd");
}
