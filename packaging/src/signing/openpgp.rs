//! The little of OpenPGP (RFC 4880) that packages need: ASCII armor, and what a detached signature says of itself.

use data_encoding::{BASE64, HEXUPPER};
use sha2::{Digest, Sha256, Sha384, Sha512};

pub(super) const SIGNATURE: u8 = 2;
pub(super) const PUBLIC_KEY: u8 = 6;
const ISSUER: u8 = 16;
const ISSUER_FINGERPRINT: u8 = 33;

/// The kinds of keys that the tags of an RPM tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA.
    Rsa,
    /// EdDSA, in the tag that was DSA's.
    Dsa,
}

/// What a signature is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Bytes,
    /// A text without its line ends, as in a clear-signed message.
    Text,
}

impl Of {
    fn kind(self) -> u8 {
        match self {
            Self::Bytes => 0,
            Self::Text => 1,
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Bytes => "binary data; for gpg, leave out --textmode",
            Self::Text => "a text; for gpg, use --clearsign",
        }
    }
}

/// One detached signature of version 4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The packet, binary.
    pub packet: Vec<u8>,
    /// The key's.
    pub algorithm: Algorithm,
    /// The key's fingerprint in capital hexadecimal digits, or the last 16 of them.
    pub issuer: Option<String>,
    /// The name of the digest, as a clear-signed text has it: `SHA512`.
    pub digest: &'static str,
    hashed: Vec<u8>,
    /// The first two bytes of the digest that was signed.
    start: [u8; 2],
}

impl Signature {
    /// Reads the output of a signing command, binary or armored.
    ///
    /// # Errors
    /// A message that says what the output is instead, and what to do.
    pub fn read(output: &[u8]) -> Result<Self, String> {
        Self::read_of(output, Of::Bytes)
    }

    fn read_of(output: &[u8], of: Of) -> Result<Self, String> {
        if output.trim_ascii().is_empty() {
            return Err("wrote no signature to standard output".into());
        }
        if output.starts_with(b"-----BEGIN PGP SIGNED MESSAGE-----") {
            return Err("wrote a clear-signed text, not a detached signature; for gpg, use --detach-sign".into());
        }
        let bytes = binary(output, "SIGNATURE").map_err(|e| format!("wrote no OpenPGP signature: {e}"))?;
        let packets =
            packets(&bytes).ok_or("wrote no OpenPGP signature, or only a part of one; for gpg, use --detach-sign")?;
        match packets.as_slice() {
            [(SIGNATURE, body)] => {
                let parsed = Self::parse(body, of)?;
                Ok(Self { packet: bytes.clone(), ..parsed })
            }
            [(SIGNATURE, _), _, ..] => Err("wrote more than one signature; sign with one key".into()),
            _ => Err("wrote something else than a detached signature; for gpg, use --detach-sign".into()),
        }
    }

    fn parse(body: &[u8], of: Of) -> Result<Self, String> {
        let cut_off = || "wrote a signature that is cut off".to_owned();
        let &[version, kind, key, digest, high, low, ref rest @ ..] = body else { return Err(cut_off()) };
        if version != 4 {
            return Err(format!("wrote a signature of version {version}; rpm and apt of all ages read version 4"));
        }
        if kind != of.kind() {
            return Err(format!("wrote a signature of type {kind}, not of {}", of.wanted()));
        }
        let algorithm = match key {
            1 | 3 => Algorithm::Rsa,
            22 => Algorithm::Dsa,
            17 => return Err("signed with a DSA key, which apt of Debian 13 refuses; use RSA".into()),
            19 => return Err("signed with an ECDSA key, which rpm does not know; use RSA or Ed25519".into()),
            _ => return Err(format!("signed with a key of algorithm {key}, which rpm does not know")),
        };
        let digest = match digest {
            8 => "SHA256",
            9 => "SHA384",
            10 => "SHA512",
            1..=3 | 11 => {
                return Err(
                    "signed an MD5, SHA-1, SHA-224 or RIPEMD-160 digest, which rpm or apt refuse; use SHA-256 or \
                            SHA-512"
                        .into(),
                );
            }
            _ => {
                return Err(format!(
                    "signed a digest of algorithm {digest}, which rpm does not know; use SHA-256 or SHA-512"
                ));
            }
        };
        let hashed_length = usize::from(u16::from_be_bytes([high, low]));
        let (hashed, rest) = rest.split_at_checked(hashed_length).ok_or_else(cut_off)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(cut_off)?;
        let (unhashed, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or_else(cut_off)?;
        let (start, numbers) = rest.split_first_chunk::<2>().ok_or_else(cut_off)?;
        if numbers.is_empty() {
            return Err(cut_off());
        }
        let issuer = issuer(hashed).or_else(|| issuer(unhashed));
        let hashed = body[..6 + hashed_length].to_vec();
        Ok(Self { packet: Vec::new(), algorithm, issuer, digest, hashed, start: *start })
    }

    /// Checks that the signature is of `content`, as far as that is seen without the key: by the beginning of the digest.
    ///
    /// # Errors
    /// A message.
    pub fn check_digest(&self, content: &[u8]) -> Result<(), String> {
        let length = u32::try_from(self.hashed.len()).unwrap_or(u32::MAX).to_be_bytes();
        let all = [content, &self.hashed, &[4, 0xff], &length].concat();
        let digest = match self.digest {
            "SHA256" => Sha256::digest(&all).to_vec(),
            "SHA384" => Sha384::digest(&all).to_vec(),
            _ => Sha512::digest(&all).to_vec(),
        };
        if digest.starts_with(&self.start) {
            return Ok(());
        }
        Err("signed something else than its standard input; it must sign exactly the bytes that it reads there".into())
    }

    /// Returns whether a key with this fingerprint made the signature, as the signature says.
    #[must_use]
    pub fn is_by(&self, fingerprint: &str) -> bool {
        self.issuer.as_ref().is_some_and(|issuer| fingerprint.ends_with(issuer.as_str()))
    }
}

/// Returns the issuer that a list of subpackets names, a fingerprint first.
fn issuer(list: &[u8]) -> Option<String> {
    let mut key_id = None;
    for subpacket in subpackets(list) {
        match subpacket {
            (ISSUER_FINGERPRINT, [4, fingerprint @ ..]) => return Some(HEXUPPER.encode(fingerprint)),
            (ISSUER, id) => key_id = Some(HEXUPPER.encode(id)),
            _ => {}
        }
    }
    key_id
}

/// Splits a list of subpackets into type and value, up to its end or to one that is cut off.
pub(super) fn subpackets(mut list: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (length, rest) = new_length(list)?;
        let (subpacket, rest) = rest.split_at_checked(length)?;
        list = rest;
        let (kind, value) = subpacket.split_first()?;
        // The highest bit only says that it is critical.
        Some((kind & 0x7f, value))
    })
}

/// Returns a number of up to four bytes, the highest first.
pub(super) fn integer(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum: u32, byte| (sum << 8) | u32::from(*byte))
}

/// Splits packets into tag and body; `None` if they are cut off or are none.
pub(super) fn packets(mut bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (tag, body, rest) = first_packet(bytes)?;
        found.push((tag, body));
        bytes = rest;
    }
    Some(found)
}

/// Splits public keys: one part for each primary key, with all that follows it.
#[must_use]
pub fn each_key(keys: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut left = keys;
    while let Some((tag, _, rest)) = first_packet(left) {
        if tag == PUBLIC_KEY {
            starts.push(keys.len() - left.len());
        }
        left = rest;
    }
    let ends = starts.iter().skip(1).copied().chain([keys.len()]);
    starts.iter().zip(ends).map(|(start, end)| &keys[*start..end]).collect()
}

/// Returns tag and body of the first packet, and what follows it.
fn first_packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let (tag, (length, rest)) = match first {
        0xc0.. => (first & 0x3f, new_length(rest)?),
        0x80.. => ((first >> 2) & 0xf, old_length(first & 3, rest)?),
        _ => return None,
    };
    let (body, rest) = rest.split_at_checked(length)?;
    Some((tag, body, rest))
}

fn old_length(kind: u8, bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = bytes.split_at_checked(1 << kind).filter(|_| kind < 3)?;
    Some((length.iter().fold(0, |sum, &byte| (sum << 8) | usize::from(byte)), rest))
}

fn new_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match *bytes {
        [short @ 0..192, ref rest @ ..] => Some((short.into(), rest)),
        [high @ 192..224, low, ref rest @ ..] => {
            Some((((usize::from(high) - 192) << 8) + usize::from(low) + 192, rest))
        }
        [255, a, b, c, d, ref rest @ ..] => Some((u32::from_be_bytes([a, b, c, d]) as usize, rest)),
        _ => None,
    }
}

/// Returns all armored blocks of this kind in one, or the bytes themselves if they are not armored.
///
/// # Errors
/// A message.
pub fn binary(bytes: &[u8], kind: &str) -> Result<Vec<u8>, String> {
    if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        return Ok(bytes.to_vec());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "neither OpenPGP packets nor ASCII armor")?;
    let (begin, end) = (format!("-----BEGIN PGP {kind}-----"), format!("-----END PGP {kind}-----"));
    let mut all = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        if line != begin {
            if line.starts_with("-----BEGIN ") {
                let line: String = line.chars().take(60).collect();
                return Err(format!("`{line}` instead of `{begin}`"));
            }
            continue;
        }
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
        let empty = block.iter().position(|line| line.is_empty()).ok_or("the armor is cut off")?;
        let (sum, data): (Vec<&str>, Vec<&str>) = block[empty + 1..].iter().partition(|line| line.starts_with('='));
        let data = BASE64.decode(data.concat().as_bytes()).map_err(|_| "the armor is damaged")?;
        if sum.first().is_some_and(|sum| **sum != checksum(&data)) {
            return Err("the armor is damaged: its checksum does not fit".into());
        }
        all.extend(data);
    }
    if all.is_empty() { Err(format!("there is no `{begin}`")) } else { Ok(all) }
}

/// Returns text and signature of a clear-signed message that holds nothing else.
///
/// # Errors
/// A message, as of [`Signature::read`].
pub fn clear_signed(message: &[u8]) -> Result<(String, Signature), String> {
    let (text, armor) = split(message).ok_or("wrote no clear-signed text; for gpg, use --clearsign")?;
    Ok((text, Signature::read_of(armor.as_bytes(), Of::Text)?))
}

fn split(message: &[u8]) -> Option<(String, String)> {
    let message = std::str::from_utf8(message).ok()?;
    let (head, rest) = message.strip_prefix("-----BEGIN PGP SIGNED MESSAGE-----\n")?.split_once("\n\n")?;
    let begin = "-----BEGIN PGP SIGNATURE-----\n";
    let (text, signature) = rest.split_once(&format!("\n{begin}"))?;
    let ends_there = signature.trim_end().ends_with("\n-----END PGP SIGNATURE-----");
    let is_plain = head.lines().all(|line| line.starts_with("Hash: ")) && signature.matches("-----").count() == 2;
    let lines: Vec<&str> = text.lines().map(|line| line.strip_prefix("- ").unwrap_or(line)).collect();
    (ends_there && is_plain).then(|| (lines.join("\n"), format!("{begin}{signature}")))
}

/// Returns ASCII armor. With its checksum, which rpm 4.11 wants.
#[must_use]
pub fn armored(bytes: &[u8], kind: &str) -> String {
    let data = BASE64.encode(bytes);
    let lines: Vec<&str> = data.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN PGP {kind}-----\n\n{}\n{}\n-----END PGP {kind}-----\n", lines.join("\n"), checksum(bytes))
}

/// Returns CRC-24 as armor has it: `=njUN`.
fn checksum(bytes: &[u8]) -> String {
    let mut crc: u32 = 0x00b7_04ce;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    format!("={}", BASE64.encode(&crc.to_be_bytes()[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn armor_is_read_as_it_is_written() {
        for length in [1, 2, 3, 47, 48, 49, 1000] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8 | 0x80).collect();
            let text = armored(&bytes, "SIGNATURE");
            assert_eq!(binary(text.as_bytes(), "SIGNATURE").unwrap(), bytes);
            let twice = format!("Some words.\n{text}\n{text}").replace('\n', "\r\n");
            assert_eq!(binary(twice.as_bytes(), "SIGNATURE").unwrap(), [bytes.clone(), bytes.clone()].concat());
        }
    }

    #[test]
    fn damaged_armor_is_refused() {
        let text = armored(&[0x88; 90], "SIGNATURE");
        for damaged in [
            text.replacen('i', "j", 1),
            text.replace("\n\n", "\n"),
            text.replace("SIGNATURE", "MESSAGE"),
            text[..60].into(),
        ] {
            assert!(binary(damaged.as_bytes(), "SIGNATURE").is_err(), "{damaged}");
        }
    }

    /// RFC 4880, 6.1 gives no example; this is the checksum of an empty block, its initial value.
    #[test]
    fn the_checksum_is_crc_24() {
        assert_eq!(checksum(b""), "=twTO");
        assert_eq!(checksum(b"123456789"), format!("={}", BASE64.encode(&[0x21, 0xcf, 0x02])));
    }

    #[test]
    fn no_bytes_make_it_fail_otherwise_than_by_a_message() {
        let body = [4, 0, 1, 8, 0, 2, 1, 33, 0, 0, 9, 9, 0, 1, 1];
        let mut packet = vec![0xc2, body.len() as u8];
        packet.extend(body);
        assert!(Signature::read(&packet).is_ok());
        for cut in 1..packet.len() {
            assert!(Signature::read(&packet[..cut]).is_err(), "{cut}");
        }
        for at in 0..packet.len() {
            for value in 0..=255 {
                let mut changed = packet.clone();
                changed[at] = value;
                let _ = Signature::read(&changed);
            }
        }
    }
}
