//! The JSON Schemas of what hostprep prints and keeps, as files; a test holds them against the types.

use crate::wording::Wording;

#[cfg(feature = "schema")]
mod generate;

#[cfg(feature = "schema")]
pub use generate::{generate, version};

/// A schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// Its name: that of the output.
    pub name: &'static str,
    /// What it describes.
    pub describes: &'static str,
    /// The text of its file.
    pub text: &'static str,
}

macro_rules! schemas {
    ($($name:literal: $describes:literal,)+) => {
        /// All of them.
        pub const SCHEMAS: &[Schema] = &[$(Schema {
            name: $name,
            describes: $describes,
            text: include_str!(concat!("../../schema/", $name, ".schema.json")),
        }),+];
    };
}

schemas! {
    "check": "hostprep check --format json",
    "repair": "hostprep repair --format json, also with --dry-run",
    "remove": "hostprep remove --format json, also with --dry-run",
    "status": "hostprep status --format json",
    "explain": "hostprep explain --format json",
    "faults-list": "hostprep faults list --format json",
    "faults-history": "each line of hostprep faults history --format json",
    "faults-watch": "each line of hostprep faults watch",
    "policy-status": "hostprep policy status --format json",
    "load-lock-status": "hostprep load-lock status --format json",
    "report": "hostprep report --format json",
    "last-run": "/var/lib/cisco/hostprep/last-run.json",
}

impl Schema {
    /// Returns its text, in which the title is in these words: it names a command or a file. All else is that of the format.
    #[must_use]
    pub fn text_in(&self, wording: &Wording) -> String {
        let title = |words: &str| format!("\"title\": \"{words}\"");
        self.text.replacen(&title(self.describes), &title(&wording.apply(self.describes)), 1)
    }
}

/// Returns the schema of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Schema> {
    SCHEMAS.iter().find(|schema| schema.name == name)
}
