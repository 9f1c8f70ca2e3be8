//! Directories and files of hostprep that another user owns or can write: hostprep does not trust or use them, and the error
//! says how to fix them. (The managed directories are in `directories.rs`, the build directory of the module in
//! `policy_store.rs`.)

use std::os::unix::fs::chown;

use harness::{Snapshot, login_defs};

use crate::postconditions::{expect_healthy, has_user, sick};
use crate::run::on;

const ORDINARY_USER: u32 = 1000;

/// hostprep's directories, and whether every run needs them.
const OURS: &[(&str, bool)] = &[
    ("/var/lib/cisco", true),
    ("/var/lib/cisco/faults", true),
    ("/var/lib/cisco/hostprep", true),
    ("/run/cisco", true),
    // A log stops nothing.
    ("/var/log/cisco", false),
];

#[test]
fn directories_that_others_can_write_to() {
    if !harness::need_root() {
        return; // Only root can give a directory to another user.
    }
    for (directory, needed) in OURS {
        for (owner, mode) in [(ORDINARY_USER, 0o755), (0, 0o775), (0, 0o757), (0, 0o1777)] {
            let what = format!("{directory} of {owner}, {mode:o}");
            let root = sick();
            root.dir("/var/lib/cisco", 0o755).dir(directory, mode);
            chown(root.at(directory), Some(owner), None).unwrap();
            let before = Snapshot::of(&root.at(directory));
            let run = on(&root, &["repair"]);
            assert_eq!(run.code, Some(if *needed { 1 } else { 3 }), "{what}: {run:?}");
            if *needed {
                assert!(run.stderr.contains(&format!("{directory}: it")), "{what}: {run:?}");
                assert!(run.stderr.contains("chown root") || run.stderr.contains("chmod go-w"), "{what}: {run:?}");
                assert!(!has_user(&root) || *directory == "/var/lib/cisco/faults", "{what}");
            }
            before.expect_untouched(&Snapshot::of(&root.at(directory)));
            assert_eq!(on(&root, &["hook", "deb", "postinst", "configure"]).code, Some(0), "{what}");
            before.expect_untouched(&Snapshot::of(&root.at(directory)));

            chown(root.at(directory), Some(0), None).unwrap();
            root.mode(directory, 0o755);
            on(&root, &["repair"]);
            expect_healthy(&root, &format!("{what}, afterwards"));
        }
    }
}

#[test]
fn a_journal_of_another_user_removes_no_account() {
    if !harness::need_root() {
        return; // As above.
    }
    let root = sick();
    root.dir("/var/lib/cisco", 0o755).dir("/var/lib/cisco/hostprep", 0o755);
    let daemon = root.account("passwd", "daemon").unwrap();
    let journal = format!(r#"{{"schema":1,"made":[{{"kind":"user","name":"daemon","uid":{}}}]}}"#, daemon[2]);
    root.file("/var/lib/cisco/hostprep/journal.json", journal);
    chown(root.at("/var/lib/cisco/hostprep"), Some(ORDINARY_USER), None).unwrap();
    let run = on(&root, &["remove"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(root.account("passwd", "daemon"), Some(daemon));
}

#[test]
fn a_window_record_of_another_user_restores_nothing() {
    if !harness::need_root() {
        return; // As above.
    }
    let root = sick();
    // A forged record of an open window that names a file of another owner.
    root.dir("/var/lib/cisco", 0o755).dir("/var/lib/cisco/hostprep", 0o755).file("/etc/sudoers", "theirs\n");
    root.file("/etc/.sudoers.hostprep-original", "evil\n");
    let record =
        r#"{"schema":1,"main":{"method":"make","path":"/etc/sudoers","sha256":"x","line":"nothing"},"drop_in":null}"#;
    root.file("/var/lib/cisco/hostprep/login-defs-window.json", record);
    root.mode("/var/lib/cisco/hostprep", 0o777);
    let run = on(&root, &["repair"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(root.text("/etc/sudoers"), "theirs\n");
    assert_eq!(root.text("/etc/login.defs"), login_defs::with("USERGROUPS_ENAB no\n"));
}

#[test]
fn files_that_are_added_to() {
    if !harness::need_root() {
        return; // As above.
    }
    for (file, needed) in [
        ("/var/lib/cisco/faults/events.jsonl", true),
        ("/var/lib/cisco/faults/faults.lock", true),
        ("/run/cisco/hostprep.lock", true),
        ("/var/log/cisco/hostprep.log", false),
    ] {
        let root = sick();
        for directory in ["/var/lib/cisco", "/var/lib/cisco/faults", "/run/cisco", "/var/log/cisco"] {
            root.dir(directory, 0o755);
        }
        root.file(file, "");
        chown(root.at(file), Some(ORDINARY_USER), None).unwrap();
        let before = Snapshot::of(&root.at(file));
        let run = on(&root, &["repair"]);
        assert_eq!(run.code, Some(if needed { 1 } else { 3 }), "{file}: {run:?}");
        before.expect_untouched(&Snapshot::of(&root.at(file)));
        chown(root.at(file), Some(0), None).unwrap();
        // Ours again, though others may write to it: they may no longer.
        root.mode(file, 0o666);
        on(&root, &["repair"]);
        expect_healthy(&root, file);
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(root.at(file)).unwrap()) & 0o7777;
        // The log is not written where nothing is left to do.
        assert!(mode == 0o644 || !needed, "{file}: {mode:o}");
    }
}

#[test]
fn a_configuration_that_others_can_change_is_not_believed() {
    if !harness::need_root() {
        return; // As above.
    }
    let spoil: [(&str, &str, u32, u32); 5] = [
        ("its mode", "/etc/cisco/hostprep.toml", 0, 0o666),
        ("its owner", "/etc/cisco/hostprep.toml", ORDINARY_USER, 0o644),
        ("its directory", "/etc/cisco", 0, 0o777),
        ("the profile that it names", "/srv/profile.toml", 0, 0o664),
        ("the profile's directory", "/srv", ORDINARY_USER, 0o755),
    ];
    for (what, path, owner, mode) in spoil {
        let root = sick();
        root.dir("/etc/cisco", 0o755).dir("/srv", 0o755);
        root.file("/etc/cisco/hostprep.toml", "profile = '/srv/profile.toml'\n");
        root.file("/srv/profile.toml", std::fs::read(harness::setup::top().join("profile.toml")).unwrap());
        assert_eq!(on(&root, &["check"]).code, Some(3), "{what}");
        chown(root.at(path), Some(owner), None).unwrap();
        root.mode(path, mode);
        let before = root.snapshot();
        for args in [&["check"][..], &["repair"], &["remove"]] {
            let run = on(&root, args);
            assert_eq!(run.code, Some(1), "{what}: {run:?}");
            assert!(run.stderr.contains(".toml: "), "{what}: {run:?}");
        }
        before.expect_untouched(&root.snapshot());
        let hook = on(&root, &["hook", "rpm", "posttrans", "1"]);
        assert_eq!(hook.code, Some(0), "{what}: {hook:?}");
        assert!(!has_user(&root), "{what}");
    }
}

#[test]
fn a_tree_that_one_other_user_owns_is_prepared() {
    if !harness::need_root() {
        return; // As above.
    }
    let root = sick();
    root.dir("/var/lib/cisco", 0o755).dir("/var/lib/cisco/faults", 0o755);
    // As if an ordinary user had unpacked it, except for the account files, which the account tools check.
    for path in ["/", "/var", "/var/lib", "/var/lib/cisco", "/var/lib/cisco/faults", "/etc"] {
        chown(root.at(path), Some(ORDINARY_USER), Some(ORDINARY_USER)).unwrap();
    }
    on(&root, &["repair"]);
    expect_healthy(&root, "an image of an ordinary user");
}
