//! `hostprep support-bundle`: one archive with what support asks for, and nothing secret.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use harness::scratch::KERNEL;
use harness::{Run, ScratchRoot, setup};
use serde_json::Value;

const SECRET: &str = "$6$salt$this-is-the-hash-of-a-password";

fn host() -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.kernel(KERNEL, false).file("/etc/hostname", "web1.example.com\n");
    root.add_account("shadow", &format!("admin:{SECRET}:19000:0:99999:7:::"));
    root.hostprep(&["repair"]).expect_code(3);
    root
}

/// Makes a bundle of `root` and unpacks it with the real tar; returns the folder in it.
fn unpacked(root: &ScratchRoot, options: &[&str]) -> (tempfile::TempDir, PathBuf, Run) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("bundle.tar.gz");
    let words = ["support-bundle", "--output", file.to_str().unwrap()];
    let run = root.hostprep(&[words.as_slice(), options].concat()).expect_code(0);
    assert_eq!(run.stdout.trim_end(), file.to_str().unwrap());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    setup::run(Command::new("tar").arg("-C").arg(place.path()).arg("-xzf").arg(&file));
    fs::remove_file(&file).unwrap();
    let folders: Vec<PathBuf> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    (place, folders.into_iter().next().unwrap(), run)
}

fn all_texts(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        text += &if path.is_dir() { all_texts(&path) } else { fs::read_to_string(&path).unwrap() };
    }
    text
}

/// Also where it is the one that cannot be used.
#[test]
fn the_table_of_kernels_that_judges_is_in_it() {
    let root = host();
    let (_place, folder, _) = unpacked(&root, &[]);
    assert!(!folder.join("kernels.toml").exists(), "the built-in one");
    root.file("/usr/lib/hostprep/kernels.toml", "schema = 1").file("/etc/cisco/kernels.toml", "schema = 2");
    let (_place, folder, _) = unpacked(&root, &[]);
    assert_eq!(fs::read_to_string(folder.join("kernels.toml")).unwrap(), "schema = 2");
}

/// What an administrator wrote, wherever; and a configuration that cannot be used is what support is asked about.
#[test]
fn every_file_of_the_configuration_is_in_it_and_a_broken_one_stops_nothing() {
    let root = host();
    let drop_in = "/etc/cisco/hostprep.toml.d/50-site.toml";
    root.file("/usr/lib/hostprep/hostprep.toml", "lang = 'en' # vendor\n").file(drop_in, "lang = 'en' # site\n");
    let (_place, folder, run) = unpacked(&root, &[]);
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(text("vendor-hostprep.toml"), "lang = 'en' # vendor\n");
    assert_eq!(text("hostprep.toml.d/50-site.toml"), "lang = 'en' # site\n");
    assert!(!folder.join("configuration-error.txt").exists(), "{run:?}");
    for (broken, said) in [
        ("lang = \n", "line 1"),
        ("lang = 'tlh'\n", "lang"),
        ("profile = '/etc/none.toml'\n", "none.toml"),
        ("[[accept]]\n", "reason"),
    ] {
        root.file(drop_in, broken);
        let (_place, folder, run) = unpacked(&root, &[]);
        assert_eq!(fs::read_to_string(folder.join("hostprep.toml.d/50-site.toml")).unwrap(), broken);
        assert!(folder.join("check.json").exists(), "{run:?}");
        let problem = fs::read_to_string(folder.join("configuration-error.txt")).unwrap();
        assert!(problem.contains("50-site.toml") && problem.contains(said), "{problem}");
        assert!(run.stderr.contains("it is ignored, and the default is taken"), "{}", run.stderr);
    }
    // A link is read as a file is.
    fs::remove_file(root.at(drop_in)).unwrap();
    root.file("/srv/site.toml", "lang = 'ja' # elsewhere\n").link(drop_in, "/srv/site.toml");
    let (_place, folder, _) = unpacked(&root, &[]);
    let text = fs::read_to_string(folder.join("hostprep.toml.d/50-site.toml")).unwrap();
    assert_eq!(text, "lang = 'ja' # elsewhere\n");
    let place = root.path().join("bundle.tar.gz").display().to_string();
    root.hostprep(&["support-bundle", "--lang", "tlh", "--output", &place]).expect_code(2);
}

#[test]
fn every_part_is_there_with_its_checksum_or_the_reason_why_not() {
    let root = host();
    let (_place, folder, run) = unpacked(&root, &[]);
    assert!(folder.file_name().unwrap().to_str().unwrap().starts_with("hostprep-support-web1.example.com-2"));
    let manifest: Value = serde_json::from_str(&fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    let (mut there, mut missing) = (Vec::new(), Vec::new());
    for part in manifest["parts"].as_array().unwrap() {
        let name = part["name"].as_str().unwrap();
        match part["sha256"].as_str() {
            Some(sum) => {
                let real = setup::run(Command::new("sha256sum").arg(folder.join(name)));
                assert_eq!(real.split(' ').next(), Some(sum), "{name}");
                there.push(name);
            }
            None => {
                assert!(run.stderr.contains(&format!("{name} is missing: ")), "{name}: {}", run.stderr);
                missing.push(name);
            }
        }
    }
    for name in
        ["check.json", "status.json", "policy-status.json", "os-release", "hostprep.log", "faults.json", "events.jsonl"]
    {
        assert!(there.contains(&name), "{name}: {there:?}, {missing:?}\n{}", run.stderr);
    }
    assert!(there.iter().any(|name| name.starts_with("state/")), "{there:?}");
    assert!(missing.contains(&"selinux-config"), "{missing:?}");
    for (name, file) in [("check", "check.json"), ("status", "status.json"), ("policy-status", "policy-status.json")] {
        harness::contract::fits(name, &serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap());
    }
    assert!(fs::read_to_string(folder.join("events.jsonl")).unwrap().contains("\"raised\""));
    assert!(!all_texts(&folder).contains(SECRET));
}

#[test]
fn redacted_the_host_is_not_named() {
    let root = host();
    let log = "2026-11-28T12:00:00Z hostprep[1] info: asked db.example.com (192.0.2.7), web1 answered 192.0.2.7\n";
    root.file("/var/log/cisco/hostprep.log", log);
    let (_place, folder, _) = unpacked(&root, &["--redact"]);
    let text = all_texts(&folder);
    for name in ["web1", "example.com", "192.0.2.7"] {
        assert!(!text.contains(name) && !folder.display().to_string().contains(name), "{name}");
    }
    let log = fs::read_to_string(folder.join("hostprep.log")).unwrap();
    let words: Vec<&str> = log.split_whitespace().collect();
    assert!(words[4].starts_with("host-") && words[6].starts_with("host-") && words[4] != words[6], "{log}");
    assert_eq!(words[5].trim_matches(['(', ')', ',']), words[8], "{log}");
    // Still what programs read.
    let check: Value = serde_json::from_str(&fs::read_to_string(folder.join("check.json")).unwrap()).unwrap();
    harness::contract::fits("check", &check);
}

#[test]
fn it_changes_nothing_on_the_host() {
    let root = host();
    let before = root.snapshot();
    let _ = unpacked(&root, &[]);
    before.expect_untouched(&root.snapshot());
}

#[test]
fn of_a_long_log_the_end_is_kept_from_the_beginning_of_a_line() {
    let root = host();
    let lines: String =
        (0..40_000).map(|number| format!("line {number} of a log that is longer than what is kept\n")).collect();
    root.file("/var/log/cisco/hostprep.log", &lines);
    let (_place, folder, _) = unpacked(&root, &[]);
    let kept = fs::read_to_string(folder.join("hostprep.log")).unwrap();
    assert!(
        kept.len() <= 1024 * 1024 && kept.len() > 1024 * 1000 && lines.ends_with(&kept) && kept.starts_with("line ")
    );
}
