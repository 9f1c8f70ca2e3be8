//! The keys of a file in TOML, as `keys/*.toml` documents them: the source of a man page and of a page of `docs/reference`.

use anyhow::{Context, Result};
use serde::Deserialize;

/// What one file documents.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The name of the man page.
    pub page: String,
    /// The title of the page in the book.
    pub title: String,
    /// For `whatis`.
    pub summary: String,
    /// The files, or how one is given.
    pub synopsis: Vec<String>,
    pub description: Vec<String>,
    pub see_also: Vec<String>,
    #[serde(rename = "table")]
    pub tables: Vec<Table>,
    /// What follows the keys.
    #[serde(rename = "section")]
    pub sections: Vec<Section>,
}

/// A table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its head, `[paths]` or `[[directories]]`; empty for the keys at the top.
    pub head: String,
    pub about: String,
    /// Whether it may be absent.
    #[serde(default)]
    pub optional: bool,
    /// What must be left out with it: heads, or a head and a key.
    #[serde(default)]
    #[cfg_attr(not(test), allow(dead_code, reason = "for the test of the parsers"))]
    pub without: Vec<String>,
    #[serde(default, rename = "key")]
    pub keys: Vec<Key>,
}

/// A key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// What counts without it; a key that has none is required.
    pub default: Option<String>,
    pub meaning: String,
    /// A value in TOML; absent if a table of its own documents what is in it.
    pub example: Option<String>,
    /// As [`Table::without`].
    #[serde(default)]
    #[cfg_attr(not(test), allow(dead_code, reason = "for the test of the parsers"))]
    pub without: Vec<String>,
}

/// Text that follows the keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub head: String,
    #[serde(default)]
    pub paragraphs: Vec<String>,
    /// A complete file.
    pub code: Option<String>,
}

/// Returns the keys of hostprep's own files.
pub fn of_program() -> Result<Vec<Keys>> {
    [include_str!("keys/configuration.toml"), include_str!("keys/profile.toml")].into_iter().map(parse).collect()
}

/// Returns the keys of the packaging tool's manifest.
pub fn of_manifest() -> Result<Keys> {
    parse(include_str!("keys/manifest.toml"))
}

pub fn parse(text: &str) -> Result<Keys> {
    toml::from_str(text).with_context(|| text.lines().next().unwrap_or_default().to_owned())
}
