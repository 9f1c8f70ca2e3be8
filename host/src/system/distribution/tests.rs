#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;

mod kernels;

fn parse(text: &str) -> Distribution {
    Distribution::from_os_release(text)
}

/// A real os-release file.
fn fixture(name: &str) -> Distribution {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/os-release")).join(name);
    parse(&fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

const YUM: &str = "yum install -y";
const DNF: &str = "dnf install -y";
const TDNF: &str = "tdnf install -y";
const ZYPPER: &str = "zypper --non-interactive install";
const APT: &str = "apt-get install -y";
const PYTHON: &str = "policycoreutils-python";
const UTILS: &str = "policycoreutils-python-utils";

/// Each os-release with its family, its version as bounds see it, its command, and the packages of semanage and useradd.
const EXPECTED: &[(&str, &str, Major, &str, &str, &str)] = &[
    ("rhel-7", "rhel", Major::Known(7), YUM, PYTHON, "shadow-utils"),
    ("centos-7", "rhel", Major::Known(7), YUM, PYTHON, "shadow-utils"),
    ("rhel-8", "rhel", Major::Known(8), DNF, UTILS, "shadow-utils"),
    ("rhel-9", "rhel", Major::Known(9), DNF, UTILS, "shadow-utils"),
    ("rhel-10", "rhel", Major::Known(10), DNF, UTILS, "shadow-utils"),
    ("centos-stream-9", "rhel", Major::Known(9), DNF, UTILS, "shadow-utils"),
    ("almalinux-9", "rhel", Major::Known(9), DNF, UTILS, "shadow-utils"),
    ("rocky-8", "rhel", Major::Known(8), DNF, UTILS, "shadow-utils"),
    ("rocky-9", "rhel", Major::Known(9), DNF, UTILS, "shadow-utils"),
    ("oracle-7", "rhel", Major::Known(7), YUM, PYTHON, "shadow-utils"),
    ("oracle-8", "rhel", Major::Known(8), DNF, UTILS, "shadow-utils"),
    ("oracle-9", "rhel", Major::Known(9), DNF, UTILS, "shadow-utils"),
    ("clearos-7", "rhel", Major::Known(7), YUM, PYTHON, "shadow-utils"),
    // By RHEL_VERSION, and by PLATFORM_ID.
    ("rhcos-4.18", "rhel", Major::Known(9), DNF, UTILS, "shadow-utils"),
    ("miraclelinux-8", "rhel", Major::Known(8), DNF, UTILS, "shadow-utils"),
    ("tencentos-3", "rhel", Major::Known(8), DNF, UTILS, "shadow-utils"),
    // With numbers of their own.
    ("alinux-3", "rhel", Major::Unknown, DNF, UTILS, "shadow-utils"),
    ("anolis-8", "rhel", Major::Unknown, DNF, UTILS, "shadow-utils"),
    ("redos-7.3", "rhel", Major::Unknown, DNF, UTILS, "shadow-utils"),
    ("openeuler-22.03", "openeuler", Major::Unknown, DNF, UTILS, "shadow"),
    ("kylin-v10", "openeuler", Major::Unknown, DNF, UTILS, "shadow"),
    ("azurelinux-3", "azure", Major::Unknown, TDNF, UTILS, "shadow-utils"),
    ("mariner-2", "azure", Major::Unknown, TDNF, UTILS, "shadow-utils"),
    ("mageia-9", "mageia", Major::Unknown, DNF, UTILS, "shadow-utils"),
    ("amazon-2", "amazon", Major::Known(2), YUM, PYTHON, "shadow-utils"),
    ("amazon-2023", "amazon", Major::Known(2023), DNF, UTILS, "shadow-utils"),
    ("fedora-42", "fedora", Major::Known(42), DNF, UTILS, "shadow-utils"),
    ("opensuse-leap-15", "suse", Major::Known(15), ZYPPER, UTILS, "shadow"),
    ("opensuse-tumbleweed", "suse", Major::Known(20_240_823), ZYPPER, UTILS, "shadow"),
    ("sles-15", "suse", Major::Known(15), ZYPPER, UTILS, "shadow"),
    ("sles-12", "suse", Major::Known(12), ZYPPER, PYTHON, "shadow"),
    ("debian-11", "debian", Major::Known(11), APT, UTILS, "passwd"),
    ("debian-12", "debian", Major::Known(12), APT, UTILS, "passwd"),
    ("debian-13", "debian", Major::Known(13), APT, UTILS, "passwd"),
    ("ubuntu-18.04", "debian", Major::Known(18), APT, UTILS, "passwd"),
    ("ubuntu-22.04", "debian", Major::Known(22), APT, UTILS, "passwd"),
    ("ubuntu-24.04", "debian", Major::Known(24), APT, UTILS, "passwd"),
    ("opencloudos-9", "rhel", Major::Unknown, DNF, UTILS, "shadow-utils"),
    ("hce-2", "openeuler", Major::Unknown, DNF, UTILS, "shadow"),
    ("uos-server-20", "openeuler", Major::Unknown, DNF, UTILS, "shadow"),
    ("photon-5", "photon", Major::Unknown, TDNF, "selinux-python", "shadow"),
    ("raspbian-11", "debian", Major::Known(11), APT, UTILS, "passwd"),
    ("astra-1.7", "debian", Major::Unknown, APT, UTILS, "passwd"),
    // Not known by its own name, but ID_LIKE="ubuntu debian".
    ("linuxmint-22", "debian", Major::Unknown, APT, UTILS, "passwd"),
    ("lmde-6", "debian", Major::Unknown, APT, UTILS, "passwd"),
    ("pop-22.04", "debian", Major::Unknown, APT, UTILS, "passwd"),
    ("elementary-7", "debian", Major::Unknown, APT, UTILS, "passwd"),
    // The server's ID, and ID_LIKE=debian.
    ("kylin-desktop-v10", "debian", Major::Unknown, APT, UTILS, "passwd"),
];

#[test]
fn every_distribution_has_its_own_names() {
    for (name, family, major, install, semanage, useradd) in EXPECTED {
        let found = fixture(name);
        assert_eq!((found.family(), found.major("6.1.0")), (*family, *major), "{name}");
        assert_eq!(found.tool_package(Tool::Semanage), Some(*semanage), "{name}");
        assert_eq!(found.tool_package(Tool::Useradd), Some(*useradd), "{name}");
        assert_eq!(found.tool_package(Tool::Semodule), Some("policycoreutils"), "{name}");
        assert_eq!(found.tool_package(Tool::Checkmodule), Some("checkpolicy"), "{name}");
        let packs = if ["debian", "photon"].contains(family) { "semodule-utils" } else { "policycoreutils" };
        assert_eq!(found.tool_package(Tool::SemodulePackage), Some(packs), "{name}");
        let words = |line: String| Some(line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let both = ["one".to_owned(), "two".to_owned()];
        assert_eq!(found.install_command(&both), words(format!("{install} one two")), "{name}");
        let again = found.reinstall_command(&both).unwrap();
        assert_eq!(again[0], install.split(' ').next().unwrap(), "{name}");
        assert!(again.iter().any(|word| word.contains("reinstall") || word == "--force"), "{name}: {again:?}");
    }
}

#[test]
fn every_fixture_is_read() {
    let names = ["alpine-3.20", "amazon-2018"].into_iter().chain(EXPECTED.iter().map(|row| row.0));
    let mut tested: Vec<_> = names.map(std::ffi::OsString::from).collect();
    tested.sort();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/os-release");
    let mut there: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    there.sort();
    assert_eq!(tested, there);
}

#[test]
fn a_policy_comes_with_a_package_of_its_type() {
    for (name, policy_type, package) in [
        ("rhel-9", "targeted", Some("selinux-policy-targeted")),
        ("amazon-2023", "mls", Some("selinux-policy-mls")),
        ("opensuse-tumbleweed", "minimum", Some("selinux-policy-minimum")),
        ("debian-12", "default", Some("selinux-policy-default")),
        ("ubuntu-24.04", "mls", Some("selinux-policy-mls")),
        ("azurelinux-3", "targeted", Some("selinux-policy")),
        // Of other distributions, and an administrator's own.
        ("debian-12", "targeted", None),
        ("rhel-9", "default", None),
        ("rhel-9", "site", None),
        ("alpine-3.20", "targeted", None),
    ] {
        assert_eq!(fixture(name).policy_package(policy_type).as_deref(), package, "{name} {policy_type}");
    }
}

#[test]
fn enterprise_linux_does_not_roll() {
    for (text, kernel, major, install) in [
        ("ID=rhel", "3.10.0-1160.el7.x86_64", Major::Known(7), DNF),
        ("ID=centos\nVERSION_ID=", "5.14.0-427.el9.x86_64", Major::Known(9), DNF),
        ("ID=ol\nPLATFORM_ID=platform:el8", "5.4.17-2136.302.7.2.el8uek.x86_64", Major::Known(8), DNF),
        ("ID=rocky\nVERSION_ID=nine", "6.1.0", Major::Unknown, DNF),
        ("ID=fedora", "6.8.5-301.fc40.x86_64", Major::Rolling, DNF),
        ("ID=debian", "6.8.9-amd64", Major::Rolling, APT),
    ] {
        let found = parse(&format!("{text}\n"));
        assert_eq!(found.major(kernel), major, "{text}");
        assert_eq!(found.install_command(&[]).unwrap().join(" "), install, "{text}");
    }
    let (_outside, root) = root_with(&[("/etc/os-release", "ID=rhel\n"), ("/boot/vmlinuz-3.10.0-1160.el7.x86_64", "")]);
    let found = Distribution::of(&root).unwrap();
    assert_eq!((found.major("6.1.0"), found.package_manager()), (Major::Known(7), Some("yum")));
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
        assert_eq!(unknown.kernel_origin("6.1.0-18-amd64"), KernelOrigin::Unknown);
    }
    assert_eq!(parse("ID=uos\nVERSION_ID=20\n").family(), "unknown", "it may be the desktop");
    let platform = parse("ID=mystery\nPLATFORM_ID=platform:el9\n");
    assert_eq!(platform.family(), "unknown", "it does not say that it is like Enterprise Linux");
}

#[test]
fn a_relative_s_own_number_says_nothing() {
    for (text, kernel, family, major, install) in [
        ("ID_LIKE=\"rhel fedora\"\nVERSION_ID=3", "5.10.134-16.3.al8.x86_64", "rhel", Major::Unknown, DNF),
        ("ID_LIKE=\"enigma rhel fedora\"\nVERSION_ID=3", "5.14.0-427.el9.x86_64", "rhel", Major::Known(9), DNF),
        ("ID_LIKE=\"rhel\"\nVERSION_ID=3\nPLATFORM_ID=platform:el8", "4.18.0-1.x86_64", "rhel", Major::Known(8), DNF),
        ("ID_LIKE=\"rhel\"\nVERSION_ID=23\nRHEL_VERSION=7.9", "3.10.0-1.x86_64", "rhel", Major::Known(7), YUM),
        // Enterprise Linux, whichever relative comes first.
        ("ID_LIKE=\"fedora\"\nPLATFORM_ID=platform:el9", "5.14.0-1.x86_64", "rhel", Major::Known(9), DNF),
        (
            "ID_LIKE=\"fedora\"\nVERSION_ID=40\nPLATFORM_ID=platform:f40",
            "6.8.5-301.fc40.x86_64",
            "fedora",
            Major::Unknown,
            DNF,
        ),
        ("ID_LIKE=\"ubuntu debian\"\nVERSION_ID=7", "6.2.0-39-generic", "debian", Major::Unknown, APT),
        ("ID_LIKE=\"suse\"\nVERSION_ID=7", "6.4.0-1-default", "suse", Major::Unknown, ZYPPER),
    ] {
        let found = parse(&format!("ID=mystery\n{text}\n"));
        assert_eq!((found.family(), found.major(kernel)), (family, major), "{text}");
        assert_eq!(found.install_command(&[]).unwrap().join(" "), install, "{text}");
    }
}

/// A root with these files.
fn root_with(files: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
    crate::system::kernel::scratch(files)
}

#[test]
fn the_root_shows_what_os_release_leaves_open() {
    let derived = "ID=springdale\nID_LIKE=\"rhel fedora\"\nVERSION_ID=23\n";
    let with_platform = "ID=opencloudos\nID_LIKE=\"rhel fedora\"\nVERSION_ID=23\nPLATFORM_ID=platform:oc8\n";
    for (os_release, file, major, manager) in [
        (derived, "/boot/vmlinuz-3.10.0-1160.el7.x86_64", Major::Known(7), "yum"),
        (derived, "/lib/modules/5.14.0-427.el9_4.x86_64/vmlinuz", Major::Known(9), "dnf"),
        ("ID=asianux\nID_LIKE=fedora\nVERSION_ID=7\n", "/boot/vmlinuz-3.10.0-1160.el7.x86_64", Major::Known(7), "yum"),
        ("ID=nobara\nID_LIKE=fedora\nVERSION_ID=40\n", "/boot/vmlinuz-6.8.5-301.fc40.x86_64", Major::Unknown, "dnf"),
        (derived, "/usr/bin/dnf", Major::Unknown, "dnf"),
        (derived, "/usr/bin/yum", Major::Unknown, "yum"),
        (derived, "/etc/motd", Major::Unknown, "yum"),
        (with_platform, "/etc/motd", Major::Unknown, "dnf"),
        ("ID=mageia\n", "/usr/sbin/urpmi", Major::Unknown, "urpmi"),
        ("ID=mageia\n", "/usr/bin/dnf", Major::Unknown, "dnf"),
        ("ID=mageia\n", "/etc/motd", Major::Unknown, "dnf"),
        ("ID=rhel\nVERSION_ID=9\n", "/usr/bin/yum", Major::Known(9), "dnf"),
    ] {
        let (_outside, root) = root_with(&[("/etc/os-release", os_release), (file, "")]);
        let found = Distribution::of(&root).unwrap();
        assert_eq!((found.major("6.1.0"), found.package_manager()), (major, Some(manager)), "{os_release} {file}");
    }
}

#[test]
fn a_closed_boot_leaves_the_version_unknown() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let os_release = "ID=nobara\nID_LIKE=fedora\nVERSION_ID=40\n";
    let (outside, root) = root_with(&[("/etc/os-release", os_release), ("/boot/vmlinuz-6.8.5-301.fc40.x86_64", "")]);
    let mode = |path: &Path, mode| set_permissions(path, Permissions::from_mode(mode)).unwrap();
    mode(outside.path(), 0o755);
    mode(&root.host_path("/boot"), 0);
    let found = std::thread::scope(|scope| {
        let as_user = scope.spawn(|| {
            // Of this thread alone (setfsuid(2)), and root's capabilities over files with it.
            nix::unistd::setfsuid(nix::unistd::Uid::from_raw(65534));
            assert!(root.names("/boot").unwrap_err().is_denied());
            Distribution::of(&root)
        });
        as_user.join().unwrap()
    });
    mode(&root.host_path("/boot"), 0o755);
    let found = found.unwrap();
    assert_eq!(
        (found.id.as_str(), found.major("6.1.0"), found.package_manager()),
        ("nobara", Major::Unknown, Some("dnf"))
    );
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
    let (outside, root) = root_with(&[]);
    let at = |path: &str| outside.path().join(path);
    fs::create_dir_all(at("usr/lib")).unwrap();
    let nothing = Distribution::of(&root).unwrap();
    assert_eq!((nothing.id.as_str(), nothing.family()), ("unknown", "unknown"));

    fs::write(at("usr/lib/os-release"), "ID=fedora\n").unwrap();
    assert_eq!(Distribution::of(&root).unwrap().id, "fedora");
    symlink("../usr/lib/os-release", at("etc/os-release")).unwrap();
    assert_eq!(Distribution::of(&root).unwrap().id, "fedora");
    fs::remove_file(at("etc/os-release")).unwrap();
    fs::write(at("etc/os-release"), "ID=debian\nnot an assignment\nNAME=\"Caf\u{e9}\n").unwrap();
    assert_eq!(Distribution::of(&root).unwrap().id, "debian");
    fs::remove_file(at("etc/os-release")).unwrap();
    fs::create_dir(at("etc/os-release")).unwrap();
    assert!(Distribution::of(&root).unwrap_err().to_string().contains(&at("etc/os-release").display().to_string()));
}

#[test]
fn the_data_file_is_complete() {
    let data = data();
    assert!(data.distribution.len() > 5);
    for family in Distribution::families() {
        assert!(data.policy.iter().any(|row| row.families.iter().any(|known| known == family)), "{family}");
    }
    let families = ["rhel", "fedora", "amazon", "suse", "debian", "openeuler", "azure", "photon", "mageia"];
    for entry in &data.distribution {
        for manager in [Some(&entry.package_manager), entry.other_package_manager.as_ref()].into_iter().flatten() {
            for commands in [&data.install, &data.reinstall, &data.update] {
                assert!(commands.contains_key(manager), "{entry:?}");
            }
        }
        assert!(families.contains(&entry.family.as_str()), "{entry:?}");
        for set in entry.kernels.iter().chain(&entry.relatives_kernels) {
            assert!(data.kernels.contains_key(set), "{set}");
        }
        for id in &entry.ids {
            let major = entry.from.or(entry.before.map(|before| before - 1));
            assert_eq!(lookup(id, "", major), Some(entry), "{id} is shadowed by an earlier entry");
        }
    }
    for set in data.kernels.keys() {
        let used = |entry: &Entry| entry.kernels.iter().chain(&entry.relatives_kernels).any(|used| used == set);
        assert!(data.distribution.iter().any(used), "{set} is not used");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_strange(text in "(ID|VERSION_ID|ID_LIKE|PLATFORM_ID|[a-z\\n#]{0,3})=?[\"'\\\\a-z0-9.\\n $é]{0,30}") {
        let _ = parse(&text);
    }
}

#[test]
fn the_architecture_is_that_of_the_root() {
    const OS_RELEASE: (&str, &str) = ("etc/os-release", "ID=debian\nVERSION_ID=12\n");
    const X86: (&str, &str) = ("lib64/ld-linux-x86-64.so.2", "");
    const ARM: (&str, &str) = ("lib/ld-linux-aarch64.so.1", "");
    for (files, release, kernel) in [
        (&[("var/lib/dpkg/arch", "arm64\namd64\n"), X86, ARM][..], "6.1.90", Some("arm64")),
        (&[("var/lib/dpkg/arch", "amd64\n"), ARM], "6.1.90-aarch64-custom", Some("amd64")),
        (&[("var/lib/dpkg/arch", "mips64el\n"), X86], "6.1.90", None),
        (&[ARM], "6.2.9-x86_64-linode160", Some("arm64")),
        (&[X86], "6.1.90", Some("amd64")),
        (&[("lib/ld-linux-armhf.so.3", "")], "6.1.90", Some("armmp")),
        (&[("lib64/ld64.so.2", "")], "6.1.90", Some("powerpc64le")),
        // Of two, it is not known which is the root's own.
        (&[X86, ("lib/ld-linux.so.2", "")], "6.1.90", None),
        (&[], "6.2.9-x86_64-linode160", Some("amd64")),
        (&[], "6.1.90-aarch64-custom", Some("arm64")),
        (&[], "6.1.90", None),
    ] {
        let (_scratch, root) = root_with(&[&[OS_RELEASE], files].concat());
        let KernelOrigin::Foreign(foreign) = Distribution::of(&root).unwrap().kernel_origin(release) else {
            panic!("{files:?} {release}")
        };
        let packages = kernel.map(|kernel| ["image", "headers"].map(|part| format!("linux-{part}-{kernel}")).to_vec());
        assert_eq!(foreign.own, packages.unwrap_or_default(), "{files:?} {release}");
    }
}

#[test]
fn a_kernel_of_every_architecture_has_one_own_package() {
    for architecture in &data().debian_architecture {
        let release = format!("6.1.0-18-{}", architecture.kernel);
        assert_eq!(architecture::of_release(&release), Some(architecture), "{release}");
    }
    assert_eq!(fixture("ubuntu-22.04").own_kernel(None), ["linux-image-generic", "linux-headers-generic"]);
    assert!(parse("ID=raspbian\nVERSION_ID=12\n").own_kernel(Some("6.1.0-18-armmp")).is_empty());
}

#[test]
fn lists_are_fetched_first_whatever_the_package_manager() {
    for manager in data().install.keys() {
        assert!(data().refresh.contains_key(manager), "{manager}");
    }
    for (name, release, command) in [
        ("rhel-7", "3.10.0-1160.el7.x86_64", "yum clean expire-cache"),
        ("rhel-7", "6.5.1-1.el7.elrepo.x86_64", "yum clean expire-cache --enablerepo=elrepo-kernel"),
        ("rhel-9", "5.14.0-427.el9.x86_64", "dnf makecache --refresh"),
        ("rhel-9", "6.5.1-1.el9.elrepo.x86_64", "dnf makecache --refresh --enablerepo=elrepo-kernel"),
        ("azurelinux-3", "6.6.57.1-1.azl3", "tdnf makecache"),
        ("sles-15", "5.14.21-150500.55.39-default", "zypper --non-interactive refresh"),
        ("debian-12", "6.1.0-18-amd64", "apt-get update"),
    ] {
        let distribution = fixture(name);
        let KernelOrigin::Packaged(packages) = distribution.kernel_origin(release) else { panic!("{name} {release}") };
        assert_eq!(distribution.refresh_command(&packages.exact).unwrap().join(" "), command, "{name} {release}");
    }
}
