//! `purge` takes state, faults and log where a configuration put them, and nothing of others.

use std::process::Command;

use harness::{System, setup};

use crate::debian::system;

const CONFIGURATION: &str = "/etc/cisco/hostprep.toml";
const PLACES: [(&str, &str); 3] = [
    ("/var/lib/cisco/hostprep", "/var/lib/moved/hostprep"),
    ("/var/lib/cisco/faults", "/var/lib/moved/faults"),
    ("/var/log/cisco/hostprep.log", "/var/log/moved/hostprep.log"),
];

/// A host whose configuration has another profile: ours with other places.
fn moved() -> System {
    let system = system("bookworm", &[]);
    system.run("dpkg --install /tmp/hostprep-newer.deb").expect_code(0);
    let ours = std::fs::read_to_string(setup::top().join("profile.toml")).unwrap();
    let profile = PLACES.iter().fold(ours, |text, (from, to)| text.replace(from, to));
    system.file("/etc/cisco/moved.toml", profile);
    system.file(CONFIGURATION, "profile = \"/etc/cisco/moved.toml\"\n");
    system.run("/usr/sbin/hostprep repair").expect_code(0);
    system.run("/usr/sbin/hostprep faults raise 11 --detail by-hand").expect_code(0);
    system.run("/usr/sbin/hostprep faults clear 11").expect_code(0);
    system.file("/var/log/moved/hostprep.log.1", "2026-01-01T00:00:00Z hostprep[1] info: old\n");
    for path in ["/var/lib/moved/hostprep/last-run.json", "/var/lib/moved/faults/events.jsonl"] {
        assert!(system.at(path).exists(), "{path}");
    }
    system
}

#[test]
fn what_was_moved_is_taken() {
    if !harness::need_root() {
        return;
    }
    let system = moved();
    // Nothing is taken before.
    system.run("dpkg --remove hostprep").expect_code(0);
    assert!(system.at("/var/log/moved/hostprep.log.1").exists() && system.at("/var/lib/moved/faults").exists());
    // The administrator's own files go first: the record does not need them.
    std::fs::remove_dir_all(system.at("/etc/cisco")).unwrap();
    system.run("dpkg --purge hostprep").expect_code(0);
    for path in ["/var/lib/moved", "/var/log/moved", "/var/lib/cisco", "/var/log/cisco"] {
        assert!(
            !system.at(path).exists(),
            "{path}: {:?}",
            system.snapshot().paths().filter(|it| it.starts_with(path)).collect::<Vec<_>>()
        );
    }
    assert!(system.at("/var/lib/dpkg").exists() && system.at("/var/log/dpkg.log").exists());
}

#[test]
fn what_others_have_there_stays() {
    if !harness::need_root() {
        return;
    }
    let system = moved();
    let theirs = [
        ("/var/lib/moved/hostprep/data.json", "{\"schema\": 1}\n"),
        ("/var/lib/moved/faults/sub/file", "theirs\n"),
        ("/var/log/moved/other.log", "theirs\n"),
    ];
    for (path, text) in theirs {
        system.file(path, text);
    }
    let run = system.run("dpkg --purge hostprep").expect_code(0);
    for (path, text) in theirs {
        assert_eq!(system.text(path), text, "{path}");
    }
    let left = |top: &str| system.snapshot().paths().filter(|path| path.starts_with(top)).count();
    // The directories above theirs, and theirs.
    assert_eq!((left("/var/lib/moved"), left("/var/log/moved")), (6, 2), "{run:?}");
    assert!(run.stderr.contains("/var/lib/moved/hostprep is left: something else is in it"), "{run:?}");
}

/// A record that leads elsewhere removes nothing there: a system directory, a link, another program's file.
#[test]
fn a_record_is_not_believed_about_others() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    system.run("dpkg --install /tmp/hostprep-newer.deb").expect_code(0);
    system.run("dpkg --remove hostprep").expect_code(0);
    system.file("/srv/data/last-run.json", "theirs, and no JSON\n");
    system.file("/srv/data/faults/faults.json", "{}\n");
    system.file("/srv/log/messages", "2026-01-01T00:00:00Z sshd[1] info: theirs\n");
    std::os::unix::fs::symlink("data", system.at("/srv/link")).unwrap();
    let record = "hostprep-moved-paths 1\nstate /var\nstate /srv/data\nstate /srv/link\nfaults /srv/data/faults\nfaults /srv/../srv/data/faults\n\
                  log /srv/log/messages\nlog /etc/passwd\nstate relative\nother /srv/data\n";
    system.file("/var/lib/cisco/hostprep/moved-paths", record);
    let tops = |system: &System| {
        system
            .snapshot()
            .only(std::path::Path::new("/srv"))
            .paths()
            .map(|path| path.display().to_string())
            .collect::<Vec<_>>()
    };
    let (before, passwd) = (tops(&system), system.text("/etc/passwd"));
    system.run("dpkg --purge hostprep").expect_code(0);
    assert_eq!(tops(&system), before);
    assert_eq!(system.text("/etc/passwd"), passwd);
    assert!(system.at("/var/lib/dpkg").exists() && !system.at("/var/lib/cisco").exists());
}

/// A record of another version, a directory that another package has, and a file that cannot be removed.
#[test]
fn a_purge_leaves_what_it_may_not_take_and_ends_well() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    for (record, kept) in [
        ("state /srv/data/state\n", true),
        ("hostprep-moved-paths 2\nstate /srv/data/state\n", true),
        ("hostprep-moved-paths 1\nstate /usr/share/base-files\n", true),
        ("hostprep-moved-paths 1\nstate /srv/data/state\n", false),
    ] {
        system.run("dpkg --install /tmp/hostprep-newer.deb").expect_code(0);
        system.run("dpkg --remove hostprep").expect_code(0);
        let files = ["/srv/data/state/last-run.json", "/usr/share/base-files/last-run.json"];
        for file in files {
            system.file(file, "{\"schema\":1}\n");
        }
        system.file("/var/lib/cisco/hostprep/moved-paths", record);
        let run = system.run("dpkg --purge hostprep").expect_code(0);
        assert_eq!(files.map(|file| system.at(file).exists()), [kept, true], "{record}: {run:?}");
    }
    // Nothing below is written any more.
    system.run("dpkg --install /tmp/hostprep-newer.deb").expect_code(0);
    system.run("dpkg --remove hostprep").expect_code(0);
    system.file("/srv/data/state/last-run.json", "{\"schema\":1}\n");
    system.file("/var/lib/cisco/hostprep/moved-paths", "hostprep-moved-paths 1\nstate /srv/data/state\n");
    let chattr = |flag: &str| {
        setup::run(Command::new("chattr").arg(flag).arg(system.at("/srv/data/state/last-run.json")));
    };
    chattr("+i");
    let run = system.run("dpkg --purge hostprep");
    chattr("-i");
    assert!(run.code == Some(0) && run.stderr.contains("/srv/data/state is left"), "{run:?}");
}

/// Another product of the same vendor may have a log beside this one.
#[test]
fn a_file_whose_name_only_begins_like_the_logs_stays() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    system.run("dpkg --install /tmp/hostprep-newer.deb").expect_code(0);
    let log = "/var/log/cisco/hostprep.log";
    let rotated = [".1", ".2.gz", "-20260101", "-20260101.gz"];
    let others = ["-pro", ".pro", "-pro.1", "s"];
    for end in rotated.into_iter().chain(others) {
        system.file(&format!("{log}{end}"), "text\n");
    }
    system.run("dpkg --purge hostprep").expect_code(0);
    let is_there = |end: &&str| system.at(&format!("{log}{end}")).exists();
    assert_eq!(rotated.iter().filter(|end| is_there(end)).count(), 0);
    assert_eq!(others.iter().filter(|end| is_there(end)).count(), others.len());
}
