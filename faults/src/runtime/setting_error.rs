//! What makes a setting invalid.

use std::time::Duration;

use thiserror::Error;

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{key} {problem}")]
pub struct SettingError {
    /// The key, with the tables that it is in.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
}

impl SettingError {
    pub(super) fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into() }
    }
}

/// More would only cost memory: no rule means so many.
const MOST: u32 = 1000;

pub(super) fn validate_count(key: &str, value: u32) -> Result<(), SettingError> {
    if (1..=MOST).contains(&value) {
        return Ok(());
    }
    Err(SettingError::new(key, format!("must be from 1 to {MOST}, not {value}")))
}

pub(super) fn validate_duration(key: &str, value: Duration) -> Result<(), SettingError> {
    if value > Duration::ZERO {
        return Ok(());
    }
    Err(SettingError::new(key, "must be longer than 0s"))
}
