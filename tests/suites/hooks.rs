//! Hooks never stop the package manager: they exit 0, do what they can and report the rest.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::{Duration, Instant};

use harness::scratch::KERNEL;
use harness::snapshot::Compare;
use harness::{Caller, Run, ScratchRoot, Snapshot, program, setup};
use serde_json::Value;

const NAME: &str = "cisco-amp-scan-svc";
/// Every call that prepares, with the words that the package managers pass.
const PREPARING: [&[&str]; 6] = [
    &["rpm", "post", "1"],
    &["rpm", "post", "2"],
    &["rpm", "posttrans", "1"],
    &["deb", "postinst", "configure", ""],
    &["deb", "postinst", "configure", "1.0"],
    &["deb", "postinst", "abort-remove"],
];

/// Calls a hook for `root` as its package manager does.
fn hook(root: &ScratchRoot, words: &[&str]) -> Run {
    let before = ["--root".as_ref(), root.path().as_os_str(), "hook".as_ref()];
    program::run_hostprep(before.into_iter().chain(words.iter().map(AsRef::as_ref)))
}

/// Returns a root with a kernel without BTF and headers, so that fault 11 stays raised.
fn root() -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.kernel(KERNEL, false);
    root
}

#[track_caller]
fn expect_user(root: &ScratchRoot, what: &str) {
    let user = root.account("passwd", NAME).unwrap_or_else(|| panic!("{what}: no user"));
    let group = root.account("group", NAME).unwrap_or_else(|| panic!("{what}: no group"));
    assert_eq!(user[3], group[2], "{what}: the primary group is its own");
}

#[track_caller]
fn expect_directory(root: &ScratchRoot, what: &str) {
    let found = std::fs::symlink_metadata(root.at("/opt/cisco")).unwrap_or_else(|e| panic!("{what}: /opt/cisco: {e}"));
    assert!(found.is_dir() && found.mode() & 0o7777 == 0o755, "{what}: {:o}", found.mode());
}

#[track_caller]
fn expect_prepared(root: &ScratchRoot, what: &str) {
    expect_user(root, what);
    expect_directory(root, what);
}

/// Expects exit status 0 and an error that contains `word`, in lines that begin with hostprep's name.
#[track_caller]
fn expect_error(run: Run, word: &str) -> Run {
    let run = run.expect_code(0);
    assert!(run.stderr.contains(word), "{word:?} is not in: {}", run.stderr);
    assert!(run.stderr.lines().all(|line| line.starts_with("hostprep: ")), "{}", run.stderr);
    assert!(!run.stderr.contains("panicked") && run.stdout.is_empty(), "{run:?}");
    run
}

fn store(root: &ScratchRoot) -> Option<Value> {
    let path = root.at("/var/lib/cisco/faults/faults.json");
    path.exists().then(|| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
}

/// The ids in the store's own file.
fn raised(root: &ScratchRoot) -> Vec<u64> {
    let faults = store(root).map_or_else(Vec::new, |store| store["faults"].as_array().unwrap().clone());
    faults.iter().map(|fault| fault["id"].as_u64().unwrap()).collect()
}

/// Each event as `raised 11 install`.
fn history(root: &ScratchRoot) -> Vec<String> {
    let history = root.hostprep(&["faults", "history", "--format", "json"]).expect_code(0).stdout;
    let events = history.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    events.map(|event| format!("{} {} {}", word(&event["event"]), event["fault"], word(&event["source"]))).collect()
}

/// All but our log, which every hook writes.
fn everything(root: &ScratchRoot) -> Snapshot {
    root.dir("/var/log/cisco", 0o755).snapshot().without(&["/var/log/cisco"])
}

#[test]
fn an_unknown_language_keeps_nothing_from_being_prepared() {
    for words in PREPARING {
        let root = root();
        root.file("/etc/cisco/hostprep.toml", "lang = 'tlh'\n");
        let run = hook(&root, words).expect_code(0);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        expect_prepared(&root, &words.join(" "));
        if words[1] != "post" {
            assert_eq!(raised(&root), [11], "{words:?}");
            assert!(run.stderr.contains("fault 11: "), "in English: {}", run.stderr);
        }
    }
}

#[test]
fn the_language_of_the_caller_is_no_matter_either() {
    let root = root();
    let mut command = Caller::Root.command(program::binary());
    command.args(root.args(&["hook", "rpm", "posttrans", "1"])).env("LC_ALL", "tlh_KX.UTF-8").env("LANG", "x\u{7f}y");
    Run::of(&mut command).expect_code(0);
    expect_prepared(&root, "LC_ALL");
    assert_eq!(raised(&root), [11]);
}

/// Without its configuration, hostprep does not know which agent is meant, so it prepares none.
#[test]
fn without_its_configuration_nothing_is_prepared_for_the_wrong_agent() {
    const OTHER: &str = "profile = '/etc/cisco/other.toml'\n";
    let good = std::fs::read_to_string(setup::top().join("profile.toml")).unwrap();
    for (config, profile, word) in [
        ("lang = 'en'\nskip = 'kernel'\n", None, "etc/cisco/hostprep.toml, line 2"),
        ("profil = '/etc/cisco/other.toml'\n", Some(good.clone()), "etc/cisco/hostprep.toml, line 1"),
        ("profile = [\n", None, "etc/cisco/hostprep.toml, line "),
        (OTHER, None, "etc/cisco/other.toml"),
        (OTHER, Some(good.replace("schema = 1", "schema = 2")), "etc/cisco/other.toml"),
        (OTHER, Some("schema = 1\nname = \n".to_owned()), "etc/cisco/other.toml, line 2"),
        (OTHER, Some(good.replacen("/opt/cisco", "/usr/bin", 1)), "etc/cisco/other.toml"),
    ] {
        for words in PREPARING {
            let root = root();
            root.file("/etc/cisco/hostprep.toml", config);
            if let Some(profile) = &profile {
                root.file("/etc/cisco/other.toml", profile);
            }
            let before = root.snapshot().without(&["/var", "/run"]);
            expect_error(hook(&root, words), word);
            let after = root.snapshot().without(&["/var", "/run"]);
            assert_eq!(before.difference(&after, Compare::SameTree), "", "{words:?} {config}");
            assert!(root.account("passwd", NAME).is_none() && raised(&root).is_empty(), "{words:?} {config}");
        }
    }
}

/// Nothing else removes later what stays then.
#[test]
fn a_configuration_that_cannot_be_used_keeps_nothing_from_being_removed() {
    for (config, word) in [
        ("lang = 'en'\nskip = 'kernel'\n", "etc/cisco/hostprep.toml, line 2"),
        ("profile = [\n", "etc/cisco/hostprep.toml, line "),
        ("profile = '/etc/cisco/other.toml'\n", "etc/cisco/other.toml"),
    ] {
        for (prepare, remove) in [
            (["deb", "postinst", "configure", ""].as_slice(), ["deb", "prerm", "remove"].as_slice()),
            (&["rpm", "posttrans", "1"], &["rpm", "preun", "0"]),
        ] {
            let root = root();
            hook(&root, prepare).expect_code(0);
            expect_prepared(&root, &prepare.join(" "));
            root.file("/etc/cisco/hostprep.toml", config);
            let said = hook(&root, remove).expect_code(0).stderr;
            assert!(
                said.contains(word) && said.contains("is ignored, and what the receipt lists is removed"),
                "{said}"
            );
            assert!(root.account("passwd", NAME).is_none(), "{remove:?} {config}: {said}");
            assert!(!root.at("/var/lib/cisco/hostprep/journal.json").exists(), "{remove:?} {config}: {said}");
        }
    }
}

/// dpkg removes in favour of another package, whose unpacking fails. What comes back is what was removed, and no more.
#[test]
fn an_aborted_removal_puts_back_what_it_undid_without_a_usable_configuration() {
    const UNDONE: &str = "/var/lib/cisco/hostprep/undone.json";
    let broken = "lang = 'en'\nskip = 'kernel'\n";
    for (config, word, words) in [
        (broken, "etc/cisco/hostprep.toml, line 2", &[][..]),
        ("profile = [\n", "etc/cisco/hostprep.toml, line ", &["in-favour", "other", "1.0"]),
        ("profile = '/etc/cisco/other.toml'\n", "etc/cisco/other.toml", &["in-favour", "other", "1.0"]),
    ] {
        let root = root();
        let call = |call: [&str; 3]| hook(&root, &[&call[..], words].concat()).expect_code(0).stderr;
        hook(&root, &["deb", "postinst", "configure", ""]).expect_code(0);
        let receipt = root.text("/var/lib/cisco/hostprep/journal.json");
        root.file("/etc/cisco/hostprep.toml", config);
        call(["deb", "prerm", "remove"]);
        assert!(root.account("passwd", NAME).is_none() && root.at(UNDONE).exists(), "{config}");
        let said = call(["deb", "postinst", "abort-remove"]);
        assert!(said.contains(word) && said.contains("is ignored, and what the removal undid is restored"), "{said}");
        expect_prepared(&root, config);
        assert_eq!(root.text("/var/lib/cisco/hostprep/journal.json"), receipt, "{config}");
        assert!(!root.at(UNDONE).exists(), "{config}");
        // And so again.
        call(["deb", "prerm", "remove"]);
        assert!(root.account("passwd", NAME).is_none(), "{config}");
        call(["deb", "postinst", "abort-remove"]);
        expect_prepared(&root, config);
    }
    // What the configuration skipped while it could be used was not made, so it is not made now.
    let root = root();
    root.file("/etc/cisco/hostprep.toml", "skip = ['scan-user']\n");
    hook(&root, &["deb", "postinst", "configure", ""]).expect_code(0);
    root.file("/etc/cisco/hostprep.toml", broken);
    hook(&root, &["deb", "prerm", "remove"]).expect_code(0);
    hook(&root, &["deb", "postinst", "abort-remove"]).expect_code(0);
    expect_directory(&root, "skipped");
    assert!(root.account("passwd", NAME).is_none(), "it was skipped");
    // Mended before anything else, the package is configured as ever, and nothing is kept.
    hook(&root, &["deb", "prerm", "remove"]).expect_code(0);
    assert!(root.at(UNDONE).exists());
    root.remove("/etc/cisco/hostprep.toml");
    hook(&root, &["deb", "postinst", "configure", "1.0"]).expect_code(0);
    expect_prepared(&root, "configured");
    assert!(!root.at(UNDONE).exists());
    // So it is by a repair, by a removal that can read its configuration, and by `remove`.
    let ended: [&dyn Fn(); 3] = [
        &|| drop(root.hostprep(&["repair"])),
        &|| drop(hook(&root, &["deb", "prerm", "remove"]).expect_code(0)),
        &|| drop(root.hostprep(&["remove"]).expect_code(0)),
    ];
    for end in ended {
        drop(root.hostprep(&["repair"]));
        root.file("/etc/cisco/hostprep.toml", broken);
        hook(&root, &["deb", "prerm", "remove"]).expect_code(0);
        assert!(root.at(UNDONE).exists());
        root.remove("/etc/cisco/hostprep.toml");
        end();
        assert!(!root.at(UNDONE).exists());
    }
    assert!(!root.at("/var/lib/cisco/hostprep").exists(), "remove leaves no directory");
    // Without a removal before, it is not known what to make.
    let other = self::root();
    other.file("/etc/cisco/hostprep.toml", broken);
    expect_error(hook(&other, &["deb", "postinst", "abort-remove"]), "etc/cisco/hostprep.toml, line 2");
    assert!(other.account("passwd", NAME).is_none());
}

/// The receipt of another profile is elsewhere, and what the package's own would remove was made by none of ours.
#[test]
fn what_another_profile_made_is_not_looked_for_at_the_wrong_place() {
    let root = root();
    let other = std::fs::read_to_string(setup::fixture("profiles/acme.toml")).unwrap();
    root.file("/etc/cisco/other.toml", other).file("/etc/cisco/hostprep.toml", "profile = '/etc/cisco/other.toml'\n");
    hook(&root, &["deb", "postinst", "configure", ""]).expect_code(0);
    assert!(root.account("passwd", "acme-scan").is_some());
    root.file("/etc/cisco/hostprep.toml.d/10-ours.toml", "skip = 'kernel'\n");
    let before = root.snapshot().without(&["/var/log", "/run"]);
    expect_error(hook(&root, &["deb", "prerm", "remove"]), "10-ours.toml, line 1");
    before.expect_untouched(&root.snapshot().without(&["/var/log", "/run"]));
}

#[test]
fn a_store_that_cannot_be_used_keeps_nothing_from_being_prepared() {
    for content in [
        "{\"schema\":1,\n\"sequence\":",
        "",
        "{\"schema\":7,\"sequence\":1,\"faults\":[]}",
        "{\"schema\":1,\"sequence\":\"many\",\"faults\":[]}",
    ] {
        for words in PREPARING {
            let root = root();
            root.file("/var/lib/cisco/faults/faults.json", content).aged("/var/lib/cisco/faults/faults.json");
            let before = Snapshot::of(&root.at("/var/lib/cisco/faults/faults.json"));
            let run = hook(&root, words).expect_code(0);
            if words[1] != "post" {
                expect_error(run, "faults.json");
            }
            expect_prepared(&root, &format!("{} {content}", words.join(" ")));
            before.expect_untouched(&Snapshot::of(&root.at("/var/lib/cisco/faults/faults.json")));
        }
    }
}

/// Expects that a file with an error in its second line is named, and that the steps that do not need it are done.
#[track_caller]
fn expect_the_rest_done(path: &str, content: &[u8]) {
    for words in [&["rpm", "posttrans", "1"][..], &["deb", "postinst", "configure", ""]] {
        let root = root();
        root.file(path, content).aged(path);
        let before = Snapshot::of(&root.at(path));
        let run = hook(&root, words).expect_code(0);
        let what = format!("{path} {}", words.join(" "));
        expect_directory(&root, &what);
        if path == "/etc/login.defs" {
            assert!(root.account("passwd", NAME).is_none(), "{what}: made without knowing what useradd would do");
        } else {
            expect_user(&root, &what);
        }
        assert!(raised(&root).contains(&11), "{what}: {:?}", raised(&root));
        before.expect_untouched(&Snapshot::of(&root.at(path)));
        let printed = run.stderr + &root.text("/var/log/cisco/hostprep.log");
        let name = format!("{}, line 2", path.trim_start_matches('/'));
        assert!(printed.contains(&name), "{what}: {name:?} is not in: {printed}");
    }
}

/// As systemd reads it. The package is still known.
#[test]
fn a_line_of_os_release_that_is_no_assignment_is_passed_over() {
    for words in [&["rpm", "posttrans", "1"][..], &["deb", "postinst", "configure", ""]] {
        let root = root();
        root.file("/etc/os-release", "this is no assignment\nID=debian\n");
        let told = hook(&root, words).expect_code(0).stderr;
        expect_directory(&root, &words.concat());
        expect_user(&root, &words.concat());
        assert_eq!(raised(&root), [11]);
        // As `check` prints it.
        let checked = root.hostprep(&["check", "--only", "kernel"]).expect_code(3).stdout;
        let labels = ["fix: ", "or: ", "then: ", "then reboot: "];
        let steps = |text: &str| {
            let lines = text.lines().map(|line| line.trim_start_matches("hostprep: ").trim_start().to_owned());
            lines.filter(|line| labels.iter().any(|label| line.starts_with(label))).collect::<Vec<_>>()
        };
        let told = steps(&told);
        assert!(steps(&checked).iter().all(|line| told.contains(line)), "{told:?}\n{checked}");
        assert!(
            told.iter().any(|line| line.starts_with("fix: ") && line.contains("apt-get install -y linux-headers-"))
        );
        assert!(told.iter().any(|line| line.starts_with("or: ")), "{told:?}");
    }
}

#[test]
fn a_malformed_selinux_configuration_keeps_the_other_steps_from_nothing() {
    expect_the_rest_done("/etc/selinux/config", b"SELINUX=enforcing\nSELINUXTYPE=../../etc\n");
}

#[test]
fn a_malformed_login_defs_does_not_stop_the_other_steps() {
    expect_the_rest_done("/etc/login.defs", b"UMASK 022\nUSERGROUPS_ENAB n\0o\n");
}

#[test]
fn unreadable_files_clear_no_fault() {
    let root = root();
    root.hostprep(&["repair"]).expect_code(3);
    // Fault 5 is raised; then the account files cannot be read.
    root.mode("/opt/cisco", 0o755).hostprep(&["faults", "raise", "5"]).expect_code(0);
    root.file("/etc/login.defs", b"USERGROUPS_ENAB n\0o\n");
    root.file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nbroken\n");
    hook(&root, &["rpm", "posttrans", "1"]).expect_code(0);
    assert_eq!(raised(&root), [5, 11], "unknown is not ok");
}

#[test]
fn a_read_only_root_is_said_in_bounded_time() {
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && shift && exec \"$@\"";
    for words in [PREPARING[0], PREPARING[2], PREPARING[3], &["rpm", "preun", "0"], &["deb", "prerm", "remove"]] {
        let root = root();
        if ["preun", "prerm"].contains(&words[1]) {
            root.hostprep(&["repair"]).expect_code(3);
        }
        let before = root.snapshot();
        let mut command = Caller::Root.command("unshare");
        command.args(["--mount", "sh", "-c", script, "sh"]).arg(root.path()).arg(program::binary());
        command.arg("--root").arg(root.path()).arg("hook").args(words);
        let start = Instant::now();
        expect_error(Run::of(&mut command), "ead-only file system");
        assert!(start.elapsed() < Duration::from_secs(20), "{words:?}: {:?}", start.elapsed());
        before.expect_untouched(&root.snapshot());
    }
}

#[test]
fn an_ordinary_user_s_call_is_refused_without_failing() {
    if !harness::need_root() {
        return; // In a namespace with one user, that user is its root.
    }
    for words in [PREPARING[0], PREPARING[2], PREPARING[3], &["rpm", "preun", "0"], &["deb", "prerm", "remove"]] {
        let root = root();
        root.hostprep(&["repair"]).expect_code(3);
        root.mode("/opt/cisco", 0o700);
        let before = root.snapshot();
        let args = ["--root".as_ref(), root.path().as_os_str(), "hook".as_ref()];
        let run = program::run_hostprep_as_ordinary_user(args.into_iter().chain(words.iter().map(AsRef::as_ref)));
        expect_error(run, "hostprep: ");
        before.expect_untouched(&root.snapshot());
    }
}

#[test]
fn calls_that_no_package_manager_makes() {
    let root = root();
    let before = root.snapshot();
    for words in [
        &[][..],
        &["rpm"],
        &["rpm", "post"],
        &["rpm", "post", ""],
        &["rpm", "post", "-1"],
        &["rpm", "post", "many"],
        &["rpm", "preun", "remove"],
        &["rpm", "configure", "1"],
        &["rpm", "trigger", "1", "x"],
        &["rpm", "posttrans", "0", "nonsense"],
        &["deb"],
        &["deb", "postinst"],
        &["deb", "postinst", "1"],
        &["deb", "prerm", "configure"],
        &["deb", "nonsense", "configure"],
        &["pacman", "post_install", "1.0"],
    ] {
        let run = hook(&root, words);
        assert_eq!(run.code, Some(2), "{words:?}: {run:?}");
        assert!(!run.stderr.is_empty(), "{words:?}");
    }
    // The call counts, not the host: nonsense is nonsense on a broken one too.
    root.file("/etc/os-release", "no assignment\n");
    hook(&root, &["rpm", "post", "many"]).expect_code(2);
    let kept = ["/etc/os-release"];
    assert_eq!(before.without(&kept).difference(&root.snapshot().without(&kept), Compare::SameTree), "");
}

#[test]
fn an_rpm_s_life() {
    let root = root();
    hook(&root, &["rpm", "pre", "1"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_none(), "the files are not there yet");
    let run = hook(&root, &["rpm", "post", "1"]).expect_code(0);
    assert_eq!(run.stderr, "", "the verdict is posttrans's");
    expect_prepared(&root, "post");
    assert!(store(&root).is_none(), "no fault is written before the transaction's end: {:?}", store(&root));

    let run = hook(&root, &["rpm", "posttrans", "1"]).expect_code(0);
    assert!(run.stderr.contains("hostprep: fault 11: "), "{}", run.stderr);
    assert_eq!(raised(&root), [11]);
    let installed = everything(&root);
    // On an upgrade the new package's post comes first, and then the old one's preun and postun.
    for words in [&["rpm", "pre", "2"][..], &["rpm", "post", "2"], &["rpm", "preun", "1"], &["rpm", "postun", "1"]] {
        hook(&root, words).expect_code(0);
        installed.expect_untouched(&everything(&root));
    }
    hook(&root, &["rpm", "posttrans", "1"]).expect_code(0);
    installed.expect_untouched(&everything(&root));

    hook(&root, &["rpm", "preun", "0"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_none() && root.account("group", NAME).is_none());
    assert!(!root.at("/opt/cisco").exists());
    assert!(raised(&root).is_empty(), "no step would clear it later");
    hook(&root, &["rpm", "postun", "0"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_none());
    assert_eq!(history(&root), ["raised 11 install", "cleared 11 remove"]);
}

#[test]
fn post_writes_no_fault_even_where_it_sees_one() {
    let root = root();
    root.file("/opt/cisco", "in the way");
    for count in ["1", "2"] {
        hook(&root, &["rpm", "post", count]).expect_code(0);
        assert!(store(&root).is_none(), "{:?}", store(&root));
    }
    hook(&root, &["rpm", "posttrans", "1"]).expect_code(0);
    assert_eq!(raised(&root), [5, 11]);
}

#[test]
fn an_rpm_trigger_brings_two_counts() {
    let root = root();
    hook(&root, &["rpm", "posttrans", "1"]).expect_code(0);
    assert_eq!(raised(&root), [11]);
    // kernel-devel is installed: $1 is the number of our versions installed, $2 of theirs.
    root.headers(KERNEL);
    hook(&root, &["rpm", "trigger", "1", "1"]).expect_code(0);
    assert!(raised(&root).is_empty());
    root.remove(&format!("/lib/modules/{KERNEL}/build"));
    hook(&root, &["rpm", "trigger", "1", "2"]).expect_code(0);
    assert_eq!(raised(&root), [11]);
    root.headers(KERNEL);
    hook(&root, &["rpm", "trigger", "1"]).expect_code(0);
    assert!(raised(&root).is_empty());
    let expected = ["raised 11 install", "cleared 11 trigger", "raised 11 trigger", "cleared 11 trigger"];
    assert_eq!(history(&root), expected);
}

#[test]
fn the_events_of_an_rpm_s_life_say_where_they_come_from() {
    let root = root();
    let headers = format!("/lib/modules/{KERNEL}/build");
    hook(&root, &["rpm", "posttrans", "1"]).expect_code(0);
    root.headers(KERNEL);
    hook(&root, &["rpm", "posttrans", "2"]).expect_code(0);
    root.remove(&headers);
    // RPM 4.11 passes 0 to posttrans, so the scriptlet says what it was.
    hook(&root, &["rpm", "posttrans", "0", "upgrade"]).expect_code(0);
    root.headers(KERNEL);
    root.hostprep(&["repair"]).expect_code(0);
    root.remove(&headers);
    root.hostprep(&["repair"]).expect_code(3);
    hook(&root, &["rpm", "preun", "0"]).expect_code(0);
    let expected = [
        "raised 11 install",
        "cleared 11 upgrade",
        "raised 11 upgrade",
        "cleared 11 repair",
        "raised 11 repair",
        "cleared 11 remove",
    ];
    assert_eq!(history(&root), expected);
}

#[test]
fn a_deb_s_life() {
    let root = root();
    hook(&root, &["deb", "preinst", "install"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_none());
    // dpkg passes an empty old version on a first install.
    let run = hook(&root, &["deb", "postinst", "configure", ""]).expect_code(0);
    assert!(run.stderr.contains("hostprep: fault 11: "), "{}", run.stderr);
    expect_prepared(&root, "configure");
    assert_eq!(raised(&root), [11]);
    let installed = everything(&root);
    for words in [
        &["deb", "prerm", "upgrade", "2.0"][..],
        &["deb", "preinst", "upgrade", "1.0", "2.0"],
        &["deb", "postrm", "upgrade", "2.0"],
        &["deb", "postinst", "configure", "1.0"],
        &["deb", "prerm", "deconfigure", "in-favour", "other", "1", "removing", "another", "2"],
        &["deb", "prerm", "failed-upgrade", "1.0", "2.0"],
    ] {
        hook(&root, words).expect_code(0);
        installed.expect_untouched(&everything(&root));
    }

    hook(&root, &["deb", "prerm", "remove"]).expect_code(0);
    assert!(root.account("passwd", NAME).is_none() && root.account("group", NAME).is_none());
    assert!(!root.at("/opt/cisco").exists());
    assert!(raised(&root).is_empty());

    hook(&root, &["deb", "postinst", "abort-remove"]).expect_code(0);
    expect_prepared(&root, "abort-remove");
    assert_eq!(raised(&root), [11]);

    for words in [&["deb", "prerm", "remove"][..], &["deb", "postrm", "remove"], &["deb", "postrm", "purge"]] {
        hook(&root, words).expect_code(0);
        assert!(root.account("passwd", NAME).is_none() && raised(&root).is_empty(), "{words:?}");
    }
    let expected = ["raised 11 install", "cleared 11 remove", "raised 11 repair", "cleared 11 remove"];
    assert_eq!(history(&root), expected);
}

#[test]
fn the_events_of_a_deb_s_life_say_where_they_come_from() {
    let root = root();
    hook(&root, &["deb", "postinst", "configure"]).expect_code(0);
    root.headers(KERNEL);
    hook(&root, &["deb", "postinst", "triggered", "/usr/src /lib/modules"]).expect_code(0);
    root.remove(&format!("/lib/modules/{KERNEL}/build"));
    hook(&root, &["deb", "postinst", "configure", "1.0"]).expect_code(0);
    hook(&root, &["deb", "prerm", "remove", "in-favour", "other", "1.0"]).expect_code(0);
    hook(&root, &["deb", "postinst", "abort-remove", "in-favour", "other", "1.0"]).expect_code(0);
    let expected =
        ["raised 11 install", "cleared 11 trigger", "raised 11 upgrade", "cleared 11 remove", "raised 11 repair"];
    assert_eq!(history(&root), expected);
}

/// The same on `/`, without `--root`.
#[test]
fn broken_configuration_on_the_system_s_own_root() {
    let place = setup::chroot("bookworm", &[]);
    setup::run(Command::new("cp").arg(program::binary()).arg(place.path().join("usr/bin/hostprep")));
    let run = |words: &[&str]| {
        let mut command = Caller::Root.command("chroot");
        Run::of(command.arg(place.path()).args(["/usr/bin/hostprep", "hook"]).args(words))
    };
    let passwd = || std::fs::read_to_string(place.path().join("etc/passwd")).unwrap();
    let write = |path: &str, text: &str| {
        let path = place.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("etc/cisco/hostprep.toml", "profile = '/etc/cisco/other.toml'\n");
    expect_error(run(&["deb", "postinst", "configure", ""]), "/etc/cisco/other.toml");
    assert!(!passwd().contains(NAME));

    write("etc/cisco/hostprep.toml", "lang = 'tlh'\n");
    write("var/lib/cisco/faults/faults.json", "{");
    expect_error(run(&["deb", "postinst", "configure", ""]), "/var/lib/cisco/faults/faults.json");
    assert!(passwd().contains(NAME) && place.path().join("opt/cisco").is_dir());
    assert_eq!(std::fs::read_to_string(place.path().join("var/lib/cisco/faults/faults.json")).unwrap(), "{");
    run(&["deb", "prerm", "remove"]).expect_code(0);
    assert!(!passwd().contains(NAME), "removal needs no store");
}

/// Five steps need a kernel; one line says so.
#[test]
fn what_several_steps_lack_is_said_once() {
    let root = ScratchRoot::of("debian-12");
    root.without_kernel();
    let said = hook(&root, &["deb", "postinst", "configure", ""]).expect_code(0).stderr;
    let steps = "kernel, kernel-support, filesystem-monitor, network-monitor, ebpf: no kernel is installed here";
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("no kernel is installed")).collect();
    assert!(lines.len() == 1 && lines[0].contains(steps), "{said}");
}
