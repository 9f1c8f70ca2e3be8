//! The figures of fault 18's rule.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::setting_error::{SettingError, validate_duration};

/// A load beyond this makes no difference to anybody; a threshold there is a slip of the pen.
const HIGHEST: f64 = 1000.0;

/// The figures of [`Overload`](super::Overload): table `overload`. The documents give none: all of them are ours.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OverloadSettings {
    /// From when on the fault is raised as major: `overload.major`.
    #[serde(deserialize_with = "major")]
    pub major: Threshold,
    /// From when on it is raised as critical: `overload.critical`.
    #[serde(deserialize_with = "critical")]
    pub critical: Threshold,
    /// The load is smoothed over this time; `0s` takes it as it comes.
    #[serde(deserialize_with = "jiff::fmt::serde::unsigned_duration::required::deserialize")]
    pub smoothing: Duration,
    /// For so long after a change there is none in the other direction.
    #[serde(deserialize_with = "jiff::fmt::serde::unsigned_duration::required::deserialize")]
    pub dwell: Duration,
    /// When no sample has come for so long, no load is known.
    #[serde(deserialize_with = "jiff::fmt::serde::unsigned_duration::required::deserialize")]
    pub silence: Duration,
}

/// When one severity begins and ends. A load is events offered by events that can be handled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// It begins at this load,
    pub raise: f64,
    /// when that has lasted for this time.
    pub raise_for: Duration,
    /// It ends below this load, which is less,
    pub clear: f64,
    /// when that has lasted for this time.
    pub clear_for: Duration,
}

const MAJOR: Threshold =
    Threshold { raise: 1.0, raise_for: Duration::from_secs(30), clear: 0.7, clear_for: Duration::from_secs(60) };
const CRITICAL: Threshold =
    Threshold { raise: 2.0, raise_for: Duration::from_secs(30), clear: 1.4, clear_for: Duration::from_secs(60) };

impl Default for OverloadSettings {
    fn default() -> Self {
        Self {
            major: MAJOR,
            critical: CRITICAL,
            smoothing: Duration::from_secs(10),
            dwell: Duration::from_secs(60),
            silence: Duration::from_secs(120),
        }
    }
}

impl OverloadSettings {
    /// Whether they make sense.
    ///
    /// # Errors
    /// [`SettingError`] with the key that does not.
    pub fn validate(&self) -> Result<(), SettingError> {
        self.major.validate("overload.major")?;
        self.critical.validate("overload.critical")?;
        if self.critical.raise <= self.major.raise {
            return Err(SettingError::new("overload.critical.raise", "must be more than overload.major.raise"));
        }
        if self.critical.clear < self.major.clear {
            return Err(SettingError::new("overload.critical.clear", "must not be less than overload.major.clear"));
        }
        validate_duration("overload.dwell", self.dwell)?;
        validate_duration("overload.silence", self.silence)
    }
}

impl Threshold {
    fn validate(&self, table: &str) -> Result<(), SettingError> {
        let key = |key: &str| format!("{table}.{key}");
        // Written so that what is no number fails too.
        if !(self.raise > 0.0 && self.raise <= HIGHEST) {
            return Err(SettingError::new(key("raise"), format!("must be more than 0 and at most {HIGHEST}")));
        }
        if !(self.clear > 0.0 && self.clear < self.raise) {
            return Err(SettingError::new(key("clear"), format!("must be more than 0 and less than {}", key("raise"))));
        }
        validate_duration(&key("raise_for"), self.raise_for)?;
        validate_duration(&key("clear_for"), self.clear_for)
    }
}

/// A threshold as it is written: what is missing is the default of its severity.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    raise: Option<f64>,
    #[serde(default, deserialize_with = "jiff::fmt::serde::unsigned_duration::optional::deserialize")]
    raise_for: Option<Duration>,
    clear: Option<f64>,
    #[serde(default, deserialize_with = "jiff::fmt::serde::unsigned_duration::optional::deserialize")]
    clear_for: Option<Duration>,
}

fn threshold<'de, D: Deserializer<'de>>(deserializer: D, default: Threshold) -> Result<Threshold, D::Error> {
    let written = Written::deserialize(deserializer)?;
    Ok(Threshold {
        raise: written.raise.unwrap_or(default.raise),
        raise_for: written.raise_for.unwrap_or(default.raise_for),
        clear: written.clear.unwrap_or(default.clear),
        clear_for: written.clear_for.unwrap_or(default.clear_for),
    })
}

fn major<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Threshold, D::Error> {
    threshold(deserializer, MAJOR)
}

fn critical<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Threshold, D::Error> {
    threshold(deserializer, CRITICAL)
}
