//! What fault 7's rule has to know after the connector's restart.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::id::FaultId;
use crate::snapshot::Snapshot;
use crate::words::Reason;

/// What [`Start`](super::Start) has to know after the connector's restart. The connector keeps it in a file of its own
/// and gives it back; it is written with serde, always readable by later versions, and passes over keys that it does
/// not know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartMemory {
    /// Reasons for which the connector has restarted since the scan service last ran.
    pub(super) tried: Vec<Reason>,
    /// Definition files to be removed at the next restart.
    pub(super) remove: Vec<PathBuf>,
    /// Whether the definitions are so new that no start has shown yet whether they are valid.
    pub(super) untested: bool,
    /// Updates of the definitions in a row that turned out invalid.
    pub(super) invalid_updates: u32,
}

impl StartMemory {
    /// What the store alone tells, where the memory is lost: the reason that led to the last restart.
    pub(super) fn from_store(stored: &Snapshot) -> Self {
        let tried = stored.get(FaultId::SCAN_START).map(|fault| fault.finding.reason.clone());
        Self { tried: tried.into_iter().collect(), ..Self::default() }
    }

    /// Without what no call would have noted: it comes from a file.
    pub(super) fn checked(mut self) -> Self {
        self.remove.retain(|file| is_removable(file));
        self
    }

    /// Notes files to be removed, as far as they may be.
    pub(super) fn remove_later(&mut self, files: &[PathBuf]) {
        for file in files {
            if is_removable(file) && !self.remove.contains(file) {
                self.remove.push(file.clone());
            }
        }
    }
}

/// Whether a file may be removed because the scan service says that it is invalid: the one who says so runs without
/// root's rights and reads what strangers wrote, the one who removes has them. UTF-8, so that it can be kept.
fn is_removable(file: &Path) -> bool {
    let plain = |part: Component<'_>| matches!(part, Component::RootDir | Component::Normal(_));
    file.is_absolute()
        && file.components().all(plain)
        && file.to_str().is_some()
        && file.extension().is_some_and(|extension| extension == "cvd")
}
