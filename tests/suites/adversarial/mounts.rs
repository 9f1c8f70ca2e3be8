//! File systems: parts of the host that are read-only, a root that is an overlay, files that are mounts and so cannot be
//! renamed over. (Read-only and bind-mounted for the login.defs window alone: `installer/login-defs/src/tests/mounts.rs`; a managed
//! directory that is a mount: `directories.rs`.)

use harness::{Run, ScratchRoot, Snapshot, login_defs, program};

use crate::postconditions::{USER, expect_healthy, expect_nothing_left, sick, sick_on_disk};
use crate::recording_tool::arranged;
use crate::run::{decent, on, words};

/// Runs `args` in a mount namespace of its own that `arrange`, with the root in `$ROOT`, has prepared.
#[track_caller]
fn behind(root: &ScratchRoot, arrange: &str, args: &[&str]) -> Run {
    let arrange = format!("ROOT='{}'\n{{ {arrange}; }}", root.path().display());
    let mut run = Run::of(arranged(&arrange, program::binary()).args(words(root, args)));
    assert_ne!(run.code, Some(99), "{arrange}: {}", run.stderr);
    if args[0] == "hook" {
        run.stderr.clear();
    }
    decent(run, &format!("{args:?} behind {arrange}"))
}

#[test]
fn parts_that_are_read_only() {
    if !harness::need_root() {
        return; // Mounts in another user's namespace hide more than they show.
    }
    for parts in [&["etc"][..], &["var"], &["usr"], &["opt"], &["run"], &["etc", "usr", "opt", "var", "run"], &[""]] {
        let mounts: Vec<String> = parts
            .iter()
            .map(|part| {
                format!("mount --bind \"$ROOT/{part}\" \"$ROOT/{part}\" && mount -o remount,ro,bind \"$ROOT/{part}\"")
            })
            .collect();
        let (arrange, what) = (mounts.join(" && "), format!("{parts:?} read-only"));
        let root = sick();
        for directory in ["/var", "/run", "/usr"] {
            root.dir(directory, 0o755);
        }
        let check = behind(&root, &arrange, &["check"]);
        assert_eq!(check.code, Some(3), "{what}: {check:?}");
        let repair = behind(&root, &arrange, &["repair"]);
        if parts == ["usr"] {
            assert_eq!(repair.code, Some(3), "{what}: {repair:?}");
            expect_healthy(&root, &what);
        } else if ["var", "run", ""].contains(&parts[0]) || parts.len() > 1 {
            assert!(repair.code == Some(1) && repair.stderr.contains("mounted read-only"), "{what}: {repair:?}");
        }
        assert_eq!(behind(&root, &arrange, &["hook", "rpm", "posttrans", "1"]).code, Some(0), "{what}");
        behind(&root, &arrange, &["remove"]);
        assert_eq!(root.text("/etc/login.defs"), login_defs::with("USERGROUPS_ENAB no\n"), "{what}");
        on(&root, &["repair"]);
        expect_healthy(&root, &format!("{what}, afterwards"));
    }
}

#[test]
fn a_login_defs_that_is_read_only() {
    if !harness::need_root() {
        return; // As above.
    }
    let root = sick();
    let at = "\"$ROOT/etc/login.defs\"";
    let arrange = format!("mount --bind {at} {at} && mount -o remount,ro,bind {at}");
    let planned = behind(&root, &arrange, &["repair", "--dry-run"]).stdout;
    let line = planned.lines().find(|line| line.contains("useradd")).unwrap();
    assert!(line.contains(" --user-group ") && line.contains("login.defs is on a read-only file system"), "{line}");
    let repair = behind(&root, &arrange, &["repair"]);
    assert_eq!(repair.code, Some(3), "{repair:?}");
    expect_healthy(&root, "login.defs is read-only");
    let log = root.text("/var/log/cisco/hostprep.log");
    assert!(log.contains("/etc/login.defs cannot be changed: Read-only file system"), "{log}");
    assert!(!root.text("/var/lib/cisco/faults/events.jsonl").contains("login-defs-blocked"));
    let (user, group) = (root.account("passwd", USER).unwrap(), root.account("group", USER).unwrap());
    assert_eq!(user[3], group[2], "the primary group is its own");
    behind(&root, &arrange, &["remove"]);
    assert!(root.account("passwd", USER).is_none() && root.account("group", USER).is_none());
    expect_nothing_left(&root, "login.defs is read-only");
}

#[test]
fn a_root_that_is_an_overlay() {
    if !harness::need_root() {
        return; // As above.
    }
    // On the disk, since an overlay's upper layer wants extended attributes.
    let root = sick_on_disk();
    root.dir("/opt/cisco", 0o700).dir("/upper", 0o755).dir("/work", 0o755);
    let lower = Snapshot::of(root.path()).without(&["/upper", "/work"]);
    let overlay = "mkdir \"$ROOT/lower\" \"$ROOT/merged\" && for part in etc opt usr boot lib; do \
        mkdir -p \"$ROOT/lower\" && cp -a \"$ROOT/$part\" \"$ROOT/lower/\"; done && \
        mount -t overlay overlay -o lowerdir=\"$ROOT/lower\",upperdir=\"$ROOT/upper\",workdir=\"$ROOT/work\" \"$ROOT/merged\"";
    let script = format!(
        "{overlay}\nH=$1; R=$ROOT/merged; before=$(stat -c '%a %u %g %Y %i' \"$R/etc/login.defs\"; cat \"$R/etc/login.defs\")\n\
         \"$H\" --root \"$R\" repair; code=$?\n\
         after=$(stat -c '%a %u %g %Y %i' \"$R/etc/login.defs\"; cat \"$R/etc/login.defs\")\n\
         [ \"$before\" = \"$after\" ] || echo login.defs differs\n\
         grep -q '^cisco-amp-scan-svc:' \"$R/etc/group\" || echo no group\n\
         stat -c %a \"$R/opt/cisco\"; \"$H\" --root \"$R\" repair >/dev/null; echo \"again $?\"\n\
         ls -A \"$R/etc\" | grep hostprep; exit $code"
    );
    let mut command = crate::run::limited("unshare");
    command.args(["--mount", "/bin/sh", "-c", &format!("ROOT='{}'\n{script}", root.path().display()), "sh"]);
    let run = Run::of(command.arg(program::binary()));
    assert_eq!(run.code, Some(3), "{run:?}");
    let said: Vec<&str> = run.stdout.lines().rev().take(2).collect();
    assert_eq!(said, ["again 3", "755"], "{run:?}");
    assert!(!run.stdout.contains("differs") && !run.stdout.contains("no group"), "{run:?}");
    let after = Snapshot::of(root.path()).without(&["/upper", "/work", "/lower", "/merged"]);
    lower.without(&["/"]).expect_untouched(&after.without(&["/"]));
}

#[test]
fn files_that_are_mounts() {
    if !harness::need_root() {
        return; // As above.
    }
    for path in [
        "/etc/login.defs",
        "/etc/passwd",
        "/etc/shadow",
        "/var/lib/cisco/faults/faults.json",
        "/var/lib/cisco/faults/events.jsonl",
        "/var/lib/cisco/hostprep/journal.json",
        "/run/cisco/hostprep.lock",
        "/var/log/cisco/hostprep.log",
    ] {
        let root = sick();
        for directory in
            ["/var/lib/cisco", "/var/lib/cisco/faults", "/var/lib/cisco/hostprep", "/run/cisco", "/var/log/cisco"]
        {
            root.dir(directory, 0o755);
        }
        if path.contains("/faults/") {
            on(&root, &["faults", "raise", "18", "--reason", "x"]);
            on(&root, &["faults", "clear", "18"]);
        } else if path.ends_with("journal.json") {
            root.file(path, "{\"schema\":1,\"made\":[]}");
        } else if !root.at(path).exists() {
            root.file(path, "");
        }
        let source = root.at("/srv-mounted");
        std::fs::copy(root.at(path), &source).unwrap();
        let mount = format!("mount --bind \"$ROOT/srv-mounted\" \"$ROOT{path}\"");
        behind(&root, &mount, &["repair"]);
        let hook = behind(&root, &mount, &["hook", "deb", "postinst", "configure"]);
        assert_eq!(hook.code, Some(0), "{path}: {hook:?}");
        behind(&root, &mount, &["status"]);
        if path == "/etc/login.defs" {
            let source = std::fs::read_to_string(&source).unwrap();
            assert_eq!(source, login_defs::with("USERGROUPS_ENAB no\n"), "{path}: what is mounted");
        }
        on(&root, &["repair"]);
        std::fs::remove_file(source).unwrap();
        expect_healthy(&root, &format!("{path} was a mount"));
    }
}
