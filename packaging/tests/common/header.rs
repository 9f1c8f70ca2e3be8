//! The headers of an RPM as they are in the file: the tools of rpm show neither types nor counts.

use std::collections::BTreeMap;

/// The lead, the magic with its reserved bytes and the two counts, and an entry of the index.
const LEAD: usize = 96;
const INTRO: usize = 16;
const ENTRY: usize = 16;

/// What one tag has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub kind: u32,
    pub count: u32,
    pub bytes: Vec<u8>,
    /// The value's place in the file.
    pub place: usize,
}

impl Value {
    /// Returns a short form for messages.
    pub fn shown(&self) -> String {
        let bytes: String = self.bytes.escape_ascii().to_string().chars().take(300).collect();
        format!("type {}, count {}, {bytes}", self.kind, self.count)
    }
}

/// Which of the two headers, and the tag in it.
pub type Tag = (Part, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Signature,
    Main,
}

/// Returns the tags of both headers. Each must be sorted by tag behind the entry that spans it, and its values aligned.
#[track_caller]
pub fn tags(package: &[u8]) -> BTreeMap<Tag, Value> {
    let (signature, end) = header(package, LEAD);
    let (main, _) = header(package, end.next_multiple_of(8));
    let of =
        |part: Part, header: BTreeMap<u32, Value>| header.into_iter().map(move |(tag, value)| ((part, tag), value));
    of(Part::Signature, signature).chain(of(Part::Main, main)).collect()
}

#[track_caller]
fn header(package: &[u8], start: usize) -> (BTreeMap<u32, Value>, usize) {
    assert_eq!(package[start..start + 8], *b"\x8e\xad\xe8\x01\0\0\0\0");
    let (entries, size) = (number(package, start + 8), number(package, start + 12));
    let store = start + INTRO + entries * ENTRY;
    let mut found = BTreeMap::new();
    for index in (0..entries).map(|entry| start + INTRO + entry * ENTRY) {
        let [tag, kind, offset, count] = [0, 4, 8, 12].map(|at| number(package, index + at));
        let place = store + offset;
        let rest = &package[place..store + size];
        let width = [0, 1, 1, 2, 4, 8, 0, 1, 0, 0][kind];
        let length = match width {
            // Strings, each with its NUL.
            0 => rest.iter().enumerate().filter(|(_, byte)| **byte == 0).nth(count - 1).unwrap().0 + 1,
            _ => width * count,
        };
        assert!(width == 0 || offset % width == 0, "the value of tag {tag} is not aligned");
        let is_sorted = found.len() < 2 || found.keys().next_back().is_some_and(|last| *last < tag as u32);
        assert!(is_sorted, "tag {tag} is not in its place");
        let value = Value { kind: kind as u32, count: count as u32, bytes: rest[..length].to_vec(), place };
        found.insert(tag as u32, value);
    }
    (found, store + size)
}

fn number(package: &[u8], at: usize) -> usize {
    u32::from_be_bytes(package[at..at + 4].try_into().unwrap()) as usize
}
