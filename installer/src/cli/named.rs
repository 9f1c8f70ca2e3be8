//! The command line under the names of the profile that it gives: `--help` names a command that exists.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory, FromArgMatches, Parser};
use host::process::names;
use installer::profile::Profile;
use installer::wording::Wording;

use super::args::{Cli, Global};
use super::invocation::given_profile;

/// Parses the command line of this process.
pub fn parse() -> Result<Cli, clap::Error> {
    let words: Vec<OsString> = std::env::args_os().collect();
    // What is wrong with a profile is said where it is used.
    let profile = profile_option(&words).and_then(|file| {
        let global = Global { root: None, profile: Some(file), assume: None, lang: None };
        given_profile(&global).ok().flatten()
    });
    let Some(profile) = profile else { return Cli::try_parse_from(words) };
    names::set(&profile.names.command, &profile.names.ident);
    let matches = renamed(&profile).try_get_matches_from(words)?;
    Cli::from_arg_matches(&matches)
}

/// Returns the value of `--profile`, which help needs before anything is parsed.
fn profile_option(words: &[OsString]) -> Option<PathBuf> {
    let mut words = words.iter().skip(1).take_while(|word| *word != "--");
    words
        .find_map(|word| match word.to_str()?.strip_prefix("--profile") {
            Some("") => Some(None),
            Some(value) => value.strip_prefix('=').map(|value| Some(PathBuf::from(value))),
            None => None,
        })?
        .or_else(|| words.next().map(PathBuf::from))
}

fn renamed(profile: &Profile) -> clap::Command {
    super::args::renamed(Cli::command(), names::command(), &Wording::of(profile))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_found_in_both_forms_and_not_after_the_options() {
        let of = |line: &str| profile_option(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of("hostprep --profile /a check"), Some("/a".into()));
        assert_eq!(of("hostprep check --profile=/b"), Some("/b".into()));
        assert_eq!(of("hostprep check --profiles"), None);
        assert_eq!(of("hostprep check -- --profile /c"), None);
        assert_eq!(of("hostprep check"), None);
    }
}
