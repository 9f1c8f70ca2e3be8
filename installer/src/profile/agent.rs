//! What the agent's parts need of a host to start, and the guard of its kernel component. All of it may be missing from a
//! profile: nothing is then judged.

use std::path::PathBuf;
use std::time::Duration;

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
    /// Where they are.
    pub directory: PathBuf,
    /// How their names end.
    pub suffix: String,
    /// How each of them begins.
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
    /// Directories beside `/lib/modules` that may hold them; `{release}` stands for the kernel's release.
    #[serde(default)]
    pub places: Vec<PathBuf>,
}

/// When the load lock keeps the kernel component out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadLockRule {
    /// So many ungraceful ends …
    pub ends: usize,
    /// … within this time.
    #[serde(deserialize_with = "duration")]
    pub within: Duration,
}

impl LoadLockRule {
    /// So many ends are kept at the most, for people.
    pub const MOST_ENDS: usize = 32;
}

impl Default for LoadLockRule {
    fn default() -> Self {
        Self { ends: 2, within: Duration::from_secs(60 * 60) }
    }
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    let parsed: SignedDuration =
        text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is no duration such as 90m or 1h")))?;
    parsed.try_into().map_err(|_| serde::de::Error::custom(format!("`{text}` lies in the past")))
}
