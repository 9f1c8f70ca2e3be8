//! Compares what lies beside packages with each other, with the programs in them, and with this tree.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use crate::id::Id;
use crate::linked::{self, Crate};
use crate::lockfile::Lockfile;
use crate::statement::{self, Source};
use crate::toolchain::{Rustc, Toolchain};
use crate::{Error, NOTICES, SBOM, STATEMENT, digest, embedded, notices, sbom, toolchain};

/// A comparison, and how it came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it is as it should be.
    pub good: bool,
    /// What was compared; what differs, if it does.
    pub text: String,
}

/// Collects outcomes.
#[derive(Debug, Default)]
struct Report(Vec<Outcome>);

impl Report {
    /// `problem` is empty if all is well.
    fn say(&mut self, what: impl Into<String>, problem: &str) {
        let (what, good) = (what.into(), problem.is_empty());
        self.0.push(Outcome { good, text: if good { what } else { format!("{what}: {problem}") } });
    }

    fn wrong(&self) -> usize {
        self.0.iter().filter(|outcome| !outcome.good).count()
    }

    fn equal(&mut self, what: impl Into<String>, found: &str, expected: &str) {
        let problem = if found == expected { String::new() } else { format!("{found}, expected {expected}") };
        self.say(what, &problem);
    }
}

/// Compares `dist` and the programs, which were taken out of its packages, with each other and with this tree.
///
/// # Errors
/// [`Error`] if something cannot be read at all; what is merely wrong is an outcome.
pub fn all(checkout: &Path, dist: &Path, programs: &[PathBuf]) -> Result<Vec<Outcome>, Error> {
    let mut report = Report::default();
    let path = dist.join(STATEMENT);
    let statement = read_json(&path)?;
    let crates = linked::crates(checkout)?;
    of_statement(&mut report, &statement, checkout, dist, programs)?;
    let lockfile = Lockfile::read(checkout)?;
    let bill = read_json(&dist.join(SBOM))?;
    of_bill(&mut report, &bill, &lockfile, &crates);
    again(&mut report, &statement, checkout, dist, &crates)?;
    for program in programs {
        of_program(&mut report, program, &lockfile, &crates);
    }
    Ok(report.0)
}

fn read_json(path: &Path) -> Result<Value, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
    serde_json::from_str(&text).map_err(|e| Error::content(path, e))
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

const DEPENDENCIES: &str = "/predicate/buildDefinition/resolvedDependencies";
const INTERNAL: &str = "/predicate/buildDefinition/internalParameters";
const ARCHITECTURES: &str = "/predicate/buildDefinition/externalParameters/architectures";
const VERSION: &str = "/predicate/buildDefinition/externalParameters/version";

fn of_statement(
    report: &mut Report,
    statement: &Value,
    checkout: &Path,
    dist: &Path,
    programs: &[PathBuf],
) -> Result<(), Error> {
    let dependency =
        |name: &str| list(statement, DEPENDENCIES).find(|one| one["name"] == name).cloned().unwrap_or_default();
    let source = Source::of(checkout)?;
    let commit = source.commit.unwrap_or_default();
    let problem = if source.changed { "`git status` shows changes; verify a clean clone" } else { "" };
    report.say("this tree is as committed", problem);
    let changed = statement.pointer(&format!("{INTERNAL}/uncommittedChanges")) != Some(&Value::Bool(false));
    report.say("statement: built from a tree as committed", if changed { "it had uncommitted changes" } else { "" });
    let wrong_before = report.wrong();
    report.equal("statement: its type", text(statement, "/_type"), statement::STATEMENT_TYPE);
    report.equal("statement: its predicate", text(statement, "/predicateType"), statement::PREDICATE_TYPE);
    report.equal(
        "statement: the commit is that of this tree",
        text(&dependency("source"), "/digest/gitCommit"),
        &commit,
    );
    for (name, path) in statement::INPUTS {
        let found = dependency(name);
        report.equal(
            format!("statement: {name}"),
            text(&found, "/digest/sha256"),
            &digest::of_file(&checkout.join(path))?,
        );
    }

    let mut subjects: BTreeMap<&str, &str> =
        list(statement, "/subject").map(|one| (text(one, "/name"), text(one, "/digest/sha256"))).collect();
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for name in statement::packages(dist)?.into_iter().chain([statement::CHECKSUMS.into(), SBOM.into(), NOTICES.into()])
    {
        files.push((name.clone(), dist.join(name)));
    }
    let (mut seen, mut of_architecture) = (BTreeMap::new(), BTreeMap::new());
    for program in programs {
        let architecture = statement::architecture(program)?;
        of_architecture.entry(architecture).or_insert_with(|| program.clone());
        let (name, hash) = (statement::program_name(architecture), digest::of_file(program)?);
        // The RPM and the DEB hold the same program.
        match seen.entry(name.clone()) {
            Entry::Vacant(first) => drop(first.insert(hash)),
            Entry::Occupied(first) => {
                report.equal(format!("{name}: the same in each package"), &hash, first.get());
            }
        }
        if !files.iter().any(|(known, _)| *known == name) {
            files.push((name, program.clone()));
        }
    }
    for (name, path) in files {
        let stated = subjects.remove(name.as_str()).unwrap_or("nothing");
        report.equal(format!("statement: digest of {name}"), &digest::of_file(&path)?, stated);
    }
    let left: Vec<&str> = subjects.into_keys().collect();
    report.say("statement: it names nothing else", &left.join(", "));
    if report.wrong() > wrong_before {
        // It would be said twice.
        return Ok(());
    }
    statement_again(report, statement, checkout, dist, &of_architecture)
}

/// The bill as it is, against `Cargo.lock` and cargo's tree, crate for crate.
fn of_bill(report: &mut Report, bill: &Value, lockfile: &Lockfile, crates: &BTreeMap<Id, Crate>) {
    let mut differ = Vec::new();
    let mut listed = BTreeSet::new();
    for component in list(bill, "/components") {
        let id = Id::new(text(component, "/name"), text(component, "/version"));
        if component["purl"].is_string() {
            let checksum = list(component, "/hashes").map(|hash| text(hash, "/content")).next();
            if checksum.is_none() || lockfile.checksum(&id) != checksum {
                differ.push(id.to_string());
            }
        }
        listed.insert(id);
    }
    report.say(
        format!("bill of materials: the checksums of Cargo.lock ({} components)", listed.len()),
        &differ.join(", "),
    );
    let missing = crates.values().filter(|one| one.id.name != linked::PROGRAM && !listed.contains(&one.id));
    let missing: Vec<String> = missing.map(|one| one.id.to_string()).collect();
    report.say("bill of materials: every linked crate is in it", &missing.join(", "));
    let more = listed.iter().filter(|id| lockfile.contains(id) && !crates.contains_key(id));
    report
        .say("bill of materials: no crate that is not linked", &more.map(Id::to_string).collect::<Vec<_>>().join(", "));
}

/// The compilers that the statement names, and this tree's zig.
fn stated_toolchain(statement: &Value, checkout: &Path) -> Result<Toolchain, Error> {
    let rustc = list(statement, DEPENDENCIES).filter(|one| one["name"] == "rustc").map(|one| Rustc {
        version: text(one, "/annotations/version").to_owned(),
        commit: Some(text(one, "/digest/gitCommit").to_owned()).filter(|hash| !hash.is_empty()),
        host: text(one, "/annotations/host").to_owned(),
    });
    Ok(Toolchain { rustc: rustc.collect(), zig: toolchain::zig(checkout)? })
}

/// Seconds since 1970.
fn stated_time(statement: &Value) -> i64 {
    statement.pointer(&format!("{INTERNAL}/SOURCE_DATE_EPOCH")).and_then(Value::as_i64).unwrap_or_default()
}

/// The statement made again from what lies here: with the compilers, the time, the version and the builder that it names, which
/// only a second build can judge. Whatever it says twice, or more than that, is found so.
fn statement_again(
    report: &mut Report,
    statement: &Value,
    checkout: &Path,
    dist: &Path,
    programs: &BTreeMap<&'static str, PathBuf>,
) -> Result<(), Error> {
    let inputs = statement::Inputs {
        checkout,
        dist,
        programs: &programs.values().cloned().collect::<Vec<_>>(),
        source_date: stated_time(statement),
        version: statement.pointer(VERSION).and_then(Value::as_str),
        builder: text(statement, "/predicate/runDetails/builder/id"),
    };
    let mut made = statement::value(&inputs, &stated_toolchain(statement, checkout)?)?;
    let mut found = statement.clone();
    for value in [&mut made, &mut found] {
        // Judged by lines of their own; and the programs may have been named in another order.
        for (pointer, words) in [("/subject", "name"), (ARCHITECTURES, "")] {
            if let Some(list) = value.pointer_mut(pointer).and_then(Value::as_array_mut) {
                list.sort_by_key(|one| one.get(words).unwrap_or(one).to_string());
            }
        }
        if let Some(changed) = value.pointer_mut(&format!("{INTERNAL}/uncommittedChanges")) {
            *changed = Value::Null;
        }
    }
    let differs = difference("", &found, &made).map(|place| format!("it differs in {place}")).unwrap_or_default();
    report.say("statement: made again from this tree and these files, it says the same", &differs);
    Ok(())
}

/// Returns the JSON Pointer (RFC 6901) of the first value that differs.
fn difference(at: &str, one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            keys.into_iter().find_map(|key| {
                let below = format!("{at}/{key}");
                match (one.get(key), other.get(key)) {
                    (Some(one), Some(other)) => difference(&below, one, other),
                    _ => Some(below),
                }
            })
        }
        (Value::Array(one), Value::Array(other)) => {
            let places = 0..one.len().max(other.len());
            places.into_iter().find_map(|place| {
                let below = format!("{at}/{place}");
                match (one.get(place), other.get(place)) {
                    (Some(one), Some(other)) => difference(&below, one, other),
                    _ => Some(below),
                }
            })
        }
        _ => (one != other).then(|| at.to_owned()),
    }
}

/// The bill and the notices, made again from this tree.
fn again(
    report: &mut Report,
    statement: &Value,
    checkout: &Path,
    dist: &Path,
    crates: &BTreeMap<Id, Crate>,
) -> Result<(), Error> {
    let toolchain = stated_toolchain(statement, checkout)?;
    let time = Timestamp::from_second(stated_time(statement)).unwrap_or_default();
    for (name, made) in
        [(SBOM, sbom::render(crates, &toolchain, time)?), (NOTICES, notices::render(crates, &toolchain)?)]
    {
        let path = dist.join(name);
        let found = std::fs::read(&path).map_err(Error::file(&path))?;
        let problem = if found == made.as_bytes() { "" } else { "made again from this tree, it differs" };
        report.say(format!("{name}: as this tree gives it"), problem);
    }
    Ok(())
}

/// The list in a program, against `Cargo.lock` and cargo's tree.
fn of_program(report: &mut Report, program: &Path, lockfile: &Lockfile, crates: &BTreeMap<Id, Crate>) {
    let what = |rest: &str| format!("{}: {rest}", program.display());
    let embedded = match embedded::read(program) {
        Ok(embedded) => embedded,
        Err(e) => return report.say(what("its list of crates"), &e.to_string()),
    };
    report.equal(what("its list of crates is of hostprep"), &embedded.root.name, linked::PROGRAM);
    let unknown = embedded.runtime.iter().chain(&embedded.build).filter(|id| !lockfile.contains(id));
    let unknown = unknown.map(Id::to_string).collect::<Vec<_>>().join(", ");
    let count = embedded.runtime.len() + embedded.build.len();
    report.say(what(&format!("each of the {count} crates in its list is in Cargo.lock")), &unknown);
    let missing: Vec<String> = crates.keys().filter(|id| !embedded.runtime.contains(id)).map(Id::to_string).collect();
    report.say(what("every linked crate is in its list"), &missing.join(", "));
}
