//! The mode of each file and directory that hostprep creates does not depend on the caller's umask.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;

use harness::{Caller, Run, ScratchRoot, program};

use crate::fallback::calls;
use crate::postconditions::sick;
use crate::run::{decent, words};

/// Files that every user may read, and files for root and a group only.
const MODES: &[(&str, u32)] = &[
    ("/opt/cisco", 0o755),
    ("/run/cisco", 0o755),
    ("/run/cisco/hostprep.lock", 0o600),
    ("/var/lib/cisco", 0o755),
    ("/var/lib/cisco/faults", 0o755),
    ("/var/lib/cisco/faults/events.jsonl", 0o644),
    ("/var/lib/cisco/faults/faults.json", 0o644),
    ("/var/lib/cisco/faults/faults.lock", 0o600),
    ("/var/lib/cisco/hostprep", 0o755),
    ("/var/lib/cisco/hostprep/journal.json", 0o644),
    ("/var/lib/cisco/hostprep/last-run.json", 0o644),
    ("/var/log/cisco", 0o755),
    ("/var/log/cisco/hostprep.log", 0o640),
];

fn under_umask(mask: &str) -> ScratchRoot {
    let root = sick();
    // Made by us where they are missing; the tools' own lie elsewhere.
    for args in [&["repair"][..], &["faults", "raise", "18", "--reason", "x"], &["load-lock", "reset"]] {
        let mut command = Caller::Root.command("/bin/sh");
        command.args(["-c", "umask \"$0\" && exec \"$@\"", mask]).arg(program::binary());
        decent(Run::of(command.args(words(&root, args))), mask);
    }
    root
}

fn modes(root: &ScratchRoot) -> BTreeMap<String, (u32, u32, u32)> {
    let of = |path: std::path::PathBuf| {
        let shown = path.to_str().unwrap().to_owned();
        let found = std::fs::symlink_metadata(root.at(&shown)).unwrap();
        (shown, (found.mode() & 0o7777, found.uid(), found.gid()))
    };
    root.snapshot().paths().map(of).collect()
}

#[test]
fn created_files_are_never_writable_by_others() {
    let own = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
    let before: Vec<String> = modes(&sick()).into_keys().collect();
    let mut all = Vec::new();
    for mask in ["000", "022", "027", "077", "777"] {
        let root = under_umask(mask);
        let made: BTreeMap<_, _> = modes(&root).into_iter().filter(|(path, _)| !before.contains(path)).collect();
        for (path, (mode, uid, gid)) in &made {
            assert_eq!(mode & 0o7022, 0, "umask {mask}: {path} is {mode:04o}");
            // The tools keep the group of the file that they copy.
            assert!(*uid == own.0 && (*gid == own.1 || path.starts_with("/etc/")), "umask {mask}: {path} {uid}:{gid}");
        }
        for (path, mode) in MODES {
            assert_eq!(made.get(*path).map(|(mode, ..)| *mode), Some(*mode), "umask {mask}: {path}");
        }
        // hostprep creates nothing else.
        let ours = made.keys().filter(|path| {
            !path.starts_with("/etc/") && !["/run", "/var", "/var/lib", "/var/log"].contains(&path.as_str())
        });
        assert_eq!(ours.collect::<Vec<_>>(), MODES.iter().map(|(path, _)| path).collect::<Vec<_>>(), "umask {mask}");
        all.push(made);
    }
    all.dedup();
    assert_eq!(all.len(), 1, "the umask made a difference: {all:#?}");
}

#[test]
fn temporary_files_are_private_and_exclusive() {
    // What a kill leaves at once: the mode that it is made with.
    let made = calls(&["repair"], "openat,openat2", None);
    let ours: Vec<_> = made.iter().filter(|call| call.contains("openat2(") && call.contains("O_CREAT")).collect();
    assert!(ours.len() > 5, "{made:#?}");
    for call in ours {
        assert!(call.contains("mode=0600") && call.contains("O_EXCL") && call.contains("O_CLOEXEC"), "{call}");
    }
}
