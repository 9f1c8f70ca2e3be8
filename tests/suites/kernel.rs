//! Fault 11: BTF or the headers of exactly this kernel.

use harness::ScratchRoot;

fn check(root: &ScratchRoot, args: &[&str]) -> harness::Run {
    root.hostprep(&[&["check", "--only", "kernel", "--format", "json"], args].concat())
}

#[test]
fn the_package_is_named_for_the_kernel() {
    for (os_release, kernel, command) in [
        ("rhel-8", "4.18.0-348.el8.x86_64", "dnf install -y kernel-devel-4.18.0-348.el8.x86_64"),
        (
            "oracle-8",
            "5.4.17-2136.302.7.2.el8uek.x86_64",
            "dnf install -y kernel-uek-devel-5.4.17-2136.302.7.2.el8uek.x86_64",
        ),
        ("oracle-8", "4.18.0-372.9.1.el8.x86_64", "dnf install -y kernel-devel-4.18.0-372.9.1.el8.x86_64"),
        (
            "oracle-7",
            "5.4.17-2102.201.3.el7uek.x86_64",
            "yum install -y kernel-uek-devel-5.4.17-2102.201.3.el7uek.x86_64",
        ),
        ("amazon-2", "4.19.84-33.70.amzn2.x86_64", "yum install -y kernel-devel-4.19.84-33.70.amzn2.x86_64"),
        ("sles-15", "5.14.21-150400.24.63-default", "zypper --non-interactive install kernel-default-devel"),
        ("debian-12", "6.1.0-18-amd64", "apt-get install -y linux-headers-6.1.0-18-amd64"),
        ("ubuntu-18.04", "4.15.0-213-generic", "apt-get install -y linux-headers-4.15.0-213-generic"),
    ] {
        let root = ScratchRoot::of(os_release);
        root.kernel(kernel, false);
        let step = check(&root, &[]).expect_code(3).step("kernel");
        assert_eq!((step["fault"].as_u64(), step["reason"].as_str()), (Some(11), Some("headers-missing")));
        let in_root = format!("chroot {} {command}", root.path().display());
        assert_eq!(step["remedy"][0], in_root, "{os_release}");
    }
}

#[test]
fn either_is_enough() {
    let root = ScratchRoot::of("debian-12");
    root.kernel("6.1.0-18-amd64", true);
    check(&root, &[]).expect_code(0);
    let root = ScratchRoot::of("rhel-8");
    root.kernel("4.18.0-348.el8.x86_64", false);
    root.file("/usr/src/kernels/4.18.0-348.el8.x86_64/Makefile", "");
    check(&root, &[]).expect_code(0);
}

#[test]
fn kernels_that_are_watched_through_modules_need_neither() {
    for (os_release, kernel) in [
        ("centos-7", "3.10.0-1160.el7.x86_64"),
        ("oracle-7", "4.14.35-2047.500.9.el7uek.x86_64"),
        ("amazon-2", "4.14.256-197.484.amzn2.x86_64"),
    ] {
        let root = ScratchRoot::of(os_release);
        root.kernel(kernel, false);
        check(&root, &[]).expect_code(0);
        let monitors = ["check", "--only", "network-monitor", "--format", "json"];
        root.hostprep(&monitors).expect_code(0);
        root.file("/opt/cisco/amp/bin/ampdaemon", "");
        let step = root.hostprep(&monitors).expect_code(3).step("network-monitor");
        assert_eq!((step["fault"].as_u64(), step["reason"].as_str()), (Some(9), Some("kernel-module-missing")));
        root.file(&format!("/opt/cisco/amp/modules/{kernel}/ampnetworkflow.ko"), "");
        root.hostprep(&monitors).expect_code(0);
    }
}

#[test]
fn headers_of_another_kernel_are_named_beside_it() {
    let root = ScratchRoot::of("rhel-8");
    root.kernel("4.18.0-372.9.1.el8.x86_64", false);
    root.file("/usr/src/kernels/4.18.0-348.el8.x86_64/Makefile", "");
    let step = check(&root, &[]).expect_code(3).step("kernel");
    assert_eq!(step["reason"], "headers-mismatch");
    let detail = step["detail"].as_str().unwrap();
    assert!(detail.contains("4.18.0-348.el8") && detail.contains("4.18.0-372.9.1.el8"), "{detail}");
}

#[test]
fn the_newest_kernel_of_a_root_is_judged_or_the_one_named() {
    let root = ScratchRoot::of("rhel-9");
    root.kernel("5.14.0-362.8.1.el9_3.x86_64", true).kernel("5.14.0-70.13.1.el9_0.x86_64", false);
    assert_eq!(check(&root, &[]).expect_code(0).json()["host"]["kernel"], "5.14.0-362.8.1.el9_3.x86_64");
    let old = check(&root, &["--kernel", "5.14.0-70.13.1.el9_0.x86_64"]).expect_code(3);
    assert_eq!(old.faults(), [11]);
    check(&ScratchRoot::of("rhel-9"), &[]).expect_code(0);
}

#[test]
fn the_store_of_a_root_speaks_of_paths_as_that_system_has_them() {
    let root = ScratchRoot::of("debian-12");
    root.kernel("6.1.0-18-amd64", false).dir("/opt/cisco", 0o755).link("/opt/cisco/amp", "/srv");
    root.hostprep(&["repair"]).expect_code(3);
    let store = root.text("/var/lib/cisco/faults/faults.json");
    assert!(store.contains("(/boot/config-6.1.0-18-amd64)") && store.contains("mv -T /opt/cisco/amp "), "{store}");
    assert!(!store.contains(root.path().to_str().unwrap()), "{store}");
}
