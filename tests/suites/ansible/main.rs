//! The Ansible collection on real hosts by the real ansible-playbook: chroots of many distributions in many states.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]
#![allow(clippy::print_stderr, reason = "the recap is for a person")]

mod fleet;
mod rpm;

use fleet::{Base, Fleet, Host, python_3_6};
use harness::snapshot::Compare;
use harness::{Snapshot, need_root, packages, program};
use serde_json::json;

const USER: &str = "cisco-amp-scan-svc";
const REPAIR: &str = "hostprep.hostprep.repair";
const NOT_INSTALLED: &str = "hostprep_install=false";

/// A host whose fault store no program can read: hostprep fails there.
const BROKEN: &str = "19-fault-store-broken";
/// A host without readable accounts: the steps that need them are unknown.
const UNREADABLE: &str = "20-passwd-unreadable";
/// A host on which all is well.
const HEALTHY: &str = "03-healthy";

/// Twenty hosts: what is wrong with each is in its name.
fn twenty() -> Vec<Host> {
    let host = |name: &str, distribution: &str, state: &dyn Fn(&Host)| {
        let host = Host::new(name, distribution);
        state(&host);
        host
    };
    let with_user = |host: &Host, shell: &str| {
        host.root.add_account("passwd", &format!("{USER}:x:998:998::/nonexistent:{shell}"));
        host.root.add_account("group", &format!("{USER}:x:998:"));
        host.root.add_account("shadow", &format!("{USER}:!:19700::::::"));
    };
    let well = |host: &Host| {
        with_user(host, "/usr/sbin/nologin");
        host.root.dir("/opt/cisco", 0o755);
    };
    let hosts = vec![
        host("01-user-missing", "rhel-9", &|_| ()),
        host("02-modes", "rhel-8", &|host| {
            well(host);
            host.root.dir("/opt/cisco", 0o777).dir("/opt/cisco/amp", 0o700);
        }),
        host(HEALTHY, "debian-12", &well),
        host("04-policy", "fedora-42", &|host| {
            host.root.policy_store();
        }),
        host("05-policy", "debian-13", &|host| {
            well(host);
            host.root.policy_store();
        }),
        host("06-headers", "ubuntu-24.04", &|host| {
            well(host);
            host.root.kernel("6.8.0-31-generic", false);
        }),
        host("07-headers-and-user", "rhel-10", &|host| {
            host.root.kernel("6.12.0-55.el10.x86_64", false);
        }),
        host("08-login-shell", "almalinux-9", &|host| {
            with_user(host, "/bin/bash");
            host.root.dir("/opt/cisco", 0o755);
        }),
        host("09-no-private-groups", "rocky-9", &|host| {
            host.root
                .login_defs("USERGROUPS_ENAB no\nSYS_UID_MIN 201\nSYS_UID_MAX 999\nSYS_GID_MIN 201\nSYS_GID_MAX 999\n");
        }),
        host("10-no-login-defs", "oracle-9", &|host| {
            host.root.login_defs("");
        }),
        host("11-directory-only", "amazon-2023", &|host| with_user(host, "/usr/sbin/nologin")),
        host("12-user-only", "sles-15", &|host| {
            host.root.dir("/opt/cisco", 0o755);
        }),
        host("13-kernel-modules", "centos-7", &|_| ()),
        host("14-no-kernel", "openeuler-22.03", &|host| {
            host.root.without_kernel();
        }),
        host("15-home", "opensuse-leap-15", &|host| {
            well(host);
            host.root.dir("/opt/cisco", 0o700);
        }),
        host("16-group", "debian-11", &|host| {
            host.root.add_account("group", &format!("{USER}:x:998:"));
        }),
        host("17-python-3.6", "ubuntu-18.04", &|_| ()),
        host("18-python-3.6-modes", "rocky-8", &|host| {
            host.root.dir("/opt/cisco", 0o750);
        }),
        host(BROKEN, "rhel-9", &|host| {
            host.root.file("/var/lib/cisco/faults/faults.json", "{ this is no store");
        }),
        host(UNREADABLE, "rhel-9", &|host| {
            host.root.remove("/etc/passwd").dir("/etc/passwd", 0o755);
        }),
    ];
    assert_eq!(hosts.len(), 20);
    hosts
}

/// What of a host is neither Ansible's nor hostprep's own: the host itself.
fn host_itself(host: &Host) -> Snapshot {
    host.root.snapshot().without(&["/tmp", "/root", "/run", "/var/lib/cisco", "/var/log"])
}

/// The differences, but for the attributes in which overlayfs notes where a directory came from.
fn difference(before: &Snapshot, after: &Snapshot, compare: Compare) -> String {
    let difference = before.difference(after, compare);
    difference.lines().filter(|line| !line.contains("trusted.overlay.")).collect::<Vec<_>>().join("\n")
}

/// Everything but what Ansible leaves.
fn whole(host: &Host) -> Snapshot {
    host.root.snapshot().without(&["/tmp", "/root"])
}

#[test]
fn check_mode_predicts_the_first_run_and_the_second_changes_nothing() {
    if !need_root() {
        return;
    }
    let mut hosts = twenty();
    let python = python_3_6();
    for host in hosts.iter_mut().filter(|host| host.name.contains("python-3.6")) {
        match &python {
            Some(python) => host.variables = format!("ansible_python_interpreter={}/bin/python3.6", python.display()),
            None => eprintln!("{}: this machine has no Python 3.6; the host uses Debian's", host.name),
        }
    }
    let fleet = Fleet::new(Base::with_python(), hosts);
    let working = || fleet.hosts.iter().filter(|host| host.name != BROKEN);

    let before: Vec<_> = fleet.hosts.iter().map(whole).collect();
    let check = fleet.play("check", REPAIR, &["-e", NOT_INSTALLED, "--check", "--diff"]);
    assert_eq!(check.run.code, Some(2), "one host fails: {:?}", check.run);
    for (host, before) in fleet.hosts.iter().zip(&before) {
        let difference = difference(before, &whole(host), Compare::Everything);
        assert!(difference.is_empty(), "{}: check mode changed it: {difference}", host.name);
    }

    let before: Vec<_> = working().map(host_itself).collect();
    let first = fleet.play("first", REPAIR, &["-e", NOT_INSTALLED, "--diff"]);
    assert_eq!(first.run.code, Some(2), "one host fails: {:?}", first.run);
    eprintln!("first run{}", first.recap_text());
    let mut changed_hosts = 0;
    for (host, before) in working().zip(&before) {
        let (predicted, made) = (check.fact(&host.name), first.fact(&host.name));
        assert_eq!(predicted["plan"], made["plan"], "{}: predicted and made", host.name);
        assert_eq!(predicted["changed"], made["changed"], "{}", host.name);
        assert_eq!(check.recap(&host.name, "changed"), first.recap(&host.name, "changed"), "{}", host.name);
        let is_changed = !difference(before, &host_itself(host), Compare::SameTree).is_empty();
        assert_eq!(made["changed"], is_changed, "{}: {}", host.name, before.outline(&host_itself(host)).join("\n"));
        changed_hosts += u32::from(is_changed);
        for change in made["plan"].as_array().unwrap() {
            let line = format!("+ {}\n", change["change"].as_str().unwrap());
            assert!(check.run.stdout.contains(&line) && first.run.stdout.contains(&line), "{}: no {line}", host.name);
        }
    }
    assert!(changed_hosts >= 14, "{changed_hosts}");
    assert_eq!(first.fact(HEALTHY)["changed"], false);
    assert_eq!(first.fact("07-headers-and-user")["faults"], json!([11]));
    assert_eq!(first.fact("07-headers-and-user")["worst"], "fault");
    assert!(fleet.host("01-user-missing").root.account("passwd", USER).is_some());

    // The others do not suffer from those that are broken.
    for host in &fleet.hosts {
        assert_eq!(first.recap(&host.name, "failed"), u32::from(host.name == BROKEN), "{}", host.name);
    }
    let said = first.last(BROKEN)["msg"].as_str().unwrap().to_owned();
    assert!(said.contains("/var/lib/cisco/faults/faults.json"), "{said}");
    let unknown = first.fact(UNREADABLE)["unknown"].clone();
    assert!(unknown.as_array().unwrap().contains(&json!("scan-user")), "{unknown}");

    let before: Vec<_> = working().map(whole).collect();
    let second = fleet.play("second", REPAIR, &["-e", NOT_INSTALLED]);
    eprintln!("second run{}", second.recap_text());
    for (host, before) in working().zip(&before) {
        assert_eq!(second.recap(&host.name, "changed"), 0, "{}", host.name);
        assert_eq!(second.fact(&host.name)["plan"], json!([]), "{}", host.name);
        assert_eq!(difference(before, &whole(host), Compare::Everything), "", "{}", host.name);
    }

    gather(&fleet);
}

/// Gathers the results of the fleet, of which one host has lost hostprep. Two more names differ by characters that no file name gets.
fn gather(fleet: &Fleet) {
    const TWINS: [(&str, &str); 2] = [("twin_host", "02-modes"), ("twin/host", HEALTHY)];
    fleet.host(HEALTHY).root.remove("/usr/sbin/hostprep");
    let twins = TWINS.map(|(name, place)| format!("{name} {}\n", fleet.connection(place)));
    std::fs::write(fleet.at("twins"), twins.concat()).unwrap();
    let place = fleet.at("gathered");
    std::fs::create_dir(&place).unwrap();
    std::fs::write(place.join(format!("{HEALTHY}.json")), "{}").unwrap();
    let variable = format!("hostprep_results={}", place.display());
    // No hostprep of this machine, whatever is installed on it.
    let play = fleet.play(
        "gather",
        "hostprep.hostprep.gather",
        &["-i", "twins", "-e", &variable, "-e", "hostprep_controller_executable=no-hostprep"],
    );
    assert_eq!(play.run.code, Some(0), "{:?}", play.run);
    let expected = format!("20 results in {}; without one: {HEALTHY}, twin/host", place.display());
    assert!(play.run.stdout.contains(&expected), "{}", play.run.stdout);
    let mut names: Vec<_> = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.len(), 20, "{names:?}");
    assert!(names.contains(&place.join("twin_host.json")), "{names:?}");
    for name in names {
        let result: serde_json::Value = serde_json::from_slice(&std::fs::read(&name).unwrap()).unwrap();
        assert_eq!(result["schema"], 1, "{}", name.display());
        assert!(result["steps"].as_array().is_some_and(|steps| !steps.is_empty()), "{}", name.display());
    }
}

#[test]
fn a_host_without_python_is_repaired_too() {
    if !need_root() {
        return;
    }
    let hosts =
        vec![Host::new("bare", "rhel-9"), Host::new("bare-headers", "debian-12"), Host::new("bare-broken", "rhel-9")];
    hosts[1].root.kernel("6.1.0-18-amd64", false);
    hosts[2].root.file("/var/lib/cisco/faults/faults.json", "{ this is no store");
    let fleet = Fleet::new(Base::without_python(), hosts);
    let raw = |results, options: &[&str]| fleet.play(results, "hostprep.hostprep.raw", options);

    let check = raw("check", &["--check"]);
    assert!(fleet.host("bare").root.account("passwd", USER).is_none(), "check mode changes nothing");
    let first = raw("first", &[]);
    let second = raw("second", &[]);
    for host in ["bare", "bare-headers"] {
        let plans = |fact: serde_json::Value| {
            let steps = fact["steps"].as_array().unwrap().clone();
            steps.into_iter().map(|step| step["plan"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(plans(check.fact(host)), plans(first.fact(host)), "{host}");
        let changed = [&check, &first, &second].map(|play| play.recap(host, "changed"));
        assert_eq!(changed, [1, 1, 0], "{host}: {:?}", second.run);
        assert!(fleet.host(host).root.account("passwd", USER).is_some());
    }
    assert_eq!(first.fact("bare-headers")["faults"], json!([11]));
    assert_eq!((first.run.code, first.recap("bare-broken", "failed")), (Some(2), 1), "{:?}", first.run);
    let asked = raw("asked", &["-e", "hostprep_fail_on_faults=true"]);
    assert_eq!([asked.recap("bare", "failed"), asked.recap("bare-headers", "failed")], [0, 1], "{:?}", asked.run);
}

#[test]
fn the_role_installs_the_package_and_removes_it() {
    if !need_root() {
        return;
    }
    let (_place, deb) = packages::package_with(program::binary(), ".deb");
    let host = Host::without_hostprep("fresh", "debian-12");
    host.root.kernel("6.1.0-18-amd64", false);
    let fleet = Fleet::new(Base::with_python(), vec![host]);
    let root = &fleet.host("fresh").root;
    let file = format!("hostprep_package_deb={}", deb.display());
    let is_installed = || root.at("/opt/cisco/hostprep/bin/hostprep").exists();

    let check = fleet.play("check", REPAIR, &["-e", &file, "--check"]);
    assert_eq!((check.run.code, check.recap("fresh", "changed")), (Some(0), 1), "{:?}", check.run);
    assert!(!is_installed() && check.fact("fresh")["installed"] == false);

    let first = fleet.play("first", REPAIR, &["-e", &file]);
    assert_eq!((first.run.code, first.recap("fresh", "changed")), (Some(0), 1), "{:?}", first.run);
    assert!(is_installed() && root.account("passwd", USER).is_some(), "the package prepares the host");
    assert_eq!(first.fact("fresh")["version"], env!("CARGO_PKG_VERSION"));
    let left: Vec<_> = std::fs::read_dir(root.at("/tmp/ansible")).unwrap().collect();
    assert!(left.is_empty(), "the copy of the file is gone: {left:?}");

    let second = fleet.play("second", REPAIR, &["-e", &file]);
    assert_eq!((second.run.code, second.recap("fresh", "changed")), (Some(0), 0), "{:?}", second.run);

    // A fault fails the play if that is asked for, except in check mode where it would be fixed.
    let asked = |results: &str, variables: &str, options: &[&str]| {
        let options = [&["-e", NOT_INSTALLED, "-e", variables], options].concat();
        fleet.play(results, REPAIR, &options)
    };
    let failed = asked("asked", r#"{"hostprep_fail_on": ["fault"]}"#, &[]);
    assert_eq!((failed.run.code, &failed.last("fresh")["msg"]), (Some(2), &json!("faults: 11")), "{:?}", failed.run);
    root.mode("/opt/cisco", 0o700);
    let directories = r#"{"hostprep_only": ["directories"], "hostprep_fail_on": ["fault"], "hostprep_state": "STATE"}"#;
    let planned = asked("planned", &directories.replace("STATE", "repaired"), &["--check"]);
    assert_eq!((planned.run.code, planned.recap("fresh", "changed")), (Some(0), 1), "{:?}", planned.run);
    let checked = asked("checked", &directories.replace("STATE", "checked"), &[]);
    assert_eq!((checked.run.code, &checked.last("fresh")["faults"]), (Some(2), &json!([5])), "{:?}", checked.run);

    let removed = fleet.play("removed", REPAIR, &["-e", "hostprep_state=removed"]);
    assert_eq!((removed.run.code, removed.recap("fresh", "changed")), (Some(0), 2), "{:?}", removed.run);
    assert!(!is_installed() && root.account("passwd", USER).is_none());
    let again = fleet.play("again", REPAIR, &["-e", "hostprep_state=removed"]);
    assert_eq!((again.run.code, again.recap("fresh", "changed")), (Some(0), 0), "{:?}", again.run);
}
