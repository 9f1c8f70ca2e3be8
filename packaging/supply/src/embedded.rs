//! The list of crates in the program itself: the section `.dep-v0`, which `cargo auditable` writes.

use std::collections::BTreeSet;
use std::path::Path;

use auditable_serde::DependencyKind;

use crate::Error;
use crate::id::Id;

/// More would not be a list of crates.
const MAX_BYTES: usize = 8 << 20;

/// The crates that a program says it was built with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// The package of the program.
    pub root: Id,
    /// What it may contain; cargo lists some that are not linked.
    pub runtime: BTreeSet<Id>,
    /// What only ran while it was built.
    pub build: BTreeSet<Id>,
}

/// Reads the list in a program.
///
/// # Errors
/// [`Error`] if there is none, or it is damaged.
pub fn read(program: &Path) -> Result<Embedded, Error> {
    let bytes = std::fs::read(program).map_err(Error::file(program))?;
    let info = auditable_info::audit_info_from_slice(&bytes, MAX_BYTES)
        .map_err(|e| Error::content(program, format!("no list of crates (section .dep-v0): {e}")))?;
    let id = |package: &auditable_serde::Package| Id::new(&package.name, &package.version.to_string());
    let root = info.packages.iter().find(|package| package.root).map(id);
    let of = |kind: DependencyKind| info.packages.iter().filter(|package| package.kind == kind).map(id).collect();
    Ok(Embedded {
        root: root.ok_or_else(|| Error::content(program, "its list of crates has no root"))?,
        runtime: of(DependencyKind::Runtime),
        build: of(DependencyKind::Build),
    })
}
