//! mandoc and groff, the two readers of manual pages, find nothing to say about any page.

use std::path::{Path, PathBuf};
use std::process::Command;

use installer::profile::Profile;

use super::{documents, reference};

/// What a page without spaces between its words, or with each character as an escape of eight bytes, cannot avoid.
const OF_OTHER_SCRIPTS: [&str; 2] = ["input text line longer than 80 bytes", "can't break line"];

fn pages(place: &Path) -> Vec<PathBuf> {
    let mut all = documents(&Profile::built_in(), "2026-01-02").unwrap();
    all.extend(reference::all().unwrap().into_iter().map(|(path, page)| (path, page.into_bytes())));
    let mut pages = Vec::new();
    for (path, content) in all {
        let is_page = path.extension().is_some_and(|it| ["5", "7", "8"].iter().any(|section| it == *section));
        if is_page {
            let path = place.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, content).unwrap();
            pages.push(path);
        }
    }
    pages
}

/// Returns what a program says.
fn said(command: &mut Command) -> Vec<String> {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}; run `make needs`"));
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
}

#[test]
fn mandoc_and_man_find_nothing_to_say() {
    let place = tempfile::tempdir().unwrap();
    let pages = pages(place.path());
    assert!(pages.len() > 35, "{}", pages.len());
    let is_english =
        |page: &Path| !["man/ja", "man/ko", "man/zh_TW"].iter().any(|it| page.parent().unwrap().ends_with(it));
    let mut found = Vec::new();
    for page in &pages {
        let mut lines = said(Command::new("mandoc").args(["-T", "lint"]).arg(page));
        let mut man = Command::new("man");
        man.args(["--warnings", "--local-file", "--pager=cat"])
            .arg(page)
            .env("LC_ALL", "C.UTF-8")
            .env("MANWIDTH", "80");
        let output = man.output().unwrap_or_else(|e| panic!("{man:?}: {e}; run `make needs`"));
        assert!(output.status.success() && output.stdout.len() > 500, "{}", page.display());
        lines.extend(String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned));
        if !is_english(page) {
            lines.retain(|line| !OF_OTHER_SCRIPTS.iter().any(|known| line.contains(known)));
        }
        found.extend(lines);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A word that is divided at the end of a line is another when it is copied.
#[test]
fn no_page_divides_a_word() {
    let place = tempfile::tempdir().unwrap();
    for page in pages(place.path()) {
        let mut man = Command::new("man");
        man.args(["--encoding=UTF-8", "--local-file", "--pager=cat"]).arg(&page);
        let lines = said(man.env("LC_ALL", "C.UTF-8").env("MANWIDTH", "80"));
        let divided: Vec<_> = lines.iter().filter(|line| line.ends_with('\u{2010}')).collect();
        assert!(lines.len() > 10 && divided.is_empty(), "{}: {divided:?}", page.display());
    }
}

/// `hostprep-check(8)` and the like, wherever they stand, are pages that there are.
#[test]
fn no_page_names_one_that_is_missing() {
    let all = documents(&Profile::built_in(), "").unwrap();
    let has = |name: &str, section: &str| all.contains_key(&PathBuf::from(format!("man/{name}.{section}")));
    let mut texts: Vec<(PathBuf, String)> = reference::all().unwrap().into_iter().collect();
    let pages = all.iter().filter(|(path, _)| path.starts_with("man"));
    texts.extend(pages.map(|(path, page)| (path.clone(), String::from_utf8_lossy(page).into_owned())));
    let (mut seen, mut missing) = (0, Vec::new());
    for (path, text) in texts {
        let plain = text.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "").replace("\\fI", "");
        for word in plain.split(|c: char| !(c.is_ascii_alphanumeric() || "-.()".contains(c))) {
            let Some((name, rest)) = word.split_once('(') else { continue };
            let Some((section, _)) = rest.split_once(')') else { continue };
            // That of the packaging tool is in the repository alone.
            if !name.starts_with("hostprep") || name == "hostprep-manifest" {
                continue;
            }
            seen += 1;
            if !has(name, section) {
                missing.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(seen > 100 && missing.is_empty(), "{seen}: {missing:?}");
}
