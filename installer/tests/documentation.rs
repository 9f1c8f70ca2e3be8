//! The README's table of steps is the list that the program has.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads a file, and fails by panicking")]

use std::path::Path;

use installer::steps::STEPS;

#[test]
fn the_readme_lists_the_steps() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let names = STEPS.iter().map(|step| step.id());
    let listed: Vec<&str> =
        readme.lines().filter(|line| names.clone().any(|name| line.starts_with(&format!("| `{name}` | ")))).collect();
    let expected: Vec<String> =
        STEPS.iter().map(|step| format!("| `{}` | {} | {} |", step.id(), step.fault(), step.doc())).collect();
    assert_eq!(listed, expected);
}
