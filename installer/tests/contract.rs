//! The contract with programs that read the outputs: the frozen schemas are those of the types, and outputs of earlier versions
//! still fit them.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the tests read the files of this crate, and fail by panicking"
)]

use std::path::{Path, PathBuf};

use installer::report::schema::{SCHEMAS, find, generate};
use serde_json::Value;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn schema(name: &str) -> Value {
    serde_json::from_str(find(name).unwrap().text).unwrap()
}

#[test]
fn the_frozen_schemas_are_those_of_the_types() {
    let freezes = std::env::var_os("HOSTPREP_FREEZE_SCHEMAS").is_some();
    for frozen in SCHEMAS {
        let generated = generate(frozen.name).unwrap();
        if freezes {
            std::fs::write(here(&format!("schema/{}.schema.json", frozen.name)), &generated).unwrap();
            continue;
        }
        let hint = "see docs/compatibility.md, then HOSTPREP_FREEZE_SCHEMAS=1 cargo test -p hostprep --test contract";
        assert_eq!(frozen.text, generated, "{} has changed: {hint}", frozen.name);
    }
}

#[test]
fn each_file_is_a_schema_with_an_id_of_its_own() {
    let mut files: Vec<String> = std::fs::read_dir(here("schema"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // Those of hostprep's own files.
        .filter(|name| name != "stored")
        .collect();
    files.sort();
    let mut names: Vec<String> = SCHEMAS.iter().map(|schema| format!("{}.schema.json", schema.name)).collect();
    names.sort();
    assert_eq!(files, names);
    for frozen in SCHEMAS {
        let schema = schema(frozen.name);
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        assert_eq!(schema["$id"], format!("urn:hostprep:schema:1:{}", frozen.name));
    }
}

/// Makes a schema refuse keys that it does not name. What earlier versions did not write is not required of them.
fn closed(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("required");
            if object.contains_key("properties") {
                object.entry("additionalProperties").or_insert(false.into());
            }
            object.values_mut().for_each(closed);
        }
        Value::Array(items) => items.iter_mut().for_each(closed),
        _ => {}
    }
}

/// `tests/fixtures/outputs-1` has the first outputs of schema 1: no key of theirs may go, and none may become something else.
#[test]
fn the_first_outputs_of_schema_1_still_fit() {
    let fixtures = here("../tests/fixtures/outputs-1");
    let mut read = 0;
    for entry in std::fs::read_dir(fixtures).unwrap() {
        let path = entry.unwrap().path();
        let mut schema = schema(path.file_stem().unwrap().to_str().unwrap());
        closed(&mut schema);
        let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
            read += 1;
        }
    }
    assert!(read >= 8, "{read} outputs were read");
}
