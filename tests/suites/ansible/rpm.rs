//! The role on hosts of the RPM family, by dnf and by zypper.

use harness::{need_root, packages, program};

use crate::fleet::{Base, Fleet, Host};
use crate::{REPAIR, USER};

/// Each host, its distribution, and the package manager that Ansible is to find there.
const HOSTS: [(&str, &str, &str); 2] = [("by-dnf", "almalinux-9", "dnf"), ("by-zypper", "opensuse-leap-15", "zypper")];

#[test]
fn the_role_installs_the_package_by_dnf_and_zypper_and_removes_it() {
    if !need_root() {
        return;
    }
    let (_place, rpm) = packages::package_with(program::binary(), ".rpm");
    let hosts = HOSTS.map(|(name, distribution, _)| Host::without_hostprep(name, distribution));
    let fleet = Fleet::new(Base::with_rpm(), hosts.into());
    let variables =
        format!(r#"{{"hostprep_package_rpm": "{}", "hostprep_package_check_signature": false}}"#, rpm.display());
    let play = |results: &str, options: &[&str]| fleet.play(results, REPAIR, &[&["-e", &variables], options].concat());
    let is_installed = |name: &str| fleet.host(name).root.at("/opt/cisco/hostprep/bin/hostprep").exists();
    let has_user = |name: &str| fleet.host(name).root.account("passwd", USER).is_some();

    let check = play("check", &["--check"]);
    for (host, ..) in HOSTS {
        assert_eq!((check.run.code, check.recap(host, "changed")), (Some(0), 1), "{host}: {:?}", check.run);
        assert!(!is_installed(host), "{host}");
    }
    let first = play("first", &["-v"]);
    for (host, _, manager) in HOSTS {
        assert_eq!((first.run.code, first.recap(host, "changed")), (Some(0), 1), "{host}: {:?}", first.run);
        assert!(is_installed(host) && has_user(host), "{host}: the package prepares the host");
        assert_eq!(first.fact(host)["version"], env!("CARGO_PKG_VERSION"), "{host}");
        let by = format!("TASK [hostprep.hostprep.hostprep : Install the file with {manager}]");
        assert!(first.run.stdout.contains(&by), "{host}: {:?}", first.run);
    }
    let second = play("second", &[]);
    let removed = play("removed", &["-e", "hostprep_state=removed"]);
    for (host, ..) in HOSTS {
        assert_eq!(second.recap(host, "changed"), 0, "{host}: {:?}", second.run);
        assert_eq!((removed.run.code, removed.recap(host, "changed")), (Some(0), 2), "{host}: {:?}", removed.run);
        assert!(!is_installed(host) && !has_user(host), "{host}");
    }
}
