//! Errors: a build that cannot succeed prints one helpful line and leaves nothing behind.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use common::kitchen_sink_agent::{self, Workshop};
use common::{package, run, source, text, tool, tree};

/// Builds and expects an error with these words; the output directory must not be created.
#[track_caller]
fn refused(workshop: &Workshop, words: &[&str]) {
    workshop.build().refused(words);
    assert!(!workshop.out().exists());
}

/// Does the same after one change to the manifest.
#[track_caller]
fn refused_with(from: &str, to: &str, words: &[&str]) {
    let workshop = Workshop::bare();
    workshop.change(from, to);
    refused(&workshop, &[&["manifest.toml"], words].concat());
}

#[test]
fn a_manifest_that_cannot_be_read() {
    let workshop = Workshop::bare();
    fs::remove_file(workshop.at("manifest.toml")).unwrap();
    refused(&workshop, &["manifest.toml: No such file"]);
}

/// Does the same, and expects the number of the line that then contains `wrong`.
#[track_caller]
fn refused_at(from: &str, to: &str, wrong: &str, word: &str) {
    let workshop = Workshop::bare();
    workshop.change(from, to);
    let text = fs::read_to_string(workshop.at("manifest.toml")).unwrap();
    let line = text.lines().position(|line| line.contains(wrong)).unwrap() + 1;
    refused(&workshop, &[&format!("manifest.toml, line {line}: "), word]);
}

#[test]
fn syntax_and_keys_are_refused_with_their_line() {
    refused_at("summary = \"an", "summary = an", "summary = an", "");
    refused_at("summary =", "sumary =", "sumary", "`sumary`");
    refused_at("[rpm]\n", "[rpm]\nrequire = []\n", "require = []", "`require`");
    refused_at("only = \"deb\"", "only = \"apk\"", "apk", "`apk`");
    refused_at("vendor = \"Odd & Sons\"\n", "", "[package]", "`vendor`");
    refused_at("2026-03-02", "02.03.2026", "02.03.2026", "");
    refused_with("schema = 1\n", "", &["`schema`"]);
}

#[test]
fn an_unknown_schema() {
    refused_with("schema = 1", "schema = 2", &["schema 2", "reads schema 1"]);
}

#[test]
fn names_versions_and_architectures_that_one_format_does_not_allow() {
    for name in ["", "a", "Odd", "-odd", "odd_agent", "odd agent", "ödd", "odd/agent"] {
        refused_with("\"odd-agent\"", &format!("\"{name}\""), &["package name", &format!("`{name}`")]);
    }
    for version in ["", "one", "1-2", "1 2", "1:2", "1_2", "1/2", "~1"] {
        refused_with("\"1.2~rc1+b\"", &format!("\"{version}\""), &["version", &format!("`{version}`")]);
        refused_with("\"3.el7\"", &format!("\"{version}\""), &["release", &format!("`{version}`")]);
    }
    refused_with("x86_64", "amd64", &["`amd64`", "x86_64, aarch64 or noarch"]);
    let workshop = Workshop::bare();
    run(workshop.command().args(["--version", "1-2"])).refused(&["`1-2`"]);
}

#[test]
fn texts_that_would_begin_another_field() {
    for (from, what) in [
        ("\"an agent with odd names\"", "summary"),
        ("\"MIT\"", "license"),
        ("\"https://odd.example/\"", "url"),
        ("\"Odd & Sons\"", "vendor"),
        ("\"Ódd Agents <agents@odd.example>\"", "maintainer"),
        ("\"admin\"", "section"),
        ("\"System Environment/Daemons\"", "group"),
        ("\"Second of two.\"", "change"),
        ("\"1.1-1\"", "version"),
        ("\"/opt/odd/bin/tool\"", "target"),
    ] {
        refused_with(from, "\"a <b@c>\\nEssential: yes\"", &[what, "one line"]);
        refused_with(from, "\" \"", &[what, "one line"]);
    }
    refused_with("\"Ódd Agents <agents@odd.example>\"", "\"agents@odd.example\"", &["Name <address@host>"]);
    let workshop = Workshop::bare();
    let text = fs::read_to_string(workshop.at("manifest.toml")).unwrap();
    let (before, rest) = text.split_once("\"\"\"").unwrap();
    workshop.write("manifest.toml", format!("{before}\" \"{}", rest.split_once("\"\"\"").unwrap().1));
    refused(&workshop, &["description is empty"]);
    workshop.write("manifest.toml", format!("{before}\"a\\u0000b\"{}", rest.split_once("\"\"\"").unwrap().1));
    refused(&workshop, &["description has a control character"]);
}

#[test]
fn a_version_without_its_changelog_entry() {
    refused_with(
        "release = \"3.el7\"",
        "release = \"4.el7\"",
        &["newest entry of the changelog", "1.2~rc1+b-4.el7", "add an entry"],
    );
}

/// When a package that a remedy names is installed on an RPM host, hostprep checks again.
#[test]
fn every_package_that_remedies_name_is_a_trigger() {
    #[derive(serde::Deserialize)]
    struct Distributions {
        distribution: Vec<Distribution>,
        kernels: BTreeMap<String, Vec<Kernels>>,
    }
    #[derive(serde::Deserialize)]
    struct Distribution {
        package_manager: String,
        tools: BTreeMap<String, String>,
        kernel: Option<[String; 2]>,
        kernels: Vec<String>,
    }
    #[derive(serde::Deserialize)]
    struct Kernels {
        package: String,
    }
    let manifest = packaging::manifest::Manifest::read(&source("hostprep.toml")).unwrap();
    let text = fs::read_to_string(source("../host/distributions.toml")).unwrap();
    let all: Distributions = toml::from_str(&text).unwrap();
    for distribution in all.distribution.iter().filter(|one| one.package_manager != "apt-get") {
        let kernels = distribution.kernels.iter().flat_map(|set| &all.kernels[set]).map(|rule| &rule.package);
        let headers = distribution.kernel.iter().map(|[_, headers]| headers);
        for package in distribution.tools.values().chain(headers).chain(kernels) {
            let package = package.split("-{release").next().unwrap().split("-{version").next().unwrap();
            // The kernels of SUSE, Mageia, Amazon, Photon and Enterprise Linux, as their packages are called.
            let flavours: &[&str] = match package {
                "kernel-{flavour}-devel" if distribution.package_manager == "zypper" => {
                    &["default", "azure", "rt", "64kb", "kvmsmall", "preempt"]
                }
                "kernel-{flavour}-devel" => &["desktop", "server", "linus"],
                "kernel{series}-devel" => &["6.12", "6.18"],
                "linux-{flavour}-devel" => &["esx", "rt", "secure", "aws"],
                "kernel{-flavour}-devel" => &["", "-debug", "-rt", "-64k"],
                _ => &[""],
            };
            for flavour in flavours {
                let name = ["{flavour}", "{-flavour}", "{series}"]
                    .iter()
                    .fold(package.to_owned(), |name, part| name.replace(part, flavour));
                let listed = [&manifest.rpm.triggers, &manifest.rpm.kernel_triggers];
                assert!(listed.iter().any(|names| names.contains(&name)), "{name}");
            }
        }
    }
}

/// Otherwise a line of tmpfiles.d would change the owner and mode of a system directory.
#[test]
fn state_directly_in_a_system_directory() {
    let profile = fs::read_to_string(source("example/profile.toml")).unwrap();
    for (from, to, why) in [
        ("/var/log/acme/hostprep.log", "/var/log/hostprep.log", "directory of the agent"),
        ("/run/acme/hostprep.lock", "/run/hostprep.lock", "directory of the agent"),
        ("/var/lib/acme/hostprep", "/var/lib/hostprep", "directory of the agent"),
        ("/var/lib/acme/faults", "/faults", "below one of /opt"),
    ] {
        assert!(profile.contains(from));
        let workshop = Workshop::bare();
        workshop.write("profile.toml", profile.replace(from, to));
        refused(&workshop, &["profile.toml", to, why]);
    }
}

/// Otherwise the hooks of a finished package would refuse its profile.
#[test]
fn a_profile_that_hostprep_refuses() {
    let profile = fs::read_to_string(source("example/profile.toml")).unwrap();
    for (from, to, why) in [
        ("name = \"acme-scan\"", "name = \"Acme.Scan\"", "cannot be a user name"),
        ("mode = \"0755\"", "mode = \"0777\"", "would let others write"),
        ("[module]", "[modul]", "modul"),
    ] {
        assert!(profile.contains(from), "{from}");
        let workshop = Workshop::bare();
        workshop.write("profile.toml", profile.replacen(from, to, 1));
        refused(&workshop, &["profile.toml", why]);
    }
}

#[test]
fn a_manifest_without_a_changelog() {
    let workshop = Workshop::bare();
    let text = fs::read_to_string(workshop.at("manifest.toml")).unwrap();
    workshop.write("manifest.toml", text.split_once("[[changelog]]").unwrap().0);
    refused(&workshop, &["[[changelog]]"]);
}

#[test]
fn paths_that_lead_elsewhere() {
    for path in ["", "/", "opt/odd", "/opt/../etc", "/opt/./odd", "/opt//odd", "/opt/odd/", "/opt/odd\\nb"] {
        for from in [
            "\"/opt/odd\"",
            "\"/usr/sbin/odd\"",
            "\"/etc/logrotate.d/odd\"",
            "\"/usr/src\"",
            "\"/opt/odd/bin/hostprep\"",
        ] {
            refused_with(from, &format!("\"{path}\""), &["path"]);
        }
    }
    for path in ["\"/usr/src\"", "\"/usr/src/kernels\""] {
        refused_with(path, "\"/usr/my src\"", &["cannot be a file trigger"]);
    }
}

#[test]
fn dependencies_that_old_hosts_do_not_read() {
    for rich in ["(a or b)", "(policycoreutils if selinux-policy)", " (a and b)"] {
        refused_with("\"policycoreutils\"", &format!("\"{rich}\""), &["rich dependency", "rpm 4.11", rich]);
    }
    for wrong in ["", "glibc > = 2", "glibc >> 2", "glibc 2", "a, b", "a >= 1 b"] {
        refused_with("\"glibc >= 2.17\"", &format!("\"{wrong}\""), &["NAME OP VERSION", wrong]);
        refused_with("\"agent = 1\"", &format!("\"{wrong}\""), &["NAME OP VERSION", wrong]);
    }
    refused_with("\"/usr/sbin/useradd\"", "\"shadow-utils >= 4\"", &["a name without a version"]);
    for name in ["[\"checkpolicy\"]", "[\"kernel-devel\"]"] {
        refused_with(name, "[\"checkpolicy > 1\"]", &["a name without a version"]);
    }
    for wrong in [
        "",
        "libc6 >= 2.17",
        "libc6 (> 2)",
        "libc6 (>= 2",
        "libc6, passwd",
        "Libc6",
        "libc6 |",
        "libc6\\nEssential: yes",
    ] {
        refused_with("\"passwd\"", &format!("\"{wrong}\""), &["NAME (OP VERSION)"]);
        refused_with("\"checkpolicy | setools\"", &format!("\"{wrong}\""), &["NAME (OP VERSION)"]);
    }
}

#[test]
fn a_file_without_one_source() {
    refused_with(
        "source = \"LICENSE\"\nonly = \"deb\"",
        "only = \"deb\"",
        &["copyright", "either a source or a template"],
    );
    let both = "source = \"LICENSE\"\ntemplate = \"sysusers.conf\"\nonly = \"deb\"";
    refused_with("source = \"LICENSE\"\nonly = \"deb\"", both, &["copyright", "either a source or a template"]);
    let workshop = Workshop::bare();
    workshop.change("source = \"LICENSE\"", "source = \"LICENCE\"");
    refused(&workshop, &["LICENCE: No such file"]);
    let workshop = Workshop::bare();
    workshop.change("\"logrotate.conf\"", "\"crontab\"");
    refused(&workshop, &["files/crontab"]);
}

#[test]
fn hooks_that_could_not_be_called() {
    refused_with("\"odd-hostprep\"", "\"odd hostprep\"", &["ident"]);
    refused_with("\"odd.service\"", "\"odd\"", &["`odd` is not a valid name of a systemd unit"]);
    refused_with("\"odd.service\"", "\"odd.service; reboot\"", &["not a valid name of a systemd unit"]);
    refused_with("/opt/odd/bin/hostprep", "/opt/odd/bin/'$(reboot)", &["is used in scripts"]);
    let workshop = Workshop::bare();
    let mut command = package();
    let arguments =
        ["--manifest", text(&workshop.at("manifest.toml")), "--out", text(&workshop.out())].map(str::to_owned);
    let without = |command: &mut std::process::Command| run(command.arg("build").args(&arguments));
    without(&mut command).refused(&["/opt/odd/bin/hostprep", "--hostprep FILE"]);
    // In the payload, but not executable: the hooks would skip it silently.
    workshop.payload("/opt/odd/bin/hostprep", b"x", 0o644);
    without(package().args::<_, &str>([])).refused(&["/opt/odd/bin/hostprep", "executable"]);
    run(package().args(["build", "--payload", text(&workshop.at("payload"))]).args(&arguments))
        .refused(&["executable"]);
    workshop.payload("/opt/odd/bin/hostprep", b"x", 0o755);
    refused(&workshop, &["/opt/odd/bin/hostprep", "listed twice"]);
    run(package().args(["build", "--payload", text(&workshop.at("payload"))]).args(&arguments)).succeeded();
}

#[test]
fn units_that_check_the_host_need_their_files() {
    let with_name = |name: &str| format!("units = [\"odd.service\"]\nboot = \"{name}\"");
    for name in ["", "odd.service", "a b", "$(reboot)"] {
        refused_with("units = [\"odd.service\"]", &with_name(name), &["must be the name of a unit"]);
    }
    let units = "/usr/lib/systemd/system";
    refused_with(
        "units = [\"odd.service\"]",
        &with_name("odd-boot"),
        &[&format!("needs a [[file]] {units}/odd-boot.service in both formats")],
    );
    let whole = Workshop::bare();
    kitchen_sink_agent::add_boot_units(&whole);
    for template in ["boot.service", "daily.service", "daily.timer", "boot.preset"] {
        let workshop = Workshop::bare();
        kitchen_sink_agent::add_boot_units(&workshop);
        let row = format!("template = \"{template}\"\n");
        workshop.change(&row, &format!("{row}only = \"rpm\"\n"));
        refused(&workshop, &["needs a [[file]] /usr/lib/systemd/", "in both formats"]);
    }
    whole.build().succeeded();
}

#[test]
fn a_program_that_no_hook_calls() {
    let workshop = Workshop::bare();
    let text = fs::read_to_string(workshop.at("manifest.toml")).unwrap();
    let (before, rest) = text.split_once("[hooks]").unwrap();
    workshop.write("manifest.toml", format!("{before}[[directory]]{}", rest.split_once("[[directory]]").unwrap().1));
    workshop.change("template = \"logrotate.conf\"", "source = \"LICENSE\"");
    workshop.change("template = \"command.sh\"", "source = \"LICENSE\"");
    refused(&workshop, &["--hostprep", "[hooks]"]);
}

#[test]
fn a_profile_with_values_that_need_quotes_in_scripts() {
    let workshop = Workshop::bare();
    fs::remove_file(workshop.at("profile.toml")).unwrap();
    refused(&workshop, &["profile.toml: No such file"]);
    for (from, to, word) in [
        ("name = \"acme-scan\"", "name = \"$(reboot)\"", "user name"),
        ("name = \"acme-scan\"", "name = \"\"", "user name"),
        ("comment = \"Acme scan service\"", "comment = \"a\\\" b\"", "configuration files"),
        ("comment = \"Acme scan service\"", "comment = \"a\\nu root\"", "one line"),
        ("title = \"Acme agent\"", "title = \"a\\nb\"", "one line"),
        ("faults = \"/var/lib/acme/faults\"", "faults = \"/var/lib/acme/fa'ults\"", "is used in scripts"),
        ("home = \"/nonexistent\"", "home = \"here\"", "absolute path"),
        ("state = \"/var/lib/acme/hostprep\"", "", "`state`"),
        ("[paths]", "[paths", "profile.toml, line 14"),
    ] {
        let workshop = Workshop::bare();
        workshop.change_in("profile.toml", from, to);
        refused(&workshop, &["profile.toml", word]);
    }
    let workshop = Workshop::bare();
    let text = fs::read_to_string(workshop.at("profile.toml")).unwrap();
    let shells = text.lines().find(|line| line.starts_with("shells")).unwrap();
    workshop.change_in("profile.toml", shells, "shells = []");
    refused(&workshop, &["profile.toml", "shell"]);
}

#[test]
fn payloads_that_cannot_be_packaged() {
    let inside = |workshop: &Workshop, name: &str| workshop.at(&format!("payload/opt/odd/{name}"));
    let start = || {
        let workshop = Workshop::bare();
        workshop.payload("/opt/odd/right", b"", 0o644);
        workshop
    };
    for mode in [0o4755, 0o2755] {
        let workshop = start();
        workshop.payload("/opt/odd/set-id", b"", mode);
        refused(&workshop, &["/opt/odd/set-id", "clear the bit"]);
    }
    let workshop = start();
    tool("mkfifo", &[text(&inside(&workshop, "fifo"))]);
    refused(&workshop, &["/opt/odd/fifo", "only files, directories and links"]);
    let workshop = start();
    let _socket = UnixListener::bind(inside(&workshop, "socket")).unwrap();
    refused(&workshop, &["/opt/odd/socket", "only files, directories and links"]);
    let workshop = start();
    fs::write(inside(&workshop, "two\nlines"), "").unwrap();
    refused(&workshop, &["the name is not printable text"]);
    let workshop = start();
    symlink("two\nlines", inside(&workshop, "link")).unwrap();
    refused(&workshop, &["/opt/odd/link", "target"]);
    let workshop = start();
    fs::remove_dir_all(workshop.at("payload")).unwrap();
    refused(&workshop, &["payload: No such file"]);
}

/// rpm unpacks a file to its name with nine bytes more; dpkg puts a configuration file beside the changed one with ten more.
#[test]
fn names_that_cannot_be_unpacked() {
    let above: String = (0..20).map(|_| format!("/{}", "d".repeat(200))).collect();
    let with = |file: &str, link: &str, target: &str| {
        let workshop = Workshop::bare();
        workshop.payload(&format!("/opt/odd/{file}"), b"", 0o644);
        fs::create_dir(workshop.at(&format!("payload/opt/odd/{}", "d".repeat(255)))).unwrap();
        workshop.change("path = \"/var/lib/odd\"", &format!("path = \"/opt/odd{above}\""));
        workshop.change("path = \"/usr/sbin/odd\"", &format!("path = \"{link}\""));
        workshop.change("target = \"/opt/odd/bin/tool\"", &format!("target = \"{target}\""));
        workshop
    };
    let name = "n".repeat(245);
    let deep = |bytes: usize| format!("/opt/odd{above}/{}", "f".repeat(bytes - above.len() - "/opt/odd/".len()));
    with(&name, &deep(4085), &"t".repeat(4095)).build().succeeded();
    let longer = name.clone() + "n";
    refused(&with(&longer, "/opt/link", "t"), &["nnn", "its name has 246 bytes", "at most 245"]);
    refused(&with(&name, &format!("/opt/{longer}"), "t"), &["nnn", "its name has 246 bytes", "at most 245"]);
    refused(&with(&name, &deep(4086), "t"), &["fff", "it has 4086 bytes", "at most 4085"]);
    refused(&with(&name, "/opt/link", &"t".repeat(4096)), &["/opt/link", "its target is longer than 4095 bytes"]);
}

#[test]
fn names_listed_twice_or_below_a_file() {
    let workshop = Workshop::bare();
    workshop.payload("/etc/logrotate.d/odd", b"", 0o644);
    refused(&workshop, &["/etc/logrotate.d/odd", "listed twice"]);
    let workshop = Workshop::bare();
    workshop.payload("/opt", b"", 0o644);
    refused(&workshop, &["below /opt, which is not a directory"]);
    let workshop = Workshop::bare();
    workshop.payload("/usr/sbin/odd/tool", b"", 0o644);
    refused(&workshop, &["/usr/sbin/odd"]);
    let workshop = Workshop::bare();
    workshop.change("\"/var/lib/odd\"", "\"/usr/sbin/odd/state\"");
    refused(&workshop, &["/usr/sbin/odd/state", "below /usr/sbin/odd, which is not a directory"]);
}

#[test]
fn a_failed_build_keeps_the_packages_of_an_earlier_one() {
    let workshop = Workshop::bare();
    workshop.build().succeeded();
    let before = tree::read(&workshop.out());
    workshop.payload("/usr/sbin/odd", b"", 0o644);
    workshop.build().refused(&["/usr/sbin/odd", "listed twice"]);
    assert_eq!(tree::difference(&before, &tree::read(&workshop.out())), Vec::<String>::new());
}

#[test]
fn an_out_directory_that_cannot_be_written() {
    let workshop = Workshop::bare();
    workshop.write("out", "a file");
    workshop.build().refused(&[text(&workshop.out())]);
    assert_eq!(fs::read(workshop.out()).unwrap(), b"a file");
}

#[test]
fn the_examples_in_help_are_valid_calls() {
    let help = run(package().arg("--help")).succeeded();
    let (_, examples) = help.split_once("Examples:\n").unwrap();
    for command in ["package build --manifest", "package render --manifest"] {
        assert!(examples.contains(command), "{help}");
    }
    for subcommand in ["build", "render"] {
        let help = run(package().args([subcommand, "--help"])).succeeded();
        assert!(help.contains("--manifest <FILE>") && help.lines().all(|line| line.len() <= 120), "{help}");
    }
    let version = run(package().arg("--version")).succeeded();
    assert_eq!(version, format!("package {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_call_that_makes_no_sense_is_status_2() {
    for arguments in
        [&["build"][..], &["bild"], &["build", "--manifest"], &["build", "--manifest", "x", "--format", "apk"]]
    {
        let run = run(package().args(arguments).current_dir(Path::new("/")));
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
    }
}

#[test]
fn every_schema_of_an_output_is_in_the_packages() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("hostprep.toml")).unwrap();
    for schema in installer::report::schema::SCHEMAS {
        let row = format!("path = \"/usr/share/hostprep/schema/{}.schema.json\"", schema.name);
        assert!(manifest.contains(&row), "{row}");
    }
}
