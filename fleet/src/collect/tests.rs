#![allow(clippy::disallowed_methods, reason = "tests write what no command of ours would")]

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn result(name: &str, machine: &str, time: &str) -> String {
    format!(
        r#"{{"schema":1,"time":"2026-11-{time}T00:00:00Z","host":{{"id":"debian","name":"{name}"{machine}}},"steps":[],"faults":[]}}"#
    )
}

fn with_id(machine: &str) -> String {
    format!(r#","machine":"{machine}""#)
}

fn collect(paths: &[PathBuf]) -> Result<Collection, Error> {
    Collection::of(&Root::system().unwrap(), paths, "2026-11-28T12:00:00Z".parse().unwrap(), &mut |_| {})
}

#[test]
fn a_directory_is_read_with_all_below_it_and_what_is_wrong_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::create_dir_all(at("site/rack")).unwrap();
    fs::write(at("site/rack/a.json"), result("a", "", "01")).unwrap();
    fs::write(at("b.json"), result("b", "", "01")).unwrap();
    fs::write(at("notes.txt"), "not looked at").unwrap();
    fs::write(at("broken.json"), "{").unwrap();
    fs::write(at("text.json"), b"\xff").unwrap();
    File::create(at("huge.json")).unwrap().set_len(1 << 30).unwrap();
    symlink(at("b.json"), at("link.json")).unwrap();
    symlink("site", at("latest")).unwrap();
    symlink("notes.txt", at("notes")).unwrap();
    nix::unistd::mkfifo(&at("fifo.json"), nix::sys::stat::Mode::S_IRUSR).unwrap();
    let deep = (0..=MAX_DEPTH).fold(scratch.path().to_owned(), |path, _| path.join("deep"));
    fs::create_dir_all(&deep).unwrap();

    let found = collect(&[scratch.path().to_owned()]).unwrap();
    assert_eq!(found.results.iter().map(|result| result.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let told: Vec<_> = found.left_out.iter().map(|file| format!("{} {}", file.file, file.problem)).collect();
    for (name, problem) in [
        ("broken.json", "is not JSON"),
        ("deep/deep", "lies deeper than 8 directories"),
        ("fifo.json", "is no regular file"),
        ("latest", "is a symbolic link"),
        ("huge.json", "is larger than 4 MiB"),
        ("link.json", "is a symbolic link"),
        ("text.json", "is not UTF-8"),
    ] {
        assert!(told.iter().any(|line| line.contains(name) && line.contains(problem)), "{name}: {told:#?}");
    }
    assert_eq!(told.len(), 7, "{told:#?}");
    // Those that were opened.
    assert_eq!(found.files, 5);
}

#[test]
fn a_named_path_that_is_not_there_stops_the_report() {
    let missing = PathBuf::from("/nonexistent/results");
    assert!(collect(&[missing]).unwrap_err().to_string().contains("/nonexistent/results"));
}

/// What a shell's `results/*` may name beside results.
#[test]
fn a_named_path_that_is_no_file_is_named_and_the_rest_is_read() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::write(at("a"), result("a", "", "01")).unwrap();
    nix::unistd::mkfifo(&at("fifo"), nix::sys::stat::Mode::S_IRUSR).unwrap();
    symlink("loop", at("loop")).unwrap();
    symlink("nothing", at("dangling")).unwrap();
    symlink("a", at("link")).unwrap();
    let found = collect(&["fifo", "loop", "dangling", "link"].map(at)).unwrap();
    assert_eq!(found.results.iter().map(|result| result.name.as_str()).collect::<Vec<_>>(), ["a"], "{found:?}");
    let told: Vec<_> = found.left_out.iter().map(|file| file.problem.as_str()).collect();
    assert_eq!(told, ["is no regular file", LEADS_NOWHERE, LEADS_NOWHERE]);
}

#[test]
fn a_named_file_is_read_whatever_its_name() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("web1.result");
    fs::write(&file, result("", "", "01")).unwrap();
    assert_eq!(collect(&[file]).unwrap().results[0].name, "web1");
}

#[test]
fn the_newest_result_of_a_host_counts() {
    // Name, machine, day; which of them counts.
    type Row<'r> = (&'r str, &'r str, &'r str, bool);
    let tables: [&[Row]; 7] = [
        &[("a", "1", "02", true), ("a", "1", "01", false), ("a", "1", "02", false)],
        // A host built anew, and two that were copied from one disk.
        &[("a", "1", "02", true), ("a", "2", "01", true)],
        &[("a", "1", "02", true), ("b", "1", "01", true)],
        // Before and after an update from a version that gave no machine id.
        &[("a", "", "01", false), ("a", "1", "02", true)],
        &[("a", "", "02", true), ("a", "1", "01", false)],
        // Several machines called alike, of which one has an old version.
        &[("a", "", "03", true), ("a", "1", "01", true), ("a", "2", "02", true), ("a", "", "02", false)],
        // A clock that was wrong once.
        &[("a", "1", "30", false), ("a", "1", "01", true)],
    ];
    for table in tables {
        let scratch = tempfile::tempdir().unwrap();
        for (number, (name, machine, day, _)) in table.iter().enumerate() {
            let machine = if machine.is_empty() { String::new() } else { with_id(machine) };
            fs::write(scratch.path().join(format!("{number}.json")), result(name, &machine, day)).unwrap();
        }
        let found = collect(&[scratch.path().to_owned()]).unwrap();
        let passed_over = table.iter().enumerate().filter(|(_, row)| !row.3);
        let passed_over: Vec<_> = passed_over
            .map(|(number, _)| scratch.path().join(format!("{number}.json")).display().to_string())
            .collect();
        let mut older: Vec<_> = found.older.iter().map(|older| older.file.clone()).collect();
        older.sort();
        assert_eq!(older, passed_over, "{table:?}");
        assert_eq!(found.results.len(), table.len() - passed_over.len());
    }
}
