//! The contract with other readers: real files fit the schemas, and files of every earlier schema can be read.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "tests read files of this repository")]

mod common;

use std::path::Path;

use common::{EVENTS, STATE, Scratch, missing_headers, missing_user, repair, report};
use faults::{Change, Event, EventContext, Fault, FaultId, Reason, Severity, Source};
use jsonschema::Validator;
use serde_json::Value;

fn here(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn schema(name: &str) -> Validator {
    let schema: Value = serde_json::from_str(&here(&format!("schema/{name}.schema.json"))).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

fn fits(schema: &Validator, text: &str) {
    let value = serde_json::from_str(text).unwrap();
    let errors: Vec<_> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{text}\n{errors:?}");
}

fn text(scratch: &Scratch, name: &str) -> String {
    String::from_utf8(scratch.bytes(name)).unwrap()
}

/// A store in which everything happened that can.
fn eventful() -> Scratch {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    scratch.raise(&report(FaultId::SCAN_USER, Reason::UserMissing, "other \"words\"\nhere é"));
    scratch.raise(&report(FaultId::SCAN_USER, Reason::UserMismatch, ""));
    let in_a_root = EventContext { source: Source::Install, boot_id: None };
    let policy = report(FaultId::SELINUX_POLICY, Reason::ToolsMissing, "semodule is not installed");
    scratch.lock().raise(&policy, &in_a_root).unwrap();
    scratch.raise(&missing_headers());
    scratch.clear(FaultId::KERNEL_HEADERS);
    scratch
}

#[test]
fn written_files_fit_the_schemas() {
    let (state, event) = (schema("faults"), schema("event"));
    let scratch = eventful();
    fits(&state, &text(&scratch, STATE));
    let events = text(&scratch, EVENTS);
    assert_eq!(events.lines().count(), 5);
    events.lines().for_each(|line| fits(&event, line));

    let empty = Scratch::new();
    empty.raise(&missing_user());
    empty.clear(FaultId::SCAN_USER);
    fits(&state, &text(&empty, STATE));
}

#[test]
fn the_schemas_name_exactly_the_written_keys() {
    let scratch = eventful();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let described = |name, at| {
        let schema: Value = serde_json::from_str(&here(&format!("schema/{name}.schema.json"))).unwrap();
        keys(schema.pointer(at).unwrap())
    };
    let state: Value = serde_json::from_str(&text(&scratch, STATE)).unwrap();
    assert_eq!(keys(&state), described("faults", "/properties"));
    assert_eq!(keys(&state["faults"][0]), described("faults", "/$defs/fault/properties"));
    let events = text(&scratch, EVENTS);
    let event: Value = serde_json::from_str(events.lines().next().unwrap()).unwrap();
    assert_eq!(keys(&event), described("event", "/properties"));
}

#[test]
fn remedies_for_programs_are_beside_the_lines() {
    let scratch = Scratch::new();
    scratch.raise(&missing_user());
    let mut state: Value = serde_json::from_str(&text(&scratch, STATE)).unwrap();
    let argv = serde_json::json!(["hostprep", "repair"]);
    let value = serde_json::json!([{
        "kind": "hostprep", "type": "command", "argv": argv, "needs_root": true, "reboot": false, "reboots": false
    }]);
    assert_eq!(state["faults"][0]["remedies"], value);
    let event: Value = serde_json::from_str(text(&scratch, EVENTS).trim_end()).unwrap();
    assert_eq!(event["remedies"], value);

    let remedies = || scratch.store().read().unwrap().faults.remove(0).remedies;
    state["faults"][0]["remedies"]
        .as_array_mut()
        .unwrap()
        .push(serde_json::json!({"kind": "undo", "type": "of-later"}));
    scratch.write(STATE, state.to_string());
    assert!(remedies().is_empty(), "this version does not understand all of them");
    state["faults"][0]["remedies"] = Value::Null;
    scratch.write(STATE, state.to_string());
    assert!(remedies().is_empty(), "another library wrote it");

    state["faults"][0].as_object_mut().unwrap().remove("remedies");
    scratch.write(STATE, state.to_string());
    assert!(remedies().is_empty(), "an older version wrote it");
    assert_eq!(scratch.raise(&missing_user()), Change::Updated);
    assert_eq!(serde_json::to_value(remedies()).unwrap(), value);
    assert_eq!(scratch.raise(&missing_user()), Change::Nothing);
}

#[test]
fn the_schemas_refuse_other_files() {
    let scratch = eventful();
    let good: Value = serde_json::from_str(text(&scratch, EVENTS).lines().next().unwrap()).unwrap();
    let refused = |key: &str, value: Value| {
        let mut bad = good.clone();
        bad[key] = value;
        assert!(!schema("event").is_valid(&bad), "{bad}");
    };
    refused("schema", 2.into());
    refused("seq", 0.into());
    refused("time", "yesterday".into());
    refused("time", "2026-03-02T07:15:30+01:00".into());
    refused("event", "vanished".into());
    refused("severity", "fatal".into());
    refused("detail", "two\nlines".into());
    refused("remedy", "one command".into());
    refused("reason", "Two Words".into());
    for key in ["schema", "seq", "time", "event", "fault", "severity", "reason", "detail", "remedy", "source"] {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(key);
        assert!(!schema("event").is_valid(&bad), "without {key}");
        let line = serde_json::from_value::<Event>(bad);
        assert!(line.is_err(), "without {key}");
    }
}

fn fixture() -> Scratch {
    let scratch = Scratch::new();
    scratch.write(STATE, here("fixtures/schema-1/faults.json"));
    scratch.write(EVENTS, here("fixtures/schema-1/events.jsonl"));
    scratch
}

#[test]
fn files_of_schema_1_are_read() {
    fits(&schema("faults"), &here("fixtures/schema-1/faults.json"));
    here("fixtures/schema-1/events.jsonl").lines().for_each(|line| fits(&schema("event"), line));

    let snapshot = fixture().store().read().unwrap();
    assert_eq!(snapshot.sequence, 5, "the fixture's writer died before its last event reached the state");
    let ids: Vec<_> = snapshot.faults.iter().map(|fault| fault.id).collect();
    assert_eq!(ids, [FaultId::SCAN_USER, FaultId::SELINUX_POLICY]);
    let user = &snapshot.faults[0];
    assert_eq!(
        (user.severity, &user.finding.reason, &user.source),
        (Severity::Major, &Reason::DirectoryMode, &Source::Repair)
    );
    assert_eq!(user.finding.detail, "/opt/cisco has mode 0700, not 0755");
    assert_eq!(user.finding.remedy, ["chmod 0755 /opt/cisco"]);
    assert_eq!(user.raised_at.to_string(), "2026-03-02T07:15:30.000250001Z");
    assert_eq!(user.boot_id.as_deref(), Some("0b0ff8d5-6a6e-4f3b-9d0a-5a1d4c3f2e11"));
    assert_eq!(snapshot.faults[1].boot_id, None);
}

#[test]
fn reading_and_writing_keeps_keys_and_their_order() {
    for line in here("fixtures/schema-1/events.jsonl").lines() {
        let event: Event = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), line);
    }
    #[derive(serde::Deserialize)]
    struct State {
        faults: Vec<Fault>,
    }
    let text = here("fixtures/schema-1/faults.json");
    let state: State = serde_json::from_str(&text).unwrap();
    let faults = serde_json::to_string_pretty(&state.faults).unwrap().replace('\n', "\n  ");
    assert!(text.contains(&format!("\"faults\": {faults}\n")), "{faults}");
}

#[test]
fn history_of_schema_1_is_read_and_continued() {
    let scratch = fixture();
    scratch.lock().clear(FaultId::SCAN_USER, &repair()).unwrap();
    let events: Vec<_> = scratch.history().iter().map(|event| (event.seq, event.event.as_str())).collect();
    assert_eq!(events, [(1, "raised"), (2, "raised"), (3, "raised"), (4, "changed"), (5, "cleared"), (6, "cleared")]);
    assert!(text(&scratch, EVENTS).starts_with(&here("fixtures/schema-1/events.jsonl")), "what is written stays");
}

#[test]
fn a_state_made_from_the_fixtures_events_is_the_fixtures_state() {
    let scratch = fixture();
    let known = scratch.store().read().unwrap();
    scratch.remove(STATE);
    assert_eq!(scratch.store().read().unwrap(), known);
}

#[test]
fn a_store_of_schema_1_with_segments_is_read_and_continued() {
    let plain = fixture();
    let rotated = Scratch::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema-1-rotated")).unwrap() {
        let path = entry.unwrap().path();
        rotated.write(path.file_name().unwrap().to_str().unwrap(), std::fs::read(&path).unwrap());
    }
    assert_eq!(rotated.store().read().unwrap(), plain.store().read().unwrap());
    assert_eq!(rotated.history(), plain.history());
    for scratch in [&plain, &rotated] {
        scratch.remove(STATE);
        scratch.clear(FaultId::SCAN_USER);
    }
    assert_eq!(rotated.store().read().unwrap(), plain.store().read().unwrap());
    assert_eq!(rotated.history().len(), 6);
    assert_eq!(rotated.segments(), ["events-00000000000000000001.jsonl.gz", "events-00000000000000000003.jsonl.gz"]);
}
