//! The man page about all faults, in every language there is: what each means, its reasons and what clears it.

use faults::catalogue::{self, Entry};
use faults::texts::{Texts, Values, Word, hanging, languages};
use installer::profile::Profile;
use installer::report::explain::words_of;
use roff::{Roff, bold, roman};

use crate::page::Page;

pub const SECTION: u8 = 7;
/// In cells. Leaves room for escapes in a source line of 80 bytes; a character of two cells has three.
const WIDTH: usize = 58;
const WIDTH_IN_OTHER_SCRIPTS: usize = 48;
/// Stands for roff's `\c` at the end of a line, which the crate would escape.
const GOES_ON: char = '\u{2060}';

/// Returns the page in each language; its file name begins with the language's directory below `man`, but for English.
pub fn all(profile: &Profile, version: &str, date: &str) -> Vec<Page> {
    let name = format!("{}-faults", profile.names.command);
    languages()
        .map(|tag| {
            let texts = Texts::for_language(tag).expect("a language of the list");
            let directory = if tag == "en" { String::new() } else { format!("{}/", tag.replace('-', "_")) };
            let source = format!("{} {version}", profile.names.command);
            let content = Writer::new(profile, &texts).page(&name, &source, date);
            Page { file_name: format!("{directory}{name}.{SECTION}"), content }
        })
        .collect()
}

struct Writer<'a> {
    roff: Roff,
    texts: &'a Texts,
    values: Values,
    command: &'a str,
}

impl<'a> Writer<'a> {
    fn new(profile: &'a Profile, texts: &'a Texts) -> Self {
        let values = Values { program: Some(profile.names.command.clone()), ..words_of(profile) };
        Self { roff: Roff::new(), texts, values, command: &profile.names.command }
    }

    fn page(mut self, name: &str, source: &str, date: &str) -> String {
        let date = if date.is_empty() { "\"\"".to_owned() } else { date.to_owned() };
        let title = name.to_uppercase();
        let head = [title.as_str(), &SECTION.to_string(), &date, source, "Miscellaneous"];
        self.roff.control("TH", head);
        // As the other pages: a command or a path with a hyphen at the end of a line is another when it is copied. Without
        // spaces, a line cannot be stretched to the margin either.
        self.roff.control("nh", []);
        self.roff.control("ad", ["l"]);
        self.section(Word::SectionName);
        let summary = self.texts.word(Word::PageSummary, &[]);
        self.text(&format!("{name} - {summary}"));
        self.section(Word::SectionDescription);
        let (status, explain) = (format!("{} status", self.command), format!("{} explain 19", self.command));
        self.text(
            &self.texts.word(Word::PageAbout, &[("program", self.command), ("status", &status), ("explain", &explain)]),
        );
        self.roff.control("PP", []);
        self.text(&self.texts.word(Word::PageCommands, &[("explain", &explain)]));
        self.section(Word::SectionFaults);
        for entry in catalogue::entries() {
            self.fault(entry);
        }
        self.section(Word::SectionSeeAlso);
        let pages = [String::new(), "-check".into(), "-explain".into(), "-repair".into(), "-status".into()];
        let last = pages.len() - 1;
        for (at, page) in pages.iter().enumerate() {
            let mut line = vec![bold(format!("{}{page}", self.command)), roman("(8)")];
            line.extend((at != last).then(|| roman(",")));
            self.roff.text(line);
        }
        self.roff.render().replace(&format!("{GOES_ON}\n"), "\\c\n")
    }

    fn fault(&mut self, entry: &Entry) {
        let Some(about) = self.texts.explain(entry.id, &self.values) else { return };
        let severity = self.texts.severity(entry.severity);
        let number = entry.id.to_string();
        let heading = [("id", number.as_str()), ("title", &about.summary), ("severity", &severity)];
        let heading = self.texts.word(Word::Heading, &heading);
        self.roff.control("SS", [heading.as_str()]);
        self.labelled(Word::When, &[about.cause]);
        self.labelled(Word::Meanwhile, &[about.impact]);
        let resolutions: Vec<String> =
            about.resolutions.iter().zip(1..).map(|(it, at)| format!("{at}. {it}")).collect();
        self.labelled(Word::WhatToDo, &resolutions);
        let reasons: Vec<String> = entry.reasons.iter().map(|it| format!("{it}: {}", self.texts.reason(it))).collect();
        self.labelled(Word::Reasons, &reasons);
        self.labelled(Word::Logs, &self.values.logs(entry));
    }

    /// Paragraphs under a word; the lines of each after its first are commands.
    fn labelled(&mut self, label: Word, paragraphs: &[String]) {
        if paragraphs.is_empty() {
            return;
        }
        self.roff.control("TP", []);
        self.roff.text([bold(self.texts.word(label, &[]))]);
        for (at, paragraph) in paragraphs.iter().enumerate() {
            let mut lines = paragraph.lines();
            if at > 0 {
                self.roff.control("br", []);
            }
            self.text(lines.next().unwrap_or_default());
            for command in lines {
                self.roff.control("br", []);
                self.roff.text([bold(command.trim())]);
            }
        }
    }

    fn section(&mut self, word: Word) {
        self.roff.control("SH", [self.texts.word(word, &[]).as_str()]);
    }

    /// Filled text, in source lines of moderate length. A line that ends between two characters that no space separates ends with
    /// `\\c`, so that roff adds none.
    fn text(&mut self, text: &str) {
        let width = if self.texts.language() == "en" { WIDTH } else { WIDTH_IN_OTHER_SCRIPTS };
        let mut rest = text;
        for line in hanging("", text, Some(width)).lines() {
            rest = rest.trim_start().strip_prefix(line.trim_end()).unwrap_or_default();
            let goes_on = !rest.is_empty() && !rest.starts_with(' ');
            self.roff.text([roman(format!("{line}{}", if goes_on { GOES_ON.to_string() } else { String::new() }))]);
        }
    }
}
