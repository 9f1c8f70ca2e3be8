//! `packages.sh`, `supply.sh` and `verify.sh`, with stubs instead of cargo and of what builds the program: what lies beside the
//! packages when something fails, and what a second party finds. The suite `packages` runs them on real packages.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::kitchen_sink_agent::{ARM_PROGRAM, PROGRAM};
use common::{Run, only, run, shell, source, text, tool, tree};
use packaging::{artifacts, rpm_signature_header};

const ARCH: &str = std::env::consts::ARCH;

/// A checkout with our scripts and manifests, and stubs of what takes minutes.
struct Checkout {
    place: tempfile::TempDir,
}

fn program() -> &'static [u8] {
    if ARCH == "aarch64" { ARM_PROGRAM } else { PROGRAM }
}

fn script(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let source = path.with_extension("source");
    fs::write(&source, format!("#!/bin/sh\nset -eu\n{content}")).unwrap();
    // cp writes it, because a process that a parallel test starts would inherit our open file (ETXTBSY).
    tool("cp", &[text(&source), text(path)]);
    fs::remove_file(source).unwrap();
    fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

/// The lines of a statement that `verify.sh` itself reads, in the form of `supply statement`.
fn statement(architecture: &str, rustc: &str, host: &str) -> String {
    format!(
        r#"{{
  "predicate": {{
    "externalParameters": {{
      "architectures": [
        "{architecture}"
      ],
      "command": "make packages",
      "version": null
    }},
    "internalParameters": {{
      "SOURCE_DATE_EPOCH": 1580644800
    }},
    "resolvedDependencies": [
      {{
        "annotations": {{
          "host": "{host}-unknown-linux-gnu",
          "version": "{rustc}"
        }},
        "name": "rustc",
        "uri": "pkg:generic/rustc@{rustc}"
      }}
    ]
  }}
}}
"#
    )
}

impl Checkout {
    fn new() -> Self {
        let checkout = Self { place: tempfile::tempdir().unwrap() };
        let (top, real) = (checkout.at(""), source(".."));
        for (from, to) in [(real.clone(), top.clone()), (source("."), checkout.at("packaging"))] {
            fs::create_dir_all(&to).unwrap();
            for entry in fs::read_dir(&from).unwrap() {
                let entry = entry.unwrap();
                let name = entry.file_name();
                let name = name.to_str().unwrap();
                if name == "verify.sh" || name == "packages.sh" || name == "supply.sh" {
                    fs::copy(entry.path(), to.join(name)).unwrap();
                } else if !["target", "dist", ".git", "packaging", "documents.sh", "portable"].contains(&name) {
                    symlink(entry.path().canonicalize().unwrap(), to.join(name)).unwrap();
                }
            }
        }
        fs::create_dir(checkout.at("built")).unwrap();
        fs::write(checkout.at("built/hostprep"), program()).unwrap();
        fs::write(checkout.at("statement"), statement(ARCH, "1.88.0", ARCH)).unwrap();
        script(&checkout.at("packaging/documents.sh"), "mkdir -p \"$1\"\n");
        script(
            &checkout.at("packaging/portable/build.sh"),
            "mkdir -p target/portable\ncp built/hostprep target/portable/\n",
        );
        script(&checkout.at("bin/rustc"), "echo 'rustc 1.88.0 (stub)'\n");
        let package = env!("CARGO_BIN_EXE_package");
        let cargo = format!(
            "all=\"$*\"
            while [ $# -gt 0 ] && [ \"$1\" != -- ]; do shift; done
            [ $# -eq 0 ] || shift
            for last; do :; done
            case $all in
                metadata*) echo '{{\"target_directory\":\"{target}\"}}' ;;
                *'--bin package -- '*) exec '{package}' \"$@\" ;;
                *' bill '*) mkdir -p \"$last\"; echo bill >\"$last/sbom.cdx.json\"; echo notices >\"$last/third-party-notices.txt\" ;;
                *' statement '*)
                    while [ \"$1\" != --dist ]; do shift; done
                    cp statement \"$2/provenance.json\"; echo \"$2/provenance.json\" ;;
            esac\n",
            target = text(&checkout.at("target")),
        );
        script(&checkout.at("bin/cargo"), &cargo);
        script(&checkout.at("target/debug/supply"), "echo 'ok     compared'\n");
        symlink(package, checkout.at("target/debug/package")).unwrap();
        checkout.make_key();
        checkout
    }

    fn at(&self, path: &str) -> PathBuf {
        self.place.path().join(path)
    }

    /// A key that has not expired, from which the other states are made.
    fn make_key(&self) {
        let line =
            "exec 2>>log; mkdir -m 700 gpg; gpg --homedir gpg --batch --quiet --faked-system-time 20200201T000000! \
                    --passphrase '' --quick-generate-key 'agents@odd.example' rsa3072 sign never
                    gpg --homedir gpg --batch --armor --export >key.asc";
        shell(line, self.place.path());
    }

    fn sign_with(&self) -> String {
        let home = self.at("gpg");
        format!("gpg --homedir '{}' --batch --quiet --faked-system-time 20200202T120000! --detach-sign", text(&home))
    }

    fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.at("packaging").join(name));
        let path = format!("{}:{}", text(&self.at("bin")), std::env::var("PATH").unwrap());
        command.args(arguments).env("PATH", path).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        command.env_remove("SOURCE_DATE_EPOCH");
        command
    }

    fn packages(&self, arguments: &[&str]) -> Run {
        run(&mut self.command("packages.sh", arguments))
    }

    /// Builds signed packages into `dist`.
    fn signed(&self) {
        self.packages(&["--sign-with", &self.sign_with(), "--public-key", text(&self.at("key.asc"))]).succeeded();
    }

    /// Makes the checkout one of git, with a stub that builds what is in `again`, and runs `verify.sh`.
    fn verify(&self, arguments: &[&str]) -> Run {
        if !self.at(".git").exists() {
            let again = text(&self.at("again")).to_owned();
            let stub = format!(
                "echo \"$*\" >'{again}.called'
                while [ \"$1\" != --out ]; do shift; done
                mkdir -p \"$2\"; cp '{again}'/* \"$2/\"\n"
            );
            script(&self.at("packaging/packages.sh"), &stub);
            shell(
                "git init -q . && git add packaging/verify.sh packaging/packages.sh &&
                git -c user.name=n -c user.email=e@odd.example commit -q -m all",
                self.place.path(),
            );
        }
        run(&mut self.command("verify.sh", arguments))
    }

    /// Keeps what is in `dist` as what a second build gives.
    fn keep_as_second_build(&self) {
        shell("rm -rf again; cp -r dist again", self.place.path());
    }

    fn rpm(&self) -> PathBuf {
        only(&self.at("dist"), ".rpm")
    }

    /// Writes the list of checksums anew, as an attacker does who changes a package.
    fn sum(&self) {
        shell("rm -f SHA256SUMS.sig; sha256sum *.rpm *.deb >SHA256SUMS", &self.at("dist"));
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf").args(["--homedir", text(&self.at("gpg")), "--kill", "all"]).status();
    }
}

#[track_caller]
fn has(found: &Run, code: i32, words: &[&str]) {
    assert_eq!(found.code, Some(code), "{found:?}");
    for word in words {
        assert!(found.stdout.contains(word), "`{word}` is not in: {found:?}");
    }
}

#[test]
fn packages_that_were_signed_are_verified_and_built_again() {
    let checkout = Checkout::new();
    checkout.packages(&[]).succeeded();
    checkout.keep_as_second_build();
    checkout.signed();
    let names: Vec<String> = tree::read(&checkout.at("dist")).into_keys().collect();
    assert_eq!(names.len(), 8, "{names:?}");
    assert_ne!(fs::read(checkout.rpm()).unwrap(), fs::read(only(&checkout.at("again"), ".rpm")).unwrap());
    let key = checkout.at("key.asc");
    let found = checkout.verify(&["--key", text(&key)]);
    has(
        &found,
        0,
        &["ok     provenance.json.sig: a signature", ".rpm: a signature", ".rpm: built again, it is the same"],
    );
    assert!(found.stdout.ends_with("verify: nothing is wrong\n"), "{found:?}");
    let called = fs::read_to_string(checkout.at("again.called")).unwrap();
    assert!(called.starts_with("--out "), "{called}");
}

/// What is new lies there when it is signed, the statement too.
#[test]
fn a_statement_that_cannot_be_signed_leaves_the_packages_as_they_are() {
    let checkout = Checkout::new();
    checkout.signed();
    let first = tree::read(&checkout.at("dist"));
    fs::write(checkout.at("built/hostprep"), [program(), b"newer"].concat()).unwrap();
    let sign = checkout.sign_with();
    let only_packages = |otherwise: &str| {
        format!("cat >text; if grep -q '\"predicate\"' text; then {otherwise}; else {sign} <text; fi")
    };
    let key = checkout.at("key.asc");
    for (otherwise, said) in [
        ("exit 0", "wrote no signature"),
        ("exit 7", "exited with status 7"),
        ("echo x", "wrote no OpenPGP signature"),
        ("sleep 300", "took longer than 10 s"),
        (&format!("echo other | {sign}"), "signed something else"),
    ] {
        let command = only_packages(otherwise);
        // The signatures of the packages come first, by gpg, and take their time on a loaded machine.
        let timeout = if otherwise.starts_with("sleep") { "10" } else { "60" };
        let arguments = ["--sign-with", &command, "--public-key", text(&key), "--sign-timeout", timeout];
        let found = checkout.packages(&arguments);
        assert_ne!(found.code, Some(0), "{otherwise}: {found:?}");
        assert!(found.stderr.contains(said), "{said}: {found:?}");
        let now = tree::read(&checkout.at("dist"));
        assert_eq!(tree::difference(&first, &now), Vec::<String>::new(), "{otherwise}");
    }
    checkout.signed();
    assert_ne!(tree::difference(&first, &tree::read(&checkout.at("dist"))), Vec::<String>::new());
}

/// Without a key, too: an RPM's header says nothing of the bytes that are behind it.
#[test]
fn a_changed_payload_is_another_content() {
    let checkout = Checkout::new();
    let other = [&program()[..program().len() - 4], b"evil"].concat();
    fs::write(checkout.at("built/hostprep"), other).unwrap();
    checkout.packages(&[]).succeeded();
    let evil = fs::read(checkout.rpm()).unwrap();
    fs::write(checkout.at("built/hostprep"), program()).unwrap();
    checkout.packages(&[]).succeeded();
    checkout.keep_as_second_build();
    let good = fs::read(checkout.rpm()).unwrap();
    // Up to the payload, the good one; then `completed` writes RPMSIGTAG_MD5 for what is there.
    let payload_of = |rpm: &[u8]| rpm.windows(3).position(|bytes| bytes == [0x1f, 0x8b, 8]).unwrap();
    let mixed = [&good[..payload_of(&good)], &evil[payload_of(&evil)..]].concat();
    let mixed = rpm_signature_header::completed(&mixed, None).unwrap();
    assert!(
        mixed != good && rpm_signature_header::header(&mixed).unwrap() == rpm_signature_header::header(&good).unwrap()
    );
    fs::write(checkout.rpm(), mixed).unwrap();
    checkout.sum();
    has(
        &checkout.verify(&[]),
        1,
        &["WRONG  ", ".rpm: built again, it is the same: ", "another content", "verify: 1 wrong"],
    );
}

/// gpg exits with 0 for both.
#[test]
fn signatures_of_expired_and_revoked_keys_are_refused() {
    let checkout = Checkout::new();
    checkout.signed();
    let key = checkout.at("key.asc");
    let verify = || checkout.verify(&["--no-rebuild", "--key", text(&key)]);
    has(&verify(), 0, &["ok     SHA256SUMS.sig"]);
    let gpg = "exec 2>>log; gpg --homedir gpg --batch --yes --quiet";
    let fingerprint = shell(
        "gpg --homedir gpg --batch --with-colons --list-keys | sed -n 's/^fpr:*\\([^:]*\\):/\\1/p'",
        checkout.place.path(),
    );
    let fingerprint = fingerprint.trim();
    let export = "gpg --homedir gpg --batch --armor --export >key.asc";
    let expire =
        format!("{gpg} --faked-system-time 20200202T000000! --quick-set-expire {fingerprint} 2020-03-01; {export}");
    shell(&expire, checkout.place.path());
    let found = verify();
    has(&found, 1, &["WRONG  SHA256SUMS.sig", "WRONG  provenance.json.sig", "has expired", "skip   all that follows"]);
    assert!(!found.stdout.contains("compared"), "{found:?}");
    let revoke = format!(
        "{gpg} --quick-set-expire {fingerprint} never; sed -i 's/^:-----/-----/' gpg/openpgp-revocs.d/*.rev; {gpg} --import gpg/openpgp-revocs.d/*.rev; {export}"
    );
    shell(&revoke, checkout.place.path());
    has(&verify(), 1, &["WRONG  SHA256SUMS.sig", "is revoked"]);
}

/// Nothing is unpacked of which the checksum is wrong, and no name leads out of the directory.
#[test]
fn what_the_list_does_not_vouch_for_is_not_unpacked() {
    let checkout = Checkout::new();
    checkout.packages(&[]).succeeded();
    let list = checkout.at("dist/SHA256SUMS");
    let good = fs::read_to_string(&list).unwrap();
    let outside = checkout.at("outside.rpm");
    fs::write(&outside, "x").unwrap();
    for name in ["../outside.rpm", text(&outside), "a b.rpm", "--checkpoint-action=exec=x.deb", "x.sh"] {
        fs::write(&list, format!("{good}{}  {name}\n", artifacts::sha256(b"x"))).unwrap();
        has(
            &checkout.verify(&["--no-rebuild"]),
            1,
            &["WRONG  SHA256SUMS: it names packages", name, "skip   all that follows"],
        );
    }
    fs::write(&list, good.replacen(|digit: char| digit.is_ascii_digit(), "a", 1)).unwrap();
    let found = checkout.verify(&["--no-rebuild"]);
    has(&found, 1, &["WRONG  SHA256SUMS: the packages have these checksums", "skip   all that follows"]);
    assert!(!found.stdout.contains("its sbom.cdx.json"), "{found:?}");
}

/// `apt-get install ./*.deb` would take it.
#[test]
fn a_package_that_the_list_does_not_name_is_found() {
    let checkout = Checkout::new();
    checkout.packages(&[]).succeeded();
    fs::write(checkout.at("dist/notes.txt"), "x").unwrap();
    has(&checkout.verify(&["--no-rebuild"]), 0, &["skip   notes.txt: nothing vouches for it"]);
    for name in ["evil.deb", ".a b.rpm"] {
        fs::write(checkout.at("dist").join(name), "x").unwrap();
        let words = ["WRONG  SHA256SUMS: it names every package beside it: ", name, "skip   all that follows"];
        has(&checkout.verify(&["--no-rebuild"]), 1, &words);
        fs::remove_file(checkout.at("dist").join(name)).unwrap();
    }
}

#[test]
fn changed_notices_are_found() {
    let checkout = Checkout::new();
    checkout.packages(&[]).succeeded();
    fs::write(checkout.at("dist/third-party-notices.txt"), "others\n").unwrap();
    let found = checkout.verify(&["--no-rebuild"]);
    has(&found, 1, &["its third-party-notices.txt is the one beside it", "verify: 2 wrong"]);
}

/// A second build is for the architectures of the statement, by the same compiler, or it says nothing.
#[test]
fn a_second_build_that_cannot_be_compared_is_not_called_wrong() {
    let checkout = Checkout::new();
    let foreign = if ARCH == "aarch64" { "x86_64" } else { "aarch64" };
    checkout.packages(&[]).succeeded();
    let state = |architecture: &str, rustc: &str, host: &str| {
        fs::write(checkout.at("dist/provenance.json"), statement(architecture, rustc, host)).unwrap();
    };
    state(foreign, "1.90.0", ARCH);
    checkout.keep_as_second_build();
    has(&checkout.verify(&[]), 0, &[".deb: built again, it is the same"]);
    let called = fs::read_to_string(checkout.at("again.called")).unwrap();
    assert!(called.starts_with(&format!("--architecture {foreign} --out ")), "{called}");
    let unknown = ["cannot be compared", "verify: nothing is wrong, but"];
    for (architecture, rustc, host, said) in [
        (ARCH, "1.87.0", ARCH, "they were built by rustc 1.87.0"),
        (foreign, "1.88.0", foreign, "verify them on such a machine"),
        // The compiler for the foreign one is another than ours, and another here.
        (foreign, "1.89.0", ARCH, "rustc@1.89.0"),
    ] {
        state(architecture, rustc, host);
        let found = checkout.verify(&[]);
        has(&found, 1, &unknown);
        assert!(found.stdout.contains(said) && !found.stdout.contains("WRONG"), "{found:?}");
    }
}
