//! `package repository`: what it refuses, and that a second run changes nothing. The suite `repository` has package managers use
//! the result.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use common::header::{self, Part};
use common::{Run, kitchen_sink_agent, package, run, shell, source, text, tree};

/// A time for gpg, in which its key was made, and the same for the indexes.
const GPG_TIME: &str = "20260301T120000!";
const TIME: &str = "1772366400";

/// hostprep's packages, unsigned, a keyring's manifest, and a key.
struct Publisher {
    place: tempfile::TempDir,
}

impl Publisher {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        common::build_own(place.path());
        let manifest = fs::read_to_string(source("keyring.toml")).unwrap();
        let copyright = source("debian/copyright");
        fs::write(place.path().join("keyring.toml"), manifest.replace("debian/copyright", text(&copyright))).unwrap();
        let publisher = Self { place };
        publisher.make_key("first");
        publisher
    }

    fn at(&self, path: &str) -> PathBuf {
        self.place.path().join(path)
    }

    fn make_key(&self, name: &str) {
        let line = format!(
            "exec 2>>log; mkdir -m 700 {name}; gpg='gpg --homedir {name} --batch --quiet --faked-system-time {GPG_TIME}'
             $gpg --passphrase '' --quick-generate-key '{name}@odd.example' rsa3072 sign never; $gpg --armor --export >{name}.asc"
        );
        shell(&line, self.place.path());
    }

    fn gpg(&self, name: &str, what: &str) -> String {
        format!("gpg --homedir '{}' --batch --quiet --faked-system-time {GPG_TIME} {what}", text(&self.at(name)))
    }

    fn command(&self) -> Command {
        self.command_for("repository")
    }

    fn command_for(&self, out: &str) -> Command {
        let mut command = package();
        command.arg("repository").env("SOURCE_DATE_EPOCH", TIME).stdin(Stdio::null()).current_dir(self.place.path());
        command.args(["--packages", "out", "--out", out, "--keyring", "keyring.toml"]);
        command
    }

    /// The call that succeeds.
    fn publish(&self) -> Run {
        run(&mut self.complete())
    }

    fn complete(&self) -> Command {
        self.complete_for("repository")
    }

    fn complete_for(&self, out: &str) -> Command {
        let mut command = self.command_for(out);
        command.args(["--public-key", "first.asc", "--sign-with", &self.gpg("first", "--detach-sign")]);
        command.args(["--clearsign-with", &self.gpg("first", "--clearsign")]);
        command
    }

    /// How many directories of a run are there that are not complete.
    fn fresh(&self) -> usize {
        let left = fs::read_dir(self.place.path()).unwrap().map(|entry| entry.unwrap().file_name());
        left.filter(|name| name.to_string_lossy().starts_with(".repository.")).count()
    }

    /// Our line, the last one: a signing command's own are before it.
    #[track_caller]
    fn refused(&self, command: &mut Command, words: &[&str]) {
        let found = run(command);
        assert_eq!((found.code, found.stdout.as_str()), (Some(1), ""), "{found:?}");
        let last = found.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("package: "), "{found:?}");
        for word in words {
            assert!(last.contains(word), "`{word}` is not in: {last}");
        }
        assert_eq!(self.fresh(), 0);
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let _ = Command::new("sh")
            .args(["-c", "for d in first second; do [ ! -d $d ] || gpgconf --homedir $d --kill gpg-agent; done"])
            .current_dir(self.place.path())
            .status();
    }
}

#[test]
fn a_second_run_gives_the_same_bytes() {
    let publisher = Publisher::new();
    let said = publisher.publish().succeeded();
    assert!(said.contains("4 packages, 2 RPMs newly signed"), "{said}");
    let first = tree::read(&publisher.at("repository"));
    // Over the first, which signs no RPM again, and in another place.
    let said = publisher.publish().succeeded();
    assert!(said.contains("4 packages, 0 RPMs newly signed"), "{said}");
    assert_eq!(tree::difference(&first, &tree::read(&publisher.at("repository"))), Vec::<String>::new());
    let url = format!("file://{}", text(&publisher.at("repository")));
    run(publisher.complete_for("other").args(["--url", &url])).succeeded();
    assert_eq!(tree::difference(&first, &tree::read(&publisher.at("other"))), Vec::<String>::new());
    assert_eq!(publisher.fresh(), 0);
}

/// A host that has just read the indexes before finds what they name.
#[test]
fn the_files_of_the_indexes_before_stay_for_one_run() {
    let publisher = Publisher::new();
    publisher.publish().succeeded();
    let indexes = |publisher: &Publisher| {
        let all = tree::read(&publisher.at("repository")).into_keys();
        let is_index = |path: &String| path.contains("/by-hash/SHA256/") || path.contains("-primary.xml.gz");
        all.filter(is_index).collect::<Vec<String>>()
    };
    let first = indexes(&publisher);
    assert_eq!(first.len(), 3, "{first:?}");
    let manifest = fs::read_to_string(publisher.at("keyring.toml")).unwrap();
    fs::write(publisher.at("keyring.toml"), manifest.replace("\"1\"", "\"2\"").replace("\"1-1\"", "\"2-2\"")).unwrap();
    publisher.publish().succeeded();
    let second = indexes(&publisher);
    assert!(second.len() == 6 && first.iter().all(|path| second.contains(path)), "{first:?} {second:?}");
    publisher.publish().succeeded();
    let third = indexes(&publisher);
    assert!(third.len() == 3 && !first.iter().any(|path| third.contains(path)), "{first:?} {third:?}");
}

/// A host that has read the index and then installs finds the package.
#[test]
fn the_packages_of_the_indexes_before_stay_for_one_run() {
    let publisher = Publisher::new();
    publisher.publish().succeeded();
    let packages = |publisher: &Publisher| {
        let all = tree::read(&publisher.at("repository")).into_keys();
        all.filter(|path| path.ends_with(".deb") || path.ends_with(".rpm")).collect::<Vec<String>>()
    };
    let first = packages(&publisher);
    assert_eq!(first.len(), 4, "{first:?}");
    fs::remove_dir_all(publisher.at("out")).unwrap();
    let program = publisher.at("program");
    let mut build = package();
    build.args(["build", "--manifest", text(&source("hostprep.toml")), "--hostprep", text(&program), "--version", "9"]);
    run(build.arg("--out").arg(publisher.at("out"))).succeeded();
    publisher.publish().succeeded();
    let second = packages(&publisher);
    assert!(second.len() == 6 && first.iter().all(|path| second.contains(path)), "{first:?} {second:?}");
    // They are listed nowhere, so the next run takes them for gone.
    let old = first.iter().find(|path| path.contains("amd64.deb")).unwrap().rsplit('/').next().unwrap().to_owned();
    let index = "SHA256SUMS apt/dists/stable/main/binary-amd64/Packages";
    shell(
        &format!("! grep -F '{old}' {index} && zcat rpm/repodata/*-primary.xml.gz >all"),
        &publisher.at("repository"),
    );
    fs::remove_file(publisher.at("repository/all")).unwrap();
    publisher.publish().succeeded();
    let third = packages(&publisher);
    assert!(third.len() == 4 && !third.iter().any(|path| path.contains(&old)), "{third:?}");
}

/// A web server reads it, whatever the umask of who made it.
#[test]
fn everyone_can_read_it() {
    let publisher = Publisher::new();
    let mut command = Command::new("sh");
    let inner = publisher.complete();
    command.args(["-c", "umask 077; exec \"$@\"", "sh"]).arg(inner.get_program()).args(inner.get_args());
    command.current_dir(publisher.place.path()).env("SOURCE_DATE_EPOCH", TIME).stdin(Stdio::null());
    run(&mut command).succeeded();
    let odd = shell(
        "find repository -type d ! -perm 0755 -o -type f ! -perm 0644; find repository | wc -l",
        publisher.place.path(),
    );
    let count: usize = odd.trim().parse().unwrap_or_else(|_| panic!("{odd}"));
    assert!(count > 20, "{count}");
}

#[test]
fn a_url_is_one_that_package_managers_take() {
    let publisher = Publisher::new();
    run(&mut publisher.complete_for("a b/50% $x")).succeeded();
    let sources = fs::read_to_string(publisher.at("a b/50% $x/hostprep.sources")).unwrap();
    assert!(sources.contains("/a%20b/50%25%20%24x/apt\n"), "{sources}");
    for url in ["packages.acme.example", "https://x/a b", "https://x/\nTrusted: yes", "https://x/$releasever", ""] {
        publisher.refused(publisher.complete().args(["--url", url]), &["--url"]);
    }
}

/// What is in the place of a repository is removed, so it must be one, and of this name.
#[test]
fn another_directory_is_not_replaced() {
    let publisher = Publisher::new();
    fs::create_dir_all(publisher.at("repository/apt")).unwrap();
    fs::create_dir_all(publisher.at("repository/rpm")).unwrap();
    fs::write(publisher.at("repository/apt/thesis.tex"), "years of work").unwrap();
    let refused = |words: &[&str]| {
        publisher.refused(&mut publisher.complete(), words);
        assert_eq!(fs::read_to_string(publisher.at("repository/apt/thesis.tex")).unwrap(), "years of work");
    };
    // Another tool's, then with other definitions, then ours with more in it.
    refused(&["repository", "no repository of hostprep", "name another one"]);
    fs::write(publisher.at("repository/other.sources"), "").unwrap();
    refused(&["no repository of hostprep"]);
    fs::write(publisher.at("repository/hostprep.sources"), "").unwrap();
    refused(&["other.sources", "name another one"]);
    fs::remove_dir_all(publisher.at("repository")).unwrap();
    fs::write(publisher.at("repository"), "a file").unwrap();
    publisher.refused(&mut publisher.complete(), &["repository"]);
    fs::remove_file(publisher.at("repository")).unwrap();
    // An empty one; and beside it, what a killed run left, and another file with a similar name.
    fs::create_dir_all(publisher.at("repository")).unwrap();
    fs::create_dir_all(publisher.at(".repository.0123456789ab.new")).unwrap();
    fs::write(publisher.at(".repository.0123456789ab.new/hostprep.sources"), "").unwrap();
    for theirs in [".repository.new", ".repository.cdefghijklmn.new"] {
        fs::create_dir_all(publisher.at(theirs).join("apt")).unwrap();
    }
    publisher.publish().succeeded();
    assert!(!publisher.at(".repository.0123456789ab.new").exists());
    assert!(publisher.at(".repository.new/apt").exists() && publisher.at(".repository.cdefghijklmn.new/apt").exists());
}

/// An RPM that is signed for the repository is another file than the one that was built.
#[test]
fn the_checksums_are_of_the_packages_as_they_are_published() {
    let publisher = Publisher::new();
    publisher.publish().succeeded();
    shell("sha256sum --strict --check SHA256SUMS && test $(wc -l <SHA256SUMS) -eq 4", &publisher.at("repository"));
    let verify = ["verify", "--public-key", "first.asc", "repository/SHA256SUMS"];
    run(package().args(verify).current_dir(publisher.place.path())).succeeded();
}

/// With the day of a changelog in SOURCE_DATE_EPOCH, no host would take it.
#[test]
fn an_index_that_has_expired_already_is_refused() {
    let publisher = Publisher::new();
    publisher.refused(publisher.complete().args(["--valid-days", "1"]), &["SOURCE_DATE_EPOCH", "Mon, 02 Mar 2026"]);
    run(publisher.complete().args(["--valid-days", "1"]).env_remove("SOURCE_DATE_EPOCH")).succeeded();
    let release = fs::read_to_string(publisher.at("repository/apt/dists/stable/Release")).unwrap();
    assert!(release.contains("\nValid-Until: "), "{release}");
}

#[test]
fn what_cannot_be_published_leaves_the_repository_as_it_is() {
    let publisher = Publisher::new();
    publisher.make_key("second");
    publisher.publish().succeeded();
    let first = tree::read(&publisher.at("repository"));
    let sign = |name: &str| publisher.gpg(name, "--detach-sign");
    let with = |public: &str, sign: &str, clearsign: &str| {
        let mut command = publisher.command();
        command.args(["--public-key", public, "--sign-with", sign, "--clearsign-with", clearsign]);
        command.env("SOURCE_DATE_EPOCH", "1772366401");
        command
    };
    let clear = publisher.gpg("first", "--clearsign");
    publisher.refused(&mut with("first.asc", &sign("second"), &clear), &["which is not in first.asc"]);
    publisher
        .refused(&mut with("first.asc", &sign("first"), &publisher.gpg("second", "--clearsign")), &["which is not in"]);
    publisher.refused(&mut with("first.asc", &sign("first"), &sign("first")), &["no clear-signed text"]);
    let other = format!("sed s/stable/unstable/ | {clear}");
    publisher.refused(&mut with("first.asc", &sign("first"), &other), &["something else than its standard input"]);
    // rpm and gpgv take it, apt does not.
    for (digest, said) in [("SHA1", "SHA-1"), ("SHA224", "SHA-224")] {
        let weak = publisher.gpg("first", &format!("--digest-algo {digest} --clearsign"));
        publisher.refused(&mut with("first.asc", &sign("first"), &weak), &[said]);
    }
    let twice = format!("tee text | {clear}; {clear} <text");
    publisher.refused(&mut with("first.asc", &sign("first"), &twice), &["no clear-signed text"]);
    publisher.refused(&mut with("first.asc", "exit 4", &clear), &["exited with status 4"]);
    publisher.refused(publisher.complete().args(["--next-key", "first.asc"]), &["first.asc", "the present one"]);
    publisher.refused(publisher.complete().args(["--next-key", "log"]), &["log", "not a public key"]);
    // The same key, exported after a change of it: another file.
    let gpg = |hour: &str| publisher.gpg("first", "").replace("T12", hour);
    let again = format!(
        "exec 2>>log; key=$({} --with-colons --list-keys | sed -n 's/^fpr:*\\([0-9A-F]*\\):$/\\1/p')
         {one} --quick-set-expire $key 2000d; {one} --armor --export >again.asc
         {other} --quick-set-expire $key 1d; {other} --armor --export >expired.asc",
        gpg("T12"),
        one = gpg("T13"),
        other = gpg("T14"),
    );
    shell(&again, publisher.place.path());
    publisher.refused(publisher.complete().args(["--next-key", "again.asc"]), &["again.asc", "the present one"]);
    publisher.refused(publisher.complete().args(["--next-key", "expired.asc"]), &["expired.asc", "has expired"]);
    // Other keys under the same version: hosts that have it would never see them.
    publisher.refused(publisher.complete().args(["--next-key", "second.asc"]), &["keyring.toml", "raise it"]);
    // And so would those that have a newer version.
    let manifest = fs::read_to_string(publisher.at("keyring.toml")).unwrap();
    let with_version = |version: &str| {
        let manifest = manifest.replace("version = \"1\"", &format!("version = \"{version}\""));
        fs::write(publisher.at("keyring.toml"), manifest.replace("\"1-1\"", &format!("\"{version}-1\""))).unwrap();
    };
    with_version("0.9");
    publisher.refused(&mut publisher.complete(), &["keyring.toml", "has version 1-1", "raise"]);
    fs::write(publisher.at("keyring.toml"), manifest.replace("\"noarch\"", "[\"x86_64\", \"aarch64\"]")).unwrap();
    publisher.refused(&mut publisher.complete(), &["keyring.toml", "lists several", "write `noarch`"]);
    with_version("1");
    publisher.refused(publisher.complete().env("SOURCE_DATE_EPOCH", "today"), &["SOURCE_DATE_EPOCH"]);
    publisher.refused(publisher.complete().args(["--packages", "missing"]), &["missing/SHA256SUMS"]);

    let deb = common::only(&publisher.at("out"), ".deb");
    let content = fs::read(&deb).unwrap();
    fs::write(&deb, [&content[..], b"more"].concat()).unwrap();
    publisher.refused(&mut publisher.complete(), &[".deb", "not the file that out/SHA256SUMS names"]);
    fs::remove_file(&deb).unwrap();
    publisher.refused(&mut publisher.complete(), &[".deb", "No such file"]);
    // apt-ftparchive leaves it out and exits with 0.
    fs::write(&deb, &content[..content.len() / 2]).unwrap();
    shell("sha256sum *.rpm *.deb >SHA256SUMS", &publisher.at("out"));
    publisher.refused(&mut publisher.complete(), &[".deb", "not a DEB, or damaged"]);
    for name in ["a b.deb", "-x.rpm", "..rpm"] {
        fs::write(publisher.at("out").join(name), &content).unwrap();
        fs::write(publisher.at("out/SHA256SUMS"), format!("{}  {name}\n", packaging::artifacts::sha256(&content)))
            .unwrap();
        publisher.refused(&mut publisher.complete(), &["out/SHA256SUMS", name]);
    }
    assert_eq!(tree::difference(&first, &tree::read(&publisher.at("repository"))), Vec::<String>::new());
}

/// Killed while the last index is signed, it leaves the repository, and the next run cleans up.
#[test]
fn a_run_that_is_killed_leaves_the_repository_as_it_is() {
    let publisher = Publisher::new();
    publisher.publish().succeeded();
    let first = tree::read(&publisher.at("repository"));
    let mut command = publisher.command();
    command.args(["--public-key", "first.asc", "--sign-with", &publisher.gpg("first", "--detach-sign")]);
    command.args(["--clearsign-with", "echo $$ >signing; exec sleep 300"]).env("SOURCE_DATE_EPOCH", "1772366401");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = std::time::Instant::now();
    let pid = || fs::read_to_string(publisher.at("signing")).unwrap_or_default();
    while pid().is_empty() && start.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // One at a time.
    let second = run(&mut publisher.complete());
    child.kill().unwrap();
    child.wait().unwrap();
    shell(&format!("kill {}", pid()), publisher.place.path());
    assert!(second.code == Some(1) && second.stderr.contains("another run is making a repository there"), "{second:?}");
    assert_eq!(publisher.fresh(), 1);
    assert_eq!(tree::difference(&first, &tree::read(&publisher.at("repository"))), Vec::<String>::new());
    publisher.publish().succeeded();
    assert_eq!(publisher.fresh(), 0);
}

/// An RPM that this key signed stays to the byte, as its checksum may be published; one of another key is signed anew.
#[test]
fn a_signed_rpm_stays_as_it_is() {
    let publisher = Publisher::new();
    publisher.make_key("second");
    let build = |name: &str, out: &str| {
        let program = publisher.at("program");
        let mut command = package();
        command.args(["build", "--manifest", text(&source("hostprep.toml")), "--hostprep", text(&program)]);
        run(command.arg("--out").arg(publisher.at(out)).args(["--sign-with", &publisher.gpg(name, "--detach-sign")]))
            .succeeded();
        fs::read(common::only(&publisher.at(out), ".rpm")).unwrap()
    };
    assert_eq!(fs::read(publisher.at("program")).unwrap(), kitchen_sink_agent::PROGRAM);
    let published = |publisher: &Publisher| {
        fs::read(publisher.at(concat!("repository/rpm/hostprep-", env!("CARGO_PKG_VERSION"), "-1.x86_64.rpm"))).unwrap()
    };
    let built = build("first", "out");
    publisher.publish().succeeded();
    assert!(published(&publisher) == built);
    let foreign = build("second", "out");
    publisher.publish().succeeded();
    assert!(published(&publisher) != foreign && published(&publisher) == built);
}

/// What an earlier `package` published without the archive size, rpm 4.11 does not install: the next run replaces it.
#[test]
fn a_published_rpm_with_other_tags_is_replaced() {
    let publisher = Publisher::new();
    publisher.publish().succeeded();
    let path = publisher.at(concat!("repository/rpm/hostprep-", env!("CARGO_PKG_VERSION"), "-1.x86_64.rpm"));
    let right = fs::read(&path).unwrap();
    let mut old = right.clone();
    old[header::tags(&right)[&(Part::Signature, 1007)].place..][..4].fill(0);
    fs::write(&path, old).unwrap();
    let said = publisher.publish().succeeded();
    assert!(said.contains("1 RPMs newly signed"), "{said}");
    common::assert_archive_size(&path);
}

/// Without the key, `rpm -K` would refuse the package for the signature that is left.
#[test]
fn signatures_of_another_key_are_removed() {
    let publisher = Publisher::new();
    publisher.make_key("second");
    let line = "rpmsign --addsign --rpmv3 --define '_gpg_name second@odd.example' --define \"_gpg_path $PWD/second\" \
        --define \"__gpg $(command -v gpg)\" out/*.rpm >log 2>&1 || { cat log; exit 1; }
        cd out; sha256sum *.deb *.rpm >SHA256SUMS";
    shell(line, publisher.place.path());
    let of = |path: PathBuf| header::tags(&fs::read(common::only(&path, "x86_64.rpm")).unwrap());
    let foreign = of(publisher.at("out"));
    assert!([268, 1002].iter().all(|tag| foreign.contains_key(&(Part::Signature, *tag))), "{foreign:?}");
    publisher.publish().succeeded();
    let published = of(publisher.at("repository/rpm"));
    assert!(!published.contains_key(&(Part::Signature, 1002)), "{published:?}");
    let line = "rpmkeys --dbpath $PWD/database --import first.asc
        rpmkeys --dbpath $PWD/database --checksig repository/rpm/*.x86_64.rpm";
    let said = shell(line, publisher.place.path());
    assert!(said.ends_with(": digests signatures OK\n"), "{said}");
}

/// What `make repository` hands on.
#[test]
fn the_variables_of_the_script_are_options() {
    let place = tempfile::tempdir().unwrap();
    fs::write(
        place.path().join("source"),
        "#!/bin/sh\nwhile [ \"$1\" != repository ]; do shift; done\nprintf '%s\\n' \"$@\"\n",
    )
    .unwrap();
    shell("install -m 755 source cargo", place.path());
    let variables = [
        ("PUBLIC_KEY", "a b.asc"),
        ("SIGN_WITH", "sign 'as me'"),
        ("CLEARSIGN_WITH", "clear"),
        ("NEXT_KEY", "next.asc"),
        ("URL", "https://packages.acme.example"),
        ("OUT", "o u t"),
        ("PACKAGES", "dist ../older"),
        ("VALID_DAYS", "30"),
        ("KEYRING", "acme.toml"),
    ];
    let path = format!("{}:{}", text(place.path()), std::env::var("PATH").unwrap());
    let mut command = Command::new(source("repository.sh"));
    let said = run(command.env("PATH", path).envs(variables).arg("--sign-timeout=9")).succeeded();
    let words: Vec<&str> = said.lines().collect();
    for pair in [
        ["--public-key", "a b.asc"],
        ["--sign-with", "sign 'as me'"],
        ["--clearsign-with", "clear"],
        ["--next-key", "next.asc"],
        ["--url", "https://packages.acme.example"],
        ["--out", "o u t"],
        ["--packages", "dist"],
        ["--packages", "../older"],
        ["--valid-days", "30"],
        ["--keyring", "acme.toml"],
    ] {
        assert!(words.windows(2).any(|two| two == pair), "{pair:?} is not in {words:?}");
    }
    assert_eq!((words.len(), words.last()), (22, Some(&"--sign-timeout=9")), "{words:?}");
    // The list of variables in the Makefile, which exports them, is the script's.
    let makefile = fs::read_to_string(source("../Makefile")).unwrap();
    let exported = makefile.lines().find(|line| line.starts_with("export SIGN_WITH")).unwrap();
    for (name, _) in variables {
        assert!(exported.split(' ').any(|word| word == name), "{name}");
    }
}

/// A vendor for one family of distributions. The other index has the package with the keys alone.
#[test]
fn packages_of_one_format_are_a_repository() {
    for (other, kept) in [("deb", "rpm"), ("rpm", "apt/pool")] {
        let publisher = Publisher::new();
        fs::remove_file(common::only(&publisher.at("out"), &format!(".{other}"))).unwrap();
        shell("ls *.rpm *.deb 2>/dev/null | xargs sha256sum >SHA256SUMS", &publisher.at("out"));
        publisher.publish().succeeded();
        assert!(fs::read_dir(publisher.at("repository").join(kept)).unwrap().count() > 1);
        let release = fs::read_to_string(publisher.at("repository/apt/dists/stable/Release")).unwrap();
        assert!(release.contains("Architectures: amd64"), "{release}");
    }
}
