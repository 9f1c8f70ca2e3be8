//! The settings of all rules.

use serde::Deserialize;

use super::overload_settings::OverloadSettings;
use super::restarts::RestartSettings;
use super::setting_error::SettingError;
use super::start::StartSettings;

/// Every figure of the rules; all of them optional. Lengths of time are written `10m`, `1h 30m` or `PT10M`.
///
/// ```
/// let settings: faults::runtime::Settings = toml::from_str(
///     r#"
///     restarts = { failures = 5, within = "15m" }
///     overload.critical = { raise = 3.0 }
///     "#,
/// )?;
/// settings.validate()?;
/// assert_eq!(settings.restarts.quiet.as_secs(), 600);
///
/// let wrong: faults::runtime::Settings = toml::from_str("restarts.failures = 0")?;
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

impl Settings {
    /// Whether all of it makes sense. The rules themselves ask too, when they are made.
    ///
    /// # Errors
    /// [`SettingError`] with the first key that does not.
    pub fn validate(&self) -> Result<(), SettingError> {
        self.restarts.validate()?;
        self.start.validate()?;
        self.overload.validate()
    }
}
