use std::path::Path;

use super::*;

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/policy-attempt").join(name);
    #[expect(clippy::disallowed_methods, reason = "a fixture of the tests")]
    std::fs::read_to_string(path).unwrap()
}

fn parsed(text: &str) -> Result<Attempt, MalformedFile> {
    parse(text, Path::new("/var/lib/cisco/hostprep/policy-attempt.json"))
}

#[test]
fn the_first_schema_is_read_for_ever() {
    let refused = parsed(&fixture("schema-1-refused.json")).unwrap();
    assert_eq!(refused.inputs.commits.as_deref(), Some("12"));
    let Failure::Refused { argv, stderr } = &refused.failure else { panic!("{refused:?}") };
    assert_eq!((argv[0].as_str(), classify(stderr, "cisco-secure-bpf")), ("semodule", Cause::Neverallow));
    let wrong = parsed(&fixture("schema-1-wrong-version.json")).unwrap();
    assert!(wrong.wrote_wrong_version(), "{wrong:?}");
    let none = parsed(&fixture("schema-1-no-effect.json")).unwrap();
    assert!(matches!(none.failure, Failure::NoEffect { .. }), "{none:?}");
}

#[test]
fn what_is_written_is_what_is_read() {
    for name in ["schema-1-refused.json", "schema-1-wrong-version.json", "schema-1-no-effect.json"] {
        let text = fixture(name);
        let Attempt { inputs, failure } = parsed(&text).unwrap();
        assert_eq!(
            versioned::render(SCHEMA, &Attempt { inputs: inputs.clone(), failure: failure.clone() }).unwrap(),
            text,
            "{name}"
        );
    }
}

#[test]
fn what_cannot_be_understood_is_named() {
    let newer = fixture("schema-1-refused.json").replace("\"schema\": 1", "\"schema\": 2");
    for (text, problem) in [("", "EOF"), ("{}", "schema"), (&newer, "schema 2"), (r#"{"schema":1}"#, "inputs")] {
        let error = parsed(text).unwrap_err().to_string();
        assert!(error.contains("policy-attempt.json") && error.contains(problem), "{error}");
    }
}
