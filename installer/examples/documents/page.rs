//! A man page for each command.

use anyhow::{Context, Result};
use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};
use roff::{Inline, Roff, bold, italic, roman};

use crate::facts;
use crate::help_text::{self, Example, ExitCode};

const SECTION: u8 = 8;
const MANUAL: &str = "System Administration";
/// Leaves room for escapes in a source line of 80.
const WIDTH: usize = 66;
/// The same, where the escapes are counted; what is left is for the fonts of a code that goes on over several lines.
const SOURCE_WIDTH: usize = 72;

/// A rendered page.
pub struct Page {
    pub file_name: String,
    pub content: String,
}

/// The page of the command and those of all commands below it. The command must have been built.
pub fn all(cli: &Command, date: &str) -> Result<Vec<Page>> {
    let source = source(cli);
    let mut pages = Vec::new();
    let mut waiting = vec![(cli, None)];
    while let Some((command, parent)) = waiting.pop() {
        let name = page_name(command);
        let mut page = Writer::default();
        page.head(&name, SECTION, date, &source, MANUAL);
        page.body(cli, command, parent).with_context(|| name.clone())?;
        pages.push(Page { file_name: format!("{name}.{SECTION}"), content: page.roff.render() });
        waiting.extend(shown(command).map(|below| (below, Some(command))));
    }
    Ok(pages)
}

/// Returns the program and its version, for the foot of a page.
pub fn source(cli: &Command) -> String {
    format!("{} {}", cli.get_name(), cli.get_version().unwrap_or_default())
}

/// Returns the command as users type it: `hostprep faults list`.
pub fn called(command: &Command) -> &str {
    command.get_bin_name().unwrap_or_else(|| command.get_name())
}

/// Returns the name of the command's page: `hostprep-faults-list`.
fn page_name(command: &Command) -> String {
    called(command).replace(' ', "-")
}

pub fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|below| !below.is_hide_set())
}

/// In a call of this very command, as against those that go with every command.
pub fn is_own(arg: &Arg) -> bool {
    !arg.is_global_set() && !matches!(arg.get_id().as_str(), "help" | "version")
}

/// Writes one page.
#[derive(Default)]
pub struct Writer {
    roff: Roff,
}

impl Writer {
    fn body(&mut self, main: &Command, command: &Command, parent: Option<&Command>) -> Result<()> {
        let about = command.get_about().context("says nothing about itself")?.to_string();
        self.section("NAME");
        self.text(&format!("{} - {}", page_name(command), lower_first(&about)));
        self.synopsis(command);

        self.section("DESCRIPTION");
        self.text(&sentence(&about));
        for paragraph in facts::description(called(command)) {
            self.macro_call("PP", &[]);
            self.text(paragraph);
        }

        if command.has_subcommands() {
            self.section("COMMANDS");
            for below in shown(command) {
                self.tagged(reference(&page_name(below), SECTION));
                self.text(&sentence(&below.get_about().map(ToString::to_string).unwrap_or_default()));
            }
        }
        self.options(main, command);

        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let help = help_text::parse(&help)?;
        self.exit_status(command, &help.exit_codes);
        self.files(facts::files(called(command)));
        self.examples(&help.examples);
        self.see_also(main, command, parent);
        Ok(())
    }

    fn synopsis(&mut self, command: &Command) {
        self.section("SYNOPSIS");
        let is_main = called(command) == command.get_name();
        let in_call = |it: &&Arg| !it.is_positional() && (is_own(it) || (is_main && it.is_global_set()));
        let mut line = vec![bold(called(command))];
        for arg in command.get_arguments().filter(in_call).chain(command.get_positionals()) {
            // Dots at the end of a line would be the end of a sentence, with two spaces after it.
            if [Some(&roman("]...")), Some(&roman("..."))].contains(&line.last()) {
                line.push(roman(" "));
            } else {
                self.roff.text(std::mem::take(&mut line));
            }
            let needed = arg.is_required_set();
            line.extend((!needed).then(|| roman("[")));
            line.extend(if arg.is_positional() { value_words(arg) } else { option_words(arg) });
            let end = match (needed, repeats(arg)) {
                (true, true) => Some("..."),
                (false, true) => Some("]..."),
                (false, false) => Some("]"),
                (true, false) => None,
            };
            line.extend(end.map(roman));
        }
        self.roff.text(line);
        if command.has_subcommands() {
            self.roff.text([italic("COMMAND"), roman(" ...")]);
        }
    }

    fn options(&mut self, main: &Command, command: &Command) {
        self.section("OPTIONS");
        let is_main = called(command) == main.get_name();
        for arg in command.get_arguments().filter(|it| is_main || is_own(it)) {
            self.tagged(if arg.is_positional() { value_words(arg) } else { option_words(arg) });
            let mut text = match arg.get_help() {
                Some(help) => sentence(&help.to_string()),
                None => format!("One of {}.", values(arg).join(", ")),
            };
            if arg.get_help().is_some() && !is_short(arg) && explained_values(arg).is_empty() {
                text = format!("{text} One of {}.", values(arg).join(", "));
            }
            if let [default] = arg.get_default_values()
                && arg.get_action().takes_values()
            {
                text = format!("{text} Default: {}.", default.to_string_lossy());
            }
            self.text(&text);
            for (value, help) in explained_values(arg) {
                self.macro_call("br", &[]);
                self.roff.text([bold(value), roman(":")]);
                self.text(&sentence(&help));
            }
        }
        if is_main {
            return;
        }
        if command.get_arguments().any(is_own) {
            self.macro_call("PP", &[]);
        }
        self.text("With every command go");
        for global in main.get_opts().filter(|it| it.is_global_set()) {
            self.roff.text([bold(format!("--{}", global.get_long().unwrap_or_default())), roman(",")]);
        }
        self.roff.text([bold("--help"), roman(":")]);
        self.see_main("see");
    }

    fn exit_status(&mut self, command: &Command, codes: &[ExitCode]) {
        self.section("EXIT STATUS");
        if let Some(text) = facts::exit_status(called(command)) {
            self.text(text);
            return;
        }
        for ExitCode { code, meaning } in help_text::or_usual(codes, called(command)) {
            self.tagged(vec![bold(code.to_string())]);
            // A name is written as it is.
            let is_name = meaning.starts_with("hostprep");
            self.text(&sentence(&if is_name { meaning } else { upper_first(&meaning) }));
        }
    }

    fn see_main(&mut self, verb: &str) {
        let mut line = vec![roman(verb), roman(" ")];
        line.extend(reference("hostprep", SECTION));
        line.push(roman("."));
        self.roff.text(line);
    }

    fn files(&mut self, files: &[(&str, &str)]) {
        self.section("FILES");
        for (path, what) in files {
            self.tagged(vec![italic(*path)]);
            self.text(what);
        }
        if files.is_empty() {
            self.see_main("See");
        }
    }

    fn examples(&mut self, examples: &[Example]) {
        if examples.is_empty() {
            return;
        }
        self.section("EXAMPLES");
        self.macro_call("nf", &[]);
        for (index, Example { command, purpose }) in examples.iter().enumerate() {
            if index > 0 {
                self.roff.text([roman("")]);
            }
            if let Some(purpose) = purpose {
                self.roff.text([roman(format!("# {purpose}"))]);
            }
            self.roff.text([bold(command)]);
        }
        self.macro_call("fi", &[]);
    }

    fn see_also(&mut self, main: &Command, command: &Command, parent: Option<&Command>) {
        let mut pages: Vec<(String, u8)> = Vec::new();
        match parent {
            None => pages.extend(facts::SEE_ALSO.iter().map(|(name, section)| ((*name).to_owned(), *section))),
            Some(parent) => {
                pages.push((page_name(main), SECTION));
                if parent.get_name() != main.get_name() {
                    pages.push((page_name(parent), SECTION));
                }
                pages.extend(
                    facts::see_also(called(command)).iter().map(|(name, section)| ((*name).to_owned(), *section)),
                );
            }
        }
        self.section("SEE ALSO");
        self.references(&pages);
    }

    /// Names of pages, with commas.
    pub fn references(&mut self, pages: &[(String, u8)]) {
        let last = pages.len() - 1;
        for (index, (name, section)) in pages.iter().enumerate() {
            let mut line = reference(name, *section);
            if index != last {
                line.push(roman(","));
            }
            self.roff.text(line);
        }
    }

    pub fn section(&mut self, heading: &str) {
        self.macro_call("SH", &[heading]);
    }

    pub fn tagged(&mut self, tag: Vec<Inline>) {
        self.macro_call("TP", &[]);
        self.roff.text(tag);
    }

    /// Roff drops an empty argument unless it is quoted.
    pub fn macro_call(&mut self, name: &str, args: &[&str]) {
        self.roff.control(name, args.iter().map(|arg| if arg.is_empty() { "\"\"" } else { arg }));
    }

    /// Filled text, in source lines of moderate length.
    pub fn text(&mut self, text: &str) {
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.len() + word.len() >= WIDTH {
                self.roff.text([roman(std::mem::take(&mut line))]);
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.roff.text([roman(line)]);
    }
}

impl Writer {
    /// The page's title. Lines are not stretched, nor words divided: a command must be searched for and copied as it is.
    pub fn head(&mut self, name: &str, section: u8, date: &str, source: &str, manual: &str) {
        self.macro_call("TH", &[&name.to_uppercase(), &section.to_string(), date, source, manual]);
        self.macro_call("nh", &[]);
        self.macro_call("ad", &["l"]);
    }

    pub fn render(&self) -> String {
        self.roff.render()
    }

    /// A source line as it is.
    pub fn line(&mut self, line: impl Into<Vec<Inline>>) {
        self.roff.text(line);
    }

    /// Paragraphs of filled text.
    pub fn paragraphs(&mut self, paragraphs: &[String]) {
        for (index, paragraph) in paragraphs.iter().enumerate() {
            if index > 0 {
                self.macro_call("PP", &[]);
            }
            self.marked(paragraph);
        }
    }

    /// Filled text in which what is between backquotes is bold.
    pub fn marked(&mut self, text: &str) {
        let (mut line, mut length, mut is_code) = (Line::default(), 0, false);
        for word in text.split_whitespace() {
            let cost = width(word);
            if length > 0 && length + cost >= SOURCE_WIDTH {
                self.roff.text(std::mem::take(&mut line).parts());
                length = 0;
            }
            if length > 0 {
                line.push(is_code, " ");
            }
            for (index, part) in word.split('`').enumerate() {
                is_code ^= index > 0;
                line.push(is_code, part);
            }
            length += cost + 1;
        }
        self.roff.text(line.parts());
    }

    /// Text that is not filled.
    pub fn code(&mut self, code: &str) {
        self.macro_call("nf", &[]);
        for line in code.trim_end().lines() {
            self.roff.text([if line.is_empty() { roman("") } else { bold(line) }]);
        }
        self.macro_call("fi", &[]);
    }
}

/// A source line, as parts in bold and in roman.
#[derive(Default)]
struct Line(Vec<(bool, String)>);

impl Line {
    fn push(&mut self, is_bold: bool, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some((same, part)) if *same == is_bold => part.push_str(text),
            _ => self.0.push((is_bold, text.to_owned())),
        }
    }

    fn parts(self) -> Vec<Inline> {
        self.0.into_iter().map(|(is_bold, text)| if is_bold { bold(text) } else { roman(text) }).collect()
    }
}

/// Returns the bytes of a word in the source: a change of font has three, an escaped character up to four more.
fn width(word: &str) -> usize {
    word.chars()
        .map(|c| {
            if "'".contains(c) {
                5
            } else if "-`\\".contains(c) {
                3
            } else {
                1
            }
        })
        .sum()
}

fn reference(name: &str, section: u8) -> Vec<Inline> {
    vec![bold(name), roman(format!("({section})"))]
}

/// `-h`, `--help`, and what value goes with them.
fn option_words(option: &Arg) -> Vec<Inline> {
    let mut words = Vec::new();
    if let Some(short) = option.get_short() {
        words.extend([bold(format!("-{short}")), roman(", ")]);
    }
    words.push(bold(format!("--{}", option.get_long().unwrap_or_default())));
    if option.get_action().takes_values() {
        words.push(roman(" "));
        words.extend(value_words(option));
    }
    words
}

/// Returns the values themselves if there are few; values with a text of their own are listed below the option.
fn value_words(arg: &Arg) -> Vec<Inline> {
    let mut words = Vec::new();
    for value in values(arg).into_iter().filter(|_| explained_values(arg).is_empty() && is_short(arg)) {
        words.extend([roman("|"), bold(value)]);
    }
    if words.is_empty() {
        let names = arg.get_value_names().unwrap_or_default();
        return vec![italic(names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" "))];
    }
    words.split_off(1)
}

pub fn values(arg: &Arg) -> Vec<String> {
    if !arg.get_action().takes_values() {
        return Vec::new();
    }
    arg.get_possible_values().iter().map(|it| it.get_name().to_owned()).collect()
}

/// Returns whether the values fit into a line, where nothing divides them.
fn is_short(arg: &Arg) -> bool {
    values(arg).join("|").len() < 50
}

/// The values that have a text, with it.
pub fn explained_values(arg: &Arg) -> Vec<(String, String)> {
    if !arg.get_action().takes_values() {
        return Vec::new();
    }
    let explained = |value: &PossibleValue| Some((value.get_name().to_owned(), value.get_help()?.to_string()));
    arg.get_possible_values().iter().filter_map(explained).collect()
}

pub fn repeats(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

pub fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Returns the form for `whatis`; an abbreviation is unchanged.
fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), second) if second.is_none_or(|it| !it.is_uppercase()) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}
