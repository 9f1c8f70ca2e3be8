//! Errors of a store.

use std::path::PathBuf;

use host::process::lock::LockError;
use host::{FileError, MalformedFile};
use thiserror::Error;

use crate::catalogue::UnknownFault;
use crate::store::format::SCHEMA;

/// Why the store could not be read or changed. The stored data is unchanged, except as [`Writer`](crate::Writer) describes.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file of the store holds something else.
    #[error(transparent)]
    Malformed(#[from] MalformedFile),
    /// A newer version wrote the store.
    #[error("{}: written by a newer version (schema {found}, this one knows {SCHEMA}); update this package, nothing was changed", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u64,
    },
    /// The store's lock was not had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The fault has no severity, being unknown to the catalogue, and none was given.
    #[error(transparent)]
    UnknownFault(#[from] UnknownFault),
}
