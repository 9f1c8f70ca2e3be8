//! `hostprep load-lock` in a chroot: exit codes, messages, and how it unlocks.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use harness::{Run, System, program};

const RECORD: &str = "/var/lib/cisco/hostprep/load-lock.json";

struct Host {
    system: System,
}

impl Host {
    fn new() -> Self {
        let system = System::new("bookworm", &[]);
        system.copy(program::binary(), "/usr/bin/hostprep");
        system.file("/proc/sys/kernel/random/boot_id", "0b0ff8d5-6a6e-4f3b-9d0a-5a1d4c3f2e11\n");
        Self { system }
    }

    fn run(&self, args: &[&str]) -> Run {
        Run::of(self.system.command("/usr/bin/hostprep").args(args))
    }

    fn begin(&self) -> Run {
        self.run(&["load-lock", "begin"])
    }

    fn status(&self) -> Run {
        self.run(&["load-lock", "status"])
    }

    /// Faults 8 and 9 with the reason of the lock.
    fn locked_faults(&self) -> usize {
        let listed = self.run(&["faults", "list", "--format", "json"]).json();
        listed.as_array().unwrap().iter().filter(|fault| fault["reason"] == "load-locked").count()
    }

    fn locked() -> Self {
        let host = Self::new();
        host.begin().expect_code(0);
        host.begin().expect_code(0);
        host.begin().expect_code(5);
        host
    }

    #[track_caller]
    fn expect_functional(&self) {
        let status = self.status().expect_code(0).stdout;
        assert!(status.starts_with("Operational status: functional\n"), "{status}");
        assert_eq!(self.locked_faults(), 0);
    }
}

#[test]
fn two_unclean_loads_lock() {
    let host = Host::new();
    assert!(host.status().expect_code(0).stdout.starts_with("Operational status: functional\nLoad: none\n"));
    assert!(!host.system.at(RECORD).exists(), "looking makes nothing");
    host.begin().expect_code(0);
    assert!(host.status().expect_code(0).stdout.contains("Load: active since 20"));
    host.run(&["load-lock", "end"]).expect_code(0);
    host.begin().expect_code(0);
    host.begin().expect_code(0);
    host.expect_functional();

    let locked = host.begin().expect_code(5);
    assert!(locked.stderr.contains("do not load the kernel component"), "{}", locked.stderr);
    assert_eq!(locked.stderr.lines().count(), 1);
    let status = host.status().expect_code(5).stdout;
    assert!(status.starts_with("Operational status: locked\nLocked since: 20"), "{status}");
    assert!(status.ends_with("hostprep load-lock reset\n"), "{status}");
    let json = host.run(&["load-lock", "status", "--format", "json"]).expect_code(5).json();
    assert_eq!((json["operational_status"].as_str(), json["recent"].as_u64()), (Some("locked"), Some(2)));
    let status = host.run(&["status"]).expect_code(3).stdout;
    assert!(status.starts_with("Faults: 2 Critical\nFault IDs: 8, 9\n"), "{status}");
    assert_eq!(host.run(&["status", "--format", "json"]).json()["operational_status"], "locked");
    let checked = host.run(&["check", "--format", "json"]);
    assert_eq!(checked.step("network-monitor")["reason"], "load-locked");
    let before = host.system.snapshot();
    host.begin().expect_code(5);
    before.expect_untouched(&host.system.snapshot());
}

#[test]
fn a_reset_unlocks() {
    let host = Host::locked();
    assert_eq!(host.locked_faults(), 2);
    host.run(&["load-lock", "reset"]).expect_code(0);
    host.expect_functional();
    host.begin().expect_code(0);
}

/// The document's first way out. RPM and dpkg call these for an upgrade and for a reinstallation.
#[test]
fn an_upgrade_or_reinstallation_unlocks() {
    for hook in [
        &["hook", "deb", "postinst", "configure", "0.1.0-1"][..],
        &["hook", "rpm", "posttrans", "1"],
        &["hook", "rpm", "posttrans", "0", "upgrade"],
    ] {
        let host = Host::locked();
        host.run(hook).expect_code(0);
        host.expect_functional();
        host.begin().expect_code(0);
    }
    let host = Host::locked();
    host.run(&["hook", "deb", "postinst", "triggered", "/usr/bin"]).expect_code(0);
    assert_eq!(host.status().code, Some(5), "the installation of another package does not unlock");
}

/// Its second: the file is removed.
#[test]
fn removing_the_file_unlocks() {
    let host = Host::locked();
    std::fs::remove_file(host.system.at(RECORD)).unwrap();
    assert!(host.status().expect_code(0).stdout.starts_with("Operational status: functional\n"));
    host.begin().expect_code(0);
    host.expect_functional();
}

/// Its third: removed and installed again.
#[test]
fn removal_and_installation_unlock() {
    let host = Host::locked();
    host.run(&["hook", "deb", "prerm", "remove"]).expect_code(0);
    host.expect_functional();
    assert!(!host.system.at(RECORD).exists());
    host.run(&["hook", "deb", "postinst", "configure", ""]).expect_code(0);
    host.expect_functional();
    host.begin().expect_code(0);
}

#[test]
fn damaged_files_lock_or_are_reported() {
    let host = Host::new();
    host.system.file(RECORD, "{");
    let begin = host.begin().expect_code(1);
    assert!(begin.stderr.contains("load-lock.json, line 1") && begin.stderr.contains("load-lock reset"), "{begin:?}");
    assert_eq!(host.locked_faults(), 2);
    assert_eq!(host.run(&["status", "--format", "json"]).expect_code(3).json()["operational_status"], "locked");
    let checked = host.run(&["check", "--format", "json"]).expect_code(3);
    assert_eq!(
        (checked.step("filesystem-monitor")["reason"].as_str(), checked.faults()),
        (Some("load-locked"), vec![5, 8, 9],)
    );
    host.run(&["load-lock", "reset"]).expect_code(0);
    // What only words need stops no guard.
    host.system.file("/etc/cisco/hostprep.toml", "lang = \"tlh\"\n");
    host.run(&["check"]).expect_code(1);
    host.begin().expect_code(0);
    host.run(&["load-lock", "end"]).expect_code(0);

    // Nor does a fault store that cannot be read change the answer.
    host.begin().expect_code(0);
    host.begin().expect_code(0);
    host.system.file("/var/lib/cisco/faults/faults.json", "{");
    let begin = host.begin().expect_code(5);
    assert!(begin.stderr.contains("faults.json, line 1") && begin.stderr.contains("do not load"), "{begin:?}");
    std::fs::remove_file(host.system.at("/proc/sys/kernel/random/boot_id")).unwrap();
    let begin = host.begin().expect_code(1);
    assert!(begin.stderr.contains("mount /proc"), "{begin:?}");
}

/// After a kill at any system call, the record is the old or the new one, and an allowed load is always recorded.
#[test]
fn killed_anywhere_the_record_is_whole() {
    let host = Host::new();
    let file = host.system.at(RECORD);
    let strace = |when: usize| {
        let mut command = harness::Caller::Root.command("strace");
        command.args(["-qq", "-o", "/dev/null", "-e", &format!("inject=all:signal=KILL:when={when}")]);
        command.args(["chroot"]).arg(host.system.at("/")).args(["/usr/bin/hostprep", "load-lock", "begin"]);
        Run::of(&mut command)
    };
    let mut points = 0;
    host.begin().expect_code(0);
    let before = std::fs::read_to_string(&file).unwrap();
    for when in 1.. {
        host.system.file(RECORD, &before);
        let run = strace(when);
        let after = std::fs::read_to_string(&file).unwrap();
        let parsed: serde_json::Value = serde_json::from_str(&after).unwrap_or_else(|e| panic!("call {when}: {e}"));
        let ends = parsed["ends"].as_array().unwrap().len();
        assert!(after == before || ends == 1, "call {when}: {after}");
        assert!(parsed["open"].is_object(), "call {when}: {after}");
        if run.code == Some(0) {
            assert_eq!(ends, 1);
            break;
        }
        points = when;
    }
    assert!(points > 50, "only {points} system calls were met");
}

/// A call that is allowed clears the lock's faults, but not those of a parallel call that locks.
#[test]
fn parallel_calls_leave_faults_that_agree_with_the_lock() {
    let host = Host::new();
    host.begin().expect_code(0);
    let ends =
        || host.run(&["load-lock", "status", "--format", "json"]).json()["ungraceful_ends"].as_array().unwrap().len();
    std::thread::scope(|scope| {
        // One that is slow between its record and the fault store.
        scope.spawn(|| {
            let mut slow = harness::Caller::Root.command("strace");
            slow.args(["-qq", "-o", "/dev/null", "-e", "inject=openat,openat2:delay_enter=60000", "chroot"]);
            Run::of(slow.arg(host.system.at("/")).args(["/usr/bin/hostprep", "load-lock", "begin"])).expect_code(0);
        });
        harness::wait_until("the slow one has recorded", || (ends() > 0).then_some(()));
        host.begin().expect_code(5);
    });
    assert_eq!((host.status().code, host.locked_faults()), (Some(5), 2));
}

#[test]
fn generalize_forgets_what_belongs_to_one_machine() {
    let host = Host::locked();
    host.run(&["repair", "--only", "scan-user"]);
    assert!(host.locked_faults() > 0 && host.system.at(RECORD).exists());
    let before = host.system.snapshot();
    let planned = host.run(&["generalize", "--dry-run"]).expect_code(0).stdout;
    assert!(planned.contains("would run: remove the faults and events in /var/lib/cisco/faults"), "{planned}");
    assert!(planned.contains(&format!("would run: remove {RECORD}")), "{planned}");
    before.expect_untouched(&host.system.snapshot());

    let kept =
        |host: &Host| (host.system.text("/etc/passwd"), host.system.text("/var/lib/cisco/hostprep/journal.json"));
    let prepared = kept(&host);
    host.run(&["generalize"]).expect_code(0);
    assert_eq!(kept(&host), prepared, "what prepared the system stays");
    assert!(!host.system.at(RECORD).exists());
    assert_eq!(host.run(&["faults", "history"]).expect_code(0).stdout, "");
    assert_eq!(host.run(&["generalize"]).expect_code(0).stdout, "Nothing to forget.\n");
    host.status().expect_code(0);
    host.begin().expect_code(0);
}
