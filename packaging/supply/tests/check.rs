//! What `supply check` finds beside packages. The packages and programs are a few bytes; the suite `packages` has real ones.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use supply::statement::{self, CHECKSUMS};
use supply::toolchain::Toolchain;
use supply::{NOTICES, SBOM, STATEMENT, check, linked, notices, sbom};

const PROGRAM: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0 and a few bytes more";
const RUSTC: &str = "host: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n";

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Two packages with their list, bill, licence texts and statement.
struct Dist {
    place: tempfile::TempDir,
}

impl Dist {
    fn new() -> Self {
        let dist = Self { place: tempfile::tempdir().unwrap() };
        fs::write(dist.at("hostprep"), PROGRAM).unwrap();
        fs::write(dist.at("hostprep.rustc"), RUSTC).unwrap();
        let mut sums = String::new();
        for name in ["a.deb", "a.rpm"] {
            fs::write(dist.at(name), name).unwrap();
            // sha256sum judges the checksums, in verify.sh.
            sums += &format!("{}  {name}\n", "0".repeat(64));
        }
        fs::write(dist.at(CHECKSUMS), sums).unwrap();
        let crates = linked::crates(&checkout()).unwrap();
        let toolchain = Toolchain::read(&checkout(), &[dist.at("hostprep")]).unwrap();
        let bill = sbom::render(&crates, &toolchain, Timestamp::UNIX_EPOCH).unwrap();
        fs::write(dist.at(SBOM), bill).unwrap();
        fs::write(dist.at(NOTICES), notices::render(&crates, &toolchain).unwrap()).unwrap();
        let statement = statement::render(&statement::Inputs {
            checkout: &checkout(),
            dist: dist.place.path(),
            programs: &[dist.at("hostprep")],
            source_date: 0,
            version: None,
            builder: "https://odd.example/builder",
        });
        fs::write(dist.at(STATEMENT), statement.unwrap()).unwrap();
        dist
    }

    fn at(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// What is wrong, without what a tree has that is being worked on, and without the program's list, which it has not.
    fn wrong(&self) -> Vec<String> {
        let all = check::all(&checkout(), self.place.path(), &[self.at("hostprep")]).unwrap();
        let wrong = all.into_iter().filter(|outcome| !outcome.good).map(|outcome| outcome.text);
        let expected =
            ["this tree is as committed", "statement: built from a tree as committed", "/hostprep: its list of crates"];
        wrong.filter(|text| !expected.iter().any(|part| text.contains(part))).collect()
    }

    fn change_statement(&self, change: impl FnOnce(&mut Vec<serde_json::Value>)) {
        self.change_list("/subject", change);
    }

    fn change_list(&self, pointer: &str, change: impl FnOnce(&mut Vec<serde_json::Value>)) {
        let text = fs::read_to_string(self.at(STATEMENT)).unwrap();
        let mut statement: serde_json::Value = text.parse().unwrap();
        change(statement.pointer_mut(pointer).unwrap().as_array_mut().unwrap());
        fs::write(self.at(STATEMENT), statement.to_string()).unwrap();
    }
}

#[test]
fn a_package_that_the_statement_does_not_name_is_found() {
    let dist = Dist::new();
    assert_eq!(dist.wrong(), Vec::<String>::new());
    dist.change_statement(|subjects| subjects.retain(|one| one["name"] != "a.rpm"));
    let wrong = dist.wrong();
    assert!(wrong.len() == 1 && wrong[0].starts_with("statement: digest of a.rpm: "), "{wrong:?}");
    assert!(wrong[0].ends_with(", expected nothing"), "{wrong:?}");
}

#[test]
fn a_package_that_is_not_there_and_changed_notices_are_found() {
    let dist = Dist::new();
    dist.change_statement(|subjects| subjects.push(serde_json::json!({"name": "b.rpm", "digest": {"sha256": "0"}})));
    assert_eq!(dist.wrong(), ["statement: it names nothing else: b.rpm"]);
    fs::write(dist.at(NOTICES), "others\n").unwrap();
    let wrong = dist.wrong().join("\n");
    for line in ["statement: digest of third-party-notices.txt: ", "third-party-notices.txt: as this tree gives it: "] {
        assert!(wrong.contains(line), "{line}: {wrong}");
    }
}

/// What pins compilers and tools.
#[test]
fn an_input_of_another_tree_is_found() {
    for (name, _) in statement::INPUTS {
        let dist = Dist::new();
        dist.change_list("/predicate/buildDefinition/resolvedDependencies", |all| {
            let one = all.iter_mut().find(|one| one["name"] == name).unwrap();
            one["digest"]["sha256"] = "0".into();
        });
        let wrong = dist.wrong();
        assert!(wrong.len() == 1 && wrong[0].starts_with(&format!("statement: {name}: 0, expected ")), "{wrong:?}");
    }
}

/// Something that is said twice, or that no other line compares.
#[test]
fn what_a_statement_says_beside_the_truth_is_found() {
    const DEPENDENCIES: &str = "/predicate/buildDefinition/resolvedDependencies";
    type Change = fn(&mut Vec<serde_json::Value>);
    let first_again: Change = |all| {
        let mut first = all[0].clone();
        first["digest"] = serde_json::json!({"sha256": "0"});
        all.insert(0, first);
    };
    let other_zig: Change = |all| {
        let one = all.iter_mut().find(|one| one["name"] == "ziglang").unwrap();
        one["uri"] = "pkg:pypi/ziglang@9.9.9".into();
    };
    let no_zig: Change = |all| all.retain(|one| one["name"] != "ziglang");
    let last_again: Change = |all| all.push(all[all.len() - 1].clone());
    let other_source: Change = |all| all.push(serde_json::json!({"name": "source", "digest": {"gitCommit": "0"}}));
    let architectures = "/predicate/buildDefinition/externalParameters/architectures";
    for (list, change, place) in [
        ("/subject", first_again, "/subject"),
        (DEPENDENCIES, other_zig, DEPENDENCIES),
        (DEPENDENCIES, no_zig, DEPENDENCIES),
        (DEPENDENCIES, last_again, DEPENDENCIES),
        (DEPENDENCIES, other_source, DEPENDENCIES),
        (architectures, |all| all[0] = "aarch64".into(), architectures),
        (architectures, |all| all.push("aarch64".into()), architectures),
    ] {
        let dist = Dist::new();
        dist.change_list(list, change);
        let wrong = dist.wrong();
        assert!(wrong.len() == 1 && wrong[0].contains(&format!("it differs in {place}")), "{wrong:?}");
    }
}
