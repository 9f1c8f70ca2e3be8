//! The RPM by rpm, dnf and zypper: from the first installation to erasure.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use harness::packages::{self, NEWER, OLDER, built, only};
use harness::{Run, Snapshot, System, setup};
use tempfile::TempDir;

use crate::expect;

/// Packages made of Debian's own files under the names that they have in the RPM world. They are kept in memory: what is static is
/// never dropped, nor a directory of its own removed.
struct Provided {
    /// A package with the real semodule and sefcontext_compile.
    policycoreutils: Vec<u8>,
    /// A package with the real checkmodule and semodule_package.
    checkpolicy: Vec<u8>,
}

fn provided() -> &'static Provided {
    static PROVIDED: OnceLock<Provided> = OnceLock::new();
    PROVIDED.get_or_init(|| {
        let package = |name, debs: &[&str]| {
            let (_place, path) = from_debs(name, debs, "");
            fs::read(path).unwrap()
        };
        Provided {
            policycoreutils: package("policycoreutils", &["policycoreutils", "selinux-utils"]),
            checkpolicy: package("checkpolicy", &["checkpolicy", "semodule-utils"]),
        }
    })
}

/// An RPM with the programs and data of Debian packages.
pub fn from_debs(name: &str, debs: &[&str], more: &str) -> (TempDir, PathBuf) {
    let tree = setup::open_tempdir();
    for deb in setup::debs(debs) {
        setup::run(Command::new("dpkg-deb").arg("--extract").arg(deb).arg(tree.path()));
    }
    // Their documentation would be in the way of the real packages'.
    setup::run(Command::new("rm").arg("-rf").arg(tree.path().join("usr/share/doc")));
    setup::run(Command::new("chmod").args(["-R", "u-s,g-s"]).arg(tree.path()));
    packages::build(name, more, Some(tree.path()), ".rpm")
}

/// A system with rpm, dnf and zypper, the distribution's facts of AlmaLinux, and packages under `/tmp`.
pub fn system() -> System {
    let system = System::with_rpm(&[]);
    let copy = |from: &Path, name: &str| system.copy(from, name);
    copy(&only(&built().older(), ".rpm"), "/tmp/older.rpm");
    copy(&only(built().newer(), ".rpm"), "/tmp/newer.rpm");
    system.file("/tmp/policycoreutils.rpm", &provided().policycoreutils);
    system.file("/tmp/checkpolicy.rpm", &provided().checkpolicy);
    system
}

/// The same with the tools of SELinux.
pub fn with_tools() -> System {
    let system = system();
    expect_well(system.run("rpm --upgrade /tmp/policycoreutils.rpm"));
    system
}

/// The tree of [`with_tools`] once the newer version is installed and nothing disturbed it.
pub fn installed() -> &'static Snapshot {
    static INSTALLED: OnceLock<Snapshot> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let system = with_tools();
        expect_well(system.run("rpm --upgrade /tmp/newer.rpm"));
        expect::tree(&system)
    })
}

/// Nothing was wrong, and nothing was said.
#[track_caller]
pub fn expect_well(run: Run) {
    let run = run.expect_code(0);
    for line in run.stderr.lines() {
        let debians_own = line.starts_with("rpm: RPM should not be used") || line.starts_with("rpm: However assuming");
        assert!(debians_own || line.is_empty(), "{line}\n{}", run.stdout);
    }
}

fn version(system: &System) -> String {
    system.run("rpm --query --queryformat %{VERSION} hostprep").stdout
}

#[test]
fn from_the_first_installation_to_erasure() {
    if !harness::need_root() {
        return;
    }
    let system = system();
    system.policy_store();
    expect_well(system.run("rpm --upgrade /tmp/policycoreutils.rpm /tmp/checkpolicy.rpm"));
    expect::untidy(&system);
    let fresh = expect::tree(&system);
    let login_defs = Snapshot::of(&system.at("/etc/login.defs"));

    expect_well(system.run("rpm --upgrade /tmp/older.rpm"));
    assert_eq!(version(&system), OLDER);
    let installed = expect::tree(&system);
    expect::outline("redhat-installed", &fresh, &installed);
    expect::scan_user(&system);
    assert_eq!(expect::outcomes(&system), expect::IN_A_CHROOT);
    // The triggers of packages that were here before leave it to posttrans.
    assert_eq!(expect::calls(&system), ["rpm post scriptlet (1)", "rpm posttrans scriptlet (1)"]);
    login_defs.expect_untouched(&Snapshot::of(&system.at("/etc/login.defs")));
    expect_well(system.run("rpm --verify hostprep"));

    for command in [
        "rpm --upgrade /tmp/newer.rpm",
        "rpm --upgrade --replacepkgs /tmp/newer.rpm",
        "rpm --upgrade --oldpackage /tmp/older.rpm",
        "rpm --upgrade /tmp/newer.rpm",
    ] {
        let before = expect::calls(&system).len();
        expect_well(system.run(command));
        expect::same(command, &installed, &expect::tree(&system));
        let calls = expect::calls(&system).split_off(before);
        let phase = |call: &String| call.split(' ').nth(1).unwrap().to_owned();
        let phases: Vec<_> = calls.iter().map(phase).collect();
        let reinstalled = ["pre", "post", "posttrans"];
        let replaced = ["pre", "post", "preun", "postun", "posttrans"];
        assert!(phases == replaced || phases == reinstalled, "{command}: {calls:?}");
        assert!(!calls.iter().any(|call| call.starts_with("rpm preun scriptlet (0)")), "{command}: {calls:?}");
    }
    assert_eq!(version(&system), NEWER);

    expect_well(system.run("rpm --erase hostprep"));
    expect::outline("redhat-erased", &fresh, &expect::tree(&system));
    login_defs.expect_untouched(&Snapshot::of(&system.at("/etc/login.defs")));
}

/// The new version has another configuration: an administrator's changes stay, an unchanged file is replaced.
#[test]
fn changes_of_an_administrator_are_kept() {
    if !harness::need_root() {
        return;
    }
    const PATH: &str = "/etc/logrotate.d/hostprep";
    let system = with_tools();
    system.copy(&only(&built().changed(), ".rpm"), "/tmp/changed.rpm");
    // The untouched one first: an edited one outlives the package.
    for edited in [false, true] {
        expect_well(system.run("rpm --upgrade /tmp/newer.rpm"));
        if edited {
            system.edit(PATH, |text| text.replace("rotate 12", "rotate 24"));
        }
        system.run("rpm --upgrade /tmp/changed.rpm").expect_code(0);
        assert_eq!(system.text(PATH).contains("rotate 24"), edited);
        assert_eq!(system.text(PATH).contains("weekly"), !edited);
        assert_eq!(system.at("/etc/logrotate.d/hostprep.rpmnew").exists(), edited);
        system.run("rpm --erase hostprep").expect_code(0);
    }
}

/// The usual package managers one after the other on one system give the same result as rpm.
#[test]
fn dnf_and_zypper_end_where_rpm_does() {
    if !harness::need_root() {
        return;
    }
    const DNF: &str = "dnf --assumeyes --disablerepo=* --releasever=9 --quiet";
    const ZYPPER: &str = "zypper --quiet --non-interactive --no-refresh --no-gpg-checks";
    let plain = |run: Run| run.expect_code(0);
    let system = with_tools();
    let fresh = expect::tree(&system);
    expect_well(system.run("rpm --upgrade /tmp/newer.rpm"));
    let installed = expect::tree(&system);
    expect_well(system.run("rpm --erase hostprep"));
    let erased = expect::tree(&system);

    plain(system.run(&format!("{DNF} install /tmp/older.rpm")));
    expect::same("dnf install", &installed, &expect::tree(&system));
    plain(system.run(&format!("{DNF} install /tmp/newer.rpm")));
    expect::same("dnf upgrade", &installed, &expect::tree(&system));
    assert_eq!(version(&system), NEWER);
    plain(system.run(&format!("{DNF} reinstall /tmp/newer.rpm")));
    expect::same("dnf reinstall", &installed, &expect::tree(&system));
    plain(system.run(&format!("{DNF} downgrade /tmp/older.rpm")));
    expect::same("dnf downgrade", &installed, &expect::tree(&system));
    plain(system.run(&format!("{DNF} remove hostprep")));
    expect::same("dnf remove", &erased, &expect::tree(&system));

    plain(system.run(&format!("{ZYPPER} install --allow-unsigned-rpm /tmp/older.rpm")));
    expect::same("zypper install", &installed, &expect::tree(&system));
    plain(system.run(&format!("{ZYPPER} install --allow-unsigned-rpm /tmp/newer.rpm")));
    expect::same("zypper upgrade", &installed, &expect::tree(&system));
    assert_eq!(version(&system), NEWER);
    plain(system.run(&format!("{ZYPPER} remove hostprep")));
    expect::same("zypper remove", &erased, &expect::tree(&system));
    expect::outline("redhat-erased-without-selinux", &fresh, &erased);
}

#[test]
fn without_scripts_then_repaired_by_hand() {
    if !harness::need_root() {
        return;
    }
    let (normal, by_hand) = (system(), system());
    for system in [&normal, &by_hand] {
        expect_well(system.run("rpm --upgrade /tmp/policycoreutils.rpm /tmp/checkpolicy.rpm"));
        system.policy_store();
    }
    expect_well(normal.run("rpm --upgrade /tmp/newer.rpm"));
    expect_well(by_hand.run("rpm --upgrade --noscripts --notriggers /tmp/newer.rpm"));
    assert!(!by_hand.text("/etc/passwd").contains("cisco-amp-scan-svc"));
    by_hand.run("/usr/sbin/hostprep repair").expect_code(4);
    expect::same("repaired", &expect::tree(&normal), &expect::tree(&by_hand));
}

/// rpm 4.19 makes the users that a package says it provides, before any script, and they stay when it is erased.
#[test]
fn making_the_user_is_left_to_hostprep() {
    for directory in [built().newer(), &built().example()] {
        let package = only(directory, ".rpm");
        let provides = setup::run(Command::new("rpm").args(["--query", "--package", "--provides"]).arg(&package));
        assert!(!provides.contains("user("), "{provides}");
    }
}
