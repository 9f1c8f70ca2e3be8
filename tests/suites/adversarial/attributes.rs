//! `chattr +i` and `+a` on files that hostprep changes. (Account files and remedies: `scan_user.rs`.)

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{ScratchRoot, login_defs};

use crate::postconditions::{expect_healthy, expect_nothing_left, sick};
use crate::run::on;

/// A file attribute that is cleared even if the test fails.
struct Attribute {
    at: PathBuf,
    flag: &'static str,
}

impl Attribute {
    fn set(at: &Path, flag: &'static str) -> Self {
        let set = Command::new("chattr").arg(format!("+{flag}")).arg(at).output().unwrap();
        // Both ext4 and tmpfs have them: silence would mean that nothing was tested.
        assert!(set.status.success(), "{}: {}", at.display(), String::from_utf8_lossy(&set.stderr));
        Self { at: at.to_owned(), flag }
    }
}

impl Drop for Attribute {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg(format!("-{}", self.flag)).arg(&self.at).status();
    }
}

/// Returns a host that was prepared once and damaged again, so that every file of hostprep exists and there is something to do.
fn spoiled() -> ScratchRoot {
    let root = sick();
    on(&root, &["repair"]);
    let users = root.text("/etc/passwd");
    let without = |text: String| -> String {
        text.lines().filter(|line| !line.starts_with("cisco-")).map(|line| format!("{line}\n")).collect()
    };
    root.file("/etc/passwd", without(users));
    for file in ["group", "shadow", "gshadow"] {
        let path = format!("/etc/{file}");
        root.file(&path, without(root.text(&path)));
    }
    root.mode("/opt/cisco", 0o700);
    on(&root, &["faults", "raise", "5", "--reason", "x"]);
    root
}

#[test]
fn protected_files_and_directories() {
    if !harness::need_root() {
        return; // Attributes are root's alone to set.
    }
    for path in [
        "/etc/login.defs",
        "/etc/group",
        "/etc/shadow",
        "/opt",
        "/opt/cisco",
        "/run/cisco",
        "/run/cisco/hostprep.lock",
        "/var/lib/cisco",
        "/var/lib/cisco/faults",
        "/var/lib/cisco/faults/faults.json",
        "/var/lib/cisco/faults/events.jsonl",
        "/var/lib/cisco/hostprep",
        "/var/lib/cisco/hostprep/journal.json",
        "/var/log/cisco",
        "/var/log/cisco/hostprep.log",
    ] {
        for flag in ["i", "a"] {
            let what = format!("chattr +{flag} {path}");
            let root = spoiled();
            let events = root.text("/var/lib/cisco/faults/events.jsonl");
            {
                let _attribute = Attribute::set(&root.at(path), flag);
                on(&root, &["check"]);
                on(&root, &["repair"]);
                assert_eq!(on(&root, &["hook", "deb", "postinst", "configure"]).code, Some(0), "{what}");
                let status = on(&root, &["status"]);
                assert!(status.stdout.contains("Fault"), "{what}: {status:?}");
                if path == "/etc/login.defs" {
                    // The user and its group are there all the same, so only the kernel's fault is left.
                    expect_healthy(&root, &what);
                }
                assert_eq!(root.text("/etc/login.defs"), login_defs::with("USERGROUPS_ENAB no\n"), "{what}");
                assert!(
                    root.text("/var/lib/cisco/faults/events.jsonl").starts_with(&events),
                    "{what}: an event is gone"
                );
            }
            let what = format!("{what}, afterwards");
            on(&root, &["repair"]);
            expect_healthy(&root, &what);
        }
    }
}

#[test]
fn a_protected_etc() {
    if !harness::need_root() {
        return; // As above.
    }
    let root = sick();
    {
        let _attribute = Attribute::set(&root.at("/etc"), "i");
        // A quarter of a minute is what the tools wait for their lock.
        let run = on(&root, &["repair"]);
        assert!(run.code == Some(3) && run.stdout.contains("fault 5"), "{run:?}");
        assert_eq!(root.text("/etc/login.defs"), login_defs::with("USERGROUPS_ENAB no\n"));
    }
    on(&root, &["repair"]);
    expect_healthy(&root, "chattr +i /etc, afterwards");
}

#[test]
fn a_removal_of_protected_files_fails() {
    if !harness::need_root() {
        return; // As above.
    }
    for path in [
        "/etc/passwd",
        "/opt",
        "/opt/cisco",
        "/var/lib/cisco/hostprep",
        "/var/lib/cisco/hostprep/journal.json",
        "/run/cisco",
    ] {
        let root = sick();
        on(&root, &["repair"]);
        {
            let _attribute = Attribute::set(&root.at(path), "i");
            on(&root, &["remove"]);
            assert_eq!(on(&root, &["hook", "rpm", "preun", "0"]).code, Some(0), "{path}");
        }
        on(&root, &["remove"]);
        assert!(root.account("passwd", crate::postconditions::USER).is_none(), "{path}: the user is left");
        assert!(!root.at("/opt/cisco").exists() && !root.at("/var/lib/cisco/hostprep").exists(), "{path}");
        expect_nothing_left(&root, path);
    }
}
