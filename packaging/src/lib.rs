//! Builds one RPM and one DEB from one manifest, so that an agent's files and the hooks that prepare its host are one file
//! to download.
//!
//! * [`Recipe`]: a manifest with all that it refers to, read and checked; what both formats are built from
//! * [`rpm_package`], [`deb`]: the two formats
//! * [`scripts`]: scriptlets and maintainer scripts, from `templates/packages`
//! * [`out`]: files, checksums and signatures in a directory
//!
//! Nothing here asks a clock or the host: the same input gives the same bytes.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a tool for who builds packages: it reads and writes the files that its caller names"
)]

pub mod contents;
pub mod deb;
pub mod error;
pub mod manifest;
pub mod out;
mod path;
pub mod profile;
pub mod recipe;
mod relation;
pub mod rpm_package;
mod rpm_signature_header;
pub mod scripts;
#[cfg(feature = "sign")]
pub mod sign;

pub use error::Error;
pub use recipe::{Inputs, Recipe};

/// A package format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For dnf, yum, zypper and rpm.
    Rpm,
    /// For apt and dpkg.
    Deb,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Rpm, Self::Deb];
}
