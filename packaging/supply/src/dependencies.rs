//! The table in `docs/dependencies.md`: each direct dependency, what it is for, and what speaks for and against it.
//!
//! People keep `docs/dependencies.toml`; versions, licences, users and the amount of `unsafe` are looked up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, Package};
use serde::Deserialize;

use crate::Error;
use crate::id::Id;
use crate::linked;

/// What people know of each dependency.
pub const DATA: &str = "docs/dependencies.toml";
/// The document with the table.
pub const DOCUMENT: &str = "docs/dependencies.md";
const BEGIN: &str = "<!-- Generated from here on: cargo run -p hostprep-supply -- dependencies --write -->\n";
/// A workspace of its own, whose lock file nothing else here needs: of its dependencies only the names are looked up.
const FUZZ: &str = "tests/fuzz/Cargo.toml";

/// What people know of a dependency.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// What hostprep needs it for.
    purpose: String,
    /// Who keeps it.
    keeper: String,
    /// Month of the newest release when it was last looked at.
    released: String,
    /// What would take its place.
    instead: String,
    /// Other than Rust: C that is compiled, a library that is linked, assembler.
    native: Option<String>,
    /// For a crate that cargo is not asked about.
    license: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    /// The day on which `released` was looked up.
    looked_at: String,
    crates: BTreeMap<String, Known>,
}

/// A direct dependency, as cargo knows it.
#[derive(Debug, Default)]
struct Used {
    versions: BTreeSet<String>,
    license: Option<String>,
    by: BTreeSet<String>,
    directory: Option<PathBuf>,
}

/// Returns the whole document, with a new table.
///
/// # Errors
/// [`Error`] if a direct dependency is missing in [`DATA`], or one there is none.
pub fn document(checkout: &Path) -> Result<String, Error> {
    let path = checkout.join(DATA);
    let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
    let data: Data = toml::from_str(&text).map_err(|e| Error::content(&path, e))?;
    let used = direct(checkout)?;
    let names = |names: Vec<&String>| names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let missing: Vec<&String> = used.keys().filter(|name| !data.crates.contains_key(*name)).collect();
    if !missing.is_empty() {
        return Err(Error::content(&path, format!("add a [crates.NAME] for {}", names(missing))));
    }
    let left: Vec<&String> = data.crates.keys().filter(|name| !used.contains_key(*name)).collect();
    if !left.is_empty() {
        return Err(Error::content(&path, format!("no Cargo.toml asks for {}; remove it", names(left))));
    }
    let linked = linked::crates(checkout)?;
    let shipped = |name: &str| linked.keys().any(|id: &Id| id.name == name);

    let path = checkout.join(DOCUMENT);
    let document = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
    let (head, _) =
        document.split_once(BEGIN).ok_or_else(|| Error::content(&path, format!("the line is missing: {BEGIN}")))?;
    let mut page = format!("{head}{BEGIN}");
    let of = |wanted: bool| used.iter().filter(move |(name, _)| shipped(name) == wanted);
    for (title, wanted) in [("In the program", true), ("To build, package and test", false)] {
        let _ = write!(page, "\n## {title}\n\n{}", table(of(wanted), &data)?);
    }
    let _ = write!(page, "\nReleases were looked up on {}.\n", data.looked_at);
    Ok(page)
}

fn table<'a>(rows: impl Iterator<Item = (&'a String, &'a Used)>, data: &Data) -> Result<String, Error> {
    let mut table = "| crate | for | used by | kept by, newest release | licence | `unsafe`, native | instead |\n\
        |---|---|---|---|---|---|---|\n"
        .to_owned();
    for (name, used) in rows {
        let Some(known) = data.crates.get(name) else { continue };
        let versions = used.versions.iter().cloned().collect::<Vec<_>>().join(", ");
        let by = used.by.iter().cloned().collect::<Vec<_>>().join(", ");
        let lines = used.directory.as_deref().map(unsafe_lines).transpose()?;
        let lines = lines.map(|lines| match lines {
            0 => "none".to_owned(),
            1 => "1 line".to_owned(),
            _ => format!("{lines} lines"),
        });
        let low = lines.into_iter().chain(known.native.clone()).collect::<Vec<_>>().join("; ");
        let Known { purpose, keeper, released, instead, .. } = known;
        let license = used.license.as_ref().or(known.license.as_ref()).map_or("", String::as_str);
        let _ = writeln!(
            table,
            "| {name} {versions} | {purpose} | {by} | {keeper}; {released} | {license} | {low} | {instead} |"
        );
    }
    Ok(table)
}

/// Returns the direct dependencies of all packages of this tree that are not of this tree.
fn direct(checkout: &Path) -> Result<BTreeMap<String, Used>, Error> {
    let mut all: BTreeMap<String, Used> = BTreeMap::new();
    let metadata = linked::metadata(checkout)?;
    for member in metadata.workspace_packages() {
        for dependency in member.dependencies.iter().filter(|one| one.path.is_none()) {
            let found = find(&metadata, member, &dependency.name);
            let found = found.ok_or_else(|| Error::Crate {
                name: dependency.name.clone(),
                problem: format!("{} needs it, and cargo metadata does not know it", member.name),
            })?;
            let used = all.entry(dependency.name.clone()).or_default();
            used.versions.insert(found.version.to_string());
            used.license = found.license.clone();
            used.by.insert(member.name.trim_start_matches("hostprep-").to_owned());
            used.directory = found.manifest_path.parent().map(|path| path.as_std_path().to_owned());
        }
    }
    let path = checkout.join(FUZZ);
    let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
    let manifest: toml::Table = toml::from_str(&text).map_err(|e| Error::content(&path, e.message()))?;
    for (name, given) in manifest.get("dependencies").and_then(toml::Value::as_table).into_iter().flatten() {
        if given.get("path").is_none() {
            let version = given.as_str().or_else(|| given.get("version")?.as_str());
            let used = all.entry(name.clone()).or_default();
            used.versions.extend(version.map(str::to_owned));
            used.by.insert("fuzz".into());
        }
    }
    Ok(all)
}

/// Returns the package that a member's dependency resolves to.
fn find<'a>(metadata: &'a Metadata, member: &Package, name: &str) -> Option<&'a Package> {
    let resolve = metadata.resolve.as_ref()?;
    let node = resolve.nodes.iter().find(|node| node.id == member.id)?;
    let ids: BTreeSet<_> = node.deps.iter().map(|one| &one.pkg).collect();
    metadata.packages.iter().find(|package| package.name.as_str() == name && ids.contains(&package.id))
}

/// Counts the lines of a crate's sources that have the word `unsafe` outside of a comment.
fn unsafe_lines(directory: &Path) -> Result<usize, Error> {
    let mut count = 0;
    let mut look = vec![directory.join("src")];
    while let Some(directory) = look.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries {
            let path = entry.map_err(Error::file(&directory))?.path();
            if path.is_dir() {
                look.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
                count += text.lines().filter(|line| is_unsafe(line)).count();
            }
        }
    }
    Ok(count)
}

fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word == "unsafe")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_longer_words_are_not_unsafe() {
        for (line, expected) in [
            ("    unsafe { f() }", true),
            ("pub unsafe fn f();", true),
            ("// unsafe is bad", false),
            ("#![forbid(unsafe_code)]", false),
        ] {
            assert_eq!(is_unsafe(line), expected, "{line}");
        }
    }
}
