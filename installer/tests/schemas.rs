//! The contract with other readers of hostprep's own files: their schemas, and files of every earlier format.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "tests read files of this repository")]

use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;

/// A file as this version writes it. Tests of each format read it and write it again.
const FILES: [(&str, &str); 6] = [
    ("journal", "fixtures/journal-1.json"),
    ("journal", "fixtures/journal-1-label.json"),
    ("load-lock", "../tests/fixtures/load-lock/schema-1.json"),
    ("policy-attempt", "../tests/fixtures/policy-attempt/schema-1-refused.json"),
    ("policy-attempt", "../tests/fixtures/policy-attempt/schema-1-wrong-version.json"),
    ("policy-attempt", "../tests/fixtures/policy-attempt/schema-1-no-effect.json"),
];

fn here(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()).unwrap()
}

fn schema(name: &str) -> Validator {
    let schema = here(&format!("schema/stored/{name}.schema.json"));
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

#[test]
fn files_fit_their_schemas() {
    for (name, file) in FILES {
        let (schema, content) = (schema(name), here(file));
        let errors: Vec<_> = schema.iter_errors(&content).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{file}: {errors:?}");
    }
}

/// Each value replaced by one of another type is against the schema.
#[test]
fn schemas_refuse_what_is_wrong() {
    for (name, file) in FILES {
        let schema = schema(name);
        let whole = here(file);
        let mut keys = Vec::new();
        pointers(&whole, String::new(), &mut keys);
        assert!(keys.len() > 5, "{file}: {keys:?}");
        for key in keys {
            let mut wrong = whole.clone();
            *wrong.pointer_mut(&key).unwrap() = Value::Array(vec![Value::Null]);
            assert!(!schema.is_valid(&wrong), "{file}: {key} of another type");
        }
    }
}

fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| pointers(value, format!("{at}/{key}"), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, value)| pointers(value, format!("{at}/{i}"), found))
        }
        _ => found.push(at),
    }
}
