//! By dnf.

use harness::{Snapshot, System, setup};

use crate::host::{ACME, Agent, OURS, about, both_work, copy_packages, is_of_store, share_no_file, tree};

const DNF: &str = "dnf --assumeyes --disablerepo=* --releasever=9 --quiet";

fn system() -> System {
    let system = System::with_rpm(&["policycoreutils"]);
    copy_packages(&system, ".rpm");
    system
}

/// A policy store, and the tools that change it.
fn add_policy(system: &System) {
    for deb in setup::debs(&["policycoreutils", "selinux-utils", "checkpolicy", "semodule-utils"]) {
        let inside = format!("/tmp/{}", deb.file_name().unwrap().to_str().unwrap());
        system.copy(&deb, &inside);
        // What the programs need is there; the rest is for scripts.
        system.run(&format!("dpkg --install --force-depends {inside}")).expect_code(0);
    }
    system.policy_store();
}

fn install(system: &System, agent: Agent, version: &str) {
    about(system, agent, &format!("{DNF} install /tmp/{}-{version}.rpm", agent.package));
}

fn remove(system: &System, agent: Agent) {
    about(system, agent, &format!("{DNF} remove {}", agent.package));
}

/// What rpm keeps, which knows no purge, and what on a real host is the package filesystem's.
#[track_caller]
fn nothing_is_left(fresh: &Snapshot, system: &System) {
    const KEPT: [&str; 4] = ["/var/log/cisco", "/var/log/acme", "/run/cisco", "/run/acme"];
    let is_of_filesystem = |change: &str| {
        change.contains(" (directory 755 0:0)")
            && ["+ /usr/share/licenses ", "+ /usr/share/man/"].iter().any(|place| change.starts_with(place))
    };
    let is_kept =
        |change: &str| is_of_filesystem(change) || is_of_store(change) || KEPT.iter().any(|path| change.contains(path));
    let left = fresh.outline(&tree(system));
    let left: Vec<_> = left.iter().filter(|change| !is_kept(change)).collect();
    assert!(left.is_empty(), "{left:#?}");
}

fn version(system: &System, agent: Agent) -> String {
    system.run(&format!("rpm --query --queryformat %{{VERSION}} {}", agent.package)).expect_code(0).stdout
}

#[test]
fn neither_touches_the_other() {
    if !harness::need_root() {
        return;
    }
    let system = system();
    add_policy(&system);
    let fresh = tree(&system);
    for first in [OURS, ACME] {
        let second = first.other();
        install(&system, first, "older");
        install(&system, second, "older");
        if first == OURS {
            share_no_file(&system, "rpm --query --list");
            both_work(&system);
        }
        // Each is upgraded first once, and each is removed first once.
        for agent in [first, second] {
            let its = version(&system, agent.other());
            install(&system, agent, "newer");
            assert_eq!(version(&system, agent), agent.versions[1]);
            assert_eq!(version(&system, agent.other()), its);
        }
        for agent in [second, first] {
            remove(&system, agent);
        }
        nothing_is_left(&fresh, &system);
    }
    // Both in one transaction.
    let files = [OURS, ACME].map(|agent| format!("/tmp/{}-newer.rpm", agent.package)).join(" ");
    system.run(&format!("{DNF} install {files}")).expect_code(0);
    both_work(&system);
    system.run(&format!("{DNF} remove {} {}", OURS.package, ACME.package)).expect_code(0);
    nothing_is_left(&fresh, &system);
}

/// Where hostprep of the other cannot do its work: its configuration is broken, its program is gone, its state is a file.
#[test]
fn a_broken_agent_keeps_no_other_from_upgrade_and_removal() {
    if !harness::need_root() {
        return;
    }
    let system = system();
    for broken in [OURS, ACME] {
        let agent = broken.other();
        install(&system, broken, "older");
        install(&system, agent, "older");
        system.file(broken.configuration, "skip = [\n");
        std::fs::remove_file(system.at(&format!("{}/hostprep/bin/hostprep", broken.directory))).unwrap();
        let state = format!("/var/lib/{}/hostprep", broken.directory.trim_start_matches("/opt/"));
        let aside = system.at(&format!("{state}.aside"));
        std::fs::rename(system.at(&state), &aside).unwrap();
        std::fs::write(system.at(&state), "").unwrap();

        install(&system, agent, "newer");
        assert_eq!(
            (version(&system, agent), version(&system, broken)),
            (agent.versions[1].into(), broken.versions[0].into())
        );
        let check = system.run(&format!("{} check --format json", agent.command)).json();
        let user = check["steps"].as_array().unwrap().iter().find(|step| step["name"] == "scan-user").unwrap();
        assert_eq!(user["outcome"], "ok", "{check}");
        remove(&system, agent);

        // The broken one is upgraded, which mends it, and leaves like any other.
        install(&system, agent, "older");
        std::fs::remove_file(system.at(&state)).unwrap();
        std::fs::rename(&aside, system.at(&state)).unwrap();
        std::fs::remove_file(system.at(broken.configuration)).unwrap();
        let _ = std::fs::remove_dir(system.at(broken.configuration).parent().unwrap());
        install(&system, broken, "newer");
        both_work(&system);
        remove(&system, broken);
        remove(&system, agent);
    }
}
