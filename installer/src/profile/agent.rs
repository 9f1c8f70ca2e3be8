//! The agent's needs for a start, and the crash-loop guard of its kernel component. All of it is optional; a missing part is not
//! checked.

use std::time::Duration;

use host::fs::InRoot;
use jiff::SignedDuration;
use serde::{Deserialize, Deserializer};

/// What the process that scans files needs to start.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanService {
    /// The least memory in MiB, as the kernel counts it (`MemTotal`, and what it sets aside for a crash kernel): a little less
    /// than what is built in.
    pub least_memory_mib: Option<u64>,
    /// The virus definitions.
    pub definitions: Option<Definitions>,
}

/// Files that the scanner loads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definitions {
    /// Their directory.
    pub directory: InRoot,
    /// The end of their names.
    pub suffix: String,
    /// The first bytes of each.
    pub header: String,
}

/// The agent's own kernel modules, where it needs any.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelModules {
    /// Names of which one watches files.
    pub filesystem: Vec<String>,
    /// Names of which one watches the network.
    pub network: Vec<String>,
    /// Directories in addition to `/lib/modules` that may hold them; `{release}` is replaced by the kernel's release.
    #[serde(default)]
    pub places: Vec<InRoot>,
}

/// The options of the agent's policy that have its kernel component watch something, as the agent's console calls them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyOptions {
    /// What has the file system watched.
    pub filesystem: String,
    /// What has the network watched.
    pub network: String,
}

impl PolicyOptions {
    pub(super) fn validate(&self) -> Result<(), String> {
        let is_plain = |name: &String| !name.trim().is_empty() && !name.contains(char::is_control);
        match [&self.filesystem, &self.network].into_iter().find(|name| !is_plain(name)) {
            Some(name) => Err(format!("policy_options: {name:?} cannot be the name of an option: write one line")),
            None => Ok(()),
        }
    }
}

/// When the load lock locks the kernel component.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadLockRule {
    /// Lock after this many unclean loads …
    #[serde(rename = "ends")]
    pub unclean_loads: usize,
    /// … within this time.
    #[serde(deserialize_with = "duration")]
    pub within: Duration,
}

impl LoadLockRule {
    /// The largest number of unclean loads that is recorded.
    pub const MAX_UNCLEAN_LOADS: usize = 32;
}

impl Default for LoadLockRule {
    fn default() -> Self {
        Self { unclean_loads: 2, within: Duration::from_secs(60 * 60) }
    }
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    let parsed: SignedDuration =
        text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is not a duration such as 90m or 1h")))?;
    parsed.try_into().map_err(|_| serde::de::Error::custom(format!("`{text}` lies in the past")))
}
