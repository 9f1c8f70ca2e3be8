//! Fault 11: BTF or the headers of exactly this kernel.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use harness::ScratchRoot;

fn check(root: &ScratchRoot, args: &[&str]) -> harness::Run {
    root.hostprep(&[&["check", "--only", "kernel", "--format", "json"], args].concat())
}

/// The remedies of fault 11 with this reason, as the prepared system's own shell takes them.
#[track_caller]
fn remedies(root: &ScratchRoot, reason: &str) -> Vec<String> {
    let step = check(root, &[]).expect_code(3).step("kernel");
    assert_eq!((step["fault"].as_u64(), step["reason"].as_str()), (Some(11), Some(reason)), "{step}");
    let chroot = format!("chroot {} ", root.path().display());
    let lines = step["remedy"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
    lines.map(|line| line.replace(&chroot, "")).collect()
}

#[test]
fn the_package_is_named_for_the_kernel() {
    let gone = "# or: a newer kernel with its headers, if that version has left the archive";
    for (os_release, kernel, lists, exact, newest) in [
        (
            "rhel-8",
            "4.18.0-348.el8.x86_64",
            "dnf makecache --refresh",
            "dnf install -y 'kernel-devel-uname-r = 4.18.0-348.el8.x86_64'",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "rhel-9",
            "5.14.0-427.el9.x86_64+rt",
            "dnf makecache --refresh",
            "dnf install -y 'kernel-devel-uname-r = 5.14.0-427.el9.x86_64+rt'",
            "dnf install -y kernel-rt kernel-rt-devel",
        ),
        (
            "rocky-9",
            "6.9.7-1.el9.elrepo.x86_64",
            "dnf makecache --refresh --enablerepo=elrepo-kernel",
            "dnf install -y --enablerepo=elrepo-kernel 'kernel-devel-uname-r = 6.9.7-1.el9.elrepo.x86_64'",
            "dnf install -y --enablerepo=elrepo-kernel kernel-ml kernel-ml-devel",
        ),
        (
            "oracle-8",
            "5.4.17-2136.302.7.2.el8uek.x86_64",
            "dnf makecache --refresh",
            "dnf install -y kernel-uek-devel-5.4.17-2136.302.7.2.el8uek.x86_64",
            "dnf install -y kernel-uek kernel-uek-devel",
        ),
        (
            "oracle-7",
            "5.4.17-2102.201.3.el7uek.x86_64",
            "yum clean expire-cache",
            "yum install -y kernel-uek-devel-5.4.17-2102.201.3.el7uek.x86_64",
            "yum install -y kernel-uek kernel-uek-devel",
        ),
        (
            "amazon-2",
            "4.19.84-33.70.amzn2.x86_64",
            "yum clean expire-cache",
            "yum install -y kernel-devel-4.19.84-33.70.amzn2.x86_64",
            "yum install -y kernel kernel-devel",
        ),
        (
            "amazon-2023",
            "6.12.20-23.97.amzn2023.x86_64",
            "dnf makecache --refresh",
            "dnf install -y kernel6.12-devel-6.12.20-23.97.amzn2023.x86_64",
            "dnf install -y kernel6.12 kernel6.12-devel",
        ),
        (
            "sles-15",
            "5.14.21-150400.24.63-default",
            "zypper --non-interactive refresh",
            "sh -c 'zypper --non-interactive install \"kernel-default-devel = $(rpm -qf --qf %{VERSION}-%{RELEASE} /boot/config-5.14.21-150400.24.63-default)\"'",
            "zypper --non-interactive install kernel-default kernel-default-devel",
        ),
        (
            "azurelinux-3",
            "6.6.57.1-2.azl3",
            "tdnf makecache",
            "tdnf install -y kernel-devel-6.6.57.1-2.azl3",
            "tdnf install -y kernel kernel-devel",
        ),
        (
            "debian-12",
            "6.1.0-18-amd64",
            "apt-get update",
            "apt-get install -y linux-headers-6.1.0-18-amd64",
            "apt-get install -y linux-image-amd64 linux-headers-amd64",
        ),
        (
            "debian-12",
            "6.8.12-1-pve",
            "apt-get update",
            "apt-get install -y proxmox-headers-6.8.12-1-pve",
            "apt-get install -y proxmox-kernel-6.8 proxmox-headers-6.8",
        ),
        (
            "ubuntu-18.04",
            "4.15.0-213-generic",
            "apt-get update",
            "apt-get install -y linux-headers-4.15.0-213-generic",
            "apt-get install -y linux-image-generic linux-headers-generic",
        ),
    ] {
        let root = ScratchRoot::of(os_release);
        root.kernel(kernel, false);
        let newest = format!("{newest}  {gone}");
        let expected = [lists, exact, newest.as_str()];
        assert_eq!(remedies(&root, "headers-missing"), expected, "{os_release} {kernel}");
    }
}

#[test]
fn a_kernel_that_the_distribution_did_not_build_is_to_be_replaced() {
    for (os_release, kernel, installs, words) in [
        ("ubuntu-22.04", "5.15.153.1-microsoft-standard-WSL2", None, &["Microsoft, for WSL", ".wslconfig"][..]),
        (
            "debian-12",
            "6.2.9-x86_64-linode160",
            Some("apt-get install -y linux-image-amd64 linux-headers-amd64"),
            &["Linode", "GRUB 2"],
        ),
        ("rhel-9", "6.1.0-custom", Some("dnf install -y kernel kernel-devel"), &["not built by rhel", "boot loader"]),
    ] {
        let root = ScratchRoot::of(os_release);
        root.kernel(kernel, false);
        let lines = remedies(&root, "headers-missing");
        let commands: Vec<&String> =
            lines.iter().filter(|line| line.contains(" install ") && !line.starts_with('#')).collect();
        assert_eq!(commands.len(), usize::from(installs.is_some()), "{lines:?}");
        assert!(commands.iter().all(|line| line.starts_with(installs.unwrap())), "{lines:?}");
        let last = lines.last().unwrap();
        assert!(last.starts_with("# boot the distribution's own kernel") && last.contains(kernel), "{last}");
        assert!(words.iter().all(|word| last.contains(word)), "{last}");
        assert!(!lines.iter().any(|line| line.contains("headers-6") || line.contains("uname-r")), "{lines:?}");
    }
}

#[test]
fn either_is_enough() {
    let root = ScratchRoot::of("debian-12");
    root.kernel("6.1.0-18-amd64", true);
    check(&root, &[]).expect_code(0);
    let root = ScratchRoot::of("rhel-8");
    root.kernel("4.18.0-348.el8.x86_64", false).headers("4.18.0-348.el8.x86_64");
    check(&root, &[]).expect_code(0);
}

#[test]
fn headers_that_are_there_by_half_are_installed_once_more() {
    // Debian's own directory, without the part that its flavours share and without the tools.
    let root = ScratchRoot::of("debian-12");
    let own = "/usr/src/linux-headers-6.1.0-18-amd64";
    root.kernel("6.1.0-18-amd64", false)
        .file(&format!("{own}/Makefile"), "include /usr/src/linux-headers-6.1.0-18-common/Makefile\n")
        .file(&format!("{own}/include/generated/utsrelease.h"), "#define UTS_RELEASE \"6.1.0-18-amd64\"\n")
        .link(&format!("{own}/scripts"), "../../lib/linux-kbuild-6.1/scripts")
        .link("/lib/modules/6.1.0-18-amd64/build", own);
    let again =
        "apt-get install -y --reinstall linux-headers-6.1.0-18-amd64 linux-headers-6.1.0-18-common linux-kbuild-6.1";
    assert_eq!(remedies(&root, "headers-incomplete")[..2], ["apt-get update", again]);
    let detail = check(&root, &[]).expect_code(3).step("kernel")["detail"].as_str().unwrap().to_owned();
    for missing in ["/usr/src/linux-headers-6.1.0-18-common/Makefile", "/usr/lib/linux-kbuild-6.1/scripts"] {
        assert!(detail.contains(missing), "{detail}");
    }

    // What EL's erased package left, and its headers without the link that belongs to the kernel.
    let release = "5.14.0-427.el9.x86_64";
    let again = format!("dnf reinstall -y 'kernel-devel-uname-r = {release}'");
    let root = ScratchRoot::of("rhel-9");
    let own = format!("/usr/src/kernels/{release}");
    root.kernel(release, false)
        .file(&format!("{own}/include/config/x.h"), "")
        .link(&format!("/lib/modules/{release}/build"), &own);
    let lines = remedies(&root, "headers-incomplete");
    assert_eq!(lines[..2], ["dnf makecache --refresh".to_owned(), again.clone()]);
    assert!(lines[2].starts_with("dnf install -y 'kernel-devel-uname-r = "), "{lines:?}");
    assert!(lines[2].contains("  # or: if the package was erased"), "{lines:?}");
    assert!(!lines.iter().any(|line| line.starts_with("ln ")), "{lines:?}");
    let root = ScratchRoot::of("rhel-9");
    root.kernel(release, false)
        .file(&format!("{own}/Makefile"), "")
        .file(&format!("{own}/include/generated/autoconf.h"), "");
    let lines = remedies(&root, "headers-incomplete");
    assert_eq!((&lines[1], lines[3].as_str()), (&again, &*format!("ln -sfn {own} /lib/modules/{release}/build")));
    let detail = check(&root, &[]).expect_code(3).step("kernel")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&format!("/lib/modules/{release}/build is missing")), "{detail}");
    let again = "zypper --non-interactive install --force ";
    let root = ScratchRoot::of("sles-15");
    let own = "/usr/src/linux-5.14.21-150500.55.39-obj/x86_64/default";
    root.kernel("5.14.21-150500.55.39-default", false).file(&format!("{own}/include/generated/autoconf.h"), "");
    assert!(remedies(&root, "headers-incomplete")[1].contains(again));

    // The part that SUSE's flavours share is a package of its own; some flavours have one for themselves.
    for (release, sources, package) in [
        ("5.14.21-150500.55.39-default", "5.14.21-150500.55.39", "kernel-devel = 5.14.21-150500.55.39"),
        ("5.14.21-150500.13.64-rt", "5.14.21-150500.13.64-rt", "kernel-devel-rt = 5.14.21-150500.13.64"),
    ] {
        let (version, flavour) = release.rsplit_once('-').unwrap();
        let root = ScratchRoot::of("sles-15");
        let own = format!("/usr/src/linux-{version}-obj/x86_64/{flavour}");
        root.kernel(release, false)
            .file(&format!("{own}/Makefile"), format!("include ../../../linux-{sources}/Makefile\n"))
            .file(&format!("{own}/include/generated/autoconf.h"), "")
            .link(&format!("/lib/modules/{release}/build"), &own);
        let line = remedies(&root, "headers-incomplete")[1].clone();
        assert!(line.contains(again) && line.contains(&format!(" \"{package}\"")), "{line}");
        assert!(line.contains(&format!(" \"kernel-{flavour}-devel = $(rpm -qf ")), "{line}");
    }
}

#[test]
fn halves_are_not_headers_of_another_kernel() {
    for (os_release, kernel, half) in [
        ("ubuntu-22.04", "5.4.0-42-generic", "/usr/src/linux-headers-5.4.0-42"),
        ("ubuntu-22.04", "5.4.0-42-generic", "/usr/src/linux-headers-5.4.0-40"),
        ("debian-12", "6.1.0-18-rt-amd64", "/usr/src/linux-headers-6.1.0-18-common-rt"),
        ("debian-12", "6.1.0-18-amd64", "/usr/src/linux-headers-6.1.0-18-common"),
        ("sles-15", "5.14.21-150500.55.39-default", "/usr/src/linux-5.14.21-150500.55.39"),
    ] {
        let root = ScratchRoot::of(os_release);
        root.kernel(kernel, false).file(&format!("{half}/Makefile"), "").file(&format!("{half}/include/linux/x.h"), "");
        remedies(&root, "headers-missing");
    }
    let root = ScratchRoot::of("sles-15");
    root.kernel("5.14.21-150500.55.39-default", false);
    let other = "/usr/src/linux-5.14.21-150500.55.36-obj/x86_64/default";
    root.file(&format!("{other}/Makefile"), "").file(&format!("{other}/include/generated/autoconf.h"), "");
    remedies(&root, "headers-mismatch");
    let detail = check(&root, &[]).expect_code(3).step("kernel")["detail"].as_str().unwrap().to_owned();
    assert!(detail.ends_with("only for 5.14.21-150500.55.36-default"), "{detail}");
}

/// Without it nothing boots: a directory that dkms or depmod kept or made is no kernel, and neither is a copy.
#[test]
fn a_kernel_counts_by_its_image() {
    for leftover in [
        "/lib/modules/6.1.0-99-amd64/modules.dep",
        "/lib/modules/6.1.0-99-amd64/updates/dkms/x.ko",
        "/boot/vmlinuz-6.1.0-99-amd64.old",
        "/boot/vmlinuz-6.1.0-99-amd64.bak",
        "/boot/vmlinuz-6.1.0-99-amd64.dpkg-tmp",
        "/boot/vmlinuz-6.1.0-99-amd64.rpmsave",
        "/boot/vmlinuz-6.1.0-18-rt-amd64",
        "/boot/vmlinuz-6.1.0~rc1-99-amd64",
    ] {
        let root = ScratchRoot::of("debian-12");
        root.kernel("6.1.0-18-amd64", true).file(leftover, "");
        assert_eq!(check(&root, &[]).expect_code(0).json()["host"]["kernel"], "6.1.0-18-amd64", "{leftover}");
    }
}

#[test]
fn the_option_counts_where_the_kernel_shows_what_it_has() {
    for (os_release, kernel, code) in [
        ("ubuntu-18.04", "5.3.0-76-generic", 3),
        ("ubuntu-18.04", "5.4.0-42-generic", 0),
        ("rhel-8", "4.18.0-348.el8.x86_64", 0),
        ("rhel-8", "5.3.18-1.el8.elrepo.x86_64", 3),
    ] {
        let root = ScratchRoot::of(os_release);
        root.kernel(kernel, true);
        check(&root, &[]).expect_code(code);
    }
}

/// Of a distribution that counts in its own way, no bound of Enterprise Linux's version is applied to its number.
#[test]
fn numbers_of_its_own_raise_no_fault() {
    for (os_release, kernel) in [
        ("rhcos-4.18", "5.14.0-427.47.1.el9_4.x86_64"),
        ("alinux-3", "5.10.134-16.3.al8.x86_64"),
        ("alinux-3", "4.19.91-27.al7.x86_64"),
        ("anolis-8", "5.10.134-19.3.1.an8.x86_64"),
        ("redos-7.3", "5.15.72-1.el7.3.x86_64"),
        ("tencentos-3", "5.4.119-19.0009.28"),
        ("openeuler-22.03", "5.10.0-182.0.0.95.oe2203sp3.x86_64"),
        ("kylin-v10", "4.19.90-52.22.v2207.ky10.x86_64"),
        ("mariner-2", "5.15.158.2-1.cm2"),
        ("mageia-9", "6.6.58-desktop-2.mga9"),
        ("miraclelinux-8", "4.18.0-305.el8.x86_64"),
        ("fedora-42", "6.14.0-63.fc42.x86_64"),
    ] {
        let root = ScratchRoot::of(os_release);
        root.kernel(kernel, false).file("/opt/cisco/amp/bin/ampdaemon", "");
        let only =
            ["kernel", "kernel-support", "filesystem-monitor", "network-monitor"].map(|name| ["--only", name]).concat();
        let run = root.hostprep(&[&["check", "--format", "json"], &only[..]].concat()).expect_code(3);
        assert_eq!(run.faults(), [11], "{os_release} {kernel}");
    }
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
}

/// What was not looked at is not called well.
#[test]
fn without_a_kernel_nothing_is_known_of_it() {
    let root = ScratchRoot::of("rhel-9");
    root.without_kernel().file("/lib/modules/5.14.0-427.el9.x86_64/modules.dep", "");
    let run = root.hostprep(&["check", "--format", "json"]);
    for step in ["kernel", "kernel-support", "filesystem-monitor", "network-monitor", "ebpf"] {
        let step = run.step(step);
        assert_eq!(step["outcome"], "unknown", "{step}");
        assert!(step["detail"].as_str().unwrap().starts_with("no kernel is installed here"), "{step}");
    }
    check(&root, &[]).expect_code(4);
}

#[test]
fn a_distribution_that_the_profile_does_not_list_is_not_called_supported() {
    for (os_release, kernel) in
        [("openeuler-22.03", "5.10.0-182.0.0.95.oe2203sp3.x86_64"), ("alpine-3.20", "6.6.31-0-lts")]
    {
        let root = ScratchRoot::of(os_release);
        root.kernel(kernel, true);
        let run = root.hostprep(&["check", "--format", "json"]);
        for step in ["kernel-support", "filesystem-monitor", "network-monitor"] {
            let step = run.step(step);
            assert_eq!(step["outcome"], "unknown", "{os_release}: {step}");
            assert!(step["detail"].as_str().unwrap().starts_with("the table of kernels does not say "), "{step}");
        }
        assert_eq!(run.step("kernel")["outcome"], "ok", "{os_release}");
        assert!(!run.faults().iter().any(|fault| [8, 9, 11, 16].contains(fault)), "{os_release}: {run:?}");
    }
}

#[test]
fn a_kernel_that_is_not_installed_is_not_judged() {
    let root = ScratchRoot::of("rhel-9");
    let (new, old) = ("5.14.0-427.el9.x86_64", "5.14.0-70.el9.x86_64");
    root.kernel(new, true).kernel(old, true).file("/lib/modules/5.14.0-1.el9.x86_64/modules.dep", "");
    let refused = |root: &ScratchRoot, release: &str| {
        let run = root.hostprep(&["check", "--kernel", release]).expect_code(2);
        assert_eq!(run.stdout, "", "{release}");
        run.stderr
    };
    for (release, problem) in [
        ("9.9.9", "is not installed"),
        ("5.14.0-1.el9.x86_64", "is not installed"),
        ("5.14.0-427.el9", "is not installed"),
        ("", "is no kernel release"),
        ("..", "is no kernel release"),
        ("../../etc", "is no kernel release"),
        ("5.14.0-427.el9.x86_64/", "is no kernel release"),
        ("5.14/../5.14.0-427.el9.x86_64", "is no kernel release"),
        ("5.14\n6.1", "is no kernel release"),
    ] {
        let said = refused(&root, release);
        assert!(said.contains(problem) && said.contains(&format!("installed: {old}, {new}")), "{release:?}: {said}");
    }
    root.hostprep(&["check", "--only", "kernel", "--kernel", old]).expect_code(0);
    root.hostprep(&["repair", "--dry-run", "--kernel", "9.9.9"]).expect_code(2);
    // Its image may be on a partition that is not mounted.
    let root = ScratchRoot::of("rhel-9");
    root.without_kernel();
    assert!(refused(&root, new).contains("no kernel is found: neither /boot nor /lib/modules has an image"));
    root.file(&format!("/lib/modules/{new}/kernel/fs/ext4.ko"), "")
        .file(&format!("/lib/modules/{new}/config"), "CONFIG_DEBUG_INFO_BTF=y\n");
    root.hostprep(&["check", "--only", "kernel", "--kernel", new]).expect_code(0);
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

#[test]
fn no_explanation_names_a_package_that_does_not_exist() {
    for (os_release, kernel, package) in [
        ("ubuntu-22.04", "5.15.153.1-microsoft-standard-WSL2", "linux-headers-generic"),
        ("debian-12", "6.2.9-x86_64-linode160", "linux-headers-amd64"),
        ("debian-12", "6.1.0-18-amd64", "linux-headers-6.1.0-18-amd64"),
        ("rhel-9", "5.14.0-427.el9.x86_64+debug", "kernel-debug-devel"),
        ("sles-15", "5.14.21-150500.55.39-azure", "kernel-azure-devel"),
    ] {
        let root = ScratchRoot::of(os_release);
        root.kernel(kernel, false);
        let text = root.hostprep(&["explain", "11"]).expect_code(0).stdout;
        assert!(text.contains(&format!("the package {package}:")), "{os_release} {kernel}: {text}");
    }
}

/// The kernel's packages are called after the architecture of the root, which is not this machine's.
#[test]
fn a_root_of_another_architecture_gets_its_own_kernel() {
    let root = ScratchRoot::of("debian-12");
    root.kernel("6.1.90-custom", false).file("/var/lib/dpkg/arch", "arm64\n");
    let lines = remedies(&root, "headers-missing");
    let own =
        "apt-get install -y linux-image-arm64 linux-headers-arm64  # the distribution's own kernel and its headers";
    assert_eq!(lines[..2], ["apt-get update", own]);
    root.file("/var/lib/dpkg/arch", "mips64el\n");
    let lines = remedies(&root, "headers-missing");
    assert!(lines.len() == 1 && lines[0].starts_with("# boot the distribution's own kernel"), "{lines:?}");
}

/// A program that runs the remedies in order leaves out the alternatives where those before worked.
#[test]
fn alternatives_are_marked_for_people_and_for_programs() {
    let root = ScratchRoot::of("rhel-9");
    root.kernel("5.14.0-427.el9.x86_64", false);
    let step = check(&root, &[]).expect_code(3).step("kernel");
    let alternatives: Vec<_> =
        step["remedies"].as_array().unwrap().iter().map(|remedy| remedy["alternative"].as_bool()).collect();
    assert_eq!(alternatives, [None, None, Some(true)], "{step}");
    let text = root.hostprep(&["check", "--only", "kernel"]).expect_code(3).stdout;
    let labels: Vec<&str> =
        text.lines().filter_map(|line| line.trim_start().split_once(": chroot ")).map(|it| it.0).collect();
    assert_eq!(labels, ["fix", "fix", "or"], "{text}");
}

#[test]
fn an_explanation_names_the_release_of_the_kernel_or_says_that_it_stands_for_one() {
    let root = ScratchRoot::of("rhel-9");
    root.without_kernel();
    let text = root.hostprep(&["explain", "11"]).expect_code(0).stdout;
    assert!(text.contains("The running kernel KERNEL-RELEASE ") && !text.contains("uname"), "{text}");
    root.kernel("5.14.0-427.el9.x86_64", false);
    for id in ["8", "9", "11", "16"] {
        let text = root.hostprep(&["explain", id]).expect_code(0).stdout;
        assert!(text.contains("5.14.0-427.el9.x86_64") && !text.contains("KERNEL-RELEASE"), "{text}");
    }
}
