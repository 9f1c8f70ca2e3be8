//! Fifos, devices, sockets and directories where hostprep reads a file. (Paths that it writes: [`crate::links`].)

use std::os::unix::net::UnixListener;
use std::path::Path;

use harness::{ScratchRoot, program};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};

use crate::postconditions::{expect_healthy, sick};
use crate::run::on;

/// Files that hostprep reads, if they exist.
pub const READ: &[&str] = &[
    "/etc/login.defs",
    "/usr/etc/login.defs",
    "/etc/login.defs.d/x.defs",
    "/etc/passwd",
    "/etc/group",
    "/etc/os-release",
    "/usr/lib/os-release",
    "/etc/cisco/hostprep.toml",
    "/etc/selinux/config",
    "/etc/selinux/semanage.conf",
    "/boot/config-6.1.0-18-amd64",
    "/boot/vmlinuz-6.1.0-18-amd64",
    "/lib/modules/6.1.0-18-amd64/modules.dep",
    "/lib/modules/6.1.0-18-amd64/build/Makefile",
    "/opt/cisco/amp/clamav/main.cvd",
    "/var/lib/cisco/hostprep/journal.json",
    "/var/lib/cisco/hostprep/login-defs-window.json",
    "/var/lib/cisco/hostprep/load-lock.json",
    "/var/lib/cisco/faults/faults.json",
    "/var/lib/cisco/faults/events.jsonl",
];

#[derive(Debug, Clone, Copy)]
enum Kind {
    Fifo,
    Socket,
    Directory,
    /// `/dev/zero`, which never ends.
    Endless,
    /// A device without a driver.
    NoDriver,
}

fn put(at: &Path, kind: Kind) {
    let device = |kind, major, minor| mknod(at, kind, Mode::from_bits_truncate(0o644), makedev(major, minor)).unwrap();
    match kind {
        Kind::Fifo => nix::unistd::mkfifo(at, Mode::from_bits_truncate(0o644)).unwrap(),
        Kind::Socket => drop(UnixListener::bind(at).unwrap()),
        Kind::Directory => std::fs::create_dir(at).unwrap(),
        Kind::Endless => device(SFlag::S_IFCHR, 1, 5),
        Kind::NoDriver => device(SFlag::S_IFBLK, 240, 77),
    }
}

#[test]
fn nothing_waits_and_nothing_is_taken_for_a_file() {
    if !harness::need_root() {
        return; // Devices are root's alone to make.
    }
    for path in READ {
        for kind in [Kind::Fifo, Kind::Socket, Kind::Directory, Kind::Endless, Kind::NoDriver] {
            let what = format!("{kind:?} at {path}");
            let root = sick();
            root.dir("/var/lib/cisco", 0o755);
            let at = root.at(path);
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            let aside = root.at("/aside");
            let was_there = at.exists();
            if was_there {
                std::fs::rename(&at, &aside).unwrap();
            }
            // A path of a socket has 108 bytes at most.
            put(&at, kind);
            let before = root.snapshot();
            on(&root, &["check"]);
            before.expect_untouched(&root.snapshot());
            on(&root, &["repair"]);
            if matches!(kind, Kind::Fifo) {
                on(&root, &["status"]);
                let hook = on(&root, &["hook", "rpm", "posttrans", "1"]);
                assert_eq!(hook.code, Some(0), "{what}: {hook:?}");
            }

            // hostprep may have created something there by now; anything that is not a file is removed.
            if std::fs::symlink_metadata(&at).is_ok_and(|found| !found.is_file()) {
                root.remove(path);
            }
            if was_there {
                std::fs::rename(&aside, &at).unwrap();
            }
            on(&root, &["repair"]);
            expect_healthy(&root, &format!("{what}, afterwards"));
        }
    }
}

#[test]
fn a_profile_that_is_not_a_file() {
    let root: ScratchRoot = sick();
    let place = harness::setup::open_tempdir();
    for kind in [Kind::Fifo, Kind::Socket, Kind::Directory] {
        let profile = place.path().join(format!("{kind:?}.toml"));
        put(&profile, kind);
        let run = on(&root, &["check", "--profile", profile.to_str().unwrap()]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.stderr.contains(profile.to_str().unwrap()), "{run:?}");
    }
    assert!(program::binary().is_file());
}
