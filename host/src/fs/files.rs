//! Reading and replacing files by their path below a root. Symbolic links are resolved inside the root.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, readlinkat};

use crate::error::{FileError, MalformedFile, ReadError};
use crate::fs::dir::open_found;
use crate::fs::in_root::{AsInRoot, InRoot};
use crate::fs::resolve;
use crate::fs::root::Root;

/// The largest text file that is read, in bytes.
pub const TEXT_LIMIT: u64 = 8 * 1024 * 1024;

impl Root {
    /// Returns the names in a directory, sorted; none if the directory does not exist.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be listed.
    pub fn names(&self, path: impl AsInRoot) -> Result<Vec<OsString>, FileError> {
        match self.dir(path) {
            Ok(dir) => dir.names(),
            Err(e) if e.is_missing() => Ok(Vec::new()),
            Err(e) => Err(e),
        }
    }

    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// [`FileError`]; `EISDIR` for a directory, `EINVAL` for a fifo, socket or device.
    pub fn open(&self, path: impl AsInRoot) -> Result<File, FileError> {
        let path = &path.to_in_root();
        let open = || {
            let resolved = resolve::resolve(&self.fd, path.as_text(), true)?;
            let name = resolved.name.ok_or(Errno::EISDIR)?;
            open_found(&resolved.dir, &name, &resolved.found.ok_or(Errno::ENOENT)?, OFlag::O_RDONLY)
        };
        open().map_err(|e| FileError::new("open", self.host_path(path), e))
    }

    /// Reads a file of at most `limit` bytes.
    ///
    /// # Errors
    /// [`FileError`]; `EFBIG` if it is larger.
    pub fn read(&self, path: impl AsInRoot, limit: u64) -> Result<Vec<u8>, FileError> {
        let file = self.open(&path)?;
        read_limited(file, limit).map_err(|e| FileError::new("read", self.host_path(path), e))
    }

    /// Reads a text file of at most [`TEXT_LIMIT`] bytes.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::Malformed`] with the line if it is not UTF-8.
    pub fn read_text(&self, path: impl AsInRoot) -> Result<String, ReadError> {
        let bytes = self.read(&path, TEXT_LIMIT)?;
        text(bytes, &self.host_path(path))
    }

    /// As [`Root::read_text`]. Returns `None` if there is no such file.
    ///
    /// # Errors
    /// As [`Root::read_text`].
    pub fn read_text_if_there(&self, path: impl AsInRoot) -> Result<Option<String>, ReadError> {
        match self.read_text(path) {
            Ok(text) => Ok(Some(text)),
            Err(ReadError::File(e)) if e.is_missing() => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Returns the target of a symbolic link, or `None` if `path` is not one.
    #[must_use]
    pub fn link_target(&self, path: impl AsInRoot) -> Option<PathBuf> {
        let (dir, name) = self.parent(path).ok()?;
        readlinkat(&dir.fd, name.as_os_str()).ok().map(PathBuf::from)
    }

    /// Replaces the content of a file atomically, as [`Dir::replace`](crate::Dir::replace) does. Creates missing directories above
    /// it.
    ///
    /// # Errors
    /// [`FileError`]; the file then has its old content.
    pub fn replace(&self, path: impl AsInRoot, content: &[u8], mode: u32) -> Result<(), FileError> {
        let path = &path.to_in_root();
        let name = path.file_name().ok_or_else(|| FileError::new("write", self.host_path(path), Errno::EINVAL))?;
        let dir = self.make_dirs(path.parent().unwrap_or_else(InRoot::top))?;
        dir.replace(name, content, mode)
    }
}

/// Reads `file`, which may have at most `limit` bytes.
///
/// # Errors
/// The error of `read(2)`; `EFBIG` if the file is larger.
pub fn read_limited(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let size = file.metadata()?.len().min(limit);
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    file.take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(Errno::EFBIG.into());
    }
    Ok(content)
}

/// Returns `bytes`, the content of the file at `path`, as text.
///
/// # Errors
/// [`ReadError::Malformed`] with the first line that is not UTF-8.
pub fn text(bytes: Vec<u8>, path: &Path) -> Result<String, ReadError> {
    String::from_utf8(bytes).map_err(|e| {
        let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        ReadError::Malformed(MalformedFile {
            path: path.to_owned(),
            line: Some(line),
            problem: "not UTF-8 text".into(),
            hint: "write that line in UTF-8, or put back the file as it was".into(),
        })
    })
}
