//! Parses the text after the options of a `--help`: examples and exit codes.

use anyhow::{Context, Result, bail};

use super::facts;

/// The content of an `after_help`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct HelpText {
    pub examples: Vec<Example>,
    pub exit_codes: Vec<ExitCode>,
}

/// A command, and what it is for.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    pub command: String,
    pub purpose: Option<String>,
}

/// A number, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitCode {
    pub code: u8,
    pub meaning: String,
}

/// Returns the codes of a `--help`, or if it has none those that are known of the command.
pub fn or_usual(codes: &[ExitCode], command: &str) -> Vec<ExitCode> {
    if !codes.is_empty() {
        return codes.to_vec();
    }
    let usual = facts::exit_codes(command).into_iter();
    usual.map(|(code, meaning)| ExitCode { code, meaning: meaning.to_owned() }).collect()
}

/// Sections start with a heading at the margin; what is below it is indented.
pub fn parse(text: &str) -> Result<HelpText> {
    let mut help = HelpText::default();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    while let Some(heading) = lines.next() {
        let mut body = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("  ")) {
            body.push(&line[2..]);
        }
        match heading {
            "Examples:" => help.examples = examples(&body),
            "Exit codes:" => help.exit_codes = exit_codes(&body)?,
            _ => bail!("no man page section is known for {heading:?} in an after_help"),
        }
    }
    Ok(help)
}

/// Purposes are aligned in one column, which the longest command may touch.
fn examples(lines: &[&str]) -> Vec<Example> {
    let column = lines.iter().find_map(|line| {
        let gap = line.find("  ")?;
        Some(gap + line[gap..].find(|c| c != ' ')?)
    });
    let split = |line: &&str| match column.and_then(|column| line.split_at_checked(column)) {
        Some((command, purpose)) if command.ends_with(' ') && !purpose.is_empty() => {
            Example { command: command.trim_end().to_owned(), purpose: Some(purpose.to_owned()) }
        }
        _ => Example { command: (*line).to_owned(), purpose: None },
    };
    lines.iter().map(split).collect()
}

/// One line may have several, three spaces apart.
fn exit_codes(lines: &[&str]) -> Result<Vec<ExitCode>> {
    let parse = |item: &str| {
        let (code, meaning) = item.split_once(' ').with_context(|| format!("{item:?} is not an exit code"))?;
        let code = code.parse().with_context(|| format!("{item:?} is not an exit code"))?;
        Ok(ExitCode { code, meaning: meaning.to_owned() })
    };
    lines.iter().flat_map(|line| line.split("   ")).map(str::trim).filter(|item| !item.is_empty()).map(parse).collect()
}
