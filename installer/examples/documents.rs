//! Writes the man pages, the shells' completions and the journal's message catalog of hostprep: `documents DIR` makes
//! `DIR/man`, `DIR/completions` and `DIR/catalog`.
//!
//! The pages have the date of SOURCE_DATE_EPOCH, or no date if it is unset.
#![allow(clippy::disallowed_methods, reason = "a build tool")]

#[allow(dead_code, reason = "what the words mean is the binary's concern")]
#[path = "../src/cli/args.rs"]
mod args;
#[path = "documents/facts.rs"]
mod facts;
#[path = "documents/help_text.rs"]
mod help_text;
#[path = "documents/journal.rs"]
mod journal;
#[path = "documents/page.rs"]
mod page;
#[cfg(test)]
#[path = "documents/tests.rs"]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use jiff::Timestamp;

fn main() -> Result<()> {
    let mut words = std::env::args_os().skip(1);
    let (Some(directory), None) = (words.next(), words.next()) else { anyhow::bail!("usage: documents DIR") };
    for (path, content) in documents(&date()?)? {
        write(&Path::new(&directory).join(path), &content)?;
    }
    Ok(())
}

/// Everything that is written, by its path below the directory.
fn documents(date: &str) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut all = BTreeMap::new();
    let mut cli = command();
    cli.build();
    for page in page::all(&cli, date)? {
        all.insert(Path::new("man").join(page.file_name), page.content.into_bytes());
    }
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let mut content = Vec::new();
        clap_complete::generate(shell, &mut command(), "hostprep", &mut content);
        let name = clap_complete::Generator::file_name(&shell, "hostprep");
        all.insert(Path::new("completions").join(name), content);
    }
    all.insert("catalog/hostprep.catalog".into(), journal::catalog().into_bytes());
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
