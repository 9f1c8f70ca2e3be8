//! Both formats hold the same tree, and building again gives the same bytes.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::kitchen_sink_agent::{self, Workshop};
use common::tree::{self, Node, Tree};
use common::{EPOCH, package, run, shell, shell_as_root, source, text, tool};
use packaging::Format;
use packaging::manifest::Manifest;

/// Unpacks the two packages of a directory there and returns their trees.
fn trees(out: &Path) -> (Tree, Tree) {
    let (rpm, deb) = (common::only(out, ".rpm"), common::only(out, ".deb"));
    let line = format!(
        "umask 022; mkdir rpm deb; cd rpm; rpm2cpio '{}' | cpio -id --quiet --no-absolute-filenames; cd ../deb; dpkg-deb -x '{}' .",
        text(&rpm),
        text(&deb)
    );
    shell_as_root(&line, out);
    (tree::read(&out.join("rpm")), tree::read(&out.join("deb")))
}

/// Compares the trees, except for entries that the manifest has for one format only and for Debian's changelog.
#[track_caller]
fn assert_same(manifest: &Path, (mut rpm, mut deb): (Tree, Tree)) {
    let manifest = Manifest::read(manifest).unwrap();
    let files = manifest.files.iter().map(|file| (file.path.as_str(), file.only, false));
    let links = manifest.links.iter().map(|link| (link.path.as_str(), link.only, false));
    let directories = manifest.directories.iter().map(|directory| (directory.path.as_str(), directory.only, true));
    for (path, only, is_directory) in files.chain(links).chain(directories) {
        // A directory that a package does not own may still be there, because a file below it needs it.
        let may = |tree: &Tree, other: Format| only == Some(other) && (is_directory || !tree.contains_key(path));
        assert!(may(&rpm, Format::Deb) || rpm.contains_key(path), "{path} in the RPM");
        assert!(may(&deb, Format::Rpm) || deb.contains_key(path), "{path} in the DEB");
        if only.is_some() {
            rpm.remove(path);
            deb.remove(path);
        }
    }
    let changelog = format!("/usr/share/doc/{}/changelog.Debian.gz", manifest.package.name);
    assert!(deb.remove(&changelog).is_some());
    // rpm creates parent directories while it unpacks, a DEB lists them: they are not compared.
    for tree in [&mut rpm, &mut deb] {
        let is_directory = |node: &Node| matches!(node, Node::Directory { .. });
        let rest: Vec<String> =
            tree.iter().filter(|(_, node)| !is_directory(node)).map(|(path, _)| path.clone()).collect();
        let is_bare = |path: &String| !rest.iter().any(|other| other.starts_with(&format!("{path}/")));
        let own = |path: &String| manifest.directories.iter().any(|own| *own.path == **path);
        tree.retain(|path, node| {
            own(path)
                || kitchen_sink_agent::EMPTY.contains(&path.as_str())
                || !(is_directory(node) && (is_bare(path) || format!("{path}/").starts_with("/usr/share/")))
        });
    }
    assert_eq!(tree::difference(&rpm, &deb), Vec::<String>::new());
}

#[test]
fn the_kitchen_sink_agents_trees_are_the_same() {
    let workshop = Workshop::full();
    workshop.build().succeeded();
    let (rpm, deb) = trees(&workshop.out());
    for (path, content, mode) in kitchen_sink_agent::files() {
        if !path.contains("/man/") {
            let mode = if mode & 0o111 == 0 { 0o644 } else { 0o755 };
            assert_eq!(deb.get(&path), Some(&Node::File { mode, content }), "{path}");
        }
    }
    for path in kitchen_sink_agent::EMPTY {
        assert_eq!(deb.get(path), Some(&Node::Directory { mode: 0o755 }));
    }
    assert_same(&workshop.at("manifest.toml"), (rpm, deb));
}

#[test]
fn hostpreps_own_trees_are_the_same() {
    let work = tempfile::tempdir().unwrap();
    let out = common::build_own(work.path());
    assert_same(&source("hostprep.toml"), trees(&out));
}

#[test]
fn the_examples_trees_are_the_same() {
    let work = tempfile::tempdir().unwrap();
    let program = work.path().join("program");
    fs::write(&program, kitchen_sink_agent::PROGRAM).unwrap();
    let (manifest, out) = (source("example/manifest.toml"), work.path().join("out"));
    let mut command = package();
    command.arg("build").arg("--manifest").arg(&manifest).arg("--payload").arg(source("example/payload"));
    run(command.arg("--hostprep").arg(program).arg("--out").arg(&out)).succeeded();
    let trees = trees(&out);
    let agent = &trees.0["/opt/acme/agent/bin/acme-agentd"];
    assert!(matches!(agent, Node::File { mode: 0o755, .. }), "{agent:?}");
    assert_same(&manifest, trees);
}

/// Returns everything in the output directory.
fn bytes(out: &Path) -> Tree {
    let tree = tree::read(out);
    assert_eq!(tree.len(), 3, "{tree:?}");
    // A web server must be able to read them, whatever the builder's umask is.
    assert!(tree.values().all(|node| matches!(node, Node::File { mode: 0o644, .. })), "{tree:?}");
    tree
}

#[test]
fn a_second_build_is_the_same_to_the_byte() {
    let workshop = Workshop::full();
    workshop.build().succeeded();
    let first = bytes(&workshop.out());
    workshop.build().succeeded();
    assert_eq!(tree::difference(&first, &bytes(&workshop.out())), Vec::<String>::new());
    shell("sha256sum --strict --check SHA256SUMS", &workshop.out());
}

/// Copies the files of a checkout that a build of hostprep's packages needs, with a payload.
fn checkout(top: &Path, names: &[&str]) {
    for name in names {
        let (from, to) = (source("..").join(name), top.join(name));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        tool("cp", &["-r", text(&from), text(&to)]);
    }
    fs::write(top.join("program"), kitchen_sink_agent::PROGRAM).unwrap();
}

fn build_in(top: &Path, command: &mut Command) -> Tree {
    command.current_dir(top).env("SOURCE_DATE_EPOCH", EPOCH);
    run(command).succeeded();
    bytes(&top.join("dist"))
}

#[test]
fn another_checkout_user_zone_and_order_give_the_same_bytes() {
    let names = [
        "packaging/hostprep.toml",
        "packaging/config",
        "packaging/debian",
        "packaging/example",
        "CHANGELOG.md",
        "profile.toml",
        "kernels.toml",
        "installer/schema",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ];
    let arguments = "build --manifest packaging/hostprep.toml --payload packaging/example/payload --hostprep program";
    let one = tempfile::tempdir().unwrap();
    checkout(one.path(), &names);
    let first = build_in(one.path(), package().args(arguments.split(' ')));

    let other = tempfile::tempdir().unwrap();
    let top = other.path().join("a longer/place");
    checkout(&top, &names.iter().rev().copied().collect::<Vec<_>>());
    shell("find . -exec touch -d 2001-02-03 {} + && chmod -R go= .", &top);
    let line = format!("umask 077; exec '{}' {arguments}", env!("CARGO_BIN_EXE_package"));
    let mut command = Command::new("sh");
    command.args(["-c", &line]).env("TZ", "Asia/Kathmandu").env("LC_ALL", "de_DE.UTF-8").env("HOSTNAME", "other");
    let second = build_in(&top, command.env("USER", "builder").env("HOME", "/nonexistent"));
    assert_eq!(tree::difference(&first, &second), Vec::<String>::new());
}

#[test]
fn the_source_date_is_the_time_of_both_packages() {
    let workshop = Workshop::bare();
    for (given, seconds) in [(Some(EPOCH), EPOCH), (Some("0"), "0"), (None, "1772409600")] {
        let mut command = workshop.command();
        match given {
            Some(time) => command.env("SOURCE_DATE_EPOCH", time),
            None => command.env_remove("SOURCE_DATE_EPOCH"),
        };
        run(&mut command).succeeded();
        let (rpm, deb) = (common::only(&workshop.out(), ".rpm"), common::only(&workshop.out(), ".deb"));
        let times = tool("rpm", &["-qp", "--qf", "%{BUILDTIME}[ %{FILEMTIMES}]", text(&rpm)]);
        assert!(times.split(' ').all(|time| time == seconds), "{times}");
        let day = tool("date", &["-u", "-d", &format!("@{seconds}"), "+%F %T"]);
        let listed = shell(&format!("dpkg-deb --fsys-tarfile '{}' | tar -tv --full-time", text(&deb)), Path::new("/"));
        assert!(listed.lines().all(|line| line.contains(day.trim())), "{day}: {listed}");
    }
}

#[test]
fn an_invalid_source_date_is_refused() {
    use std::os::unix::ffi::OsStrExt;

    let workshop = Workshop::bare();
    for wrong in
        ["", "yesterday", "-1", "4294967296", "1.5", "0x10"].map(str::as_bytes).into_iter().chain([b"\xff".as_slice()])
    {
        let mut command = workshop.command();
        run(command.env("SOURCE_DATE_EPOCH", std::ffi::OsStr::from_bytes(wrong)))
            .refused(&["SOURCE_DATE_EPOCH", "unset"]);
        assert!(!workshop.out().exists());
    }
}

#[test]
fn format_builds_only_that_format() {
    let workshop = Workshop::bare();
    for (format, end) in [("rpm", ".rpm"), ("deb", ".deb")] {
        let out: PathBuf = workshop.at(format);
        let mut command = package();
        command.args([
            "build",
            "--manifest",
            text(&workshop.at("manifest.toml")),
            "--hostprep",
            text(&workshop.at("program")),
        ]);
        let printed = run(command.args(["--format", format, "--version", "9", "--out", text(&out)])).succeeded();
        let path = common::only(&out, end);
        assert!(text(&path).contains("odd-agent-9-") || text(&path).contains("odd-agent_9-"), "{path:?}");
        assert_eq!(tree::read(&out).len(), 2);
        assert!(printed.starts_with(&format!("{}  ", text(&path))) && printed.contains("KiB installed"), "{printed}");
    }
}
