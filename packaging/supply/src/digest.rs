//! SHA-256 in hexadecimal.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Error;

pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn of_file(path: &Path) -> Result<String, Error> {
    Ok(of_bytes(&std::fs::read(path).map_err(Error::file(path))?))
}
