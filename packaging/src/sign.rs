//! OpenPGP signatures. rpm 4.11 and 4.14 accept RSA keys of 3072 bits or more; they do not import Ed25519 keys.

use std::path::Path;

use pgp::composed::{Deserializable, SignedSecretKey};
use pgp::types::{KeyDetails, SecretParams};
use rpm::signature::Signing;
use rpm::signature::pgp::Signer;
use rpm::{Package, Timestamp};

use crate::loaded_manifest::LoadedManifest;
use crate::{Error, rpm_package};

/// A secret key without a passphrase, from `gpg --armor --export-secret-keys`.
#[derive(Debug)]
pub struct Key {
    signer: Signer,
    /// The newest part of the key: gpg and newer rpm reject a signature that is older than its key.
    made: u32,
}

impl Key {
    /// Reads a key.
    ///
    /// # Errors
    /// [`Error`] if the file cannot be read, holds no secret key, or holds one with a passphrase.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let wrong = |problem: String| Error::Manifest { path: path.to_owned(), problem };
        let no_key = |e: &dyn std::fmt::Display| {
            let e = e.to_string();
            let e = e.lines().next().unwrap_or_default();
            wrong(format!("not an ASCII-armoured secret key: {e}; create one with gpg --armor --export-secret-keys"))
        };
        let signer = Signer::from_asc(&text).map_err(|e| no_key(&e))?;
        let (keys, _) = SignedSecretKey::from_string_many(&text).map_err(|e| no_key(&e))?;
        let mut made = 0;
        for key in keys.filter_map(Result::ok) {
            let subkeys = key.secret_subkeys.iter().map(|subkey| &subkey.key);
            let params = subkeys.clone().map(|key| key.secret_params()).chain([key.primary_key.secret_params()]);
            if params.into_iter().any(SecretParams::is_encrypted) {
                return Err(wrong(
                    "the key has a passphrase, which cannot be entered here; export one without it (gpg --change-passphrase)"
                        .into(),
                ));
            }
            let times = subkeys.map(KeyDetails::created_at).chain([key.primary_key.created_at()]);
            made = times.map(|time| time.as_secs()).fold(made, u32::max);
        }
        Ok(Self { signer, made })
    }

    /// Builds the RPM with a signature in its header.
    ///
    /// # Errors
    /// [`Error::Rpm`].
    pub fn build_rpm(&self, loaded: &LoadedManifest) -> Result<Package, Error> {
        let mut package = rpm_package::build(loaded)?;
        package.sign_with_timestamp(&self.signer, self.time(loaded.time))?;
        Ok(package)
    }

    /// Returns a detached signature of `content`.
    ///
    /// # Errors
    /// [`Error::Rpm`].
    pub fn sign(&self, content: &[u8], time: u32) -> Result<Vec<u8>, Error> {
        Ok(self.signer.sign(content, self.time(time))?)
    }

    fn time(&self, time: u32) -> Timestamp {
        Timestamp(time.max(self.made))
    }
}
