//! The signature header: its OpenPGP signature, and tags that rpm 4.11 (EL 7) reads and the crate `rpm` does not write.
//!
//! * `RPMSIGTAG_RSA` or `RPMSIGTAG_DSA` with the signature of the header, for every rpm, and `RPMSIGTAG_OPENPGP` with the same,
//!   for rpm 6. Without the crate `pgp`, the crate `rpm` writes none of them.
//! * `RPMSIGTAG_MD5`, of header and payload. rpm knows a digest of the payload in the header itself since 4.14; without this
//!   one, `rpm -K` of 4.11 overlooks a changed payload.
//! * `RPMSIGTAG_PAYLOADSIZE`, the bytes of the uncompressed cpio archive. rpm 4.11 takes the total of its progress bar from
//!   it; without it, `rpm -ivh` on a terminal draws the bar without end (`printHash` in `lib/rpminstall.c`).

use std::io::{self, Read};

use data_encoding::BASE64;
use flate2::read::MultiGzDecoder;
use md5::{Digest, Md5};

use crate::artifacts;
use crate::signing::openpgp::{Algorithm, Signature};

const LEAD: usize = 96;
/// Magic and reserved bytes, number of entries, size of the store.
const INTRO: usize = 16;
const ENTRY: usize = 16;
/// The entry that spans all others; its value, the trailer, ends the store.
const HEADER_SIGNATURES: u32 = 62;
const DSA: u32 = 267;
const RSA: u32 = 268;
const OPENPGP: u32 = 278;
/// Signatures of header and payload, which `rpmsign` of rpm 4.14 and older adds.
const PGP: u32 = 1002;
const GPG: u32 = 1005;
const SIGNATURES: [u32; 5] = [DSA, RSA, OPENPGP, PGP, GPG];
const MD5: u32 = 1004;
const PAYLOAD_SIZE: u32 = 1007;
/// Room for signatures: as they grow, `rpmsign` makes it smaller.
const RESERVED_SPACE: u32 = 1008;
/// In the header: the SHA-256 of the payload, in hexadecimal.
const PAYLOAD_DIGEST: u32 = 5092;
const SHA256_HEX: usize = 64;
const INT32: u32 = 4;
const BIN: u32 = 7;
const STRING_ARRAY: u32 = 8;

struct Entry {
    tag: u32,
    kind: u32,
    count: u32,
    value: Vec<u8>,
}

/// Returns the package with all these tags, and with this signature instead of those that it has.
///
/// # Errors
/// [`io::Error`] if the bytes are not a package as the crate writes it, or if its content exceeds the 4 GiB that these tags
/// can express.
pub fn completed(package: &[u8], signature: Option<&Signature>) -> io::Result<Vec<u8>> {
    let parts = Parts::of(package).ok_or_else(unreadable)?;
    let size = u32::try_from(uncompressed_size(parts.payload)?)
        .map_err(|_| io::Error::other("the content is larger than 4 GiB, which rpm 4.11 cannot install"))?;

    let mut found = parts.signature.entries().ok_or_else(unreadable)?;
    found.retain(|entry| {
        !SIGNATURES.contains(&entry.tag) && ![HEADER_SIGNATURES, MD5, PAYLOAD_SIZE].contains(&entry.tag)
    });
    found.push(Entry { tag: MD5, kind: BIN, count: 16, value: Md5::digest(parts.signed).to_vec() });
    found.push(Entry { tag: PAYLOAD_SIZE, kind: INT32, count: 1, value: size.to_be_bytes().to_vec() });
    if let Some(signature) = signature {
        let tag = match signature.algorithm {
            Algorithm::Rsa => RSA,
            Algorithm::Dsa => DSA,
        };
        found.push(Entry { tag, kind: BIN, count: length(&signature.packet), value: signature.packet.clone() });
        let text = BASE64.encode(&signature.packet) + "\0";
        found.push(Entry { tag: OPENPGP, kind: STRING_ARRAY, count: 1, value: text.into_bytes() });
    }
    Ok(parts.with(package, found))
}

/// Returns the bytes that the signature is of: the header.
///
/// # Errors
/// [`io::Error`] if the bytes are not a package.
pub fn header(package: &[u8]) -> io::Result<&[u8]> {
    Ok(Parts::of(package).ok_or_else(unreadable)?.header)
}

/// Returns whether two packages differ by their signatures at most: header, payload, lead and all other tags are the same.
///
/// # Errors
/// [`io::Error`] if one is not a package.
pub fn differ_by_signature_alone(one: &[u8], other: &[u8]) -> io::Result<bool> {
    Ok(unsigned(one)? == unsigned(other)?)
}

/// Returns the package without signatures and without the room for them.
fn unsigned(package: &[u8]) -> io::Result<Vec<u8>> {
    let parts = Parts::of(package).ok_or_else(unreadable)?;
    let mut found = parts.signature.entries().ok_or_else(unreadable)?;
    found.retain(|entry| !SIGNATURES.contains(&entry.tag) && ![HEADER_SIGNATURES, RESERVED_SPACE].contains(&entry.tag));
    Ok(parts.with(package, found))
}

/// Returns whether the payload is the one that the header was made for. Only then a signature of the header covers it.
///
/// # Errors
/// [`io::Error`] if the bytes are not a package, or if the header has no SHA-256 of the payload.
pub fn has_its_payload(package: &[u8]) -> io::Result<bool> {
    let parts = Parts::of(package).ok_or_else(unreadable)?;
    let header = Header::at(parts.header, 0).and_then(|header| header.entries()).ok_or_else(unreadable)?;
    let is_wanted = |entry: &Entry| entry.tag == PAYLOAD_DIGEST && entry.value.len() == SHA256_HEX + 1;
    let digest = header.into_iter().find(is_wanted);
    let digest = digest.ok_or_else(|| io::Error::other("the header has no SHA-256 of the payload"))?;
    Ok(digest.value[..SHA256_HEX] == *artifacts::sha256(parts.payload).as_bytes())
}

/// Returns the signature of the header, if there is one.
///
/// # Errors
/// [`io::Error`] if the bytes are not a package.
pub fn signature(package: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let entries = Parts::of(package).and_then(|parts| parts.signature.entries()).ok_or_else(unreadable)?;
    Ok(entries.into_iter().find(|entry| [DSA, RSA].contains(&entry.tag)).map(|entry| entry.value))
}

fn unreadable() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not an RPM, or its signature header is damaged")
}

/// The parts of a package behind its lead.
struct Parts<'p> {
    signature: Header<'p>,
    /// Header and payload.
    signed: &'p [u8],
    header: &'p [u8],
    payload: &'p [u8],
}

impl<'p> Parts<'p> {
    fn of(package: &'p [u8]) -> Option<Self> {
        let signature = Header::at(package, LEAD)?;
        let signed = package.get(signature.end.next_multiple_of(8)..)?;
        let (header, payload) = signed.split_at_checked(Header::at(signed, 0)?.end)?;
        Some(Self { signature, signed, header, payload })
    }

    /// Returns the package, whose parts these are, with these entries in its signature header.
    fn with(&self, package: &[u8], mut entries: Vec<Entry>) -> Vec<u8> {
        entries.sort_by_key(|entry| entry.tag);
        let mut out = package[..LEAD + 8].to_vec();
        out.extend(written(&entries));
        // Lead and header are padded to 8, as the header that follows begins there.
        out.resize(out.len().next_multiple_of(8), 0);
        out.extend(self.signed);
        out
    }
}

/// Returns the length in bytes of what `rpm2cpio` writes.
fn uncompressed_size(payload: &[u8]) -> io::Result<u64> {
    io::copy(&mut MultiGzDecoder::new(payload).take(u64::from(u32::MAX) + 1), &mut io::sink())
}

/// A header of a package: an index of entries, and the store that holds their values.
struct Header<'p> {
    index: &'p [u8],
    store: &'p [u8],
    /// The offset of the header's end in the bytes.
    end: usize,
}

impl<'p> Header<'p> {
    fn at(bytes: &'p [u8], start: usize) -> Option<Self> {
        let header = bytes.get(start..)?;
        let (entries, size) = (number(header, 8)? as usize, number(header, 12)? as usize);
        let values = INTRO + entries * ENTRY;
        let (index, store) = (header.get(INTRO..values)?, header.get(values..values + size)?);
        Some(Self { index, store, end: start + values + size })
    }

    fn entries(&self) -> Option<Vec<Entry>> {
        self.index.chunks(ENTRY).map(|index| entry(index, self.store)).collect()
    }
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

/// Returns the alignment of INT16, INT32 and INT64, which is also their size; for other types it is one.
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
