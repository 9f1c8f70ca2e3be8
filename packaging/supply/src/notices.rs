//! The licence texts of what is linked: each crate's own files, and the standard text for a crate that has none.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::id::Id;
use crate::linked::Crate;
use crate::toolchain::Toolchain;

/// How names of files with licence texts begin.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

const HEAD: &str = "\
Software of others in hostprep

The program hostprep contains the crates and libraries listed here, each under its own licence. The numbers refer to
the texts below. Texts that differ only in line breaks are given once. hostprep itself is licensed MIT OR Apache-2.0.
";

const RULE: &str = "================================================================================";

/// A text, and whose it is.
#[derive(Default)]
struct Text {
    content: String,
    /// The standard text of a licence, because these have no file with it.
    standard: Option<String>,
    of: Vec<String>,
}

/// Texts in the order in which they first occur.
#[derive(Default)]
struct Texts {
    all: Vec<Text>,
    /// By their words alone.
    known: BTreeMap<String, usize>,
}

impl Texts {
    /// Returns the number of the text, from 1.
    fn add(&mut self, content: &str, standard: Option<&str>, of: &str) -> usize {
        let words = content.split_whitespace().collect::<Vec<_>>().join(" ");
        // A standard text is said to be one, even where another crate has the same words as its own file.
        let key = format!("{}\0{words}", standard.unwrap_or_default());
        let next = self.all.len();
        let index = *self.known.entry(key).or_insert(next);
        if index == next {
            let (content, standard) = (content.trim().to_owned(), standard.map(str::to_owned));
            self.all.push(Text { content, standard, of: Vec::new() });
        }
        let text = &mut self.all[index];
        if text.of.last().is_none_or(|last| last != of) {
            text.of.push(of.to_owned());
        }
        index + 1
    }
}

/// Returns the document.
///
/// # Errors
/// [`Error`] if a file cannot be read, or a licence without a file has no standard text.
pub fn render(crates: &BTreeMap<Id, Crate>, toolchain: &Toolchain) -> Result<String, Error> {
    let mut texts = Texts::default();
    let mut list = String::new();
    let mut row = |name: &str, license: &str, mut numbers: Vec<usize>| {
        numbers.sort_unstable();
        numbers.dedup();
        let numbers = numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let _ = writeln!(list, "{name:<36} {license:<40} {numbers}");
    };
    for one in crates.values().filter(|one| !one.is_own()) {
        let name = one.id.to_string();
        let mut numbers = Vec::new();
        for file in files(one)? {
            let bytes = std::fs::read(&file).map_err(Error::file(&file))?;
            numbers.push(texts.add(&String::from_utf8_lossy(&bytes), None, &name));
        }
        if numbers.is_empty() {
            numbers = standard(&mut texts, &name, &one.license)?;
        }
        row(&name, &one.license, numbers);
    }
    for part in toolchain.linked() {
        let name = format!("{} {}", part.name, part.version);
        let numbers = standard(&mut texts, &name, part.license)?;
        row(&name, part.license, numbers);
    }
    let mut document = format!("{HEAD}\n{:<36} {:<40} text\n{list}", "name", "licence");
    for (index, text) in texts.all.iter().enumerate() {
        let kind = match &text.standard {
            Some(license) => format!("The standard text of {license} (SPDX); no text of their own have"),
            None => "Of".to_owned(),
        };
        let _ =
            write!(document, "\n{RULE}\n{}. {kind} {}\n{RULE}\n\n{}\n", index + 1, text.of.join(", "), text.content);
    }
    Ok(document)
}

/// Returns the files of a crate that hold licence texts, in the order of their names.
fn files(one: &Crate) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = one.license_file.iter().filter(|file| file.is_file()).cloned().collect();
    let mut look = vec![(one.directory.clone(), false)];
    while let Some((directory, all)) = look.pop() {
        for entry in std::fs::read_dir(&directory).map_err(Error::file(&directory))? {
            let path = entry.map_err(Error::file(&directory))?.path();
            if !all && !is_named_so(&path) {
                continue;
            }
            if path.is_dir() {
                look.push((path, true));
            } else if !files.contains(&path) && path.extension().is_none_or(|end| end != "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn is_named_so(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    NAMES.iter().any(|begin| name.starts_with(begin))
}

/// Adds the standard text of each licence in the expression.
fn standard(texts: &mut Texts, name: &str, expression: &str) -> Result<Vec<usize>, Error> {
    let wrong = |problem: String| Error::Crate { name: name.to_owned(), problem };
    let parsed = spdx::Expression::parse(expression).map_err(|e| wrong(e.to_string()))?;
    let mut numbers = Vec::new();
    for requirement in parsed.requirements() {
        let license = requirement.req.license.id();
        let license =
            license.ok_or_else(|| wrong(format!("it has no licence file, and {expression} no standard text")))?;
        numbers.push(texts.add(license.text(), Some(license.name), name));
        if let Some(exception) = requirement.req.addition.as_ref().and_then(spdx::AdditionItem::id) {
            numbers.push(texts.add(exception.text(), Some(exception.name), name));
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests;
