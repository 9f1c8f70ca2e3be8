//! `tests/cases/documented-commands.toml`: which commands are run, and how.

use std::cell::Cell;
use std::fs;

use harness::setup::top;
use toml::{Table, Value};

/// How commands are tried.
#[derive(Debug)]
pub enum How {
    /// In a Debian system with the DEB installed, as root. It ends with one of these codes; what goes on for ever is ended.
    /// One within a sentence may be parsed only.
    System { exit: Vec<i32>, seconds: Option<i64>, says: bool, parse_only: bool },
    /// In a directory with a vendor's manifest, payload and profile, in a copy of the tree's layout.
    Vendor,
    /// The test of docs/first-package.md runs it.
    FirstPackage,
    /// The program parses it, and prints its help.
    Help,
    /// `make -n`: the target is there, and its recipe is for a shell.
    Make,
    /// cargo knows the options, the package and the target of it.
    Cargo,
    /// The shell takes it, and the program knows its options by this command.
    Options(String),
    /// The playbook has its variables, and a suite plays it.
    Ansible,
    /// Another test runs it: this file has these texts.
    Test { file: String, contains: Vec<String> },
    /// Nothing runs it, for this reason.
    NotRun(String),
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// With `*` for any text, and whether a command was found for it.
    pub commands: Vec<(String, Cell<bool>)>,
    /// The only file whose commands it is for.
    within: Option<String>,
    /// What is run in place of these words.
    with: Vec<(String, String)>,
    /// A command line that is run first.
    pub before: Option<String>,
    pub how: How,
}

impl Row {
    /// Returns the command as it is tried.
    pub fn tried(&self, command: &str) -> String {
        self.with.iter().fold(command.to_owned(), |line, (from, to)| line.replace(from, to))
    }
}

pub fn read() -> Vec<Row> {
    let path = top().join("tests/cases/documented-commands.toml");
    let table: Table = fs::read_to_string(path).unwrap().parse().unwrap();
    table["row"].as_array().unwrap().iter().map(|row| row_of(row.as_table().unwrap())).collect()
}

fn row_of(row: &Table) -> Row {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("{row:?}: {key}")).to_owned();
    let strings = |key: &str| -> Vec<String> {
        let list = row.get(key).and_then(Value::as_array).unwrap_or_else(|| panic!("{row:?}: {key}"));
        list.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let exit = |value: &Value| i32::try_from(value.as_integer().unwrap()).unwrap();
    let how = match text("how").as_str() {
        "system" => How::System {
            exit: row.get("exit").map_or(vec![0], |list| list.as_array().unwrap().iter().map(exit).collect()),
            seconds: row.get("seconds").map(|it| it.as_integer().unwrap()),
            says: row.get("says").is_some_and(|it| it.as_bool().unwrap()),
            parse_only: !row.get("run").is_some_and(|it| it.as_bool().unwrap()),
        },
        "vendor" => How::Vendor,
        "first-package" => How::FirstPackage,
        "help" => How::Help,
        "make" => How::Make,
        "cargo" => How::Cargo,
        "options" => How::Options(text("help")),
        "ansible" => How::Ansible,
        "test" => How::Test { file: text("file"), contains: strings("contains") },
        "not-run" => How::NotRun(text("why")),
        other => panic!("{other:?} is no way to try a command"),
    };
    let optional = |key: &str| row.get(key).map(|it| it.as_str().unwrap().to_owned());
    let with = row.get("with").map(|it| it.as_table().unwrap().clone()).unwrap_or_default();
    Row {
        commands: strings("commands").into_iter().map(|it| (it, Cell::new(false))).collect(),
        within: optional("in"),
        with: with.iter().map(|(from, to)| (from.clone(), to.as_str().unwrap().to_owned())).collect(),
        before: optional("before"),
        how,
    }
}

/// Returns the first row for a command of a file, and marks its pattern as used.
pub fn find<'a>(rows: &'a [Row], file: &str, command: &str) -> Option<&'a Row> {
    for row in rows.iter().filter(|row| row.within.as_ref().is_none_or(|only| only == file)) {
        if let Some((_, is_used)) = row.commands.iter().find(|(pattern, _)| matches(pattern, command)) {
            is_used.set(true);
            return Some(row);
        }
    }
    None
}

/// Whether `text` is `pattern`, in which `*` stands for any text.
pub fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| matches(rest, &text[at..]))
        }),
    }
}
