//! Real bind mounts, overlayfs and read-only file systems, each in a mount namespace of its own. Needs root.

use std::path::Path;
use std::process::Command;

use host::Root;

use super::scratch::{DEFS, Scratch, quiet_read};
use crate::{WindowError, open, plan, read, stale_window};

const STATE: &str = "/var/lib/cisco/hostprep";

/// Runs `script` in the root and then `work`, on a thread with a mount namespace of its own.
fn inside(scratch: &Scratch, script: &str, work: fn(&Root, &Path)) {
    use nix::errno::Errno;
    use nix::sched::{CloneFlags, unshare};
    let path = scratch.root.path().to_owned();
    let script = format!("set -e; cd \"$1\"; mount --make-rprivate /; {script}");
    let in_namespace = move || {
        match unshare(CloneFlags::CLONE_FS | CloneFlags::CLONE_NEWNS) {
            // An ordinary user cannot mount.
            Err(Errno::EPERM) => return,
            made => made.unwrap(),
        }
        let output = Command::new("sh").args(["-c", &script, "sh"]).arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        work(&Root::alternate(&path).unwrap(), &path);
    };
    if let Err(panic) = std::thread::spawn(in_namespace).join() {
        std::panic::resume_unwind(panic);
    }
}

fn there_and_back(root: &Root, path: &Path) {
    let looks = || {
        let found = std::fs::symlink_metadata(path.join("etc/login.defs")).unwrap();
        use std::os::unix::fs::MetadataExt;
        let times = (found.atime(), found.atime_nsec(), found.mtime(), found.mtime_nsec());
        let content = quiet_read(&path.join("etc/login.defs"));
        (found.ino(), found.mode(), found.uid(), found.gid(), times, content, super::scratch::names(&path.join("etc")))
    };
    let before = looks();
    let plan = plan(root).unwrap().unwrap();
    assert_eq!(plan.blocked(), None);
    let window = open(root, STATE, &plan).unwrap();
    assert!(read(root).unwrap().usergroups_enab);
    assert!(!window.close().unwrap().concurrent_edit);
    assert_eq!(looks(), before);
    // The same after a crash.
    open(root, STATE, &plan).unwrap().crash();
    crate::recover(root, STATE).unwrap().unwrap();
    assert_eq!(looks(), before);
    assert_eq!(stale_window(root, STATE).unwrap(), None);
}

fn refused_as_read_only(root: &Root, _: &Path) {
    let plan = plan(root).unwrap().unwrap();
    assert!(plan.blocked().unwrap().ends_with("is on a read-only file system"), "{plan:?}");
    let error = open(root, STATE, &plan).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, WindowError::Unchangeable { .. }) && message.contains("read-write"), "{message}");
    assert!(message.contains("/etc/login.defs"), "{message}");
    assert_eq!(stale_window(root, STATE).unwrap(), None);
}

#[test]
fn a_bind_mounted_file() {
    let scratch = Scratch::with(DEFS);
    scratch.put("elsewhere/defs", DEFS);
    inside(&scratch, "mount --bind elsewhere/defs etc/login.defs", there_and_back);
    // A writable file in a read-only directory.
    inside(
        &scratch,
        "mount --bind elsewhere/defs etc/login.defs; mount --bind etc etc; mount -o remount,ro,bind etc; \
         mount --bind elsewhere/defs etc/login.defs",
        there_and_back,
    );
    assert_eq!(scratch.read("etc/login.defs"), DEFS);
    assert_eq!(scratch.read("elsewhere/defs"), DEFS);
}

#[test]
fn a_read_only_file_system() {
    let scratch = Scratch::with(DEFS);
    let before = scratch.picture().files;
    inside(&scratch, "mount --bind etc etc; mount -o remount,ro,bind etc", refused_as_read_only);
    assert_eq!(scratch.picture().files, before);
}

#[test]
fn an_overlay() {
    for layers in ["tmp", "same"] {
        let scratch = Scratch::with(DEFS);
        let upper = if layers == "tmp" { "mount -t tmpfs none upper;" } else { "" };
        std::fs::create_dir(scratch.path("upper")).unwrap();
        let script = format!(
            "{upper} mkdir upper/u upper/w\n\
             mount -t overlay overlay -o lowerdir=etc,upperdir=upper/u,workdir=upper/w etc"
        );
        inside(&scratch, &script, there_and_back);
        assert_eq!(scratch.read("etc/login.defs"), DEFS);
    }
}
