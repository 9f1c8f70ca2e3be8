//! The MD5 of header and payload in the signature header (`RPMSIGTAG_MD5`), which the crate does not write. rpm knows a
//! digest of the payload in the header itself since 4.14; without this one, `rpm -K` of 4.11 overlooks a changed payload.

use md5::{Digest, Md5};

const LEAD: usize = 96;
/// Magic and reserved bytes, number of entries, size of the store.
const INTRO: usize = 16;
const ENTRY: usize = 16;
/// The entry that spans all others; its value, the trailer, ends the store.
const HEADER_SIGNATURES: u32 = 62;
const MD5: u32 = 1004;
const BIN: u32 = 7;

struct Entry {
    tag: u32,
    kind: u32,
    count: u32,
    value: Vec<u8>,
}

/// The package with that digest, or nothing where the bytes are no package as the crate writes it.
pub fn with_md5(package: &[u8]) -> Option<Vec<u8>> {
    let header = package.get(LEAD..)?;
    let (entries, store) = (number(header, 8)? as usize, number(header, 12)? as usize);
    let start = INTRO + entries * ENTRY;
    let values = header.get(start..start + store)?;
    let signed = header.get((start + store).next_multiple_of(8)..)?;

    let mut found =
        (0..entries).map(|i| entry(header.get(INTRO + i * ENTRY..)?, values)).collect::<Option<Vec<_>>>()?;
    found.retain(|entry| ![HEADER_SIGNATURES, MD5].contains(&entry.tag));
    found.push(Entry { tag: MD5, kind: BIN, count: 16, value: Md5::digest(signed).to_vec() });
    found.sort_by_key(|entry| entry.tag);

    let mut out = package[..LEAD + 8].to_vec();
    out.extend(written(&found));
    // Lead and header are padded to 8, as the header that follows begins there.
    out.resize(out.len().next_multiple_of(8), 0);
    out.extend(signed);
    Some(out)
}

/// Entries and store behind the magic, the spanning entry first and its trailer last.
fn written(entries: &[Entry]) -> Vec<u8> {
    let mut index = Vec::new();
    let mut store = Vec::new();
    for entry in entries {
        store.resize(usize::next_multiple_of(store.len(), alignment(entry.kind)), 0);
        index.extend([entry.tag, entry.kind, length(&store), entry.count].map(u32::to_be_bytes).concat());
        store.extend(&entry.value);
    }
    let span = length(&index) + ENTRY as u32;
    let spanning = [HEADER_SIGNATURES, BIN, length(&store), ENTRY as u32];
    store.extend([HEADER_SIGNATURES, BIN, span.wrapping_neg(), ENTRY as u32].map(u32::to_be_bytes).concat());
    let counts = [span / ENTRY as u32, length(&store)];
    [counts.map(u32::to_be_bytes).concat(), spanning.map(u32::to_be_bytes).concat(), index, store].concat()
}

fn entry(index: &[u8], values: &[u8]) -> Option<Entry> {
    let (tag, kind, offset, count) = (number(index, 0)?, number(index, 4)?, number(index, 8)?, number(index, 12)?);
    let value = values.get(offset as usize..)?;
    let size = match kind {
        // STRING, STRING_ARRAY and I18NSTRING end with as many NULs.
        6 | 8 | 9 => value.iter().enumerate().filter(|(_, byte)| **byte == 0).nth(count.max(1) as usize - 1)?.0 + 1,
        _ => alignment(kind) * count as usize,
    };
    Some(Entry { tag, kind, count, value: value.get(..size)?.to_vec() })
}

/// Of INT16, INT32 and INT64, which is also their size; of all else it is one.
fn alignment(kind: u32) -> usize {
    match kind {
        3 => 2,
        4 => 4,
        5 => 8,
        _ => 1,
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes)
}

/// A signature header is some kilobytes.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
