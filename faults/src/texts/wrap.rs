//! Lines for a terminal, where East Asian characters take two cells each.

use std::ops::Range;

use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Narrower widths count as this one.
const NARROWEST: usize = 40;

/// In scripts without spaces, the last line has at least this many cells.
const FEW: usize = 10;

/// The quotation marks of the texts.
const QUOTES: [(char, char); 3] = [('“', '”'), ('「', '」'), ('"', '"')];

/// Returns the width of the text in cells.
#[must_use]
pub fn cells(text: &str) -> usize {
    text.width()
}

/// Returns a row of columns with the given widths in cells, two cells apart; the last column has no fixed width.
#[must_use]
pub fn row(columns: &[&str], widths: &[usize]) -> String {
    let mut line = String::new();
    for (number, column) in columns.iter().enumerate() {
        line.push_str(column);
        if number + 1 < columns.len() {
            let width = widths.get(number).copied().unwrap_or(0);
            line.push_str(&" ".repeat(width.saturating_sub(cells(column)) + 2));
        }
    }
    line
}

/// The text behind `mark`, wrapped to `width` cells (`None`: not at all), with what follows the first line under the
/// text's own beginning; each line with its line feed.
#[must_use]
pub fn hanging(mark: &str, text: &str, width: Option<usize>) -> String {
    let indent = " ".repeat(cells(mark));
    let options = Options::new(width.map_or(usize::MAX, |width| width.max(NARROWEST)))
        .initial_indent(mark)
        .subsequent_indent(&indent)
        .word_separator(WordSeparator::Custom(words))
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options).into_iter().map(|line| line.into_owned() + "\n").collect()
}

/// Returns the parts that must stay on one line. They end at a space, and in scripts without spaces where Unicode allows a line
/// break. Quoted text is one part, because it is typed or searched for, and the last few characters belong to the part before.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let quoted = quotations(line);
    let mut ends: Vec<usize> = ends(line);
    ends.retain(|end| !quoted.iter().any(|quotation| quotation.contains(end)));
    while let [.., end, last] = ends[..]
        && cells(&line[end..last]) < FEW
        && !line[..end].ends_with(' ')
    {
        ends.remove(ends.len() - 2);
    }
    let starts = std::iter::once(0).chain(ends.clone());
    Box::new(starts.zip(ends).map(|(start, end)| Word::from(&line[start..end])))
}

/// Returns where the script allows a line break.
fn ends(line: &str) -> Vec<usize> {
    let (mut ends, mut at) = (Vec::new(), 0);
    // Unicode alone would keep a path on the line of the word before it, as it never breaks before a slash.
    for spaced in WordSeparator::AsciiSpace.find_words(line) {
        let (start, end) = (at, at + spaced.word.len());
        for piece in WordSeparator::UnicodeBreakProperties.find_words(spaced.word) {
            at += piece.word.len();
            if at < end && may_break(&line[start..at], &line[at..end]) {
                ends.push(at);
            }
        }
        at = end + spaced.whitespace.len();
        ends.push(at);
    }
    ends
}

/// Unicode would also break after the slashes of a path and between any two syllables of Korean, which has spaces.
fn may_break(before: &str, after: &str) -> bool {
    let spaced = |c: char| c.width() != Some(2) || ('\u{ac00}'..='\u{d7a3}').contains(&c);
    match (before.chars().next_back(), after.chars().next()) {
        (Some(last), Some(next)) => !(spaced(last) && spaced(next)),
        _ => true,
    }
}

/// Returns the ranges between quotation marks, without the marks.
fn quotations(line: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some((open, mark)) = line[at..].char_indices().find(|(_, c)| QUOTES.iter().any(|(open, _)| open == c)) {
        let start = at + open + mark.len_utf8();
        let closing = QUOTES.iter().find(|(open, _)| *open == mark).map_or(mark, |(_, close)| *close);
        at = start;
        // A longer one would not fit on a narrow line.
        if let Some(end) = line[start..].find(closing).map(|length| start + length)
            && cells(&line[start..end]) < NARROWEST
        {
            found.push(start..end);
            at = end + closing.len_utf8();
        }
    }
    found
}

#[cfg(test)]
mod tests;
