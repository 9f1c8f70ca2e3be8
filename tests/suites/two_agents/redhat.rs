//! By dnf.

use harness::System;

use crate::host::{ACME, Agent, OURS, about, both_work, copy_packages, share_no_file, tree};

const DNF: &str = "dnf --assumeyes --disablerepo=* --releasever=9 --quiet";

fn system() -> System {
    let system = System::with_rpm(&["policycoreutils"]);
    copy_packages(&system, ".rpm");
    system
}

fn install(system: &System, agent: Agent, version: &str) {
    about(system, agent, &format!("{DNF} install /tmp/{}-{version}.rpm", agent.package));
}

fn remove(system: &System, agent: Agent) {
    about(system, agent, &format!("{DNF} remove {}", agent.package));
}

#[test]
fn neither_touches_the_other() {
    if !harness::need_root() {
        return;
    }
    let system = system();
    let fresh = tree(&system);
    for first in [OURS, ACME] {
        let second = first.other();
        install(&system, first, "older");
        install(&system, second, "older");
        if first == OURS {
            share_no_file(&system, "rpm --query --list");
            both_work(&system);
            install(&system, second, "newer");
        }
        install(&system, first, "newer");
        remove(&system, first);
        remove(&system, second);
        // rpm knows no purge: the logs are kept.
        let left = fresh.outline(&tree(&system));
        let kept = ["/var/log/cisco", "/var/log/acme", "/run/cisco", "/run/acme"];
        // On a real host, these are the package filesystem's.
        let of_filesystem = |change: &str| {
            change.contains(" (directory")
                && ["/usr/share/licenses ", "/usr/share/man/"].iter().any(|it| change.contains(it))
        };
        let is_kept = |change: &str| of_filesystem(change) || kept.iter().any(|path| change.contains(path));
        let left: Vec<_> = left.iter().filter(|change| !is_kept(change)).collect();
        assert!(left.is_empty(), "{left:#?}");
    }
}
