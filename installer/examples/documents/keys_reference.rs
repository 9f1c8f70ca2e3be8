//! A page of `docs/reference` for the keys of a file.

use std::fmt::Write as _;

use super::keys::{Key, Keys, Section, Table};
use super::reference::{head, table};

/// The page, in Markdown.
pub fn page(keys: &Keys) -> String {
    let mut text = head(&keys.title);
    for paragraph in &keys.description {
        let _ = write!(text, "\n{paragraph}\n");
    }
    let _ = write!(text, "\nThe same is in the manual page {}(5).\n", keys.page);
    for table in &keys.tables {
        text.push_str(&table_of(table));
    }
    for section in &keys.sections {
        text.push_str(&section_of(section));
    }
    text
}

fn table_of(it: &Table) -> String {
    let head = if it.head.is_empty() { "At the top".to_owned() } else { format!("`{}`", it.head) };
    let optional = if it.optional { "Optional. " } else { "" };
    let rows = table(["key", "type", "default", "meaning"], it.keys.iter().map(row));
    format!("\n## {head}\n\n{optional}{}\n{rows}", it.about)
}

fn row(key: &Key) -> [String; 4] {
    let default = key.default.as_deref().unwrap_or("required");
    let example = key.example.as_ref().map(|example| format!(" Example: `{example}`")).unwrap_or_default();
    [format!("`{}`", key.name), key.kind.clone(), default.to_owned(), format!("{}{example}", key.meaning)]
}

fn section_of(section: &Section) -> String {
    let mut text = format!("\n## {}\n", section.head);
    for paragraph in &section.paragraphs {
        let _ = write!(text, "\n{paragraph}\n");
    }
    if let Some(code) = &section.code {
        let _ = write!(text, "\n```toml\n{}\n```\n", code.trim());
    }
    text
}
