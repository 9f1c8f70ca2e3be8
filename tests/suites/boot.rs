//! What the units of a package run at boot and daily: `repair --source`.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use harness::scratch::KERNEL;
use harness::{Run, ScratchRoot};
use serde_json::Value;

fn run(root: &ScratchRoot, source: &str) -> Run {
    root.hostprep(&["repair", "--source", source])
}

/// Each event as `raised 11 boot`.
fn history(root: &ScratchRoot) -> Vec<String> {
    let history = root.hostprep(&["faults", "history", "--format", "json"]).expect_code(0).stdout;
    let events = history.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.map(|event| format!("{} {} {}", event["event"], event["fault"], event["source"]).replace('"', "")).collect()
}

#[test]
fn events_have_the_source_that_the_unit_names() {
    let root = ScratchRoot::of("debian-12");
    root.kernel(KERNEL, false);
    run(&root, "boot").expect_code(3);
    assert_eq!(history(&root), ["raised 11 boot"]);
    root.headers(KERNEL);
    run(&root, "timer").expect_code(0);
    assert_eq!(history(&root), ["raised 11 boot", "cleared 11 timer"]);
    root.kernel("9.0.0-1-amd64", false);
    root.hostprep(&["repair"]).expect_code(3);
    assert_eq!(history(&root).last().unwrap(), "raised 11 repair");
}

/// The build of an image is an installation; the first boot says only what it finds otherwise (docs/hosts-and-images.md).
#[test]
fn the_first_boot_of_an_image_adds_its_own_events() {
    let root = ScratchRoot::of("debian-12");
    root.kernel(KERNEL, false);
    root.hostprep(&["hook", "deb", "postinst", "configure", ""]).expect_code(0);
    let built = history(&root);
    assert!(built.contains(&"raised 11 install".to_owned()), "{built:?}");
    run(&root, "boot").expect_code(3);
    assert_eq!(history(&root), built, "what stays as it was is no news");
    let raised = root.hostprep(&["faults", "list", "--format", "json"]).json();
    assert!(raised[0]["source"] == "install" && raised[0].get("boot_id").is_none(), "{raised}");
    root.headers(KERNEL);
    run(&root, "boot").expect_code(0);
    assert_eq!(history(&root).last().unwrap(), "cleared 11 boot");
}

#[test]
fn what_a_snapshot_or_an_image_lost_is_made_again() {
    let root = ScratchRoot::of("debian-12");
    root.kernel(KERNEL, true);
    root.hostprep(&["repair"]).expect_code(0);
    // The state of /var came with the image; accounts and directories did not, or the other way round.
    for lost in ["/var/lib/cisco", "/opt/cisco"] {
        root.remove(lost);
        run(&root, "boot").expect_code(0);
        assert!(root.account("passwd", "cisco-amp-scan-svc").is_some() && root.at("/opt/cisco").is_dir());
        root.hostprep(&["check"]).expect_code(0);
    }
}

#[test]
fn on_a_host_in_order_it_writes_nothing() {
    let root = ScratchRoot::of("debian-12");
    root.kernel(KERNEL, true);
    run(&root, "boot").expect_code(0);
    let before = root.snapshot();
    for source in ["boot", "timer"] {
        run(&root, source).expect_code(0);
        before.expect_untouched(&root.snapshot());
    }
}

/// An unreadable configuration fails the unit, which an administrator sees in `systemctl --failed`; a hook does not fail by it.
#[test]
fn what_it_cannot_do_fails_the_unit() {
    let root = ScratchRoot::of("debian-12");
    root.file("/etc/cisco/hostprep.toml", "not toml");
    let failed = run(&root, "boot").expect_code(1);
    assert!(failed.stderr.contains("/etc/cisco/hostprep.toml"), "{}", failed.stderr);
    for word in ["install", "manual", ""] {
        run(&root, word).expect_code(2);
    }
}
