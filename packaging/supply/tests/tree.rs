//! What this very tree gives: the bill, the licence texts, the table of dependencies.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::Timestamp;
use jsonschema::{Retrieve, Uri};
use serde_json::Value;
use supply::id::Id;
use supply::lockfile::Lockfile;
use supply::toolchain::{Rustc, Toolchain};
use supply::{dependencies, linked, notices, sbom};

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn toolchain() -> Toolchain {
    let rustc = Rustc { version: "1.95.0".into(), commit: None, host: "x86_64-unknown-linux-gnu".into() };
    Toolchain { rustc: [rustc].into(), zig: supply::toolchain::zig(&checkout()).unwrap() }
}

fn bill_text() -> String {
    let crates = linked::crates(&checkout()).unwrap();
    sbom::render(&crates, &toolchain(), Timestamp::UNIX_EPOCH).unwrap()
}

static BILL: LazyLock<Value> = LazyLock::new(|| bill_text().parse().unwrap());

/// Gives the schemas that CycloneDX's refers to, from the folder beside it.
struct Folder;

impl Retrieve for Folder {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Ok(schema(uri.path().as_str().rsplit('/').next().unwrap()))
    }
}

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cyclonedx").join(name);
    std::fs::read_to_string(&path).unwrap().parse().unwrap()
}

fn problems(bill: &Value) -> Vec<String> {
    let options = jsonschema::draft7::options().should_validate_formats(true).with_retriever(Folder);
    let validator = options.build(&schema("bom-1.6.SNAPSHOT.schema.json")).unwrap();
    validator.iter_errors(bill).map(|e| e.to_string()).collect()
}

#[test]
fn the_bill_is_valid_by_the_published_schema() {
    assert_eq!(problems(&BILL), Vec::<String>::new());
    let mut wrong = BILL.clone();
    wrong["components"][0]["hashes"][0]["content"] = "no hash".into();
    assert_eq!(problems(&wrong).len(), 1);
    let mut wrong = BILL.clone();
    wrong["components"][0]["licenses"][0] = serde_json::json!({"license": {"id": "MIT/Apache-2.0"}});
    assert!(!problems(&wrong).is_empty());
}

#[test]
fn the_bill_has_what_is_linked_and_nothing_that_only_builds_or_tests() {
    let (lockfile, components) = (Lockfile::read(&checkout()).unwrap(), BILL["components"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let names: BTreeSet<String> = components.iter().map(|one| text(&one["name"])).collect();
    for linked in
        ["serde", "tera", "selinux", "libc", "hostprep-host", "hostprep-policydb", "rust-std", "zig-libunwind"]
    {
        assert!(names.contains(linked), "{linked}");
    }
    for other in [
        "serde_derive",
        "syn",
        "bindgen",
        "proptest",
        "rpm",
        "jsonschema",
        "schemars",
        "tempfile",
        "hostprep-packaging",
    ] {
        assert!(!names.contains(other), "{other}");
    }
    let of_registry: Vec<&Value> = components.iter().filter(|one| one["purl"].is_string()).collect();
    assert!(of_registry.len() > 50, "{}", of_registry.len());
    for one in of_registry {
        let id = Id::new(&text(&one["name"]), &text(&one["version"]));
        assert_eq!(lockfile.checksum(&id), one["hashes"][0]["content"].as_str(), "{id}");
    }
}

#[test]
fn each_reference_of_the_bill_is_there() {
    let mut known: BTreeSet<&str> = ["components"]
        .iter()
        .flat_map(|key| BILL[*key].as_array().unwrap())
        .map(|one| one["bom-ref"].as_str().unwrap())
        .collect();
    assert_eq!(known.len(), BILL["components"].as_array().unwrap().len());
    known.insert(BILL["metadata"]["component"]["bom-ref"].as_str().unwrap());
    let mut used = BTreeSet::new();
    for dependency in BILL["dependencies"].as_array().unwrap() {
        assert!(known.contains(dependency["ref"].as_str().unwrap()), "{dependency}");
        for one in dependency["dependsOn"].as_array().into_iter().flatten() {
            assert!(known.contains(one.as_str().unwrap()), "{dependency}");
            used.insert(one.as_str().unwrap());
        }
    }
    // Nothing hangs in the air: all but the program itself is used by something.
    assert_eq!(known.difference(&used).count(), 1);
}

#[test]
fn made_again_it_is_the_same_and_another_has_another_serial() {
    assert_eq!(bill_text().parse::<Value>().unwrap(), *BILL);
    let crates = linked::crates(&checkout()).unwrap();
    let later = sbom::render(&crates, &toolchain(), Timestamp::from_second(1).unwrap()).unwrap();
    assert_ne!(later.parse::<Value>().unwrap()["serialNumber"], BILL["serialNumber"]);
}

#[test]
fn each_linked_crate_has_a_licence_text() {
    let crates = linked::crates(&checkout()).unwrap();
    let page = notices::render(&crates, &toolchain()).unwrap();
    for one in crates.values().filter(|one| !one.is_own()) {
        let row = page.lines().find(|line| line.starts_with(&format!("{} ", one.id))).unwrap_or_default();
        let last = row.rsplit(' ').next().unwrap();
        let number: usize = last.parse().unwrap_or_else(|_| panic!("{}: {row}", one.id));
        assert!(page.contains(&format!("\n{number}. ")), "{}", one.id);
    }
    assert!(page.contains("Apache License") && page.contains("Permission is hereby granted"));
}

#[test]
fn the_table_of_dependencies_is_up_to_date() {
    let page = dependencies::document(&checkout()).unwrap();
    let found = std::fs::read_to_string(checkout().join(dependencies::DOCUMENT)).unwrap();
    assert!(
        page == found,
        "docs/dependencies.md is not what the Cargo.toml files and docs/dependencies.toml give; run: cargo run -p hostprep-supply -- dependencies --write"
    );
}
