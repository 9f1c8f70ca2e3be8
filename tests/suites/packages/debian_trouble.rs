//! The DEB when something goes wrong: killed, interrupted, or on a host in a bad state.

use harness::packages::{NEWER, OLDER};
use harness::{Snapshot, System};

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
