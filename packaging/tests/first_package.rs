//! docs/first-package.md, followed to the letter: its commands make packages that have the vendor's names alone.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;

use common::{kitchen_sink_agent, only, shell, source, text, tool};

/// What the page has run by cargo, and lints that the example's packages pass (`make test`).
const ELSEWHERE: [&str; 3] = ["alias package=", "packaging/documents.sh ", "packaging/lint.sh "];

/// Returns the commands of the sections from `first` up to `end`, one a line.
fn commands(page: &str, first: &str, end: &str) -> Vec<String> {
    let section = page.split_once(first).unwrap().1.split_once(end).unwrap().0.replace("\\\n", "");
    section.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect()
}

#[test]
fn the_commands_of_the_page_make_packages_without_another_vendors_name() {
    let page = fs::read_to_string(source("../docs/first-package.md")).unwrap();
    let commands = commands(&page, "\n## 2. ", "\n## 5. ");
    for start in ELSEWHERE {
        assert!(commands.iter().any(|line| line.starts_with(start)), "the page has no `{start}`: correct ELSEWHERE");
    }
    let work = tempfile::tempdir().unwrap();
    // The page does not depend on the name of the clone.
    let clone = work.path().join("clone");
    fs::create_dir_all(clone.join("target/portable")).unwrap();
    fs::create_dir_all(clone.join("target/initech-documents")).unwrap();
    fs::write(clone.join("target/portable/hostprep"), kitchen_sink_agent::PROGRAM).unwrap();
    symlink(source("").canonicalize().unwrap(), clone.join("packaging")).unwrap();
    let run_here = commands.iter().filter(|line| !ELSEWHERE.iter().any(|start| line.starts_with(start)));
    let mut script = format!("package() {{ '{}' \"$@\"; }}\n", env!("CARGO_BIN_EXE_package"));
    for line in run_here {
        script.push_str(line);
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
    let others = shell("find . | grep -i acme || :; grep -ril acme . || :", &tree);
    assert_eq!(others, "", "the example's name is left");
    assert!(work.path().join("initech/scripts/deb").is_dir());
}
