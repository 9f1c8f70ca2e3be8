//! rpm, gpg and sha256sum verify the signatures.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use common::kitchen_sink_agent::Workshop;
use common::{Run, run, shell, text, tool_command, tree};

/// A secret key without a passphrase, its public key, and one with a passphrase, made once by gpg: RSA of 3072 bits.
struct Keys {
    secret: String,
    locked: String,
    public: String,
}

fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        let gpg = "gpg --homedir . --batch --quiet --pinentry-mode loopback";
        let line = format!(
            "exec 2>log; chmod 700 .
             {gpg} --passphrase '' --quick-generate-key 'Odd Agents <agents@odd.example>' rsa3072 sign never
             {gpg} --armor --export >public; {gpg} --armor --export-secret-keys >secret
             mkdir locked; chmod 700 locked
             {gpg} --homedir locked --passphrase word --quick-generate-key locked@odd.example rsa3072 sign never
             {gpg} --homedir locked --passphrase word --armor --export-secret-keys >lockedkey
             gpgconf --homedir . --kill gpg-agent; gpgconf --homedir locked --kill gpg-agent"
        );
        shell(&line, home.path());
        let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
        Keys { secret: read("secret"), locked: read("lockedkey"), public: read("public") }
    })
}

/// A workshop with signed packages.
fn signed() -> Workshop {
    let workshop = Workshop::bare();
    workshop.write("secret.asc", &keys().secret);
    build(&workshop).succeeded();
    workshop
}

fn build(workshop: &Workshop) -> Run {
    run(workshop.command().arg("--sign-key").arg(workshop.at("secret.asc")))
}

/// Runs rpmkeys with a database that has only the public key.
fn checked(workshop: &Workshop, package: &str) -> Run {
    workshop.write("public.asc", &keys().public);
    let database = workshop.at("database");
    if !database.exists() {
        let mut import = tool_command("rpmkeys", &["--dbpath", text(&database), "--import"]);
        run(import.arg(workshop.at("public.asc"))).succeeded();
    }
    let mut check = tool_command("rpmkeys", &["--dbpath", text(&database), "--checksig", "-v"]);
    run(check.arg(workshop.at(package)))
}

fn rpm(workshop: &Workshop) -> PathBuf {
    common::only(&workshop.out(), ".rpm")
}

#[test]
fn rpm_accepts_the_signature_and_no_changed_byte() {
    let workshop = signed();
    let package = rpm(&workshop);
    let good = checked(&workshop, text(&package));
    assert_eq!(good.code, Some(0), "{good:?}");
    let signatures: Vec<&str> = good.stdout.lines().filter(|line| line.contains("Signature, key ID")).collect();
    assert!(!signatures.is_empty(), "{good:?}");
    for line in signatures {
        assert!(line.contains("RSA/SHA") && line.ends_with(": OK"), "{line}");
    }
    assert!(good.stdout.lines().skip(1).all(|line| line.ends_with(": OK")), "{good:?}");

    assert!(good.stdout.contains("    MD5 digest: OK\n"), "{good:?}");
    common::assert_archive_size(&package);

    let bytes = fs::read(&package).unwrap();
    let summary = bytes.windows(11).position(|part| part == b"An agent wi").unwrap();
    for (place, what) in [(summary, "the header"), (bytes.len() - 20, "the payload")] {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        workshop.write("changed.rpm", changed);
        let bad = checked(&workshop, "changed.rpm");
        assert_eq!(bad.code, Some(1), "{what}: {bad:?}");
    }
}

#[test]
fn another_key_is_not_accepted() {
    let workshop = signed();
    let mut check = tool_command("rpmkeys", &["--dbpath", text(&workshop.at("empty")), "--checksig"]);
    let found = run(check.arg(rpm(&workshop)));
    assert!(found.code != Some(0) && found.stdout.contains("SIGNATURES NOT OK"), "{found:?}");
}

#[test]
fn gpg_accepts_the_checksums_and_no_changed_byte() {
    let workshop = signed();
    workshop.write("public.asc", &keys().public);
    let verify = "export GNUPGHOME=$PWD/../home; mkdir -m 700 -p ../home; gpg --batch --quiet --import ../public.asc
        gpg --batch --verify SHA256SUMS.sig SHA256SUMS 2>&1; gpgconf --kill gpg-agent";
    // The packages are of 2020, but the key is newer: gpg rejects a signature that is older than its key.
    let said = shell(verify, &workshop.out());
    assert!(said.contains("Good signature from \"Odd Agents <agents@odd.example>\""), "{said}");
    shell("sha256sum --strict --check SHA256SUMS", &workshop.out());
    let listed = fs::read_to_string(workshop.out().join("SHA256SUMS")).unwrap();
    assert!(listed.contains(".deb\n") && listed.contains(".rpm\n") && listed.lines().count() == 2, "{listed}");
    workshop.write("out/SHA256SUMS", listed.replace(".deb", ".dab"));
    let bad = run(tool_command("sh", &["-ec", verify]).current_dir(workshop.out()));
    assert!(bad.code != Some(0) && bad.stdout.contains("BAD signature"), "{bad:?}");
}

#[test]
fn a_second_signed_build_is_the_same_to_the_byte() {
    let workshop = signed();
    let first = tree::read(&workshop.out());
    assert_eq!(first.len(), 4);
    build(&workshop).succeeded();
    assert_eq!(tree::difference(&first, &tree::read(&workshop.out())), Vec::<String>::new());
}

#[test]
fn an_unsigned_build_removes_the_old_signature() {
    let workshop = signed();
    assert!(workshop.out().join("SHA256SUMS.sig").exists());
    workshop.build().succeeded();
    assert!(!workshop.out().join("SHA256SUMS.sig").exists());
    let found = checked(&workshop, text(&rpm(&workshop)));
    assert!(found.code == Some(0) && !found.stdout.contains("Signature"), "{found:?}");
}

#[test]
fn a_key_that_cannot_sign_is_refused_before_anything_is_written() {
    let workshop = Workshop::bare();
    let refused = |content: &str, words: &[&str]| {
        workshop.write("secret.asc", content);
        build(&workshop).refused(&[&["secret.asc"], words].concat());
        assert!(!workshop.out().exists());
    };
    refused(&keys().public, &["secret key"]);
    refused(&keys().locked, &["passphrase"]);
    refused("not a key", &["secret key"]);
    refused("", &["secret key"]);
    let half = keys().secret.len() / 2;
    refused(&keys().secret[..half], &["secret key"]);
    fs::remove_file(workshop.at("secret.asc")).unwrap();
    build(&workshop).refused(&["secret.asc: No such file"]);
}
