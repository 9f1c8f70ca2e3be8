//! Tests of the tests' own tools.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness::bench::report::Report;
use harness::bench::{Size, roots};
use harness::snapshot::Compare;
use harness::{Caller, Run, ScratchRoot, Snapshot, Trace, login_defs, setup};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

#[test]
fn an_untouched_tree_shows_no_difference() {
    let root = ScratchRoot::of("debian-12");
    root.dir("/opt/cisco", 0o700).link("/opt/link", "cisco").login_defs(&login_defs::real());
    let before = root.snapshot();
    // Reading does not count as a change.
    let _ = root.text("/etc/login.defs");
    before.expect_untouched(&root.snapshot());
    assert!(before.paths().any(|path| path == Path::new("/etc/login.defs")));
}

#[test]
fn every_change_of_a_tree_is_seen() {
    type Change = fn(&ScratchRoot);
    let changes: &[(&str, Change)] = &[
        ("+ /etc/new (file 644 ", |root| _ = root.file("/etc/new", "")),
        ("- /etc/group (file 644 ", |root| _ = root.remove("/etc/group")),
        ("~ /opt/cisco: mode 700 → 755\n", |root| _ = root.mode("/opt/cisco", 0o755)),
        ("~ /etc/login.defs: line 1 \"one\\n\" → \"two\\n\"\n", |root| {
            let path = root.at("/etc/login.defs");
            let modified = fs::metadata(&path).unwrap().modified().unwrap();
            fs::write(&path, "two\n").unwrap();
            fs::File::options().append(true).open(&path).unwrap().set_modified(modified).unwrap();
        }),
        ("~ /etc/login.defs: modified 1709210096.123456789 → ", |root| {
            let file = fs::File::options().append(true).open(root.at("/etc/login.defs")).unwrap();
            file.set_modified(std::time::UNIX_EPOCH + Duration::new(1_709_210_096, 123_456_788)).unwrap();
        }),
        ("~ /etc/login.defs: inode ", |root| {
            fs::rename(root.at("/etc/login.defs"), root.at("/etc/old")).unwrap();
            fs::copy(root.at("/etc/old"), root.at("/etc/login.defs")).unwrap();
            fs::remove_file(root.at("/etc/old")).unwrap();
        }),
        ("~ /opt/link: content cisco → elsewhere\n", |root| {
            _ = root.remove("/opt/link").link("/opt/link", "elsewhere")
        }),
        ("~ /etc/passwd: type file → link\n", |root| _ = root.remove("/etc/passwd").link("/etc/passwd", "group")),
        ("~ /etc/passwd: links 1 → 2\n", |root| fs::hard_link(root.at("/etc/passwd"), root.at("/etc/hard")).unwrap()),
    ];
    for (expected, change) in changes {
        let root = ScratchRoot::of("debian-12");
        root.dir("/opt/cisco", 0o700).link("/opt/link", "cisco").login_defs("one\n");
        let before = root.snapshot();
        change(&root);
        let difference = before.difference(&root.snapshot(), Compare::Everything);
        assert!(difference.contains(expected), "{expected:?} is not in\n{difference}");
    }
}

#[test]
fn a_changed_attribute_is_seen() {
    let root = ScratchRoot::of("debian-12");
    let path = root.at("/etc/login.defs");
    if xattr::set(&path, "user.hostprep-test", b"one").is_err() {
        return; // Not on this file system.
    }
    let before = root.snapshot();
    xattr::set(&path, "user.hostprep-test", b"two").unwrap();
    let difference = before.difference(&root.snapshot(), Compare::Everything);
    assert!(difference.contains("~ /etc/login.defs: attributes {\"user.hostprep-test\": \"one\"} → "), "{difference}");
}

#[test]
fn the_same_tree_made_twice_is_the_same_tree() {
    let make = || {
        let root = ScratchRoot::of("rocky-9");
        root.dir("/opt/cisco", 0o700).kernel("5.14.0", false);
        root
    };
    let (one, other) = (make(), make());
    assert_eq!(one.snapshot().difference(&other.snapshot(), Compare::SameTree), "");
    assert_ne!(one.snapshot().difference(&other.snapshot(), Compare::Everything), "");
    other.file("/var/log/cisco/hostprep.log", "");
    assert_ne!(one.snapshot().difference(&other.snapshot(), Compare::SameTree), "");
    let without = other.snapshot().without(&["/var"]);
    assert_eq!(one.snapshot().difference(&without, Compare::SameTree), "");
}

#[test]
fn a_snapshot_of_a_file_and_of_special_files() {
    let root = ScratchRoot::of("debian-12");
    let fifo = root.at("/etc/fifo");
    setup::run(Command::new("mkfifo").arg(&fifo));
    let before = Snapshot::of(&fifo);
    before.expect_untouched(&Snapshot::of(&fifo));
}

fn trace(script: &str) -> Trace {
    Trace::of(Path::new("/bin/sh"), ["-c", script])
}

#[test]
fn a_trace_shows_what_was_started() {
    let seen = trace("/bin/true; /bin/echo said; /no/such/program; exit 3");
    let names: Vec<_> = seen.started.iter().map(|path| path.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["true", "echo"], "{seen:?}");
    assert!(seen.forks >= 2, "{seen:?}");
    assert_eq!((seen.run.code, seen.run.stdout.as_str()), (Some(3), "said\n"));

    let seen = trace("read line </etc/passwd; echo \"$line\"");
    assert!(seen.started.is_empty() && seen.forks == 0 && seen.changes.is_empty(), "{seen:?}");
}

#[test]
fn a_trace_shows_what_was_changed() {
    let root = ScratchRoot::of("debian-12");
    let at = |path: &str| root.at(path).display().to_string();
    for (script, call) in [
        (format!("echo x >{}", at("/etc/new")), "openat("),
        (format!("echo x >>{}", at("/etc/passwd")), "openat("),
        (format!("chmod 600 {}", at("/etc/group")), "fchmodat"),
        (format!("mv {} {}", at("/etc/group"), at("/etc/moved")), "renameat"),
        (format!("rm {}", at("/etc/gshadow")), "unlinkat("),
        (format!("mkdir {}", at("/etc/dir")), "mkdir("),
        (format!("(cd {}; (touch below) & wait)", at("/etc")), "openat("),
    ] {
        let seen = trace(&script);
        assert!(seen.changes.iter().any(|line| line.starts_with(call)), "{script}: {seen:?}");
    }
    // What fails changes nothing, and neither does what goes to a device.
    let seen = trace(&format!("echo x >/dev/null; rmdir {}; echo x >{}/not/there", at("/etc"), at("/")));
    assert!(seen.changes.is_empty(), "{seen:?}");
}

#[test]
fn every_login_defs_is_another() {
    let all: Vec<_> = login_defs::restrictive().into_iter().chain(login_defs::permissive()).collect();
    let texts: HashSet<_> = all.iter().map(|(_, text)| text).collect();
    assert_eq!(texts.len(), all.len());
}

/// The reason for the window in login.defs, seen with the real `useradd`.
#[test]
fn useradd_makes_a_group_of_its_own_only_where_login_defs_says_yes() {
    let made_in = |login_defs: &str| {
        let root = ScratchRoot::of("debian-12");
        root.login_defs(login_defs);
        let mut useradd = Caller::Root.command("useradd");
        useradd.arg("--prefix").arg(root.path()).args(["--system", "--no-create-home", "cisco-amp-scan-svc"]);
        Run::of(&mut useradd).expect_code(0);
        assert!(root.account("passwd", "cisco-amp-scan-svc").is_some());
        root.account("group", "cisco-amp-scan-svc").is_some()
    };
    for (name, text) in login_defs::permissive() {
        assert!(made_in(&text), "{name}");
    }
    for (name, text) in login_defs::restrictive() {
        assert!(!made_in(&text), "{name}");
    }
}

#[test]
fn a_root_has_its_own_copy_of_the_real_policy_store() {
    let whole = ScratchRoot::of("debian-12");
    assert!(whole.whole_policy_store().modules().len() > 100);
    let root = ScratchRoot::of("debian-12");
    root.policy_store().file("/probe.cil", "(type hostprep_probe_t)");
    assert!(root.modules().contains(&"100 base pp".into()), "{:?}", root.modules());
    let store = setup::policy_stores();
    let kept = Snapshot::of(store);

    let mut semodule = Caller::Root.command("semodule");
    semodule.arg("-p").arg(root.path()).args(["-n", "-s", &root.policy_type(), "-X", "300", "-i"]);
    Run::of(semodule.arg(root.at("/probe.cil"))).expect_code(0);
    assert!(root.modules().contains(&"300 probe cil".into()), "{:?}", root.modules());
    kept.expect_untouched(&Snapshot::of(store));
}

#[test]
fn a_chroot_is_a_system_of_its_own() {
    let place = setup::chroot("bookworm", &[]);
    let mut command = Caller::Root.command("chroot");
    let run = Run::of(command.arg(place.path()).args(["/bin/sh", "-c", "dpkg-query -W -f '${Status}' passwd; id -u"]));
    assert_eq!(run.expect_code(0).stdout, "install ok installed0\n");
}

/// cargo's own message for a compiler that does not know the edition is four lines about features.
#[test]
fn a_rust_that_is_too_old_gets_one_clear_line() {
    let place = setup::open_tempdir();
    let rustc = place.path().join("rustc");
    let list = |version: &str| {
        setup::executable(&rustc, format!("#!/bin/sh\necho 'rustc {version} (0123456789 2024-07-21)'\n"));
        let path = std::env::join_paths([place.path(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
        let script = setup::top().join("tests/setup/install-build-needs.sh");
        Run::of(Command::new("sh").arg(script).args(["--for", "demo", "--list"]).env("PATH", path))
    };
    let old = list("1.80.0").expect_code(1);
    assert_eq!(
        (old.stdout.as_str(), old.stderr.as_str()),
        ("", "install-build-needs: Rust 1.80.0 is too old; hostprep needs 1.88 or later: rustup update stable\n")
    );
    for enough in ["1.88.0", "1.100.0", "2.0.0-nightly"] {
        list(enough).expect_code(0);
    }
}

/// `tests/Cargo.toml` lists the suites, since they are not in Cargo's default folder: one that it does not list never runs.
#[test]
fn every_suite_is_built_and_described() {
    let tests = setup::top().join("tests");
    let [manifest, readme] = ["Cargo.toml", "README.md"].map(|name| fs::read_to_string(tests.join(name)).unwrap());
    let mut count = 0;
    for entry in fs::read_dir(tests.join("suites")).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let source = if file.is_dir() { format!("{name}/main.rs") } else { format!("{name}.rs") };
        let listed = format!("[[test]]\nname = \"{name}\"\npath = \"suites/{source}\"\n");
        assert!(manifest.contains(&listed), "tests/Cargo.toml does not list {name}");
        assert!(readme.contains(&format!("\n| `{name}` | ")), "the table in tests/README.md has no row for {name}");
        count += 1;
    }
    assert!(count > 10, "found only {count} suites");
}

/// A script as a test program, and cargo's message about it.
fn test_program(place: &Path, name: &str, script: &str) -> serde_json::Value {
    let path = place.join(name);
    setup::executable(&path, format!("#!/bin/sh\n{script}\n"));
    serde_json::json!({
        "reason": "compiler-artifact",
        "manifest_path": setup::top().join("tests/Cargo.toml"),
        "target": {"kind": ["test"], "name": name},
        "profile": {"test": true},
        "executable": path,
    })
}

fn finished(success: bool) -> serde_json::Value {
    serde_json::json!({"reason": "build-finished", "success": success})
}

/// `run-programs.py` on these messages of cargo.
fn run_programs(place: &Path, options: &[&str], messages: &[serde_json::Value]) -> Command {
    let list = place.join("list");
    fs::write(&list, messages.iter().map(|message| format!("{message}\n")).collect::<String>()).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "list=$1; shift; exec \"$@\" <\"$list\"", "sh"]).arg(list);
    command.arg(setup::top().join("tests/setup/run-programs.py")).args(options);
    command.arg("--output").arg(place.join("output"));
    command
}

/// `make test` runs what cargo built, the longest first, and fails if one of it does.
#[test]
fn test_programs_run_the_longest_first_and_a_failed_one_is_shown() {
    let place = setup::open_tempdir();
    let play = |messages: &[serde_json::Value]| Run::of(&mut run_programs(place.path(), &["--at-once", "1"], messages));
    let short = test_program(place.path(), "boot", "pwd");
    let long = test_program(place.path(), "torture", "echo said by torture; exit 3");

    let run = play(&[short.clone(), long, finished(true)]).expect_code(1);
    let position = |text: &str| run.stdout.find(text).unwrap_or_else(|| panic!("{text}: {run:?}"));
    assert!(position("1/2 FAILED torture, ") < position("2/2 ok     boot, "), "{run:?}");
    assert!(position("said by torture") < position("==== torture ended with 3"), "{run:?}");
    assert!(run.stderr.contains("1 of 2 failed: torture"), "{run:?}");
    let said = fs::read_to_string(place.path().join("output/boot.txt")).unwrap();
    assert_eq!(said.trim_end(), setup::top().join("tests").to_str().unwrap());

    play(&[short.clone(), finished(true)]).expect_code(0);
    for unfinished in [vec![short.clone()], vec![short, finished(false)], vec![finished(true)]] {
        let run = play(&unfinished).expect_code(1);
        assert!(run.stderr.contains("cargo failed, or built no test program"), "{run:?}");
    }
}

/// The processes of a session that have not ended.
fn in_session(session: i32) -> Vec<String> {
    let stats =
        fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read_to_string(entry.unwrap().path().join("stat")).ok());
    let is_there = |stat: &String| {
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[3] == session.to_string() && fields[0] != "Z"
    };
    stats.filter(is_there).collect()
}

/// A stopped `make test` leaves nothing behind, also of a program that takes no notice, in another process group.
#[test]
fn a_signal_ends_all_test_programs_and_what_they_started() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let place = setup::open_tempdir();
        let at = |name: &str| place.path().join(name);
        let program = |name: &str, script: &str| {
            let (ready, new) = (at(&format!("{name}.pid")), at(&format!("{name}.new")));
            let ready = format!("echo $$ >'{}'; mv '{}' '{}'", new.display(), new.display(), ready.display());
            test_program(place.path(), name, &script.replace("READY", &ready))
        };
        let polite =
            format!("trap 'echo ended >\"{}\"; exit' TERM INT HUP\nsleep 600 &\nREADY; wait", at("word").display());
        let messages = [
            program("polite", &polite),
            program("stubborn", "trap '' TERM INT HUP\ntimeout 600 sleep 600 &\nREADY; while :; do sleep 1; done"),
            program("waiting", "READY"),
            finished(true),
        ];
        // On a busy machine a shell needs more than a second for its trap.
        let mut command = run_programs(place.path(), &["--at-once", "2", "--grace", "8"], &messages);
        let mut started = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let session = |name: &str| {
            let limit = Instant::now() + Duration::from_secs(60);
            loop {
                match fs::read_to_string(at(&format!("{name}.pid"))) {
                    Ok(pid) => return pid.trim().parse::<i32>().unwrap(),
                    Err(e) => assert!(Instant::now() < limit, "{name}: {e}"),
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        };
        let sessions = ["polite", "stubborn"].map(session);
        for session in sessions {
            assert!(!in_session(session).is_empty(), "not in a session of its own");
        }
        kill(Pid::from_raw(i32::try_from(started.id()).unwrap()), signal).unwrap();
        let code = started.wait().unwrap().code();
        let left: Vec<String> = sessions.into_iter().flat_map(in_session).collect();
        // Before anything fails, so that nothing stays.
        for stat in &left {
            let _ = kill(Pid::from_raw(stat.split(' ').next().unwrap().parse().unwrap()), Signal::SIGKILL);
        }
        assert_eq!((code, left), (Some(128 + signal as i32), vec![]), "{signal}");
        assert!(at("word").is_file(), "{signal} is passed on");
        assert!(!at("waiting.pid").exists(), "nothing starts any more");
    }
}

/// Has `Running.end` of `run-programs.py` end these processes, pairs of number and parent, and prints in which order it does.
const END_PROCESSES: &str = r"
import importlib.machinery, importlib.util, json, pathlib, shutil, sys
loader = importlib.machinery.SourceFileLoader('run_programs', sys.argv[1])
module = importlib.util.module_from_spec(importlib.util.spec_from_loader('run_programs', loader))
loader.exec_module(module)
module.PROC, order = pathlib.Path(sys.argv[2]), []
for number, parent in json.loads(sys.argv[3]):
    directory = module.PROC / str(number)
    directory.mkdir()
    (directory / 'stat').write_text(f'{number} (a ) b) S {parent} 1 77 0')
def kill(number, signal):
    order.append(number)
    shutil.rmtree(module.PROC / str(number))
module.os.kill = kill
running = module.Running()
running.sessions['one'] = 77
running.end(15, 10)
print(order)
";

/// If its child dies first, a shell may end before its own signal arrives. Process numbers wrap around, so they give no order.
#[test]
fn a_signal_goes_to_a_process_before_its_children() {
    let script = setup::top().join("tests/setup/run-programs.py");
    for processes in [
        vec![[8, 9], [9, 2], [11, 8]],
        vec![[3, 32767], [32767, 1], [5, 3], [4, 5]],
        vec![[16, 1], [7, 16]],
        vec![[6, 7], [7, 16], [16, 1]],
        // A number was reused while /proc was read.
        vec![[20, 10], [10, 20]],
    ] {
        let proc = setup::open_tempdir();
        let list = serde_json::to_string(&processes).unwrap();
        let mut python = Command::new("python3");
        python.args(["-B", "-c", END_PROCESSES]).arg(&script).arg(proc.path()).arg(list);
        let order: Vec<i32> = serde_json::from_str(&Run::of(&mut python).expect_code(0).stdout).unwrap();
        let position = |process: i32| order.iter().position(|it| *it == process);
        assert_eq!(order.len(), processes.len(), "{order:?}");
        let is_circle = processes.contains(&[20, 10]);
        for [process, parent] in processes {
            assert!(is_circle || position(parent) < position(process), "{order:?}: {process} before {parent}");
        }
    }
}

#[test]
fn the_benchmark_prepares_many_roots() {
    let mut report = Report::default();
    roots::measure(Size { runs: 1, roots: 1 }, &mut report);
    let tables = report.markdown();
    assert!(tables.contains("1 roots in a row"), "{tables}");
}
