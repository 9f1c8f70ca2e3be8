//! Exports of the fault store: each fault in each language, metrics, the journal, `faults watch`.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use harness::{Run, ScratchRoot, System, program, setup};

/// The faults of the documents, each with a reason that it can be raised for and its usual severity.
const FAULTS: [(u16, &str, &str); 9] = [
    (5, "user-missing", "Major"),
    (6, "scan-process-failing", "Major"),
    (7, "scan-start-failed", "Critical"),
    (8, "load-locked", "Critical"),
    (9, "secure-boot", "Critical"),
    (11, "headers-missing", "Critical"),
    (16, "kernel-unsupported", "Critical"),
    (18, "events-overloaded", "Major"),
    (19, "module-disabled", "Critical"),
];

#[test]
fn every_fault_is_raised_read_in_four_languages_and_cleared() {
    let root = ScratchRoot::of("rhel-9");
    for (id, reason, severity) in FAULTS {
        let id = &id.to_string();
        root.hostprep(&["faults", "raise", id, "--reason", reason, "--detail", "seen by a test"]).expect_code(0);
        let mut read = Vec::new();
        for language in ["en", "ja", "ko", "zh-TW"] {
            let status = root.hostprep(&["status", "--lang", language]).expect_code(3).stdout;
            assert!(
                status.starts_with(&format!("Faults: 1 {severity}\nFault IDs: {id}\nID {id} - {severity}: ")),
                "{status}"
            );
            let explained = root.hostprep(&["explain", id, "--lang", language]).expect_code(3).stdout;
            assert!(explained.contains("seen by a test") && explained.contains("/var/log/"), "{explained}");
            assert_eq!(explained, root.hostprep(&["faults", "show", id, "--lang", language]).expect_code(3).stdout);
            read.push(explained.lines().next().unwrap().to_owned());
        }
        read.sort();
        read.dedup();
        assert_eq!(read.len(), 4, "four languages, four headings: {read:?}");
        root.hostprep(&["faults", "clear", id]).expect_code(0);
        root.hostprep(&["explain", id]).expect_code(0);
        assert_eq!(root.hostprep(&["status"]).expect_code(0).stdout, "Faults: None\n");
    }
    let history = root.hostprep(&["faults", "history", "--format", "json"]).expect_code(0).stdout;
    let events: Vec<serde_json::Value> = history.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 2 * FAULTS.len());
    let last = root.hostprep(&["faults", "history", "--format", "json", "--last", "3"]).expect_code(0).stdout;
    assert_eq!(last.lines().collect::<Vec<_>>(), history.lines().skip(events.len() - 3).collect::<Vec<_>>());
    assert_eq!(root.hostprep(&["faults", "history", "--last", "0"]).expect_code(0).stdout, "");
    for (pair, (id, reason, _)) in events.chunks(2).zip(FAULTS) {
        let pair_of =
            |event: &serde_json::Value| (event["event"].as_str().unwrap().to_owned(), event["fault"].as_u64());
        assert_eq!(
            pair.iter().map(pair_of).collect::<Vec<_>>(),
            [("raised".to_owned(), Some(u64::from(id))), ("cleared".to_owned(), Some(u64::from(id))),]
        );
        assert_eq!(pair[0]["reason"], reason);
    }
}

/// What a fault means and what to do about it is asked most where something is wrong.
#[test]
fn a_damaged_store_explains_its_faults_all_the_same() {
    let root = ScratchRoot::of("rhel-9");
    let healthy = root.hostprep(&["explain", "19"]).expect_code(0).stdout;
    root.file("/var/lib/cisco/faults/faults.json", "{").file("/var/lib/cisco/faults/events.jsonl", "{\n{\n");
    let damaged = root.hostprep(&["explain", "19"]).expect_code(1);
    assert_eq!(damaged.stdout, healthy);
    assert!(damaged.stderr.contains("whether the fault is raised is not known: "), "{}", damaged.stderr);
    let json = root.hostprep(&["explain", "19", "--format", "json"]).expect_code(1);
    assert_eq!(json.stdout, "");
}

/// A store keeps remedies as the system that it is in runs them.
#[test]
fn remedies_of_another_root_say_where_they_run() {
    let root = ScratchRoot::of("rhel-9");
    root.kernel("5.14.0-427.el9.x86_64", false).dir("/opt/cisco", 0o755);
    root.hostprep(&["repair", "--only", "kernel"]).expect_code(3);
    let place = root.path().display().to_string();
    for command in [&["faults", "show", "11"][..], &["explain", "11"], &["explain", "11", "--lang", "ja"]] {
        let text = root.hostprep(command).expect_code(3).stdout;
        assert_eq!(text.matches(&format!("\n  chroot {place} COMMAND\n")).count(), 1, "{text}");
        assert!(text.contains(&format!("\n  hostprep check --root {place}\n")), "{text}");
        assert!(text.contains("  dnf install -y 'kernel-devel-uname-r = 5.14.0-427.el9.x86_64'\n"), "{text}");
    }
    let list = root.hostprep(&["faults", "list", "--format", "json"]).expect_code(3).json();
    assert_eq!(list[0]["remedy_root"], *place, "{list}");
    let status = root.hostprep(&["status", "--format", "json"]).expect_code(3).json();
    assert_eq!(status["faults"][0]["remedy_root"], *place, "{status}");
    let history = root.hostprep(&["faults", "history", "--format", "json"]).expect_code(0).json();
    assert_eq!((&history["remedy_root"], &history["event"]), (&place.clone().into(), &"raised".into()), "{history}");
    assert!(!root.text("/var/lib/cisco/faults/faults.json").contains("remedy_root"), "only where it is read");
}

/// `check` writes nothing, so what it found is not in the store.
#[test]
fn a_fault_that_only_a_check_found_is_not_said_to_be_absent() {
    let root = ScratchRoot::of("rhel-9");
    root.kernel("5.14.0-427.el9.x86_64", false);
    root.hostprep(&["check", "--only", "kernel"]).expect_code(3);
    let text = root.hostprep(&["explain", "11"]).expect_code(0).stdout;
    let line = format!(
        "  no (the fault store has what the last repair or the running connector found; “hostprep check --root {}” looks now)\n",
        root.path().display()
    );
    assert!(text.contains(&line), "{text}");
}

#[test]
fn the_environment_chooses_the_language() {
    let root = ScratchRoot::of("debian-12");
    let heading = |variables: &[(&str, &str)]| {
        let mut command = harness::Caller::Root.command(program::binary());
        command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env_remove("LANG").envs(variables.iter().copied());
        let run = Run::of(command.args(["explain", "18", "--root"]).arg(root.path()));
        run.expect_code(0).stdout.lines().next().unwrap().to_owned()
    };
    let english = heading(&[]);
    assert!(english.contains("Connector Event Monitoring Is Overloaded"), "{english}");
    let korean = heading(&[("LANG", "ko_KR.UTF-8")]);
    assert_ne!(korean, english);
    assert_eq!(heading(&[("LC_MESSAGES", "ko_KR.UTF-8"), ("LANG", "ja_JP.UTF-8")]), korean);
    assert_eq!(heading(&[("LC_ALL", "C"), ("LC_MESSAGES", "ko_KR.UTF-8")]), english);
    assert_eq!(heading(&[("LC_ALL", ""), ("LANG", "ko_KR.UTF-8")]), korean, "an empty one says nothing");
    assert_eq!(heading(&[("LANG", "zh_CN.UTF-8")]), english, "Simplified Chinese is another language");
    assert_ne!(heading(&[("LANG", "zh_HK.UTF-8")]), english);
}

#[test]
fn promtool_finds_nothing_to_say_about_the_metrics() {
    let promtool = setup::run(&mut Command::new(setup::top().join("tests/setup/promtool.sh")));
    let root = ScratchRoot::of("debian-12");
    let file = root.at("/metrics/hostprep.prom");
    std::fs::create_dir(root.at("/metrics")).unwrap();
    let metrics = || {
        let output = file.to_str().unwrap();
        root.hostprep(&["status", "--format", "prometheus", "--output", output]).expect_code(0);
        let text = std::fs::read_to_string(&file).unwrap();
        let mut check = Command::new(promtool.trim());
        check.args(["check", "metrics"]).stdin(std::fs::File::open(&file).unwrap());
        let checked = check.output().unwrap();
        let said = [checked.stdout, checked.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        assert!(checked.status.success() && said.is_empty(), "{said}\n{text}");
        let printed = root.hostprep(&["status", "--format", "prometheus"]);
        assert_eq!(printed.stdout, text);
        text
    };
    assert!(metrics().contains("hostprep_faults{severity=\"critical\"} 0\n"));
    root.hostprep(&["faults", "raise", "18", "--severity", "critical", "--reason", "events-overloaded"]).expect_code(0);
    root.hostprep(&["faults", "raise", "5", "--reason", "a \"new\"\\reason"]).expect_code(0);
    let text = metrics();
    assert!(
        text.contains("hostprep_fault_raised{id=\"18\",reason=\"events-overloaded\",severity=\"critical\"} 1\n"),
        "{text}"
    );
    assert!(text.contains("hostprep_faults{severity=\"major\"} 1\n") && text.contains("events_total 2\n"), "{text}");
    assert!(text.contains("hostprep_fault_raised_timestamp_seconds{id=\"5\"} 1"), "{text}");
    let names: Vec<_> =
        std::fs::read_dir(root.at("/metrics")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["hostprep.prom"], "a collector sees no other file");
}

#[test]
fn another_users_file_keeps_its_owner_and_special_files_stay() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let root = ScratchRoot::of("debian-12");
    let file = root.at("/metrics/hostprep.prom");
    root.file("/metrics/hostprep.prom", "old").mode("/metrics/hostprep.prom", 0o600);
    let is_root = nix::unistd::Uid::effective().is_root();
    if is_root {
        std::os::unix::fs::chown(&file, Some(1234), Some(4321)).unwrap();
    }
    let write = |to: &std::path::Path| root.hostprep(&["status", "--format", "json", "--output", to.to_str().unwrap()]);
    write(&file).expect_code(0);
    let found = std::fs::metadata(&file).unwrap();
    assert_eq!(found.permissions().mode() & 0o7777, 0o600);
    assert!(!is_root || (found.uid(), found.gid()) == (1234, 4321));
    assert!(std::fs::read_to_string(&file).unwrap().contains("\"schema\":1"));

    root.link("/metrics/link", &file);
    let fifo = root.at("/metrics/fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let before = root.snapshot();
    for other in [root.at("/metrics/link"), fifo, root.at("/metrics"), "/dev/null".into()] {
        let refused = write(&other).expect_code(1);
        assert!(refused.stderr.contains(other.to_str().unwrap()), "{}", refused.stderr);
    }
    before.expect_untouched(&root.snapshot());

    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..20).for_each(|_| drop(write(&file).expect_code(0))));
        }
    });
}

#[test]
fn status_as_json_has_the_content_of_the_text() {
    let root = ScratchRoot::of("debian-12");
    let none = root.hostprep(&["status", "--format", "json"]).expect_code(0).json();
    assert_eq!((none["schema"].as_u64(), none["sequence"].as_u64()), (Some(1), Some(0)));
    assert_eq!(none["faults"], serde_json::json!([]));
    root.hostprep(&["faults", "raise", "19", "--reason", "tools-missing"]).expect_code(0);
    root.hostprep(&["faults", "raise", "18", "--severity", "minor"]).expect_code(0);
    let some = root.hostprep(&["status", "--format", "json", "--lang", "en"]).expect_code(3).json();
    assert_eq!(some["counts"], serde_json::json!({"critical": 1, "major": 0, "minor": 1}));
    assert_eq!(some["fault_ids"], serde_json::json!([18, 19]));
    assert_eq!(some["faults"][1]["summary"], "SELinux Policy Is Missing Or Disabled");
    assert_eq!(
        (some["faults"][1]["reason"].as_str(), some["faults"][0]["severity"].as_str()),
        (Some("tools-missing"), Some("minor"),)
    );
    let usage = root.hostprep(&["faults", "raise", "18", "--severity", "grave"]).expect_code(2);
    assert!(usage.stderr.contains("critical, major or minor"), "{}", usage.stderr);
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn followers_get_each_change_once() {
    let root = ScratchRoot::of("debian-12");
    let follow = |args: &[&str]| {
        let mut command = harness::Caller::Root.command(program::binary());
        command.args([&["faults", "watch"], args].concat()).arg("--root").arg(root.path());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let read = |line: std::io::Result<String>| {
            let event: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
            harness::contract::fits("faults-watch", &event);
            event
        };
        (Killed(child), lines.map(read))
    };
    let (_early, mut early) = follow(&["--from", "1"]);
    for reason in ["user-missing", "user-mismatch"] {
        root.hostprep(&["faults", "raise", "5", "--reason", reason]).expect_code(0);
    }
    let (_late, mut late) = follow(&["--from", "2"]);
    root.hostprep(&["faults", "clear", "5"]).expect_code(0);
    let pair_of =
        |event: serde_json::Value| (event["seq"].as_u64().unwrap(), event["event"].as_str().unwrap().to_owned());
    let [raised, changed, cleared] = ["raised", "changed", "cleared"].map(str::to_owned);
    for wanted in [(1, raised), (2, changed.clone()), (3, cleared.clone())] {
        assert_eq!(pair_of(early.next().unwrap()), wanted);
    }
    for wanted in [(2, changed), (3, cleared)] {
        assert_eq!(pair_of(late.next().unwrap()), wanted);
    }
    // A recreated store starts from 1.
    root.remove("/var/lib/cisco/faults");
    std::thread::sleep(std::time::Duration::from_secs(3));
    root.hostprep(&["faults", "raise", "7"]).expect_code(0);
    assert_eq!(pair_of(late.next().unwrap()), (1, "raised".to_owned()));
}

#[test]
fn a_follower_ends_when_its_output_is_closed() {
    let root = ScratchRoot::of("debian-12");
    let mut command = harness::Caller::Root.command(program::binary());
    command.args(["faults", "watch", "--root"]).arg(root.path());
    let mut child = Killed(command.stdout(Stdio::piped()).spawn().unwrap());
    drop(child.0.stdout.take());
    assert!(child.0.wait().unwrap().success());
}

/// A real journald, in a small system of its own.
#[test]
fn the_journal_has_each_change_with_its_fields() {
    if !harness::need_root() {
        return; // journald wants to be root.
    }
    let system = System::new("bookworm-journal", &["systemd"]);
    system.copy(program::binary(), "/usr/bin/hostprep");
    system.file("/etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
    std::fs::create_dir_all(system.at("/run/systemd/journal")).unwrap();
    std::fs::create_dir_all(system.at("/run/log/journal")).unwrap();
    // With mounts of its own, which go with it: it looks for its control group.
    let mut journald = harness::Caller::Root.command("unshare");
    let start = "mount -t proc proc \"$0/proc\" && mount --rbind /sys \"$0/sys\" || exit
        [ -n \"$(ls /sys/fs/cgroup)\" ] || mount -t cgroup2 none \"$0/sys/fs/cgroup\" || exit
        exec chroot \"$0\" /lib/systemd/systemd-journald";
    journald.args(["--mount", "sh", "-c", start]).arg(system.at("/")).stderr(Stdio::null());
    let journald = Killed(journald.spawn().unwrap());
    let socket = system.at("/run/systemd/journal/socket");
    for _ in 0..600 {
        if socket.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let hostprep = |args: &[&str]| Run::of(system.command("/usr/bin/hostprep").args(args));
    hostprep(&["faults", "raise", "19", "--reason", "tools-missing", "--detail", "semodule is missing"]).expect_code(0);
    hostprep(&["faults", "raise", "18", "--reason", "events-overloaded"]).expect_code(0);
    hostprep(&["faults", "clear", "19"]).expect_code(0);
    // SIGRTMIN+1: everything is in the file when journald has answered (systemd-journald.service(8)).
    let find = |field: &str| -> Vec<serde_json::Value> {
        system.run("journalctl --sync").expect_code(0);
        let found =
            system.run(&format!("journalctl --directory /run/log/journal --output json {field}")).expect_code(0);
        found.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let of_19 = find("FAULT_ID=19");
    let field = |name: &str| of_19.iter().map(|entry| entry[name].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(field("FAULT_EVENT"), ["raised", "cleared"]);
    let catalogue = std::fs::read_to_string(setup::top().join("faults/catalogue.toml")).unwrap();
    let [raised, cleared] = &field("MESSAGE_ID")[..] else { panic!("{of_19:?}") };
    assert!(catalogue.contains(&format!("id = 19\nmessage_id = \"{raised}\"")), "{raised}");
    assert!(catalogue.contains(&format!("cleared_message_id = \"{cleared}\"")), "{cleared}");
    assert_eq!(field("FAULT_SEVERITY"), ["critical", "critical"]);
    assert_eq!(field("FAULT_REASON"), ["tools-missing", "tools-missing"]);
    assert_eq!(field("FAULT_SOURCE"), ["manual", "manual"]);
    assert_eq!(field("SYSLOG_IDENTIFIER"), ["cisco-hostprep", "cisco-hostprep"]);
    assert_eq!(field("MESSAGE"), ["fault 19 raised: semodule is missing", "fault 19 cleared"]);
    assert_eq!(field("PRIORITY"), ["3", "5"]);
    assert_eq!(find("FAULT_SEVERITY=major").len(), 1);
    drop(journald);
}

#[test]
fn without_a_journal_syslog_has_the_words() {
    let system = System::new("bookworm", &[]);
    system.copy(program::binary(), "/usr/bin/hostprep");
    std::fs::create_dir_all(system.at("/dev")).unwrap();
    let socket = std::os::unix::net::UnixDatagram::bind(system.at("/dev/log")).unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let raise =
        ["faults", "raise", "18", "--reason", "events-overloaded", "--detail", "too\nmuch", "--severity", "critical"];
    Run::of(system.command("/usr/bin/hostprep").args(raise)).expect_code(0);
    let mut message = [0; 8192];
    let length = socket.recv(&mut message).unwrap();
    let message = String::from_utf8_lossy(&message[..length]);
    // Facility daemon is 3 * 8, and an error 3.
    assert!(message.starts_with("<27>") && message.contains(" cisco-hostprep["), "{message}");
    let words = "]: fault 18 raised: too much FAULT_ID=18 FAULT_EVENT=raised FAULT_SEVERITY=critical FAULT_REASON=events-overloaded FAULT_SOURCE=manual";
    assert!(message.ends_with(words), "{message}");
}
