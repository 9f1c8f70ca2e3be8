//! What became of a step.

use faults::{FaultId, Remedy};
use serde::{Deserialize, Serialize};

/// What is wrong, with remedies for any reader.
pub type Finding = faults::Finding<Remedy>;

/// A step's name, in the order in which steps run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepName {
    /// The unprivileged user and its group.
    ScanUser,
    /// The managed directories.
    Directories,
    /// The policy tools.
    SelinuxTools,
    /// The policy module.
    SelinuxModule,
    /// BTF or headers.
    Kernel,
    /// A kernel that the agent supports.
    KernelSupport,
    /// Nothing keeps the kernel module out that watches files.
    FilesystemMonitor,
    /// Nothing keeps the kernel module out that watches the network.
    NetworkMonitor,
    /// What the process that scans files needs.
    ScanService,
}

impl StepName {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::ScanUser,
        Self::Directories,
        Self::SelinuxTools,
        Self::SelinuxModule,
        Self::Kernel,
        Self::KernelSupport,
        Self::FilesystemMonitor,
        Self::NetworkMonitor,
        Self::ScanService,
    ];

    /// As users write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ScanUser => "scan-user",
            Self::Directories => "directories",
            Self::SelinuxTools => "selinux-tools",
            Self::SelinuxModule => "selinux-module",
            Self::Kernel => "kernel",
            Self::KernelSupport => "kernel-support",
            Self::FilesystemMonitor => "filesystem-monitor",
            Self::NetworkMonitor => "network-monitor",
            Self::ScanService => "scan-service",
        }
    }

    /// The fault that this step can raise.
    #[must_use]
    pub fn fault(self) -> FaultId {
        match self {
            Self::ScanUser | Self::Directories => FaultId::SCAN_USER,
            Self::SelinuxTools | Self::SelinuxModule => FaultId::SELINUX_POLICY,
            Self::Kernel => FaultId::KERNEL_HEADERS,
            Self::KernelSupport => FaultId::KERNEL_SUPPORT,
            Self::FilesystemMonitor => FaultId::FILESYSTEM_MONITOR,
            Self::NetworkMonitor => FaultId::NETWORK_MONITOR,
            Self::ScanService => FaultId::SCAN_START,
        }
    }
}

/// What a look at the host showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All is well.
    Right(String),
    /// Not as it should be, but no fault while the host is as it is.
    NotReady(String),
    /// Right on disk; in force after the next boot or policy load.
    Later(String),
    /// The step's fault is true, for each of these; at least one.
    Faulty(Vec<Finding>),
    /// It could not be looked at.
    Unknown(String),
}

/// The outcome words of the JSON form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing to do.
    Ok,
    /// It was changed and is right now.
    Changed,
    /// Right on disk, in force later; or not ready while that is no fault.
    Deferred,
    /// The fault is true.
    Fault,
    /// It could not be looked at.
    Unknown,
    /// A repair would change it.
    Planned,
}

impl Outcome {
    /// Returns the word that the JSON form, the text form and the log have in common.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Changed => "changed",
            Self::Deferred => "deferred",
            Self::Fault => "fault",
            Self::Unknown => "unknown",
            Self::Planned => "planned",
        }
    }
}

/// What became of one step, for reports and faults.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// The step.
    pub name: StepName,
    /// Its outcome.
    pub outcome: Outcome,
    /// One line of what was seen or done.
    pub detail: String,
    /// What is wrong, where the fault is true.
    pub findings: Vec<Finding>,
    /// The exact commands and file changes that a repair makes.
    pub plan: Vec<String>,
}

impl StepReport {
    /// Returns all that is wrong as one finding; `None` if the fault is not true.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        Finding::merged(&self.findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_the_same_words_in_json_and_elsewhere() {
        use Outcome::{Changed, Deferred, Fault, Ok, Planned, Unknown};
        for outcome in [Ok, Changed, Deferred, Fault, Unknown, Planned] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
    }
}
