//! The DEB by apt and dpkg: from the first installation to purge.

use std::path::Path;
use std::sync::OnceLock;

use harness::packages::{NEWER, OLDER, built, only};
use harness::{Run, Snapshot, System};

use crate::expect;

const SELINUX: &[&str] = &["policycoreutils", "checkpolicy", "semodule-utils"];

/// A system with our two packages under `/tmp`, documentation included when something is installed.
pub fn system(name: &str, packages: &[&str]) -> System {
    let system = System::new(name, packages);
    std::fs::remove_file(system.at("/etc/dpkg/dpkg.cfg.d/99mmdebstrap")).ok();
    let copy = |from: &Path, name: &str| system.copy(&only(from, ".deb"), name);
    copy(&built().older(), "/tmp/older.deb");
    copy(built().newer(), "/tmp/newer.deb");
    system
}

/// The tree of the smallest system once the newer version is installed and nothing disturbed it.
pub fn installed() -> &'static Snapshot {
    static INSTALLED: OnceLock<Snapshot> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let system = system("bookworm", &[]);
        expect_well(system.run("dpkg --install /tmp/newer.deb"));
        expect::tree(&system)
    })
}

/// Nothing was wrong, and nothing was said.
#[track_caller]
pub fn expect_well(run: Run) {
    let run = run.expect_code(0);
    for line in run.stderr.lines() {
        let known = line.starts_with("debconf: ")
            || line.starts_with("dpkg: warning: downgrading ")
            || line.starts_with("E: Can not write log (Is /dev/pts mounted?)");
        assert!(known || line.is_empty(), "{line}\n{}", run.stdout);
    }
}

fn status(system: &System) -> String {
    let status = system.run("dpkg-query --show --showformat=${Status}|${Version} hostprep");
    if status.code == Some(0) { status.stdout } else { "unknown".into() }
}

#[test]
fn from_the_first_installation_to_purge() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm-selinux", SELINUX);
    system.policy_store();
    expect::untidy(&system);
    let fresh = expect::tree(&system);
    let login_defs = Snapshot::of(&system.at("/etc/login.defs"));

    expect_well(system.run("apt-get install --yes /tmp/older.deb"));
    assert_eq!(status(&system), format!("install ok installed|{OLDER}-1"));
    let installed = expect::tree(&system);
    expect::outline("debian-installed", &fresh, &installed);
    expect::scan_user(&system);
    assert!(system.text("/usr/lib/sysusers.d/hostprep.conf").contains("\nu cisco-amp-scan-svc "));
    let module = |module: &&str| module.contains("cisco-secure-bpf");
    let listed = system.run("semodule -s default -lfull").stdout;
    assert_eq!(listed.lines().filter(module).count(), 1, "{listed}");
    assert_eq!(expect::outcomes(&system), expect::IN_A_CHROOT);
    assert_eq!(expect::calls(&system), ["deb postinst (configure )"]);
    login_defs.expect_untouched(&Snapshot::of(&system.at("/etc/login.defs")));

    // Whatever the order of versions, the same tree.
    for (command, before_it) in [
        ("dpkg --install /tmp/newer.deb", OLDER),
        ("apt-get install --yes --reinstall /tmp/newer.deb", NEWER),
        ("apt-get install --yes --allow-downgrades /tmp/older.deb", NEWER),
        ("dpkg --install /tmp/newer.deb", OLDER),
    ] {
        let before = expect::calls(&system).len();
        expect_well(system.run(command));
        expect::same(command, &installed, &expect::tree(&system));
        let calls = expect::calls(&system).split_off(before);
        assert_eq!(calls.last().unwrap(), &format!("deb postinst (configure {before_it}-1)"), "{command}: {calls:?}");
        assert!(!calls.iter().any(|call| call.contains("remove")), "{command}: {calls:?}");
    }
    assert_eq!(status(&system), format!("install ok installed|{NEWER}-1"));

    expect_well(system.run("dpkg --verify hostprep"));

    expect_well(system.run("apt-get remove --yes hostprep"));
    assert_eq!(status(&system), format!("deinstall ok config-files|{NEWER}-1"));
    expect::outline("debian-removed", &fresh, &expect::tree(&system));
    login_defs.expect_untouched(&Snapshot::of(&system.at("/etc/login.defs")));

    // It says that /opt/cisco is not empty.
    system.run("dpkg --purge hostprep").expect_code(0);
    assert_eq!(status(&system), "unknown");
    expect::outline("debian-purged", &fresh, &expect::tree(&system));
}

/// The new version has another configuration: an administrator's changes stay, an unchanged file is replaced.
#[test]
fn changes_of_an_administrator_are_kept() {
    if !harness::need_root() {
        return;
    }
    const PATH: &str = "/etc/logrotate.d/hostprep";
    let system = system("bookworm", &[]);
    system.copy(&only(&built().changed(), ".deb"), "/tmp/changed.deb");
    for edited in [true, false] {
        expect_well(system.run("dpkg --install /tmp/newer.deb"));
        if edited {
            system.edit(PATH, |text| text.replace("rotate 12", "rotate 24"));
        }
        system.run("dpkg --install --force-confold /tmp/changed.deb").expect_code(0);
        assert_eq!(system.text(PATH).contains("rotate 24"), edited);
        assert_eq!(system.text(PATH).contains("weekly"), !edited);
        assert_eq!(system.at("/etc/logrotate.d/hostprep.dpkg-dist").exists(), edited);
        // Purging takes that away too.
        expect_well(system.run("dpkg --purge hostprep"));
        assert_eq!(
            std::fs::read_dir(system.at("/etc/logrotate.d"))
                .unwrap()
                .flatten()
                .filter(|entry| entry.file_name().to_string_lossy().contains("hostprep"))
                .count(),
            0
        );
    }
}

/// An administrator moved `/opt` to another disk.
#[test]
fn a_link_in_the_place_of_opt_survives() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    system.file("/data/opt/other/file", "theirs\n");
    std::fs::remove_dir(system.at("/opt")).ok();
    std::os::unix::fs::symlink("data/opt", system.at("/opt")).unwrap();
    let fresh = expect::tree(&system);
    expect_well(system.run("dpkg --install /tmp/newer.deb"));
    assert!(system.at("/data/opt/cisco/hostprep/bin/hostprep").exists());
    expect_well(system.run("dpkg --purge hostprep"));
    expect::same("purged", &fresh, &expect::tree(&system));
}

/// A system without `/opt` gets one, as base-files would make it.
#[test]
fn where_there_is_no_opt_it_is_made() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    std::fs::remove_dir(system.at("/opt")).unwrap();
    expect_well(system.run("dpkg --install /tmp/newer.deb"));
    assert!(system.at("/opt/cisco/hostprep/bin/hostprep").exists());
}

/// Between unpacking and configuring, `repair` by hand ends in the same tree.
#[test]
fn unpacked_then_repaired_by_hand() {
    if !harness::need_root() {
        return;
    }
    let by_hand = system("bookworm", &[]);
    expect_well(by_hand.run("dpkg --unpack /tmp/newer.deb"));
    by_hand.run("/usr/sbin/hostprep repair").expect_code(0);
    // Configuration files come into their place, and units are enabled, when the package is configured.
    const CONFIGURED: &[&str] = &[
        "/etc/logrotate.d",
        "/etc/kernel",
        "/etc/sos",
        "/etc/systemd/system",
        "/var/lib/systemd/deb-systemd-helper-enabled",
    ];
    let repaired = expect::tree(&by_hand).without(CONFIGURED);
    expect::same("repaired", &installed().clone().without(CONFIGURED), &repaired);
    expect_well(by_hand.run("dpkg --configure --pending"));
    expect::same("configured after that", installed(), &expect::tree(&by_hand));
}

/// The fault store is shared with the agent: while that is here, purging us does not take it away.
#[test]
fn purge_leaves_a_store_that_is_in_use() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    expect_well(system.run("dpkg --install /tmp/newer.deb"));
    system.run("/usr/sbin/hostprep faults raise 11 --detail by-the-connector").expect_code(0);
    system.file("/opt/cisco/amp/bin/ampdaemon", "");
    system.run("dpkg --purge hostprep").expect_code(0);
    assert!(system.text("/var/lib/cisco/faults/events.jsonl").lines().count() >= 1);
    assert!(!system.at("/var/lib/cisco/hostprep").exists() && !system.at("/var/log/cisco").exists());
    assert!(system.at("/opt/cisco/amp/bin/ampdaemon").exists());
}
