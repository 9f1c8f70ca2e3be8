//! Kernels and headers in RPMs whose names the package does not know: rpm's file triggers tell hostprep of them.

use std::path::PathBuf;

use harness::packages::build;
use harness::{Run, System, setup};
use tempfile::TempDir;

use crate::{expect, redhat};

const KERNEL: &str = "6.6.64.2-7.azl3";

/// A package with these files, without scriptlets.
fn package(name: &str, files: &[(String, &str)]) -> (TempDir, PathBuf) {
    let tree = setup::open_tempdir();
    for (path, text) in files {
        let path = tree.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    build(name, "", Some(tree.path()), ".rpm")
}

/// Kernel and headers where Azure Linux has them, whose packages run nothing but depmod.
fn kernel_and_headers(system: &System) {
    let config = "CONFIG_BPF=y\nCONFIG_BPF_SYSCALL=y\nCONFIG_BPF_JIT=y\nCONFIG_KPROBES=y\nCONFIG_BPF_EVENTS=y\n";
    let (_one, kernel) = package(
        "vendor-kernel",
        &[
            (format!("boot/vmlinuz-{KERNEL}"), ""),
            (format!("boot/config-{KERNEL}"), config),
            (format!("lib/modules/{KERNEL}/modules.dep"), ""),
        ],
    );
    let source = format!("usr/src/linux-headers-{KERNEL}");
    let release = format!("#define UTS_RELEASE \"{KERNEL}\"\n");
    let (_other, headers) = package(
        "vendor-kernel-devel",
        &[
            (format!("{source}/Makefile"), ""),
            (format!("{source}/include/generated/autoconf.h"), ""),
            (format!("{source}/include/generated/utsrelease.h"), &release),
        ],
    );
    system.copy(&kernel, "/tmp/kernel.rpm");
    system.copy(&headers, "/tmp/headers.rpm");
}

/// A system with hostprep; a package's link to its headers would be the second package's, so it is here already.
fn prepared() -> System {
    let system = redhat::system();
    system.policy_store();
    kernel_and_headers(&system);
    system.link(&format!("/lib/modules/{KERNEL}/build"), format!("/usr/src/linux-headers-{KERNEL}"));
    redhat::expect_well(system.run("rpm --upgrade /tmp/newer.rpm /tmp/policycoreutils.rpm /tmp/checkpolicy.rpm"));
    system
}

const IN: &str = "rpm transfiletriggerin scriptlet (";
const POSTUN: &str = "rpm transfiletriggerpostun scriptlet (";

/// Runs a command, and returns what hostprep was called for, without counts.
#[track_caller]
fn calls_of(system: &System, command: &str) -> (Run, Vec<String>) {
    let before = expect::calls(system).len();
    let run = system.run(command).expect_code(0);
    let calls = expect::calls(system).split_off(before);
    (run, calls.iter().map(|call| call[..=call.find('(').unwrap()].to_owned()).collect())
}

#[test]
fn kernels_and_headers_come_and_go_at_the_end_of_the_transaction() {
    if !harness::need_root() {
        return;
    }
    let system = prepared();
    let in_store = || expect::raised(&system);
    assert_eq!(in_store(), [0; 0]);

    let (run, calls) = calls_of(&system, "rpm --upgrade /tmp/kernel.rpm");
    assert_eq!((in_store(), calls), (vec![11], vec![IN.to_owned()]), "{run:?}");
    assert!(run.stderr.contains("hostprep: fault 11: ") && run.stderr.contains(KERNEL), "{run:?}");
    let (run, calls) = calls_of(&system, "rpm --upgrade /tmp/headers.rpm");
    assert_eq!((in_store(), calls), (vec![], vec![IN.to_owned()]), "{run:?}");
    let (run, calls) = calls_of(&system, "rpm --erase vendor-kernel-devel");
    assert_eq!((in_store(), calls), (vec![11], vec![POSTUN.to_owned()]), "{run:?}");
    // Its old files go and its new ones come.
    let (run, calls) = calls_of(&system, "rpm --upgrade --replacepkgs /tmp/kernel.rpm");
    assert_eq!((in_store(), calls.len()), (vec![11], 1), "{calls:?} {run:?}");
    // No kernel is among its files.
    let (_, calls) = calls_of(&system, "rpm --upgrade --replacepkgs /tmp/checkpolicy.rpm");
    assert!(!calls.iter().any(|call| call == IN || call == POSTUN), "{calls:?}");
    let (run, _) = calls_of(&system, "rpm --erase vendor-kernel");
    assert_eq!(in_store(), [0; 0], "{run:?}");

    // Both in one transaction: no fault in between, whichever comes first.
    let events = expect::history(&system).len();
    let (run, calls) = calls_of(&system, "rpm --upgrade /tmp/kernel.rpm /tmp/headers.rpm");
    assert_eq!((in_store(), calls), (vec![], vec![IN.to_owned()]), "{run:?}");
    assert_eq!(expect::history(&system).len(), events);

    redhat::expect_well(system.run("rpm --erase hostprep"));
    redhat::expect_well(system.run("rpm --erase vendor-kernel-devel"));
    assert!(!system.at("/run/hostprep.transaction").exists());
}

/// rpm runs the file trigger also for the transaction that installs it, if there is a kernel.
#[test]
fn one_look_in_the_transaction_that_installs_hostprep() {
    if !harness::need_root() {
        return;
    }
    let system = redhat::system();
    system.policy_store();
    kernel_and_headers(&system);
    redhat::expect_well(system.run("rpm --upgrade /tmp/policycoreutils.rpm /tmp/checkpolicy.rpm"));
    let together = "rpm --upgrade /tmp/kernel.rpm /tmp/newer.rpm";
    let run = system.run(together).expect_code(0);
    assert_eq!(run.stderr.matches("hostprep: fault 11: ").count(), 1, "{run:?}");
    assert_eq!(expect::calls(&system), ["rpm post scriptlet (1)", "rpm posttrans scriptlet (1)"]);
    // An upgrade of it, with the kernel in the database.
    let (run, calls) = calls_of(&system, "rpm --upgrade --replacepkgs /tmp/newer.rpm");
    assert!(!calls.iter().any(|call| call == IN), "{calls:?} {run:?}");
    // And the next transaction is looked at.
    let (_, calls) = calls_of(&system, "rpm --upgrade /tmp/headers.rpm");
    assert_eq!(calls, [IN]);
}

/// dnf keeps rpm's library in its own process, zypper may run rpm for each package.
#[test]
fn dnf_and_zypper_run_them_too() {
    if !harness::need_root() {
        return;
    }
    let system = prepared();
    let dnf = "dnf --assumeyes --disablerepo=* --releasever=9 --quiet";
    let zypper = "zypper --quiet --non-interactive --no-refresh --no-gpg-checks";
    let remove = ["vendor-kernel-devel", "vendor-kernel"];
    for (install, erase) in [
        (format!("{dnf} install"), format!("{dnf} remove")),
        (format!("{zypper} install --allow-unsigned-rpm"), format!("{zypper} remove")),
    ] {
        let (run, calls) = calls_of(&system, &format!("{install} /tmp/kernel.rpm"));
        assert!(calls.contains(&IN.to_owned()), "{calls:?} {run:?}");
        assert_eq!(expect::raised(&system), [11], "{install}");
        calls_of(&system, &format!("{install} /tmp/headers.rpm"));
        assert_eq!(expect::raised(&system), [0; 0], "{install}");
        let (run, calls) = calls_of(&system, &format!("{erase} {}", remove[0]));
        assert!(calls.contains(&POSTUN.to_owned()), "{calls:?} {run:?}");
        assert_eq!(expect::raised(&system), [11], "{erase}");
        calls_of(&system, &format!("{erase} {}", remove[1]));
        assert_eq!(expect::raised(&system), [0; 0], "{erase}");
    }
}
