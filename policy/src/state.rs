//! The state of SELinux on this system.

use host::system::kind::SystemKind;

use crate::config::{ConfiguredMode, SelinuxConfig};
use crate::kernel::{Kernel, KernelMode};

/// The state of SELinux on this system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Neither running nor configured.
    Absent,
    /// Disabled in the configuration.
    Disabled,
    /// Enabled in the configuration, but no policy is loaded: disabled on the kernel's command line, or another security
    /// module. The next boot may enforce.
    ConfiguredNotRunning,
    /// Denials are logged only.
    Permissive,
    /// Denials are in force.
    Enforcing,
    /// In a container: the kernel and its policy are the host's.
    InContainer,
}

impl State {
    /// Returns the state. The kernel is asked on a host only. For a system that is not booted the configuration decides:
    /// `Enforcing` and `Permissive` are then the mode that it boots into.
    #[must_use]
    pub fn of(kind: SystemKind, kernel: &dyn Kernel, config: Option<&SelinuxConfig>) -> Self {
        let configured = config.map(|config| config.mode);
        let running = match kind {
            SystemKind::Image | SystemKind::Offline => {
                return match configured {
                    None => Self::Absent,
                    Some(ConfiguredMode::Disabled) => Self::Disabled,
                    Some(ConfiguredMode::Permissive) => Self::Permissive,
                    Some(ConfiguredMode::Enforcing) => Self::Enforcing,
                };
            }
            SystemKind::Container => return Self::InContainer,
            SystemKind::Running => kernel.mode(),
        };
        match (running, configured) {
            (KernelMode::Enforcing, _) => Self::Enforcing,
            (KernelMode::Permissive, _) => Self::Permissive,
            (KernelMode::NotRunning, None) => Self::Absent,
            (KernelMode::NotRunning, Some(ConfiguredMode::Disabled)) => Self::Disabled,
            (KernelMode::NotRunning, Some(_)) => Self::ConfiguredNotRunning,
        }
    }

    /// Returns whether the kernel runs the policy of this system, which is of `kind`, so that it can load another.
    #[must_use]
    pub fn is_in_kernel(self, kind: SystemKind) -> bool {
        kind.is_running() && matches!(self, Self::Permissive | Self::Enforcing)
    }

    /// Returns the word for reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Disabled => "disabled",
            Self::ConfiguredNotRunning => "configured-but-not-running",
            Self::Permissive => "permissive",
            Self::Enforcing => "enforcing",
            Self::InContainer => "inside-a-container",
        }
    }
}

#[cfg(test)]
mod tests;
