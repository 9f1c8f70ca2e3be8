#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn parse(text: &str) -> Distribution {
    Distribution::from_os_release(text, Path::new("/etc/os-release")).unwrap()
}

/// A real os-release file.
fn fixture(name: &str) -> Distribution {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/os-release")).join(name);
    parse(&fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

struct Expected {
    fixture: &'static str,
    family: &'static str,
    install: &'static str,
    semanage: &'static str,
    /// Kernel release and the package with its headers.
    headers: &'static [(&'static str, &'static str)],
}

const fn expected(
    fixture: &'static str,
    family: &'static str,
    install: &'static str,
    semanage: &'static str,
    headers: &'static [(&'static str, &'static str)],
) -> Expected {
    Expected { fixture, family, install, semanage, headers }
}

const YUM: &str = "yum install -y";
const DNF: &str = "dnf install -y";
const ZYPPER: &str = "zypper --non-interactive install";
const APT: &str = "apt-get install -y";
const PYTHON: &str = "policycoreutils-python";
const UTILS: &str = "policycoreutils-python-utils";
const EL7: &[(&str, &str)] = &[
    ("3.10.0-1160.el7.x86_64", "kernel-devel-3.10.0-1160.el7.x86_64"),
    ("3.10.0-1160.el7.x86_64.debug", "kernel-devel-3.10.0-1160.el7.x86_64.debug"),
];
const EL8: &[(&str, &str)] = &[
    ("4.18.0-477.27.1.el8_8.x86_64", "kernel-devel-4.18.0-477.27.1.el8_8.x86_64"),
    ("4.18.0-477.27.1.el8_8.x86_64+debug", "kernel-debug-devel-4.18.0-477.27.1.el8_8.x86_64"),
];
const EL9: &[(&str, &str)] = &[
    ("5.14.0-362.8.1.el9_3.x86_64", "kernel-devel-5.14.0-362.8.1.el9_3.x86_64"),
    ("5.14.0-362.8.1.el9_3.x86_64+rt", "kernel-rt-devel-5.14.0-362.8.1.el9_3.x86_64"),
];
const EL10: &[(&str, &str)] = &[("6.12.0-55.9.1.el10_0.x86_64", "kernel-devel-6.12.0-55.9.1.el10_0.x86_64")];
const SUSE: &[(&str, &str)] =
    &[("5.14.21-150500.55.39-default", "kernel-default-devel"), ("6.4.0-150600.21-azure", "kernel-azure-devel")];
const DEBIAN: &[(&str, &str)] = &[("6.1.0-18-amd64", "linux-headers-6.1.0-18-amd64")];
const UBUNTU: &[(&str, &str)] = &[("5.15.0-91-generic", "linux-headers-5.15.0-91-generic")];

const EXPECTED: &[Expected] = &[
    expected("rhel-7", "rhel", YUM, PYTHON, EL7),
    expected("centos-7", "rhel", YUM, PYTHON, EL7),
    expected("rhel-8", "rhel", DNF, UTILS, EL8),
    expected("rhel-9", "rhel", DNF, UTILS, EL9),
    expected("rhel-10", "rhel", DNF, UTILS, EL10),
    expected("centos-stream-9", "rhel", DNF, UTILS, EL9),
    expected("almalinux-9", "rhel", DNF, UTILS, EL9),
    expected("rocky-8", "rhel", DNF, UTILS, EL8),
    expected("rocky-9", "rhel", DNF, UTILS, EL9),
    expected(
        "oracle-7",
        "rhel",
        YUM,
        PYTHON,
        &[
            ("5.4.17-2136.302.7.2.el7uek.x86_64", "kernel-uek-devel-5.4.17-2136.302.7.2.el7uek.x86_64"),
            ("3.10.0-1160.el7.x86_64", "kernel-devel-3.10.0-1160.el7.x86_64"),
        ],
    ),
    expected(
        "oracle-8",
        "rhel",
        DNF,
        UTILS,
        &[
            ("5.15.0-200.131.27.el8uek.x86_64", "kernel-uek-devel-5.15.0-200.131.27.el8uek.x86_64"),
            ("4.18.0-477.27.1.el8_8.x86_64", "kernel-devel-4.18.0-477.27.1.el8_8.x86_64"),
        ],
    ),
    expected("oracle-9", "rhel", DNF, UTILS, EL9.split_at(1).0),
    expected(
        "amazon-2",
        "amazon",
        YUM,
        PYTHON,
        &[("4.14.336-253.554.amzn2.x86_64", "kernel-devel-4.14.336-253.554.amzn2.x86_64")],
    ),
    expected(
        "amazon-2023",
        "amazon",
        DNF,
        UTILS,
        &[("6.1.72-96.166.amzn2023.x86_64", "kernel-devel-6.1.72-96.166.amzn2023.x86_64")],
    ),
    expected("fedora-42", "fedora", DNF, UTILS, &[("6.14.0-63.fc42.x86_64", "kernel-devel-6.14.0-63.fc42.x86_64")]),
    expected("opensuse-leap-15", "suse", ZYPPER, UTILS, SUSE),
    expected("opensuse-tumbleweed", "suse", ZYPPER, UTILS, SUSE),
    expected("sles-15", "suse", ZYPPER, UTILS, SUSE),
    expected("sles-12", "suse", ZYPPER, PYTHON, SUSE),
    expected("debian-11", "debian", APT, UTILS, DEBIAN),
    expected("debian-12", "debian", APT, UTILS, DEBIAN),
    expected("debian-13", "debian", APT, UTILS, DEBIAN),
    expected("ubuntu-18.04", "debian", APT, UTILS, UBUNTU),
    expected("ubuntu-22.04", "debian", APT, UTILS, UBUNTU),
    expected("ubuntu-24.04", "debian", APT, UTILS, UBUNTU),
    // Not known by its own name, but ID_LIKE="ubuntu debian".
    expected("elementary-7", "debian", APT, UTILS, UBUNTU),
];

#[test]
fn every_distribution_has_its_own_names() {
    for expected in EXPECTED {
        let found = fixture(expected.fixture);
        let name = expected.fixture;
        assert_eq!(found.family(), expected.family, "{name}");
        assert_eq!(found.tool_package(Tool::Semanage), Some(expected.semanage), "{name}");
        assert_eq!(found.tool_package(Tool::Semodule), Some("policycoreutils"), "{name}");
        assert_eq!(found.tool_package(Tool::Checkmodule), Some("checkpolicy"), "{name}");
        let packs = if expected.family == "debian" { "semodule-utils" } else { "policycoreutils" };
        assert_eq!(found.tool_package(Tool::SemodulePackage), Some(packs), "{name}");
        assert_eq!(
            found.install_command(&["one".into(), "two".into()]),
            Some(format!("{} one two", expected.install).split(" ").map(str::to_owned).collect()),
            "{name}"
        );
        for (kernel, package) in expected.headers {
            assert_eq!(found.headers_package(kernel).as_deref(), Some(*package), "{name}: {kernel}");
        }
    }
}

#[test]
fn every_fixture_is_read() {
    let names = ["alpine-3.20", "amazon-2018"].into_iter().chain(EXPECTED.iter().map(|expected| expected.fixture));
    let mut tested: Vec<_> = names.map(std::ffi::OsString::from).collect();
    tested.sort();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/os-release");
    let mut there: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    there.sort();
    assert_eq!(tested, there);
}

#[test]
fn nothing_is_guessed_of_an_unknown_distribution() {
    let text = "ID=mystery\nVERSION_ID=7\n";
    // A known name with a version that nothing is known of is not like its relatives either.
    for unknown in [fixture("alpine-3.20"), fixture("amazon-2018"), parse(text), parse("NAME=Nameless\n"), parse("")] {
        assert_eq!(unknown.family(), "unknown", "{unknown:?}");
        assert_eq!(unknown.package_manager(), None);
        assert_eq!(unknown.install_command(&["one".into()]), None);
        assert_eq!(unknown.update_command(&["one".into()]), None);
        assert_eq!(unknown.tool_package(Tool::Semanage), None);
        assert_eq!(unknown.headers_package("6.1.0-18-amd64"), None);
    }
    assert_eq!(parse("NAME=Nameless\n").id, "linux", "as os-release(5) says");
    let like = parse("ID=mystery\nID_LIKE=\"enigma rhel fedora\"\nVERSION_ID=3\n");
    assert_eq!((like.id.as_str(), like.family()), ("mystery", "rhel"));
}

#[test]
fn values_are_read_as_a_shell_reads_them() {
    let found = parse("# ID=comment\n\n  ID='debian'  \nVERSION_ID=\"1\\\"2\\$\"\r\nNAME=\"a 'b' c\"\n");
    assert_eq!(found.id, "debian");
    assert_eq!(found.version.as_deref(), Some("1\"2$"));
    assert_eq!(parse("ID=fedora\nID=debian\n").id, "debian", "the last assignment wins");
    assert_eq!(parse("ID=\"\"\n").id, "linux");
}

#[test]
fn a_malformed_line_is_named_with_its_number() {
    for (text, line) in [
        ("ID=debian\nnot an assignment\n", 2),
        ("ID=\"debian\n", 1),
        ("ID=debian\n\n\nNAME='open\nVERSION_ID=12\n", 4),
        ("ID=debian\\", 1),
    ] {
        let e = Distribution::from_os_release(text, Path::new("/x/etc/os-release")).unwrap_err();
        assert_eq!(e.line, Some(line), "{text:?}");
        assert!(e.to_string().starts_with(&format!("/x/etc/os-release, line {line}: ")), "{e}");
    }
}

#[test]
fn shell_code_is_not_run() {
    let proof = tempfile::tempdir().unwrap().path().join("proof");
    let shown = proof.display();
    let found = parse(&format!("ID=$(touch {shown})\nVERSION_ID=\"`touch {shown}`\"\nID_LIKE='; touch {shown}'\n"));
    assert_eq!(found.id, format!("$(touch {shown})"));
    assert_eq!(found.family(), "unknown");
    assert!(!proof.exists());
}

#[test]
fn os_release_is_looked_for_in_both_places() {
    let outside = tempfile::tempdir().unwrap();
    let at = |path: &str| outside.path().join(path);
    fs::create_dir_all(at("etc")).unwrap();
    fs::create_dir_all(at("usr/lib")).unwrap();
    let root = Root::alternate(outside.path()).unwrap();
    let nothing = Distribution::of(&root).unwrap();
    assert_eq!((nothing.id.as_str(), nothing.family()), ("unknown", "unknown"));

    fs::write(at("usr/lib/os-release"), "ID=fedora\n").unwrap();
    assert_eq!(Distribution::of(&root).unwrap().id, "fedora");
    symlink("../usr/lib/os-release", at("etc/os-release")).unwrap();
    assert_eq!(Distribution::of(&root).unwrap().id, "fedora");
    fs::remove_file(at("etc/os-release")).unwrap();
    fs::write(at("etc/os-release"), "ID=debian\n").unwrap();
    assert_eq!(Distribution::of(&root).unwrap().id, "debian");
    fs::write(at("etc/os-release"), "ID=\"debian\n").unwrap();
    assert!(Distribution::of(&root).unwrap_err().to_string().contains(&at("etc/os-release").display().to_string()));
}

#[test]
fn the_data_file_is_complete() {
    let data = data();
    assert!(data.distribution.len() > 5);
    for entry in &data.distribution {
        assert!(data.install.contains_key(&entry.package_manager), "{entry:?}");
        assert!(data.update.contains_key(&entry.package_manager), "{entry:?}");
        assert!(["rhel", "fedora", "amazon", "suse", "debian"].contains(&entry.family.as_str()), "{entry:?}");
        let last = entry.headers.last().expect("a rule for headers");
        assert_eq!(last.kernel_contains, "", "the last rule fits every kernel: {entry:?}");
        for id in &entry.ids {
            let version = entry.from.or(entry.before.map(|before| before - 1)).map(|major| format!("{major}.1"));
            assert_eq!(lookup(id, version.as_deref()), Some(entry), "{id} is shadowed by an earlier entry");
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_strange(text in "(ID|VERSION_ID|ID_LIKE|[a-z\\n#]{0,3})=?[\"'\\\\a-z0-9.\\n $é]{0,30}") {
        let _ = Distribution::from_os_release(&text, Path::new("/etc/os-release"));
    }

    #[test]
    fn a_double_quoted_value_comes_back(value in "[a-zA-Z0-9 .$`\"\\\\']{0,20}") {
        let escaped: String =
            value.chars().flat_map(|c| "$`\"\\".contains(c).then_some('\\').into_iter().chain([c])).collect();
        proptest::prop_assert_eq!(unquote(&format!("\"{escaped}\"")), Some(value));
    }
}
