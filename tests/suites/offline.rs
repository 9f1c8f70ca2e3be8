//! Where hostprep runs: a booted host, a container, or a system that something else boots.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use harness::{Caller, Run, System, program};
use serde_json::Value;

const KERNEL: &str = "5.14.0-427.13.1.el9_4.x86_64";

/// An installed EL 9 that enforces and has neither BTF nor headers, with the program in it.
fn enforcing_el9() -> System {
    let system = System::new("bookworm-selinux", &["policycoreutils", "checkpolicy", "semodule-utils"]);
    system.copy(program::binary(), "/usr/bin/hostprep");
    system.file("/etc/os-release", "ID=rhel\nID_LIKE=fedora\nVERSION_ID=9.4\nPLATFORM_ID=platform:el9\n");
    system.kernel(KERNEL, false).policy_store();
    system
}

/// A command in `system` as an image build runs it: in a PID namespace of its own, `/proc` mounted, with these variables.
fn sandbox(system: &System, variables: &[&str], args: &[&str]) -> Command {
    let mut command = Caller::Root.command("unshare");
    command.args(["--mount", "--pid", "--fork", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]).args(variables);
    command.args(["/bin/sh", "-ec", "mount -t proc proc \"$0/proc\"; exec chroot \"$0\" \"$@\""]);
    command.arg(system.path()).arg("/usr/bin/hostprep").args(args);
    command
}

const CHECK: [&str; 3] = ["check", "--format", "json"];

fn steps(run: &Run) -> Vec<Value> {
    let parts =
        |step: &Value| Value::from(["name", "outcome", "faults", "reason"].map(|key| step[key].clone()).to_vec());
    run.json()["steps"].as_array().unwrap().iter().map(parts).collect()
}

#[test]
fn an_image_build_is_judged_like_its_root() {
    let system = enforcing_el9();
    let from_outside = system.hostprep(&CHECK).expect_code(3);
    assert_eq!(from_outside.json()["host"]["kind"], "alternate-root");
    assert_eq!(from_outside.faults(), [5, 11, 19]);
    for variables in [&["container=bwrap-osbuild"][..], &[]] {
        let run = Run::of(&mut sandbox(&system, variables, &CHECK)).expect_code(3);
        assert_eq!(run.json()["host"]["kind"], "offline", "{variables:?}: {run:?}");
        assert_eq!(run.json()["host"]["kernel"], KERNEL);
        assert_eq!(run.faults(), [5, 11, 19], "{variables:?}");
        assert_eq!(steps(&run), steps(&from_outside), "{variables:?}");
    }
}

/// Process 1 hides its root from ordinary users, but not its mount points.
#[test]
fn an_ordinary_user_in_a_chroot_sees_it_too() {
    let system = enforcing_el9();
    std::fs::set_permissions(system.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Caller::Root.command("unshare");
    command
        .args(["--mount", "/bin/sh", "-ec", "mount -t proc proc \"$0/proc\"; exec chroot \"$0\" \"$@\""])
        .arg(system.path());
    command
        .args(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "/usr/bin/hostprep"])
        .args(CHECK);
    let run = Run::of(&mut command);
    assert_eq!(run.json()["host"]["kind"], "offline", "{run:?}");
    assert_eq!(run.json()["host"]["kernel"], KERNEL);
}

#[test]
fn an_application_container_stays_one() {
    let without_kernel = enforcing_el9();
    without_kernel.remove("/boot").remove("/lib/modules");
    let without_policy = enforcing_el9();
    without_policy.remove("/etc/selinux").remove("/var/lib/selinux");
    let booted = enforcing_el9();
    booted.dir("/run/systemd/system", 0o755);
    for (name, system) in [("no kernel", without_kernel), ("no policy", without_policy), ("booted", booted)] {
        for variables in [&["container=podman"][..], &[]] {
            let run = Run::of(&mut sandbox(&system, variables, &CHECK));
            assert_eq!(run.json()["host"]["kind"], "container", "{name}, {variables:?}: {run:?}");
            assert_eq!(run.faults(), [5], "{name}, {variables:?}");
        }
        // It says so outright.
        let run = Run::of(&mut sandbox(&system, &["SYSTEMD_OFFLINE=1"], &CHECK));
        assert_eq!(run.json()["host"]["kind"], "offline", "{name}: {run:?}");
    }
}

/// In a chroot of this PID namespace, also where the machine's `/run` is bound into it.
#[test]
fn a_chroot_of_a_disk_that_was_a_container_image_is_no_container() {
    let system = enforcing_el9();
    system.file("/.dockerenv", "").dir("/run/systemd/system", 0o755);
    let run = Run::of(system.command("/usr/bin/hostprep").args(CHECK)).expect_code(3);
    assert_eq!((&run.json()["host"]["kind"], run.faults()), (&"offline".into(), vec![5, 11, 19]), "{run:?}");
    system.remove("/etc/selinux").remove("/var/lib/selinux");
    let run = Run::of(system.command("/usr/bin/hostprep").args(CHECK)).expect_code(3);
    assert_eq!((&run.json()["host"]["kind"], run.faults()), (&"offline".into(), vec![5, 11]), "{run:?}");
    system.remove("/boot").remove("/lib/modules");
    let run = Run::of(system.command("/usr/bin/hostprep").args(CHECK)).expect_code(3);
    assert_eq!(run.json()["host"]["kind"], "container", "{run:?}");
}

/// The kernel that runs is that of the machine which builds.
#[test]
fn a_system_without_a_kernel_is_not_given_that_of_the_machine() {
    let system = enforcing_el9();
    system.remove("/boot").remove("/lib/modules");
    let running = Run::of(Command::new("uname").arg("-r")).expect_code(0).stdout.trim().to_owned();
    let offline = |args: &[&str]| Run::of(&mut sandbox(&system, &["SYSTEMD_OFFLINE=1"], args));
    let check = offline(&CHECK).expect_code(3);
    assert_eq!(check.json()["host"]["kernel"], Value::Null, "{check:?}");
    assert!(offline(&["check"]).stdout.starts_with("rhel 9.4, kernel none installed, SELinux enforcing\n"));
    for args in [
        &["check"][..],
        &["check", "--image"],
        &["check", "--format", "ocsf"],
        &["repair", "--dry-run"],
        &["status", "--format", "json"],
        &["explain", "11"],
    ] {
        let run = offline(args);
        assert!(!format!("{run:?}").contains(&running), "{args:?}: {run:?}");
    }
    let asked = offline(&["check", "--kernel", &running]);
    assert!(asked.code == Some(2) && asked.stderr.contains("is not installed"), "{asked:?}");
    // In a container, whose it is is said, whatever kernel is installed there.
    let expect_the_hosts = || {
        let container = |args: &[&str]| Run::of(&mut sandbox(&system, &[], args));
        assert_eq!(container(&CHECK).json()["host"]["kernel"], running.as_str());
        let head = format!("rhel 9.4, kernel {running} (the host's), SELinux inside-a-container\n");
        let said = container(&["check"]).stdout;
        assert!(said.starts_with(&head), "{said}");
    };
    expect_the_hosts();
    system.remove("/etc/selinux").remove("/var/lib/selinux").kernel(KERNEL, false);
    expect_the_hosts();
}

#[test]
fn the_kind_is_told_and_can_be_assumed() {
    let system = enforcing_el9();
    let line = |args: &[&str]| {
        let run = Run::of(&mut sandbox(&system, &["container=mock"], args)).expect_code(3);
        run.stdout.lines().nth(1).unwrap().to_owned()
    };
    let detected =
        "Judged as an offline system: container=mock, but a kernel and a policy store, and nothing is booted";
    assert_eq!(line(&["check"]), detected);
    assert_eq!(line(&["check", "--assume", "container"]), "Judged as a container: --assume container");
    let run = Run::of(&mut sandbox(&system, &[], &["check", "--assume", "container", "--format", "json"]));
    assert_eq!(run.expect_code(3).faults(), [5]);
    let image = Run::of(&mut sandbox(&system, &["container=mock"], &["check", "--image"])).expect_code(3).stdout;
    assert!(image.contains("At the first boot:\n") && image.contains(" boot-unit "), "{image}");
    for refused in [
        &["check", "--image", "--assume", "container"][..],
        &["check", "--assume", "alternate-root"],
        &["check", "--assume", "host", "--root", "/"],
    ] {
        assert_eq!(Run::of(&mut sandbox(&system, &[], refused)).code, Some(2), "{refused:?}");
    }
}

/// What follows for the module: it is put into the store, and this machine's kernel is left alone.
#[test]
fn a_repair_in_an_image_build_prepares_the_boot_to_come() {
    let system = enforcing_el9();
    let repair = |args: &[&str]| Run::of(&mut sandbox(&system, &["container=bwrap-osbuild"], args)).expect_code(3);
    let planned = repair(&["repair", "--dry-run"]).stdout;
    assert!(planned.contains("semodule -n -s default -X 300 -i "), "{planned}");
    let run = repair(&["repair", "--format", "json"]);
    assert_eq!((run.faults(), &run.step("selinux-module")["outcome"]), (vec![11], &"deferred".into()), "{run:?}");
    assert!(
        system.modules().iter().any(|module| module.starts_with("300 cisco-secure-bpf ")),
        "{:?}",
        system.modules()
    );
    // The faults are the image's, and name no path of this machine.
    let stored = system.text("/var/lib/cisco/faults/faults.json");
    assert!(stored.contains("headers-missing") && !stored.contains(system.path().to_str().unwrap()), "{stored}");
    assert!(system.text("/var/log/cisco/hostprep.log").contains("semodule -n -s default"));
    // The image's own boot is not this one.
    assert!(!stored.contains("boot_id\":\""), "{stored}");
}

/// As rpm-ostree runs scriptlets: `/var` is read-only, and the system that boots has another one.
#[test]
fn scriptlets_prepare_a_system_whose_var_is_read_only() {
    let system = enforcing_el9();
    let read_only = |args: &[&str]| {
        let mut command = Caller::Root.command("unshare");
        command.args([
            "--mount",
            "--pid",
            "--fork",
            "env",
            "-i",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            "SYSTEMD_OFFLINE=1",
        ]);
        let mounts = "mount -t proc proc \"$0/proc\"; mount --bind \"$0/var\" \"$0/var\";
            mount -o remount,ro,bind \"$0/var\"; exec chroot \"$0\" \"$@\"";
        command.args(["/bin/sh", "-ec", mounts]).arg(system.path()).arg("/usr/bin/hostprep").args(args);
        Run::of(&mut command)
    };
    for call in [&["hook", "rpm", "post", "1"][..], &["hook", "rpm", "posttrans", "1", "install"]] {
        let said = read_only(call).expect_code(0).stderr;
        let told = call[2] == "post" || said.contains("Read-only file system");
        assert!(told && !said.contains("is not recorded"), "{said}");
    }
    assert!(system.text("/etc/passwd").contains("\ncisco-amp-scan-svc:") && system.at("/opt/cisco").is_dir());
    assert!(!system.at("/var/lib/cisco").exists());
    // In `/etc`, which the system that boots has too.
    let receipt = "/etc/cisco/hostprep/journal.json";
    assert!(system.text(receipt).contains("cisco-amp-scan-svc"));
    // It boots, with another `/var`.
    let mut boot = sandbox(&system, &[], &["repair", "--only", "scan-user", "--assume", "host"]);
    Run::of(&mut boot).expect_code(0);
    assert!(system.text("/var/lib/cisco/hostprep/journal.json").contains("cisco-amp-scan-svc"));
    assert!(!system.at("/etc/cisco").exists());
    let mut remove = sandbox(&system, &[], &["remove", "--assume", "host"]);
    assert!(Run::of(&mut remove).stdout.contains("userdel"));
    assert!(!system.text("/etc/passwd").contains("cisco-amp-scan-svc"));
    system.remove("/var/lib/cisco");
    // Where it is not offline, nothing is created that is not recorded.
    system.edit("/etc/passwd", |text| {
        text.lines().filter(|line| !line.contains("cisco")).map(|line| format!("{line}\n")).collect()
    });
    let mut command = sandbox(&system, &[], &["repair", "--only", "scan-user", "--assume", "container"]);
    std::fs::write(system.at("/var/lib/cisco"), "in the way").unwrap();
    assert_eq!(Run::of(&mut command).code, Some(1));
    assert!(!system.text("/etc/passwd").contains("cisco-amp-scan-svc"));
}
