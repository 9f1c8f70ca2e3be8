//! The kernel of the next boot: what it would break is shown before the reboot, by the program and by the hooks of kernel packages.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod debians_kernel;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::packages::package_with;
use harness::{Run, System, program, setup};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A kernel of Debian's that is newer than every one that runs tests.
const NEXT: &str = "999.1.0-1-amd64";
const INSTALL: &str = "apt-get install -y linux-headers-999.1.0-1-amd64";
const HEADING: &str = "From the next boot on (kernel 999.1.0-1-amd64)";
/// In a chroot there is no running kernel unless the caller says so.
const PROGRAM: &str = "#!/bin/sh\nexec /usr/bin/hostprep-program --assume host \"$@\"\n";

fn running() -> String {
    let name = nix::sys::utsname::uname().unwrap();
    name.release().to_str().unwrap().to_owned()
}

/// A Debian that runs a kernel with BTF, and the program at its place there.
fn system(name: &str, packages: &[&str]) -> System {
    system_on(&running(), name, packages)
}

fn system_on(running: &str, name: &str, packages: &[&str]) -> System {
    let system = System::new(name, packages);
    let _ = fs::remove_file(system.at("/etc/dpkg/dpkg.cfg.d/99mmdebstrap"));
    system.copy(program::binary(), "/usr/bin/hostprep-program");
    system.executable("/usr/bin/hostprep", PROGRAM);
    system.kernel(running, true);
    system
}

/// The step whose outcome does not depend on the machine that runs the tests.
const KERNEL_STEP: [&str; 3] = ["check", "--only", "kernel"];

fn hostprep(system: &System, args: &[&str]) -> Run {
    Run::of(system.command("/usr/bin/hostprep").args(args))
}

fn check(system: &System) -> Run {
    hostprep(system, &[&KERNEL_STEP[..], &["--format", "json"]].concat())
}

/// The pending faults as `status` has them, without those of steps that ask the machine.
fn pending(system: &System) -> Vec<u64> {
    let status = hostprep(system, &["status", "--format", "json"]).json();
    let ids = status["next_boot"]["fault_ids"].as_array().cloned().unwrap_or_default();
    ids.iter().map(|id| id.as_u64().unwrap()).collect()
}

#[test]
fn check_status_and_metrics_show_it() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    assert_eq!(check(&system).expect_code(0).json()["next_boot"], Value::Null, "the same kernel again");
    system.kernel(NEXT, false);

    let text = hostprep(&system, &KERNEL_STEP).expect_code(4).stdout;
    let lines: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("From the next boot on")).collect();
    assert_eq!(lines[0], format!("{HEADING}:"), "{text}");
    assert!(lines[1].starts_with("  pending 11 kernel 999.1.0-1-amd64 has no BTF (/boot/config-"), "{text}");
    assert!(lines.iter().any(|line| line.trim_start() == format!("fix: {INSTALL}")), "{text}");
    assert!(
        text.ends_with("No problem now, but fault 11 from the next boot on. See above what to do before you reboot.\n")
    );

    // What is wrong now decides the exit code.
    let both = hostprep(&system, &["check", "--only", "kernel", "--only", "scan-user"]).expect_code(3).stdout;
    assert!(both.contains("  pending 11 kernel "), "{both}");
    let end = "Fault 5. Run `hostprep repair` as root. Also fault 11 from the next boot on. See above what to do before you \
               reboot.\nMore about a fault: `hostprep explain NUMBER`, or `man 7 hostprep-faults`\n";
    assert!(both.ends_with(end), "{both}");

    let run = check(&system).expect_code(4);
    assert_eq!((run.faults(), run.step("kernel")["outcome"].as_str()), (vec![], Some("ok")));
    let next = run.json()["next_boot"].clone();
    assert_eq!((&next["kernel"], &next["fault_ids"], &next["unknown"]), (&json!(NEXT), &json!([11]), &json!([])));
    let fault = &next["faults"][0];
    assert_eq!((&fault["id"], &fault["severity"]), (&json!(11), &json!("critical")));
    assert_eq!(fault["reason"], "headers-missing");
    assert_eq!(fault["remedies"][1]["argv"], json!(["apt-get", "install", "-y", format!("linux-headers-{NEXT}")]));
    assert!(fault["remedy"].as_array().unwrap().contains(&json!(INSTALL)), "{fault}");
    let japanese = hostprep(&system, &["--lang", "ja", "status", "--format", "json"]).json();
    let english = hostprep(&system, &["status", "--format", "json"]).expect_code(4).json();
    let of = |status: &Value, key: &str| status["next_boot"]["faults"][0][key].clone();
    assert_eq!(
        (of(&english, "reason"), of(&english, "summary")),
        (json!("headers-missing"), json!("Required Kernel-Devel Package Is Missing"))
    );
    assert_ne!((of(&japanese, "summary"), of(&japanese, "title")), (of(&english, "summary"), of(&english, "title")));
    assert_eq!(
        (&english["fault_ids"], &english["counts"]["critical"]),
        (&json!([]), &json!(0)),
        "not counted as raised"
    );

    let status = hostprep(&system, &["status"]).expect_code(4).stdout;
    let expected =
        format!("Faults: None\n{HEADING}:\nPending ID 11 - Critical: Required Kernel-Devel Package Is Missing\n");
    assert_eq!(status, expected);
    let metrics = hostprep(&system, &["status", "--format", "prometheus"]).expect_code(4).stdout;
    let gauge = format!(
        "hostprep_fault_pending{{id=\"11\",kernel=\"{NEXT}\",reason=\"headers-missing\",severity=\"critical\"}} 1\n"
    );
    assert!(metrics.contains(&gauge) && metrics.contains("hostprep_faults{severity=\"critical\"} 0\n"), "{metrics}");
    let promtool = setup::run(&mut Command::new(setup::top().join("tests/setup/promtool.sh")));
    system.file("/metrics", &metrics);
    let mut checked = Command::new(promtool.trim());
    let checked = checked.args(["check", "metrics"]).stdin(fs::File::open(system.at("/metrics")).unwrap()).output();
    let said = checked.unwrap();
    assert!(said.status.success() && said.stdout.is_empty() && said.stderr.is_empty(), "{said:?}");
    let output = ["status", "--format", "prometheus", "--output", "/metrics"];
    hostprep(&system, &output).expect_code(0);

    // Looking changes nothing, and raises nothing.
    assert!(!system.at("/var/lib/cisco").exists());
    system.headers(NEXT);
    assert_eq!(check(&system).expect_code(0).json()["next_boot"]["fault_ids"], json!([]));
    assert!(!hostprep(&system, &["status"]).expect_code(0).stdout.contains("next boot"));
    system.remove(&format!("/lib/modules/{NEXT}"));
    assert_eq!(pending(&system), [11]);
    system.remove(&format!("/boot/vmlinuz-{NEXT}"));
    assert_eq!(check(&system).expect_code(0).json()["next_boot"], Value::Null, "the kernel is gone");
}

#[test]
fn nothing_is_pending_in_a_root_an_image_build_and_a_container() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    system.kernel(NEXT, false);
    let only = ["--only", "kernel", "--format", "json"];
    let root = system.hostprep(&[&["check"][..], &only].concat()).expect_code(3);
    assert_eq!((root.faults(), &root.json()["next_boot"]), (vec![11], &Value::Null));
    for (kind, code, faults) in [("offline", 3, vec![11]), ("container", 0, vec![])] {
        let mut command = system.command("/usr/bin/hostprep-program");
        let run = Run::of(command.args(["--assume", kind, "check"]).args(only)).expect_code(code);
        assert_eq!((run.faults(), &run.json()["next_boot"]), (faults, &Value::Null), "{kind}");
    }
    // In an image build, the kernel that comes is the one that is judged: its fault is raised in the image.
    let mut hook = system.command("/usr/bin/hostprep-program");
    let run = Run::of(hook.args(["--assume", "offline", "hook", "kernel", "add", NEXT])).expect_code(0);
    assert!(run.stderr.contains("hostprep: fault 11: ") && !run.stderr.contains("next boot"), "{run:?}");
    let stored: Value = serde_json::from_str(&system.text("/var/lib/cisco/faults/faults.json")).unwrap();
    assert_eq!((stored["faults"].as_array().unwrap().len(), &stored["faults"][0]["id"]), (1, &json!(11)), "{stored}");
    let named = hostprep(&system, &[&["check", "--kernel", NEXT][..], &only].concat()).expect_code(3);
    assert_eq!((named.faults(), &named.json()["next_boot"]), (vec![11], &Value::Null), "--kernel");
}

#[test]
fn the_hook_says_it_and_writes_it_into_the_log() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    let hook = |words: &[&str]| hostprep(&system, &[&["hook", "kernel"], words].concat());
    let said = |run: Run| {
        let run = run.expect_code(0);
        assert_eq!(run.stdout, "");
        run.stderr.lines().filter(|line| line.contains("next boot")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(said(hook(&["add", &running()])), [""; 0]);
    system.kernel(NEXT, false);
    let run = hook(&["add", NEXT]).expect_code(0);
    assert!(run.stderr.contains(&format!("hostprep: {HEADING}: fault 11: kernel {NEXT} has no BTF (")), "{run:?}");
    assert!(run.stderr.contains(&format!("hostprep:   fix: {INSTALL}\n")), "{run:?}");
    let log = || system.text("/var/log/cisco/hostprep.log");
    assert!(
        log().contains("starting kernel hook (add 999.1.0-1-amd64)")
            && log().contains(&format!("warning: {HEADING}: fault 11: "))
    );
    // Its files are still there, as kernel-install has it.
    assert_eq!(said(hook(&["remove", NEXT])), [""; 0]);
    system.headers(NEXT);
    assert_eq!(said(hook(&["add", NEXT])), [""; 0]);
    assert!(log().contains(&format!("info: {HEADING}: no other fault")), "{}", log());
    assert_eq!(said(hook(&["add", "0-rescue-3d1219c7c4c5404a"])), [""; 0]);
    system.file("/etc/cisco/hostprep.toml", "skip = ['kernel']\n").remove(&format!("/lib/modules/{NEXT}"));
    assert_eq!(said(hook(&["add", NEXT])), [""; 0], "its administrator skips the step");
    // No state of the host fails a kernel's package.
    system.file("/etc/cisco/hostprep.toml", "skip = 1\n");
    hook(&["add", NEXT]).expect_code(0);
    for wrong in [&["add"][..], &["add", ""], &["inspect", NEXT]] {
        hook(wrong).expect_code(2);
    }
}

/// Builds a package with these fields, files and scripts.
fn deb(place: &Path, name: &str, fields: &str, files: &[(&str, &str)], scripts: &[(&str, &str)]) -> PathBuf {
    let tree = place.join(name);
    let write = |path: PathBuf, text: &str, mode| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    };
    let control = format!(
        "Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: T <t@t.example>\n{fields}Description: for \
         tests\n"
    );
    write(tree.join("DEBIAN/control"), &control, 0o644);
    for (path, text) in files {
        write(tree.join(path), text, 0o644);
    }
    for (script, text) in scripts {
        write(tree.join("DEBIAN").join(script), text, 0o755);
    }
    let built = place.join(format!("{name}.deb"));
    setup::run(Command::new("dpkg-deb").args(["--build", "--root-owner-group"]).arg(tree).arg(&built));
    built
}

/// A kernel and its headers, with the scripts of Debian's packages (`debian/templates/image.postinst.in`, `image.postrm.in`,
/// `headers.postinst.in` of the source package linux), which begin with the release and the image.
fn kernel_packages(system: &System) -> TempDir {
    let place = setup::open_tempdir();
    let variables = format!("#!/bin/sh -e\nversion={NEXT}\nimage_path=/boot/vmlinuz-$version\n");
    let parts = |directory: &str, image: &str| {
        format!(
            "{variables}if [ -d /etc/kernel/{directory} ]; then\n    DEB_MAINT_PARAMS=\"$*\" run-parts --report --exit-on-error \
             --arg=$version {image} /etc/kernel/{directory}\nfi\nexit 0\n"
        )
    };
    let config = "CONFIG_BPF_SYSCALL=y\nCONFIG_BPF_JIT=y\nCONFIG_KPROBES=y\nCONFIG_BPF_EVENTS=y\n";
    let with_image = "--arg=$image_path";
    let image = deb(
        place.path(),
        &format!("linux-image-{NEXT}"),
        "",
        &[
            (&format!("boot/vmlinuz-{NEXT}"), ""),
            (&format!("boot/config-{NEXT}"), config),
            (&format!("lib/modules/{NEXT}/modules.dep"), ""),
        ],
        &[("postinst", &parts("postinst.d", with_image)), ("postrm", &parts("postrm.d", with_image))],
    );
    let build = format!("lib/modules/{NEXT}/build");
    let headers = deb(
        place.path(),
        &format!("linux-headers-{NEXT}"),
        "",
        &[
            (&format!("{build}/Makefile"), ""),
            (&format!("{build}/include/generated/autoconf.h"), ""),
            (&format!("{build}/include/generated/utsrelease.h"), &format!("#define UTS_RELEASE \"{NEXT}\"\n")),
        ],
        &[("postinst", &parts("header_postinst.d", ""))],
    );
    system.copy(&image, "/tmp/image.deb");
    system.copy(&headers, "/tmp/headers.deb");
    place
}

/// Installs hostprep's own package, which runs the program by [`PROGRAM`].
fn install_hostprep(system: &System) {
    copy_hostprep(system);
    system.run("dpkg --install /tmp/hostprep.deb").expect_code(0);
}

fn copy_hostprep(system: &System) {
    let place = setup::open_tempdir();
    let wrapper = place.path().join("hostprep");
    fs::write(&wrapper, PROGRAM).unwrap();
    let (_built, deb) = package_with(&wrapper, ".deb");
    system.copy(&deb, "/tmp/hostprep.deb");
}

#[track_caller]
fn times(run: &Run) -> usize {
    format!("{}{}", run.stdout, run.stderr).matches(&format!("hostprep: {HEADING}: fault 11: ")).count()
}

#[test]
fn debians_kernel_packages_come_and_go() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm", &[]);
    let _packages = kernel_packages(&system);
    install_hostprep(&system);
    let dpkg = |words: &str| system.run(&format!("dpkg {words}")).expect_code(0);
    assert_eq!(pending(&system), [0; 0]);

    // At the end of dpkg's work, once.
    let run = dpkg("--install /tmp/image.deb");
    assert_eq!((times(&run), pending(&system)), (1, vec![11]), "{run:?}");
    let run = dpkg("--install /tmp/headers.deb");
    assert_eq!((times(&run), pending(&system)), (0, vec![]), "{run:?}");
    let run = dpkg(&format!("--remove linux-headers-{NEXT}"));
    assert_eq!((times(&run), pending(&system)), (1, vec![11]), "{run:?}");
    let run = dpkg(&format!("--purge linux-image-{NEXT} linux-headers-{NEXT}"));
    assert_eq!((times(&run), pending(&system)), (0, vec![]), "{run:?}");
    // With its headers in one transaction, nothing is said in between.
    let run = dpkg("--install /tmp/image.deb /tmp/headers.deb");
    assert_eq!((times(&run), pending(&system)), (0, vec![]), "{run:?}");
    dpkg(&format!("--remove linux-headers-{NEXT}"));

    // A package with the image alone, as Ubuntu's are: no file of it is below a path that the trigger is about.
    let place = setup::open_tempdir();
    let parts_of_dpkg =
        format!("#!/bin/sh -e\nrun-parts --report --exit-on-error --arg={NEXT} /etc/kernel/postinst.d\n");
    let only_image =
        deb(place.path(), "linux-image-only", "", &[("boot/some-image", "")], &[("postinst", &parts_of_dpkg)]);
    system.copy(&only_image, "/tmp/only-image.deb");
    let run = dpkg("--install /tmp/only-image.deb");
    assert_eq!(times(&run), 1, "{run:?}");
    let calls = system.text("/var/log/cisco/hostprep.log");
    assert!(calls.contains("starting deb postinst (triggered ") && !calls.contains("starting kernel hook"), "{calls}");

    // Without dpkg, as `make install` runs them.
    let parts = format!("run-parts --report --arg={NEXT} --arg=/boot/vmlinuz-{NEXT} /etc/kernel/");
    let postinst = system.run(&format!("{parts}postinst.d")).expect_code(0);
    assert_eq!(times(&postinst), 1, "{postinst:?}");
    let headers = system.run(&format!("run-parts --arg={NEXT} /etc/kernel/header_postinst.d")).expect_code(0);
    assert_eq!(times(&headers), 1, "{headers:?}");
    assert_eq!(times(&system.run(&format!("{parts}postrm.d")).expect_code(0)), 0);

    // The hooks of a package that is removed and not purged do nothing, and a purge leaves none of them.
    dpkg("--remove hostprep");
    for directory in ["postinst.d", "header_postinst.d", "postrm.d"] {
        assert!(fs::read_dir(system.at(&format!("/etc/kernel/{directory}"))).unwrap().count() > 0, "{directory}");
        let run = system.run(&format!("{parts}{directory}")).expect_code(0);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    }
    dpkg("--purge hostprep");
    assert!(!system.at("/etc/kernel/header_postinst.d").exists() && !system.at("/usr/lib/kernel/install.d").exists());
}

/// systemd's own kernel-install runs the plugin.
#[test]
fn kernel_install_runs_the_plugin() {
    if !harness::need_root() {
        return;
    }
    let system = system("bookworm-journal", &["systemd"]);
    install_hostprep(&system);
    system.kernel(NEXT, false);
    let run = system.run(&format!("kernel-install add {NEXT} /boot/vmlinuz-{NEXT}")).expect_code(0);
    assert_eq!(times(&run), 1, "{run:?}");
    let run = system.run(&format!("kernel-install remove {NEXT}")).expect_code(0);
    assert_eq!(times(&run), 0, "{run:?}");
    system.headers(NEXT);
    let run = system.run(&format!("kernel-install add {NEXT} /boot/vmlinuz-{NEXT}")).expect_code(0);
    assert_eq!(times(&run), 0, "{run:?}");
    let log = system.text("/var/log/cisco/hostprep.log");
    let calls: Vec<&str> =
        log.lines().filter_map(|line| line.split_once("starting kernel hook ")).map(|(_, call)| call).collect();
    let call = |change: &str| format!("({change} {NEXT})");
    assert_eq!(calls, [call("add"), call("remove"), call("add")]);
}
