//! Packages for several architectures from one manifest, and what is refused.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::path::Path;
use std::process::Command;

use common::kitchen_sink_agent::{ARM_PROGRAM, PROGRAM, Workshop};
use common::{only, package, run, shell, source, text, tool, tree};

const BOTH: &str = "[\"x86_64\", \"aarch64\"]";

/// A workshop whose manifest lists both architectures, with the other program beside the first.
fn workshop() -> Workshop {
    let workshop = Workshop::bare();
    workshop.change("\"x86_64\"", BOTH);
    workshop.write("arm", ARM_PROGRAM);
    workshop
}

/// `package build` with programs of both architectures.
fn both(workshop: &Workshop) -> Command {
    let mut command = workshop.command();
    command.arg("--hostprep").arg(workshop.at("arm"));
    command
}

/// What a package says of itself, without what names the architecture.
fn rpm_says(path: &Path) -> String {
    let told = ["--requires", "--scripts", "--triggers", "--filetriggers", "--conflicts", "--obsoletes"];
    let mut said: String = told.map(|option| tool("rpm", &["-qp", option, text(path)])).concat();
    assert!(said.contains("transfiletriggerin"), "{said}");
    said +=
        &tool("rpm", &["-qp", "--qf", "[%{FILENAMES} %{FILEMODES:perms} %{FILEFLAGS} %{FILECOLORS}\\n]", text(path)]);
    said
}

fn deb_says(path: &Path, work: &Path) -> String {
    let place = work.join(path.file_name().unwrap());
    tool("dpkg-deb", &["--raw-extract", text(path), text(&place)]);
    shell("cd DEBIAN && for f in *; do echo \"== $f\"; grep -v -e ^Architecture -e bin/hostprep \"$f\"; done", &place)
}

/// hostprep's own packages and the example's.
#[test]
fn they_differ_only_in_the_architecture_and_the_program() {
    for (manifest, payload, name) in
        [("hostprep.toml", None, "hostprep"), ("example/manifest.toml", Some("example/payload"), "acme-agent")]
    {
        let work = tempfile::tempdir().unwrap();
        let out = work.path().join("out");
        let mut build = package();
        build.args(["build", "--manifest", text(&source(manifest)), "--out", text(&out)]);
        for (name, program) in [("x86", PROGRAM), ("arm", ARM_PROGRAM)] {
            std::fs::write(work.path().join(name), program).unwrap();
            build.arg("--hostprep").arg(work.path().join(name));
        }
        if let Some(payload) = payload {
            build.arg("--payload").arg(source(payload));
        }
        run(&mut build).succeeded();
        let rpms = ["x86_64", "aarch64"].map(|one| only(&out, &format!(".{one}.rpm")));
        let debs = ["amd64", "arm64"].map(|one| only(&out, &format!("_{one}.deb")));
        let [x86, arm] = rpms.each_ref().map(|path| rpm_says(path));
        assert_eq!(x86, arm);
        for word in ["libc.so.6(GLIBC_2.17)(64bit)\n", "libselinux.so.1()(64bit)\n"] {
            assert!(arm.contains(word), "{word}: {arm}");
        }
        let isa = |path| tool("rpm", &["-qp", "--qf", "%{ARCH} [%{PROVIDENAME} ]", text(path)]);
        assert!(isa(&rpms[0]).starts_with("x86_64 ") && isa(&rpms[0]).contains(&format!(" {name}(x86-64) ")));
        assert!(isa(&rpms[1]).starts_with("aarch64 ") && isa(&rpms[1]).contains(&format!(" {name}(aarch-64) ")));
        let [x86, arm] = debs.each_ref().map(|path| deb_says(path, work.path()));
        assert_eq!(x86, arm);
        let of = |path| tool("dpkg-deb", &["-f", text(path), "Architecture"]);
        assert_eq!(debs.each_ref().map(|path| of(path)), ["amd64\n", "arm64\n"]);
        let checked = tool("sh", &["-c", &format!("cd '{}' && sha256sum --check SHA256SUMS", text(&out))]);
        assert_eq!(checked.lines().filter(|line| line.ends_with(": OK")).count(), 4, "{checked}");
    }
}

#[test]
fn each_package_has_the_program_and_the_files_of_its_architecture() {
    let workshop = workshop();
    workshop.payload("/opt/odd/common", b"both", 0o644);
    workshop.write("only/opt/odd/agent", ARM_PROGRAM);
    let mut command = both(&workshop);
    command.arg("--payload").arg(format!("aarch64={}", text(&workshop.at("only"))));
    run(&mut command).succeeded();
    let has = |architecture: &str, path: &str| {
        let place = workshop.at(architecture);
        tool("dpkg-deb", &["-x", text(&only(&workshop.out(), &format!("_{architecture}.deb"))), text(&place)]);
        std::fs::read(place.join(path)).ok()
    };
    for (architecture, program, agent) in [("amd64", PROGRAM, None), ("arm64", ARM_PROGRAM, Some(ARM_PROGRAM))] {
        assert_eq!(has(architecture, "opt/odd/bin/hostprep").as_deref(), Some(program), "{architecture}");
        assert_eq!(has(architecture, "opt/odd/common").as_deref(), Some(b"both".as_slice()), "{architecture}");
        assert_eq!(has(architecture, "opt/odd/agent").as_deref(), agent, "{architecture}");
    }
}

/// The packages of one architecture are built where the program of the other is not to be had.
#[test]
fn the_programs_that_are_given_decide_what_is_built() {
    let workshop = workshop();
    for (program, architecture) in [("program", "x86_64"), ("arm", "aarch64")] {
        let out = workshop.at(architecture);
        let mut command = package();
        command.args(["build", "--manifest", text(&workshop.at("manifest.toml")), "--out", text(&out)]);
        run(command.arg("--hostprep").arg(workshop.at(program))).succeeded();
        assert!(text(&only(&out, ".rpm")).ends_with(&format!(".{architecture}.rpm")));
        assert_eq!(tree::read(&out).len(), 3);
    }
    run(both(&workshop).args(["--architecture", "aarch64"])).succeeded();
    assert!(text(&only(&workshop.out(), ".deb")).ends_with("_arm64.deb"));
}

#[test]
fn a_program_of_another_architecture_is_refused() {
    let refused = |workshop: &Workshop, command: &mut Command, words: &[&str]| {
        run(command).refused(words);
        assert!(!workshop.out().exists());
    };
    let one = Workshop::bare();
    one.write("program", ARM_PROGRAM);
    refused(&one, &mut one.command(), &["program is a program for aarch64, but `architecture` is x86_64"]);
    let asked = workshop();
    refused(&asked, asked.command().args(["--architecture", "aarch64"]), &["program is for x86_64", "for aarch64"]);
    refused(&asked, asked.command().args(["--architecture", "noarch"]), &["noarch is asked for", "x86_64 and aarch64"]);
    refused(&asked, both(&asked).arg("--hostprep").arg(asked.at("arm")), &["both ", "the program for aarch64"]);
    for path in ["/opt/odd/bin/agent", "/opt/odd/lib/agent.so", "/etc/odd/agent"] {
        let workshop = Workshop::bare();
        workshop.payload(path, ARM_PROGRAM, 0o644);
        refused(&workshop, &mut workshop.command(), &[path, "for aarch64", "for x86_64", "--payload ARCHITECTURE=DIR"]);
    }
    let both_get_it = workshop();
    both_get_it.payload("/opt/odd/bin/agent", PROGRAM, 0o755);
    refused(
        &both_get_it,
        &mut both(&both_get_it),
        &["/opt/odd/bin/agent", "for x86_64, but the package is for aarch64"],
    );
    let everywhere = Workshop::bare();
    everywhere.change("x86_64", "noarch");
    refused(&everywhere, &mut everywhere.command(), &["program is a program for x86_64", "noarch"]);
    everywhere.write("program", "#!/bin/sh\n");
    everywhere.payload("/opt/odd/bin/agent", PROGRAM, 0o755);
    refused(&everywhere, &mut everywhere.command(), &["/opt/odd/bin/agent", "for x86_64, but the package is noarch"]);
}

#[test]
fn a_list_of_architectures_that_makes_no_sense_is_refused() {
    for (list, words) in [
        ("[]", "empty"),
        ("[\"x86_64\", \"x86_64\"]", "x86_64 is listed twice"),
        ("[\"x86_64\", \"noarch\"]", "noarch package has no other"),
        ("[\"x86_64\", \"arm64\"]", "`arm64` (Debian's name of aarch64); expected x86_64, aarch64 or noarch"),
        ("1", "a name or a list of names"),
    ] {
        let workshop = Workshop::bare();
        workshop.change("\"x86_64\"", list);
        workshop.build().refused(&["manifest.toml", words]);
        assert!(!workshop.out().exists());
    }
}
