//! The table of kernels that judged, for programs.

use serde::Serialize;

use crate::profile::KernelTable;
use crate::profile::kernel_table::Origin;

/// The object `kernel_table`.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KernelTableObject<'a> {
    /// `built-in`, `file`, or `profile` for a table in the profile; words may be added.
    origin: &'static str,
    /// The file; absent if it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Its `version`; absent for a table in a profile, and for one that cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    /// Its `date`: `2026-11-29`.
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    /// Why it cannot be used, so that what depends on it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
}

impl<'a> KernelTableObject<'a> {
    /// The object for `table`; `None` if there is no table.
    #[must_use]
    pub fn of(table: &'a KernelTable) -> Option<Self> {
        let (origin, path) = match &table.origin {
            Origin::Missing => return None,
            Origin::Profile => ("profile", None),
            Origin::BuiltIn => ("built-in", None),
            Origin::File(path) => ("file", Some(path.to_string())),
        };
        let version = table.version.as_ref();
        Some(Self {
            origin,
            path,
            version: version.map(|version| version.version.as_str()),
            date: version.map(|version| version.date.to_string()),
            problem: table.problem.as_deref(),
        })
    }
}
