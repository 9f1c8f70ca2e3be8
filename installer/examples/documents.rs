//! Writes the man pages, the shells' completions, the journal's message catalog and the JSON Schemas of hostprep: `documents DIR
//! [PROFILE]` makes `DIR/man`, `DIR/completions`, `DIR/catalog` and `DIR/schema`, under the names of that profile.
//!
//! `documents --reference REPOSITORY` writes the pages of `docs/reference`, what the pages of `docs/faults`
//! have from the catalogue, and the man page of the packaging tool's manifest.
//!
//! The pages have the date of SOURCE_DATE_EPOCH, or no date if it is unset.
#![allow(clippy::disallowed_methods, reason = "a build tool")]

#[allow(dead_code, reason = "what the words mean is the binary's concern")]
#[path = "../src/cli/args.rs"]
mod args;
#[path = "documents/cli_reference.rs"]
mod cli_reference;
#[path = "documents/facts.rs"]
mod facts;
#[path = "documents/fault_pages.rs"]
mod fault_pages;
#[path = "documents/faults_page.rs"]
mod faults_page;
#[cfg(test)]
#[path = "documents/files_tests.rs"]
mod files_tests;
#[path = "documents/help_text.rs"]
mod help_text;
#[path = "documents/journal.rs"]
mod journal;
#[path = "documents/keys.rs"]
mod keys;
#[cfg(test)]
#[path = "documents/keys_check.rs"]
mod keys_check;
#[path = "documents/keys_page.rs"]
mod keys_page;
#[path = "documents/keys_reference.rs"]
mod keys_reference;
#[cfg(test)]
#[path = "documents/lint_tests.rs"]
mod lint_tests;
#[path = "documents/output_reference.rs"]
mod output_reference;
#[path = "documents/page.rs"]
mod page;
#[path = "documents/reference.rs"]
mod reference;
#[cfg(test)]
#[path = "documents/reference_tests.rs"]
mod reference_tests;
#[cfg(test)]
#[path = "documents/tests.rs"]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use installer::profile::Profile;
use installer::report::schema::SCHEMAS;
use installer::wording::Wording;
use jiff::Timestamp;

const USAGE: &str = "usage: documents DIR [PROFILE] | documents --reference REPOSITORY";

fn main() -> Result<()> {
    let mut words = std::env::args_os().skip(1).peekable();
    if words.next_if(|word| word == "--reference").is_some() {
        let top = words.next().context(USAGE)?;
        return reference::all()?.iter().try_for_each(|(path, it)| write(&Path::new(&top).join(path), it.as_bytes()));
    }
    let (Some(directory), profile, None) = (words.next(), words.next(), words.next()) else { anyhow::bail!(USAGE) };
    anyhow::ensure!(!directory.to_string_lossy().starts_with('-'), USAGE);
    let profile = match profile {
        Some(path) => profile_in(Path::new(&path))?,
        None => Profile::built_in(),
    };
    for (path, content) in documents(&profile, &date()?)? {
        write(&Path::new(&directory).join(path), &content)?;
    }
    Ok(())
}

fn profile_in(path: &Path) -> Result<Profile> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(Profile::parse(&text, path)?)
}

/// Everything that is written, by its path below the directory, under the names of the profile.
fn documents(profile: &Profile, date: &str) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut all = BTreeMap::new();
    let wording = Wording::of(profile);
    // clap takes names that live as long as the program.
    let name: &'static str = Box::leak(profile.names.command.clone().into_boxed_str());
    let mut cli = command();
    cli.build();
    let mut pages = page::all(&cli, date)?;
    for keys in keys::of_program()? {
        pages.push(keys_page::page(&keys, &page::source(&cli), date));
    }
    for page in pages {
        // A hyphen is no minus sign to roff.
        let content = wording.apply_as(&page.content, |name| name.replace('-', "\\-"));
        all.insert(Path::new("man").join(wording.apply(&page.file_name)), content.into_bytes());
    }
    for page in faults_page::all(profile, cli.get_version().unwrap_or_default(), date) {
        all.insert(Path::new("man").join(page.file_name), page.content.into_bytes());
    }
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let mut content = Vec::new();
        let mut command = args::renamed(command(), name, &wording);
        clap_complete::generate(shell, &mut command, name, &mut content);
        let file = clap_complete::Generator::file_name(&shell, name);
        all.insert(Path::new("completions").join(file), content);
    }
    all.insert(format!("catalog/{name}.catalog").into(), journal::catalog(profile).into_bytes());
    for schema in SCHEMAS {
        all.insert(format!("schema/{}.schema.json", schema.name).into(), schema.text_in(&wording).into_bytes());
    }
    Ok(all)
}

fn command() -> Command {
    args::Cli::command().disable_help_subcommand(true)
}

fn date() -> Result<String> {
    let Ok(seconds) = std::env::var("SOURCE_DATE_EPOCH") else { return Ok(String::new()) };
    let moment = seconds.parse().map_err(anyhow::Error::from).and_then(|it| Ok(Timestamp::from_second(it)?));
    Ok(moment.with_context(|| format!("SOURCE_DATE_EPOCH is {seconds}"))?.strftime("%Y-%m-%d").to_string())
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    std::fs::write(path, content).with_context(|| path.display().to_string())
}
