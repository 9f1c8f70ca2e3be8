//! Where packages come from: an in-toto statement with SLSA provenance, for `dist/`.
//!
//! It names no time of the build and no machine, so that a second build of the same commit gives the same statement.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::toolchain::{Rustc, Toolchain};
use crate::{Error, NOTICES, SBOM, command, digest};

/// What in-toto calls this form.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// What SLSA calls the predicate.
pub const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";
/// The list of the packages in a directory.
pub const CHECKSUMS: &str = "SHA256SUMS";
/// What the parameters mean: `docs/supply-chain.md`.
const BUILD_TYPE: &str = "hostprep/make-packages/v1";

/// Files of this tree that pin what else goes in: their names in the statement, and their paths.
pub const INPUTS: [(&str, &str); 3] = [
    ("Cargo.lock", "Cargo.lock"),
    ("requirements.txt", "packaging/portable/requirements.txt"),
    ("auditable.sh", "packaging/portable/auditable.sh"),
];

/// What a statement is made of.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// This tree.
    pub checkout: &'a Path,
    /// The directory with the packages, the bill and the notices.
    pub dist: &'a Path,
    /// The programs in the packages, each with its record of rustc beside it.
    pub programs: &'a [PathBuf],
    /// The time in the packages, seconds since 1970.
    pub source_date: i64,
    /// The version of the packages, if it is not that of the manifest.
    pub version: Option<&'a str>,
    /// Who vouches for this build, a URI that means something to who verifies it.
    pub builder: &'a str,
}

/// Returns the statement.
///
/// # Errors
/// [`Error`] if a file is missing, or git cannot tell the commit.
pub fn render(inputs: &Inputs) -> Result<String, Error> {
    let toolchain = Toolchain::read(inputs.checkout, inputs.programs)?;
    Ok(format!("{:#}\n", value(inputs, &toolchain)?))
}

/// Returns the statement, for programs that this toolchain built.
///
/// # Errors
/// [`Error`] if a file is missing, or git cannot tell the commit.
pub fn value(inputs: &Inputs, toolchain: &Toolchain) -> Result<Value, Error> {
    let Inputs { checkout, dist, .. } = inputs;
    let mut subjects = Vec::new();
    for name in packages(dist)?.into_iter().chain([CHECKSUMS.into(), SBOM.into(), NOTICES.into()]) {
        subjects.push(json!({"name": name, "digest": {"sha256": digest::of_file(&dist.join(&name))?}}));
    }
    let mut architectures = Vec::new();
    for program in inputs.programs {
        let architecture = architecture(program)?;
        subjects.push(json!({"name": program_name(architecture), "digest": {"sha256": digest::of_file(program)?}}));
        architectures.push(architecture);
    }
    let source = Source::of(checkout)?;
    Ok(json!({
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": build_type(inputs.builder),
                "externalParameters": {
                    "command": "make packages",
                    "architectures": architectures,
                    "version": inputs.version,
                },
                "internalParameters": {
                    "SOURCE_DATE_EPOCH": inputs.source_date,
                    "uncommittedChanges": source.changed,
                },
                "resolvedDependencies": dependencies(checkout, &source, toolchain)?,
            },
            "runDetails": {"builder": {"id": inputs.builder}},
        },
    }))
}

/// A URI: relative ones mean nothing to readers of statements.
fn build_type(builder: &str) -> String {
    match builder.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}/{BUILD_TYPE}", rest.split('/').next().unwrap_or_default()),
        None => format!("urn:{BUILD_TYPE}"),
    }
}

/// The sources, the list of crates, and the tools: what else went in.
fn dependencies(checkout: &Path, source: &Source, toolchain: &Toolchain) -> Result<Vec<Value>, Error> {
    let mut all = Vec::new();
    if let Some(commit) = &source.commit {
        all.push(json!({"name": "source", "digest": {"gitCommit": commit}}));
    }
    for (name, path) in INPUTS {
        all.push(json!({"name": name, "digest": {"sha256": digest::of_file(&checkout.join(path))?}}));
    }
    for Rustc { version, commit, host } in &toolchain.rustc {
        let mut one = json!({
            "name": "rustc", "uri": format!("pkg:generic/rustc@{version}"), "annotations": {"version": version, "host": host},
        });
        if let Some(commit) = commit {
            one["digest"] = json!({"gitCommit": commit});
        }
        all.push(one);
    }
    all.push(json!({"name": "ziglang", "uri": format!("pkg:pypi/ziglang@{}", toolchain.zig)}));
    Ok(all)
}

/// The commit of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// A tree that was not cloned has none.
    pub commit: Option<String>,
    /// Whether files that git knows differ from the commit.
    pub changed: bool,
}

impl Source {
    /// Asks git.
    ///
    /// # Errors
    /// [`Error::Command`] if the tree is git's, and git does not tell.
    pub fn of(checkout: &Path) -> Result<Self, Error> {
        if !checkout.join(".git").exists() {
            return Ok(Self { commit: None, changed: false });
        }
        let commit = command::output(checkout, "git", &["rev-parse", "HEAD"])?;
        let changes = command::output(checkout, "git", &["status", "--porcelain", "--untracked-files=no"])?;
        Ok(Self { commit: Some(commit), changed: !changes.is_empty() })
    }
}

/// Returns the names of the packages in a directory, from its checksums.
///
/// # Errors
/// [`Error`] if there are none.
pub fn packages(dist: &Path) -> Result<Vec<String>, Error> {
    let path = dist.join(CHECKSUMS);
    let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
    let names: Vec<String> =
        text.lines().filter_map(|line| line.split_once("  ")).map(|(_, name)| name.to_owned()).collect();
    if names.is_empty() { Err(Error::content(&path, "it names no package")) } else { Ok(names) }
}

/// The name of a program among the subjects.
pub fn program_name(architecture: &str) -> String {
    format!("hostprep ({architecture})")
}

/// Returns the architecture of an ELF file.
///
/// # Errors
/// [`Error`] if it is another file.
pub fn architecture(program: &Path) -> Result<&'static str, Error> {
    let bytes = std::fs::read(program).map_err(Error::file(program))?;
    match (bytes.get(..4), bytes.get(18..20)) {
        (Some(b"\x7fELF"), Some([62, 0])) => Ok("x86_64"),
        (Some(b"\x7fELF"), Some([183, 0])) => Ok("aarch64"),
        _ => Err(Error::content(program, "no program for x86_64 or aarch64")),
    }
}
