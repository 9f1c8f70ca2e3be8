//! A command signs; rpm, gpg and sha256sum verify the signatures.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use common::header::{self, Part};
use common::kitchen_sink_agent::Workshop;
use common::{Run, run, shell, text, tool_command, tree};

/// Homes of gpg and the public keys from them, made once.
struct Keys {
    place: tempfile::TempDir,
}

/// The keys: RSA of 3072 bits, as rpm 4.11 imports it, Ed25519, and another RSA key. `expired` had a day.
const KEYS: [(&str, &str, &str); 4] = [
    ("rsa", "rsa3072", "never"),
    ("ed25519", "ed25519", "never"),
    ("other", "rsa3072", "never"),
    ("expired", "rsa3072", "2020-03-01"),
];

/// Returns the keys that the tests share. A test holds them to its end: with the last, gpg's agents end too.
fn keys() -> Arc<Keys> {
    static SHARED: Mutex<Weak<Keys>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let made = Arc::new(Keys::make());
        *shared = Arc::downgrade(&made);
        made
    })
}

impl Keys {
    fn make() -> Self {
        let place = tempfile::tempdir().unwrap();
        for (name, algorithm, expires) in KEYS {
            // Older than the packages, which gpg wants of the key of a signature with their time.
            let line = format!(
                "exec 2>>log; mkdir -m 700 {name}
                 gpg=\"gpg --homedir {name} --batch --quiet --faked-system-time 20200201T000000!\"
                 $gpg --passphrase '' --quick-generate-key 'Odd Agents <agents@odd.example>' {algorithm} sign {expires}
                 $gpg --armor --export >{name}.asc"
            );
            shell(&line, place.path());
        }
        Self { place }
    }

    fn public(&self, name: &str) -> PathBuf {
        self.place.path().join(format!("{name}.asc"))
    }

    /// The command that `--help` gives as an example, at a fixed time, so that the same bytes get the same signature.
    fn command(&self, name: &str) -> String {
        let home = self.place.path().join(name);
        format!(
            "gpg --homedir '{}' --batch --quiet --faked-system-time 20200202T120000! --local-user agents@odd.example --detach-sign",
            home.display()
        )
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        for (name, _, _) in KEYS {
            let _ =
                tool_command("gpgconf", &["--homedir", name, "--kill", "gpg-agent"]).current_dir(&self.place).output();
        }
    }
}

/// A workshop with packages that this key signed.
fn signed(key: &str) -> Workshop {
    let workshop = Workshop::bare();
    build(&workshop, &keys().command(key)).succeeded();
    workshop
}

fn build(workshop: &Workshop, command: &str) -> Run {
    run(workshop.command().args(["--sign-with", command]).stdin(Stdio::null()))
}

/// Runs rpmkeys with a database that has only this public key.
fn checked(workshop: &Workshop, key: &str, package: &str) -> Run {
    let database = workshop.at(&format!("database-{key}"));
    if !database.exists() {
        let mut import = tool_command("rpmkeys", &["--dbpath", text(&database), "--import"]);
        run(import.arg(keys().public(key))).succeeded();
    }
    let mut check = tool_command("rpmkeys", &["--dbpath", text(&database), "--checksig", "-v"]);
    run(check.arg(workshop.at(package)))
}

fn rpm(workshop: &Workshop) -> PathBuf {
    common::only(&workshop.out(), ".rpm")
}

#[test]
fn rpm_accepts_the_signature_and_no_changed_byte() {
    let _keys = keys();
    for (key, kind) in [("rsa", "RSA/SHA"), ("ed25519", "EdDSA/SHA")] {
        let workshop = signed(key);
        let package = rpm(&workshop);
        let good = checked(&workshop, key, text(&package));
        assert_eq!(good.code, Some(0), "{good:?}");
        let signatures: Vec<&str> = good.stdout.lines().filter(|line| line.contains("Signature, key ID")).collect();
        assert!(!signatures.is_empty(), "{good:?}");
        for line in signatures {
            assert!(line.contains(kind) && line.ends_with(": OK"), "{line}");
        }
        assert!(good.stdout.lines().skip(1).all(|line| line.ends_with(": OK")), "{good:?}");
        assert!(good.stdout.contains("    MD5 digest: OK\n"), "{good:?}");
        let short =
            run(tool_command("rpm", &["--dbpath", text(&workshop.at(&format!("database-{key}"))), "-K"]).arg(&package));
        assert!(short.stdout.ends_with(": digests signatures OK\n"), "{short:?}");
        common::assert_archive_size(&package);

        let bytes = fs::read(&package).unwrap();
        let summary = bytes.windows(11).position(|part| part == b"An agent wi").unwrap();
        for (place, what) in [(summary, "the header"), (bytes.len() - 20, "the payload")] {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            workshop.write("changed.rpm", changed);
            let bad = checked(&workshop, key, "changed.rpm");
            assert_eq!(bad.code, Some(1), "{what}: {bad:?}");
        }
    }
}

/// rpm 4.11 looks for the signature in a tag of its own for RSA and for the others; rpm 6 in another.
#[test]
fn the_signature_is_where_each_rpm_looks_for_it() {
    let _keys = keys();
    for (key, has, has_not) in [("rsa", "RSAHEADER", "DSAHEADER"), ("ed25519", "DSAHEADER", "RSAHEADER")] {
        let workshop = signed(key);
        let format = format!("%{{{has}:pgpsig}}\n%{{{has_not}}}\n");
        let said = run(tool_command("rpm", &["-qp", "--nosignature", "--qf", &format]).arg(rpm(&workshop))).succeeded();
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].contains("SHA") && lines[1] == "(none)", "{key}: {said}");
        // Tag 278, of type 8, the first of the entries.
        let entry = [278_u32, 8].map(u32::to_be_bytes).concat();
        let bytes = fs::read(rpm(&workshop)).unwrap();
        assert!(bytes[96..400].windows(8).any(|part| part == entry), "{key}");
    }
}

fn of(workshop: &Workshop, arguments: &[&str]) -> Run {
    run(common::package().args(arguments).current_dir(workshop.directory.path()))
}

/// rpm 4.11 installs with a wrong archive size, and draws its progress bar without end.
#[test]
fn packages_that_differ_by_more_than_signatures_are_not_the_same() {
    let keys = keys();
    let workshop = signed("rsa");
    let bytes = fs::read(rpm(&workshop)).unwrap();
    workshop.write("signed.rpm", &bytes);
    workshop.write("unsigned.rpm", fs::read(Workshop::bare().built(".rpm")).unwrap());
    of(&workshop, &["compare", "signed.rpm", "unsigned.rpm"]).succeeded();

    let tags = header::tags(&bytes);
    for tag in [1000, 1004, 1007] {
        let mut changed = bytes.clone();
        changed[tags[&(Part::Signature, tag)].place] ^= 1;
        workshop.write("changed.rpm", changed);
        of(&workshop, &["compare", "signed.rpm", "changed.rpm"]).refused(&["changed.rpm", "another content"]);
    }

    // What signs otherwise: it also writes into the room that a package has for signatures.
    let home = keys.place.path().join("rsa");
    let line = format!(
        "cp unsigned.rpm added.rpm; rpmsign --addsign --define '_gpg_name agents@odd.example' --define '_gpg_path {}' \\
        --define \"__gpg $(command -v gpg)\" added.rpm >log 2>&1 || {{ cat log; exit 1; }}",
        text(&home)
    );
    shell(&line, workshop.directory.path());
    let added = header::tags(&fs::read(workshop.at("added.rpm")).unwrap());
    let reserved = (Part::Signature, 1008);
    assert!(added[&reserved].count < tags[&reserved].count, "{added:?}");
    for tag in [1004, 1007] {
        assert_eq!(added[&(Part::Signature, tag)].bytes, tags[&(Part::Signature, tag)].bytes, "{tag}");
    }
    of(&workshop, &["compare", "unsigned.rpm", "added.rpm"]).succeeded();
    fs::copy(keys.public("rsa"), workshop.at("public.asc")).unwrap();
    of(&workshop, &["verify", "--public-key", "public.asc", "added.rpm"]).succeeded();
}

/// The signature is of the header, which has the payload's digest.
#[test]
fn a_good_signature_with_another_payload_is_refused() {
    let keys = keys();
    let workshop = signed("rsa");
    let bytes = fs::read(rpm(&workshop)).unwrap();
    fs::copy(keys.public("rsa"), workshop.at("public.asc")).unwrap();
    let verify = |name: &str| of(&workshop, &["verify", "--public-key", "public.asc", name]);
    workshop.write("good.rpm", &bytes);
    assert_eq!(verify("good.rpm").succeeded(), "good.rpm: a good signature\n");
    let mut changed = bytes.clone();
    changed[bytes.len() - 20] ^= 1;
    let changes =
        [("changed", changed), ("longer", [&bytes[..], b"x"].concat()), ("shorter", bytes[..bytes.len() - 1].to_vec())];
    for (how, bytes) in changes {
        workshop.write("other.rpm", bytes);
        let found = verify("other.rpm");
        assert!(found.code == Some(1) && found.stdout.is_empty(), "{how}: {found:?}");
        found.refused(&["other.rpm", "payload is not the one that was signed"]);
    }
}

#[test]
fn another_key_is_not_accepted() {
    let _keys = keys();
    let workshop = signed("rsa");
    let found = checked(&workshop, "other", text(&rpm(&workshop)));
    assert!(found.code != Some(0) && found.stdout.contains("NOKEY"), "{found:?}");
}

#[test]
fn gpg_accepts_the_checksums_and_no_changed_byte() {
    let keys = keys();
    for armor in ["", " --armor"] {
        let workshop = Workshop::bare();
        build(&workshop, &(keys.command("rsa") + armor)).succeeded();
        fs::copy(keys.public("rsa"), workshop.at("public.asc")).unwrap();
        let verify =
            "export GNUPGHOME=$PWD/../home; mkdir -m 700 -p ../home; gpg --batch --quiet --import ../public.asc
            gpg --batch --verify SHA256SUMS.sig SHA256SUMS 2>&1; gpgconf --kill gpg-agent";
        let said = shell(verify, &workshop.out());
        assert!(said.contains("Good signature from \"Odd Agents <agents@odd.example>\""), "{said}");
        shell("sha256sum --strict --check SHA256SUMS", &workshop.out());
        let listed = fs::read_to_string(workshop.out().join("SHA256SUMS")).unwrap();
        assert!(listed.contains(".deb\n") && listed.contains(".rpm\n") && listed.lines().count() == 2, "{listed}");
        workshop.write("out/SHA256SUMS", listed.replace(".deb", ".dab"));
        let bad = run(tool_command("sh", &["-ec", verify]).current_dir(workshop.out()));
        assert!(bad.code != Some(0) && bad.stdout.contains("BAD signature"), "{bad:?}");
    }
}

#[test]
fn a_second_signed_build_is_the_same_to_the_byte() {
    let keys = keys();
    let workshop = signed("rsa");
    let first = tree::read(&workshop.out());
    assert_eq!(first.len(), 4);
    build(&workshop, &keys.command("rsa")).succeeded();
    assert_eq!(tree::difference(&first, &tree::read(&workshop.out())), Vec::<String>::new());
}

#[test]
fn an_unsigned_build_removes_the_old_signature() {
    let _keys = keys();
    let workshop = signed("rsa");
    assert!(workshop.out().join("SHA256SUMS.sig").exists());
    workshop.build().succeeded();
    assert!(!workshop.out().join("SHA256SUMS.sig").exists());
    let found = checked(&workshop, "rsa", text(&rpm(&workshop)));
    assert!(found.code == Some(0) && !found.stdout.contains("Signature"), "{found:?}");
}

/// Whatever a command does instead of signing is one line, and what is in the directory stays as it is.
#[test]
fn a_command_that_does_not_sign_leaves_everything_as_it_is() {
    let keys = keys();
    let workshop = Workshop::bare();
    let sign = keys.command("rsa");
    let fixed = workshop.at("fixed.sig");
    shell(&format!("echo other bytes | {sign} >'{}'", text(&fixed)), workshop.directory.path());
    let half = format!("{sign} | head -c 100");
    let refusals: Vec<(String, &str)> = vec![
        ("no-such-signer --sign".into(), "was not found (exit status 127)"),
        ("/etc/passwd".into(), "cannot be executed (exit status 126)"),
        ("exit 3".into(), "exited with status 3"),
        ("kill -9 $$".into(), "was killed by signal 9"),
        ("true".into(), "wrote no signature to standard output"),
        ("echo".into(), "wrote no signature to standard output"),
        ("echo signed".into(), "wrote no OpenPGP signature"),
        ("head -c 300 /dev/urandom | tr '\\000-\\377' '\\210'".into(), "wrote no OpenPGP signature"),
        (half, "wrote no OpenPGP signature, or only a part of one"),
        (format!("{sign} --armor | head -n 5"), "wrote no OpenPGP signature"),
        (format!("{sign} --armor | sed 5s/[a-z]/x/"), "damaged"),
        (sign.replace("--detach-sign", "--sign"), "use --detach-sign"),
        (sign.replace("--detach-sign", "--clearsign"), "clear-signed"),
        (sign.clone() + " --textmode", "--textmode"),
        (sign.clone() + " --digest-algo SHA1", "SHA-1"),
        (sign.clone() + " --digest-algo SHA224", "SHA-224"),
        (format!("cat >all; {sign} <all; {sign} <all; rm all"), "more than one signature"),
        (format!("cat '{}'", text(&fixed)), "something else than its standard input"),
        (format!("echo and more | cat - /dev/stdin | {sign}"), "something else than its standard input"),
    ];
    for (command, problem) in &refusals {
        let mut call = workshop.command();
        call.args(["--sign-with", command]).current_dir(workshop.directory.path());
        let found = run(&mut call);
        assert_eq!((found.code, found.stdout.as_str()), (Some(1), ""), "{command}: {found:?}");
        let ours: Vec<&str> = found.stderr.lines().filter(|line| line.starts_with("package: ")).collect();
        assert!(matches!(ours.as_slice(), [line] if line.contains(problem)), "{command}: {found:?}");
        assert_eq!(found.stderr.lines().last(), ours.first().copied(), "{found:?}");
        assert!(!workshop.out().exists(), "{command}");
    }
    build(&workshop, &sign).succeeded();
    let first = tree::read(&workshop.out());
    // The RPM would be signed, but not the checksums.
    let second_fails = format!("[ ! -e once ] || exit 9; touch once; {sign}");
    let mut call = workshop.command();
    let found = run(call.args(["--sign-with", &second_fails]).current_dir(workshop.directory.path()));
    assert!(found.code == Some(1) && found.stderr.contains("exited with status 9"), "{found:?}");
    assert_eq!(tree::difference(&first, &tree::read(&workshop.out())), Vec::<String>::new());
}

#[test]
fn a_public_key_tells_whether_the_right_key_signed() {
    let keys = keys();
    let workshop = Workshop::bare();
    let verified = |command: &str, public: &std::path::Path| {
        run(workshop.command().args(["--sign-with", command, "--public-key", text(public)]))
    };
    let refused = |found: Run, problem: &str| {
        assert_eq!(found.code, Some(1), "{found:?}");
        assert!(found.stderr.lines().last().is_some_and(|line| line.contains(problem)), "{problem}: {found:?}");
        assert!(!workshop.out().exists(), "{problem}");
    };
    let (rsa, other) = (keys.public("rsa"), keys.public("other"));
    refused(verified(&keys.command("rsa"), &other), "which is not in");
    // Signed while it was good.
    let expired = keys.command("expired");
    refused(verified(&expired, &keys.public("expired")), "which has expired");
    // The digest is right, the rest is not.
    let sign = keys.command("rsa");
    refused(verified(&format!("{sign} >s; head -c -5 s; printf 12345; rm s"), &rsa), "a bad signature");
    workshop.write("none.asc", "no key");
    refused(verified(&sign, &workshop.at("none.asc")), "not a public key");
    refused(verified(&sign, &workshop.at("missing.asc")), "No such file");
    let secret =
        format!("gpg --homedir '{}' --batch --armor --export-secret-keys", text(&keys.place.path().join("rsa")));
    workshop.write("secret.asc", shell(&secret, workshop.directory.path()));
    refused(verified(&sign, &workshop.at("secret.asc")), "a secret key");

    verified(&sign, &rsa).succeeded();
    workshop.write("both.asc", [fs::read(&other).unwrap(), fs::read(&rsa).unwrap()].concat());
    verified(&sign, &workshop.at("both.asc")).succeeded();
}

/// apt of Debian 13 refuses small RSA keys and DSA, rpm imports no other curve than Ed25519's.
#[test]
fn a_public_key_of_a_kind_that_hosts_refuse_is_refused() {
    let keys = keys();
    let workshop = Workshop::bare();
    let made = |algorithm: &str| {
        let line = format!(
            "exec 2>log; mkdir -m 700 {algorithm}; gpg='gpg --homedir {algorithm} --batch --quiet'
             $gpg --passphrase '' --quick-generate-key weak@odd.example {algorithm} sign never
             $gpg --armor --export >{algorithm}.asc; $gpg --export-secret-keys >{algorithm}.secret
             gpgconf --homedir {algorithm} --kill gpg-agent"
        );
        shell(&line, workshop.directory.path());
        workshop.at(&format!("{algorithm}.asc"))
    };
    let refused = |public: &std::path::Path, problem: &str| {
        let sign = keys.command("rsa");
        let found = run(workshop.command().args(["--sign-with", &sign, "--public-key", text(public)]));
        found.refused(&[problem]);
        assert!(!workshop.out().exists(), "{problem}");
    };
    refused(&made("rsa1024"), "an RSA key of 1024 bits, which package managers refuse; use RSA with 3072 bits or more");
    refused(&made("nistp256"), "a key on a curve that rpm does not import");
    // Behind a public one, and binary: it would be published.
    let both = [
        fs::read(keys.public("rsa"))
            .map(|text| packaging::signing::openpgp::binary(&text, "PUBLIC KEY BLOCK"))
            .unwrap()
            .unwrap(),
        fs::read(workshop.at("rsa1024.secret")).unwrap(),
    ];
    workshop.write("both.gpg", both.concat());
    refused(&workshop.at("both.gpg"), "a secret key; only the public key belongs here");
}

#[test]
fn a_command_that_hangs_is_ended_with_all_that_it_started() {
    let _keys = keys();
    let workshop = Workshop::bare();
    let command = format!("sleep 300 & echo $! >'{}'; wait", text(&workshop.at("pid")));
    let start = Instant::now();
    let found = run(workshop.command().args(["--sign-with", &command, "--sign-timeout", "5"]));
    found.refused(&["took longer than 5 s", "--sign-timeout"]);
    assert!(start.elapsed() < Duration::from_secs(60));
    assert!(!workshop.out().exists());
    let pid = fs::read_to_string(workshop.at("pid")).unwrap();
    let is_gone =
        || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).map_or(true, |stat| stat.contains(") Z "));
    while !is_gone() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(is_gone(), "{pid}");
}

/// Killed while the command signs the checksums, `package` leaves what was there.
#[test]
fn a_build_that_is_killed_while_it_signs_leaves_everything_as_it_is() {
    let keys = keys();
    let workshop = signed("rsa");
    let first = tree::read(&workshop.out());
    let sign = keys.command("rsa");
    let second_waits = format!("[ ! -e once ] || {{ echo $$ >twice; exec sleep 300; }}; touch once; {sign}");
    let mut call = workshop.command();
    call.args(["--sign-with", &second_waits]).current_dir(workshop.directory.path());
    let mut child = call.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    let pid = || fs::read_to_string(workshop.at("twice")).unwrap_or_default();
    while pid().is_empty() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // It has a process group of its own, which Ctrl-C at no terminal reaches.
    shell(&format!("kill {}", pid()), workshop.directory.path());
    assert_eq!(tree::difference(&first, &tree::read(&workshop.out())), Vec::<String>::new());
}

/// A directory that cannot be written is found before the old list of checksums is removed.
#[test]
fn a_list_of_checksums_never_lies_beside_packages_that_it_does_not_fit() {
    let keys = keys();
    let workshop = signed("rsa");
    let out = workshop.out();
    // What a build that is killed between two renames leaves.
    fs::write(rpm(&workshop), "half").unwrap();
    fs::remove_file(out.join("SHA256SUMS")).unwrap();
    build(&workshop, &keys.command("rsa")).succeeded();
    shell("sha256sum --strict --check SHA256SUMS", &out);
    let names: Vec<String> = tree::read(&out).into_keys().collect();
    assert_eq!(names.len(), 4, "no temporary file is left: {names:?}");
    for name in ["SHA256SUMS", "SHA256SUMS.sig"] {
        assert_eq!(fs::metadata(out.join(name)).unwrap().permissions().mode() & 0o777, 0o644);
    }
}
