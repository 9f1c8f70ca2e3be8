//! The managed directories become root:root 0755; other directories stay.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use harness::{Caller, Run, ScratchRoot, Snapshot, program};

/// The end of the line in fstab: a missing disk does not keep the host from starting, and the agent waits for the mount.
const BIND: &str = "none bind,nofail,x-systemd.before=local-fs.target 0 0";
const REPAIR: [&str; 3] = ["repair", "--format", "json"];

#[track_caller]
fn expect_mode(root: &ScratchRoot, path: &str, mode: u32) {
    let found = std::fs::symlink_metadata(root.at(path)).unwrap();
    assert_eq!(format!("{:o}", found.mode() & 0o7777), format!("{mode:o}"), "{path}");
    assert!(found.is_dir());
}

#[test]
fn wrong_modes_are_repaired_and_other_products_stay() {
    for (top, child) in [(0o700, 0o777), (0o777, 0o700), (0o755, 0o775), (0o2755, 0o1777), (0o000, 0o000)] {
        let root = ScratchRoot::of("debian-12");
        root.dir("/opt/cisco/amp/bin", 0o750).dir("/opt/cisco/anyconnect", 0o750).dir("/opt/cisco/other/deep", 0o777);
        root.mode("/opt/cisco/amp", child).mode("/opt/cisco", top);
        let checked = root.hostprep(&["check", "--format", "json"]).expect_code(3);
        assert_eq!(checked.step("directories")["reason"], "directory-mode", "{top:o}, {child:o}");
        assert_eq!(checked.step("directories")["fault"], 5);
        let run = root.hostprep(&REPAIR).expect_code(0);
        assert_eq!(run.step("directories")["outcome"], "changed");
        for path in ["/opt/cisco", "/opt/cisco/amp", "/opt/cisco/amp/bin"] {
            expect_mode(&root, path, 0o755);
        }
        expect_mode(&root, "/opt/cisco/anyconnect", 0o750);
        expect_mode(&root, "/opt/cisco/other/deep", 0o777);
        assert_eq!(root.hostprep(&REPAIR).expect_code(0).step("directories")["outcome"], "ok");
    }
}

#[test]
fn a_missing_directory_is_made_whatever_the_umask() {
    for mask in ["000", "022", "027", "077"] {
        let root = ScratchRoot::of("debian-12");
        let mut command = Caller::Root.command("/bin/sh");
        command.args(["-c", "umask \"$0\" && exec \"$@\"", mask]).arg(program::binary()).args(root.args(&REPAIR));
        Run::of(&mut command).expect_code(0);
        expect_mode(&root, "/opt/cisco", 0o755);
        assert!(!root.at("/opt/cisco/amp").exists(), "the connector's own is made by the connector");
    }
}

#[test]
fn a_link_in_the_place_of_a_directory_is_reported_and_not_followed() {
    let root = ScratchRoot::of("debian-12");
    root.dir("/srv/elsewhere", 0o700).dir("/srv/elsewhere/amp", 0o700).link("/opt/cisco", "/srv/elsewhere");
    let before = Snapshot::of(&root.at("/srv"));
    let run = root.hostprep(&REPAIR).expect_code(3);
    assert_eq!(run.faults(), [5]);
    assert!(run.step("directories")["detail"].as_str().unwrap().contains("/opt/cisco"), "{}", run.stdout);
    before.expect_untouched(&Snapshot::of(&root.at("/srv")));
    assert_eq!(std::fs::read_link(root.at("/opt/cisco")).unwrap(), Path::new("/srv/elsewhere"));
}

/// A root in which the agent was moved to `disk`, and a link is in its old place.
fn moved(disk: &str, link: &str) -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.file(&format!("{disk}/amp/bin/ampdaemon"), "running").link("/opt/cisco", link);
    for path in Path::new(disk).ancestors().skip(1).filter_map(Path::to_str).filter(|path| *path != "/") {
        root.mode(path, 0o755);
    }
    root.dir(disk, 0o755).dir(&format!("{disk}/amp"), 0o755).dir(&format!("{disk}/amp/bin"), 0o755);
    // The last line has no line break.
    root.file("/etc/fstab", "proc /proc proc defaults 0 0");
    let run = root.hostprep(&["repair", "--only", "scan-user"]);
    assert!(root.account("passwd", "cisco-amp-scan-svc").is_some(), "{run:?}");
    root
}

/// The lines for the system in the root, as its fault store has them.
fn stored_remedy(root: &ScratchRoot) -> Vec<String> {
    let store: serde_json::Value = serde_json::from_str(&root.text("/var/lib/cisco/faults/faults.json")).unwrap();
    serde_json::from_value(store["faults"][0]["remedy"].clone()).unwrap()
}

#[test]
fn a_link_that_only_root_can_change_is_minor_and_its_remedy_keeps_the_files() {
    for (disk, link) in [
        ("/data/cisco", "/data/cisco"),
        ("/data/cisco", "../data/cisco"),
        ("/data/cisco", "../data/../data/cisco/"),
        ("/data/big disk/cisco's", "/data/big disk/cisco's"),
        ("/data/back\\040slash", "/data/back\\040slash"),
    ] {
        let root = moved(disk, link);
        let run = root.hostprep(&REPAIR).expect_code(3);
        let step = run.step("directories");
        assert_eq!((&step["reason"], &step["severity"]), (&"directory-symlink".into(), &"minor".into()), "{step}");
        assert!(step["detail"].as_str().unwrap().contains("only root can change it"), "{step}");
        let remedy = stored_remedy(&root);
        assert!(remedy.iter().any(|line| line.contains("mount --bind")), "{remedy:?}");
        assert!(!remedy.iter().any(|line| line.contains("mv ")), "the agent stays where it is: {remedy:?}");
        let store = root.text("/var/lib/cisco/faults/faults.json");
        assert!(store.contains("\"severity\": \"minor\""), "{store}");

        // The system's own commands, with the paths of the root: what they mount is gone with the namespace.
        let top = root.path().display().to_string();
        let here = |line: &String| {
            let paths = ["/data/", "/opt/cisco", "/etc/fstab"];
            paths.iter().fold(line.clone(), |line, path| line.replace(path, &format!("{top}{path}")))
        };
        let mut script: Vec<String> = remedy.iter().filter(|line| !line.starts_with("hostprep")).map(here).collect();
        assert_eq!(script.len(), 2, "{script:?}");
        script.push(format!("cat {top}/opt/cisco/amp/bin/ampdaemon"));
        script.push(format!("{} --root {top} check --only directories", program::binary().display()));
        script.push(format!("umount {top}/opt/cisco"));
        script.push(format!("mount -T {top}/etc/fstab {top}/opt/cisco"));
        script.push(format!("cat {top}/opt/cisco/amp/bin/ampdaemon"));
        let script = script.join("\n");
        if !harness::need_root() {
            continue; // Only root may mount.
        }
        let mut command = Caller::Root.command("unshare");
        command.args(["--mount", "sh", "-ec", &script]);
        let run = Run::of(&mut command).expect_code(0);
        assert_eq!(run.stdout.matches("running").count(), 2, "{script}\n{run:?}");
        assert!(run.stdout.contains("No problems found."), "{run:?}");
        assert_eq!(root.text(&format!("{disk}/amp/bin/ampdaemon")), "running");
        let lines = root.text("/etc/fstab");
        assert_eq!(lines.lines().count(), 2, "{lines}");
    }
}

#[test]
fn in_an_image_the_link_is_replaced_and_the_system_mounts_it_when_it_starts() {
    let root = moved("/data/cisco", "/data/cisco");
    let step = root.hostprep(&REPAIR).expect_code(3).step("directories");
    for remedy in step["remedies"].as_array().unwrap().iter().filter(|remedy| remedy["kind"] == "run") {
        let argv: Vec<String> = serde_json::from_value(remedy["argv"].clone()).unwrap();
        assert!(!argv.iter().any(|word| word.contains("mount")), "nothing is mounted for an image: {argv:?}");
        assert!(std::process::Command::new(&argv[0]).args(&argv[1..]).status().unwrap().success(), "{argv:?}");
    }
    assert_eq!(root.text("/etc/fstab"), format!("proc /proc proc defaults 0 0\n/data/cisco /opt/cisco {BIND}\n"));
    expect_mode(&root, "/opt/cisco", 0o755);
    assert_eq!(root.text("/data/cisco/amp/bin/ampdaemon"), "running");
    root.hostprep(&REPAIR).expect_code(0);
    assert_eq!(root.hostprep(&["status"]).expect_code(0).stdout, "Faults: None\n");
}

#[test]
fn a_link_below_and_a_chain_of_links_are_minor_too() {
    // amp alone was moved.
    let root = ScratchRoot::of("debian-12");
    root.dir("/data", 0o755).dir("/data/amp", 0o755).dir("/data/amp/bin", 0o755).dir("/opt/cisco", 0o755);
    root.link("/opt/cisco/amp", "/data/amp");
    let expect_minor = |root: &ScratchRoot, lines: &[&str]| {
        let step = root.hostprep(&REPAIR).expect_code(3).step("directories");
        assert_eq!(step["severity"], "minor", "{step}");
        let remedy = step["remedy"].to_string();
        for line in lines {
            assert!(remedy.contains(line), "{line}: {remedy}");
        }
    };
    expect_minor(&root, &[&format!("/data/amp /opt/cisco/amp {BIND}")]);
    // Both were moved, one after the other.
    root.remove("/opt/cisco").dir("/data/cisco", 0o755);
    root.link("/opt/cisco", "/data/cisco").link("/data/cisco/amp", "../amp");
    expect_minor(&root, &[&format!("/data/cisco /opt/cisco {BIND}"), &format!("/data/amp /opt/cisco/amp {BIND}")]);
    // A chain of links, and an /opt that is the system's own link: mounts are where it leads.
    root.remove("/data/cisco/amp").remove("/opt").dir("/var/opt", 0o755).link("/opt", "var/opt");
    root.link("/data/one", "two").link("/data/two", "/data/cisco").link("/var/opt/cisco", "../../data/one");
    expect_minor(&root, &[&format!("/data/cisco /var/opt/cisco {BIND}")]);
}

/// What runs goes on running: others lose the permission first, and then a bind mount takes the link's place.
#[test]
fn a_link_to_what_others_can_change_is_closed_to_them_first() {
    type Spoil = fn(&ScratchRoot);
    let cases: [(&[(&str, u32)], Spoil); 5] = [
        (&[("/data", 0o777)], |_| ()),
        (&[("/data", 0o1777)], |_| ()),
        (&[("/data/cisco", 0o775)], |_| ()),
        (&[("/data", 0o777), ("/data/cisco", 0o777)], |_| ()),
        (&[("/srv", 0o777)], |root| {
            root.dir("/srv", 0o777)
                .link("/srv/link", "/data/cisco")
                .remove("/opt/cisco")
                .link("/opt/cisco", "/srv/link");
        }),
    ];
    for (open, spoil) in cases {
        let root = moved("/data/cisco", "/data/cisco");
        spoil(&root);
        for (path, mode) in open {
            root.mode(path, *mode);
        }
        let step = root.hostprep(&REPAIR).expect_code(3).step("directories");
        assert_eq!((&step["reason"], &step["severity"]), (&"directory-symlink".into(), &"major".into()), "{step}");
        let lines = stored_remedy(&root);
        for ((path, mode), line) in open.iter().zip(&lines) {
            let why = format!("{path} is writable by others (mode {mode:04o})");
            assert!(step["detail"].as_str().unwrap().contains(&why), "{why}: {step}");
            assert!(line.starts_with(&format!("chmod go-w {path}  # check first")), "{lines:?}");
        }
        assert!(lines[open.len()].contains(BIND) && !lines.iter().any(|line| line.contains("mv ")), "{lines:?}");
        // Once it is closed, it is a link that only root can change.
        for remedy in step["remedies"].as_array().unwrap().iter().take(open.len()) {
            let argv: Vec<String> = serde_json::from_value(remedy["argv"].clone()).unwrap();
            assert!(std::process::Command::new(&argv[0]).args(&argv[1..]).status().unwrap().success(), "{argv:?}");
        }
        let step = root.hostprep(&REPAIR).expect_code(3).step("directories");
        assert_eq!(step["severity"], "minor", "{step}");
        assert_eq!(root.text("/data/cisco/amp/bin/ampdaemon"), "running");
    }
}

#[test]
fn a_directory_that_others_need_keeps_its_mode() {
    for (place, mode) in [("/tmp", 0o1777), ("/var/tmp", 0o1777), ("/var/log", 0o775)] {
        let disk = format!("{place}/cisco");
        let root = moved(&disk, &disk);
        root.mode(place, mode);
        let step = root.hostprep(&REPAIR).expect_code(3).step("directories");
        assert_eq!(step["severity"], "major", "{step}");
        let lines = stored_remedy(&root);
        assert!(
            lines[0].starts_with("# other users keep files in ") && lines[0].contains(&format!("move {disk} to")),
            "{lines:?}"
        );
        assert_eq!(lines[1..], ["hostprep repair"], "nothing is mounted from there");
    }
}

/// Whoever asks gets the same answer about the host.
#[test]
fn a_link_to_a_users_own_directory_is_not_safe_for_that_user_either() {
    if !harness::need_root() {
        return; // Only root can give a directory to another user.
    }
    let ordinary = nix::unistd::User::from_name("nobody").unwrap().unwrap();
    for (owned, first) in
        [("/data/cisco", "chown root:root /data/cisco"), ("/data", "# other users keep files in /data:")]
    {
        let root = moved("/data/cisco", "/data/cisco");
        std::fs::set_permissions(root.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        nix::unistd::chown(&root.at(owned), Some(ordinary.uid), None).unwrap();
        let only = ["check", "--format", "json", "--only", "directories"];
        let ours = root.hostprep(&only).expect_code(3).step("directories");
        let theirs = root.hostprep_as_ordinary_user(&only).expect_code(3).step("directories");
        assert_eq!(ours, theirs);
        let why = format!("{owned} belongs to uid {}", ordinary.uid);
        assert!(ours["detail"].as_str().unwrap().contains(&why), "{ours}");
        root.hostprep(&REPAIR).expect_code(3);
        let lines = stored_remedy(&root);
        assert!(lines[0].starts_with(first) && !lines.iter().any(|line| line.contains("mv ")), "{lines:?}");
    }
}

#[test]
fn a_link_to_no_directory_is_moved_aside() {
    type Spoil = fn(&ScratchRoot);
    let cases: [(&str, Spoil); 2] = [
        ("leads nowhere", |root| {
            root.remove("/data/cisco");
        }),
        ("leads to no directory", |root| {
            root.remove("/data/cisco").file("/data/cisco", "");
        }),
    ];
    for (why, spoil) in cases {
        let root = moved("/data/cisco", "/data/cisco");
        spoil(&root);
        let step = root.hostprep(&REPAIR).expect_code(3).step("directories");
        assert_eq!((&step["reason"], &step["severity"]), (&"directory-symlink".into(), &"major".into()), "{step}");
        assert!(step["detail"].as_str().unwrap().contains(why), "{why}: {step}");
        let remedy = step["remedy"].to_string();
        assert!(remedy.contains("mv -T ") && !remedy.contains("bind"), "{remedy}");
    }
    let root = ScratchRoot::of("debian-12");
    root.link("/opt/cisco", "cisco");
    let only = ["repair", "--format", "json", "--only", "directories"];
    let step = root.hostprep(&only).expect_code(3).step("directories");
    assert!(step["detail"].as_str().unwrap().contains("leads in a circle"), "{step}");
}

#[test]
fn a_wrong_mode_behind_a_link_is_as_bad_as_ever() {
    let root = moved("/data/cisco", "/data/cisco");
    root.mode("/data/cisco/amp", 0o700);
    let step = root.hostprep(&REPAIR).expect_code(3).step("directories");
    assert_eq!((&step["reason"], &step["severity"]), (&"directory-mode".into(), &"major".into()), "{step}");
    assert!(
        step["detail"].as_str().unwrap().starts_with("/data/cisco/amp is 0700, expected 0755; /opt/cisco is"),
        "{step}"
    );
    let chmod = step["remedy"][0].as_str().unwrap();
    assert_eq!(chmod, format!("chmod 0755 {}", root.at("/data/cisco/amp").display()));
    expect_mode(&root, "/data/cisco/amp", 0o700);
    // A user that is missing besides is what the fault is about.
    root.mode("/data/cisco/amp", 0o755).hostprep(&["remove"]).expect_code(0);
    root.hostprep(&["repair", "--only", "directories"]).expect_code(3);
    let store: serde_json::Value = serde_json::from_str(&root.text("/var/lib/cisco/faults/faults.json")).unwrap();
    let fault = &store["faults"][0];
    assert_eq!((&fault["reason"], &fault["severity"]), (&"user-missing".into(), &"major".into()), "{fault}");
}

#[test]
fn a_mount_point_below_a_linked_opt_is_seen() {
    let root = ScratchRoot::of("debian-12");
    root.remove("/opt").dir("/var/opt/cisco", 0o755).link("/opt", "var/opt");
    expect_mount_is_left(&root, "/var/opt/cisco");
}

/// Repairs `root` with a directory of another mode mounted at `place`: that is reported, and not changed.
#[track_caller]
fn expect_mount_is_left(root: &ScratchRoot, place: &str) {
    root.dir("/srv/volume", 0o700);
    let script = "mount --bind \"$1/srv/volume\" \"$1$2\" && shift 2 && exec \"$@\"";
    let mut command = Caller::Root.command("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(root.path()).arg(place).arg(program::binary());
    let run = Run::of(command.args(root.args(&REPAIR))).expect_code(3);
    assert_eq!(run.step("directories")["reason"], "directory-mount");
    expect_mode(root, "/srv/volume", 0o700);
}

#[test]
fn a_full_disk_is_named() {
    if !harness::need_root() {
        return; // Mounts in another user's namespace hide more than they show.
    }
    let root = ScratchRoot::of("debian-12");
    let script = "mount -t tmpfs -o nr_inodes=1 tmpfs \"$1/opt\" && shift && exec \"$@\"";
    let mut command = Caller::Root.command("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(root.path()).arg(program::binary());
    let step = Run::of(command.args(root.args(&REPAIR))).expect_code(3).step("directories");
    assert_eq!(step["reason"], "disk-full", "{step}");
    assert!(step["remedy"][0].as_str().unwrap().starts_with(&format!("df -i {}", root.at("/opt").display())), "{step}");
}

/// The errno alone tells of a quota: no tool has said it. The kernel of a test need not have quotas.
#[test]
fn a_used_up_quota_is_named() {
    let root = ScratchRoot::of("debian-12");
    let mut command = Caller::Root.command("strace");
    command.args([
        "-f",
        "--quiet=all",
        "-o",
        "/dev/null",
        "-e",
        "trace=mkdirat",
        "-e",
        "inject=mkdirat:error=EDQUOT",
        "-P",
    ]);
    let run = Run::of(command.arg(root.at("/opt")).arg(program::binary()).args(root.args(&REPAIR))).expect_code(3);
    let step = run.step("directories");
    assert_eq!(step["reason"], "disk-full", "{step}");
    let detail = step["detail"].as_str().unwrap();
    assert!(detail.contains("cannot make directory /opt/cisco: Disk quota exceeded"), "{detail}");
    let first = format!("df -h {}  # raise the quota on this file system, or delete files", root.at("/opt").display());
    assert_eq!(step["remedy"][0], first.as_str());
    assert_eq!(root.hostprep(&REPAIR).step("directories")["outcome"], "changed");
    expect_mode(&root, "/opt/cisco", 0o755);
}

#[test]
fn a_file_in_the_place_of_a_directory_is_reported() {
    let root = ScratchRoot::of("debian-12");
    root.file("/opt/cisco", "mine");
    let run = root.hostprep(&REPAIR).expect_code(3);
    assert_eq!(run.faults(), [5]);
    assert_eq!(root.text("/opt/cisco"), "mine");
}

#[test]
fn a_removal_deletes_created_directories_and_keeps_repaired_modes() {
    let root = ScratchRoot::of("debian-12");
    root.hostprep(&REPAIR).expect_code(0);
    root.hostprep(&["remove"]).expect_code(0);
    assert!(!root.at("/opt/cisco").exists());
    let root = ScratchRoot::of("debian-12");
    root.dir("/opt/cisco", 0o777);
    root.hostprep(&REPAIR).expect_code(0);
    root.hostprep(&["remove"]).expect_code(0);
    expect_mode(&root, "/opt/cisco", 0o755);
}

#[test]
fn a_root_without_opt_gets_one() {
    let root = ScratchRoot::of("debian-12");
    if root.at("/opt").exists() {
        root.remove("/opt");
    }
    root.hostprep(&REPAIR).expect_code(0);
    expect_mode(&root, "/opt", 0o755);
    expect_mode(&root, "/opt/cisco", 0o755);
}

#[test]
fn links_of_the_system_above_are_followed() {
    let root = ScratchRoot::of("fedora-42");
    if root.at("/opt").exists() {
        root.remove("/opt");
    }
    root.dir("/var/opt", 0o755).link("/opt", "var/opt");
    root.hostprep(&REPAIR).expect_code(0);
    expect_mode(&root, "/var/opt/cisco", 0o755);
}

#[test]
fn a_foreign_owner_is_reported_and_a_foreign_group_put_right() {
    if !harness::need_root() {
        return; // Only root can give a directory to another user.
    }
    let root = ScratchRoot::of("debian-12");
    root.dir("/opt/cisco", 0o755);
    let chown = |uid: u32, gid: u32| {
        nix::unistd::chown(&root.at("/opt/cisco"), Some(uid.into()), Some(gid.into())).unwrap();
    };
    chown(1000, 0);
    let step = root.hostprep(&REPAIR).expect_code(3).step("directories");
    assert_eq!(step["reason"], "directory-owner");
    assert!(step["remedy"][0].as_str().unwrap().starts_with("chown root:root "), "{step}");
    chown(0, 100);
    root.hostprep(&REPAIR).expect_code(0);
    let found = std::fs::metadata(root.at("/opt/cisco")).unwrap();
    assert_eq!((found.uid(), found.gid()), (0, 0));
}

#[test]
fn a_mount_from_elsewhere_is_reported_and_not_changed() {
    let root = ScratchRoot::of("debian-12");
    root.dir("/opt/cisco", 0o755);
    expect_mount_is_left(&root, "/opt/cisco");
}

#[test]
fn fault_5_is_not_cleared_by_half_a_look() {
    let root = ScratchRoot::of("debian-12");
    root.dir("/opt/cisco", 0o700);
    let run = root.hostprep(&["repair", "--format", "json", "--only", "directories"]).expect_code(3);
    assert_eq!((run.outcomes(), run.faults()), (vec!["directories=changed".to_owned()], vec![5]));
    let status = root.hostprep(&["status"]).expect_code(3).stdout;
    assert!(status.contains("Fault IDs: 5\n"), "the user is still missing: {status}");
    root.hostprep(&["repair", "--only", "scan-user"]).expect_code(0);
    assert_eq!(root.hostprep(&["status"]).expect_code(0).stdout, "Faults: None\n");
}

#[test]
fn a_skipped_step_leaves_its_fault_to_the_others() {
    let root = ScratchRoot::of("debian-12");
    root.file("/etc/cisco/hostprep.toml", "skip = ['scan-user', 'kernel']\n").file("/opt/cisco", "in the way");
    root.kernel(harness::scratch::KERNEL, false);
    assert_eq!(root.hostprep(&REPAIR).expect_code(3).faults(), [5], "the directories are still judged");
    root.remove("/opt/cisco").hostprep(&["faults", "raise", "11"]).expect_code(0);
    root.hostprep(&REPAIR).expect_code(0);
    let status = root.hostprep(&["status"]).expect_code(3).stdout;
    assert!(status.contains("Fault IDs: 11\n"), "5 is cleared, and no step checked 11: {status}");
    assert!(root.account("passwd", "cisco-amp-scan-svc").is_none());
}
