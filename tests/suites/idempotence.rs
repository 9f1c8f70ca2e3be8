//! A healthy host costs nothing, and `check` changes nothing.

use harness::{ScratchRoot, Trace, login_defs, program};

/// A root that was repaired, with SELinux, a kernel with headers, everything.
fn prepared() -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.policy_store().kernel(harness::scratch::KERNEL, false).headers(harness::scratch::KERNEL);
    root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n")).dir("/opt/cisco", 0o700);
    root.hostprep(&["repair"]).expect_code(0);
    root
}

#[test]
fn a_second_repair_starts_no_process_and_writes_no_file() {
    let root = prepared();
    let before = root.snapshot();
    let trace = Trace::of(program::binary(), root.args(&["repair", "--format", "json"]));
    let run = trace.run.expect_code(0);
    assert_eq!(
        run.outcomes(),
        [
            "scan-user=ok",
            "directories=ok",
            "selinux-tools=ok",
            "selinux-module=ok",
            "kernel=ok",
            "kernel-support=ok",
            "filesystem-monitor=ok",
            "network-monitor=ok",
            "ebpf=ok",
            "scan-service=ok"
        ]
    );
    assert_eq!((trace.started, trace.forks), (vec![], 0));
    assert_eq!(trace.changes, [""; 0]);
    before.expect_untouched(&root.snapshot());

    // Nor where a fault stays that no repair can clear.
    root.remove("/lib/modules/6.1.0-18-amd64/build");
    root.hostprep(&["repair"]).expect_code(3);
    let before = root.snapshot();
    let trace = Trace::of(program::binary(), root.args(&["repair"]));
    trace.run.expect_code(3);
    assert_eq!((trace.started, trace.forks), (vec![], 0));
    assert_eq!(trace.changes, [""; 0]);
    before.expect_untouched(&root.snapshot());
}

#[test]
fn looking_changes_nothing_on_a_sick_host() {
    let root = ScratchRoot::of("rhel-9");
    root.policy_store().kernel(harness::scratch::KERNEL, false).dir("/opt/cisco", 0o777);
    root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n"));
    let before = root.snapshot();
    for args in [
        &["check"][..],
        &["check", "--format", "json"],
        &["repair", "--dry-run"],
        &["status"],
        &["faults", "list"],
        &["faults", "show", "19"],
        &["faults", "history"],
        &["explain", "18", "--lang", "ko"],
        &["status", "--format", "json"],
        &["status", "--format", "prometheus"],
        &["load-lock", "status"],
        &["policy", "status"],
        &["policy", "generate"],
        &["policy", "generate", "--form", "cil"],
        &["policy", "install", "--dry-run"],
        &["policy", "remove", "--dry-run"],
        &["remove", "--dry-run"],
    ] {
        let trace = Trace::of(program::binary(), root.args(args));
        assert!(matches!(trace.run.code, Some(0 | 3)), "{args:?}: {:?}", trace.run);
        assert_eq!(trace.changes, [""; 0], "{args:?}");
        before.expect_untouched(&root.snapshot());
    }
}

#[test]
fn a_dry_run_shows_what_a_run_then_does() {
    let root = ScratchRoot::of("debian-12");
    root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n")).dir("/opt/cisco", 0o700);
    let lines = |text: &str, label: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.trim().strip_prefix(label)).map(|line| line.trim().to_owned()).collect()
    };
    let planned = lines(&root.hostprep(&["repair", "--dry-run"]).expect_code(3).stdout, "would run:");
    let trace = Trace::of(program::binary(), root.args(&["repair"]));
    let done = lines(&trace.run.expect_code(0).stdout, "done:");
    assert_eq!(planned, done);
    let twice = ["/usr/sbin/useradd", "/usr/sbin/useradd"];
    assert_eq!(trace.started, twice, "whether it has --prefix is asked first, and no other process is started");
    assert!(planned.iter().any(|line| line.starts_with("useradd --prefix ")), "{planned:?}");
}
