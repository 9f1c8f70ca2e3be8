//! What could not be done while that is no fault keeps its reason and its remedy, and raises nothing.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests arrange files, and fail by panicking")]

mod common;

use common::{DIRECTORIES, Host, SELINUX_MODULE, SELINUX_TOOLS};
use faults::texts::Texts;
use faults::{Order, Reason, Remedy};
use host::system::kind::SystemKind;
use installer::engine::{self, Results};
use installer::model::report::Outcome;
use installer::report::json::RunObject;
use installer::report::text::{self, Purpose};
use installer::report::{exit, exit_code};
use policy::kernel::KernelMode;

/// A host on which SELinux is disabled, but may enforce after the next boot.
fn disabled(kind: SystemKind) -> Host {
    let mut host = Host::enforcing("rhel-9");
    (host.kind, host.alternate) = (kind, kind == SystemKind::Image);
    host.kernel.mode.set(KernelMode::NotRunning);
    host.file("etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=targeted\n");
    host.directory("opt/cisco");
    host
}

fn object(host: &Host, results: &Results) -> serde_json::Value {
    let texts = Texts::for_language("en").unwrap();
    host.with(|cx| serde_json::to_value(RunObject::of(cx, results, Purpose::Repair, &texts)).unwrap())
}

fn text(host: &Host, results: &Results, purpose: Purpose) -> String {
    let text = host.with(|cx| text::render(cx, results, purpose));
    anstream::adapter::strip_str(&text).to_string()
}

#[test]
fn a_module_that_cannot_be_loaded_while_selinux_is_disabled() {
    for kind in [SystemKind::Running, SystemKind::Offline, SystemKind::Image] {
        for (said, reason, first) in [
            ("libsemanage.x: Could not get direct transaction lock", "store-locked", "hostprep repair"),
            ("libsemanage.x: Cannot open /x. (Read-only file system)", "store-read-only", "hostprep repair"),
            ("libsepol.x: Out of memory!", "out-of-memory", "# free memory"),
            ("cp: error writing '/opt/cisco/x': No space left on device", "disk-full", "df -h "),
            ("libsemanage.x: something new", "policy-load-failed", "hostprep repair"),
        ] {
            let host = disabled(kind);
            host.tool("semodule", &format!("echo \"{said}\" >&2; exit 1"));
            let clock = host::testing::VirtualClock::default();
            let results = host.with_clock(&clock, |cx| {
                engine::repair::repair(cx, &Host::request(&[SELINUX_MODULE]), &mut || {}).unwrap()
            });
            let report = &results.reports[0];
            assert_eq!((report.outcome, report.raised().len()), (Outcome::Deferred, 0), "{report:?}");
            assert!(report.detail.starts_with("the module cisco-secure-bpf is not installed: "), "{}", report.detail);
            assert!(report.detail.contains("disabled") && report.detail.contains("semodule"), "{}", report.detail);
            assert_eq!((host.raised().len(), exit_code(&results)), (0, exit::UNSETTLED));
            let object = object(&host, &results);
            let step = &object["steps"][0];
            assert_eq!((&step["outcome"], &step["reason"]), (&"deferred".into(), &reason.into()), "{step}");
            assert!(step.get("fault").is_none() && step.get("faults").is_none() && step.get("severity").is_none());
            assert!(step["title"].is_string() && object["faults"].as_array().unwrap().is_empty(), "{object}");
            let line = step["remedy"][0].as_str().unwrap();
            assert!(line.starts_with(first) && !step["remedies"][0]["kind"].is_null(), "{step}");
            let text = text(&host, &results, Purpose::Repair);
            assert!(text.contains(&format!("fix: {line}\n")), "{text}");
            assert!(text.ends_with("could not be done. The lines below it help.\n"), "{text}");
        }
    }
}

#[test]
fn missing_tools_while_selinux_is_disabled() {
    for kind in [SystemKind::Running, SystemKind::Offline] {
        let host = disabled(kind);
        for step in [SELINUX_TOOLS, SELINUX_MODULE] {
            let results = host.with(|cx| engine::check(cx, &[step]));
            let object = object(&host, &results);
            let found = &object["steps"][0];
            assert_eq!((&found["outcome"], &found["reason"]), (&"deferred".into(), &"tools-missing".into()), "{found}");
            assert!(found["remedy"][1].as_str().unwrap().starts_with("dnf install -y policycoreutils "), "{found}");
            assert!(found.get("fault").is_none() && found.get("severity").is_none(), "{found}");
            assert!(text(&host, &results, Purpose::Check).contains("dnf install -y policycoreutils "));
            assert!(!text(&host, &results, Purpose::DryRun).contains("fix:"));
        }
        assert_eq!(host.raised(), [0; 0]);
    }
}

#[test]
fn the_host_is_right_although_a_change_failed() {
    let host = disabled(SystemKind::Running);
    host.semodule(false);
    let script = std::fs::read_to_string(host.path("tools/semodule")).unwrap().replace("exit 0", "exit 1");
    host.tool("semodule", script.split_once("\ncd ").unwrap().1.split_once('\n').unwrap().1);
    let report = host.repair(SELINUX_MODULE);
    // What the store shows counts: it is in force after the next boot.
    assert!(report.detail.contains("disabled") && report.findings.is_empty(), "{report:?}");
    assert_eq!(report.outcome, Outcome::Deferred, "{report:?}");
}

#[test]
fn alternatives_and_severities_are_shown() {
    let host = disabled(SystemKind::Running);
    let finding = installer::model::report::Finding {
        reason: Reason::DirectorySymlink,
        detail: "x".into(),
        remedy: vec![
            Remedy::run_here(["first"]),
            Remedy::run_here(["other"]).with_comment("if it is gone").alternative(),
            Remedy::run_here(["more"]).continuing(),
            Remedy::run_here(["reboot"]).rebooting().continuing(),
            Remedy::manual("ask").alternative(),
            Remedy::hostprep(["repair"]),
        ],
    };
    let mut results = host.with(|cx| engine::check(cx, &[DIRECTORIES]));
    results.reports[0].outcome = Outcome::Fault;
    results.reports[0].findings = vec![finding];
    results.faults = vec![faults::FaultId::SCAN_USER];
    results.reports[0].severity = Some(faults::Severity::Minor);
    let shown = text(&host, &results, Purpose::Check);
    assert!(shown.contains("  fault 5 (minor) directories "), "{shown}");
    let lines: Vec<&str> = shown.lines().skip(3).map(str::trim_start).collect();
    let expected = [
        "fix: first",
        "or: other  # if it is gone",
        "then: more",
        "then reboot: reboot",
        "or: # ask",
        "fix: hostprep repair",
    ];
    assert_eq!(lines[..6], expected);
    let remedies = object(&host, &results)["steps"][0]["remedies"].clone();
    let alternative = |at: usize| (remedies[at]["alternative"].as_bool(), remedies[at]["continues"].as_bool());
    let found: Vec<_> = (0..6).map(alternative).collect();
    let (begins, continues) = ((Some(true), None), (Some(true), Some(true)));
    assert_eq!(found, [(None, None), begins, continues, continues, begins, (None, None)]);
    assert_eq!(Remedy::run_here(["x"]).order, Order::Next);
    results.reports[0].severity = None;
    assert!(
        text(&host, &results, Purpose::Check).contains("  fault 5   directories "),
        "the catalogue's own is not said"
    );
}
