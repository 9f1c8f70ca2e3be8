//! What monitoring gets: metrics that show when they are old, alert rules, a dashboard.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use harness::{Run, ScratchRoot, setup};
use serde_json::Value;

const LAST_RUN: &str = "/var/lib/cisco/hostprep/last-run.json";

fn promtool() -> Command {
    let promtool = setup::run(&mut Command::new(setup::top().join("tests/setup/promtool.sh")));
    Command::new(promtool.trim())
}

fn packaged(name: &str) -> PathBuf {
    setup::top().join("packaging/monitoring").join(name)
}

/// The metrics of a root, as promtool accepts them.
#[track_caller]
fn metrics(root: &ScratchRoot) -> String {
    let file = root.at("/hostprep.prom");
    root.hostprep(&["status", "--format", "prometheus", "--output", file.to_str().unwrap()]).expect_code(0);
    let checked = promtool().args(["check", "metrics"]).stdin(File::open(&file).unwrap()).output().unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(checked.status.success() && checked.stdout.is_empty(), "{checked:?}\n{text}");
    text
}

/// The names of hostprep's metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    let rest = text.match_indices("hostprep_").map(|(at, _)| &text[at..]);
    rest.map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()).collect()
}

/// Runs hostprep, and lets the record of that run say `time`. Returns its result.
fn last_run(root: &ScratchRoot, time: &str, args: &[&str]) -> String {
    let _ = root.hostprep(args);
    let mut last: Value = serde_json::from_str(&root.text(LAST_RUN)).unwrap();
    last["time"] = time.into();
    root.file(LAST_RUN, last.to_string());
    last["result"].as_str().unwrap().to_owned()
}

#[test]
fn steps_version_and_last_run_are_exported() {
    let root = ScratchRoot::of("rhel-9");
    root.dir("/opt/cisco", 0o755);
    let text = metrics(&root);
    let build = format!("version=\"{}\"}} 1\n", env!("CARGO_PKG_VERSION"));
    assert!(text.contains("hostprep_build_info{profile=\"") && text.contains(&build), "{text}");
    assert!(text.contains("hostprep_step_outcome{outcome=\"fault\",step=\"scan-user\"} 1\n"), "{text}");
    assert!(text.contains("hostprep_step_outcome{outcome=\"ok\",step=\"directories\"} 1\n"), "{text}");
    assert!(!text.contains("hostprep_faults{severity=\"major\"} 1"), "what a look finds is not raised: {text}");
    assert!(!text.contains("hostprep_last_run"), "{text}");

    root.file("/etc/cisco/hostprep.toml", "skip = [\"scan-user\"]\n");
    assert!(!metrics(&root).contains("scan-user"));

    let result = last_run(&root, "2026-03-01T12:00:00Z", &["repair"]);
    let text = metrics(&root);
    assert!(text.contains("hostprep_last_run_timestamp_seconds 1772366400\n"), "{text}");
    assert!(text.contains(&format!("hostprep_last_run_result{{result=\"{result}\"}} 1\n")), "{text}");
    // A run of one step says nothing about the host.
    last_run(&root, "2026-03-01T12:00:00.5Z", &["repair", "--only", "directories"]);
    let text = metrics(&root);
    assert!(text.contains("timestamp_seconds 1772366400.5\n") && !text.contains("_result"), "{text}");
    for unusable in ["", "{", "[]", "{}", r#"{"time":5}"#, r#"{"time":"yesterday"}"#] {
        root.file(LAST_RUN, unusable);
        assert!(!metrics(&root).contains("hostprep_last_run"), "{unusable}");
    }
}

#[test]
fn promtool_accepts_the_alert_rules_and_their_tests() {
    for (what, file) in [("check", "alerts.yml"), ("test", "alerts.test.yml")] {
        let run = Run::of(promtool().args([what, "rules"]).arg(packaged(file)));
        assert!(run.code == Some(0) && run.stdout.contains("SUCCESS"), "{run:?}");
    }
    let (rules, tests) =
        ["alerts.yml", "alerts.test.yml"].map(|file| std::fs::read_to_string(packaged(file)).unwrap()).into();
    for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(tests.contains(&format!("alertname: {alert}\n")), "{alert} has no test in which it fires");
        let table = std::fs::read_to_string(packaged("README.md")).unwrap();
        assert!(table.contains(&format!("`{alert}`")), "{alert} is not in README.md");
    }
}

#[test]
fn rules_and_dashboard_use_metrics_that_there_are() {
    let root = ScratchRoot::of("rhel-9");
    let accepted = "[[accept]]\nreason = \"events-overloaded\"\nuntil = \"9999-01-01\"\nwhy = \"a test\"\n";
    root.file("/etc/cisco/hostprep.toml", accepted);
    root.kernel(harness::scratch::KERNEL, false);
    root.hostprep(&["repair"]).expect_code(3);
    root.hostprep(&["faults", "raise", "18", "--reason", "events-overloaded"]).expect_code(0);
    let mut exported = names(&metrics(&root));
    // Nothing is pending in an alternate root; the suite `next_boot` shows this one.
    exported.insert("hostprep_fault_pending".into());
    for file in ["alerts.yml", "grafana-dashboard.json"] {
        let used = names(&std::fs::read_to_string(packaged(file)).unwrap());
        assert!(used.is_subset(&exported), "{file}: {:?}", used.difference(&exported));
    }
    let documented = names(&std::fs::read_to_string(packaged("README.md")).unwrap());
    assert_eq!(documented, exported, "README.md");

    let board: Value = serde_json::from_slice(&std::fs::read(packaged("grafana-dashboard.json")).unwrap()).unwrap();
    let panels = board["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let expressions: Vec<_> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    assert_eq!(expressions.len(), panels.len());
    // promtool judges expressions in rules only; JSON is YAML.
    let rules: Vec<_> = expressions.iter().map(|expr| serde_json::json!({"record": "panel", "expr": expr})).collect();
    root.file("/rules.yml", serde_json::json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string());
    let mut check = promtool();
    let run = Run::of(check.args(["check", "rules", "--lint=none"]).arg(root.at("/rules.yml")));
    assert!(run.code == Some(0), "{run:?}");
}
