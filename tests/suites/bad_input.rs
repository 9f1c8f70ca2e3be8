//! hostprep's own input that it cannot use is refused in one line with file, line number and fix; nothing changes. A file of the
//! host that it cannot use leaves unknown what depends on it, and nothing else.

#![allow(clippy::disallowed_methods, reason = "the tests arrange the world around the program")]

use std::process::{Command, Stdio};
use std::time::Duration;

use harness::{Run, ScratchRoot, program, setup};

/// Runs `args` and expects an error that says all of `words`, in two lines at most, with nothing changed.
#[track_caller]
fn expect_refused(root: &ScratchRoot, args: &[&str], code: i32, words: &[&str]) {
    let before = root.snapshot();
    let run = root.hostprep(args).expect_code(code);
    assert!(run.stderr.lines().count() <= 2, "{}", run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "{word:?} is not in: {}", run.stderr);
    }
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    before.expect_untouched(&root.snapshot());
}

#[test]
fn a_malformed_configuration() {
    let root = ScratchRoot::of("debian-12");
    root.file("/etc/cisco/hostprep.toml", "lang = 'en'\nskip = 'kernel'\n");
    expect_refused(&root, &["repair"], 1, &["etc/cisco/hostprep.toml, line 2", "profile, skip, lang"]);
}

/// Repairs `root` and expects that only `steps` are unknown, each with all of `words`, and that the rest is repaired.
#[track_caller]
fn expect_unknown(root: &ScratchRoot, steps: &[&str], words: &[&str]) {
    let before = root.snapshot();
    let checked = root.hostprep(&["check", "--format", "json"]);
    before.expect_untouched(&root.snapshot());
    let repaired = root.hostprep(&["repair", "--format", "json"]).expect_code(4);
    assert_eq!(repaired.faults(), [0; 0]);
    for run in [&checked, &repaired] {
        let unknown: Vec<String> =
            run.outcomes().iter().filter_map(|outcome| Some(outcome.strip_suffix("=unknown")?.to_owned())).collect();
        assert_eq!(unknown, steps, "{}", run.stdout);
        for step in steps {
            let step = run.step(step);
            let detail = step["detail"].as_str().unwrap_or_default();
            assert!(words.iter().all(|word| detail.contains(word)), "{detail}");
            assert!(!detail.contains(&*root.path().to_string_lossy()), "as the root sees it: {detail}");
        }
    }
    assert!(root.at("/opt/cisco").is_dir(), "the rest is repaired");
    let user = root.text("/etc/passwd").contains("\ncisco-amp-scan-svc:");
    assert!(user || steps.contains(&"scan-user"), "the rest is repaired");
}

#[test]
fn a_file_that_cannot_be_used_leaves_the_rest() {
    let root = ScratchRoot::of("debian-12");
    root.kernel("6.1.0-18-amd64", true).remove("/etc/os-release");
    root.dir("/etc/os-release", 0o755);
    expect_unknown(&root, &["kernel-support", "filesystem-monitor", "network-monitor", "ebpf"], &["/etc/os-release: "]);
    let root = ScratchRoot::of("debian-12");
    root.file("/etc/login.defs", b"UMASK 022\nUSERGROUPS_ENAB n\0o\n");
    expect_unknown(&root, &["scan-user"], &["/etc/login.defs, line 2"]);
    let root = ScratchRoot::of("debian-12");
    root.add_account("passwd", "cisco-amp-scan-svc:x:many:777::/:/bin/sh");
    let lines = root.text("/etc/passwd").lines().count();
    expect_unknown(&root, &["scan-user"], &[&format!("/etc/passwd, line {lines}"), "vipw"]);
    for (config, line) in [
        (&b"SELINUX=enforcing\nSELINUXTYPE=../../etc\n"[..], "/etc/selinux/config, line 2"),
        (b"# caf\xe9\nSELINUX=enforcing\nSELINUXTYPE=default\n", "/etc/selinux/config, line 1"),
    ] {
        let root = ScratchRoot::of("debian-12");
        root.file("/etc/selinux/config", config);
        expect_unknown(&root, &["selinux-module"], &[line]);
    }
}

#[test]
fn a_fault_store_that_is_damaged_or_newer() {
    for (content, words) in [
        ("{\"schema\":1,\n\"sequence\":", &["faults.json", "line 2"][..]),
        ("{\"schema\":7,\"sequence\":1,\"faults\":[]}", &["faults.json", "7"]),
    ] {
        let root = ScratchRoot::of("debian-12");
        root.file("/var/lib/cisco/faults/faults.json", content);
        for args in
            [&["repair"][..], &["status"], &["faults", "list"], &["faults", "raise", "5"], &["faults", "clear", "5"]]
        {
            expect_refused(&root, args, 1, words);
        }
    }
}

#[test]
fn things_in_place_of_login_defs_do_not_block() {
    let root = ScratchRoot::of("debian-12");
    root.remove("/etc/login.defs");
    nix::unistd::mkfifo(&root.at("/etc/login.defs"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    expect_unknown(&root, &["scan-user"], &["/etc/login.defs"]);
}

#[test]
fn calls_that_make_no_sense() {
    let root = ScratchRoot::of("debian-12");
    for (args, words) in [
        (
            &["repair", "--only", "users"][..],
            &["scan-user", "directories", "selinux-tools", "selinux-module", "kernel"][..],
        ),
        (&["faults", "show", "12"], &["there is no fault 12", "5", "11", "19"]),
        (&["explain", "headers-missing"], &["headers-missing is a reason of fault 11; give a fault's number"]),
        (&["explain", "lockdown"], &["a reason of fault 8, 9; "]),
        (&["faults", "raise", "18", "--reason", ""], &["a value is required for '--reason"]),
        (&["explain", "nothing"], &["there is no fault nothing; the faults are 5"]),
        (&["status", "--lang", "tlh"], &["tlh", "en"]),
        (&["hook", "rpm", "preun", "remove"], &["`remove` is not a count"]),
        (&["hook", "rpm", "build", "1"], &["posttrans"]),
        (&["hook", "deb", "postinst", "1"], &["`1`"]),
    ] {
        let before = root.snapshot();
        let run = root.hostprep(args).expect_code(2);
        for word in words {
            assert!(run.stderr.contains(word), "{word:?} is not in: {}", run.stderr);
        }
        before.expect_untouched(&root.snapshot());
    }
}

#[test]
fn a_root_that_is_not_one() {
    let place = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/", place.path().join("link")).unwrap();
    std::fs::write(place.path().join("file"), "").unwrap();
    for (name, word) in [("link", "own root"), ("file", "ot a directory"), ("missing", "No such file"), ("", "no etc")]
    {
        let path = place.path().join(name);
        let run = program::run_hostprep(["repair".as_ref(), "--root".as_ref(), path.as_os_str()]).expect_code(2);
        assert!(run.stderr.contains(word) && run.stderr.lines().count() == 1, "{name}: {}", run.stderr);
    }
}

#[test]
fn profiles_that_must_not_be_used() {
    let good = std::fs::read_to_string(setup::top().join("profile.toml")).unwrap();
    let root = ScratchRoot::of("debian-12");
    for (from, to, word) in [
        ("path = \"/opt/cisco\"", "path = \"/\"", "\"/\" cannot be used"),
        ("path = \"/opt/cisco\"", "path = \"/opt/../etc/ssh\"", "without `..`"),
        ("path = \"/opt/cisco\"", "path = \"/etc\"", "\"/etc\" cannot be used"),
        ("path = \"/opt/cisco\"", "path = \"opt/cisco\"", "\"opt/cisco\" cannot be used"),
        ("mode = \"0755\"", "mode = \"0777\"", "let others write"),
        ("name = \"cisco-amp-scan-svc\"", "name = \"-rf\"", "cannot be a user name"),
        ("name = \"cisco-secure-bpf\"", "name = \"../x\"", "name"),
        ("domain = \"unconfined_service_t\"", "domain = \"a_t self:file *; allow b_t\"", "domain"),
        ("priority = 300", "priority = 0", "priority"),
        ("priority = 300", "priority = \"x\"", "line "),
        ("schema = 1", "schema = 2", "schema 2"),
        ("title", "titel", "titel"),
    ] {
        assert!(good.contains(from), "{from}");
        let profile = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(profile.path(), good.replacen(from, to, 1)).unwrap();
        let path = profile.path().to_str().unwrap();
        expect_refused(&root, &["repair", "--profile", path], 1, &[path, word]);
    }
}

#[test]
fn an_ordinary_user_may_check_and_changes_need_root() {
    let root = ScratchRoot::of("debian-12");
    root.policy_store().dir("/opt/cisco", 0o755).mode("/var/lib/selinux/default", 0o700);
    let before = root.snapshot();
    let run = root.hostprep_as_ordinary_user(&["repair"]).expect_code(1);
    assert!(run.stderr.contains("needs root") && run.stderr.lines().count() == 1, "{}", run.stderr);
    for command in [&["remove"][..], &["faults", "raise", "5"], &["policy", "install"], &["policy", "remove"]] {
        root.hostprep_as_ordinary_user(command).expect_code(1);
    }
    if harness::need_root() {
        let check = root.hostprep_as_ordinary_user(&["check", "--format", "json"]).expect_code(3);
        assert_eq!(check.step("selinux-module")["outcome"], "fault", "the compiled policy is for everyone to read");
        assert_eq!(check.step("scan-user")["outcome"], "fault");
    }
    before.expect_untouched(&root.snapshot());
}

/// As systemd reads it.
#[test]
fn a_line_of_os_release_that_is_no_assignment_is_passed_over() {
    for bad in ["this is no assignment", "<<<<<<< HEAD", "NAME='open", "NAME=\u{1}"] {
        let root = ScratchRoot::of("debian-12");
        root.file("/etc/os-release", format!("VERSION_ID=12\nID=debian\n{bad}\n"));
        let run = root.hostprep(&["check", "--only", "directories", "--format", "json"]).expect_code(3);
        assert_eq!(run.json()["host"]["family"], "debian", "{bad}");
        root.hostprep(&["repair"]).expect_code(0);
    }
    let root = ScratchRoot::of("debian-12");
    root.file("/etc/os-release", b"NAME=\"Caf\xe9\"\nID=debian\n");
    let run = root.hostprep(&["check", "--only", "directories", "--format", "json"]).expect_code(3);
    assert_eq!(run.json()["host"]["family"], "debian");
}

#[test]
fn an_unknown_distribution_gets_no_guess() {
    let root = ScratchRoot::of("alpine-3.20");
    root.kernel("6.6.1-0-lts", false);
    let run = root.hostprep(&["check", "--only", "kernel", "--format", "json"]).expect_code(3);
    assert_eq!(run.json()["host"]["family"], "unknown");
    let remedy = run.step("kernel")["remedy"][0].as_str().unwrap().to_owned();
    assert!(remedy.starts_with('#') && remedy.contains("6.6.1-0-lts"), "{remedy}");
}

#[test]
fn another_hostprep_at_work_is_waited_for() {
    let root = ScratchRoot::of("debian-12");
    root.dir("/run/cisco", 0o755).file("/run/cisco/hostprep.lock", "");
    let mut holder = Command::new("flock")
        .arg(root.at("/run/cisco/hostprep.lock"))
        .args(["sh", "-c", "echo held; read -r word"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Its first line says that it has the lock.
    std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut [0; 5]).unwrap();
    let mut repair = Command::new(program::binary());
    let mut repair = repair.args(root.args(&["repair"])).stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(repair.try_wait().unwrap().is_none(), "it did not wait");
    drop(holder.stdin.take());
    holder.wait().unwrap();
    let status = harness::wait_until("it goes on", || repair.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let root = ScratchRoot::of("debian-12");
    let mut command = harness::Caller::Root.command("sh");
    command.args(["-c", "\"$@\" | true", "sh"]).arg(program::binary()).args(root.args(&["check"]));
    let run = Run::of(&mut command).expect_code(0);
    assert_eq!(run.stderr, "");
}
