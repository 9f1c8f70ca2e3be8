//! Files with strange content: huge, with NUL bytes, with lines of a megabyte, no UTF-8, with shell code or with what a
//! terminal obeys.

use std::fs::File;
use std::time::{Duration, Instant};

use harness::{Run, program};

use crate::postconditions::{expect_healthy, sick};
use crate::run::{decent, limited, on, words};
use crate::special_files::READ;

const MIB: u64 = 1024 * 1024;

#[test]
fn a_hundred_megabytes_are_refused_before_they_are_read() {
    for path in READ {
        let what = format!("100 MB at {path}");
        let root = sick();
        root.dir("/var/lib/cisco", 0o755);
        let at = root.at(path);
        let aside = root.at("/aside");
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        let was_there = at.exists();
        if was_there {
            std::fs::copy(&at, &aside).unwrap();
        }
        // All holes: it is as long as it says, and all NUL bytes.
        File::create(&at).unwrap().set_len(100 * MIB).unwrap();
        for args in [&["check"][..], &["repair"], &["status"]] {
            let start = Instant::now();
            // Less than the file's size: reading it into memory fails.
            let mut command = limited("prlimit");
            command.arg(format!("--data={}", 64 * MIB)).arg(program::binary());
            decent(Run::of(command.args(words(&root, args))), &format!("{what}, {args:?}"));
            assert!(start.elapsed() < Duration::from_secs(20), "{what}, {args:?}: {:?}", start.elapsed());
        }
        // It may have been moved aside by then, or replaced.
        if std::fs::metadata(&at).is_ok_and(|found| found.len() == 100 * MIB) {
            std::fs::remove_file(&at).unwrap();
        }
        if was_there {
            std::fs::rename(&aside, &at).unwrap();
        }
        on(&root, &["repair"]);
        expect_healthy(&root, &format!("{what}, afterwards"));
    }
}

#[test]
fn odd_bytes_are_printed_and_change_nothing_else() {
    let long = [b"x".repeat(1024 * 1024), b"\n".to_vec()].concat();
    let bytes: [(&str, &[u8]); 6] = [
        ("NUL bytes", b"a\0b\n\0\0\n"),
        ("a line of a megabyte", &long),
        ("no UTF-8", b"\xff\xfe=\xc3\x28\n\xf0\x9f\n"),
        ("what a terminal obeys", b"\x1b]0;owned\x07\x1b[2J=\x1b[31m\r\n"),
        (
            "shell code",
            b"ID=$(touch /tmp/hostile-owned)\nVERSION_ID=\"`touch /tmp/hostile-owned`\"; touch /tmp/hostile-owned\n",
        ),
        ("deep nesting", &b"[".repeat(100_000)),
    ];
    for path in READ {
        for (name, content) in bytes {
            let what = format!("{name} at {path}");
            let root = sick();
            root.dir("/var/lib/cisco", 0o755);
            let was = root.at(path).exists().then(|| std::fs::read(root.at(path)).unwrap());
            root.file(path, content);
            if path.starts_with("/var/lib/cisco") {
                root.dir(path.rsplit_once('/').unwrap().0, 0o755);
            }
            // Those that read it, and what they show.
            let store: &[&[&str]] = &[&["status"], &["faults", "history"], &["load-lock", "status"]];
            let more = if path.starts_with("/var/lib/cisco") { store } else { &[] };
            for &args in [&["check"][..], &["repair"]].iter().chain(more) {
                let mut run = Run::of(limited(program::binary()).args(words(&root, args)));
                // Locked, because the record is unreadable.
                if args[0] == "load-lock" && run.code == Some(5) {
                    run.code = Some(3);
                }
                let said = format!("{}{}", run.stdout, run.stderr);
                let obeyed = said.chars().find(|c| c.is_control() && *c != '\n');
                assert!(obeyed.is_none(), "{what}, {args:?}: {obeyed:?} in {said:?}");
                assert!(said.len() < 20_000, "{what}, {args:?}: {} bytes were said", said.len());
                decent(run, &format!("{what}, {args:?}"));
            }
            match was {
                Some(was) => drop(root.file(path, was)),
                None if root.at(path).exists() => drop(root.remove(path)),
                None => {}
            }
            on(&root, &["repair"]);
            expect_healthy(&root, &format!("{what}, afterwards"));
        }
    }
    assert!(!std::path::Path::new("/tmp/hostile-owned").exists());
}

#[test]
fn names_that_are_shell_code_get_into_no_command() {
    let root = sick();
    // Shell builtins only: no program need be found for it.
    let name = "9.9.9-$(:>owned)`:>owned`;:>owned;\u{1b}[2J\n:>owned 'x'";
    root.kernel(name, false);
    let check = on(&root, &["check", "--format", "json"]);
    let remedies = check.step("kernel")["remedy"].as_array().unwrap().clone();
    assert!(!remedies.is_empty() && !check.stdout.contains("owned"), "{}", check.stdout);
    // Nor where an administrator names it: it is no kernel.
    let refused = root.hostprep(&["check", "--kernel", name]).expect_code(2);
    assert!(refused.stdout.is_empty() && refused.stderr.contains("is no kernel release"), "{refused:?}");
    assert!(!refused.stderr.chars().any(|c| c.is_control() && c != '\n'), "{refused:?}");
    let place = harness::setup::open_tempdir();
    for remedy in remedies {
        // As if pasted into a shell.
        let mut shell = std::process::Command::new("/usr/bin/timeout");
        shell.current_dir(place.path()).env("PATH", "/nowhere").args(["9", "/bin/sh", "-c", remedy.as_str().unwrap()]);
        let _ = Run::of(&mut shell);
        let made: Vec<_> = std::fs::read_dir(place.path()).unwrap().collect();
        assert!(made.is_empty(), "{remedy}: {made:?}");
    }
}

#[test]
fn text_that_others_raise_is_shown_and_not_executed() {
    let root = sick();
    on(&root, &["repair"]);
    on(&root, &["faults", "raise", "18", "--reason", "x", "--detail", "mine"]);
    // As a program writes it that does not use the library.
    for file in ["faults.json", "events.jsonl"] {
        let path = format!("/var/lib/cisco/faults/{file}");
        let text = root.text(&path);
        assert!(text.contains("mine") && text.contains("manual"), "{text}");
        let text = text.replace("manual", r"\u001b[7mmanual");
        let text =
            text.replace("mine", r"\u001b]0;owned\u0007\u001b[2J\r").replace("hostprep faults clear 18", r"\u001b[8m");
        root.file(&path, text);
    }
    for args in
        [&["status"][..], &["faults", "list"], &["faults", "show", "18"], &["faults", "history"], &["explain", "18"]]
    {
        let said = on(&root, args).stdout;
        let obeyed = said.chars().find(|c| c.is_control() && *c != '\n');
        assert!(obeyed.is_none(), "{args:?}: {obeyed:?} in {said:?}");
    }
}

#[test]
fn a_profile_may_not_name_directories_of_the_system() {
    // More of it: bad_input.rs, profiles_that_must_not_be_used.
    let good = std::fs::read_to_string(harness::setup::top().join("profile.toml")).unwrap();
    let root = sick();
    for path in [
        "/",
        "/opt",
        "/opt/../etc",
        "/etc/ssh",
        "/opt//cisco",
        "/opt/./cisco",
        "/var/lib/dpkg",
        "../opt/x",
        "/opt/\\u0000x",
    ] {
        for from in
            ["path = \"/opt/cisco\"", "faults = \"/var/lib/cisco/faults\"", "lock = \"/run/cisco/hostprep.lock\""]
        {
            let key = from.split('=').next().unwrap();
            assert!(good.contains(from), "{from}");
            root.file("/etc/cisco/profile.toml", good.replacen(from, &format!("{key}= \"{path}\""), 1));
            root.file("/etc/cisco/hostprep.toml", "profile = '/etc/cisco/profile.toml'\n");
            let before = root.snapshot();
            let run = on(&root, &["repair"]);
            assert!(run.code == Some(1) && run.stderr.contains("/etc/cisco/profile.toml"), "{key} {path}: {run:?}");
            before.expect_untouched(&root.snapshot());
        }
    }
}
