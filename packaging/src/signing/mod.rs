//! OpenPGP signatures, made by a command of the caller's: gpg, or the client of a hardware security module. No secret key is
//! read here.
//!
//! The crate `rpm` reads signatures only with the crate `pgp`, and with it comes `rsa` (RUSTSEC-2023-0071). What is needed of
//! OpenPGP is little: [`openpgp`]. The crate still says which bytes of a package are to be signed.

pub mod openpgp;
mod process;
mod public_key;
mod verify;

use std::path::Path;
use std::time::Duration;

pub use process::{Finished, Tool};
pub use public_key::PublicKey;
pub use verify::PublicKeys;

use crate::Error;
use openpgp::Signature;

/// A command that reads bytes on standard input and writes their detached signature to standard output.
#[derive(Debug)]
pub struct Signer {
    command: String,
    limit: Duration,
    public: Option<PublicKeys>,
}

impl Signer {
    /// Takes a command for `sh -c`, and the time that it may take for one signature. With `public`, each signature must be good
    /// by a key in that file.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::Key`] if the public key cannot be used.
    pub fn new(command: &str, limit: Duration, public: Option<&Path>) -> Result<Self, Error> {
        let public = public.map(PublicKeys::read).transpose()?;
        Ok(Self { command: command.to_owned(), limit, public })
    }

    /// Returns a signature of `content`. The command may ask at the terminal; what it writes to standard error is seen.
    ///
    /// # Errors
    /// [`Error::Sign`] if the command cannot be run, fails, takes too long, or writes anything but one signature of `content`
    /// that rpm and gpg accept.
    pub fn sign(&self, content: &[u8]) -> Result<Signature, Error> {
        let wrong = |problem: String| Error::Sign { command: self.command.clone(), problem };
        let output = process::sign(&self.command, content, self.limit).map_err(wrong)?;
        let signature = Signature::read(&output).map_err(wrong)?;
        signature.check_digest(content).map_err(wrong)?;
        if let Some(public) = &self.public {
            public.verify(content, &signature.packet).map_err(wrong)?;
        }
        Ok(signature)
    }
}

/// Has a command clear-sign a text, and returns the output. It must be this text, signed with one of the keys.
///
/// # Errors
/// [`Error::Sign`], as [`Signer::sign`].
pub fn clearsign(command: &str, text: &str, limit: Duration, keys: &PublicKeys) -> Result<Vec<u8>, Error> {
    let wrong = |problem: String| Error::Sign { command: command.to_owned(), problem };
    let output = process::sign(command, text.as_bytes(), limit).map_err(wrong)?;
    let (signed, _) = openpgp::clear_signed(&output).map_err(wrong)?;
    if signed.trim_end() != text.trim_end() {
        return Err(wrong("signed something else than its standard input".into()));
    }
    keys.verify_text(&output).map_err(wrong)?;
    Ok(output)
}
