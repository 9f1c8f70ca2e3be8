//! What lies beside the packages is true, and `packaging/verify.sh` finds what is not.

use std::fs;
use std::path::Path;
use std::process::Command;

use harness::packages::built;
use harness::{Run, setup};

fn verify(arguments: &[&str], directory: &Path) -> Run {
    let script = setup::top().join("packaging/verify.sh");
    Run::of(Command::new(script).arg("--no-rebuild").args(arguments).arg(directory))
}

/// The lines that say that something is wrong, without those that a tree has that is being worked on.
fn wrong(run: &Run) -> Vec<&str> {
    let of_work =
        ["statement: the commit is", "this tree is as committed", "statement: built from a tree as committed"];
    let lines = run.stdout.lines().filter_map(|line| line.strip_prefix("WRONG  "));
    lines.filter(|line| !of_work.iter().any(|begin| line.starts_with(begin))).collect()
}

/// A copy of what lies in the directory of the packages.
fn copy() -> tempfile::TempDir {
    let copy = setup::open_tempdir();
    for entry in fs::read_dir(built().newer()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} in {}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn what_lies_beside_the_packages_is_true() {
    let run = verify(&[], built().newer());
    assert_eq!(wrong(&run), Vec::<&str>::new(), "{run:?}");
    for line in [
        "skip   signatures",
        "SHA256SUMS: the packages have these checksums",
        "bill of materials: every linked crate is in it",
        "every linked crate is in its list",
        "third-party-notices.txt: as this tree gives it",
        "skip   built again",
    ] {
        assert!(run.stdout.contains(line), "{line}: {run:?}");
    }
}

#[test]
fn what_was_changed_is_found() {
    let copy = copy();
    let at = |name: &str| copy.path().join(name);
    let bill: serde_json::Value = fs::read_to_string(at("sbom.cdx.json")).unwrap().parse().unwrap();
    let components = bill["components"].as_array().unwrap();
    let serde = components.iter().find(|one| one["name"] == "serde").unwrap();
    replace(&at("sbom.cdx.json"), serde["hashes"][0]["content"].as_str().unwrap(), &"0".repeat(64));
    fs::write(at("third-party-notices.txt"), "nothing\n").unwrap();
    let lock = setup::top().join("Cargo.lock");
    let sum = setup::run(Command::new("sha256sum").arg(lock));
    replace(&at("provenance.json"), &sum[..64], &"1".repeat(64));
    let run = verify(&[], copy.path());
    assert_eq!(run.code, Some(1), "{run:?}");
    let wrong = wrong(&run).join("\n");
    for line in [
        "statement: Cargo.lock: 1111",
        "statement: digest of sbom.cdx.json: ",
        "statement: digest of third-party-notices.txt: ",
        "bill of materials: the checksums of Cargo.lock (",
        "sbom.cdx.json: as this tree gives it: made again from this tree, it differs",
        "third-party-notices.txt: as this tree gives it: ",
        "its sbom.cdx.json is the one beside it: ",
    ] {
        assert!(wrong.contains(line), "{line}: {run:?}");
    }
    assert!(wrong.contains("serde "), "{run:?}");
}

#[test]
fn another_package_and_another_key_are_found() {
    let copy = copy();
    let deb = harness::packages::only(copy.path(), ".deb");
    let mut bytes = fs::read(&deb).unwrap();
    // The time in the header of the archive's first member.
    bytes[24] ^= 1;
    fs::write(&deb, bytes).unwrap();
    let key = copy.path().join("key.asc");
    let home = setup::open_tempdir();
    let script = "gpg --batch --quiet --passphrase '' --quick-generate-key test@hostprep.example rsa3072 &&
        gpg --batch --armor --export >\"$0\" && cd \"$(dirname \"$0\")\" &&
        gpg --batch --quiet --detach-sign --output provenance.json.sig provenance.json &&
        gpg --batch --quiet --detach-sign --output SHA256SUMS.sig provenance.json; gpgconf --kill all";
    setup::run(Command::new("sh").arg("-c").arg(script).arg(&key).env("GNUPGHOME", home.path()));
    let run = verify(&["--key", key.to_str().unwrap()], copy.path());
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stdout.contains("ok     provenance.json.sig: a signature of the key"), "{run:?}");
    let wrong = wrong(&run).join("\n");
    for line in [
        "SHA256SUMS: the packages have these checksums",
        "SHA256SUMS.sig: a signature of the key: ",
        ".rpm: a signature of the key in its header: no good signature of this key",
    ] {
        assert!(wrong.contains(line), "{line}: {run:?}");
    }
    // Below its line, by the name of the package.
    let name = deb.file_name().unwrap().to_str().unwrap();
    assert!(run.stdout.contains(&format!("\n       {name}: FAILED\n")), "{run:?}");
    assert!(run.stdout.contains("skip   all that follows"), "{run:?}");

    // As `make repository` publishes it for apt; and what a package is may be said once.
    let binary = copy.path().join("key.gpg");
    let dearmor = format!("gpg --batch --dearmor <'{}' >'{}'", key.display(), binary.display());
    setup::run(Command::new("sh").arg("-c").arg(dearmor).env("GNUPGHOME", home.path()));
    let run = verify(&["--key", binary.to_str().unwrap()], copy.path());
    for line in ["ok     rpm takes the key", "ok     provenance.json.sig: a signature of the key"] {
        assert!(run.stdout.contains(line), "{line}: {run:?}");
    }
    let sums = fs::read_to_string(copy.path().join("SHA256SUMS")).unwrap();
    fs::write(copy.path().join("SHA256SUMS"), format!("{sums}{}\n", sums.lines().next().unwrap())).unwrap();
    let run = verify(&[], copy.path());
    assert!(run.stdout.contains("WRONG  SHA256SUMS: it names packages beside it, each once"), "{run:?}");
}

#[test]
fn what_cannot_be_verified_is_a_usage_error() {
    let empty = setup::open_tempdir();
    let run = verify(&[], empty.path());
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("SHA256SUMS is missing; make packages"), "{run:?}");
    assert_eq!(verify(&["--what"], empty.path()).code, Some(2));
    assert!(
        Run::of(Command::new(setup::top().join("packaging/verify.sh")).arg("--help"))
            .expect_code(0)
            .stdout
            .contains("usage: ")
    );
}
