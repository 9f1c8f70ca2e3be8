//! By apt.

use harness::System;

use crate::host::{ACME, Agent, OURS, about, both_work, copy_packages, is_of_store, share_no_file, tree};

pub fn system(name: &str, packages: &[&str]) -> System {
    let system = System::new(name, packages);
    std::fs::remove_file(system.at("/etc/dpkg/dpkg.cfg.d/99mmdebstrap")).ok();
    copy_packages(&system, ".deb");
    system
}

fn apt(system: &System, agent: Agent, words: &str) {
    about(system, agent, &format!("apt-get --quiet --yes {words}"));
}

fn install(system: &System, agent: Agent, version: &str) {
    apt(system, agent, &format!("install /tmp/{}-{version}.deb", agent.package));
}

fn remove(system: &System, agent: Agent, word: &str) {
    apt(system, agent, &format!("{word} {}", agent.package));
}

/// Installed, upgraded, removed, installed again and purged beside each other, with a policy store.
#[test]
fn neither_touches_the_other() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm-selinux", &["policycoreutils", "checkpolicy", "semodule-utils"]);
    system.policy_store();
    let fresh = tree(&system);
    install(&system, OURS, "older");
    install(&system, ACME, "older");
    share_no_file(&system, "dpkg --listfiles");
    both_work(&system);
    install(&system, OURS, "newer");
    install(&system, ACME, "newer");
    both_work(&system);
    remove(&system, OURS, "remove");
    install(&system, OURS, "newer");
    remove(&system, ACME, "purge");
    install(&system, ACME, "older");
    remove(&system, OURS, "purge");
    remove(&system, ACME, "purge");
    nothing_is_left(&fresh.outline(&tree(&system)));
}

/// The other way round, each time the second one goes last.
#[test]
fn neither_touches_the_other_in_the_opposite_order() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    let fresh = tree(&system);
    for first in [ACME, OURS] {
        install(&system, first.other(), "older");
        install(&system, first, "older");
        // Each is upgraded first once.
        install(&system, first, "newer");
        install(&system, first.other(), "newer");
        remove(&system, first, "remove");
        remove(&system, first, "purge");
        remove(&system, first.other(), "purge");
        nothing_is_left(&fresh.outline(&tree(&system)));
    }
    // Both in one transaction.
    let files = [OURS, ACME].map(|agent| format!("/tmp/{}-newer.deb", agent.package)).join(" ");
    system.run(&format!("apt-get --quiet --yes install {files}")).expect_code(0);
    both_work(&system);
    system.run(&format!("apt-get --quiet --yes purge {} {}", OURS.package, ACME.package)).expect_code(0);
    nothing_is_left(&fresh.outline(&tree(&system)));
}

/// What a purge leaves is the policy store's own.
#[track_caller]
fn nothing_is_left(changes: &[String]) {
    let left: Vec<_> = changes.iter().filter(|change| !is_of_store(change)).collect();
    assert!(left.is_empty(), "{left:#?}");
}
