//! docs/first-package.md, followed to the letter: its commands make packages that have the vendor's names alone.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

#[path = "first_package/commands.rs"]
mod commands;
mod common;

use std::fs;
use std::os::unix::fs::symlink;

use common::{kitchen_sink_agent, only, shell, source, text, tool};

const NOTICES: &str = "The licence texts of the crates.\n";

#[test]
fn the_commands_of_the_page_make_packages_without_another_vendors_name() {
    let page = fs::read_to_string(source("../docs/first-package.md")).unwrap();
    let work = tempfile::tempdir().unwrap();
    // The page does not depend on the name of the clone.
    let clone = work.path().join("clone");
    fs::create_dir_all(clone.join("target/portable")).unwrap();
    fs::create_dir_all(clone.join("target/initech-documents")).unwrap();
    fs::write(clone.join("target/portable/hostprep"), kitchen_sink_agent::PROGRAM).unwrap();
    // As `make packages` leaves it.
    fs::create_dir(clone.join("dist")).unwrap();
    fs::write(clone.join("dist/third-party-notices.txt"), NOTICES).unwrap();
    symlink(source("").canonicalize().unwrap(), clone.join("packaging")).unwrap();
    let mut script = format!("package() {{ '{}' \"$@\"; }}\n", env!("CARGO_BIN_EXE_package"));
    for line in commands::run_here(&page) {
        script.push_str(&line);
        script.push('\n');
    }
    shell(&script, &clone);

    let deb = only(&work.path().join("initech/dist"), ".deb");
    only(&work.path().join("initech/dist"), ".rpm");
    let tree = work.path().join("tree");
    tool("dpkg-deb", &["-x", text(&deb), text(&tree)]);
    tool("dpkg-deb", &["-e", text(&deb), text(&tree.join("DEBIAN"))]);
    for path in
        ["usr/sbin/initech-hostprep", "opt/initech/agent/bin/initech-agentd", "usr/share/doc/initech-agent/copyright"]
    {
        assert!(tree.join(path).is_file(), "{path}");
    }
    let copyright = fs::read_to_string(tree.join("usr/share/doc/initech-agent/copyright")).unwrap();
    let notices =
        copyright.lines().find_map(|line| line.trim().strip_prefix('/')?.strip_suffix("notices.txt.")).unwrap();
    assert_eq!(fs::read_to_string(tree.join(format!("{notices}notices.txt"))).unwrap(), NOTICES, "copyright names it");
    let others = shell("find . | grep -i acme || :; grep -ril acme . || :", &tree);
    assert_eq!(others, "", "the example's name is left");
    assert!(work.path().join("initech/scripts/deb").is_dir());
}
