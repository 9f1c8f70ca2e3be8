//! A kernel of Debian's archive, installed and removed by apt in a system in which our package is installed: its own maintainer
//! scripts run our hooks.
//!
//! It is the kernel for 32-bit PCs: those for amd64 have BTF.

use std::path::PathBuf;
use std::process::Command;

use harness::{Run, System, setup};
use serde_json::{Value, json};

use super::{copy_hostprep, deb};

/// As a command that runs in the system sees it: `uname` shows 2.6 there, so each kernel of Debian's is a later one.
fn release_there() -> String {
    setup::run(Command::new("setarch").args(["--uname-2.6", "uname", "-r"])).trim().to_owned()
}

/// Runs a command line in the system, on a kernel that calls itself 2.6.
fn run(system: &System, line: &str) -> Run {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = Command::new("setarch");
    command.args(["--uname-2.6", "chroot"]).arg(system.path()).args(words);
    Run::of(command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C.UTF-8"))
}

fn depends(deb: &PathBuf) -> Vec<String> {
    let fields = setup::run(Command::new("dpkg-deb").arg("--field").arg(deb).arg("Depends"));
    fields.split([' ', ',', '\n']).map(str::to_owned).collect()
}

/// The packages that this metapackage and those behind it depend on, as far as they have one of these beginnings: release, files.
fn fetch(meta: &str, beginnings: &[&str]) -> (String, Vec<PathBuf>) {
    let needed = |deb: &PathBuf| {
        let mut words = depends(deb);
        words.retain(|word| beginnings.iter().any(|beginning| word.starts_with(beginning)));
        // What the flavours share is of no architecture.
        let name = |word: String| if word.ends_with("-common") { word } else { format!("{word}:i386") };
        words.into_iter().map(name).collect::<Vec<_>>()
    };
    let of = |names: &[String]| setup::debs(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let first = needed(&of(&[meta.to_owned()])[0]);
    let mut debs = of(&first);
    debs.extend(of(&needed(&debs[0])));
    let release = first[0].trim_start_matches(beginnings[0]).trim_end_matches(":i386").to_owned();
    (release, debs)
}

/// Copies the packages in and returns their places as words.
fn copied(system: &System, debs: &[PathBuf]) -> String {
    let copy = |(number, deb): (usize, &PathBuf)| {
        let to = format!("/tmp/{}-{number}.deb", debs.len());
        system.copy(deb, &to);
        to
    };
    debs.iter().enumerate().map(copy).collect::<Vec<_>>().join(" ")
}

/// What `status` says of the next boot: the kernel, and the pending faults.
fn next_boot(system: &System) -> (Value, Value) {
    let next = run(system, "hostprep status --format json").json()["next_boot"].clone();
    (next["kernel"].clone(), next["fault_ids"].clone())
}

#[test]
fn its_own_scripts_run_our_hooks() {
    if !harness::need_root() {
        return;
    }
    let system = super::system_on(&release_there(), "bookworm-journal", &["systemd"]);
    // Too old for BTF. It is too old for the agent as well, which is another fault.
    system.headers(&release_there());
    let place = setup::open_tempdir();
    // An initramfs takes a minute, and nothing here is about it.
    let no_initramfs =
        deb(place.path(), "no-initramfs", "Multi-Arch: foreign\nProvides: linux-initramfs-tool\n", &[], &[]);
    let mut needed = setup::debs(&["kmod", "linux-base"]);
    needed.push(no_initramfs);
    run(&system, "dpkg --add-architecture i386").expect_code(0);
    run(&system, &format!("dpkg --install {}", copied(&system, &needed))).expect_code(0);
    copy_hostprep(&system);
    run(&system, "dpkg --install /tmp/hostprep.deb").expect_code(0);
    // Each notes that it was called, and how.
    for hook in ["postinst.d/zz-hostprep", "header_postinst.d/hostprep", "postrm.d/hostprep"] {
        let note = format!("#!/bin/sh\necho \"{hook} $*\" >>/tmp/called\n");
        let path = format!("/etc/kernel/{hook}");
        system.executable(&path, system.text(&path).replacen("#!/bin/sh\n", &note, 1));
    }
    let called = || {
        let calls = system.text("/tmp/called");
        system.remove("/tmp/called");
        calls.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(next_boot(&system), (Value::Null, Value::Null));

    let (release, image) = fetch("linux-image-686:i386", &["linux-image-"]);
    let heading = format!("From the next boot on (kernel {release})");
    let times = |run: &Run| {
        let said = format!("{}{}", run.stdout, run.stderr);
        said.matches(&format!("hostprep: {heading}: fault 11: kernel {release} has no BTF (/boot/config-{release})"))
            .count()
    };
    let log = || system.text("/var/log/cisco/hostprep.log");

    // Inside dpkg the hook leaves it to our trigger, which judges once.
    let come = run(&system, &format!("apt-get install --yes --no-install-recommends {}", copied(&system, &image)));
    let come = come.expect_code(0);
    assert_eq!(called(), [format!("postinst.d/zz-hostprep {release} /boot/vmlinuz-{release}")]);
    assert_eq!(times(&come), 1, "{come:?}");
    assert_eq!(next_boot(&system), (json!(release), json!([11])));
    let check = run(&system, "hostprep check --only kernel").expect_code(4).stdout;
    assert!(check.contains(&format!("\n{heading}:\n  pending 11 kernel {release} has no BTF ")), "{check}");
    assert!(check.contains(&format!("fix: apt-get install -y linux-headers-{release}\n")), "{check}");
    let metrics = run(&system, "hostprep status --format prometheus").stdout;
    let gauge = format!("hostprep_fault_pending{{id=\"11\",kernel=\"{release}\",reason=\"headers-missing\",");
    assert!(metrics.contains(&gauge), "{metrics}");
    let stored = run(&system, "hostprep faults history").expect_code(0).stdout;
    assert!(!stored.contains(" 11 "), "a pending fault is no event: {stored}");

    // Without the compiler that they depend on.
    let (of, headers) = fetch("linux-headers-686:i386", &["linux-headers-", "linux-kbuild-"]);
    assert_eq!(of, release);
    let come = run(&system, &format!("dpkg --install --force-depends {}", copied(&system, &headers))).expect_code(0);
    assert_eq!(called(), [format!("header_postinst.d/hostprep {release}")]);
    assert_eq!((times(&come), next_boot(&system)), (0, (json!(release), json!([]))), "{come:?}");
    let go = run(&system, &format!("dpkg --purge --force-depends linux-headers-{release}:i386")).expect_code(0);
    assert_eq!((times(&go), next_boot(&system)), (1, (json!(release), json!([11]))), "{go:?}");

    let go = run(&system, &format!("dpkg --purge linux-image-{release}:i386")).expect_code(0);
    // Once for the removal, once for the purge.
    assert_eq!(called(), [(); 2].map(|()| format!("postrm.d/hostprep {release} /boot/vmlinuz-{release}")));
    assert_eq!((times(&go), next_boot(&system)), (0, (Value::Null, Value::Null)), "{go:?}");
    assert!(!system.at(&format!("/lib/modules/{release}")).exists() && !system.at("/boot").join(&release).exists());
    let metrics = run(&system, "hostprep status --format prometheus").stdout;
    assert!(!metrics.contains("hostprep_fault_pending{"), "{metrics}");
    assert!(log().contains(&format!("info: {heading}: no other fault")), "{}", log());
}
