//! A policy module that is not loaded since a file system is full: the reason, and which file system it is.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests arrange files, and fail by panicking")]

mod common;

use std::fs;
use std::process::Command;

use common::{DIRECTORIES, Host, SELINUX_MODULE, in_mount_namespace, reason, stderr_of_semodule};
use faults::Reason;
use installer::model::report::Outcome;

fn said(name: &str) -> String {
    stderr_of_semodule(name).replace("/default/", "/targeted/")
}

/// A host on which `semodule` prints `stderr`, with the paths of the root as libsemanage has them, and fails.
fn host(alternate: bool, stderr: &str) -> Host {
    let mut host = Host::enforcing("rhel-9");
    host.alternate = alternate;
    host.directory("opt/cisco");
    if alternate {
        let root = host.dir.path().canonicalize().unwrap();
        host.failing_semodule(&stderr.replace(" /var", &format!(" {}/var", root.display())));
    } else {
        host.failing_semodule(stderr);
    }
    host
}

#[test]
fn what_says_so_is_disk_full_with_the_directory_that_it_names() {
    let quota = |text: &str| text.replace("No space left on device", "Disk quota exceeded");
    for (stderr, directory) in [
        (said("no-space"), "/var/lib/selinux/targeted"),
        (said("no-space-sandbox"), "/var/lib/selinux/targeted"),
        (said("no-space-final").replace(" /etc", " /var/x/etc"), "/"),
        (said("no-space-final"), "/etc/selinux/targeted"),
        (quota(&said("no-space-sandbox")), "/var/lib/selinux/targeted"),
        ("libsemanage.x: write failed: No space left on device\n".to_owned(), "/var/lib/selinux/targeted"),
    ] {
        for alternate in [false, true] {
            if alternate && !stderr.contains(" /var/lib/selinux/targeted/tmp") {
                continue;
            }
            let host = host(alternate, &stderr);
            if directory == "/" {
                fs::create_dir_all(host.path("var")).unwrap();
            }
            let report = host.repair(SELINUX_MODULE);
            assert_eq!(reason(&report), Reason::DiskFull, "{stderr}");
            let directory = if directory == "/" { "/var" } else { directory };
            let root =
                if alternate { host.dir.path().canonicalize().unwrap().display().to_string() } else { String::new() };
            let remedies = host.remedies(&report);
            assert_eq!(remedies[0], format!("df -h {root}{directory}  # free space on this file system"), "{stderr}");
            assert!(remedies[1].starts_with("hostprep repair") && remedies.len() == 2, "{remedies:?}");
            let said = ["No space left", "Disk quota"].iter().any(|text| report.detail.contains(text));
            assert!(said, "{}", report.detail);
            assert_eq!(host.raised(), [19]);
        }
    }
}

/// libsemanage says nothing, or `Input/output error`, and its files are gone again. What there is of space tells.
#[test]
fn what_does_not_say_so_is_disk_full_where_too_little_space_is() {
    const SILENT: [&str; 3] = ["no-space-short-write", "no-space-silent", "no-space-file-contexts"];
    for name in SILENT {
        let host = host(false, &said(name));
        host.file("var/lib/selinux/targeted/active/policy.kern", &"x".repeat(1 << 20));
        assert_eq!(reason(&host.repair(SELINUX_MODULE)), Reason::PolicyLoadFailed, "{name}: there is space");
    }
    if !in_mount_namespace("what_does_not_say_so_is_disk_full_where_too_little_space_is") {
        return;
    }
    for name in SILENT {
        for (place, options, option, left) in [
            ("var/lib/selinux", "size=3500k", "-h", " KiB left, and this takes about "),
            ("var/lib/selinux", "nr_inodes=25", "-i", " inodes left, and this takes "),
            ("etc/selinux", "size=900k", "-h", "file system of /etc/selinux/targeted has "),
            ("opt", "size=60k", "-h", "file system of /opt/cisco/hostprep/policy has "),
        ] {
            let host = host(false, &said(name));
            let policy = fs::read(host.path("etc/selinux/targeted/policy/policy.30")).unwrap();
            host.directory(place);
            let mut mount = Command::new("mount");
            mount.args(["-t", "tmpfs", "-o", &format!("mode=755,{options}"), "none"]).arg(host.path(place));
            assert!(mount.status().unwrap().success());
            host.file("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
            host.directory("etc/selinux/targeted/policy");
            host.directory("opt/cisco");
            fs::write(host.path("etc/selinux/targeted/policy/policy.30"), policy).unwrap();
            for module in 0..8 {
                host.file(&format!("var/lib/selinux/targeted/active/modules/100/m{module}/cil"), "(type x)");
            }
            if !options.starts_with("nr_inodes") {
                host.file("var/lib/selinux/targeted/active/policy.kern", &"x".repeat(1 << 20));
            }
            let report = host.repair(SELINUX_MODULE);
            assert_eq!(reason(&report), Reason::DiskFull, "{name} {place} {options}: {report:?}");
            assert!(report.detail.contains(left), "{}", report.detail);
            assert!(!report.detail.contains("semodule -s targeted -B"), "{}", report.detail);
            let remedy = &host.remedies(&report)[0];
            assert!(remedy.starts_with(&format!("df {option} /")), "{remedy}");
        }
    }
}

/// The directory in which the module is compiled, and a compiler that fills it.
#[test]
fn no_space_to_compile_the_module() {
    if !in_mount_namespace("no_space_to_compile_the_module") {
        return;
    }
    for (options, compiler, option) in [
        ("nr_inodes=2", "exit 0", "-i"),
        // The compiler leaves no room for the other form of the module.
        (
            "size=64k",
            "head -c 1M /dev/zero > opt/cisco/hostprep/policy/x; echo 'x: No space left on device' >&2; exit 1",
            "-h",
        ),
    ] {
        let host = host(false, "");
        host.tool("checkmodule", compiler);
        host.tool("semodule_package", "exit 0");
        host.directory("opt");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("mode=755,{options}"), "none"]).arg(host.path("opt"));
        assert!(mount.status().unwrap().success());
        host.directory("opt/cisco");
        let report = host.repair(SELINUX_MODULE);
        assert_eq!(reason(&report), Reason::DiskFull, "{options}: {report:?}");
        assert!(report.detail.contains("No space left on device"), "{}", report.detail);
        let remedies = host.remedies(&report);
        assert!(remedies[0].starts_with(&format!("df {option} /opt/cisco")), "{options}: {remedies:?}");
        assert!(!host.calls().iter().any(|call| call.starts_with("semodule ")), "{:?}", host.calls());
    }
}

/// Where hostprep keeps its receipt: nothing is created that a removal would not know of, and the run is about a fault of the
/// host, not about one of hostprep.
#[test]
fn no_space_for_the_receipt() {
    if !in_mount_namespace("no_space_for_the_receipt") {
        return;
    }
    for (options, fill, option) in [("nr_inodes=1", false, "-i"), ("size=64k", true, "-h")] {
        let mut host = Host::enforcing("rhel-9");
        host.alternate = true;
        let root = host.dir.path().canonicalize().unwrap();
        let root = root.display();
        host.directory("opt");
        host.directory("var/lib/cisco/hostprep");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("mode=755,{options}"), "none"]);
        assert!(mount.arg(host.path("var/lib/cisco/hostprep")).status().unwrap().success());
        if fill {
            let full = fs::write(host.path("var/lib/cisco/hostprep/x"), vec![0; 1 << 20]);
            assert_eq!(full.unwrap_err().raw_os_error(), Some(nix::libc::ENOSPC));
        }
        let report = host.repair(DIRECTORIES);
        assert_eq!((report.outcome, reason(&report)), (Outcome::Fault, Reason::DiskFull), "{options}: {report:?}");
        assert!(report.detail.contains("No space left on device"), "{}", report.detail);
        let remedies = host.remedies(&report);
        assert!(
            remedies[0].starts_with(&format!("df {option} {root}/var/lib/cisco/hostprep")),
            "{options}: {remedies:?}"
        );
        assert_eq!(remedies[1..], [format!("hostprep repair --root {root}")], "{options}");
        assert!(!host.path("opt/cisco").exists(), "what is not recorded is not created");
        assert_eq!(host.raised().len(), 1);
        if fill {
            fs::remove_file(host.path("var/lib/cisco/hostprep/x")).unwrap();
            assert_eq!(host.repair(DIRECTORIES).outcome, Outcome::Changed);
        }
    }
}
