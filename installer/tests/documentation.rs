//! The documentation says what the program has, and its links lead somewhere.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads files, and fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use faults::Texts;
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

#[test]
fn each_fault_has_a_page_with_its_reasons() {
    let texts = Texts::for_language("en").unwrap();
    let index = fs::read_to_string(top().join("docs/faults.md")).unwrap();
    for entry in faults::catalogue::entries() {
        let name = format!("faults/fault-{}.md", entry.id);
        let page = fs::read_to_string(top().join("docs").join(&name)).unwrap_or_else(|e| panic!("docs/{name}: {e}"));
        let title = texts.summary(entry.id).unwrap();
        assert_eq!(page.lines().next(), Some(format!("# Fault {}: {title}", entry.id).as_str()), "docs/{name}");
        assert!(page.contains(&texts.severity(entry.severity)), "docs/{name} says how severe the fault is");
        assert!(index.contains(&format!("]({name})")), "docs/faults.md leads to docs/{name}");
        let (_, reasons) = page.split_once("\n## Reasons\n").unwrap_or_else(|| panic!("docs/{name}: Reasons"));
        let rows = reasons.lines().filter(|line| line.starts_with("| `"));
        let mut listed: Vec<&str> = rows
            .flat_map(|row| row.split('|').nth(1).unwrap().split(','))
            .map(|it| it.trim().trim_matches('`'))
            .collect();
        let mut known: Vec<&str> = entry.reasons.iter().map(|reason| reason.as_str()).collect();
        listed.sort_unstable();
        known.sort_unstable();
        known.dedup();
        assert_eq!(listed, known, "docs/{name}");
    }
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
fn the_readme_is_short_and_leads_to_the_first_pages() {
    let readme = fs::read_to_string(top().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 120, "{} lines", readme.lines().count());
    let linked = links(&readme);
    for page in ["docs/SUMMARY.md", "docs/getting-started.md", "docs/troubleshooting.md"] {
        assert!(linked.contains(&page.to_owned()), "README.md has no link to {page}");
    }
}

/// Returns the pages of the book, in order, relative to the repository.
fn pages_of_the_book() -> Vec<PathBuf> {
    let summary = fs::read_to_string(top().join("docs/SUMMARY.md")).unwrap();
    let page = |link: String| {
        let path = top().join("docs").join(&link);
        let path = path.canonicalize().unwrap_or_else(|e| panic!("docs/SUMMARY.md: {link}: {e}"));
        path.strip_prefix(top()).unwrap().to_owned()
    };
    links(&summary).into_iter().map(page).collect()
}

/// A page that is not in the table of contents is not in the book.
#[test]
fn the_table_of_contents_has_every_page_once() {
    let listed = pages_of_the_book();
    let mut pages = Vec::new();
    documents(&top().join("docs"), &mut pages);
    let pages = pages.iter().map(|page| page.strip_prefix(top()).unwrap().to_owned());
    let missing: Vec<PathBuf> =
        pages.filter(|page| !listed.contains(page) && !page.ends_with("docs/SUMMARY.md")).collect();
    assert!(missing.is_empty(), "docs/SUMMARY.md does not list {missing:?}");
    let twice: Vec<_> = listed.iter().enumerate().filter(|(at, page)| listed[..*at].contains(page)).collect();
    assert!(twice.is_empty(), "docs/SUMMARY.md lists twice: {twice:?}");
}

/// What a page links to is in the book too: a page, or a file that packaging/book/outside.py makes a page of.
#[test]
fn links_do_not_leave_the_book() {
    let listed = pages_of_the_book();
    let mut outside = Vec::new();
    for page in &listed {
        let text = fs::read_to_string(top().join(page)).unwrap();
        for link in links(&text) {
            let path = link.split('#').next().unwrap_or_default();
            if path.is_empty() || link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let target = top().join(page).parent().unwrap().join(path).canonicalize().unwrap();
            let target = target.strip_prefix(top()).unwrap();
            let is_page = target.extension().is_some_and(|it| it == "md");
            let is_in_book = match top().join(target).is_dir() {
                true => listed.contains(&target.join("README.md")),
                false => !is_page || listed.iter().any(|it| it == target) || target.ends_with("docs/SUMMARY.md"),
            };
            if !is_in_book {
                outside.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(outside.is_empty(), "not in docs/SUMMARY.md: {outside:#?}");
}

/// Appends the sources in which messages are, each on one line, without line breaks within strings.
fn sources(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs" || it == "ftl" || it == "tera") {
            let text = fs::read_to_string(&path).unwrap().replace("\\\n", "");
            found.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
}

/// Returns whether `source` has these parts of a message one after the other, with a little between them.
fn has_message(source: &str, parts: &[&str]) -> bool {
    const LONGEST_GAP: usize = 120;
    let Some((first, others)) = parts.split_first() else { return false };
    source.match_indices(first).any(|(at, _)| {
        let mut rest = &source[at + first.len()..];
        others.iter().all(|part| match rest.find(part) {
            Some(gap) if gap <= LONGEST_GAP => {
                rest = &rest[gap + part.len()..];
                true
            }
            _ => false,
        })
    })
}

/// A message on the page begins and ends a line, in bold code; `…` stands for what differs from host to host.
#[test]
fn the_messages_in_troubleshooting_are_those_of_the_program() {
    const LEAST: usize = 60;
    let page = fs::read_to_string(top().join("docs/troubleshooting.md")).unwrap();
    let message = |line: &'_ str| Some(line.strip_prefix("**`")?.strip_suffix("`**")?.to_owned());
    let messages: Vec<String> = page.lines().filter_map(message).collect();
    assert!(messages.len() >= LEAST, "{} messages", messages.len());
    let mut texts = Vec::new();
    for directory in ["host/src", "policy/src", "faults/src", "installer/src", "installer/login-defs/src"] {
        sources(&top().join(directory), &mut texts);
    }
    for directory in ["faults/texts", "templates/packages"] {
        sources(&top().join(directory), &mut texts);
    }
    let nowhere = messages.iter().filter(|message| {
        let parts: Vec<&str> = message.split('…').filter(|part| !part.trim().is_empty()).collect();
        let is_telling = parts.iter().any(|part| part.len() >= 12);
        !is_telling || !texts.iter().any(|text| has_message(text, &parts))
    });
    let nowhere: Vec<&String> = nowhere.collect();
    assert!(nowhere.is_empty(), "docs/troubleshooting.md quotes what no source has: {nowhere:#?}");
}
