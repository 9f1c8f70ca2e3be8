//! The reference says what the program takes and prints, and the files of the repository are what is made now.

use std::path::Path;

use clap::{Arg, Command};
use installer::config::Config;
use installer::profile::Profile;

use super::keys_check::differences;
use super::page::{called, shown};
use super::{documents, keys, reference};

#[test]
fn the_keys_are_those_that_the_parsers_take() {
    let file = Path::new("file");
    let all = keys::of_program().unwrap();
    let found = [
        differences(&all[0], |text| Config::parse(text, file).map(drop).map_err(|e| e.to_string())),
        differences(&all[1], |text| Profile::parse(text, file).map(drop).map_err(|e| e.to_string())),
    ];
    assert!(found.concat().is_empty(), "{}", found.concat().join("\n"));
}

#[test]
fn the_pages_of_the_repository_are_those_made_now() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (path, content) in reference::all().unwrap() {
        let there = std::fs::read_to_string(top.join(&path)).unwrap_or_default();
        assert!(there == content, "{} is not what is made now; run `make reference`", path.display());
    }
}

/// The options that stand in a help text, each once: those of the command itself, and for the program those of every command.
fn options<'a>(cli: &'a Command, command: &'a Command) -> Vec<&'a Arg> {
    let is_main = called(command) == cli.get_name();
    let of_every_command = |arg: &Arg| arg.is_global_set() || matches!(arg.get_id().as_str(), "help" | "version");
    command.get_arguments().filter(|arg| !arg.is_positional() && (is_main || !of_every_command(arg))).collect()
}

fn commands<'a>(command: &'a Command, into: &mut Vec<&'a Command>) {
    into.push(command);
    shown(command).for_each(|below| commands(below, into));
}

/// Returns the part of the page about a command.
fn part<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, part) = page.split_once(&format!("\n## {name}\n")).unwrap_or_else(|| panic!("{name} has no heading"));
    part.split("\n## ").next().unwrap_or_default()
}

#[test]
fn every_option_is_documented_once_in_the_reference_and_in_its_man_page() {
    let mut cli = super::command();
    cli.build();
    let page = &reference::all().unwrap()[Path::new("docs/reference/cli.md")];
    let man = documents(&Profile::built_in(), "").unwrap();
    let mut all = Vec::new();
    commands(&cli, &mut all);
    assert!(all.len() > 25, "{}", all.len());
    let mut rows = 0;
    for command in all {
        let name = called(command);
        assert_eq!(page.matches(&format!("\n## {name}\n")).count(), 1, "{name}");
        let part = part(page, name);
        let man_page = format!("man/{}.8", name.replace(' ', "-"));
        let man_page = String::from_utf8_lossy(&man[Path::new(&man_page)]).replace("\\-", "-");
        let (_, of_options) = man_page.split_once(".SH OPTIONS\n").unwrap();
        let of_options = of_options.split("\n.SH ").next().unwrap();
        let mut seen = 0;
        for arg in options(&cli, command) {
            let long = format!("--{}", arg.get_long().unwrap());
            let help = arg.get_help().unwrap_or_else(|| panic!("{name} {long} has no text in --help")).to_string();
            let is_it = |line: &&str| {
                let cell = line.strip_prefix("| `").and_then(|line| line.split_once(" | ")).unwrap_or_default().0;
                cell.split(['`', ' ']).any(|word| word == long)
            };
            let lines: Vec<_> = part.lines().filter(is_it).collect();
            assert_eq!(lines.len(), 1, "{name} {long}: {lines:?}");
            let start = &help[..help.find(['[', '*', '<']).unwrap_or(help.len())];
            assert!(lines[0].contains(start), "{name} {long}: {lines:?} has not {start:?}");
            let tags = of_options.split(".TP\n").filter(|it| {
                let tag = it.lines().next().unwrap_or_default().replace("\\fB", " ").replace("\\fR", " ");
                tag.split_whitespace().any(|word| word == long)
            });
            let tags: Vec<_> = tags.collect();
            assert_eq!(tags.len(), 1, "{name} {long} in the man page");
            let first = help.split_whitespace().next().unwrap();
            assert!(tags[0].lines().nth(1).is_some_and(|line| line.starts_with(first)), "{name} {long}: {}", tags[0]);
            seen += 1;
        }
        let found = part.lines().filter(|line| line.starts_with("| `-")).count();
        assert_eq!(found, seen, "{name}: {found} rows, {seen} options");
        rows += found;
    }
    assert!(rows > 25, "{rows}");
}

/// A metric that is registered without its row would be missing on the page.
#[test]
fn no_metric_is_registered_beside_the_table() {
    let source = include_str!("../../src/report/metrics.rs");
    assert!(!source.contains("\"hostprep_") && !source.contains("Opts::new"));
    let rows: Vec<_> = installer::report::metric::METRICS.iter().map(|metric| metric.name).collect();
    for (index, name) in rows.iter().enumerate() {
        assert!(!rows[..index].contains(name), "{name} twice");
    }
}
