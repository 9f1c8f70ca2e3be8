//! OpenPGP signatures, made by a command of the caller's: gpg, or the client of a hardware security module. No secret key is
//! read here.
//!
//! The crate `rpm` reads signatures only with the crate `pgp`, and with it comes `rsa` (RUSTSEC-2023-0071). What is needed of
//! OpenPGP is little: [`openpgp`]. The crate still says which bytes of a package are to be signed.

pub mod openpgp;
mod process;
mod verify;

use std::path::Path;
use std::time::Duration;

pub use process::{Finished, Tool};
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

    /// Returns the same with keys that each signature must be good by.
    #[must_use]
    pub fn verified_by(self, public: PublicKeys) -> Self {
        Self { public: Some(public), ..self }
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
