//! Lines for a terminal, where East Asian characters take two cells each.

use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What is narrower than this is not wrapped any narrower.
const NARROWEST: usize = 40;

/// How many cells the text takes.
#[must_use]
pub fn cells(text: &str) -> usize {
    text.width()
}

/// Columns, each of as many cells as `widths` says and two apart; the last one is as wide as it is.
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

/// What stays together: up to a space, and in scripts without spaces up to where Unicode lets a line end.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    // Unicode alone would keep a path on the line of the word before it, as it never breaks before a slash.
    Box::new(WordSeparator::AsciiSpace.find_words(line).flat_map(pieces))
}

fn pieces(spaced: Word<'_>) -> Vec<Word<'_>> {
    let (text, mut pieces, mut start, mut end) = (spaced.word, Vec::new(), 0, 0);
    for part in WordSeparator::UnicodeBreakProperties.find_words(text) {
        end += part.word.len();
        if may_break(&text[..end], &text[end..]) {
            pieces.push(Word::from(&text[start..end]));
            start = end;
        }
    }
    match pieces.last_mut() {
        Some(last) => last.whitespace = spaced.whitespace,
        None => pieces.push(spaced),
    }
    pieces
}

/// Unicode would also break after the slashes of a path and between any two syllables of Korean, which has spaces.
fn may_break(before: &str, after: &str) -> bool {
    let spaced = |c: char| c.width() != Some(2) || ('\u{ac00}'..='\u{d7a3}').contains(&c);
    match (before.chars().next_back(), after.chars().next()) {
        (Some(last), Some(next)) => !(spaced(last) && spaced(next)),
        _ => true,
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
