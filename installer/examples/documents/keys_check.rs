//! Whether the parser of a file takes exactly the keys that are documented.

use std::collections::BTreeSet;

use super::keys::{Keys, Table};

/// The file that is parsed: all examples, without what others cannot be with.
#[derive(Default, Clone)]
struct Document<'a> {
    /// Tables and keys that are left out, as `without` names them.
    without: BTreeSet<String>,
    /// A table that gets a key that no parser knows.
    unknown_in: Option<&'a str>,
}

const UNKNOWN: &str = "such-a-key-is-unknown";

/// Returns what differs: each documented key is accepted, required if it has no default, and no other key is.
pub fn differences(keys: &Keys, parse: impl Fn(&str) -> Result<(), String>) -> Vec<String> {
    let mut found = Vec::new();
    let whole = Document { without: exceptions(keys), ..Document::default() };
    let mut expect_accepted = |what: &str, text: &str| {
        if let Err(error) = parse(text) {
            found.push(format!("{what}: {error}\n{text}"));
        }
    };
    expect_accepted("all examples", &whole.text(keys));
    for (name, without) in with_exceptions(keys) {
        let mut other = Document { without: without.iter().cloned().collect(), ..Document::default() };
        other.without.extend(exceptions(keys).into_iter().filter(|it| it != name.trim()));
        expect_accepted(&name, &other.text(keys));
    }
    for section in &keys.sections {
        if let Some(code) = &section.code {
            expect_accepted(&section.head, code);
        }
    }
    for table in &keys.tables {
        let mut absent = vec![(table.head.clone(), last_word(&table.head), !table.optional)];
        let key =
            |key: &super::keys::Key| (format!("{} {}", table.head, key.name), key.name.clone(), key.default.is_none());
        absent.extend(table.keys.iter().map(key));
        for (place, name, is_required) in absent {
            if place.is_empty() || whole.without.contains(&place) {
                continue;
            }
            let mut other = whole.clone();
            other.without.insert(place.clone());
            let error = parse(&other.text(keys)).err().unwrap_or_default();
            if error.contains(&format!("missing field `{name}`")) != is_required {
                found.push(format!("{place}: is it required ({is_required})? {error}"));
            }
        }
        found.extend(unknown_key(keys, table, &parse));
    }
    found
}

/// The parser names the keys that it expects where it finds another.
fn unknown_key(keys: &Keys, table: &Table, parse: impl Fn(&str) -> Result<(), String>) -> Option<String> {
    let mut document = Document { without: exceptions(keys), unknown_in: Some(&table.head) };
    document.without.remove(&table.head);
    if document.without.len() < exceptions(keys).len() {
        document.without.extend(table.without.iter().cloned());
    }
    let error = parse(&document.text(keys)).err().unwrap_or_default();
    let Some((_, expected)) = error.split_once(&format!("unknown field `{UNKNOWN}`, expected ")) else {
        return Some(format!("{}: takes an unknown key: {error}", table.head));
    };
    // A hint may follow the list.
    let expected = expected.lines().next().unwrap_or_default().split(';').next().unwrap_or_default();
    let expected: BTreeSet<String> = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let mut documented: BTreeSet<String> = table.keys.iter().map(|key| key.name.clone()).collect();
    documented
        .extend(keys.tables.iter().filter(|it| parent(&it.head) == words(&table.head)).map(|it| last_word(&it.head)));
    (expected != documented)
        .then(|| format!("{}: the parser takes {expected:?}, documented is {documented:?}", table.head))
}

/// What is not in the file with all examples, because others cannot be with it.
fn exceptions(keys: &Keys) -> BTreeSet<String> {
    with_exceptions(keys).into_iter().map(|(name, _)| name).collect()
}

fn with_exceptions(keys: &Keys) -> Vec<(String, &[String])> {
    let tables = keys.tables.iter().map(|table| (table.head.clone(), table.without.as_slice()));
    let of_table = |table: &'_ Table| table.head.clone();
    let all = keys.tables.iter().flat_map(|table| table.keys.iter().map(move |key| (of_table(table), key)));
    let all = all.map(|(head, key)| (format!("{head} {}", key.name), key.without.as_slice()));
    tables.chain(all).filter(|(_, without)| !without.is_empty()).collect()
}

/// Returns the words of a head: `scan_service`, `definitions`; none of the empty one.
fn words(head: &str) -> Vec<String> {
    let name = head.trim_matches(['[', ']']);
    name.split('.').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn last_word(head: &str) -> String {
    words(head).pop().unwrap_or_default()
}

/// The empty head has no table above it, which is none that there is.
fn parent(head: &str) -> Vec<String> {
    let mut words = words(head);
    if words.pop().is_none() { vec![String::new()] } else { words }
}

impl Document<'_> {
    fn text(&self, keys: &Keys) -> String {
        let is_out = |place: &str| self.without.contains(place);
        let mut text = String::new();
        for table in &keys.tables {
            let name = words(&table.head);
            let above_is_out =
                self.without.iter().any(|it| !it.contains(' ') && name.len() > 1 && words(it) == name[..1]);
            if is_out(&table.head) || above_is_out || is_out(&key_place(&table.head)) {
                continue;
            }
            text.push_str(&format!("{}\n", table.head));
            for key in &table.keys {
                match &key.example {
                    Some(example) if !is_out(&format!("{} {}", table.head, key.name)) => {
                        text.push_str(&format!("{} = {example}\n", key.name));
                    }
                    _ => {}
                }
            }
            if self.unknown_in == Some(table.head.as_str()) {
                text.push_str(&format!("{UNKNOWN} = 1\n"));
            }
        }
        text
    }
}

/// Returns how a table is named as a key of the one above it: `[ebpf] kernel_options`.
fn key_place(head: &str) -> String {
    match words(head).as_slice() {
        [above, name] => format!("[{above}] {name}"),
        _ => String::from(" "),
    }
}
