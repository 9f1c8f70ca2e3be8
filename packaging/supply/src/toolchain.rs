//! The compilers, and what they link into the program that is no crate.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::Error;

/// A Rust compiler that built a program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rustc {
    /// As in `1.95.0`.
    pub version: String,
    /// The commit of Rust; a distribution's compiler may not know it.
    pub commit: Option<String>,
    /// The kind of machine that it ran on.
    pub host: String,
}

/// What built the programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// One for each that differs.
    pub rustc: BTreeSet<Rustc>,
    /// Of zig, which links.
    pub zig: String,
}

/// Something that the toolchain links into every program.
pub struct Part {
    /// For a bill.
    pub name: &'static str,
    /// Of the toolchain that it is part of.
    pub version: String,
    /// An SPDX expression.
    pub license: &'static str,
    /// One line.
    pub what: &'static str,
}

impl Rustc {
    /// Reads what `rustc -vV` prints. A part that is missing is empty.
    fn read(text: &str) -> Self {
        let field = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            value.trim().to_owned()
        };
        let commit = Some(field("commit-hash:")).filter(|hash| hash.len() == 40);
        Self { version: field("release:"), commit, host: field("host:") }
    }
}

impl Toolchain {
    /// Reads the record beside each program (`FILE.rustc`), and the version of zig in `packaging/portable`.
    ///
    /// # Errors
    /// [`Error`] if a record is missing: `portable/build.sh` writes it.
    pub fn read(checkout: &Path, programs: &[PathBuf]) -> Result<Self, Error> {
        let mut rustc = BTreeSet::new();
        for program in programs {
            let path = beside(program, "rustc");
            let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
            let one = Rustc::read(&text);
            if one.version.is_empty() {
                return Err(Error::content(
                    &path,
                    "not what `rustc -vV` prints; run packaging/portable/build.sh again",
                ));
            }
            rustc.insert(one);
        }
        Ok(Self { rustc, zig: zig(checkout)? })
    }

    /// What is linked into every program beside the crates.
    pub fn linked(&self) -> Vec<Part> {
        let versions: BTreeSet<&String> = self.rustc.iter().map(|rustc| &rustc.version).collect();
        let std = versions.into_iter().map(|version| Part {
            name: "rust-std",
            version: version.clone(),
            license: "MIT OR Apache-2.0",
            what: "Rust's standard library, as this version of rustc has it",
        });
        std.chain([Part {
            name: "zig-libunwind",
            version: self.zig.clone(),
            license: "Apache-2.0 WITH LLVM-exception",
            what: "LLVM's libunwind and compiler-rt, as this version of ziglang has them",
        }])
        .collect()
    }
}

/// Returns the path with `.end` after it.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    name.into()
}

/// The pinned version of zig.
///
/// # Errors
/// [`Error`] if `requirements.txt` does not name it.
pub fn zig(checkout: &Path) -> Result<String, Error> {
    let path = checkout.join("packaging/portable/requirements.txt");
    let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
    let line = text.lines().find_map(|line| line.strip_prefix("ziglang=="));
    let version = line.and_then(|rest| rest.split_whitespace().next());
    Ok(version.ok_or_else(|| Error::content(&path, "it pins no ziglang"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_rustc() {
        let hash = "59807616e0000000000000000000000000000000";
        let text = format!(
            "rustc 1.95.0 (59807616e 2026-04-14)\ncommit-hash: {hash}\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n"
        );
        let rustc = Rustc::read(&text);
        assert_eq!((rustc.version.as_str(), rustc.commit.as_deref()), ("1.95.0", Some(hash)));
        assert_eq!(rustc.host, "x86_64-unknown-linux-gnu");
        assert_eq!(Rustc::read("release: 1.97.1\ncommit-hash: unknown\n").commit, None);
    }
}
