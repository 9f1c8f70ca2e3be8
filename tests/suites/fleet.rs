//! `hostprep report`: real results of several hosts become one page, one table and one object.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::fs;
use std::path::Path;
use std::process::Command;

use harness::ScratchRoot;
use harness::program::{Run, binary};
use harness::scratch::KERNEL;
use serde_json::Value;

fn report(args: &[&str], paths: &[&Path]) -> Run {
    Run::of(Command::new(binary()).env("LC_ALL", "C.UTF-8").arg("report").args(args).args(paths))
}

/// A directory with one result for each kind of host.
fn results() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (new, without_headers, prepared) =
        (ScratchRoot::of("debian-12"), ScratchRoot::of("rocky-9"), ScratchRoot::of("ubuntu-22.04"));
    for (root, btf) in [(&new, true), (&without_headers, false), (&prepared, true)] {
        root.kernel(KERNEL, btf);
    }
    without_headers.hostprep(&["repair"]).expect_code(3);
    prepared.hostprep(&["repair"]).expect_code(0);
    for (name, root) in [("new", &new), ("without-headers", &without_headers), ("prepared", &prepared)] {
        let result = root.hostprep(&["check", "--format", "json"]);
        // A scratch root has no host name, or all have this machine's.
        let mut json = result.json();
        json["host"]["name"] = name.into();
        fs::write(folder.path().join(format!("{name}.json")), json.to_string()).unwrap();
    }
    folder
}

fn hosts(json: &Value, key: &str, value: impl Into<Value>) -> u64 {
    let (value, rows) = (value.into(), json.as_array().unwrap());
    rows.iter().find(|row| row[key] == value).map_or(0, |row| row["hosts"].as_u64().unwrap())
}

#[test]
fn real_results_are_summarised() {
    let folder = results();
    let json = report(&["--format", "json"], &[folder.path()]).expect_code(0).json();
    assert_eq!((&json["schema"], &json["output"], &json["hosts"]), (&1.into(), &"report".into(), &3.into()));
    assert_eq!(json["worst"], "fault");
    assert_eq!((hosts(&json["states"], "value", "fault"), hosts(&json["states"], "value", "ok")), (2, 1), "{json}");
    assert_eq!(hosts(&json["faults"], "reason", "headers-missing"), 1);
    assert_eq!(hosts(&json["faults"], "reason", "user-missing"), 1);
    let remedies = json["remedies"].as_array().unwrap();
    assert!(remedies.iter().any(|row| row["named"] == serde_json::json!(["without-headers"])), "{json}");

    let csv = report(&["--format", "csv"], &[folder.path()]).expect_code(0).stdout;
    let reasons = csv.lines().filter(|line| line.contains(",headers-missing,")).count();
    assert_eq!(reasons, 1, "{csv}");

    let page = report(&[], &[folder.path()]).expect_code(0).stdout;
    for words in ["3 hosts", "headers-missing", "without-headers", "hostprep repair"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn a_report_goes_to_a_file_as_a_whole() {
    let (folder, output) = (results(), tempfile::tempdir().unwrap());
    let file = output.path().join("report.html");
    let run =
        Run::of(Command::new(binary()).arg("report").arg(folder.path()).arg("--output").arg(&file)).expect_code(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    assert!(fs::read_to_string(&file).unwrap().ends_with("</html>\n"));
    assert_eq!(fs::read_dir(output.path()).unwrap().count(), 1);
}

/// A value that looks like a colour is not taken out on the way: what is left might be a formula, or another value.
#[test]
fn standard_output_has_what_a_file_has() {
    let (folder, output) = (results(), tempfile::tempdir().unwrap());
    let strange = fs::read_to_string(folder.path().join("new.json")).unwrap();
    let mut strange: Value = strange.parse().unwrap();
    strange["host"]["name"] = "\u{1b}[31m=1".into();
    strange["host"]["id"] = "\u{7f}=1".into();
    fs::write(folder.path().join("strange.json"), strange.to_string()).unwrap();
    for format in ["csv", "json"] {
        let file = output.path().join(format);
        report(&["--format", format, "--output", file.to_str().unwrap()], &[folder.path()]).expect_code(0);
        let shown = report(&["--format", format], &[folder.path()]).expect_code(0).stdout;
        // The report's own time is another.
        let without_time = |text: &str| match format {
            "json" => serde_json::from_str::<Value>(text).unwrap()["results"].to_string(),
            _ => text.to_owned(),
        };
        assert_eq!(without_time(&shown), without_time(&fs::read_to_string(&file).unwrap()));
        assert!(shown.contains("[31m=1"), "{shown}");
        assert!(!shown.lines().any(|line| line.starts_with('=') || line.contains(",=")), "{shown}");
    }
}

#[test]
fn what_is_no_result_is_named_and_left_out() {
    let folder = results();
    for number in 0..7 {
        fs::write(folder.path().join(format!("bad{number}.json")), "<script>").unwrap();
    }
    let run = report(&["--format", "json"], &[folder.path()]).expect_code(0);
    assert_eq!(run.json()["left_out"].as_array().unwrap().len(), 7);
    assert!(
        run.stderr.contains("bad0.json is not JSON") && run.stderr.contains("2 more files are left out"),
        "{}",
        run.stderr
    );
}

#[test]
fn without_a_result_there_is_no_report() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Run::of(Command::new(binary()).arg("report").arg(folder.path())).expect_code(1);
    assert!(
        empty.stderr.contains("no result in 0 files") && empty.stderr.contains("hostprep check"),
        "{}",
        empty.stderr
    );
    let missing = report(&[], &[Path::new("/nonexistent")]).expect_code(1);
    assert!(missing.stderr.contains("/nonexistent"), "{}", missing.stderr);
    report(&[], &[]).expect_code(2);
    report(&["--root", "/tmp"], &[folder.path()]).expect_code(2);
}

/// The limit is on addresses, so it is stricter than one on memory. `make bench` has the time.
#[test]
fn ten_thousand_hosts_are_a_small_page() {
    let (folder, output) = (results(), tempfile::tempdir().unwrap());
    let models: Vec<Value> = ["new", "without-headers", "prepared"]
        .map(|name| fs::read_to_string(folder.path().join(format!("{name}.json"))).unwrap().parse().unwrap())
        .into();
    let many = tempfile::tempdir_in("/dev/shm").unwrap();
    harness::bench::fleet::write(many.path(), &models);
    let file = output.path().join("report.html");
    let mut command = Command::new("prlimit");
    command.arg("--as=268435456").arg(binary()).arg("report").arg(many.path()).arg("--output").arg(&file);
    Run::of(&mut command).expect_code(0);
    let page = fs::read_to_string(&file).unwrap();
    assert!(page.len() < 3_000_000 && page.contains("10,000 hosts"), "{} bytes", page.len());
}
