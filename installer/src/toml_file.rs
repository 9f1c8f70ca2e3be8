//! What the files in TOML have in common: errors with their line, and days.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

/// Returns the line of `error` in `text`, from 1.
pub(crate) fn line_of(text: &str, error: &toml::de::Error) -> Option<usize> {
    let before = text.get(..error.span()?.start)?;
    Some(1 + before.matches('\n').count())
}

pub(crate) fn first_line(error: &toml::de::Error) -> String {
    error.message().lines().next().unwrap_or("cannot be read").to_owned()
}

pub(crate) fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    let text = match toml::Value::deserialize(from)? {
        toml::Value::String(text) => text,
        toml::Value::Datetime(day) => {
            return Err(serde::de::Error::custom(format!("put the day in quotes: \"{day}\"")));
        }
        other => {
            let kind = other.type_str();
            return Err(serde::de::Error::custom(format!(
                "invalid type: {kind}, expected a day such as \"2027-03-01\""
            )));
        }
    };
    let date = text.parse().ok().filter(|_| text.len() == "2027-03-01".len());
    date.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a day such as \"2027-03-01\"")))
}
