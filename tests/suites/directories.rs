//! The managed directories become root:root 0755; other directories stay.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use harness::{Caller, Run, ScratchRoot, Snapshot, program};

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
    root.dir("/opt/cisco", 0o755).dir("/srv/volume", 0o700);
    let script = "mount --bind \"$1/srv/volume\" \"$1/opt/cisco\" && shift && exec \"$@\"";
    let mut command = Caller::Root.command("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(root.path()).arg(program::binary());
    let run = Run::of(command.args(root.args(&REPAIR))).expect_code(3);
    assert_eq!(run.step("directories")["reason"], "directory-mount");
    expect_mode(&root, "/srv/volume", 0o700);
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
