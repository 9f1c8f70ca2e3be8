//! Something missing is installed later: hostprep checks again by itself.

use std::path::PathBuf;
use std::process::Command;

use harness::{System, packages, program, setup};

use crate::redhat::from_debs;
use crate::{debian, expect, redhat};

/// The release of Debian's newest kernel, and the real packages with its headers: the kernel's own, the part that its flavours
/// share, and the tools to compile with.
fn headers() -> (String, Vec<PathBuf>) {
    let depends = |deb: PathBuf| {
        let fields = setup::run(Command::new("dpkg-deb").arg("--field").arg(deb).arg("Depends"));
        let words = fields.split([' ', ',', '\n']).map(str::to_owned);
        words.filter(|word| ["linux-headers-", "linux-kbuild-"].iter().any(|name| word.starts_with(name))).collect()
    };
    let names: Vec<String> = depends(setup::debs(&["linux-headers-amd64"]).remove(0));
    let name = names.into_iter().next().unwrap();
    let release = name.trim_start_matches("linux-headers-").to_owned();
    let mut debs = setup::debs(&[&name]);
    let shared: Vec<String> = depends(debs[0].clone());
    assert_eq!(shared.len(), 2, "{shared:?}");
    debs.extend(setup::debs(&shared.iter().map(String::as_str).collect::<Vec<_>>()));
    (release, debs)
}

/// Installs that kernel without BTF and headers.
fn install_kernel(system: &System, release: &str) {
    system.without_kernel().kernel(release, false);
}

#[track_caller]
fn expect_module(system: &System) {
    let listed = system.run("semodule -s default -lfull").expect_code(0).stdout;
    assert!(listed.contains("300 cisco-secure-bpf"), "{listed}");
}

#[test]
fn kernel_headers_clear_fault_11_on_debian() {
    if !harness::need_root() {
        return;
    }
    let system = debian::system("bookworm", &[]);
    let (release, debs) = headers();
    install_kernel(&system, &release);
    system.file("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=default\n");
    let run = system.run("dpkg --install /tmp/newer.deb").expect_code(0);
    assert!(run.stderr.contains("semodule is missing (fault 19); install policycoreutils"), "{run:?}");
    assert!(run.stderr.contains("fault 11: "), "{run:?}");
    // There is neither a policy nor a store.
    assert_eq!(expect::raised(&system), [11, 19]);
    // Without the compiler that they depend on.
    let mut line = "dpkg --install --force-depends".to_owned();
    for (number, deb) in debs.iter().enumerate() {
        system.copy(deb, &format!("/tmp/headers-{number}.deb"));
        line += &format!(" /tmp/headers-{number}.deb");
    }
    system.run(&line).expect_code(0);
    assert_eq!(expect::raised(&system), [19]);
    assert_eq!(expect::history(&system), ["raised 11 install", "raised 19 install", "cleared 11 trigger"]);
    let calls = expect::calls(&system);
    assert!(calls.last().unwrap().starts_with("deb postinst (triggered "), "{calls:?}");
}

/// hostprep's package on a host that lost `useradd`, and then a package that has it: fault 5 comes and goes.
#[track_caller]
fn expect_useradd_to_clear_fault_5(system: &System, install: &str, remedy: &str, arrive: &str) {
    system.remove("/usr/sbin/useradd");
    let run = system.run(install).expect_code(0);
    assert!(run.stderr.contains("fault 5: ") && run.stderr.contains("useradd is not installed"), "{run:?}");
    assert!(run.stderr.contains(remedy), "{run:?}");
    assert_eq!(expect::raised(system), [5]);
    system.run(arrive).expect_code(0);
    assert_eq!(expect::raised(system), [0; 0]);
    assert_eq!(expect::history(system), ["raised 5 install", "cleared 5 trigger"]);
    assert!(system.account("passwd", "cisco-amp-scan-svc").is_some());
}

#[test]
fn useradd_clears_fault_5_on_debian() {
    if !harness::need_root() {
        return;
    }
    let system = System::new("bookworm", &[]);
    std::fs::remove_file(system.at("/etc/dpkg/dpkg.cfg.d/99mmdebstrap")).ok();
    let (_place, package) = packages::package_with(program::binary(), ".deb");
    system.copy(&package, "/tmp/hostprep.deb");
    system.copy(&setup::debs(&["passwd"])[0], "/tmp/passwd.deb");
    expect_useradd_to_clear_fault_5(
        &system,
        "dpkg --install /tmp/hostprep.deb",
        "apt-get install -y passwd",
        "dpkg --install /tmp/passwd.deb",
    );
}

/// `shadow-utils`, and `shadow` on SUSE and Photon.
#[test]
fn useradd_clears_fault_5_in_the_rpm_world() {
    if !harness::need_root() {
        return;
    }
    for (name, os_release, remedy) in [
        ("shadow-utils", "almalinux-9", "dnf install -y shadow-utils"),
        ("shadow", "opensuse-tumbleweed", "zypper --non-interactive install shadow"),
    ] {
        let system = System::with_rpm(&[]);
        system.copy(&setup::fixture(&format!("os-release/{os_release}")), "/etc/os-release");
        let (_place, package) = packages::package_with(program::binary(), ".rpm");
        system.copy(&package, "/tmp/hostprep.rpm");
        let (_tree, shadow) = from_debs(name, &["passwd"], "");
        system.copy(&shadow, "/tmp/shadow.rpm");
        expect_useradd_to_clear_fault_5(
            &system,
            "rpm --upgrade --nodeps /tmp/hostprep.rpm",
            remedy,
            "rpm --upgrade --nodeps /tmp/shadow.rpm",
        );
    }
}

/// The real policy; its own scripts build the store. It has no `unconfined_service_t`, and allows the rule to `initrc_t`.
#[test]
fn policy_and_tools_are_judged_when_they_arrive_on_debian() {
    if !harness::need_root() {
        return;
    }
    const ARRIVING: &[&str] =
        &["selinux-utils", "policycoreutils", "checkpolicy", "semodule-utils", "selinux-policy-default"];
    let system = debian::system("bookworm", &[]);
    debian::expect_well(system.run("dpkg --install /tmp/newer.deb"));
    let absent = system.run("/usr/sbin/hostprep check --format json").step("selinux-module");
    assert_eq!(absent["outcome"], "ok", "there is no SELinux: {absent}");
    let mut line = "dpkg --install".to_owned();
    for (name, deb) in ARRIVING.iter().zip(setup::debs(ARRIVING)) {
        system.copy(&deb, &format!("/tmp/{name}.deb"));
        line += &format!(" /tmp/{name}.deb");
    }
    system.run(&line).expect_code(0);
    let calls = expect::calls(&system);
    assert!(calls.last().unwrap().starts_with("deb postinst (triggered "), "{calls:?}");
    let present = system.run("/usr/sbin/hostprep check --format json").step("selinux-module");
    assert_eq!(present["outcome"], "deferred", "in force after the next boot: {present}");
    assert!(present["detail"].as_str().is_some_and(|text| text.contains("allows bpf for initrc_t")), "{present}");
    let listed = system.run("semodule -s default -lfull").expect_code(0).stdout;
    assert!(!listed.contains("cisco-secure-bpf"), "no module where the policy allows the rule: {listed}");
}

#[test]
fn tools_and_headers_in_the_rpm_world() {
    if !harness::need_root() {
        return;
    }
    let system = redhat::system();
    system.policy_store();
    let (release, debs) = headers();
    install_kernel(&system, &release);
    let names: Vec<String> = debs.iter().map(|deb| deb.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_place, kernel_devel) = from_debs("kernel-devel", &names, "");
    system.copy(&kernel_devel, "/tmp/kernel-devel.rpm");

    // Without its requirements, as on a host from which the tools were removed.
    let run = system.run("rpm --upgrade --nodeps /tmp/newer.rpm").expect_code(0);
    assert!(run.stderr.contains("semodule is missing (fault 19); install policycoreutils"), "{run:?}");
    assert!(run.stderr.contains("fault 11: "), "{run:?}");
    assert_eq!(expect::raised(&system), [11, 19]);
    system.run("rpm --upgrade /tmp/policycoreutils.rpm").expect_code(0);
    expect_module(&system);
    redhat::expect_well(system.run("rpm --upgrade /tmp/kernel-devel.rpm"));
    assert_eq!(expect::raised(&system), [0; 0]);
    assert_eq!(
        expect::history(&system),
        ["raised 11 install", "raised 19 install", "cleared 19 trigger", "cleared 11 trigger"]
    );
    let expected = [
        "rpm post scriptlet (1)",
        "rpm posttrans scriptlet (1)",
        "rpm trigger scriptlet (1)",
        // rpm knows its files' paths, and passes no count.
        "rpm transfiletriggerin scriptlet (0)",
    ];
    assert_eq!(expect::calls(&system), expected);
}

/// Together with what it needs, there is one look at the end of the transaction.
#[test]
fn all_in_one_rpm_transaction() {
    if !harness::need_root() {
        return;
    }
    let system = redhat::system();
    system.policy_store();
    redhat::expect_well(system.run("rpm --upgrade /tmp/newer.rpm /tmp/checkpolicy.rpm /tmp/policycoreutils.rpm"));
    expect_module(&system);
    assert_eq!(expect::calls(&system), ["rpm post scriptlet (1)", "rpm posttrans scriptlet (1)"]);
}
