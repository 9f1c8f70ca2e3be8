//! `check` for other tools: a shell, Ansible, Nagios, a SIEM.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::io::Write;
use std::process::{Command, Stdio};

use harness::{Run, ScratchRoot, program, scratch, setup};
use serde_json::{Value, json};

/// Roots with faults of several kinds; one in a directory whose name a shell would read.
fn sick() -> Vec<ScratchRoot> {
    let roots = ["debian-12", "rhel-9", "sles-15", "fedora-42"].map(ScratchRoot::of);
    for (root, btf) in roots.iter().zip([false, false, true, false]) {
        root.kernel(scratch::KERNEL, btf).policy_store();
    }
    roots[1].file("/opt/cisco", "a file in the place of a directory\n");
    roots[2].link("/opt/cisco", "/srv/it's $(id) {{ here }}").dir("/srv/it's $(id) {{ here }}", 0o777);
    roots.into_iter().collect()
}

fn saved(root: &ScratchRoot, format: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let place = setup::open_tempdir();
    let file = place.path().join(format);
    std::fs::write(&file, root.hostprep(&["check", "--format", format]).expect_code(3).stdout).unwrap();
    (place, file)
}

/// The commands of a check that a person runs: no alternative, no restart.
fn commands(root: &ScratchRoot) -> Vec<Vec<String>> {
    let json = root.hostprep(&["check", "--format", "json"]).json();
    let remedies = json["steps"].as_array().unwrap().iter().filter_map(|step| step["remedies"].as_array()).flatten();
    let runs =
        |remedy: &&Value| remedy["type"] == "command" && remedy["reboot"] == false && remedy["alternative"] != true;
    let argv = |remedy: &Value| serde_json::from_value::<Vec<String>>(remedy["argv"].clone()).unwrap();
    let mut all: Vec<Vec<String>> = remedies.filter(runs).map(argv).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn a_script_is_accepted_by_sh_and_shellcheck_and_has_each_command_once() {
    for root in sick() {
        let (_place, file) = saved(&root, "script");
        let text = std::fs::read_to_string(&file).unwrap();
        for (program, args) in [("dash", &["-n"][..]), ("shellcheck", &["--shell", "sh"])] {
            Run::of(Command::new(program).args(args).arg(&file)).expect_code(0);
        }
        // Each line as a shell reads it.
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with(['#', '[']) && !line.is_empty()).collect();
        let lines = lines.into_iter().filter(|line| !line.starts_with("set ") && !line.starts_with("corrected()"));
        let read = |line: &&str| {
            let print =
                format!("set -- {}\nprintf '%s\\0' \"$@\"", line.replace(" || :", "").trim_start_matches("corrected "));
            let run = Run::of(Command::new("dash").args(["-c", &print])).expect_code(0);
            run.stdout.trim_end_matches('\0').split('\0').map(str::to_owned).collect::<Vec<String>>()
        };
        let mut found: Vec<Vec<String>> = lines.map(|line| read(&line)).collect();
        found.sort();
        assert_eq!(found, commands(&root), "{text}");
    }
}

#[test]
fn a_script_does_what_is_to_be_done_and_then_there_is_nothing() {
    if !harness::need_root() {
        return; // The script asks for root.
    }
    let root = ScratchRoot::of("debian-12");
    // `repair` finds the load lock, and `load-lock status` exits with 5: neither ends the script.
    let locked = std::fs::read(setup::top().join("tests/fixtures/load-lock/schema-1.json")).unwrap();
    root.kernel(scratch::KERNEL, true).file("/var/lib/cisco/hostprep/load-lock.json", locked);
    let (_place, file) = saved(&root, "script");
    let path = format!("{}:{}", program::binary().parent().unwrap().display(), std::env::var("PATH").unwrap());
    Run::of(Command::new("sh").arg(&file).env("PATH", path)).expect_code(0);
    let script = root.hostprep(&["check", "--format", "script"]).expect_code(0).stdout;
    assert!(script.ends_with("# Nothing.\n"), "{script}");
    assert!(root.hostprep(&["check", "--format", "ansible"]).expect_code(0).stdout.ends_with("[]\n"));
}

#[test]
fn tasks_are_yaml_with_full_names_and_the_same_commands() {
    const LOAD: &str = "import json, sys, yaml
yaml.SafeLoader.add_constructor('!unsafe', lambda loader, node: node.value)
print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    for root in sick() {
        let (_place, file) = saved(&root, "ansible");
        let tasks = Run::of(Command::new("python3").args(["-c", LOAD]).arg(&file)).expect_code(0).json();
        let mut found = Vec::new();
        for task in tasks.as_array().unwrap() {
            let keys: Vec<&String> = task.as_object().unwrap().keys().collect();
            let modules: Vec<&&String> = keys.iter().filter(|key| key.starts_with("ansible.builtin.")).collect();
            assert_eq!(modules.len(), 1, "{task}");
            let name = task["name"].as_str().unwrap();
            assert!(name.starts_with(char::is_uppercase) && !name.contains("{{"), "{name}");
            let is_asked_for = task["tags"].as_array().is_some_and(|tags| tags.contains(&json!("never")));
            if let (Some(argv), false) = (task["ansible.builtin.command"]["argv"].as_array(), is_asked_for) {
                found.push(argv.iter().map(|word| word.as_str().unwrap().to_owned()).collect::<Vec<_>>());
                assert!(task["changed_when"].is_boolean(), "{task}");
            }
        }
        found.sort();
        assert_eq!(found, commands(&root), "{tasks:#}");
    }
}

/// Each format has the word itself, not what a terminal, a shell, YAML or Ansible would make of it.
#[test]
fn a_strange_word_stays_the_same_in_each_format() {
    const LOAD: &str = "import json, sys, yaml
yaml.SafeLoader.add_constructor('!unsafe', lambda loader, node: node.value)
print(json.dumps(yaml.safe_load(sys.stdin.buffer.read().decode())))";
    for name in [
        "a b",
        "it's",
        "q\"q",
        "$HOME",
        "~",
        "`id`",
        "{{ x }}",
        "-rf",
        "a\nb",
        "a\tb",
        "\u{1b}[31mred",
        "del\u{7f}",
        "nel\u{85}",
        "\u{2028}",
        "\u{feff}bom",
        "\u{fffe}",
        "\u{202e}rtl",
        "%s|%n",
        "#x",
        "<b>",
        ";id;",
        "\\n",
        "!x",
        "é",
    ] {
        let place = setup::open_tempdir();
        let path = place.path().join(name);
        std::fs::create_dir_all(path.join("etc")).unwrap();
        std::fs::copy(setup::fixture("os-release/debian-12"), path.join("etc/os-release")).unwrap();
        let path = path.to_str().unwrap();
        let check = |format: &str| {
            let run = program::run_hostprep(["--root", path, "check", "--only", "directories", "--format", format]);
            run.expect_code(3).stdout
        };
        let argv = json!(["hostprep", "repair", "--root", path]);
        let object: Value = serde_json::from_str(&check("json")).unwrap();
        assert_eq!(object["steps"][0]["remedies"][0]["argv"], argv, "{name:?}");

        let script = check("script").replace("[ \"$(id -u)\" -eq 0 ]", "true");
        let script = format!("hostprep() {{ printf '%s\\0' hostprep \"$@\"; }}\n{script}");
        let run = Run::of(Command::new("dash").args(["-c", &script])).expect_code(0);
        let words: Vec<&str> = run.stdout.trim_end_matches('\0').split('\0').collect();
        assert_eq!(json!(words), argv, "{name:?}: {script}");

        let mut load = Command::new("python3");
        let mut load = load.args(["-c", LOAD]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        load.stdin.take().unwrap().write_all(check("ansible").as_bytes()).unwrap();
        let tasks: Value = serde_json::from_slice(&load.wait_with_output().unwrap().stdout).unwrap();
        let command = &tasks[0]["ansible.builtin.command"];
        assert_eq!(command["argv"], argv, "{name:?}");
        assert_eq!(command["expand_argument_vars"] == json!(false), ["$HOME"].contains(&name), "{name:?}: {tasks}");
    }
}

#[test]
fn nagios_gets_one_line_and_one_of_four_states() {
    let root = ScratchRoot::of("debian-12");
    root.kernel(scratch::KERNEL, false);
    let nagios = |only: &[&str]| root.hostprep(&[&["check", "--format", "nagios"], only].concat());
    let line = |run: Run| {
        assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
        run.stdout.trim_end().to_owned()
    };
    let critical = line(nagios(&[]).expect_code(2));
    assert!(critical.starts_with("HOSTPREP CRITICAL - fault 5, 11: "), "{critical}");
    assert!(critical.ends_with(" | faults=2 waived=0 pending=0 unknown=0"), "{critical}");
    let warning = line(nagios(&["--only", "directories"]).expect_code(1));
    assert!(warning.starts_with("HOSTPREP WARNING - fault 5: /opt/cisco is missing"), "{warning}");
    root.hostprep(&["repair"]).expect_code(3);
    root.headers(scratch::KERNEL);
    assert_eq!(
        line(nagios(&[]).expect_code(0)),
        "HOSTPREP OK - no problems found | faults=0 waived=0 pending=0 unknown=0"
    );
    let profile = setup::top().join("packaging/example/profile.toml");
    let acme = root.hostprep(&["check", "--format", "nagios", "--profile", profile.to_str().unwrap()]).expect_code(1);
    assert!(acme.stdout.starts_with("ACME-HOSTPREP WARNING - fault 5: "), "{}", acme.stdout);
    root.remove("/lib/modules").remove("/boot");
    assert!(line(nagios(&["--only", "kernel"]).expect_code(3)).starts_with("HOSTPREP UNKNOWN - "));
    root.file("/etc/cisco/hostprep.toml", "not | toml");
    let failed = line(nagios(&[]).expect_code(3));
    assert!(
        failed.starts_with("HOSTPREP UNKNOWN - ") && failed.contains("hostprep.toml") && !failed.contains('|'),
        "{failed}"
    );
}

/// Validates objects with the whole schema too, where `make ocsf` has compiled it.
fn by_the_whole_schema(objects: &str) {
    let Some(schema) = std::env::var_os("HOSTPREP_OCSF_SCHEMA") else { return };
    let mut validate = Command::new(setup::top().join("tests/ocsf/validate.py"));
    let mut child = validate.arg(schema).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(objects.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{objects}");
}

#[test]
fn a_siem_gets_a_compliance_finding_for_each_step() {
    let schema = setup::top().join("tests/fixtures/ocsf/compliance-finding.subset.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for root in sick() {
        root.file(
            "/etc/cisco/hostprep.toml",
            "[[accept]]\nreason = 'user-missing'\nuntil = '2999-01-01'\nwhy = 'later'\n",
        );
        let run = root.hostprep(&["check", "--format", "ocsf", "--lang", "ja"]).expect_code(3);
        by_the_whole_schema(&run.stdout);
        let steps = root.hostprep(&["check", "--format", "json"]).json()["steps"].clone();
        assert_eq!(run.stdout.lines().count(), steps.as_array().unwrap().len());
        for (line, step) in run.stdout.lines().zip(steps.as_array().unwrap()) {
            let event: Value = serde_json::from_str(line).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&event).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:#?}\n{event:#}");
            assert_eq!(event["compliance"]["control"], step["name"]);
            let expected = match step["outcome"].as_str().unwrap() {
                "ok" => "Pass",
                "fault" => "Fail",
                _ => "Warning",
            };
            assert_eq!(event["compliance"]["status"], expected, "{step}");
            if step["name"] == "scan-user" {
                assert_eq!(
                    (&event["status"], &event["unmapped"]["waived"]["why"]),
                    (&json!("Suppressed"), &json!("later"))
                );
            }
        }
    }
}
