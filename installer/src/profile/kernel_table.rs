//! A table of kernels, `kernels.toml`: apart from the profile, so that the supported kernels change without a new binary.

use std::fmt;
use std::path::Path;

use host::MalformedFile;
use host::fs::InRoot;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use super::kernels::KernelRule;
use crate::toml_file::{date, first_line, line_of};

/// The format that this version reads.
pub const SCHEMA: u32 = 1;

/// `kernels.toml`, by the build script.
const BUILT_IN: &str = include_str!(concat!(env!("OUT_DIR"), "/kernels.json"));

/// A table of kernels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KernelTable {
    /// Where it is from.
    pub origin: Origin,
    /// Which table it is; `None` for one in a profile, and where there is none.
    pub version: Option<TableVersion>,
    /// Its lines; empty if the agent does not say which kernels it supports.
    pub rules: Vec<KernelRule>,
    /// The day of the built-in table for the same agent, if that is newer.
    pub newer_built_in: Option<Date>,
    /// A table of the administrator's that is about another agent.
    pub passed_over: Option<InRoot>,
    /// Why the table of `origin` cannot be used. There are no lines then, and nothing is known about any kernel.
    pub problem: Option<String>,
}

/// Where a table is from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origin {
    /// There is none for this agent.
    #[default]
    Missing,
    /// `[[kernels]]` in the profile.
    Profile,
    /// This program.
    BuiltIn,
    /// A file.
    File(InRoot),
}

/// Which edition of a table it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableVersion {
    /// The name that its author gave it.
    pub version: String,
    /// The day on which it was made.
    pub date: Date,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    profile: String,
    #[serde(deserialize_with = "plain_word")]
    version: String,
    #[serde(deserialize_with = "date")]
    date: Date,
    kernels: Vec<KernelRule>,
}

impl File {
    fn content(self, origin: Origin) -> Content {
        let Self { schema: _, profile, version, date, kernels: rules } = self;
        let version = Some(TableVersion { version, date });
        Content { profile, table: KernelTable { origin, version, rules, ..KernelTable::default() } }
    }
}

/// The only key that every format has.
#[derive(Deserialize)]
struct AnyFormat {
    schema: toml::Spanned<u32>,
}

/// A file's content: the table, and the agent that it is about.
struct Content {
    profile: String,
    table: KernelTable,
}

impl KernelTable {
    /// The table that is built in.
    ///
    /// # Panics
    /// Never: a test parses it.
    #[must_use]
    pub fn built_in() -> Self {
        Self::of_program().table
    }

    fn of_program() -> Content {
        let file: File = serde_json::from_str(BUILT_IN).expect("a test parses the built-in table");
        file.content(Origin::BuiltIn)
    }

    /// The table in `text`, for the agent with the profile `profile`; `None` if it is about another agent. `path` is its path in
    /// messages.
    ///
    /// # Errors
    /// [`MalformedFile`] with the line, also for the format of a later version.
    pub fn parse(text: &str, path: &Path, origin: Origin, profile: &str) -> Result<Option<Self>, MalformedFile> {
        Ok(Content::parse(text, path, origin)?.about(profile))
    }

    /// The table that is built in, for the agent with the profile `profile`; `None` if it is about another agent.
    #[must_use]
    pub fn built_in_for(profile: &str) -> Option<Self> {
        Self::of_program().about(profile)
    }

    /// A table that is known to be there and cannot be used.
    #[must_use]
    pub fn unusable(origin: Origin, problem: String) -> Self {
        Self { origin, problem: Some(problem), ..Self::default() }
    }

    /// Returns what a check says if there is no line in it.
    #[must_use]
    pub fn names_none(&self) -> String {
        match self.origin {
            Origin::Missing | Origin::Profile => "the profile names no kernels".into(),
            Origin::BuiltIn | Origin::File(_) => format!("the table of kernels names none ({self})"),
        }
    }

    /// Returns lines for people: if the table is older than the one that is built in, which it keeps from being used, and if an
    /// administrator's was passed over.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let older = self
            .newer_built_in
            .map(|newer| format!("{self} is older than the built-in table ({newer}); update or remove it"));
        let foreign = self
            .passed_over
            .as_ref()
            .map(|path| format!("{path} is not used: its `profile` is another agent's; correct or remove it"));
        older.into_iter().chain(foreign).collect()
    }
}

/// For people: `built-in table 1 of 2026-11-29`.
impl fmt::Display for KernelTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Missing => return f.write_str("no table"),
            Origin::Profile => return f.write_str("table of the profile"),
            Origin::BuiltIn => f.write_str("built-in table")?,
            Origin::File(path) => write!(f, "{path}")?,
        }
        match &self.version {
            Some(TableVersion { version, date }) => write!(f, " {version} of {date}"),
            None => Ok(()),
        }
    }
}

impl Content {
    fn parse(text: &str, path: &Path, origin: Origin) -> Result<Self, MalformedFile> {
        let malformed = |line, problem| MalformedFile {
            path: path.to_owned(),
            line,
            problem,
            hint: "fix that line or remove the file; the keys are schema, profile, version, date, and [[kernels]]"
                .into(),
        };
        let too_new = || {
            let schema = toml::from_str::<AnyFormat>(text).ok()?.schema;
            let line = 1 + text.get(..schema.span().start)?.matches('\n').count();
            (*schema.get_ref() != SCHEMA).then(|| MalformedFile {
                path: path.to_owned(),
                line: Some(line),
                problem: format!("schema {} is not one this version reads ({SCHEMA})", schema.get_ref()),
                hint: "update hostprep, or use a table for this version".into(),
            })
        };
        match toml::from_str(text) {
            Ok(file @ File { schema: SCHEMA, .. }) => {
                match file.kernels.iter().enumerate().find_map(|(at, rule)| Some((at, rule.problem()?))) {
                    Some((at, problem)) => Err(malformed(line_of_rule(text, at), problem)),
                    None => Ok(file.content(origin)),
                }
            }
            // Another format may have other keys.
            Ok(_) => Err(too_new().unwrap_or_else(|| malformed(None, format!("schema is not {SCHEMA}")))),
            Err(e) => Err(too_new().unwrap_or_else(|| malformed(line_of(text, &e), first_line(&e)))),
        }
    }

    fn about(self, profile: &str) -> Option<KernelTable> {
        (self.profile == profile).then_some(self.table)
    }
}

/// Returns the line on which the rule with the index `at` begins, if each has a heading of its own.
fn line_of_rule(text: &str, at: usize) -> Option<usize> {
    let mut headings = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("[[kernels]]"));
    headings.nth(at).map(|(index, _)| index + 1)
}

/// `[[kernels]]` in a profile.
impl<'de> Deserialize<'de> for KernelTable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::<KernelRule>::deserialize(from).map(Self::from)
    }
}

impl From<Vec<KernelRule>> for KernelTable {
    fn from(rules: Vec<KernelRule>) -> Self {
        Self { origin: Origin::Profile, rules, ..Self::default() }
    }
}

fn plain_word<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._+~-".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(is_plain) {
        return Ok(text);
    }
    Err(serde::de::Error::custom(format!("{text:?} is not a version: up to 64 letters, digits and `._+~-`")))
}

#[cfg(test)]
mod tests;
