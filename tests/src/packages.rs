//! The packages, as `packaging/packages.sh` builds them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::setup;

/// The version of [`Packages::older`].
pub const OLDER: &str = "0.0.9";

/// Packages in directories.
#[derive(Debug)]
pub struct Packages {
    top: PathBuf,
}

/// Builds them once for all tests of a program.
#[must_use]
pub fn built() -> &'static Packages {
    static BUILT: OnceLock<Packages> = OnceLock::new();
    BUILT.get_or_init(|| {
        let top = setup::top().join("target/packages/tested");
        let script = || Command::new(setup::top().join("packaging/packages.sh"));
        setup::run(script().arg("--out").arg(top.join("newer")));
        setup::run(script().arg("--out").arg(top.join("older")).args(["--version", OLDER]));
        Packages { top }
    })
}

impl Packages {
    /// The directory with the version of this tree.
    #[must_use]
    pub fn newer(&self) -> PathBuf {
        self.top.join("newer")
    }

    /// The directory with the version before.
    #[must_use]
    pub fn older(&self) -> PathBuf {
        self.top.join("older")
    }

    /// The directory with the example agent.
    #[must_use]
    pub fn example(&self) -> PathBuf {
        setup::top().join("target/packages/example")
    }
}

/// The only file in `directory` whose name ends so.
#[must_use]
#[track_caller]
pub fn only(directory: &Path, ending: &str) -> PathBuf {
    let names = std::fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    let mut found: Vec<_> = names.map(|name| name.unwrap().path()).collect();
    found.retain(|path| path.to_string_lossy().ends_with(ending));
    assert_eq!(found.len(), 1, "{}: {found:?}", directory.display());
    found.remove(0)
}

/// A package by our own builder: a manifest's head with this name, then `more`, and a payload.
#[must_use]
pub fn build(name: &str, more: &str, payload: Option<&Path>, ending: &str) -> (TempDir, PathBuf) {
    let place = setup::open_tempdir();
    let manifest = place.path().join("manifest.toml");
    let head = format!(
        "schema = 1\n[package]\nname = '{name}'\nversion = '1'\nrelease = '1'\narchitecture = 'noarch'\n\
         summary = 'for tests'\ndescription = 'For tests.'\nlicense = 'MIT'\nurl = 'https://hostprep.example/'\n\
         vendor = 'hostprep'\nmaintainer = 'hostprep <maintainers@hostprep.example>'\nsection = 'admin'\n\
         group = 'System Environment/Base'\n[[changelog]]\nversion = '1-1'\ndate = '2026-01-01'\nchanges = ['First.']\n"
    );
    std::fs::write(&manifest, head + more).unwrap();
    let out = place.path().join("out");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    build.args(["run", "--quiet", "--locked", "--package", "hostprep-packaging", "--bin", "package", "--", "build"]);
    build.current_dir(setup::top()).arg("--manifest").arg(&manifest).arg("--out").arg(&out);
    if let Some(payload) = payload {
        build.arg("--payload").arg(payload);
    }
    setup::run(&mut build);
    let built = only(&out, ending);
    (place, built)
}
