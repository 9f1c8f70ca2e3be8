//! The scan service's user, created by the real `useradd`; `login.defs` is as before afterwards.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::os::unix::fs::MetadataExt;

use harness::snapshot::Compare;
use harness::{Run, ScratchRoot, Snapshot, login_defs};

const NAME: &str = "cisco-amp-scan-svc";
const REPAIR: [&str; 3] = ["repair", "--format", "json"];

/// The user has a group of its own name and is what the profile asks for.
#[track_caller]
fn expect_user(root: &ScratchRoot, what: &str) {
    let user = root.account("passwd", NAME).unwrap_or_else(|| panic!("{what}: no user"));
    let group = root.account("group", NAME).unwrap_or_else(|| panic!("{what}: no group"));
    assert_eq!(user[3], group[2], "{what}: the primary group is its own");
    let uid: u32 = user[2].parse().unwrap();
    assert!((1..1000).contains(&uid), "{what}: uid {uid}");
    assert!(user[6].ends_with("/nologin"), "{what}: {}", user[6]);
    assert!(!root.at(&user[5]).exists(), "{what}: no home is made");
}

#[test]
fn every_login_defs_comes_out_as_it_went_in() {
    for (what, text) in login_defs::restrictive().into_iter().chain(login_defs::permissive()) {
        let root = ScratchRoot::of("debian-12");
        root.login_defs(&text).mode("/etc/login.defs", 0o604);
        let before = Snapshot::of(&root.at("/etc/login.defs"));
        let run = root.hostprep(&REPAIR).expect_code(0);
        assert_eq!(run.step("scan-user")["outcome"], "changed", "{what}");
        expect_user(&root, what);
        before.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs")));
        let left: Vec<_> =
            root.snapshot().paths().filter(|path| path.to_string_lossy().contains("login.defs")).collect();
        assert_eq!(left, [std::path::Path::new("/etc/login.defs")], "{what}: a temporary file is left");
    }
}

#[test]
fn a_created_login_defs_is_removed() {
    let root = ScratchRoot::of("debian-12");
    root.remove("/etc/login.defs");
    root.hostprep(&REPAIR).expect_code(0);
    expect_user(&root, "absent");
    assert!(!root.at("/etc/login.defs").exists());
    let planned = root.hostprep(&["remove", "--dry-run"]).expect_code(0).stdout;
    assert!(planned.contains("/etc/login.defs is created"), "{planned}");
    root.hostprep(&["remove"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_none() && root.account("group", NAME).is_none());
    assert!(!root.at("/etc/login.defs").exists());
}

#[test]
fn a_vendor_copy_is_not_touched() {
    let root = ScratchRoot::of("opensuse-tumbleweed");
    root.remove("/etc/login.defs").file("/usr/etc/login.defs", login_defs::with("USERGROUPS_ENAB no\n"));
    root.aged("/usr/etc/login.defs");
    let before = Snapshot::of(&root.at("/usr/etc"));
    root.hostprep(&REPAIR).expect_code(0);
    expect_user(&root, "/usr/etc");
    before.expect_untouched(&Snapshot::of(&root.at("/usr/etc")));
    assert!(!root.at("/etc/login.defs").exists());
}

#[test]
fn a_correct_user_is_left_alone() {
    let root = ScratchRoot::of("debian-12");
    root.add_account("group", &format!("{NAME}:x:700:")).add_account("gshadow", &format!("{NAME}:!::"));
    root.add_account("passwd", &format!("{NAME}:x:700:700::/nonexistent:/usr/sbin/nologin"));
    root.add_account("shadow", &format!("{NAME}:!:19700::::::"));
    let before = root.snapshot();
    let run = root.hostprep(&REPAIR).expect_code(0);
    assert_eq!(run.step("scan-user")["outcome"], "ok");
    let changed = ["/var", "/run", "/opt"];
    assert_eq!(before.without(&changed).difference(&root.snapshot().without(&changed), Compare::SameTree), "");
}

#[test]
fn a_user_in_the_group_users_gets_its_own() {
    let root = ScratchRoot::of("debian-12");
    root.add_account("passwd", &format!("{NAME}:x:700:100::/nonexistent:/usr/sbin/nologin"));
    root.add_account("shadow", &format!("{NAME}:!:19700::::::"));
    let checked = root.hostprep(&["check", "--format", "json"]).expect_code(3);
    assert_eq!(checked.step("scan-user")["reason"], "user-mismatch");
    root.hostprep(&REPAIR).expect_code(0);
    expect_user(&root, "in users");
    assert_eq!(root.account("passwd", NAME).unwrap()[2], "700", "the uid stays");
}

#[test]
fn a_login_shell_is_taken_away() {
    let root = ScratchRoot::of("debian-12");
    root.add_account("group", &format!("{NAME}:x:700:")).add_account("gshadow", &format!("{NAME}:!::"));
    root.add_account("passwd", &format!("{NAME}:x:700:700::/nonexistent:/bin/bash"));
    root.add_account("shadow", &format!("{NAME}:!:19700::::::"));
    let checked = root.hostprep(&["check", "--format", "json"]).expect_code(3);
    assert_eq!(checked.step("scan-user")["reason"], "user-mismatch");
    root.hostprep(&REPAIR).expect_code(0);
    expect_user(&root, "with a shell");
}

#[test]
fn a_user_with_uid_0_is_a_fault_that_is_not_repaired() {
    let root = ScratchRoot::of("debian-12");
    root.add_account("group", &format!("{NAME}:x:700:")).add_account("gshadow", &format!("{NAME}:!::"));
    root.add_account("passwd", &format!("{NAME}:x:0:700::/nonexistent:/usr/sbin/nologin"));
    root.add_account("shadow", &format!("{NAME}:!:19700::::::"));
    let run = root.hostprep(&REPAIR).expect_code(3);
    assert_eq!(run.faults(), [5]);
    assert_eq!(run.step("scan-user")["reason"], "user-mismatch");
    assert_eq!(root.account("passwd", NAME).unwrap()[2], "0");
}

#[test]
fn a_vendor_s_drop_in_that_says_no_stays_and_ours_goes() {
    let root = ScratchRoot::of("opensuse-tumbleweed");
    root.file("/etc/login.defs.d/80-site.defs", "USERGROUPS_ENAB no\n").aged("/etc/login.defs.d/80-site.defs");
    let before = Snapshot::of(&root.at("/etc/login.defs.d/80-site.defs"));
    root.hostprep(&REPAIR).expect_code(0);
    expect_user(&root, "drop-in");
    before.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs.d/80-site.defs")));
    assert_eq!(std::fs::read_dir(root.at("/etc/login.defs.d")).unwrap().count(), 1);
}

#[test]
fn the_file_is_opened_only_where_it_must_be() {
    let plan = |text: &str| {
        let root = ScratchRoot::of("debian-12");
        root.login_defs(text).hostprep(&["repair", "--dry-run"]).expect_code(3).stdout
    };
    for (what, text) in login_defs::permissive() {
        assert!(!plan(&text).contains("login.defs"), "{what}");
    }
    let plan = plan(&login_defs::with("USERGROUPS_ENAB no\n"));
    assert!(plan.contains("`USERGROUPS_ENAB no` becomes `USERGROUPS_ENAB yes`"), "{plan}");
}

#[test]
fn a_group_that_is_there_already_becomes_the_user_s_and_stays_when_it_goes() {
    let root = ScratchRoot::of("debian-12");
    root.add_account("group", &format!("{NAME}:x:777:")).add_account("gshadow", &format!("{NAME}:!::"));
    root.hostprep(&REPAIR).expect_code(0);
    expect_user(&root, "with a group");
    assert_eq!(root.account("group", NAME).unwrap()[2], "777");
    root.hostprep(&["remove"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_none(), "hostprep created the user");
    assert!(root.account("group", NAME).is_some(), "the group was there before us");
}

/// Sets or clears a file attribute; returns false if the file system cannot.
fn chattr(flag: &str, path: &std::path::Path) -> bool {
    std::process::Command::new("chattr").arg(flag).arg(path).status().unwrap().success()
}

/// Repairs a root with this user. Its uid must not change, and the user must survive a removal.
fn repair_user(passwd: &str) -> (ScratchRoot, Run) {
    let root = ScratchRoot::of("debian-12");
    root.add_account("group", &format!("{NAME}:x:700:")).add_account("gshadow", &format!("{NAME}:!::"));
    root.add_account("passwd", passwd).add_account("shadow", &format!("{NAME}:!:19700::::::"));
    let uid = root.account("passwd", NAME).unwrap()[2].clone();
    let run = root.hostprep(&REPAIR);
    assert_eq!(root.account("passwd", NAME).unwrap()[2], uid);
    root.hostprep(&["remove"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_some(), "a user that was there before us stays");
    (root, run)
}

#[test]
fn a_uid_outside_the_system_range_is_a_fault_that_is_not_repaired() {
    let (root, run) = repair_user(&format!("{NAME}:x:1700:700::/nonexistent:/usr/sbin/nologin"));
    let step = run.expect_code(3).step("scan-user");
    assert_eq!(step["reason"], "user-mismatch");
    assert!(step["detail"].as_str().unwrap().contains("uid 1700, outside the system range 1 to 999"), "{step}");
    let lines: Vec<&str> = step["remedy"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert!(lines[0].starts_with("# stop the ") && lines[3].starts_with("# start the "), "{lines:?}");
    let change = format!("usermod --root {} --uid 999 {NAME}", root.path().display());
    assert_eq!(lines[1], change, "not of this machine, and not deleted");
    let chown = format!("chroot {} find / -xdev -uid 1700 -exec chown -h {NAME} '{{}}' +", root.path().display());
    assert!(lines[2].starts_with(&chown) && lines[4].starts_with("hostprep repair"), "{lines:?}");
}

/// What an administrator is told makes the fault go away, and the user keeps its files.
#[test]
fn a_user_that_gets_a_system_uid_keeps_its_files() {
    if !harness::need_root() {
        return; // Only root can give a file to another user.
    }
    let root = ScratchRoot::of("debian-12");
    root.add_account("group", &format!("{NAME}:x:700:")).add_account("gshadow", &format!("{NAME}:!::"));
    root.add_account("passwd", &format!("{NAME}:x:5000:700::/nonexistent:/usr/sbin/nologin"));
    root.add_account("shadow", &format!("{NAME}:!:19700::::::"));
    root.add_account("passwd", "taken:x:999:700::/nonexistent:/usr/sbin/nologin");
    root.file("/opt/cisco/amp/quarantine", "").dir("/opt/cisco", 0o755);
    nix::unistd::chown(&root.at("/opt/cisco/amp/quarantine"), Some(5000.into()), Some(700.into())).unwrap();
    let step = root.hostprep(&REPAIR).expect_code(3).step("scan-user");
    let words = |index: usize| serde_json::from_value::<Vec<String>>(step["remedies"][index]["argv"].clone()).unwrap();
    let (change, chown) = (words(1), words(2));
    // The root has no programs of its own: these are this machine's, which write into it.
    assert_eq!(change, ["usermod", "--root", root.path().to_str().unwrap(), "--uid", "998", NAME]);
    let prefix = ["usermod", "--prefix", root.path().to_str().unwrap(), "--uid", "998", NAME];
    assert!(std::process::Command::new(prefix[0]).args(&prefix[1..]).status().unwrap().success());
    assert_eq!(chown[..3], ["chroot", root.path().to_str().unwrap(), "find"]);
    let chown: Vec<&str> =
        chown[2..].iter().map(|word| if word == "/" { root.path().to_str().unwrap() } else { word }).collect();
    let chown: Vec<&str> = chown.into_iter().map(|word| if word == NAME { "998" } else { word }).collect();
    assert!(std::process::Command::new(chown[0]).args(&chown[1..]).status().unwrap().success());
    assert_eq!(std::fs::metadata(root.at("/opt/cisco/amp/quarantine")).unwrap().uid(), 998);
    assert_eq!(root.hostprep(&["check", "--only", "scan-user", "--format", "json"]).expect_code(0).faults(), [0u64; 0]);
}

#[test]
fn files_of_another_user_with_that_uid_are_left_alone() {
    let root = ScratchRoot::of("debian-12");
    root.add_account("group", &format!("{NAME}:x:700:")).add_account("passwd", "alice:x:5000:700::/home/alice:/bin/sh");
    root.add_account("passwd", &format!("{NAME}:x:5000:700::/nonexistent:/usr/sbin/nologin"));
    let step = root.hostprep(&["check", "--only", "scan-user", "--format", "json"]).expect_code(3).step("scan-user");
    let remedy = step["remedy"].to_string();
    assert!(remedy.contains("the uid 5000 is also that of alice") && !remedy.contains("find /"), "{remedy}");
}

#[test]
fn no_shell_at_all_is_a_login_shell() {
    let (root, run) = repair_user(&format!("{NAME}:x:700:700::/nonexistent:"));
    assert_eq!(run.expect_code(0).step("scan-user")["outcome"], "changed");
    assert_eq!(root.account("passwd", NAME).unwrap()[6], "/usr/sbin/nologin");
}

#[test]
fn a_home_of_its_own_is_left_but_no_longer_named() {
    if !harness::need_root() {
        return; // Only root can give a directory to another user.
    }
    let root = ScratchRoot::of("debian-12");
    root.add_account("group", &format!("{NAME}:x:700:")).add_account("gshadow", &format!("{NAME}:!::"));
    root.add_account("passwd", &format!("{NAME}:x:700:700::/home/scan:/usr/sbin/nologin"));
    root.add_account("shadow", &format!("{NAME}:!:19700::::::")).dir("/home/scan", 0o700);
    nix::unistd::chown(&root.at("/home/scan"), Some(700.into()), Some(700.into())).unwrap();
    root.hostprep(&REPAIR).expect_code(0);
    expect_user(&root, "with a home");
    assert!(root.at("/home/scan").exists(), "nothing of it is deleted");
}

#[test]
fn a_removal_deletes_only_what_was_created() {
    let root = ScratchRoot::of("debian-12");
    root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n")).dir("/opt", 0o755);
    // What useradd and userdel keep of the files that they change; logs, and the store's state.
    let kept = ["/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/var", "/run"];
    let before = root.snapshot().without(&kept);
    root.hostprep(&REPAIR).expect_code(0);
    root.hostprep(&["remove"]).expect_code(0);
    assert_eq!(before.difference(&root.snapshot().without(&kept), Compare::SameTree), "");
    assert!(!root.at("/run/cisco").exists() && !root.at("/var/lib/cisco/hostprep").exists());
    root.hostprep(&["remove"]).expect_code(0);
}

#[test]
fn without_a_receipt_nothing_is_ours() {
    for journal in [None, Some("{\"schema\":9,\"made\":[]}"), Some("not json")] {
        let root = ScratchRoot::of("debian-12");
        root.hostprep(&REPAIR).expect_code(0);
        match journal {
            None => root.remove("/var/lib/cisco/hostprep/journal.json"),
            Some(text) => root.file("/var/lib/cisco/hostprep/journal.json", text),
        };
        root.hostprep(&["remove"]).expect_code(0);
        assert!(root.account("passwd", NAME).is_some());
        root.hostprep(&REPAIR).expect_code(0);
    }
}

#[test]
fn an_account_file_that_is_a_link_is_replaced_by_the_file() {
    let root = ScratchRoot::of("debian-12");
    root.dir("/opt/cisco", 0o755).file("/data/passwd", root.text("/etc/passwd")).remove("/etc/passwd");
    root.link("/etc/passwd", "../data/passwd");
    let step = root.hostprep(&REPAIR).expect_code(3).step("scan-user");
    let detail = step["detail"].as_str().unwrap();
    assert!(detail.contains("; /etc/passwd is a symbolic link to /data/passwd, and"), "{detail}");
    let line = step["remedy"][0].as_str().unwrap();
    let [from, to] = ["/data/passwd", "/etc/passwd"].map(|path| root.at(path).display().to_string());
    assert!(line.starts_with(&format!("cp -p --remove-destination {from} {to}  # ")), "{line}");
    let run = std::process::Command::new("sh").args(["-c", line]).status().unwrap();
    assert!(run.success());
    root.hostprep(&REPAIR).expect_code(0);
}

#[test]
fn a_protected_account_file_is_named_with_the_command_that_frees_it() {
    let root = ScratchRoot::of("debian-12");
    root.dir("/opt/cisco", 0o755);
    let chattr = |flag| chattr(flag, &root.at("/etc/passwd"));
    if !harness::need_root() || !chattr("+i") {
        return; // Only root may, and only on some file systems.
    }
    let run = root.hostprep(&REPAIR);
    assert!(chattr("-i"));
    let step = run.expect_code(3).step("scan-user");
    assert_eq!(step["reason"], "account-files-immutable", "{step}");
    assert!(step["remedy"][0].as_str().unwrap().starts_with("chattr -i"), "{step}");
    assert_eq!(root.hostprep(&["status"]).expect_code(3).stdout.lines().nth(1), Some("Fault IDs: 5"));
    root.hostprep(&REPAIR).expect_code(0);
    assert_eq!(root.hostprep(&["status"]).expect_code(0).stdout, "Faults: None\n");
}

#[test]
fn a_removal_that_fails_does_not_claim_that_there_was_nothing_to_undo() {
    let root = ScratchRoot::of("debian-12");
    root.dir("/opt/cisco", 0o755);
    root.hostprep(&REPAIR).expect_code(0);
    let chattr = |flag| chattr(flag, &root.at("/etc/passwd"));
    if !harness::need_root() || !chattr("+i") {
        return; // Only root may, and only on some file systems.
    }
    let planned = root.hostprep(&["remove", "--dry-run"]);
    let run = root.hostprep(&["remove"]);
    assert!(chattr("-i"));
    assert!(planned.expect_code(0).stdout.contains("userdel"));
    let run = run.expect_code(1);
    assert!(!run.stdout.to_lowercase().contains("nothing to undo"), "{run:?}");
    assert!(run.stderr.contains("chattr -i -a "), "{run:?}");
    root.hostprep(&["remove"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_none());
    assert_eq!(root.hostprep(&["remove"]).expect_code(0).stdout, "Nothing to undo.\n");
}

#[test]
fn a_removal_that_cannot_look_does_not_claim_it_either() {
    let root = ScratchRoot::of("debian-12");
    root.dir("/opt/cisco", 0o755);
    root.hostprep(&REPAIR).expect_code(0);
    let passwd = root.text("/etc/passwd");
    root.remove("/etc/passwd");
    let expect_failure = || {
        for args in [&["remove", "--dry-run"][..], &["remove", "--dry-run", "--format", "json"], &["remove"]] {
            let run = root.hostprep(args).expect_code(1);
            assert!(
                !run.stdout.to_lowercase().contains("nothing to undo") && run.stderr.contains("/etc/passwd"),
                "{run:?}"
            );
        }
    };
    expect_failure();
    root.dir("/etc/passwd", 0o755);
    expect_failure();
    root.remove("/etc/passwd");
    root.file("/etc/passwd", passwd).hostprep(&["remove"]).expect_code(0);
}

#[test]
fn a_new_group_of_the_user_leaves_other_users_files_alone() {
    // usermod --gid re-groups what lies below the home, and the home may be `/`.
    let root = ScratchRoot::of("debian-12");
    root.add_account("passwd", &format!("{NAME}:x:700:0::/:/usr/sbin/nologin"));
    root.add_account("shadow", &format!("{NAME}:!:19700::::::")).file("/srv/data", "x");
    root.hostprep(&REPAIR).expect_code(0);
    expect_user(&root, "at home in /");
    let found = std::fs::metadata(root.at("/srv/data")).unwrap();
    assert_eq!(MetadataExt::gid(&found), MetadataExt::gid(&std::fs::metadata(root.path()).unwrap()));
    // Its group was made for a user that was there before us: that one still needs it.
    root.hostprep(&["remove"]).expect_code(0);
    expect_user(&root, "after removal");
    assert!(!root.at("/var/lib/cisco/hostprep").exists(), "nothing is left to undo");
}

#[test]
fn the_group_of_root_is_refused() {
    let root = ScratchRoot::of("debian-12");
    root.add_account("group", &format!("{NAME}:x:0:"));
    let step = root.hostprep(&REPAIR).expect_code(3).step("scan-user");
    assert_eq!(step["reason"], "user-mismatch", "{step}");
    assert!(root.account("passwd", NAME).is_none(), "no user is put into it");
}

#[test]
fn a_user_that_another_tool_creates_after_our_failure_is_not_ours() {
    let root = ScratchRoot::of("debian-12");
    let chattr = |flag| chattr(flag, &root.at("/etc/passwd"));
    if !harness::need_root() || !chattr("+i") {
        return; // Only root may, and only on some file systems.
    }
    let run = root.hostprep(&REPAIR);
    assert!(chattr("-i"));
    assert_eq!(run.expect_code(3).step("scan-user")["reason"], "account-files-immutable");
    root.add_account("group", &format!("{NAME}:x:700:")).add_account("gshadow", &format!("{NAME}:!::"));
    root.add_account("passwd", &format!("{NAME}:x:700:700::/nonexistent:/usr/sbin/nologin"));
    root.add_account("shadow", &format!("{NAME}:!:19700::::::"));
    root.hostprep(&["remove"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_some() && root.account("group", NAME).is_some());
}

#[test]
fn a_protected_login_defs_stays_and_useradd_creates_the_group() {
    for flag in ["i", "a"] {
        let root = ScratchRoot::of("debian-12");
        root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n")).dir("/opt/cisco", 0o755);
        let chattr = |sign: &str| chattr(&format!("{sign}{flag}"), &root.at("/etc/login.defs"));
        if !harness::need_root() || !chattr("+") {
            return; // Only root may, and only on some file systems.
        }
        let before = Snapshot::of(&root.at("/etc/login.defs"));
        let planned = root.hostprep(&["repair", "--dry-run"]).stdout;
        let run = root.hostprep(&REPAIR);
        let again = root.hostprep(&REPAIR);
        let removal = root.hostprep(&["remove"]);
        let after = Snapshot::of(&root.at("/etc/login.defs"));
        assert!(chattr("-"));
        let line = planned.lines().find(|line| line.contains("useradd")).unwrap();
        assert!(line.contains(" --user-group ") && line.contains("login.defs is immutable or append-only"), "{line}");
        assert_eq!(run.expect_code(0).step("scan-user")["outcome"], "changed", "{flag}");
        assert_eq!(again.expect_code(0).step("scan-user")["outcome"], "ok", "{flag}: user and group are right");
        let log = root.text("/var/log/cisco/hostprep.log");
        let warning =
            log.lines().find(|line| line.contains("--user-group") && line.contains("cannot be changed")).unwrap();
        assert!(warning.contains("/etc/login.defs") && warning.contains("Operation not permitted"), "{warning}");
        assert_eq!(log.lines().filter(|line| line.contains("cannot be changed")).count(), 1, "{log}");
        removal.expect_code(0);
        assert!(root.account("passwd", NAME).is_none() && root.account("group", NAME).is_none(), "{flag}");
        before.expect_untouched(&after);
        let events = root.hostprep(&["faults", "history", "--format", "json"]).expect_code(0).stdout;
        assert_eq!(events, "", "no fault was raised");
    }
}

#[test]
fn removal_shows_the_window_that_it_opens() {
    let root = ScratchRoot::of("debian-12");
    root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n")).mode("/etc/login.defs", 0o604);
    let before = Snapshot::of(&root.at("/etc/login.defs"));
    root.hostprep(&REPAIR).expect_code(0);
    let planned = root.hostprep(&["remove", "--dry-run"]).expect_code(0).stdout;
    assert!(planned.contains("`USERGROUPS_ENAB no` becomes `USERGROUPS_ENAB yes`"), "{planned}");
    root.hostprep(&["remove"]).expect_code(0);
    for file in ["passwd", "shadow", "group", "gshadow"] {
        assert!(root.account(file, NAME).is_none(), "{file}");
    }
    before.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs")));
}

#[test]
fn a_torn_login_defs_is_put_back_before_anything_is_judged_by_it() {
    let root = ScratchRoot::of("debian-12");
    let text = login_defs::with("USERGROUPS_ENAB no\n");
    root.login_defs(&text);
    // As a power loss leaves a file that was changed in place: the copy is whole, the file was never written out.
    root.dir("/var/lib/cisco", 0o755).file("/var/lib/cisco/hostprep/login-defs-original", &text);
    root.file("/etc/login.defs", vec![0; text.len()]);
    let checked = root.hostprep(&["check", "--format", "json", "--only", "scan-user"]);
    assert!(matches!(checked.code, Some(3 | 4)), "{checked:?}");
    root.hostprep(&REPAIR).expect_code(0);
    assert_eq!(root.text("/etc/login.defs"), text);
    assert!(!root.at("/var/lib/cisco/hostprep/login-defs-original").exists());
    expect_user(&root, "after a power loss");
}
