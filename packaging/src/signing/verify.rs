//! Verification by gpgv.

use std::path::{Path, PathBuf};

use super::openpgp;
use super::process::Tool;
use super::public_key::PublicKey;
use crate::Error;

/// The public keys of one file, without a trust database.
#[derive(Debug, Clone)]
pub struct PublicKeys {
    path: PathBuf,
    /// Binary.
    packets: Vec<u8>,
    /// The primary ones, at least one.
    keys: Vec<PublicKey>,
}

impl PublicKeys {
    /// Reads public keys, binary or armored.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, [`Error::Key`] if it holds no public key, or one that package managers refuse.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::file(path))?;
        let wrong = |problem: String| Error::Key { path: path.to_owned(), problem };
        if bytes.windows(27).any(|part| part == b"BEGIN PGP PRIVATE KEY BLOCK") {
            return Err(wrong("a secret key; only the public key belongs here: gpg --armor --export KEY".into()));
        }
        let packets = openpgp::binary(&bytes, "PUBLIC KEY BLOCK");
        let packets =
            packets.map_err(|e| wrong(format!("not a public key: {e}; export one: gpg --armor --export KEY")))?;
        let damaged = || wrong("not a public key; export one: gpg --armor --export KEY".into());
        let keys = PublicKey::all(&openpgp::packets(&packets).ok_or_else(damaged)?).map_err(wrong)?;
        Ok(Self { path: path.to_owned(), packets, keys })
    }

    /// Returns the primary keys.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Returns the keys in binary form, as apt reads a keyring.
    #[must_use]
    pub fn packets(&self) -> &[u8] {
        &self.packets
    }

    /// Returns the file that they are from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Has gpgv verify a detached signature.
    ///
    /// # Errors
    /// A message that continues "the signing command …".
    pub fn verify(&self, content: &[u8], signature: &[u8]) -> Result<(), String> {
        self.gpgv(&[("signature", signature), ("content", content)])
    }

    /// Has gpgv verify a clear-signed text.
    ///
    /// # Errors
    /// A message, as [`PublicKeys::verify`].
    pub fn verify_text(&self, text: &[u8]) -> Result<(), String> {
        self.gpgv(&[("text", text)])
    }

    fn gpgv(&self, files: &[(&str, &[u8])]) -> Result<(), String> {
        let work = tempfile::tempdir().map_err(|e| format!("could not be verified: {e}"))?;
        let keyring: (&str, &[u8]) = ("keyring.gpg", &self.packets);
        for (name, content) in files.iter().chain([&keyring]) {
            std::fs::write(work.path().join(name), content).map_err(|e| format!("could not be verified: {e}"))?;
        }
        let gpgv = Tool::new("gpgv").within(work.path()).args(["--homedir", ".", "--status-fd", "1"]);
        let gpgv = gpgv.args(["--keyring", "./keyring.gpg"]).args(files.iter().map(|(name, _)| name));
        let done = gpgv.finish().map_err(|e| format!("could not be verified: {e}"))?;
        judged(&String::from_utf8_lossy(&done.stdout), done.success, &self.path)
    }
}

/// Judges what gpgv says by `--status-fd` (doc/DETAILS of GnuPG). Its exit status is 0 for a key that has expired.
fn judged(status: &str, success: bool, keys: &Path) -> Result<(), String> {
    let said = |word: &str| {
        let line = status.lines().filter_map(|line| line.strip_prefix("[GNUPG:] ")).find(|line| line.starts_with(word));
        line.map(|line| line.split(' ').nth(1).unwrap_or_default().to_owned())
    };
    let keys = keys.display();
    if let Some(key) = said("EXPKEYSIG ") {
        return Err(format!("signed with key {key}, which has expired; extend it or sign with the next one"));
    }
    if let Some(key) = said("REVKEYSIG ") {
        return Err(format!("signed with key {key}, which is revoked"));
    }
    if said("EXPSIG ").is_some() {
        return Err("made a signature that has expired already".into());
    }
    if said("BADSIG ").is_some() {
        return Err("made a bad signature: it does not fit the key".into());
    }
    if let Some(key) = said("NO_PUBKEY ").or_else(|| said("ERRSIG ")) {
        return Err(format!("signed with key {key}, which is not in {keys}"));
    }
    match (said("GOODSIG ").is_some() && said("VALIDSIG ").is_some(), success) {
        (true, true) => Ok(()),
        _ => Err(format!("made a signature that gpgv does not accept with {keys}")),
    }
}
