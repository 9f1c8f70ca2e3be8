//! The prepared host, and everything through which a step reaches it.

use std::cell::OnceCell;
use std::path::Path;

use faults::{Remedy, RemedyAction, RunOn};
use host::fs::{AsInRoot, InRoot};
use host::log::Log;
use host::process::CommandRunner;
use host::process::clock::Clock;
use host::system::bpf::Bpf;
use host::system::distribution::Distribution;
use host::system::kind::SystemKind;
use host::{ReadError, Root};
use policy::System;
use policy::kernel::Kernel;

use super::error::Error;
use super::waiver::Waivers;
use crate::profile::{Profile, Support};

/// The file of the receipt, in the state directory.
pub const RECEIPT: &str = "journal.json";

/// Everything a step needs.
pub struct HostContext<'a> {
    /// The root directory that is prepared.
    pub root: &'a Root,
    /// The agent's requirements.
    pub profile: &'a Profile,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Starts processes.
    pub runner: &'a CommandRunner<'a>,
    /// The log of this run.
    pub log: &'a Log<'a>,
    /// Who answers for the policy in force.
    pub kernel: &'a dyn Kernel,
    /// The running kernel, asked for maps and programs.
    pub bpf: &'a dyn Bpf,
    /// The kind of the prepared system.
    pub kind: SystemKind,
    /// What shows that kind, in one line for people.
    pub kind_evidence: String,
    /// The distribution, for package names and commands.
    pub distribution: Distribution,
    /// Why os-release cannot be used; [`HostContext::distribution`] is then an unknown one.
    pub distribution_problem: Option<String>,
    /// The kernel to judge instead of the running one (`--kernel`).
    pub kernel_release: Option<String>,
    /// Whether a transaction is run again that failed for a reason that repeating cannot change (`--force`).
    pub force: bool,
    /// What the administrator accepts for some time.
    pub waivers: Waivers,
    /// The newest kernel in the root, which several steps ask for; empty until one has.
    pub newest_kernel: OnceCell<Option<String>>,
}

/// A kernel to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedKernel {
    /// Its release.
    pub release: String,
    /// Set for the running kernel, which can be asked; unset for one that the boot loader may start.
    pub running: bool,
}

impl HostContext<'_> {
    /// Returns whether this root is the running system, so that the kernel can answer for it.
    #[must_use]
    pub fn is_running_system(&self) -> bool {
        self.kind.is_running()
    }

    /// The kernel to judge: the one that was named, the running one, or the newest in the root.
    ///
    /// # Errors
    /// [`ReadError`] where the root's kernels cannot be listed.
    pub fn judged_kernel(&self) -> Result<Option<JudgedKernel>, ReadError> {
        let running = self.is_running_system().then(host::system::kernel::running_release);
        if let Some(release) = &self.kernel_release {
            let running = running.as_ref() == Some(release);
            return Ok(Some(JudgedKernel { release: release.clone(), running }));
        }
        Ok(match running {
            Some(release) => Some(JudgedKernel { release, running: true }),
            None => self.newest_kernel()?.map(|release| JudgedKernel { release, running: false }),
        })
    }

    fn newest_kernel(&self) -> Result<Option<String>, ReadError> {
        if let Some(found) = self.newest_kernel.get() {
            return Ok(found.clone());
        }
        let found = host::system::kernel::newest_installed(self.root)?;
        Ok(self.newest_kernel.get_or_init(|| found).clone())
    }

    /// Returns whether the agent supports the kernel `release` on this distribution, and how it watches it.
    ///
    /// # Errors
    /// Why that is not known, for people: os-release or the table of kernels cannot be used.
    pub fn kernel_support(&self, release: &str) -> Result<Support, &str> {
        let table = &self.profile.kernels;
        match self.distribution_problem.as_ref().or(table.problem.as_ref()) {
            Some(problem) => Err(problem),
            None => Ok(Support::of(&table.rules, &self.distribution, release)),
        }
    }

    /// Returns this host with the kernel `release` to judge.
    #[must_use]
    pub fn judging(&self, release: String) -> Self {
        Self {
            kind_evidence: self.kind_evidence.clone(),
            distribution: self.distribution.clone(),
            distribution_problem: self.distribution_problem.clone(),
            kernel_release: Some(release),
            waivers: self.waivers.clone(),
            newest_kernel: self.newest_kernel.clone(),
            ..*self
        }
    }

    /// Returns the boot that events belong to; none for a system that is not booted.
    #[must_use]
    pub fn boot_id(&self) -> Option<String> {
        if self.kind.is_unbooted() { None } else { self.running_boot_id() }
    }

    /// Returns the boot of the kernel that runs here; none for an alternate root.
    #[must_use]
    pub fn running_boot_id(&self) -> Option<String> {
        if self.kind == SystemKind::Image {
            return None;
        }
        let id = self.root.read_text("/proc/sys/kernel/random/boot_id").ok()?;
        Some(id.trim().to_owned())
    }

    /// Returns the path of the alternate root, if there is one: what remedies are rendered for.
    #[must_use]
    pub fn alternate_root(&self) -> Option<&Path> {
        (self.kind == SystemKind::Image).then(|| self.root.path())
    }

    /// Returns the remedy that runs `command` on `paths` of the root. On an alternate root this machine's program does it, so that
    /// the root needs none.
    #[must_use]
    pub fn remedy_on(&self, command: &[&str], paths: &[impl AsInRoot]) -> Remedy {
        let with = |paths: Vec<String>| command.iter().map(|&word| word.to_owned()).chain(paths).collect::<Vec<_>>();
        let outside = self
            .alternate_root()
            .map(|_| with(paths.iter().map(|path| self.root.host_path(path).to_string_lossy().into_owned()).collect()));
        let argv = with(paths.iter().map(|path| path.to_in_root().to_string()).collect());
        RemedyAction::Run { argv, on: RunOn::Root, outside }.into()
    }

    /// Returns the command line of hostprep with `words` for this root, to be run on this machine.
    #[must_use]
    pub fn own_command(&self, words: &[&str]) -> String {
        Remedy::hostprep(words.iter().copied()).shell_line(self.alternate_root())
    }

    /// Returns the error that a run was interrupted, which the subcommand `next` finishes.
    #[must_use]
    pub fn interrupted(&self, next: &str) -> Error {
        Error::Interrupted { next: self.own_command(&[next]) }
    }

    /// Returns the distribution of this machine: that of the root, unless the root is an alternate one.
    #[must_use]
    pub fn machine_distribution(&self) -> Distribution {
        if self.kind != SystemKind::Image {
            return self.distribution.clone();
        }
        Root::system().ok().and_then(|system| Distribution::of(&system).ok()).unwrap_or_else(Distribution::unknown)
    }

    /// Returns the system that `policy` assesses: this root and its kernel.
    #[must_use]
    pub fn policy_system(&self) -> System<'_> {
        System { root: self.root, kind: self.kind, kernel: self.kernel, runner: self.runner }
    }

    /// Returns the file of the receipt.
    #[must_use]
    pub fn receipt_path(&self) -> InRoot {
        self.profile.paths.state.join(RECEIPT)
    }
}
