//! Kernel modules: whether one is loaded, installed and signed.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::Root;
use crate::error::{FileError, ReadError};
use crate::fs::{InRoot, label};

/// The end of a signed module (`Documentation/admin-guide/module-signing.rst`).
const SIGNATURE_MARK: &[u8] = b"~Module signature appended~\n";

const FORMS: [&str; 4] = ["ko", "ko.xz", "ko.zst", "ko.gz"];

/// Returns whether the running kernel has loaded the module `name`.
#[must_use]
pub fn is_loaded(root: &Root, name: &str) -> bool {
    root.exists(InRoot::from("/sys/module").join(name.replace('-', "_")))
}

/// Returns the file of the module `name` for the kernel `release`: the one that `modules.dep` lists, or else one that lies
/// directly in one of `places`. There, `{release}` is replaced by the release.
///
/// # Errors
/// [`ReadError`] if `modules.dep` exists and cannot be read.
pub fn find(root: &Root, release: &str, name: &str, places: &[InRoot]) -> Result<Option<InRoot>, ReadError> {
    let tree = InRoot::from_top(format!("/lib/modules/{release}"));
    let listed = root.read_text_if_there(tree.join("modules.dep"))?.unwrap_or_default();
    let is_ours = |file: &Path| {
        let file = file.file_name().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
        FORMS.iter().any(|form| file.replace('-', "_") == format!("{}.{form}", name.replace('-', "_")))
    };
    let listed = listed.lines().filter_map(|line| line.split_once(':')).map(|(file, _)| Path::new(file));
    if let Some(file) = listed.filter(|file| is_ours(file)).map(|file| tree.join(file)).find(|file| root.exists(file)) {
        return Ok(Some(file));
    }
    let place = |place: &InRoot| InRoot::from_top(place.to_string().replace("{release}", release));
    let files = places.iter().map(place).flat_map(|place| FORMS.map(|form| place.join(format!("{name}.{form}"))));
    Ok(files.into_iter().find(|file| root.exists(file)))
}

/// Returns whether a module has a signature, by any key. Returns `None` for a compressed module, which would have to be unpacked.
///
/// # Errors
/// [`FileError`] if the file cannot be read.
pub fn is_signed(root: &Root, file: &InRoot) -> Result<Option<bool>, FileError> {
    if file.as_path().extension().is_none_or(|extension| extension != "ko") {
        return Ok(None);
    }
    let failed = |e| FileError::new("read", root.host_path(file), e);
    let mut opened = root.open(file)?;
    let length = opened.metadata().map_err(failed)?.len();
    let mark = SIGNATURE_MARK.len() as u64;
    if length < mark {
        return Ok(Some(false));
    }
    let mut end = vec![0; SIGNATURE_MARK.len()];
    opened.seek(SeekFrom::Start(length - mark)).and_then(|_| opened.read_exact(&mut end)).map_err(failed)?;
    Ok(Some(end == SIGNATURE_MARK))
}

/// Returns the type of a module's SELinux label, or `None` if it has none.
///
/// # Errors
/// [`FileError`] if the file cannot be read.
pub fn label_type(root: &Root, file: &InRoot) -> Result<Option<String>, FileError> {
    Ok(label::type_of(&root.open(file)?))
}

#[cfg(test)]
mod tests;
