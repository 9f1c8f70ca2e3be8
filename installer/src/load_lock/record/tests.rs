use std::path::Path;

use super::*;

const SAMPLE: &str = include_str!("../../../../tests/fixtures/load-lock/schema-1.json");

fn parse(text: &str) -> Result<Record, MalformedFile> {
    Record::parse(text, Path::new("/var/lib/cisco/hostprep/load-lock.json"))
}

#[test]
fn the_first_schema_is_read_for_ever() {
    let record = parse(SAMPLE).unwrap();
    assert_eq!((record.unclean_loads.len(), record.open, record.locked.is_some()), (2, None, true));
    assert_eq!(record.unclean_loads[1].noticed.since_boot_ms, 41_520);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a root has an etc")]
fn what_is_written_is_read() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    let root = host::Root::for_test(dir.path()).unwrap();
    let record = parse(SAMPLE).unwrap();
    record.write(&root.dir("/").unwrap()).unwrap();
    assert_eq!(parse(&root.read_text("/load-lock.json").unwrap()).unwrap(), record);
    assert_eq!(host::fs::mode_of(&root.stat("/load-lock.json").unwrap().unwrap()), 0o644);
}

#[test]
fn what_cannot_be_understood_names_file_and_way_out() {
    for (text, problem) in
        [("", "EOF"), ("{}", "schema"), (r#"{"schema":2,"ends":[]}"#, "schema 2"), (r#"{"schema":1}"#, "ends")]
    {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains("load-lock.json") && error.contains(problem), "{error}");
        assert!(error.contains("the load lock is reset"), "{error}");
    }
}

#[test]
fn the_oldest_ends_go() {
    let mut record = parse(SAMPLE).unwrap();
    let end = record.unclean_loads[1].clone();
    for _ in 0..100 {
        record.push(end.clone());
    }
    assert_eq!(record.unclean_loads.len(), LoadLockRule::MAX_UNCLEAN_LOADS);
    assert_eq!(record.unclean_loads[0], end);
}
