//! The load lock's file: the loads of the kernel component, kept across crashes of the host.

use std::time::Duration;

use host::{Dir, MalformedFile, ReadError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::versioned;
use crate::profile::LoadLockRule;

/// The format this version writes.
pub const SCHEMA: u32 = 1;

/// The file's name in the profile's state directory.
pub const NAME: &str = "load-lock.json";

const MODE: u32 = 0o644;

/// A point in time by the time of day, which may be wrong, and by the time since boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Moment {
    /// The time of day, which can be set.
    pub time: Timestamp,
    /// The boot (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
    /// Milliseconds since that boot, which cannot be set.
    pub since_boot_ms: u64,
}

impl Moment {
    /// Returns the time from this to `later` if both are of the same boot, in which no clock can be set.
    #[must_use]
    pub fn before(&self, later: &Self) -> Option<Duration> {
        let [earlier, later_ms] = [self, later].map(|moment| Duration::from_millis(moment.since_boot_ms));
        (self.boot_id == later.boot_id).then(|| later_ms.saturating_sub(earlier))
    }
}

/// A load without a recorded end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UncleanLoad {
    /// When the load began.
    pub begun: Moment,
    /// When the next load began and noticed it.
    pub noticed: Moment,
}

/// The content of the file. A missing file is an empty record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Since when the component is locked.
    pub locked: Option<Timestamp>,
    /// When the active load began.
    pub open: Option<Moment>,
    /// Unclean loads, oldest first.
    pub unclean_loads: Vec<UncleanLoad>,
}

#[derive(Serialize, Deserialize)]
struct File {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locked_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<Moment>,
    ends: Vec<UncleanLoad>,
}

impl Record {
    /// Parses `text`. `shown` is its path in messages.
    ///
    /// # Errors
    /// [`MalformedFile`] if it is not JSON, lacks a key, or has another schema.
    pub fn parse(text: &str, path: &std::path::Path) -> Result<Self, MalformedFile> {
        let File { locked_at, open, ends } =
            versioned::parse(text, SCHEMA).map_err(|versioned::Unusable { line, problem }| MalformedFile {
                path: path.to_owned(),
                line,
                problem,
                hint: "the kernel component is not loaded until the load lock is reset".into(),
            })?;
        Ok(Self { locked: locked_at, open, unclean_loads: ends })
    }

    /// Returns whether nothing is recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds an unclean load. Drops the oldest of more than [`LoadLockRule::MAX_UNCLEAN_LOADS`].
    pub fn push(&mut self, load: UncleanLoad) {
        self.unclean_loads.push(load);
        let surplus = self.unclean_loads.len().saturating_sub(LoadLockRule::MAX_UNCLEAN_LOADS);
        self.unclean_loads.drain(..surplus);
    }

    /// Replaces the file and waits until it is on disk.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn write(&self, dir: &Dir) -> Result<(), ReadError> {
        let (locked_at, open, ends) = (self.locked, self.open.clone(), self.unclean_loads.clone());
        let text = versioned::render(SCHEMA, &File { locked_at, open, ends }).unwrap_or_default();
        Ok(dir.replace(NAME, text.as_bytes(), MODE)?)
    }
}

#[cfg(test)]
mod tests;
