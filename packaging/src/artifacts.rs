//! Writes finished packages and their list of checksums into a directory. Each file is replaced atomically.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Error;

/// The list of checksums, for `sha256sum --check`.
pub const CHECKSUMS: &str = "SHA256SUMS";
/// The list's detached OpenPGP signature, for `gpg --verify`.
pub const SIGNATURE: &str = "SHA256SUMS.sig";

/// Writes a temporary file of mode 0644 and renames it to `name`. Creates the directory if it is missing.
///
/// # Errors
/// [`Error::File`] if the file or the directory cannot be written.
pub fn write(directory: &Path, name: &str, content: &[u8]) -> Result<PathBuf, Error> {
    std::fs::create_dir_all(directory).map_err(Error::file(directory))?;
    let path = directory.join(name);
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(Error::file(directory))?;
    file.write_all(content).map_err(Error::file(&path))?;
    file.as_file().set_permissions(PermissionsExt::from_mode(0o644)).map_err(Error::file(&path))?;
    file.persist(&path).map_err(|e| Error::File { path: path.clone(), source: e.error })?;
    Ok(path)
}

/// Removes a file if it exists.
///
/// # Errors
/// [`Error::File`] if it cannot be removed.
pub fn remove(directory: &Path, name: &str) -> Result<(), Error> {
    let path = directory.join(name);
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::File { path, source: e }),
        _ => Ok(()),
    }
}

/// Returns the checksums of these files in `directory`, in the form of `sha256sum`.
///
/// # Errors
/// [`Error::File`] if a file cannot be read.
pub fn checksums(directory: &Path, names: &[String]) -> Result<String, Error> {
    let mut list = String::new();
    for name in names {
        let path = directory.join(name);
        let content = std::fs::read(&path).map_err(Error::file(&path))?;
        let sum: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        list += &format!("{sum}  {name}\n");
    }
    Ok(list)
}
