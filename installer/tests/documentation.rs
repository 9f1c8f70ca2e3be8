//! The documentation says what the program has, and its links lead somewhere.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads files, and fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use installer::model::step::StepRef;
use installer::steps::STEPS;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

#[test]
fn the_steps_are_listed() {
    let text = fs::read_to_string(top().join("docs/faults.md")).unwrap();
    let names = STEPS.iter().map(|step| step.id());
    let listed: Vec<&str> =
        text.lines().filter(|line| names.clone().any(|name| line.starts_with(&format!("| `{name}` | ")))).collect();
    let row = |step: &StepRef| {
        let faults: Vec<_> = step.faults().iter().map(ToString::to_string).collect();
        format!("| `{}` | {} | {} |", step.id(), faults.join(", "), step.doc())
    };
    let expected: Vec<String> = STEPS.iter().map(row).collect();
    assert_eq!(listed, expected);
}

/// Every Markdown file of the project.
fn documents(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        let name = entry.file_name();
        if kind.is_dir() && name != "target" && name != ".git" && name != "node_modules" {
            documents(&path, found);
        } else if kind.is_file() && path.extension().is_some_and(|it| it == "md") {
            found.push(path);
        }
    }
}

/// Returns the text without code, in which `](` is no link.
fn without_code(text: &str) -> String {
    let mut is_code = false;
    let mut plain = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            for (at, part) in line.split('`').enumerate() {
                plain.push_str(if at % 2 == 0 { part } else { "code" });
            }
            plain.push('\n');
        }
    }
    plain
}

/// Returns the targets of the links.
fn links(text: &str) -> Vec<String> {
    let plain = without_code(text);
    plain.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// Returns the anchors of a document's headings, as GitHub and mdBook make them.
fn anchors(text: &str) -> Vec<String> {
    let mut is_code = false;
    let headings = text.lines().filter(move |line| {
        is_code ^= line.starts_with("```");
        !is_code && line.starts_with('#')
    });
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut files = Vec::new();
    documents(&top(), &mut files);
    assert!(files.len() > 40, "{}", files.len());
    let mut dead = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(path, it)| (path, Some(it)));
            let target = if path.is_empty() { file.clone() } else { file.parent().unwrap().join(path) };
            let is_there = match anchor {
                None => target.exists(),
                Some(anchor) => {
                    fs::read_to_string(&target).is_ok_and(|text| anchors(&text).iter().any(|it| it == anchor))
                }
            };
            if !is_there {
                dead.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

/// The README is for the first minutes; everything else has a page.
#[test]
fn the_readme_is_short_and_leads_to_every_page() {
    let readme = fs::read_to_string(top().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 120, "{} lines", readme.lines().count());
    let linked = links(&readme);
    for entry in fs::read_dir(top().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_page = Path::new(&name).extension().is_some_and(|it| it == "md");
        assert!(!is_page || linked.contains(&format!("docs/{name}")), "README.md has no link to docs/{name}");
    }
}
