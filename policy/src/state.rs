//! What SELinux is on this host.

use host::Root;
use host::container::Surroundings;

use crate::config::{ConfiguredMode, SelinuxConfig};
use crate::kernel::{Kernel, KernelMode};

/// What SELinux is on this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Neither running nor configured.
    Absent,
    /// Configured off.
    Disabled,
    /// Configured on, but no policy is loaded here: off on the kernel's command line, another security module, or a
    /// chroot in somebody else's system. The next boot may enforce.
    ConfiguredNotRunning,
    /// Denials are logged only.
    Permissive,
    /// Denials are in force.
    Enforcing,
    /// In a container, where neither the kernel nor its policy is ours.
    InContainer,
}

impl State {
    /// Decides it. The kernel is asked on a host only. For an alternate root the configuration is what counts: `Enforcing`
    /// and `Permissive` then mean that this is what the system in there boots into. In a chroot of another system it
    /// is [`State::ConfiguredNotRunning`] for both.
    #[must_use]
    pub fn of(root: &Root, surroundings: Surroundings, kernel: &dyn Kernel, config: Option<&SelinuxConfig>) -> Self {
        let configured = config.map(|config| config.mode);
        if root.is_alternate() {
            return match configured {
                None => Self::Absent,
                Some(ConfiguredMode::Disabled) => Self::Disabled,
                Some(ConfiguredMode::Permissive) => Self::Permissive,
                Some(ConfiguredMode::Enforcing) => Self::Enforcing,
            };
        }
        let running = match surroundings {
            Surroundings::Container => return Self::InContainer,
            Surroundings::Chroot => KernelMode::NotRunning,
            Surroundings::Host => kernel.mode(),
        };
        match (running, configured) {
            (KernelMode::Enforcing, _) => Self::Enforcing,
            (KernelMode::Permissive, _) => Self::Permissive,
            (KernelMode::NotRunning, None) => Self::Absent,
            (KernelMode::NotRunning, Some(ConfiguredMode::Disabled)) => Self::Disabled,
            (KernelMode::NotRunning, Some(_)) => Self::ConfiguredNotRunning,
        }
    }

    /// As it is written in reports.
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
