//! A host in a directory: its files, its tools as small scripts, and a stand-in for the kernel.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    dead_code,
    reason = "tests make the files that the program is then given"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use faults::Reason;
use host::log::Log;
use host::process::CommandRunner;
use host::process::clock::{Clock, SystemClock};
use host::system::distribution::Distribution;
use host::system::kind::SystemKind;
use host::testing::FakeBpf;
use host::{InsideText, Root};
use installer::Error;
use installer::engine::repair::{self, Request, Strictness};
use installer::engine::{self, Results};
use installer::model::host_context::HostContext;
use installer::model::report::{Outcome, StepReport};
use installer::model::step::StepRef;
use installer::model::waiver::Waivers;
use installer::profile::{KernelRule, Monitors, Profile};
use installer::steps::{directories, ebpf, kernel, scan_service, scan_user, selinux};
use policy::kernel::KernelMode;
use policy::testing::{FakeKernel, compiled};

pub const SCAN_USER: StepRef = &scan_user::ScanUser;
pub const DIRECTORIES: StepRef = &directories::Directories;
pub const SELINUX_TOOLS: StepRef = &selinux::Tools;
pub const SELINUX_MODULE: StepRef = &selinux::Module;
pub const KERNEL: StepRef = &kernel::Headers;
pub const KERNEL_SUPPORT: StepRef = &kernel::Supported;
pub const FILESYSTEM_MONITOR: StepRef = &kernel::FilesystemMonitor;
pub const NETWORK_MONITOR: StepRef = &kernel::NetworkMonitor;
pub const EBPF: StepRef = &ebpf::Ebpf;
pub const SCAN_SERVICE: StepRef = &scan_service::ScanService;

/// What the real `semodule` printed on standard error (`policy/fixtures/stderr`).
pub fn stderr_of_semodule(name: &str) -> String {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy/fixtures/stderr");
    fs::read_to_string(fixtures.join(format!("{name}.txt"))).unwrap()
}

/// The reason of the fault that a step found.
#[track_caller]
pub fn reason(report: &StepReport) -> Reason {
    assert_eq!(report.outcome, Outcome::Fault, "{report:?}");
    report.finding().unwrap().reason
}

/// The line of a table for every kernel of Enterprise Linux.
pub fn kernel_rule(monitors: Monitors) -> KernelRule {
    KernelRule {
        families: vec!["rhel".into()],
        ids: Vec::new(),
        not_ids: Vec::new(),
        from: None,
        before: None,
        release_contains: None,
        kernel_from: "0".into(),
        kernel_before: None,
        monitors,
    }
}

pub struct Host {
    pub dir: tempfile::TempDir,
    pub kernel: FakeKernel,
    pub bpf: FakeBpf,
    pub profile: Profile,
    pub kind: SystemKind,
    /// Whether `--root` names the directory.
    pub alternate: bool,
    /// `repair --force`
    pub force: bool,
}

impl Host {
    /// Creates an enforcing host of the distribution `os_release`: its kernel denies, and it has a policy store but no tools.
    pub fn enforcing(os_release: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut kernel = FakeKernel::in_mode(KernelMode::Enforcing);
        kernel.loaded = Some(dir.path().join("loaded"));
        let host = Self {
            dir,
            kernel,
            bpf: FakeBpf::default(),
            profile: Profile::built_in(),
            kind: SystemKind::Running,
            alternate: false,
            force: false,
        };
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/os-release").join(os_release);
        host.file("etc/os-release", &fs::read_to_string(fixture).unwrap());
        host.file("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
        host.directory("var/lib/selinux/targeted/active/modules/disabled");
        host.file("var/lib/selinux/targeted/active/commit_num", "1");
        host.directory("etc/selinux/targeted/policy");
        for (name, content) in [
            ("etc/selinux/targeted/policy/policy.30", compiled::DENIES),
            ("denies.policy", compiled::DENIES),
            ("allows.policy", compiled::ALLOWS),
        ] {
            fs::write(host.path(name), content).unwrap();
        }
        host.directory("tools");
        host
    }

    /// Creates the same host where SELinux does not run, and the profile names no kernels.
    pub fn without_selinux(os_release: &str) -> Self {
        let mut host = Self::enforcing(os_release);
        host.kernel.mode.set(KernelMode::NotRunning);
        host.profile.kernels.rules.clear();
        host
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.dir.path().join(inside)
    }

    pub fn directory(&self, inside: &str) {
        fs::create_dir_all(self.path(inside)).unwrap();
    }

    pub fn file(&self, inside: &str, content: &str) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A tool that is this shell script; every call is noted in `calls`.
    pub fn tool(&self, name: &str, script: &str) {
        let calls = self.path("calls");
        let text = format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin\necho {name} \"$@\" >> {}\ncd {}\n{script}\n",
            calls.display(),
            self.dir.path().display()
        );
        let (source, tool) = (self.path("tool.source"), self.path(&format!("tools/{name}")));
        fs::write(&source, text).unwrap();
        // cp writes it, because a process that a parallel test starts would inherit our open file (ETXTBSY).
        assert!(std::process::Command::new("cp").arg(source).arg(&tool).status().unwrap().success());
        fs::set_permissions(tool, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A `semodule` that installs in the store what it is given and builds a policy of it, and one that loads it if `loads`.
    pub fn semodule(&self, loads: bool) {
        let load = if loads { "touch loaded" } else { ":" };
        self.tool(
            "semodule",
            &format!(
                "d=var/lib/selinux/targeted/active/modules
                 while [ $# -gt 0 ]; do case $1 in
                   -X) p=$2; shift;;
                   -e) rm -f $d/disabled/$2; shift;;
                   -R) {load}; exit 0;;
                   -i) n=$(basename $2 .cil); mkdir -p $d/$p/$n; cp $2 $d/$p/$n/cil; printf cil > $d/$p/$n/lang_ext; shift;;
                   -r) rm -r $d/$p/$2; rm -f loaded; shift;;
                 esac; shift; done
                 if [ -n \"$n\" ]; then cp allows.policy etc/selinux/targeted/policy/policy.30
                 else cp denies.policy etc/selinux/targeted/policy/policy.30; fi
                 [ -n \"$n\" ] && {load}; exit 0"
            ),
        );
    }

    /// A `semodule` that prints `stderr` and fails.
    pub fn failing_semodule(&self, stderr: &str) {
        self.file("stderr", stderr);
        self.tool("semodule", "cat stderr >&2; exit 1");
    }

    /// The remedies of `report` as this machine's shell takes them.
    #[track_caller]
    pub fn remedies(&self, report: &StepReport) -> Vec<String> {
        let finding = report.finding().unwrap_or_else(|| panic!("{report:?}"));
        let root = self.alternate.then(|| self.dir.path().canonicalize().unwrap());
        finding.remedy.iter().map(|remedy| remedy.shell_line(root.as_deref())).collect()
    }

    pub fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub fn with<T>(&self, work: impl FnOnce(&HostContext) -> T) -> T {
        self.with_clock(&SystemClock, work)
    }

    pub fn with_clock<T>(&self, clock: &dyn Clock, work: impl FnOnce(&HostContext) -> T) -> T {
        self.with_clocks(clock, clock, work)
    }

    /// The tools run by the second clock.
    pub fn with_clocks<T>(&self, clock: &dyn Clock, tools: &dyn Clock, work: impl FnOnce(&HostContext) -> T) -> T {
        let root = if self.alternate {
            Root::alternate(self.dir.path()).unwrap()
        } else {
            Root::for_test(self.dir.path()).unwrap()
        };
        let log = Log::silent(clock);
        // The real tools of this machine must not be found: a test says which there are.
        let runner = CommandRunner::with_directories(vec![self.path("tools")], tools, &());
        work(&HostContext {
            root: &root,
            profile: &self.profile,
            clock,
            runner: &runner,
            log: &log,
            kernel: &self.kernel,
            bpf: &self.bpf,
            kind: if self.alternate { SystemKind::Image } else { self.kind },
            kind_evidence: String::new(),
            distribution: Distribution::of(&root).unwrap_or_else(|_| Distribution::unknown()),
            distribution_problem: Distribution::of(&root).err().map(|e| e.inside_text(&root)),
            kernel_release: None,
            newest_kernel: std::cell::OnceCell::new(),
            force: self.force,
            waivers: Waivers::at(Vec::new(), clock.now()),
        })
    }

    pub fn check(&self, step: StepRef) -> StepReport {
        self.with(|cx| engine::check(cx, &[step]).reports.remove(0))
    }

    pub fn try_repair(&self, steps: &[StepRef]) -> Result<Results, Error> {
        self.with(|cx| repair::repair(cx, &Self::request(steps), &mut || {}))
    }

    pub fn request(steps: &[StepRef]) -> Request {
        Request {
            steps: steps.to_vec(),
            skip: Vec::new(),
            updates_faults: true,
            source: faults::Source::Repair,
            strictness: Strictness::Strict,
            timeout: engine::recover::LOCK_TIMEOUT,
        }
    }

    pub fn repair(&self, step: StepRef) -> StepReport {
        self.try_repair(&[step]).unwrap().reports.remove(0)
    }

    pub fn raised(&self) -> Vec<u16> {
        self.with(|cx| {
            let snapshot = engine::fault_updates::store(cx).read().unwrap();
            snapshot.faults.iter().map(|fault| fault.id.number()).collect()
        })
    }
}

const IN_NAMESPACE: &str = "HOSTPREP_TEST_IN_NAMESPACE";

/// Runs the test `name` of this program again in a mount namespace of its own. Returns whether this process is that run.
pub fn in_mount_namespace(name: &str) -> bool {
    use std::process::Command;
    if std::env::var_os(IN_NAMESPACE).is_some() {
        return true;
    }
    // An ordinary user cannot mount.
    if Command::new("unshare").args(["-m", "true"]).output().is_ok_and(|output| output.status.success()) {
        let program = std::env::current_exe().unwrap();
        let mut again = Command::new("unshare");
        again.args(["-m", "--"]).arg(program).args(["--exact", name]).env(IN_NAMESPACE, "1");
        let output = again.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    false
}
