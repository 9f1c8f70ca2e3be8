//! What is seen of a public key without a trust database: whether package managers take it, and until when.
//!
//! Its own signatures are read, not verified: the file is the publisher's.

use super::openpgp::{PUBLIC_KEY, SIGNATURE, integer, subpackets};

const SECRET_KEY: u8 = 5;
const SECRET_SUBKEY: u8 = 7;
/// Types of signatures: the four of a user's name, one of the key itself, and its revocation.
const OF_KEY: [u8; 5] = [0x10, 0x11, 0x12, 0x13, 0x1f];
const REVOCATION: u8 = 0x20;
/// Types of subpackets.
const MADE: u8 = 2;
const LIFETIME: u8 = 9;

/// What an RSA key has at least: apt of Debian 13 refuses smaller ones, as does Enterprise Linux 9.
const LEAST_BITS: u32 = 2048;
const ED25519: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01];
const INSTEAD: &str = "use RSA with 3072 bits or more";

/// One primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The packet, which tells keys apart.
    body: Vec<u8>,
    /// Seconds since 1970.
    expires: Option<u32>,
    is_revoked: bool,
}

impl PublicKey {
    /// Reads the primary keys among packets.
    ///
    /// # Errors
    /// A message, if there is none, a secret one is among them, or one is of a kind that package managers refuse.
    pub fn all(packets: &[(u8, &[u8])]) -> Result<Vec<Self>, String> {
        if packets.iter().any(|(tag, _)| [SECRET_KEY, SECRET_SUBKEY].contains(tag)) {
            return Err("a secret key; only the public key belongs here: gpg --armor --export KEY".into());
        }
        let mut keys: Vec<(Self, u32)> = Vec::new();
        for (tag, body) in packets {
            match (*tag, keys.last_mut()) {
                (PUBLIC_KEY, _) => keys.push((Self::parse(body)?, 0)),
                (SIGNATURE, Some((key, newest))) => key.read_signature(body, newest),
                (_, Some(_)) => {}
                (_, None) => break,
            }
        }
        if keys.is_empty() {
            return Err("not a public key; export one: gpg --armor --export KEY".into());
        }
        Ok(keys.into_iter().map(|(key, _)| key).collect())
    }

    fn parse(body: &[u8]) -> Result<Self, String> {
        let cut_off = || "a public key that is cut off".to_owned();
        let &[version, _, _, _, _, algorithm, ref numbers @ ..] = body else { return Err(cut_off()) };
        if version != 4 {
            return Err(format!("a key of version {version}; rpm and apt of all ages read version 4"));
        }
        match algorithm {
            1 | 3 => {
                let bits = numbers.get(..2).map(integer).ok_or_else(cut_off)?;
                if bits < LEAST_BITS {
                    return Err(format!("an RSA key of {bits} bits, which package managers refuse; {INSTEAD}"));
                }
            }
            22 if numbers
                .split_first()
                .is_some_and(|(length, rest)| usize::from(*length) == ED25519.len() && rest.starts_with(ED25519)) => {}
            17 => return Err(format!("a DSA key, which apt of Debian 13 and Enterprise Linux 9 refuse; {INSTEAD}")),
            19 | 22 => return Err(format!("a key on a curve that rpm does not import; {INSTEAD}, or Ed25519")),
            _ => return Err(format!("a key of algorithm {algorithm}, which rpm does not import; {INSTEAD}")),
        }
        Ok(Self { body: body.to_vec(), expires: None, is_revoked: false })
    }

    /// The newest signature says how long the key lives.
    fn read_signature(&mut self, body: &[u8], newest: &mut u32) {
        let &[4, kind, _, _, high, low, ref rest @ ..] = body else { return };
        if kind == REVOCATION {
            self.is_revoked = true;
        }
        let hashed = rest.get(..usize::from(u16::from_be_bytes([high, low]))).unwrap_or_default();
        let find = |wanted: u8| subpackets(hashed).find(|(kind, _)| *kind == wanted).map(|(_, value)| integer(value));
        let made = find(MADE).unwrap_or_default();
        if OF_KEY.contains(&kind) && made >= *newest {
            *newest = made;
            let created = integer(&self.body[1..5]);
            self.expires = find(LIFETIME).filter(|seconds| *seconds > 0).map(|seconds| created.saturating_add(seconds));
        }
    }

    /// Returns whether both are the same key, whatever was signed or extended since.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.body == other.body
    }

    /// Returns the second since 1970 at which it expires.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        self.expires
    }

    /// Checks that it is good at this time.
    ///
    /// # Errors
    /// A message.
    pub fn check_good_at(&self, time: u32) -> Result<(), String> {
        if self.is_revoked {
            return Err("the key is revoked".into());
        }
        match self.expires {
            Some(end) if end <= time => {
                Err("the key has expired; extend it (gpg --quick-set-expire) and export it again".into())
            }
            _ => Ok(()),
        }
    }
}
