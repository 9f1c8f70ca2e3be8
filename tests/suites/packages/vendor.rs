//! A vendor's agent with the hooks in one package: the example under `packaging/example`.

use harness::packages::{built, only};

use crate::{debian, expect, redhat};

#[test]
fn the_example_agent_by_dpkg_beside_our_own_package() {
    if !harness::need_root() {
        return;
    }
    let system = debian::system("bookworm", &[]);
    system.copy(&only(&built().example(), ".deb"), "/tmp/agent.deb");
    debian::expect_well(system.run("dpkg --install /tmp/newer.deb"));
    let before = expect::tree(&system);
    debian::expect_well(system.run("dpkg --install /tmp/agent.deb"));
    expect::outline("vendor-debian-installed", &before, &expect::tree(&system));
    // Under a running systemd it is stopped; what was enabled stays enabled for a reinstallation.
    debian::expect_well(system.run("dpkg --remove acme-agent"));
    expect::outline("vendor-debian-removed", &before, &expect::tree(&system));
    debian::expect_well(system.run("dpkg --purge acme-agent"));
    expect::outline("vendor-debian-purged", &before, &expect::tree(&system));
}

#[test]
fn the_example_agent_by_rpm() {
    if !harness::need_root() {
        return;
    }
    let system = redhat::with_tools();
    system.copy(&only(&built().example(), ".rpm"), "/tmp/agent.rpm");
    let before = expect::tree(&system);
    redhat::expect_well(system.run("rpm --upgrade /tmp/agent.rpm"));
    expect::outline("vendor-redhat-installed", &before, &expect::tree(&system));
    assert!(system.text("/usr/lib/sysusers.d/acme-agent.conf").contains("\nu acme-scan "));
    redhat::expect_well(system.run("rpm --erase acme-agent"));
    expect::outline("vendor-redhat-erased", &before, &expect::tree(&system));
}
