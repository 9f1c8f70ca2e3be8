use super::*;

fn parse(text: &str) -> Result<HostResult, WrongResult> {
    HostResult::parse(text.as_bytes(), "from-file")
}

/// A result whose keys are those of version 0.1.0, with `more` at the top level.
fn object(steps: &str, more: &str) -> String {
    format!(
        r#"{{"schema":1,"host":{{"id":"rocky","version":"9.4","family":"rhel","kernel":"5.14.0-427.el9.x86_64"}},"steps":[{steps}],"faults":[]{more}}}"#
    )
}

#[test]
fn a_result_of_the_first_version_has_the_name_of_its_file_and_the_state_of_its_steps() {
    let fault = r#"{"name":"kernel","outcome":"fault","fault":11,"severity":"critical","reason":"headers-missing","title":"t","detail":"d","remedy":["dnf install x"]}"#;
    let result = parse(&object(fault, "")).unwrap();
    assert_eq!((result.name.as_str(), result.state), ("from-file", State::Fault));
    assert_eq!((result.machine, result.time, result.version), (None, None, None));
    assert_eq!(result.distribution, "rocky 9.4");
    assert_eq!(result.findings.len(), 1);
    assert_eq!(result.findings[0].remedy, ["dnf install x"]);
    for (outcome, state) in [
        ("ok", State::Ok),
        ("changed", State::Ok),
        ("deferred", State::Deferred),
        ("planned", State::Deferred),
        ("unknown", State::Unknown),
        // A later version may have others.
        ("other", State::Ok),
    ] {
        let step = format!(r#"{{"name":"kernel","outcome":"{outcome}","detail":""}}"#);
        assert_eq!(parse(&object(&step, "")).unwrap().state, state, "{outcome}");
    }
}

#[test]
fn what_a_result_says_of_itself_counts() {
    let more = r#","output":"repair","worst":"failed","time":"2026-11-28T20:30:00Z","hostprep":{"version":"0.2.0"},"new":{"key":[1]}"#;
    let text = object("", more).replace(r#""id""#, r#""name":"web1","machine":"0123","id""#);
    let result = parse(&text).unwrap();
    assert_eq!((result.name.as_str(), result.machine.as_deref()), ("web1", Some("0123")));
    assert_eq!((result.state, result.version.as_deref()), (State::Failed, Some("0.2.0")));
    assert_eq!(result.time.unwrap().to_string(), "2026-11-28T20:30:00Z");
}

#[test]
fn a_waived_fault_does_not_make_the_state() {
    let step = r#"{"name":"kernel","outcome":"fault","fault":11,"reason":"headers-missing","detail":"","waived":{"until":"2027-03-01","why":"w"}}"#;
    let result =
        parse(&object(step, r#","waived":[{"reason":"headers-missing","fault":11,"until":"2027-03-01"}]"#)).unwrap();
    assert_eq!(result.state, State::Ok);
    assert!(result.findings[0].is_waived);
    assert_eq!(result.waivers[0].until.as_deref(), Some("2027-03-01"));
}

#[test]
fn what_the_next_boot_brings_is_deferred() {
    let more = r#","next_boot":{"kernel":"6.1.0-22-amd64","fault_ids":[11],"faults":[{"id":11,"reason":"headers-missing","title":"t","detail":"d","remedy":["apt-get install x"]}],"unknown":[]}"#;
    let result = parse(&object("", more)).unwrap();
    assert_eq!(result.state, State::Deferred);
    assert_eq!((result.pending[0].fault, result.pending[0].kernel.as_deref()), (11, Some("6.1.0-22-amd64")));
}

#[test]
fn other_files_are_told_apart() {
    let told = |content: &[u8]| HostResult::parse(content, "x").unwrap_err().to_string();
    for (content, words) in [
        (&b"\xff\xfe{}"[..], "is not UTF-8"),
        (b"", "is not JSON: EOF"),
        (br#"{"schema":1,"host":{"#, "is not JSON: EOF"),
        (b"[1,2]", "is not a result of `hostprep check` or `hostprep repair`: it is no JSON object"),
        (br#"[1,"check",null,null,null,null,{"id":"x"},[],null,[]]"#, "it is no JSON object"),
        (b" 1", "it is no JSON object"),
        (b"[", "is not JSON: EOF"),
        (b"\xef\xbb\xbf", "is not JSON: EOF"),
        (
            br#"{"schema":0,"host":{"id":"x"},"steps":[]}"#,
            "is not a result of `hostprep check` or `hostprep repair`: its schema is 0",
        ),
        (br#"{"name":"nginx"}"#, "is not a result of `hostprep check`"),
        (br#"{"schema":1}"#, "missing field `host`"),
        (br#"{"schema":1,"output":"status","faults":[]}"#, "is the output of `hostprep status`"),
        (br#"{"schema":2,"machines":[]}"#, "has schema 2, and this version reads 1"),
    ] {
        let told = told(content);
        assert!(told.contains(words), "{told:?} lacks {words:?}");
    }
    // Written by a program that begins texts with a byte order mark.
    let marked = format!("\u{feff}{}", object("", ""));
    assert_eq!(parse(&marked).unwrap().name, "from-file");
    // A newer one that has the same shape.
    assert_eq!(parse(&object("", "").replace(r#""schema":1"#, r#""schema":3"#)), Err(WrongResult::Newer(3)));
    let status = object("", r#","output":"status""#);
    assert_eq!(parse(&status), Err(WrongResult::OtherOutput("status".into())));
}

#[test]
fn the_table_of_kernels_is_named_in_a_few_words() {
    let named = |table: &str| parse(&object("", &format!(r#","kernel_table":{table}"#))).unwrap().kernel_table;
    let file = r#"{"origin":"file","path":"/etc/cisco/kernels.toml","version":"7","date":"2027-01-02"}"#;
    assert_eq!(named(file).as_deref(), Some("7 of 2027-01-02"));
    assert_eq!(named(r#"{"origin":"profile"}"#).as_deref(), Some("one of the host's profile"));
    let damaged = r#"{"origin":"file","path":"/etc/cisco/kernels.toml","problem":"line 1"}"#;
    assert_eq!(named(damaged).as_deref(), Some("one that cannot be used"));
    assert_eq!(parse(&object("", "")).unwrap().kernel_table, None);
}
