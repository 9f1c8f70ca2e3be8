//! `docs/reference/cli.md`: each command, its options, examples and exit codes, from the command line itself.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use clap::{Arg, Command};

use super::facts;
use super::help_text::{self, HelpText};
use super::page::{called, explained_values, is_own, repeats, sentence, shown, values};
use super::reference::{head, table};

/// The page, in Markdown. The command must have been built.
pub fn page(cli: &Command) -> Result<String> {
    let mut text = head("Command line");
    text.push_str(
        "\nEach command and option, as in `--help` and in the manual pages. The options of `hostprep` itself go with every \
         command, before or after it. [commands.md](../commands.md) says what to use when.\n",
    );
    add(&mut text, cli, cli)?;
    Ok(text)
}

fn add(text: &mut String, cli: &Command, command: &Command) -> Result<()> {
    let name = called(command);
    let about = command.get_about().with_context(|| format!("{name} says nothing about itself"))?.to_string();
    let _ = write!(text, "\n## {name}\n\n{}\n", sentence(&about));
    for paragraph in facts::description(name) {
        let _ = write!(text, "\n{}\n", escaped(paragraph));
    }
    let _ = write!(text, "\n```text\n{}\n```\n", usage(command));
    let is_main = name == cli.get_name();
    let rows = command.get_arguments().filter(|arg| is_main || is_own(arg)).map(row).collect::<Vec<_>>();
    if !rows.is_empty() {
        text.push_str(&table(["option", "meaning"], rows));
    }
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    ending(text, name, &help_text::parse(&help)?);
    for below in shown(command) {
        add(text, cli, below)?;
    }
    Ok(())
}

fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    usage.trim_start_matches("Usage: ").lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

fn row(arg: &Arg) -> [String; 2] {
    let mut names: Vec<String> = arg.get_short().map(|short| format!("-{short}")).into_iter().collect();
    names.extend(arg.get_long().map(|long| format!("--{long}")));
    let value = if arg.get_action().takes_values() {
        arg.get_value_names().unwrap_or_default().iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
    } else {
        String::new()
    };
    let call = format!("`{}`", format!("{} {value}", names.join("`, `")).trim());
    let mut meaning = arg.get_help().map(|help| sentence(&help.to_string())).unwrap_or_default();
    let explained = explained_values(arg);
    if !explained.is_empty() {
        let values = explained.iter().map(|(value, help)| format!("`{value}` ({help})")).collect::<Vec<_>>();
        let _ = write!(meaning, " One of {}.", values.join(", "));
    } else if !values(arg).is_empty() {
        let values = values(arg).into_iter().map(|value| format!("`{value}`")).collect::<Vec<_>>();
        let _ = write!(meaning, " One of {}.", values.join(", "));
    }
    if let ([default], true) = (arg.get_default_values(), arg.get_action().takes_values()) {
        let _ = write!(meaning, " Default: `{}`.", default.to_string_lossy());
    }
    if repeats(arg) && !meaning.contains("repeatable") {
        meaning.push_str(" Repeatable.");
    }
    [call, escaped(meaning.trim())]
}

fn ending(text: &mut String, name: &str, help: &HelpText) {
    if !help.examples.is_empty() {
        text.push_str("\nExamples:\n\n```text\n");
        for example in &help.examples {
            if let Some(purpose) = &example.purpose {
                let _ = writeln!(text, "# {purpose}");
            }
            let _ = writeln!(text, "{}", example.command);
        }
        text.push_str("```\n");
    }
    if let Some(status) = facts::exit_status(name) {
        let _ = write!(text, "\nExit status: {status}\n");
    } else {
        let codes = help_text::or_usual(&help.exit_codes, name).into_iter();
        text.push_str(&table(["exit status", "meaning"], codes.map(|it| [it.code.to_string(), escaped(&it.meaning)])));
    }
}

/// Returns the text with what Markdown would take for a mark of its own as it is.
fn escaped(text: &str) -> String {
    text.replace("[[", "\\[\\[").replace('*', "\\*").replace('<', "\\<")
}
