//! The packages' changelogs from a file for people.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::fs;
use std::path::Path;

use common::kitchen_sink_agent::Workshop;
use common::{shell, source, text, tool};
use packaging::manifest::Manifest;

/// Returns a workshop whose manifest names `CHANGELOG.md`, and neither version nor entries.
fn workshop(changelog: &str) -> Workshop {
    let workshop = Workshop::bare();
    workshop.change("version = \"1.2~rc1+b\"\n", "changelog = \"CHANGELOG.md\"\n");
    let manifest = fs::read_to_string(workshop.at("manifest.toml")).unwrap();
    workshop.write("manifest.toml", manifest.split_once("[[changelog]]").unwrap().0);
    workshop.write("CHANGELOG.md", changelog);
    workshop
}

const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Not yet.\n\n\
    ## [2.1.0] - 2026-03-02\n\nWords.\n\n### Changed\n\n- `odd check` says, at some length, which of the many things on a host it has looked\n  \
    at, and which of them, in [its words](docs/words.md), 100% are.\n\n## [2.0.0] - 2025-12-31\n\n### Added\n\n- First.\n";

#[test]
fn both_packages_have_the_releases_and_the_newest_version() {
    let workshop = workshop(CHANGELOG);
    workshop.build().succeeded();
    let out = workshop.out();
    let rpm = out.join("odd-agent-2.1.0-3.el7.x86_64.rpm");
    let sentence = "Changed: odd check says, at some length, which of the many things on a host it has looked at, and which of them, in \
                    its words, 100% are.";
    let expected = format!(
        "* Mon Mar 02 2026 Ódd Agents <agents@odd.example> - 2.1.0-3.el7\n- {sentence}\n\n\
         * Wed Dec 31 2025 Ódd Agents <agents@odd.example> - 2.0.0-1\n- Added: First."
    );
    assert_eq!(tool("rpm", &["-qp", "--changelog", text(&rpm)]).trim_end(), expected);

    let deb = out.join("odd-agent_2.1.0-3.el7_amd64.deb");
    let line = format!(
        "dpkg-deb --fsys-tarfile '{}' | tar -xO ./usr/share/doc/odd-agent/changelog.Debian.gz | zcat | tee changelog; \
         dpkg-parsechangelog --file changelog --all",
        text(&deb)
    );
    let read = shell(&line, &workshop.at("."));
    assert!(read.contains("\nVersion: 2.1.0-3.el7\n") && !read.contains("Not yet"), "{read}");
    let packed = fs::read_to_string(workshop.at("changelog")).unwrap();
    assert!(packed.lines().all(|line| line.chars().count() < 80), "{packed}");
    let words: Vec<_> = packed.split_whitespace().collect();
    assert!(words.join(" ").contains(&format!("* {sentence} -- ")), "{packed}");
}

#[test]
fn a_changelog_that_cannot_be_used_is_refused_with_its_line() {
    let refused = |changelog: &str, words: &[&str]| workshop(changelog).build().refused(words);
    refused(
        &CHANGELOG.replace("## [2.0.0] -", "## [2.0.0]"),
        &["CHANGELOG.md: line 18: ", "## [VERSION] - YEAR-MONTH-DAY"],
    );
    refused("# Changelog\n", &["CHANGELOG.md: names no release"]);
    let both = workshop(CHANGELOG);
    let manifest = fs::read_to_string(both.at("manifest.toml")).unwrap();
    let entry = "[[changelog]]\nversion = \"1-1\"\ndate = \"2026-01-01\"\nchanges = [\"First.\"]\n";
    both.write("manifest.toml", manifest + entry);
    both.build().refused(&["manifest.toml", "remove it, or the [[changelog]] entries"]);
    let none = workshop(CHANGELOG);
    fs::remove_file(none.at("CHANGELOG.md")).unwrap();
    none.build().refused(&["CHANGELOG.md: No such file"]);
}

/// Cargo.toml and CHANGELOG.md are the two places that know the version.
#[test]
fn the_newest_release_is_this_version() {
    let manifest = Manifest::read(Path::new(&source("hostprep.toml"))).unwrap();
    assert_eq!(manifest.package.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest.changelog[0].version, format!("{}-{}", manifest.package.version, manifest.package.release));
}
