//! What the packages are made of, and whether that is true.
//!
//! * [`linked`]: the crates that are linked into the program, from cargo
//! * [`sbom`], [`notices`]: the bill of materials (CycloneDX) and the licence texts, for people and scanners
//! * [`statement`]: from which commit, by which compiler (in-toto, SLSA provenance)
//! * [`embedded`]: the list of crates in the program itself
//! * [`check`]: compares all of these with each other and with this tree
//! * [`dependencies`]: the table in `docs/dependencies.md`
//!
//! Nothing here reads a clock: the same tree gives the same bytes.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a build tool: it runs cargo, and reads and writes the files that its caller names"
)]

pub mod check;
mod command;
pub mod dependencies;
mod digest;
pub mod embedded;
pub mod error;
pub mod id;
pub mod linked;
pub mod lockfile;
pub mod notices;
pub mod sbom;
pub mod statement;
pub mod toolchain;

pub use error::Error;

/// The bill of materials, in the packages and beside them.
pub const SBOM: &str = "sbom.cdx.json";
/// The licence texts, in the packages and beside them.
pub const NOTICES: &str = "third-party-notices.txt";
/// The statement, beside the packages.
pub const STATEMENT: &str = "provenance.json";
