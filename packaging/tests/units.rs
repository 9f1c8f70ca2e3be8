//! systemd reads the units of both packages, and judges what they may do.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{build_own, kitchen_sink_agent, only, package, run, shell, source, text, tool, tool_command};
use tempfile::TempDir;

/// Exposures in tenths up to which `systemd-analyze security` says MEDIUM.
const MEDIUM: &str = "74";

/// A package's name for its units, and the tree that it installs, with programs that exist here.
struct Package {
    name: &'static str,
    program: &'static str,
    agent: &'static str,
    tree: PathBuf,
    _work: TempDir,
}

impl Package {
    fn own() -> Self {
        let work = tempfile::tempdir().unwrap();
        let out = build_own(work.path());
        Self::unpacked(work, &out, "hostprep", "/opt/cisco/hostprep/bin/hostprep", "cisco-amp.service")
    }

    fn example() -> Self {
        let work = tempfile::tempdir().unwrap();
        let (program, out) = (work.path().join("program"), work.path().join("out"));
        fs::write(&program, kitchen_sink_agent::PROGRAM).unwrap();
        let mut build = package();
        build.arg("build").arg("--manifest").arg(source("example/manifest.toml")).arg("--payload");
        build.arg(source("example/payload")).arg("--hostprep").arg(program).arg("--out").arg(&out);
        run(&mut build).succeeded();
        let program = "/opt/acme/hostprep/bin/hostprep --profile /opt/acme/hostprep/profile.toml";
        Self::unpacked(work, &out, "acme-hostprep", program, "acme-agent.service")
    }

    fn unpacked(work: TempDir, out: &Path, name: &'static str, program: &'static str, agent: &'static str) -> Self {
        let tree = work.path().join("tree");
        tool("dpkg-deb", &["-x", text(&only(out, ".deb")), text(&tree)]);
        Self { name, program, agent, tree, _work: work }
    }

    fn unit(&self, end: &str) -> String {
        fs::read_to_string(self.tree.join("usr/lib/systemd/system").join(format!("{}{end}", self.name))).unwrap()
    }

    /// Copies the units with programs that exist on this machine.
    fn runnable(&self) -> Vec<PathBuf> {
        let place = self.tree.join("runnable");
        fs::create_dir(&place).unwrap();
        let copy = |end: &&str| {
            let path = place.join(format!("{}{end}", self.name));
            fs::write(&path, self.unit(end).replace(self.program.split(' ').next().unwrap(), "/bin/true")).unwrap();
            path
        };
        [".service", "-daily.service", ".timer"].iter().map(copy).collect()
    }
}

#[test]
fn systemd_finds_nothing_wrong() {
    for package in [Package::own(), Package::example()] {
        let units = package.runnable();
        let mut arguments = vec!["verify", "--man=no"];
        arguments.extend(units.iter().map(|path| text(path)));
        let found = run(&mut tool_command("systemd-analyze", &arguments));
        assert_eq!((found.code, found.stdout.as_str(), found.stderr.as_str()), (Some(0), "", ""), "{}", package.name);
    }
}

#[test]
fn the_services_are_limited_as_far_as_their_work_allows() {
    for package in [Package::own(), Package::example()] {
        for unit in package.runnable().iter().filter(|unit| text(unit).ends_with(".service")) {
            let arguments = ["security", "--offline=true", "--threshold", MEDIUM, "--no-pager", text(unit)];
            let judged = run(&mut tool_command("systemd-analyze", &arguments));
            assert_eq!(judged.code, Some(0), "{judged:?}");
            let overall = judged.stdout.lines().find(|line| line.contains("Overall exposure level")).unwrap();
            assert!(["MEDIUM", "OK", "SAFE"].iter().any(|word| overall.contains(word)), "{overall}");
        }
        // A filter of system calls, inherited by each tool, would make the kernel's answers about eBPF unknown; and SELinux lets
        // no tool into its domain without new privileges.
        for end in [".service", "-daily.service"] {
            let service = package.unit(end);
            let mut settings = service.lines().filter_map(|line| line.split_once('=')).map(|(key, _)| key);
            let harmful = |key: &&str| {
                key.starts_with("SystemCall")
                    || key.starts_with("Restrict")
                    || ["NoNewPrivileges", "PrivateDevices", "LockPersonality", "MemoryDenyWriteExecute"].contains(key)
                    || key.starts_with("ProtectKernel")
                    || ["ProtectClock", "ProtectHostname", "ProtectProc", "PrivateNetwork", "PrivateUsers"]
                        .contains(key)
            };
            assert_eq!(settings.find(harmful), None, "{service}");
        }
    }
}

#[test]
fn they_run_repair_with_the_packages_profile_before_the_agent() {
    for package in [Package::own(), Package::example()] {
        let (boot, daily, timer) = (package.unit(".service"), package.unit("-daily.service"), package.unit(".timer"));
        let has = |text: &str, line: &str| assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        has(&boot, &format!("ExecStart={} repair --source boot", package.program));
        has(&boot, &format!("Before={}", package.agent));
        has(&boot, "WantedBy=multi-user.target");
        has(&daily, &format!("ExecStart={} repair --source timer", package.program));
        assert!(!daily.contains("[Install]"), "the timer starts it: {daily}");
        has(&timer, &format!("Unit={}-daily.service", package.name));
        for line in ["OnCalendar=daily", "Persistent=true", "RandomizedDelaySec=4h"] {
            has(&timer, line);
        }
        let preset = shell("cat usr/lib/systemd/system-preset/*.preset | grep -v '^#'", &package.tree);
        assert_eq!(preset, format!("enable {0}.service\nenable {0}.timer\n", package.name));
    }
}

/// systemd replaces `%` and a letter in most settings.
#[test]
fn a_title_with_a_percent_sign_stays_as_it_is() {
    let workshop = kitchen_sink_agent::Workshop::bare();
    kitchen_sink_agent::add_boot_units(&workshop);
    workshop.change_in("profile.toml", "title = \"Acme agent\"", "title = \"100%i agent\"");
    let tree = workshop.at("tree");
    tool("dpkg-deb", &["-x", text(&workshop.built(".deb")), text(&tree)]);
    let unit = fs::read_to_string(tree.join("usr/lib/systemd/system/odd-boot.service")).unwrap();
    assert!(unit.contains("for the 100%%i agent\n"), "{unit}");
}

/// `ProtectSystem=strict` makes all read-only but what the unit names.
#[test]
fn what_the_profile_names_can_be_written_to() {
    let workshop = kitchen_sink_agent::Workshop::bare();
    kitchen_sink_agent::add_boot_units(&workshop);
    let profile = fs::read_to_string(workshop.at("profile.toml")).unwrap();
    let (before, module) = profile.split_once("[module]\n").unwrap();
    let after = module.find("\n[").map_or("", |at| &module[at..]);
    let own = "[[directories]]\npath = \"/usr/local/odd/data\"\nmode = \"0755\"\ncreate = true\n\n\
               [module]\nname = \"odd-agent\"\npriority = 300\nconfinement = \"domain\"\ndomain = \"odd_agent_t\"\n\
               executable_type = \"odd_agent_exec_t\"\nexecutable = \"/usr/lib/odd/agentd\"\nclass = \"bpf\"\n\
               permissions = [\"prog_load\"]\n";
    workshop.write("profile.toml", format!("{before}{own}{after}"));
    let tree = workshop.at("tree");
    tool("dpkg-deb", &["-x", text(&workshop.built(".deb")), text(&tree)]);
    for name in ["odd-boot.service", "odd-boot-daily.service"] {
        let unit = fs::read_to_string(tree.join("usr/lib/systemd/system").join(name)).unwrap();
        for key in ["ReadWritePaths=", "ReadWriteDirectories="] {
            let paths = unit.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            let paths: Vec<&str> = paths.split(' ').collect();
            for path in [
                "-/etc",
                "-/opt",
                "-/run",
                "-/var",
                "-/var/opt",
                "-/usr/local",
                "-/usr/local/odd/data",
                "-/usr/lib/odd/agentd",
            ] {
                assert!(paths.contains(&path), "{path}: {unit}");
            }
            assert!(!paths.iter().any(|path| ["-/", "-/usr", "-/home", "-/boot"].contains(path)), "{unit}");
        }
        let protected: Vec<&str> = unit.lines().filter(|line| line.starts_with("ProtectSystem=")).collect();
        assert_eq!(protected, ["ProtectSystem=yes", "ProtectSystem=strict"], "{unit}");
    }
}
