//! The scripts are portable sh, forward their arguments unchanged, and never fail because of the host.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;
#[path = "scripts/units.rs"]
mod units;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::kitchen_sink_agent::{self, Workshop};
use common::{Run, package, run, source, text, tool_command};

const NAMES: [&str; 13] = [
    "rpm/pre",
    "rpm/post",
    "rpm/preun",
    "rpm/postun",
    "rpm/posttrans",
    "rpm/trigger",
    "rpm/kernel-trigger",
    "rpm/transfiletriggerin",
    "rpm/transfiletriggerpostun",
    "deb/preinst",
    "deb/postinst",
    "deb/prerm",
    "deb/postrm",
];

/// Every call of RPM's scriptlets (the counts of its packaging guide) and of Debian's scripts (Policy chapter 6,
/// `deb-postinst(5)`, `deb-prerm(5)` and so on).
const CALLS: [(&str, &[&str]); 48] = [
    ("rpm/pre", &["1"]),
    ("rpm/pre", &["2"]),
    ("rpm/post", &["1"]),
    ("rpm/post", &["2"]),
    ("rpm/preun", &["0"]),
    ("rpm/preun", &["1"]),
    ("rpm/postun", &["0"]),
    ("rpm/postun", &["1"]),
    ("rpm/posttrans", &["0"]),
    ("rpm/posttrans", &["1"]),
    ("rpm/posttrans", &["2"]),
    ("rpm/trigger", &["1", "1"]),
    ("rpm/trigger", &["1", "2"]),
    ("rpm/trigger", &["2", "1"]),
    ("rpm/kernel-trigger", &["1", "2"]),
    ("rpm/transfiletriggerin", &["1"]),
    ("rpm/transfiletriggerin", &["0"]),
    ("rpm/transfiletriggerpostun", &["1"]),
    ("rpm/transfiletriggerpostun", &[]),
    ("deb/preinst", &["install"]),
    ("deb/preinst", &["install", "1.0-1", "1.1-1"]),
    ("deb/preinst", &["upgrade", "1.0-1", "1.1-1"]),
    ("deb/preinst", &["abort-upgrade", "1.1-1"]),
    ("deb/postinst", &["configure", ""]),
    ("deb/postinst", &["configure", "1.0-1"]),
    ("deb/postinst", &["triggered", "/usr/src /lib/modules"]),
    ("deb/postinst", &["abort-upgrade", "1.1-1"]),
    ("deb/postinst", &["abort-remove"]),
    ("deb/postinst", &["abort-remove", "in-favour", "other", "2-1"]),
    ("deb/postinst", &["abort-deconfigure", "in-favour", "other", "2-1"]),
    ("deb/postinst", &["abort-deconfigure", "in-favour", "other", "2-1", "removing", "third", "3"]),
    ("deb/prerm", &["remove"]),
    ("deb/prerm", &["remove", "in-favour", "other", "2-1"]),
    ("deb/prerm", &["upgrade", "1.1-1"]),
    ("deb/prerm", &["failed-upgrade", "1.0-1"]),
    ("deb/prerm", &["failed-upgrade", "1.0-1", "1.1-1"]),
    ("deb/prerm", &["deconfigure", "in-favour", "other", "2-1"]),
    ("deb/prerm", &["deconfigure", "in-favour", "other", "2-1", "removing", "third", "3"]),
    ("deb/postrm", &["remove"]),
    ("deb/postrm", &["purge"]),
    ("deb/postrm", &["upgrade", "1.1-1"]),
    ("deb/postrm", &["failed-upgrade", "1.0-1"]),
    ("deb/postrm", &["failed-upgrade", "1.0-1", "1.1-1"]),
    ("deb/postrm", &["disappear", "other", "2-1"]),
    ("deb/postrm", &["abort-install"]),
    ("deb/postrm", &["abort-install", "1.0-1", "1.1-1"]),
    ("deb/postrm", &["abort-upgrade", "1.0-1"]),
    ("deb/postrm", &["abort-upgrade", "1.0-1", "1.1-1"]),
];

/// Scripts with their program and state in a workshop, and stand-ins for the host's tools that they call.
struct Host {
    workshop: Workshop,
}

impl Host {
    fn new() -> Self {
        let workshop = Workshop::bare();
        kitchen_sink_agent::add_boot_units(&workshop);
        let program = text(&workshop.at("bin/hostprep")).to_owned();
        workshop.change("/opt/odd/bin/hostprep", &program);
        fs::create_dir_all(workshop.at("lib/hostprep")).unwrap();
        fs::create_dir_all(workshop.at("lib/faults")).unwrap();
        let host = Self { workshop };
        host.render();
        for name in ["logger", "systemctl", "deb-systemd-helper", "deb-systemd-invoke"] {
            host.executable(
                &format!("tools/{name}"),
                &format!("printf '%s|' {name} \"$@\" >>'{}'", text(&host.at("calls"))),
            );
        }
        host.rpm("RPM version 4.11.3");
        host
    }

    /// Installs a stand-in for rpm of this version.
    fn rpm(&self, version: &str) {
        self.executable("tools/rpm", &format!("[ \"$1\" = --version ] && echo '{version}'"));
    }

    /// Renders the scripts, then replaces paths of the host with paths in the workshop, which a profile cannot name.
    fn render(&self) {
        render(&self.at("manifest.toml"), &self.at("program"), &self.at("scripts"));
        for format in ["rpm", "deb"] {
            for entry in fs::read_dir(self.at("scripts").join(format)).unwrap() {
                let path = entry.unwrap().path();
                let mut script = fs::read_to_string(&path).unwrap();
                for (from, to) in [
                    ("/var/lib/acme", "lib"),
                    ("/var/log/acme", "log"),
                    ("/opt/acme/agent", "agent"),
                    ("/run/systemd/system", "booted"),
                    ("/run/odd-agent.transaction", "transaction-of-posttrans"),
                    ("/usr/lib/systemd/system", "units"),
                    ("/var/lib/systemd/timers", "stamps"),
                ] {
                    script = script.replace(from, text(&self.at(to)));
                }
                fs::write(&path, script).unwrap();
            }
        }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.workshop.at(path)
    }

    fn executable(&self, path: &str, script: &str) {
        let source = format!("{path}.source");
        self.workshop.write(&source, format!("#!/bin/sh\n{script}\n"));
        // cp writes it, because a process that a parallel test starts would inherit our open file (ETXTBSY).
        assert!(Command::new("cp").arg(self.at(&source)).arg(self.at(path)).status().unwrap().success());
        fs::remove_file(self.at(&source)).unwrap();
        fs::set_permissions(self.at(path), PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// Installs a stand-in for hostprep that records its arguments, each after a `|`, and then runs `end`.
    fn program(&self, end: &str) {
        let noted = self.at("noted");
        self.executable("bin/hostprep", &format!("{{ printf '|%s' \"$@\"; echo; }} >>'{}'\n{end}", text(&noted)));
    }

    fn command(&self, script: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg(self.at("scripts").join(script)).args(arguments).env_clear();
        command.env("PATH", self.path());
        command
    }

    fn path(&self) -> String {
        format!("{}:/usr/bin:/bin", text(&self.at("tools")))
    }

    /// Runs a script; also returns the arguments that hostprep got.
    fn run(&self, script: &str, arguments: &[&str]) -> (Run, String) {
        let _ = fs::remove_file(self.at("noted"));
        let run = run(&mut self.command(script, arguments));
        (run, self.noted().replace(&format!("{WITH_PROFILE}|hook|"), "|hook|"))
    }

    /// Lets systemd run here.
    fn boot(&self) {
        fs::create_dir_all(self.at("booted")).unwrap();
    }

    /// Runs a script; returns what it called of systemd's tools and hostprep (`hook`), in order.
    #[track_caller]
    /// The arguments of all calls of hostprep, each on a line.
    fn noted(&self) -> String {
        fs::read_to_string(self.at("noted")).unwrap_or_default()
    }

    fn calls_of(&self, script: &str, arguments: &[&str]) -> Vec<String> {
        let _ = fs::remove_file(self.at("calls"));
        self.program(&format!("printf '%s\\n' hook >>'{}'", text(&self.at("calls"))));
        for name in ["systemctl", "deb-systemd-helper", "deb-systemd-invoke"] {
            let note = format!("echo {name} \"$@\" >>'{}'", text(&self.at("calls")));
            self.executable(&format!("tools/{name}"), &note);
        }
        let (run, _) = self.run(script, arguments);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{script} {arguments:?}");
        fs::read_to_string(self.at("calls")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// The marker of an RPM transaction.
    fn marker(&self) -> PathBuf {
        self.at("lib/hostprep/transaction")
    }

    /// The marker of a transaction whose posttrans has run.
    fn marker_of_posttrans(&self) -> PathBuf {
        self.at("transaction-of-posttrans")
    }

    fn forget_transaction(&self) {
        let _ = fs::remove_file(self.marker());
        let _ = fs::remove_file(self.marker_of_posttrans());
    }
}

fn render(manifest: &Path, program: &Path, out: &Path) {
    fs::write(program, kitchen_sink_agent::PROGRAM).unwrap();
    let mut command = package();
    command.arg("render").arg("--manifest").arg(manifest).arg("--hostprep").arg(program).arg("--out").arg(out);
    run(&mut command).succeeded();
}

/// The first arguments of each call.
const WITH_PROFILE: &str = "|--profile|/opt/odd/profile.toml";

/// Returns the arguments that hostprep must get for a call.
fn forwarded(script: &str, arguments: &[&str]) -> String {
    let (format, name) = script.split_once('/').unwrap();
    let name = if name == "kernel-trigger" { "trigger" } else { name };
    // rpm passes no count where it has none.
    let arguments = if name.starts_with("transfiletrigger") && arguments.is_empty() { &["0"] } else { arguments };
    let words: String = arguments.iter().map(|word| format!("|{word}")).collect();
    format!("|hook|{format}|{name}{words}\n")
}

#[test]
fn every_shell_parses_them_and_shellcheck_finds_nothing() {
    for manifest in [source("hostprep.toml"), source("example/manifest.toml")] {
        let work = tempfile::tempdir().unwrap();
        let out = work.path().join("scripts");
        render(&manifest, &work.path().join("program"), &out);
        for name in NAMES {
            let path = out.join(name);
            let path = text(&path);
            for checker in [
                &["shellcheck", "--shell=sh", "--norc"][..],
                &["dash", "-n"],
                &["bash", "--posix", "-n"],
                &["busybox", "sh", "-n"],
            ] {
                let found = run(&mut tool_command(checker[0], &[&checker[1..], &[path]].concat()));
                assert_eq!(
                    (found.code, found.stdout.as_str(), found.stderr.as_str()),
                    (Some(0), "", ""),
                    "{checker:?} {path}"
                );
            }
        }
    }
}

#[test]
fn every_call_is_forwarded_unchanged() {
    let host = Host::new();
    host.program("exit 0");
    for (script, arguments) in CALLS {
        host.forget_transaction();
        let (run, noted) = host.run(script, arguments);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""), "{script} {arguments:?}");
        let expected = match (script, arguments) {
            // The package has no files yet, even if another package left a program there.
            ("rpm/pre", ["1"]) => String::new(),
            _ => forwarded(script, arguments),
        };
        assert_eq!(noted, expected, "{script} {arguments:?}");
        fs::create_dir_all(host.at("lib/hostprep")).unwrap();
    }
}

#[test]
fn arguments_with_blanks_and_quotes_stay_whole() {
    let host = Host::new();
    host.program("exit 0");
    for script in ["deb/preinst", "deb/postinst", "deb/prerm", "deb/postrm"] {
        let words = ["upgrade", "1 2", "*", "$(exit 1)", "", "'\"\\"];
        assert_eq!(host.run(script, &words).1, forwarded(script, &words));
    }
}

#[test]
fn every_call_passes_the_packages_own_profile() {
    let host = Host::new();
    host.program("exit 3");
    for (script, arguments) in CALLS.iter().filter(|call| **call != ("rpm/pre", &["1"])) {
        host.forget_transaction();
        let (run, _) = host.run(script, arguments);
        let noted = host.noted();
        assert!(noted.starts_with(&format!("{WITH_PROFILE}|hook|")), "{script} {arguments:?}: {noted}");
        assert!(run.stderr.contains("hostprep --profile /opt/odd/profile.toml repair\n"), "{run:?}");
        fs::create_dir_all(host.at("lib/hostprep")).unwrap();
    }
}

/// The package manager continues even if hostprep fails, crashes or is missing.
#[test]
fn no_state_of_hostprep_fails_a_script() {
    let host = Host::new();
    for (what, end, status) in [
        ("fails", Some("exit 1"), Some("1")),
        ("is called wrongly", Some("exit 2"), Some("2")),
        ("is killed", Some("kill -KILL $$"), Some("137")),
        ("is terminated", Some("kill -TERM $$"), Some("143")),
        ("is missing", None, None),
        ("is not executable", Some("exit 1"), None),
    ] {
        let _ = fs::remove_dir_all(host.at("bin"));
        if let Some(end) = end {
            host.program(end);
        }
        if what == "is not executable" {
            fs::set_permissions(host.at("bin/hostprep"), PermissionsExt::from_mode(0o644)).unwrap();
        }
        for (script, arguments) in CALLS {
            host.forget_transaction();
            let (run, noted) = host.run(script, arguments);
            assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{script} {arguments:?}: it {what}: {run:?}");
            assert_eq!(noted.is_empty(), status.is_none() || (script, arguments) == ("rpm/pre", &["1"]), "{script}");
            if let Some(status) = status.filter(|_| !noted.is_empty()) {
                let said =
                    format!("ended with status {status}; fix that, then run: {}", text(&host.at("bin/hostprep")));
                assert!(run.stderr.contains(&said), "{script} {arguments:?}: it {what}: {run:?}");
            }
            fs::create_dir_all(host.at("lib/hostprep")).unwrap();
        }
    }
    let calls = fs::read_to_string(host.at("calls")).unwrap();
    assert!(calls.contains("logger|-t|odd-hostprep|--|odd-agent: odd-boot hook"), "{calls}");
}

/// root may write anywhere, so a file in place of a directory makes writing fail.
#[test]
fn failing_tools_and_unwritable_directories_do_not_fail_a_script() {
    let host = Host::new();
    host.program("exit 1");
    for name in ["logger", "systemctl", "deb-systemd-helper", "deb-systemd-invoke", "rm", "rmdir", "mkdir"] {
        host.executable(&format!("tools/{name}"), "exit 1");
    }
    for place in ["lib", "log"] {
        let _ = fs::remove_dir_all(host.at(place));
        fs::write(host.at(place), "").unwrap();
    }
    for (script, arguments) in CALLS {
        let (run, _) = host.run(script, arguments);
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{script} {arguments:?}: {run:?}");
        let purges = arguments == ["purge"];
        assert_eq!(run.stderr.contains("could not be removed"), purges, "{script} {arguments:?}: {run:?}");
        let mut silent = Command::new("/bin/sh");
        silent.args(["-c", "exec /bin/sh \"$@\" 2>&-", "sh"]).arg(host.at("scripts").join(script)).args(arguments);
        silent.env_clear().env("PATH", host.path()).stdout(Stdio::null());
        assert_eq!(silent.status().unwrap().code(), Some(0), "without a standard error: {script} {arguments:?}");
    }
}

#[test]
fn a_trigger_waits_for_posttrans_in_its_own_transaction_only() {
    let host = Host::new();
    host.program("exit 0");
    let (_, noted) = host.run("rpm/post", &["1"]);
    assert_eq!(noted, "|hook|rpm|post|1\n");
    assert_eq!(fs::read_to_string(host.marker()).unwrap(), format!("{} install\n", std::process::id()));
    assert_eq!(host.run("rpm/trigger", &["1", "1"]).1, "", "the marker names the caller");
    fs::write(host.marker(), "1 install\n").unwrap();
    assert_eq!(host.run("rpm/trigger", &["1", "1"]).1, "|hook|rpm|trigger|1|1\n", "the marker of another transaction");
    for broken in ["", "\n", "nonsense\n"] {
        fs::write(host.marker(), broken).unwrap();
        assert_eq!(host.run("rpm/trigger", &["1", "1"]).1, "|hook|rpm|trigger|1|1\n", "{broken:?}");
    }
}

#[test]
fn where_rpm_has_file_triggers_the_kernels_own_triggers_do_nothing() {
    let host = Host::new();
    host.program("exit 0");
    let judges = |version: &str| {
        host.rpm(version);
        !host.run("rpm/kernel-trigger", &["1", "1"]).1.is_empty()
    };
    for old in ["RPM version 4.11.3", "RPM version 4.11.2", "RPM version 4.9", "RPM version 4.12.0.1", ""] {
        assert!(judges(old), "{old}");
    }
    for new in [
        "RPM version 4.13.0-rc1",
        "RPM version 4.14.3",
        "RPM version 4.18.0",
        "RPM version 5.99.90",
        "RPM version 6.0.0",
    ] {
        assert!(!judges(new), "{new}");
    }
    fs::remove_file(host.at("tools/rpm")).unwrap();
    host.executable("tools/rpm", "exit 1");
    assert!(!host.run("rpm/kernel-trigger", &["1", "1"]).1.is_empty(), "an rpm that does not say");
    assert_eq!(host.run("rpm/trigger", &["1", "1"]).1, "|hook|rpm|trigger|1|1\n", "other packages' triggers remain");
    // A vendor's package without file triggers.
    host.workshop.change("file_triggers = [\"/lib/modules\", \"/usr/src/kernels\"]", "");
    host.render();
    assert!(judges("RPM version 4.18.0"));
}

#[test]
fn a_file_trigger_leaves_its_own_transaction_to_posttrans() {
    let host = Host::new();
    host.program("exit 0");
    let (installed, removed) = ("rpm/transfiletriggerin", "rpm/transfiletriggerpostun");
    let judges = |script: &str| !host.run(script, &["0"]).1.is_empty();
    assert!(judges(removed) && !judges(removed) && !judges(installed), "a script for each path: one look");
    let old = |marker: &str| fs::write(host.marker_of_posttrans(), marker).unwrap();
    let process = std::process::id();
    for other in [format!("{process} 1000\n"), format!("{process} 99999999999\n"), "1 posttrans\n".into(), "\n".into()]
    {
        old(&other);
        assert!(judges(installed), "another transaction, perhaps of the same process: {other}");
    }
    old(&format!("{process} 1000\n"));
    host.run("rpm/posttrans", &["0"]);
    assert!(!judges(removed) && !judges(installed) && !judges(installed), "its own transaction");
    let left = fs::read_to_string(host.marker_of_posttrans()).unwrap();
    assert!(
        left.starts_with(&format!("{process} ")) && !left.contains("posttrans"),
        "its posttrans counts once: {left}"
    );
    host.run("rpm/posttrans", &["0"]);
    host.run("rpm/postun", &["0"]);
    assert!(!host.marker_of_posttrans().exists(), "erasure leaves none");
    let bystander = host.at("bystander");
    fs::write(&bystander, "precious").unwrap();
    std::os::unix::fs::symlink(&bystander, host.marker_of_posttrans()).unwrap();
    host.run("rpm/posttrans", &["0"]);
    host.run(installed, &["0"]);
    assert_eq!(fs::read_to_string(&bystander).unwrap(), "precious");
}

#[test]
fn the_marker_is_not_written_through_a_link() {
    let host = Host::new();
    host.program("exit 0");
    let bystander = host.at("bystander");
    for link in [std::os::unix::fs::symlink::<&Path, PathBuf>, |old, new| fs::hard_link(old, new)] {
        fs::write(&bystander, "precious").unwrap();
        let _ = fs::remove_file(host.marker());
        link(&bystander, host.marker()).unwrap();
        let (_, noted) = host.run("rpm/post", &["1"]);
        assert_eq!(noted, "|hook|rpm|post|1\n");
        assert_eq!(fs::read_to_string(&bystander).unwrap(), "precious");
        assert_eq!(fs::read_to_string(host.marker()).unwrap(), format!("{} install\n", std::process::id()));
    }
}

#[test]
fn posttrans_passes_on_the_kind_that_post_recorded_once() {
    let host = Host::new();
    host.program("exit 0");
    for (count, kind) in [("1", "install"), ("2", "upgrade"), ("3", "upgrade")] {
        host.run("rpm/post", &[count]);
        assert_eq!(host.run("rpm/posttrans", &["0"]).1, format!("|hook|rpm|posttrans|0|{kind}\n"));
        assert!(!host.marker().exists());
        assert_eq!(host.run("rpm/posttrans", &["0"]).1, "|hook|rpm|posttrans|0\n");
    }
    // Some versions of rpm 4.11 pass no count.
    assert_eq!(host.run("rpm/posttrans", &[]).1, "|hook|rpm|posttrans|0\n");
    fs::write(host.marker(), "1 $(reboot)\n").unwrap();
    assert_eq!(host.run("rpm/posttrans", &["1"]).1, "|hook|rpm|posttrans|1\n");
    assert!(!host.marker().exists());
}

#[test]
fn a_purge_keeps_the_store_while_the_agent_is_installed() {
    let fill = |host: &Host| {
        for file in [
            "lib/hostprep/journal.json",
            "lib/faults/faults.json",
            "log/hostprep.log",
            "log/hostprep.log.1.gz",
            "log/hostprep.log-20261101.gz",
        ] {
            host.workshop.write(file, "{}");
        }
    };
    let host = Host::new();
    fill(&host);
    for word in ["remove", "upgrade", "abort-install", "abort-upgrade", "failed-upgrade", "disappear"] {
        assert_eq!(host.run("deb/postrm", &[word]).0.code, Some(0));
        assert!(host.at("lib/hostprep/journal.json").exists() && host.at("log/hostprep.log.1.gz").exists(), "{word}");
    }
    host.run("deb/postrm", &["purge"]).0.succeeded();
    assert!(!host.at("lib").exists() && !host.at("log").exists());

    fill(&host);
    host.workshop.write("lib/faults/faults.json", r#"{"faults":[{"severity":"major"}]}"#);
    host.run("deb/postrm", &["purge"]).0.succeeded();
    assert!(
        host.at("lib/faults/faults.json").exists() && !host.at("lib/hostprep").exists() && !host.at("log").exists()
    );

    fill(&host);
    host.workshop.write("agent/bin", "");
    host.workshop.write("log/agent.log", "");
    host.run("deb/postrm", &["purge"]).0.succeeded();
    assert!(host.at("lib/faults/faults.json").exists() && host.at("log/agent.log").exists());
    assert!(!host.at("log/hostprep.log").exists());
}
