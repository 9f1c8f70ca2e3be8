//! The JSON Schemas of the outputs, which hold for every run of the program that a test makes.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

/// Fails the test unless what `command` printed fits the schema of its output, and has no key that the schema does not name.
/// Other programs' output, and text, is passed over. `HOSTPREP_VALIDATED` names a file that gets a line for each object.
#[track_caller]
pub fn validate(command: &Command, code: Option<i32>, stdout: &str) {
    let ended = matches!(code, Some(0 | 3 | 4 | 5));
    if !ended || !prints_json(command) {
        return;
    }
    for line in stdout.lines() {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{command:?}: {e}\n{line}"));
        let name = match &value {
            Value::Array(_) => "faults-list",
            object => object["output"].as_str().unwrap_or_else(|| panic!("{command:?}: which output is it?\n{line}")),
        };
        fits(name, &value);
    }
}

/// Fails the test unless `value` fits the schema `name`.
#[track_caller]
pub fn fits(name: &str, value: &Value) {
    let validator = schemas().get(name).unwrap_or_else(|| panic!("there is no schema {name}"));
    let errors: Vec<String> = validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{value:#}");
    if let Some(file) = std::env::var_os("HOSTPREP_VALIDATED") {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
        file.write_all(format!("{name}\n").as_bytes()).unwrap();
    }
}

fn prints_json(command: &Command) -> bool {
    let words = || std::iter::once(command.get_program()).chain(command.get_args());
    let is_ours = words().any(|word| std::path::Path::new(word).file_name().is_some_and(|name| name == "hostprep"));
    let to_file = words().any(|word| word == "--output");
    is_ours && !to_file && words().any(|word| word == "json")
}

fn schemas() -> &'static BTreeMap<String, Validator> {
    static SCHEMAS: OnceLock<BTreeMap<String, Validator>> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let files = std::fs::read_dir(crate::setup::top().join("installer/schema")).unwrap();
        let read = |path: std::path::PathBuf| {
            let name = path.file_name()?.to_str()?.strip_suffix(".schema.json")?.to_owned();
            let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            close(&mut schema);
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            Some((name, options.build(&schema).unwrap()))
        };
        files.filter_map(|entry| read(entry.unwrap().path())).collect()
    })
}

/// Makes the schema refuse keys that it does not name: a key that is added is added to the schema too.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.contains_key("properties") {
                object.entry("additionalProperties").or_insert(false.into());
            }
            object.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScratchRoot;

    fn outcome(command: &Command, stdout: &str) -> std::thread::Result<()> {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| validate(command, Some(3), stdout)))
    }

    #[test]
    fn an_output_that_lacks_a_key_or_has_another_is_refused() {
        let root = ScratchRoot::of("debian-12");
        let args = ["check", "--format", "json"];
        let mut command = Command::new(crate::program::binary());
        command.args(root.args(&args));
        let good = root.hostprep(&args).expect_code(3).json();
        outcome(&command, &good.to_string()).unwrap();
        for (key, value) in
            [("output", Value::Null), ("worst", "well".into()), ("novelty", 1.into()), ("time", "now".into())]
        {
            let mut bad = good.clone();
            bad[key] = value;
            assert!(outcome(&command, &bad.to_string()).is_err(), "{key}");
        }
        let mut bad = good.clone();
        bad["steps"][0]["remedies"][0].as_object_mut().unwrap().remove("needs_root");
        bad["host"].as_object_mut().unwrap().remove("family");
        assert!(outcome(&command, &bad.to_string()).is_err());
        assert!(outcome(&command, "no JSON").is_err());
        let mut other = Command::new("journalctl");
        outcome(other.args(["--output", "json"]), "{}").unwrap();
    }
}
