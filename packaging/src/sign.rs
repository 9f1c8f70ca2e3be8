//! OpenPGP signatures. rpm 4.11 and 4.14 accept RSA keys of 3072 bits or more; they do not import Ed25519 keys.

use std::path::Path;

use rpm::signature::Signing;
use rpm::signature::pgp::Signer;
use rpm::{Package, Timestamp};

use crate::recipe::Recipe;
use crate::{Error, rpm_package};

/// A secret key without a passphrase, from `gpg --armor --export-secret-keys`.
#[derive(Debug)]
pub struct Key {
    signer: Signer,
}

impl Key {
    /// Reads a key.
    ///
    /// # Errors
    /// [`Error`] where the file cannot be read or holds no secret key.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let signer = Signer::from_asc(&text).map_err(|e| Error::Manifest {
            path: path.to_owned(),
            problem: format!(
                "this is no ASCII-armoured secret key: {e}; make one with gpg --armor --export-secret-keys"
            ),
        })?;
        Ok(Self { signer })
    }

    /// Builds the RPM with a signature in its header.
    ///
    /// # Errors
    /// [`Error::Rpm`].
    pub fn build_rpm(&self, recipe: &Recipe) -> Result<Package, Error> {
        Ok(rpm_package::builder(recipe)?.build_and_sign(&self.signer)?)
    }

    /// A detached signature of `content`.
    ///
    /// # Errors
    /// [`Error::Rpm`].
    pub fn sign(&self, content: &[u8], time: u32) -> Result<Vec<u8>, Error> {
        Ok(self.signer.sign(content, Timestamp(time))?)
    }
}
