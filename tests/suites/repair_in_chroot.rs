//! Repair, hooks and removal on `/` itself, in a small Debian chroot, as root and as an ordinary user.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use harness::snapshot::Compare;
use harness::{Caller, Run, Snapshot, System, program};

struct Host {
    system: System,
}

impl Host {
    fn new() -> Self {
        Self::with("bookworm", &[])
    }

    fn with(name: &str, packages: &[&str]) -> Self {
        let system = System::new(name, packages);
        system.copy(program::binary(), "/usr/bin/hostprep");
        Self { system }
    }

    fn run(&self, args: &[&str]) -> Run {
        Run::of(self.system.command("/usr/bin/hostprep").args(args))
    }

    fn run_as_ordinary_user(&self, args: &[&str]) -> Run {
        let mut command = Caller::Root.command("chroot");
        command.arg("--userspec=65534:65534").arg(self.system.at("/")).arg("/usr/bin/hostprep");
        Run::of(command.args(args))
    }
}

#[test]
fn repair_and_remove() {
    let host = Host::new();
    let fresh = host.system.snapshot();
    let login_defs = Snapshot::of(&host.system.at("/etc/login.defs"));
    assert_eq!(host.run(&["check", "--format", "json"]).expect_code(3).faults(), [5]);
    fresh.expect_untouched(&host.system.snapshot());
    let explained = host.run(&["explain", "19"]).expect_code(0).stdout;
    assert!(explained.contains("\n  1. Install policycoreutils-python-utils"), "{explained}");

    let run = host.run(&["repair", "--format", "json"]);
    assert!(run.faults().is_empty(), "{run:?}");
    assert!(host.system.text("/etc/group").contains("\ncisco-amp-scan-svc:"));
    login_defs.expect_untouched(&Snapshot::of(&host.system.at("/etc/login.defs")));

    let prepared = host.system.snapshot();
    assert!(host.run(&["repair", "--format", "json"]).faults().is_empty());
    prepared.expect_untouched(&host.system.snapshot());

    host.run(&["remove"]).expect_code(0);
    // What useradd and userdel keep of the files that they change, and our log.
    let kept =
        ["/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/subuid-", "/etc/subgid-", "/var/log"];
    let difference = fresh.without(&kept).difference(&host.system.snapshot().without(&kept), Compare::SameTree);
    let difference: Vec<_> = difference.lines().filter(|line| !line.contains("/var/lib/cisco")).collect();
    assert!(difference.is_empty(), "{difference:#?}");
}

#[test]
fn an_ordinary_user_may_look_and_change_nothing() {
    if !harness::need_root() {
        return; // A user namespace with one user has no other to be.
    }
    let host = Host::new();
    let fresh = host.system.snapshot();
    let checked = host.run_as_ordinary_user(&["check", "--format", "json"]);
    assert!(matches!(checked.code, Some(3 | 4)), "{checked:?}");
    assert!(!checked.json()["steps"].as_array().unwrap().is_empty());
    for args in [&["repair"][..], &["remove"], &["faults", "raise", "5"], &["policy", "install"]] {
        let run = host.run_as_ordinary_user(args);
        assert_eq!(run.code, Some(1), "{args:?}: {run:?}");
        assert!(run.stderr.contains("root") && run.stderr.lines().count() <= 2, "{args:?}: {}", run.stderr);
    }
    fresh.expect_untouched(&host.system.snapshot());
}

#[test]
fn hooks_exit_0_and_prepare() {
    for hook in [&["hook", "rpm", "post", "1"][..], &["hook", "deb", "postinst", "configure"]] {
        let host = Host::new();
        host.run(hook).expect_code(0);
        assert!(host.system.text("/etc/group").contains("\ncisco-amp-scan-svc:"), "{hook:?}");
        let last =
            if hook[1] == "rpm" { &["hook", "rpm", "preun", "0"][..] } else { &["hook", "deb", "prerm", "remove"] };
        host.run(last).expect_code(0);
    }
    let host = Host::new();
    for nonsense in [&["hook", "rpm", "post"][..], &["hook", "deb", "nonsense"], &["hook", "rpm", "post", "many"]] {
        assert_ne!(host.run(nonsense).code, Some(0), "{nonsense:?}");
    }
}

#[test]
fn with_selinux_the_module_is_made_ready_for_the_boot_to_come() {
    let host = Host::with("bookworm-selinux", &["policycoreutils", "checkpolicy", "semodule-utils"]);
    host.system.policy_store();
    let dry = host.run(&["repair", "--dry-run"]).expect_code(3).stdout;
    assert!(dry.contains("semodule -n -s default -X 300 -i /opt/cisco/hostprep/policy/cisco-secure-bpf.pp"), "{dry}");

    host.run(&["hook", "deb", "postinst", "configure"]).expect_code(0);
    let run = host.run(&["check", "--format", "json"]).expect_code(4);
    assert_eq!(run.step("selinux-module")["outcome"], "deferred", "nothing is in force in a chroot");
    let listed = || host.system.run("semodule -s default -lfull").expect_code(0).stdout;
    assert!(listed().contains("300 cisco-secure-bpf"), "{}", listed());
    let log = host.system.text("/var/log/cisco/hostprep.log");
    assert!(log.contains("ran in ") && log.contains(": semodule -n -s default -X 300"), "{log}");
    assert!(log.contains("starting deb postinst (configure)") && log.contains("done deb postinst"), "{log}");

    let prepared = host.system.snapshot();
    assert_eq!(host.run(&["repair", "--format", "json"]).expect_code(4).step("selinux-module")["outcome"], "deferred");
    prepared.expect_untouched(&host.system.snapshot());

    host.run(&["hook", "deb", "prerm", "remove"]).expect_code(0);
    assert!(!listed().contains("cisco"), "{}", listed());
}

/// Reads syslog's socket in a system until `last` comes: what was written there, a message each.
fn syslog_until(socket: &UnixDatagram, last: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let mut buffer = [0; 8192];
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    while !messages.last().is_some_and(|message: &String| message.contains(last)) {
        let length = socket.recv(&mut buffer).unwrap_or_else(|e| panic!("{last:?} did not come: {e}: {messages:#?}"));
        messages.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
    }
    messages
}

#[test]
fn actions_are_in_syslog_and_in_the_log_file() {
    let host = Host::new();
    let path = host.system.at("/dev/log");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let socket = UnixDatagram::bind(&path).unwrap();
    // Read meanwhile: the kernel holds only a few messages.
    let reader = std::thread::spawn(move || (syslog_until(&socket, "done deb postinst"), socket));
    host.run(&["hook", "deb", "postinst", "configure", ""]).expect_code(0);
    let (mut messages, socket) = reader.join().unwrap();
    // useradd has its own to say.
    messages.retain(|message| !message.contains(" useradd["));

    let file = host.system.text("/var/log/cisco/hostprep.log");
    let says = |text: &str| {
        let message = messages.iter().find(|message| message.contains(text));
        let message = message.unwrap_or_else(|| panic!("no {text:?} in {messages:#?}"));
        assert!(file.contains(text), "no {text:?} in {file}");
        message.clone()
    };
    // <PRIORITY>: facility daemon is 3 * 8, then info is 6 and warning 4 (RFC 5424, 6.2.1).
    assert!(says("starting deb postinst (configure").starts_with("<30>"), "{messages:#?}");
    assert!(says("done deb postinst (configure").starts_with("<30>"), "{messages:#?}");
    says("scan-user: changed");
    says(": useradd --system");
    for message in &messages {
        let (head, text) = message.split_once("]: ").unwrap_or_else(|| panic!("{message}"));
        assert!(head.contains(" cisco-hostprep["), "{message}");
        assert!(file.lines().any(|line| line.ends_with(text)), "{text:?} is not in the log file:\n{file}");
    }
    assert_eq!(file.lines().count(), messages.len(), "{messages:#?}\n{file}");

    // What only looks says nothing anywhere.
    socket.set_nonblocking(true).unwrap();
    let _ = host.run(&["check"]);
    assert_eq!(socket.recv(&mut [0; 64]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(host.system.text("/var/log/cisco/hostprep.log"), file);
}

#[test]
fn without_syslog_the_log_file_has_it_all() {
    let host = Host::new();
    let path = host.system.at("/dev/log");
    assert!(!path.exists());
    // A log file without a reader.
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    drop(UnixDatagram::bind(&path).unwrap());
    let run = host.run(&["hook", "rpm", "post", "1"]).expect_code(0);
    assert_eq!(run.stderr, "");
    let file = host.system.text("/var/log/cisco/hostprep.log");
    assert!(file.contains("starting rpm post scriptlet (1)") && file.contains("done rpm post scriptlet (1)"), "{file}");
}
