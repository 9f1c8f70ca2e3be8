//! The documented keys of the manifest are those that are taken: `docs/reference/manifest.md`.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests arrange files, and fail by panicking")]

use std::fs;
use std::path::Path;

use packaging::manifest::Manifest;

#[allow(dead_code, reason = "the pages need more of it")]
#[path = "../../installer/examples/documents/keys.rs"]
mod keys;
#[path = "../../installer/examples/documents/keys_check.rs"]
mod keys_check;

/// What `boot` of `[hooks]` needs.
const UNITS: [&str; 4] = [
    "system/acme-hostprep.service",
    "system/acme-hostprep-daily.service",
    "system/acme-hostprep.timer",
    "system-preset/80-acme-hostprep.preset",
];

fn with_units(text: &str) -> String {
    let file = |path: &&str| format!("[[file]]\npath = \"/usr/lib/systemd/{path}\"\nsource = \"{path}\"\n");
    format!("{text}\n{}", UNITS.iter().map(file).collect::<String>())
}

fn read(directory: &Path, text: &str) -> Result<(), String> {
    let path = directory.join("manifest.toml");
    fs::write(&path, with_units(text)).unwrap();
    Manifest::read(&path).map(drop).map_err(|e| e.to_string())
}

#[test]
fn the_documented_keys_are_those_that_are_taken() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("CHANGELOG.md"), "# Changelog\n\n## [2.4.0] - 2026-11-24\n\n### Added\n\n- All.\n")
        .unwrap();
    let found = keys_check::differences(&keys::of_manifest().unwrap(), |text| read(place.path(), text));
    assert!(found.is_empty(), "{}", found.join("\n"));
}
