//! A paragraph of Markdown as plain text: links, code, emphasis and escapes by the rules of CommonMark, as far as a list item of a
//! changelog has them. What has no other end is literal.

/// Returns the text without its marks: `[text](address)` is its text, and a sentence at the end that only leads to pages
/// (`See [text](address).`) is left out.
pub fn plain(markdown: &str) -> String {
    // A package has no pages to lead to.
    text(without_pages(markdown))
}

/// Cuts ` See [text](address).` off, also with several links.
fn without_pages(markdown: &str) -> &str {
    let mut at = 0;
    while at < markdown.len() {
        let (before, rest) = markdown.split_at(at);
        // It is a sentence of its own.
        if let Some(mut behind) = rest.strip_prefix(" See ").filter(|_| before.ends_with(['.', '!', '?', ')'])) {
            while let Some((_, length)) = link(behind) {
                behind = &behind[length..];
                behind = [", and ", " and ", ", "].iter().find_map(|it| behind.strip_prefix(it)).unwrap_or(behind);
            }
            if behind == "." {
                return before;
            }
        }
        at += opaque(rest).unwrap_or_else(|| first(rest).len_utf8());
    }
    markdown
}

fn text(markdown: &str) -> String {
    let mut shown = String::new();
    let mut at = 0;
    while at < markdown.len() {
        let rest = &markdown[at..];
        let (part, length) = code(rest)
            .or_else(|| escape(rest))
            .or_else(|| link(rest))
            .or_else(|| emphasis(&markdown[..at], rest))
            .unwrap_or_else(|| {
                // A run of marks is one.
                let length = run(rest, first(rest)) * first(rest).len_utf8();
                (rest[..length].to_owned(), length)
            });
        shown.push_str(&part);
        at += length;
    }
    shown
}

fn first(text: &str) -> char {
    text.chars().next().unwrap_or_default()
}

/// How often the character stands at the start.
fn run(text: &str, mark: char) -> usize {
    text.chars().take_while(|c| *c == mark).count()
}

/// Returns what is between as many backticks, and its length with them.
fn code(text: &str) -> Option<(String, usize)> {
    let marks = Some(run(text, '`')).filter(|marks| *marks > 0)?;
    let mut at = marks;
    loop {
        at += text[at..].find('`')?;
        let length = run(&text[at..], '`');
        if length == marks {
            let inner = &text[marks..at];
            let padded = inner.strip_prefix(' ').and_then(|inner| inner.strip_suffix(' '));
            let shown = padded.filter(|inner| !inner.trim().is_empty()).unwrap_or(inner);
            return Some((shown.to_owned(), at + length));
        }
        at += length;
    }
}

/// Returns what a backslash makes literal.
fn escape(text: &str) -> Option<(String, usize)> {
    let c = first(text.strip_prefix('\\')?);
    c.is_ascii_punctuation().then(|| (c.to_string(), 2))
}

/// The length of what has no marks within.
fn opaque(text: &str) -> Option<usize> {
    code(text).or_else(|| escape(text)).map(|(_, length)| length)
}

/// Returns the text of `[text](address)`.
fn link(markdown: &str) -> Option<(String, usize)> {
    let name = within(markdown, '[', ']')?;
    let address = within(&markdown[name.len() + 2..], '(', ')')?;
    Some((text(name), name.len() + address.len() + 4))
}

/// Returns what is between an opening mark at the start and its closing one.
fn within(text: &str, open: char, close: char) -> Option<&str> {
    let rest = text.strip_prefix(open)?;
    let (mut at, mut depth) = (0, 0);
    while at < rest.len() {
        let c = first(&rest[at..]);
        match c {
            _ if c == close && depth == 0 => return Some(&rest[..at]),
            _ if c == close => depth -= 1,
            _ if c == open => depth += 1,
            _ => {}
        }
        at += opaque(&rest[at..]).unwrap_or_else(|| c.len_utf8());
    }
    None
}

/// Returns what is emphasized by one to three asterisks or underscores.
fn emphasis(before: &str, rest: &str) -> Option<(String, usize)> {
    let mark = first(rest);
    let marks = run(rest, mark);
    if !matches!((mark, marks), ('*' | '_', 1..=3)) {
        return None;
    }
    let is_word = |c: Option<char>| mark == '_' && c.is_some_and(char::is_alphanumeric);
    let before = before.chars().next_back();
    if !flanks(before, rest[marks..].chars().next()) || is_word(before) {
        return None;
    }
    let mut at = marks;
    while at < rest.len() {
        let here = &rest[at..];
        let length = run(here, mark);
        if length == marks {
            let (inner, behind) = (&rest[marks..at], here[length..].chars().next());
            if flanks(behind, inner.chars().next_back()) && !is_word(behind) {
                return Some((text(inner), at + length));
            }
        }
        at += if length > 0 { length } else { opaque(here).unwrap_or_else(|| first(here).len_utf8()) };
    }
    None
}

/// Whether a mark between these characters is at an edge of what it emphasizes.
fn flanks(outside: Option<char>, inside: Option<char>) -> bool {
    let is_blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let is_punctuation = |c: Option<char>| c.is_some_and(|c| !c.is_alphanumeric() && !c.is_whitespace());
    !is_blank(inside) && (!is_punctuation(inside) || is_blank(outside) || is_punctuation(outside))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn marks_go_and_literal_text_stays() {
        for (markdown, expected) in [
            ("`acme` reads *all* of **it**, ***now*** and _later_.", "acme reads all of it, now and later."),
            // Literal.
            ("All of *.rpm and *.deb are read.", "All of *.rpm and *.deb are read."),
            ("`*.rpm`, `a*b*c` and `_x_` are read.", "*.rpm, a*b*c and _x_ are read."),
            ("2 * 3 * 4, and 5 ** 6 ** 7.", "2 * 3 * 4, and 5 ** 6 ** 7."),
            ("snake_case_names and USERGROUPS_ENAB", "snake_case_names and USERGROUPS_ENAB"),
            ("A lone ` and a lone * here.", "A lone ` and a lone * here."),
            ("``a ` b`` and `` ` `` are code.", "a ` b and ` are code."),
            ("`` a` is none", "`` a` is none"),
            (r"\*not\* and \`neither\`, C:\dir", "*not* and `neither`, C:\\dir"),
            // Nested.
            ("**a *b* c** and *a **b** c*", "a b c and a b c"),
            ("*a `*` b*", "a * b"),
            ("[`acme` and *more*](a.md) is read.", "acme and more is read."),
            ("[a [b] c](d(e)f), [0], [x] (y) and [`]`](z)", "a [b] c, [0], [x] (y) and ]"),
            ("ä*ö*ü, “*ß*”", "äöü, “ß”"),
            ("", ""),
        ] {
            assert_eq!(plain(markdown), expected, "{markdown}");
        }
    }

    #[test]
    fn only_a_sentence_that_leads_to_pages_is_cut() {
        for (markdown, expected) in [
            ("Two. See [the page](docs/page.md).", "Two."),
            ("Two (or three.) See [a](a.md), [b](b.md) and [c](c(1).md).", "Two (or three.)"),
            ("Two. See [the page](docs/page.md) for a list (of all).", "Two. See the page for a list (of all)."),
            ("Two. See [the page](page.md), which says why (it must).", "Two. See the page, which says why (it must)."),
            ("Two. See [the page](page.md). Three is (not there).", "Two. See the page. Three is (not there)."),
            ("Reads ` See [a](b).`", "Reads  See [a](b)."),
            ("People who See [the page](page.md).", "People who See the page."),
            ("See [the page](page.md).", "See the page."),
            ("Two. See [the page].", "Two. See [the page]."),
        ] {
            assert_eq!(plain(markdown), expected, "{markdown}");
        }
    }
}
