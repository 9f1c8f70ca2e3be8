//! Builds one RPM and one DEB from one manifest, so that an agent's files and the hooks that prepare its host come in one
//! package.
//!
//! * [`LoadedManifest`]: a manifest with all files that it refers to, read and checked; the input of both formats
//! * [`targets`]: a package for each architecture, and from which files
//! * [`rpm_package`], [`deb`]: the two formats
//! * [`scripts`]: scriptlets and maintainer scripts, from `templates/packages`
//! * [`policy_files`]: the policy module, and the spec of a package with it alone
//! * [`signing`]: has a command of the caller's sign
//! * [`repository`]: repositories for apt, dnf, yum and zypper
//! * [`artifacts`]: writes files, checksums and signatures into a directory
//!
//! Nothing here reads a clock or asks the host: the same input gives the same bytes.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a build tool: it reads and writes the files that its caller names"
)]

pub mod architecture;
pub mod artifacts;
pub mod changelog;
pub mod deb;
mod dependency;
pub mod error;
pub mod file_tree;
pub mod loaded_manifest;
pub mod manifest;
mod names;
mod path;
pub mod policy_files;
pub mod profile;
pub mod repository;
pub mod rpm_package;
pub mod rpm_signature_header;
pub mod scripts;
pub mod signing;
pub mod targets;

pub use error::Error;
pub use loaded_manifest::{Inputs, LoadedManifest};

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
    /// Both formats.
    pub const ALL: [Self; 2] = [Self::Rpm, Self::Deb];
}
