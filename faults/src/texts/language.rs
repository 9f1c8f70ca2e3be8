//! The available languages, and the language for a locale or a language name.

use thiserror::Error;
use unic_langid::LanguageIdentifier;

/// Language and file; the build script lists what is in `texts/`.
pub(crate) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// The default language.
pub(crate) const ENGLISH: &str = "en";

/// There are no texts in the language.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there are no texts in language `{given}`; the languages are {}", languages().collect::<Vec<_>>().join(", "))]
pub struct UnknownLanguage {
    /// The given name.
    pub given: String,
}

/// The languages there are, as BCP 47 has them.
pub fn languages() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(language, _)| *language)
}

/// The one of [`languages`] that a POSIX locale (`ja_JP.UTF-8`, `C`) or a BCP 47 tag (`zh-Hant`) means: the same
/// language in the same script, so that Hong Kong gets Traditional Chinese and China does not. Of several that of the
/// same country is taken.
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    let wanted = likely(name)?;
    let candidates = || languages().filter_map(|language| Some((language, likely(language)?)));
    let fits = |has: &LanguageIdentifier| has.language == wanted.language && has.script == wanted.script;
    let same_country = candidates().find(|(_, has)| fits(has) && has.region == wanted.region);
    same_country.or_else(|| candidates().find(|(_, has)| fits(has))).map(|(language, _)| language)
}

/// Adds the most likely script and country to a name that lacks them.
fn likely(name: &str) -> Option<LanguageIdentifier> {
    // Behind these are character set and modifier.
    let name = name.split(['.', '@']).next().filter(|name| !name.is_empty())?;
    if matches!(name, "C" | "POSIX") {
        return likely(ENGLISH);
    }
    // A subtag of one character begins an extension, such as a calendar's.
    let subtags: Vec<&str> = name.split(['-', '_']).take_while(|subtag| subtag.len() > 1).collect();
    let mut identifier: LanguageIdentifier = subtags.join("-").parse().ok().filter(|_| !subtags.is_empty())?;
    identifier.maximize();
    Some(identifier)
}

#[cfg(test)]
mod tests;
