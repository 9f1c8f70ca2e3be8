//! What hostprep costs, side by side with `tests/bench/peer.sh` and the distribution's tools: `make bench`.
//!
//! * [`measure`]: what a command costs, and medians of it
//! * [`report`]: rows, limits and how they are printed
//! * [`machine`]: what a figure depends on besides the program
//! * [`document`]: the figures in `docs/performance.md`
//! * [`hooks`]: installation, upgrade, removal and checks
//! * [`query`]: questions to a compiled policy
//! * [`fault_store`]: faults with a long history
//! * [`packages`]: building packages
//! * [`roots`]: a thousand scratch roots
//! * [`fleet`]: a page about ten thousand hosts

use std::path::PathBuf;
use std::process::Command;

use crate::setup;

pub mod document;
pub mod fault_store;
pub mod fleet;
pub mod hooks;
pub mod machine;
pub mod measure;
pub mod packages;
pub mod query;
pub mod report;
pub mod roots;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// How often each command runs.
    pub runs: usize,
    /// How many scratch roots are prepared in a row.
    pub roots: usize,
}

/// The hooks that hostprep is compared with, for the root `root`.
#[must_use]
pub fn peer(root: &crate::ScratchRoot, words: &[&str]) -> Command {
    let mut command = crate::Caller::Root.command(setup::top().join("tests/bench/peer.sh"));
    command.args(words).env("ROOT", root.path());
    command
}

/// Builds a release build of a program of another crate and returns its path; `kind` is `--bin` or `--example`.
#[must_use]
pub fn built(package: &str, kind: &str, name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| setup::top().join("target"), PathBuf::from);
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    build.args(["build", "--quiet", "--release", "--locked", "--package", package, kind, name, "--target-dir"]);
    setup::run(build.arg(&target).current_dir(setup::top()));
    let folder = if kind == "--example" { "release/examples" } else { "release" };
    target.join(folder).join(name)
}
