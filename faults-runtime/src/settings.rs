//! The settings of all rules.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use thiserror::Error;

/// A count above this only costs memory.
const MAX_COUNT: u32 = 1000;

/// A threshold above this is a typing error.
const MAX_LOAD: f64 = 1000.0;

const MAJOR: Threshold =
    Threshold { raise: 1.0, raise_for: Duration::from_secs(30), clear: 0.7, clear_for: Duration::from_secs(60) };
const CRITICAL: Threshold =
    Threshold { raise: 2.0, raise_for: Duration::from_secs(30), clear: 1.4, clear_for: Duration::from_secs(60) };

/// The settings of all rules. Each is optional. Durations are written `10m`, `1h 30m` or `PT10M`.
///
/// ```
/// use faults_runtime::Settings;
///
/// let settings: Settings = toml::from_str(
///     r#"
///     restarts = { failures = 5, within = "15m" }
///     overload.critical = { raise = 3.0 }
///     "#,
/// )?;
/// settings.validate()?;
/// assert_eq!(settings.restarts.quiet.as_secs(), 600);
///
/// let wrong: Settings = toml::from_str("restarts.failures = 0")?;
/// assert_eq!(wrong.validate().unwrap_err().to_string(), "restarts.failures must be from 1 to 1000, not 0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Fault 6.
    pub restarts: RestartSettings,
    /// Fault 7.
    pub start: StartSettings,
    /// Fault 18.
    pub overload: OverloadSettings,
}

/// The settings of [`Restarts`](crate::Restarts): table `restarts`. Cisco's description of fault 6 gives only the ten quiet
/// minutes; the other defaults are this library's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RestartSettings {
    /// The number of failures that raises the fault.
    pub failures: u32,
    /// The time within which they must happen.
    #[serde(deserialize_with = "jiff::fmt::serde::unsigned_duration::required::deserialize")]
    pub within: Duration,
    /// The time without a failure, after the connector has restarted, that clears the fault.
    #[serde(deserialize_with = "jiff::fmt::serde::unsigned_duration::required::deserialize")]
    pub quiet: Duration,
}

/// The settings of [`Start`](crate::Start): table `start`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StartSettings {
    /// The number of invalid updates in a row after which the fault's detail blames the integrity check of updates.
    pub updates: u32,
}

/// The settings of [`Overload`](crate::Overload): table `overload`. All defaults are this library's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OverloadSettings {
    /// When the fault is raised as major: `overload.major`.
    #[serde(deserialize_with = "major")]
    pub major: Threshold,
    /// When the fault is raised as critical: `overload.critical`.
    #[serde(deserialize_with = "critical")]
    pub critical: Threshold,
    /// The time constant of the mean of the load; `0s` switches smoothing off.
    #[serde(deserialize_with = "jiff::fmt::serde::unsigned_duration::required::deserialize")]
    pub smoothing: Duration,
    /// The time after a change during which no change in the other direction happens. Its former key is `dwell`.
    #[serde(alias = "dwell", deserialize_with = "jiff::fmt::serde::unsigned_duration::required::deserialize")]
    pub min_hold: Duration,
    /// The time without a sample after which the load counts as unknown. Its former key is `silence`.
    #[serde(alias = "silence", deserialize_with = "jiff::fmt::serde::unsigned_duration::required::deserialize")]
    pub sample_timeout: Duration,
}

/// When one severity begins and ends. A load is the rate of offered events divided by the rate that can be handled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The severity begins when the load has been at least this high
    pub raise: f64,
    /// for this time.
    pub raise_for: Duration,
    /// It ends when the load has been below this, which is less than `raise`,
    pub clear: f64,
    /// for this time.
    pub clear_for: Duration,
}

/// A setting with an invalid value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{key} {problem}")]
pub struct SettingError {
    /// The key, with its tables: `overload.major.raise`.
    pub key: String,
    /// What is wrong with the value.
    pub problem: String,
}

impl Default for RestartSettings {
    fn default() -> Self {
        Self { failures: 3, within: Duration::from_secs(600), quiet: Duration::from_secs(600) }
    }
}

impl Default for StartSettings {
    fn default() -> Self {
        Self { updates: 3 }
    }
}

impl Default for OverloadSettings {
    fn default() -> Self {
        Self {
            major: MAJOR,
            critical: CRITICAL,
            smoothing: Duration::from_secs(10),
            min_hold: Duration::from_secs(60),
            sample_timeout: Duration::from_secs(120),
        }
    }
}

impl Settings {
    /// Checks every value. Each rule checks its own again when it is made.
    ///
    /// # Errors
    /// [`SettingError`] with the first key whose value is invalid.
    pub fn validate(&self) -> Result<(), SettingError> {
        self.restarts.validate()?;
        self.start.validate()?;
        self.overload.validate()
    }
}

impl RestartSettings {
    /// Checks every value.
    ///
    /// # Errors
    /// [`SettingError`] with the first key whose value is invalid.
    pub fn validate(&self) -> Result<(), SettingError> {
        validate_count("restarts.failures", self.failures)?;
        validate_duration("restarts.within", self.within)?;
        validate_duration("restarts.quiet", self.quiet)
    }
}

impl StartSettings {
    /// Checks every value.
    ///
    /// # Errors
    /// [`SettingError`] with the first key whose value is invalid.
    pub fn validate(&self) -> Result<(), SettingError> {
        validate_count("start.updates", self.updates)
    }
}

impl OverloadSettings {
    /// Checks every value, and that the thresholds fit each other.
    ///
    /// # Errors
    /// [`SettingError`] with the first key whose value is invalid.
    pub fn validate(&self) -> Result<(), SettingError> {
        self.major.validate("overload.major")?;
        self.critical.validate("overload.critical")?;
        if self.critical.raise <= self.major.raise {
            return Err(SettingError::new("overload.critical.raise", "must be more than overload.major.raise"));
        }
        if self.critical.clear < self.major.clear {
            return Err(SettingError::new("overload.critical.clear", "must not be less than overload.major.clear"));
        }
        validate_duration("overload.min_hold", self.min_hold)?;
        validate_duration("overload.sample_timeout", self.sample_timeout)
    }
}

impl Threshold {
    fn validate(&self, table: &str) -> Result<(), SettingError> {
        let key = |key: &str| format!("{table}.{key}");
        // Written so that NaN fails too.
        if !(self.raise > 0.0 && self.raise <= MAX_LOAD) {
            return Err(SettingError::new(key("raise"), format!("must be more than 0 and at most {MAX_LOAD}")));
        }
        if !(self.clear > 0.0 && self.clear < self.raise) {
            return Err(SettingError::new(key("clear"), format!("must be more than 0 and less than {}", key("raise"))));
        }
        validate_duration(&key("raise_for"), self.raise_for)?;
        validate_duration(&key("clear_for"), self.clear_for)
    }
}

impl SettingError {
    fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into() }
    }
}

fn validate_count(key: &str, value: u32) -> Result<(), SettingError> {
    if (1..=MAX_COUNT).contains(&value) {
        return Ok(());
    }
    Err(SettingError::new(key, format!("must be from 1 to {MAX_COUNT}, not {value}")))
}

fn validate_duration(key: &str, value: Duration) -> Result<(), SettingError> {
    if value > Duration::ZERO {
        return Ok(());
    }
    Err(SettingError::new(key, "must be longer than 0s"))
}

/// A threshold as written: each missing key has the default of its severity.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartialThreshold {
    raise: Option<f64>,
    #[serde(default, deserialize_with = "jiff::fmt::serde::unsigned_duration::optional::deserialize")]
    raise_for: Option<Duration>,
    clear: Option<f64>,
    #[serde(default, deserialize_with = "jiff::fmt::serde::unsigned_duration::optional::deserialize")]
    clear_for: Option<Duration>,
}

fn threshold<'de, D: Deserializer<'de>>(deserializer: D, default: Threshold) -> Result<Threshold, D::Error> {
    let written = PartialThreshold::deserialize(deserializer)?;
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
