//! Titles, causes and remedies of faults in several languages: `texts/` has one Fluent file for each.

#[cfg(test)]
mod check;
pub mod explain;
pub(crate) mod language;
#[allow(dead_code, reason = "the build script and tests use all of it")]
pub(crate) mod message_keys;
pub mod status;
#[allow(clippy::module_inception, reason = "the file has the name of its type")]
pub(crate) mod texts;
mod wrap;

pub use language::{UnknownLanguage, find as find_language, languages};
pub use message_keys::Word;
pub use texts::{Explanation, Texts, Values};
pub use wrap::hanging;
