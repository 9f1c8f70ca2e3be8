//! The RPM when something goes wrong: killed, or on a host in a bad state.

use harness::{Snapshot, System};

use crate::expect;
use crate::redhat::{expect_well, installed, with_tools};
use crate::trouble::{SPOILED, kill_at};

#[test]
fn rpm_killed_between_pre_and_post() {
    if !harness::need_root() {
        return;
    }
    let killed = with_tools();
    // %pre asks it what SELinux is to do.
    kill_at(&killed, "/usr/bin/grep", "rpm --upgrade /tmp/newer.rpm");
    expect_well(killed.run("rpm --upgrade /tmp/newer.rpm"));
    expect::same("after a repeated transaction", installed(), &expect::tree(&killed));
}

#[test]
fn rpm_killed_in_post() {
    if !harness::need_root() {
        return;
    }
    let killed = with_tools();
    let login_defs = Snapshot::of(&killed.at("/etc/login.defs"));
    kill_at(&killed, "/usr/sbin/useradd", "rpm --upgrade /tmp/newer.rpm");
    assert!(killed.text("/etc/login.defs").contains("USERGROUPS_ENAB yes"), "it was killed inside the window");
    expect_well(killed.run("rpm --upgrade --replacepkgs /tmp/newer.rpm"));
    expect::same("after a repeated transaction", installed(), &expect::tree(&killed));
    login_defs.expect_untouched(&Snapshot::of(&killed.at("/etc/login.defs")));
}

#[test]
fn nothing_about_the_host_fails_rpm() {
    if !harness::need_root() {
        return;
    }
    let system = with_tools();
    let fresh = expect::tree(&system);
    for spoiled in SPOILED {
        let what = spoiled.what;
        (spoiled.spoil)(&system);
        let run = system.run("rpm --upgrade /tmp/newer.rpm").expect_code(0);
        assert!(run.stderr.contains("hostprep"), "{what}: no message: {run:?}");
        assert!(!run.stderr.contains("scriptlet failed"), "{what}: {run:?}");
        (spoiled.repair)(&system);
        system.run("/usr/sbin/hostprep repair").expect_code(0);
        // The administrator's own directory; and a fault that was raised has a history.
        let but = |tree: Snapshot| tree.without(&["/var/lib/cisco/faults", "/etc/cisco"]);
        expect::same(what, &but(installed().clone()), &but(expect::tree(&system)));
        assert!(expect::raised(&system).is_empty(), "{what}");
        system.run("rpm --erase hostprep").expect_code(0);
        let left = |system: &System| {
            but(expect::tree(system)).without(&["/var/lib/cisco", "/var/log/cisco", "/usr/share/licenses"])
        };
        let fresh = fresh.clone().without(&["/var/lib/cisco", "/var/log/cisco", "/usr/share/licenses"]);
        expect::same(what, &fresh, &left(&system));
    }
}
