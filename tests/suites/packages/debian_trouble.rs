//! The DEB when something goes wrong: killed, interrupted, or on a host in a bad state.

use harness::packages::{NEWER, OLDER, package_with};
use harness::{Snapshot, System, program};

use crate::debian::{expect_well, installed, system};
use crate::expect;
use crate::trouble::{SPOILED, kill_at};

#[test]
fn dpkg_killed_while_configuring() {
    if !harness::need_root() {
        return;
    }
    let killed = system("bookworm", &[]);
    let login_defs = Snapshot::of(&killed.at("/etc/login.defs"));
    kill_at(&killed, "/usr/sbin/useradd", "dpkg --install /tmp/newer.deb");
    assert!(killed.text("/etc/login.defs").contains("USERGROUPS_ENAB yes"), "it was killed inside the window");

    expect_well(killed.run("dpkg --configure --pending"));
    expect::same("configured after all", installed(), &expect::tree(&killed));
    login_defs.expect_untouched(&Snapshot::of(&killed.at("/etc/login.defs")));
}

#[test]
fn dpkg_killed_before_unpacking() {
    if !harness::need_root() {
        return;
    }
    let killed = system("bookworm", &[]);
    // preinst asks it what SELinux is to do.
    kill_at(&killed, "/usr/bin/grep", "dpkg --install /tmp/newer.deb");
    expect_well(killed.run("dpkg --install /tmp/newer.deb"));
    expect::same("installed after all", installed(), &expect::tree(&killed));
}

/// Truncates a package, as an interrupted download does.
fn cut_off(system: &System) {
    let bytes = std::fs::read(system.at("/tmp/newer.deb")).unwrap();
    std::fs::write(system.at("/tmp/cut-off.deb"), &bytes[..bytes.len() * 9 / 10]).unwrap();
}

#[test]
fn a_failed_upgrade_leaves_the_older_version_at_work() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    cut_off(&system);
    expect_well(system.run("dpkg --install /tmp/older.deb"));
    let before = expect::tree(&system);
    system.run("dpkg --install /tmp/cut-off.deb").expect_code(1);
    let calls = expect::calls(&system);
    assert_eq!(*calls.last().unwrap(), format!("deb postinst (abort-upgrade {NEWER}-1)"), "{calls:?}");
    expect::same("after the failure", &before, &expect::tree(&system));
    let status = system.run("dpkg-query --show --showformat=${Status}|${Version} hostprep").stdout;
    assert_eq!(status, format!("install ok installed|{OLDER}-1"));
}

/// dpkg removes us in favour of another package, which then cannot be unpacked.
#[test]
fn a_removal_that_dpkg_aborts_is_undone() {
    if !harness::need_root() {
        return;
    }
    let system = System::new("bookworm", &[]);
    let (_place, ours) = package_with(program::binary(), ".deb");
    system.copy(&ours, "/tmp/ours.deb");
    let control = "Package: other\nVersion: 1.0\nArchitecture: all\nMaintainer: Other <other@other.example>\n\
                   Conflicts: hostprep\nReplaces: hostprep\nProvides: hostprep\nDescription: another\n";
    system.file("/tmp/other/DEBIAN/control", control).file("/tmp/other/usr/share/other", vec![b'x'; 100_000]);
    system.run("dpkg-deb -Znone --build /tmp/other /tmp/whole.deb").expect_code(0);
    let whole = std::fs::read(system.at("/tmp/whole.deb")).unwrap();
    system.file("/tmp/cut-off.deb", &whole[..whole.len() / 2]);
    system.run("dpkg --install /tmp/ours.deb").expect_code(0);
    let before = expect::tree(&system);
    for config in ["lang = 'en'\n", "lang = 'en'\nskip = 'kernel'\n", "profile = '/etc/cisco/missing.toml'\n"] {
        system.file("/etc/cisco/hostprep.toml", config);
        system.run("dpkg --install --auto-deconfigure /tmp/cut-off.deb").expect_code(1);
        let calls = expect::calls(&system);
        let [.., removal, aborted] = &calls[..] else { panic!("{calls:?}") };
        assert_eq!(removal, "deb prerm (remove in-favour other 1.0)", "{config}");
        assert_eq!(aborted, "deb postinst (abort-remove in-favour other 1.0)", "{config}");
        expect::scan_user(&system);
        // A fault that was raised has a history.
        let but = |tree: Snapshot| tree.without(&["/var/lib/cisco/faults", "/etc/cisco"]);
        expect::same(config, &but(before.clone()), &but(expect::tree(&system)));
    }
    // The other comes about, and leaves nothing of it.
    system.run("dpkg --install --auto-deconfigure /tmp/whole.deb").expect_code(0);
    assert!(!system.text("/etc/passwd").contains("cisco-amp-scan-svc"));
    system.run("dpkg --purge hostprep").expect_code(0);
    assert!(!system.at("/var/lib/cisco").exists());
}

#[test]
fn a_failed_first_installation_leaves_nothing() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    cut_off(&system);
    let fresh = expect::tree(&system);
    system.run("dpkg --install /tmp/cut-off.deb").expect_code(1);
    system.run("dpkg --purge --force-remove-reinstreq hostprep").expect_code(0);
    expect::same("after the failure", &fresh, &expect::tree(&system));
}

/// A problem of the host is printed and becomes a fault, and apt continues. Once it is fixed, `repair` does the rest.
#[test]
fn nothing_about_the_host_fails_dpkg() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    let fresh = expect::tree(&system);
    for spoiled in SPOILED {
        let what = spoiled.what;
        (spoiled.spoil)(&system);
        let run = system.run("dpkg --install /tmp/newer.deb").expect_code(0);
        assert!(run.stderr.contains("hostprep"), "{what}: no message: {run:?}");
        system.run("dpkg --install /tmp/older.deb").expect_code(0);
        (spoiled.repair)(&system);
        system.run("/usr/sbin/hostprep repair").expect_code(0);
        // The administrator's own directory; and a fault that was raised has a history.
        let but = |tree: Snapshot| tree.without(&["/var/lib/cisco/faults", "/etc/cisco"]);
        expect::same(what, &but(installed().clone()), &but(expect::tree(&system)));
        expect_well(system.run("dpkg --purge hostprep"));
    }
    expect::same("after everything", &fresh, &expect::tree(&system).without(&["/etc/cisco"]));
}
