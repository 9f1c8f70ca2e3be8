//! The number of a fault.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of a fault. One read from a store may be unknown to this version's catalogue; one parsed from what a
/// person typed is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct FaultId(u16);

impl FaultId {
    /// 5: the scan service's user, group or directories are not as they have to be.
    pub const SCAN_USER: Self = Self(5);
    /// 6: the scan service is restarted again and again.
    pub const SCAN_RESTARTS: Self = Self(6);
    /// 7: the scan service does not start.
    pub const SCAN_START: Self = Self(7);
    /// 8: no kernel module watches the file system.
    pub const FILESYSTEM_MONITOR: Self = Self(8);
    /// 9: no kernel module watches the network.
    pub const NETWORK_MONITOR: Self = Self(9);
    /// 11: a kernel without BTF, and no headers for it.
    pub const KERNEL_HEADERS: Self = Self(11);
    /// 16: the agent does not support the running kernel.
    pub const KERNEL_SUPPORT: Self = Self(16);
    /// 18: more happens than the agent can watch.
    pub const OVERLOAD: Self = Self(18);
    /// 19: SELinux keeps the connector from its work.
    pub const SELINUX_POLICY: Self = Self(19);

    /// The number itself.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
