//! A host that needs repair, and what must hold after the repair.

use std::path::Path;

use harness::scratch::KERNEL;
use harness::{ScratchRoot, login_defs};

pub const USER: &str = "cisco-amp-scan-svc";

/// A host without the user and the directory, where `useradd` would make no group, and with a kernel that raises fault 11. In
/// memory: hundreds of them, each synced to a disk, would take minutes.
pub fn sick() -> ScratchRoot {
    fall_ill(ScratchRoot::in_memory("debian-12"))
}

/// Returns the same root on a disk, for traces, which take paths below `/dev` for devices, and for nested file systems.
pub fn sick_on_disk() -> ScratchRoot {
    fall_ill(ScratchRoot::of("debian-12"))
}

fn fall_ill(root: ScratchRoot) -> ScratchRoot {
    root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n")).kernel(KERNEL, false);
    root
}

pub fn has_user(root: &ScratchRoot) -> bool {
    root.account("passwd", USER).is_some() && root.account("group", USER).is_some()
}

/// It was brought in order as far as it goes: fault 11 stays.
#[track_caller]
pub fn expect_healthy(root: &ScratchRoot, what: &str) {
    assert!(has_user(root), "{what}: no user");
    assert!(root.at("/opt/cisco").is_dir(), "{what}");
    let status = root.hostprep(&["status"]).stdout;
    assert!(status.contains("Fault IDs: 11\n"), "{what}: {status}");
    expect_nothing_left(root, what);
}

/// Checks that `login.defs` is unchanged, every event is there, and no temporary file is left.
#[track_caller]
pub fn expect_nothing_left(root: &ScratchRoot, what: &str) {
    assert_eq!(root.text("/etc/login.defs"), login_defs::with("USERGROUPS_ENAB no\n"), "{what}");
    expect_complete_events(root, what);
    let left = root.snapshot();
    let left: Vec<_> = left.paths().filter(|path| is_temporary(path)).collect();
    assert!(left.is_empty(), "{what}: {left:?} was left");
}

fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.starts_with('.') && name.contains(".hostprep-")
}

/// The events are numbered without a gap, and every line is one.
#[track_caller]
fn expect_complete_events(root: &ScratchRoot, what: &str) {
    if !root.at("/var/lib/cisco/faults/events.jsonl").exists() {
        return;
    }
    let text = root.text("/var/lib/cisco/faults/events.jsonl");
    for (number, line) in text.lines().enumerate() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{what}: {e}: {line}"));
        assert_eq!(event["seq"], number + 1, "{what}: {text}");
    }
}
