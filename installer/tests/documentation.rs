//! The README's table of steps is the list that the program has.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads a file, and fails by panicking")]

use std::path::Path;

use installer::model::step::StepRef;
use installer::steps::STEPS;

#[test]
fn the_readme_lists_the_steps() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let names = STEPS.iter().map(|step| step.id());
    let listed: Vec<&str> =
        readme.lines().filter(|line| names.clone().any(|name| line.starts_with(&format!("| `{name}` | ")))).collect();
    let row = |step: &StepRef| {
        let faults: Vec<_> = step.faults().iter().map(ToString::to_string).collect();
        format!("| `{}` | {} | {} |", step.id(), faults.join(", "), step.doc())
    };
    let expected: Vec<String> = STEPS.iter().map(row).collect();
    assert_eq!(listed, expected);
}
