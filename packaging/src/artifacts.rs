//! Writes finished packages and their list of checksums into a directory. Each file is replaced atomically.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
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
    put(prepare(directory, name, content)?)
}

/// Writes packages, their checksums and the signature of these. All are written before one gets its name. While the packages
/// get theirs, there is no list of checksums: whenever this is interrupted, a list fits the packages beside it.
///
/// # Errors
/// [`Error::File`] if a file or the directory cannot be written.
pub fn write_all(
    directory: &Path,
    packages: &[(String, Vec<u8>)],
    list: &str,
    signature: Option<&[u8]>,
) -> Result<(), Error> {
    let prepared = packages.iter().map(|(name, content)| prepare(directory, name, content));
    let prepared = prepared.collect::<Result<Vec<_>, Error>>()?;
    let list = prepare(directory, CHECKSUMS, list.as_bytes())?;
    let signature = signature.map(|bytes| prepare(directory, SIGNATURE, bytes)).transpose()?;
    remove(directory, SIGNATURE)?;
    remove(directory, CHECKSUMS)?;
    for file in prepared {
        put(file)?;
    }
    signature.map(put).transpose()?;
    put(list)?;
    Ok(())
}

/// Returns the checksums of these packages, in the form of `sha256sum` and sorted by name.
#[must_use]
pub fn checksums(packages: &[(String, Vec<u8>)]) -> String {
    let mut lines: Vec<String> =
        packages.iter().map(|(name, content)| format!("{}  {name}\n", sha256(content))).collect();
    lines.sort_by(|a, b| a[64..].cmp(&b[64..]));
    lines.concat()
}

/// Returns the SHA-256 of bytes in hexadecimal digits.
#[must_use]
pub fn sha256(content: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(content))
}

/// A file that is complete and has not its name yet.
struct Prepared {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

fn prepare(directory: &Path, name: &str, content: &[u8]) -> Result<Prepared, Error> {
    std::fs::create_dir_all(directory).map_err(Error::file(directory))?;
    let path = directory.join(name);
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(Error::file(directory))?;
    file.write_all(content).map_err(Error::file(&path))?;
    file.as_file().set_permissions(PermissionsExt::from_mode(0o644)).map_err(Error::file(&path))?;
    Ok(Prepared { file, path })
}

fn put(prepared: Prepared) -> Result<PathBuf, Error> {
    let Prepared { file, path } = prepared;
    file.persist(&path).map_err(|e| Error::File { path: path.clone(), source: e.error })?;
    Ok(path)
}

fn remove(directory: &Path, name: &str) -> Result<(), Error> {
    let path = directory.join(name);
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::File { path, source: e }),
        _ => Ok(()),
    }
}
