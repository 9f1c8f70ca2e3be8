//! The intent, written to disk before any change: `login-defs-window.json` in hostprep's state directory.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use host::fs::{FileId, InRoot, temporary_name};
use host::{Dir, FileError, ReadError, Root};
use serde::{Deserialize, Serialize};

use crate::error::WindowError;
use crate::files::{self, Metadata, ReadFile, Times, sha256};
use crate::text::PatchRecord;

/// The record's name in the state directory.
const NAME: &str = "login-defs-window.json";
/// The format of this version. An older reader refuses a newer format.
const SCHEMA: u32 = 1;

/// What a window changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    schema: u32,
    pub main: Option<Main>,
    pub drop_in: Option<Created>,
}

/// The change of `/etc/login.defs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub(crate) enum Main {
    /// The original inode is kept under a second name.
    #[serde(rename = "swap")]
    Replace(ChangedFile),
    /// The file is written in place.
    InPlace {
        #[serde(flatten)]
        changed: ChangedFile,
        phase: Phase,
    },
    /// The file is created and removed again.
    #[serde(rename = "make")]
    Create(Created),
}

/// The progress of writing in place. Only in [`Phase::Open`] hostprep is not writing, so that a difference is an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    Opening,
    Open,
    Closing,
    /// Another program's text, without our line, is being written.
    Merging,
}

/// A file as it was before the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangedFile {
    #[serde(with = "crate::bytes")]
    path: Vec<u8>,
    device: u64,
    inode: u64,
    mode: u32,
    uid: u32,
    gid: u32,
    pub times: Times,
    /// Of mode, owner and extended attributes.
    pub attributes_sha256: String,
    pub original_sha256: String,
    pub patched_sha256: String,
    pub line: PatchRecord,
}

/// A file that did not exist before the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Created {
    #[serde(with = "crate::bytes")]
    path: Vec<u8>,
    pub sha256: String,
    pub line: PatchRecord,
}

impl ChangedFile {
    pub fn new(path: &InRoot, original: &ReadFile, meta: &Metadata, patched: &[u8], line: PatchRecord) -> Self {
        Self {
            path: path.as_path().as_os_str().as_bytes().to_vec(),
            device: original.stat.st_dev,
            inode: original.stat.st_ino,
            mode: meta.mode,
            uid: meta.uid,
            gid: meta.gid,
            times: original.times(),
            attributes_sha256: meta.digest(),
            original_sha256: sha256(&original.content),
            patched_sha256: sha256(patched),
            line,
        }
    }

    pub fn path(&self) -> InRoot {
        path(&self.path)
    }

    pub fn id(&self) -> FileId {
        FileId { device: self.device, inode: self.inode }
    }

    pub fn meta(&self) -> Metadata {
        Metadata { uid: self.uid, gid: self.gid, ..Metadata::plain(self.mode) }
    }
}

impl Created {
    pub fn new(path: &InRoot, content: &[u8], line: PatchRecord) -> Self {
        Self { path: path.as_path().as_os_str().as_bytes().to_vec(), sha256: sha256(content), line }
    }

    pub fn path(&self) -> InRoot {
        path(&self.path)
    }
}

fn path(bytes: &[u8]) -> InRoot {
    InRoot::from_top(OsString::from_vec(bytes.to_vec()))
}

impl Record {
    pub fn new(main: Option<Main>, drop_in: Option<Created>) -> Self {
        Self { schema: SCHEMA, main, drop_in }
    }
}

/// The content of the record file.
#[derive(Debug)]
pub(crate) enum Stored {
    Nothing,
    Record(Box<Record>),
    /// Unreadable. Recovery uses the names next to login.defs instead.
    Malformed,
}

/// The state directory.
#[derive(Debug)]
pub(crate) struct StateDir {
    pub dir: Dir,
}

impl StateDir {
    /// Opens it. Returns `None` if it does not exist.
    pub fn find(root: &Root, path: &InRoot) -> Result<Option<Self>, FileError> {
        match root.open_private_dir(path) {
            Ok(dir) => Ok(Some(Self { dir })),
            Err(e) if e.is_missing() => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Opens it, and creates it if it does not exist.
    pub fn make(root: &Root, path: &InRoot) -> Result<Self, FileError> {
        Ok(Self { dir: root.create_private_dir(path)? })
    }

    pub fn load(&self) -> Result<Stored, WindowError> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let loaded = match files::load(&self.dir, NAME) {
            // Too large, or not a regular file: hostprep did not write it.
            Err(ReadError::Malformed(_)) => return Ok(Stored::Malformed),
            loaded => loaded?,
        };
        let Some(loaded) = loaded else { return Ok(Stored::Nothing) };
        match serde_json::from_slice::<Version>(&loaded.content) {
            Ok(Version { schema }) if schema > SCHEMA => {
                Err(WindowError::NewerRecord { path: self.dir.path().join(NAME), schema, known: SCHEMA })
            }
            _ => Ok(serde_json::from_slice(&loaded.content).map_or(Stored::Malformed, Stored::Record)),
        }
    }

    /// Writes the record. It is on disk when this returns.
    pub fn store(&self, record: &Record) -> Result<(), FileError> {
        let json = serde_json::to_vec_pretty(record)
            .map_err(|e| FileError::new("write", self.dir.path().join(NAME), std::io::Error::other(e)))?;
        self.replace(NAME, temporary_name(NAME), &json, &Metadata::plain(0o644), None)
    }

    /// Writes a file of the state directory: it is complete, or does not exist.
    pub fn replace(
        &self,
        name: &str,
        temporary: OsString,
        content: &[u8],
        meta: &Metadata,
        times: Option<Times>,
    ) -> Result<(), FileError> {
        files::write_new(&self.dir, &temporary, content, meta, times)?;
        files::rename(&self.dir, temporary, name)?;
        files::sync(&self.dir)
    }

    /// Removes the record and the temporary file of writing it.
    pub fn remove(&self) -> Result<(), FileError> {
        self.discard(&[NAME.into(), temporary_name(NAME)])
    }

    /// Removes files of the state directory, if they exist.
    pub fn discard(&self, names: &[OsString]) -> Result<(), FileError> {
        let mut any = false;
        for name in names {
            if self.dir.stat(name)?.is_some() {
                files::unlink(&self.dir, name)?;
                any = true;
            }
        }
        if any { files::sync(&self.dir) } else { Ok(()) }
    }

    /// Returns whether the record, or the temporary file of writing it, exists.
    pub fn any(&self) -> Result<bool, FileError> {
        Ok(self.dir.stat(NAME)?.is_some() || self.dir.stat(temporary_name(NAME))?.is_some())
    }
}
