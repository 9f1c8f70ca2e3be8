//! The load lock's file: what of the kernel component's loads is not forgotten when the host goes down.

use std::time::Duration;

use host::{Dir, MalformedFile, ReadError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::profile::LoadLockRule;

/// The format this version writes.
pub const SCHEMA: u32 = 1;

/// The file's name in the profile's state directory.
pub const NAME: &str = "load-lock.json";

const MODE: u32 = 0o644;

/// When something happened, by each of the clocks that could be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The time of day, which can be set.
    pub time: Timestamp,
    /// The boot (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
    /// Milliseconds since that boot, which cannot be set.
    pub since_boot_ms: u64,
}

impl Moment {
    /// How long before `later` this was, where both are of one boot and no clock can have been set in between.
    #[must_use]
    pub fn before(&self, later: &Self) -> Option<Duration> {
        let [earlier, later_ms] = [self, later].map(|moment| Duration::from_millis(moment.since_boot_ms));
        (self.boot_id == later.boot_id).then(|| later_ms.saturating_sub(earlier))
    }
}

/// A load that nobody ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// When the load began.
    pub begun: Moment,
    /// When it was noticed that it had not been ended: at the next load.
    pub noticed: Moment,
}

/// What the file says. None at all is the same as an empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Since when the component is kept out.
    pub locked: Option<Timestamp>,
    /// The load that is on.
    pub open: Option<Moment>,
    /// Ungraceful ends, oldest first.
    pub ends: Vec<End>,
}

#[derive(Serialize, Deserialize)]
struct File {
    schema: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locked_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<Moment>,
    ends: Vec<End>,
}

impl Record {
    /// What `text` says; `path` is its path in messages.
    ///
    /// # Errors
    /// [`MalformedFile`] where it is no JSON, lacks something, or is of another version.
    pub fn parse(text: &str, path: &std::path::Path) -> Result<Self, MalformedFile> {
        let malformed = |line, problem| MalformedFile {
            path: path.to_owned(),
            line,
            problem,
            hint: "nothing is loaded as long as that is so; `hostprep load-lock reset` makes it anew".into(),
        };
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let wrong = |e: serde_json::Error| malformed(Some(e.line()), e.to_string());
        let Version { schema } = serde_json::from_str(text).map_err(wrong)?;
        if schema != SCHEMA {
            return Err(malformed(None, format!("schema {schema} is not one this version reads ({SCHEMA})")));
        }
        let File { locked_at, open, ends, .. } = serde_json::from_str(text).map_err(wrong)?;
        Ok(Self { locked: locked_at, open, ends })
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Remembers an ungraceful end; the oldest of too many goes.
    pub fn push(&mut self, end: End) {
        self.ends.push(end);
        let surplus = self.ends.len().saturating_sub(LoadLockRule::MOST_ENDS);
        self.ends.drain(..surplus);
    }

    /// Replaces the file and waits until it is on disk.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn write(&self, dir: &Dir) -> Result<(), ReadError> {
        let file = File { schema: SCHEMA, locked_at: self.locked, open: self.open.clone(), ends: self.ends.clone() };
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        Ok(dir.replace(NAME, text.as_bytes(), MODE)?)
    }
}

#[cfg(test)]
mod tests;
