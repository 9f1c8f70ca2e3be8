//! What programs read. The harness holds every JSON output of each test against its schema; here is what the values mean.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use harness::{Run, ScratchRoot, System, program};
use serde_json::{Value, json};

/// The machine id of the tests, and what `systemd-id128 --app-specific=…` makes of it.
const MACHINE: (&str, &str) = ("3d1219c7c4c5404aaa1f6d2a48adfda4\n", "25a2bc06552b4432b3126cc9fab823b0");

fn told(json: &Value, keys: &[&str]) -> Value {
    keys.iter()
        .map(|key| ((*key).to_owned(), json.pointer(&format!("/{key}")).cloned().unwrap_or(Value::Null)))
        .collect()
}

#[test]
fn each_output_says_what_it_is_and_of_which_host() {
    let root = ScratchRoot::of("debian-12");
    root.file("etc/machine-id", MACHINE.0);
    root.file("etc/hostname", "web-1\n");
    root.hostprep(&["faults", "raise", "7"]).expect_code(0);
    let outputs: [(&str, &[&str]); 8] = [
        ("check", &["check", "--format", "json"]),
        ("repair", &["repair", "--dry-run", "--format", "json"]),
        ("remove", &["remove", "--dry-run", "--format", "json"]),
        ("status", &["status", "--format", "json"]),
        ("explain", &["explain", "5", "--format", "json"]),
        ("faults-history", &["faults", "history", "--format", "json"]),
        ("policy-status", &["policy", "status", "--format", "json"]),
        ("load-lock-status", &["load-lock", "status", "--format", "json"]),
    ];
    let expected = |output: &str| {
        json!({
            "schema": 1, "output": output, "hostprep/version": env!("CARGO_PKG_VERSION"), "profile": "cisco-secure-endpoint",
            "host/name": "web-1", "host/machine": MACHINE.1, "host/id": "debian", "host/boot_id": null,
        })
    };
    let keys =
        ["schema", "output", "hostprep/version", "profile", "host/name", "host/machine", "host/id", "host/boot_id"];
    for (output, args) in outputs {
        let json = root.hostprep(args).json();
        assert_eq!(told(&json, &keys), expected(output), "{args:?}");
        let time = json["time"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.starts_with("20"), "{time}");
    }
    let list = root.hostprep(&["faults", "list", "--format", "json"]).expect_code(3).json();
    assert_eq!(told(&list[0], &keys), expected("faults-list"));
    assert_eq!((&list[0]["id"], &list[0]["worst"]), (&json!(7), &json!("fault")));
}

#[test]
fn a_template_has_no_machine_id() {
    let root = ScratchRoot::of("debian-12");
    for text in ["uninitialized\n", ""] {
        root.file("etc/machine-id", text);
        assert_eq!(root.hostprep(&["check", "--format", "json"]).json()["host"].get("machine"), None);
    }
}

#[test]
fn the_worst_state_follows_the_exit_code() {
    let root = ScratchRoot::of("debian-12");
    let check = || root.hostprep(&["check", "--format", "json"]);
    assert_eq!(check().expect_code(3).json()["worst"], "fault");
    let only = |step: &str| root.hostprep(&["check", "--format", "json", "--only", step]);
    let removed = root.hostprep(&["remove", "--format", "json"]).expect_code(0).json();
    assert_eq!(
        told(&removed, &["worst", "dry_run", "plan", "failed"]),
        json!({"worst": "ok", "dry_run": false, "plan": [], "failed": []})
    );
    root.hostprep(&["repair", "--only", "directories"]).code.unwrap();
    assert_eq!(only("directories").expect_code(0).json()["worst"], "ok");
    let planned = root.hostprep(&["remove", "--dry-run", "--format", "json"]).expect_code(0).json();
    assert_eq!(planned["dry_run"], true);
    assert!(planned["plan"][0].as_str().unwrap().starts_with("rmdir "), "{planned}");
    let removed = root.hostprep(&["remove", "--format", "json"]).expect_code(0).json();
    assert_eq!(removed["plan"], planned["plan"], "the dry run says what is done");
    root.without_kernel();
    assert_eq!(only("kernel").expect_code(4).json()["worst"], "unknown");
}

#[test]
fn a_remedy_is_a_command_or_an_advice() {
    let root = ScratchRoot::of("debian-12");
    let step = root.hostprep(&["check", "--format", "json"]).step("directories");
    let expected = json!({"type": "command", "needs_root": true, "reboot": false});
    assert_eq!(told(&step["remedies"][0], &["type", "needs_root", "reboot"]), expected);
}

#[test]
fn explain_has_the_texts_and_the_fault_that_is_raised() {
    let root = ScratchRoot::of("debian-12");
    let blank = root.hostprep(&["explain", "19", "--format", "json"]).expect_code(0).json();
    assert_eq!(
        (&blank["raised"], &blank["worst"], &blank["severity"]),
        (&Value::Null, &json!("ok"), &json!("critical"))
    );
    root.hostprep(&["faults", "raise", "19", "--reason", "module-missing"]).expect_code(0);
    let raised = root.hostprep(&["faults", "show", "19", "--format", "json", "--lang", "ja"]).expect_code(3).json();
    assert_eq!((&raised["output"], &raised["raised"]["reason"]), (&json!("explain"), &json!("module-missing")));
    assert_ne!(raised["summary"], blank["summary"], "in the reader's language");
}

#[test]
fn the_schemas_are_listed_and_printed() {
    let list = program::run_hostprep(["schema"]).expect_code(0).stdout;
    let names: Vec<&str> = list.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(names.contains(&"check") && names.contains(&"load-lock-status"), "{list}");
    for name in names {
        let file = harness::setup::top().join(format!("installer/schema/{name}.schema.json"));
        assert_eq!(
            program::run_hostprep(["schema", name]).expect_code(0).stdout,
            std::fs::read_to_string(file).unwrap()
        );
    }
    let unknown = program::run_hostprep(["schema", "chek"]).expect_code(2).stderr;
    assert!(unknown.contains("'check'"), "{unknown}");
}

/// On `/` itself: what only a system that runs has.
#[test]
fn a_running_system_has_its_kernels_words() {
    if !harness::need_root() {
        return; // chroot wants to be root.
    }
    let system = System::new("bookworm", &[]);
    system.copy(program::binary(), "/usr/bin/hostprep");
    system.file("/etc/machine-id", MACHINE.0);
    let uname = |flag: &str| Run::of(std::process::Command::new("uname").arg(flag)).stdout.trim().to_owned();
    let json =
        Run::of(system.command("/usr/bin/hostprep").args(["--assume", "host", "check", "--format", "json"])).json();
    let expected = json!({"machine": MACHINE.1, "name": uname("-n"), "architecture": uname("-m")});
    assert_eq!(told(&json["host"], &["machine", "name", "architecture"]), expected);
}

const LAST_RUN: &str = "/var/lib/cisco/hostprep/last-run.json";

fn last_run(root: &ScratchRoot) -> Value {
    let last = serde_json::from_str(&root.text(LAST_RUN)).unwrap();
    harness::contract::fits("last-run", &last);
    last
}

#[test]
fn the_last_run_is_recorded_once_for_runs_that_find_the_same() {
    let root = ScratchRoot::of("debian-12");
    root.without_kernel();
    root.hostprep(&["check"]).expect_code(3);
    assert!(!root.at(LAST_RUN).exists(), "check writes nothing");
    root.hostprep(&["repair", "--only", "directories"]).expect_code(3);
    let keys = ["run", "source", "steps", "result", "changed", "faults", "hostprep/version"];
    let first = last_run(&root);
    let expected = json!({
        "run": "repair", "source": "repair", "steps": ["directories"], "result": "fault", "changed": true, "faults": [5],
        "hostprep/version": env!("CARGO_PKG_VERSION"),
    });
    assert_eq!(told(&first, &keys), expected);
    root.hostprep(&["repair", "--source", "timer"]).expect_code(4);
    let second = last_run(&root);
    assert_eq!(
        told(&second, &["source", "result", "changed"]),
        json!({"source": "timer", "result": "unknown", "changed": true})
    );
    assert_eq!(root.hostprep(&["status", "--format", "json"]).expect_code(0).json()["last_run"], second);
    assert_eq!(root.hostprep(&["status"]).stdout, "Faults: None\n", "the connector's format");

    // What changes nothing and finds the same writes nothing, whatever runs it.
    let before = root.snapshot();
    root.hostprep(&["repair", "--source", "boot"]).expect_code(4);
    before.expect_untouched(&root.snapshot());
    // Once a day it does, so that a host that is looked after differs from one that is not. A clock set back counts too.
    for time in ["2026-01-01T00:00:00Z", "2999-01-01T00:00:00Z"] {
        root.file(LAST_RUN, root.text(LAST_RUN).replace(second["time"].as_str().unwrap(), time));
        root.hostprep(&["repair", "--source", "boot"]).expect_code(4);
        let again = last_run(&root);
        assert_eq!(told(&again, &["source", "changed"]), json!({"source": "boot", "changed": false}));
        assert_ne!(again["time"], time);
        root.file(LAST_RUN, second.to_string());
    }
    // Another version says so at once.
    root.file(LAST_RUN, second.to_string().replace(env!("CARGO_PKG_VERSION"), "0.0.9"));
    root.hostprep(&["repair"]).expect_code(4);
    assert_eq!(last_run(&root)["hostprep"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_record_that_cannot_be_read_or_written_does_not_prevent_a_repair() {
    let root = ScratchRoot::of("debian-12");
    root.without_kernel();
    root.file(LAST_RUN, "{\"schema\":2");
    assert_eq!(root.hostprep(&["status", "--format", "json"]).expect_code(0).json().get("last_run"), None);
    root.hostprep(&["repair"]).expect_code(4);
    assert_eq!(last_run(&root)["result"], "unknown");
    root.remove(LAST_RUN).dir(LAST_RUN, 0o755);
    root.remove("/opt/cisco");
    let run = root.hostprep(&["repair", "--format", "json"]).expect_code(4);
    assert_eq!((run.step("directories")["outcome"].as_str(), run.stderr.as_str()), (Some("changed"), ""));
}

#[test]
fn a_hook_is_a_run_and_removal_and_generalize_forget_it() {
    let root = ScratchRoot::of("debian-12");
    root.without_kernel();
    root.hostprep(&["hook", "deb", "postinst", "configure", ""]).expect_code(0);
    assert_eq!(told(&last_run(&root), &["run", "source"]), json!({"run": "hook", "source": "install"}));
    let said = root.hostprep(&["generalize", "--dry-run"]).expect_code(0).stdout;
    assert!(said.contains("last-run.json"), "{said}");
    root.hostprep(&["generalize"]).expect_code(0);
    assert!(!root.at(LAST_RUN).exists());
    root.hostprep(&["repair"]).code.unwrap();
    assert_eq!(last_run(&root)["run"], "repair");
    root.hostprep(&["remove"]).expect_code(0);
    assert!(!root.at("/var/lib/cisco/hostprep").exists());
}
