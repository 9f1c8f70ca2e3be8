//! A man page of section 5 for the keys of a file.

use roff::{bold, italic};

use super::keys::{Key, Keys, Section, Table};
use super::page::{Page, Writer};

const SECTION: u8 = 5;
const MANUAL: &str = "File Formats";

/// The page, in section 5. `source` is the program and its version.
pub fn page(keys: &Keys, source: &str, date: &str) -> Page {
    let mut page = Writer::default();
    page.head(&keys.page, SECTION, date, source, MANUAL);
    page.section("NAME");
    page.text(&format!("{} - {}", keys.page, keys.summary));
    page.section("SYNOPSIS");
    for (index, line) in keys.synopsis.iter().enumerate() {
        if index > 0 {
            page.macro_call("br", &[]);
        }
        page.line([italic(line)]);
    }
    page.section("DESCRIPTION");
    page.paragraphs(&keys.description);
    page.section("KEYS");
    for table in &keys.tables {
        table_of(&mut page, table);
    }
    for section in &keys.sections {
        section_of(&mut page, section);
    }
    page.section("SEE ALSO");
    page.references(&keys.see_also.iter().map(|page| parts(page)).collect::<Vec<_>>());
    Page { file_name: format!("{}.{SECTION}", keys.page), content: page.render() }
}

/// Takes `hostprep(8)` apart.
fn parts(page: &str) -> (String, u8) {
    let (name, section) = page.split_once('(').unwrap_or((page, ""));
    (name.to_owned(), section.trim_end_matches(')').parse().unwrap_or(SECTION))
}

fn table_of(page: &mut Writer, table: &Table) {
    if !table.head.is_empty() {
        page.macro_call("SS", &[&table.head]);
    }
    page.marked(&format!("{}{}", if table.optional { "Optional. " } else { "" }, table.about));
    for key in &table.keys {
        key_of(page, key);
    }
}

fn key_of(page: &mut Writer, key: &Key) {
    page.tagged(vec![bold(&key.name)]);
    page.marked(&key.meaning);
    page.macro_call("br", &[]);
    page.marked(&facts(key));
    if let Some(example) = &key.example {
        page.macro_call("br", &[]);
        page.marked(&format!("Example: `{} = {example}`", key.name));
    }
}

/// Returns type and default as sentences.
pub fn facts(key: &Key) -> String {
    let default = key.default.as_ref().map_or_else(|| "Required.".to_owned(), |default| format!("Default: {default}."));
    format!("Type: {}. {default}", key.kind)
}

fn section_of(page: &mut Writer, section: &Section) {
    page.section(&section.head.to_uppercase());
    page.paragraphs(&section.paragraphs);
    if let Some(code) = &section.code {
        if !section.paragraphs.is_empty() {
            page.macro_call("PP", &[]);
        }
        page.code(code);
    }
}
