//! The scripts of the real packages in a bubblewrap sandbox: a foreign PID namespace, as rpm-ostree and osbuild make it.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::path::Path;
use std::process::Command;

use harness::packages::package_with;
use harness::{Caller, Run, System, program, setup};
use serde_json::Value;

/// Without BTF and headers.
const EL9_KERNEL: &str = "5.14.0-427.13.1.el9_4.x86_64";
const DEBIAN_KERNEL: &str = "6.1.0-40-amd64";
const TOOLS: [&str; 3] = ["policycoreutils", "checkpolicy", "semodule-utils"];

/// A command in a sandbox whose root is `system`, with these additional arguments of bwrap.
fn bwrap(system: &System, more: &[&str], line: &[&str]) -> Run {
    let mut command = Caller::Root.command("bwrap");
    command.arg("--bind").arg(system.path()).arg("/").args(["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/run"]);
    command.args(["--chdir", "/", "--die-with-parent", "--unshare-pid", "--unshare-uts", "--unshare-ipc"]);
    command.args(["--unshare-net", "--clearenv", "--setenv", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin"]);
    Run::of(command.args(more).arg("--").args(line))
}

fn scratch() -> System {
    let system = System::new("bookworm-selinux", &TOOLS);
    let _ = std::fs::remove_file(system.at("/etc/dpkg/dpkg.cfg.d/99mmdebstrap"));
    system.policy_store();
    system
}

fn has_user(system: &System) -> bool {
    system.text("/etc/passwd").contains("\ncisco-amp-scan-svc:")
}

/// `/var` is read-only, the policy store is in `/etc`, and package managers do not run: files are unpacked, then each scriptlet.
#[test]
fn scriptlets_of_the_rpm_as_rpm_ostree_runs_them() {
    if !harness::need_root() {
        return;
    }
    let system = scratch();
    system.file("/etc/os-release", "ID=rhel\nID_LIKE=fedora\nVERSION_ID=9.4\nPLATFORM_ID=platform:el9\n");
    system.kernel(EL9_KERNEL, false);
    system.edit("/etc/selinux/semanage.conf", |text| text + "\nstore-root=/etc/selinux\n");
    setup::run(Command::new("cp").arg("-a").arg(system.at("/var/lib/selinux/.")).arg(system.at("/etc/selinux")));
    system.remove("/var/lib/selinux");
    let (_place, rpm) = package_with(program::binary(), ".rpm");
    let unpack = "rpm2cpio \"$1\" | cpio --extract --make-directories --quiet --directory \"$2\"";
    setup::run(Command::new("sh").args(["-c", unpack, "sh"]).arg(&rpm).arg(system.path()));
    // What a package has there is made at boot.
    system.remove("/var/lib/cisco");
    let var = || harness::Snapshot::of(&system.at("/var"));
    let before = var();

    let inside = |line: &[&str]| {
        let var = system.at("/var");
        let read_only = ["--ro-bind", var.to_str().unwrap(), "/var", "--setenv", "SYSTEMD_OFFLINE", "1"];
        bwrap(&system, &read_only, line)
    };
    let scriptlet = |tag: &str| {
        let text = setup::run(Command::new("rpm").args(["-qp", "--qf", &format!("%{{{tag}}}")]).arg(&rpm));
        system.file("/scriptlet", text);
        inside(&["/bin/sh", "/scriptlet", "1"]).expect_code(0).stderr
    };
    let post = scriptlet("POSTIN");
    assert!(has_user(&system), "{post}");
    // The receipt goes where the system that boots has it too.
    assert!(!post.contains("is not recorded"), "{post}");
    assert!(system.text("/etc/cisco/hostprep/journal.json").contains("cisco-amp-scan-svc"), "{post}");
    let plan = inside(&["/usr/sbin/hostprep", "repair", "--dry-run"]).expect_code(3).stdout;
    assert!(plan.contains("semodule -n -s default -X 300 -i "), "{plan}");
    let posttrans = scriptlet("POSTTRANS");
    assert!(posttrans.contains("hostprep: fault 11: ") && posttrans.contains(EL9_KERNEL), "{posttrans}");
    assert!(system.at("/etc/selinux/default/active/modules/300/cisco-secure-bpf").is_dir(), "{posttrans}");
    before.expect_untouched(&var());

    // What it is taken for, and what is left to the boot.
    let check = inside(&["/usr/sbin/hostprep", "check", "--format", "json"]).expect_code(3);
    assert_eq!((check.json()["host"]["kind"].as_str(), check.faults()), (Some("offline"), vec![11]), "{check:?}");
    assert_eq!(check.step("selinux-module")["outcome"], "deferred", "{check:?}");
}

/// osbuild's sandbox says `container=`, and the package manager runs in it.
#[test]
fn the_deb_by_dpkg_in_a_sandbox_of_osbuild() {
    if !harness::need_root() {
        return;
    }
    let system = scratch();
    system.kernel(DEBIAN_KERNEL, false);
    let (_place, deb) = package_with(program::binary(), ".deb");
    system.copy(&deb, "/tmp/hostprep.deb");
    let osbuild = ["--setenv", "container", "bwrap-osbuild", "--setenv", "DEBIAN_FRONTEND", "noninteractive"];
    let run = |line: &[&str]| bwrap(&system, &osbuild, line);

    let said = run(&["dpkg", "--install", "/tmp/hostprep.deb"]).expect_code(0).stderr;
    assert!(said.contains("hostprep: fault 11: ") && said.contains(DEBIAN_KERNEL), "{said}");
    assert!(has_user(&system));
    let stored: Value = serde_json::from_str(&system.text("/var/lib/cisco/faults/faults.json")).unwrap();
    assert_eq!(stored["faults"][0]["id"], 11, "{stored}");
    assert_eq!(stored["faults"].as_array().unwrap().len(), 1, "{stored}");
    assert!(system.text("/var/log/cisco/hostprep.log").contains("semodule -n -s default -X 300"));
    assert!(system.modules().iter().any(|module| module.starts_with("300 cisco-secure-bpf ")));
    let units = "/etc/systemd/system/multi-user.target.wants/hostprep.service";
    assert!(system.at(units).symlink_metadata().is_ok() || !system.at("/usr/bin/deb-systemd-helper").exists());

    // The kernel's package of the image build is judged as it comes.
    let judged = run(&["run-parts", "--arg", DEBIAN_KERNEL, "/etc/kernel/postinst.d"]).expect_code(0).stderr;
    assert!(judged.contains("hostprep: fault 11: ") && !judged.contains("next boot"), "{judged}");

    run(&["dpkg", "--purge", "hostprep"]).expect_code(0);
    assert!(!has_user(&system));
    for left in ["/var/lib/cisco", "/var/log/cisco", "/etc/kernel/header_postinst.d", "/usr/lib/kernel/install.d"] {
        assert!(!system.at(left).exists(), "{left}");
    }
    assert!(!left_names_hostprep(&system.at("/etc/systemd")), "a unit's link");
}

fn left_names_hostprep(directory: &Path) -> bool {
    let found = setup::run(Command::new("find").arg(directory).args(["-name", "*hostprep*"]));
    !found.is_empty()
}
