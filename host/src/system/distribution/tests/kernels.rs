use super::*;

/// Returns the command lines for exactly this kernel and for the newest of its kind.
fn lines(fixture_name: &str, release: &str) -> (String, String) {
    let distribution = fixture(fixture_name);
    match distribution.kernel_origin(release) {
        KernelOrigin::Packaged(packages) => (
            distribution.install_command(&packages.exact).unwrap().join(" "),
            distribution.install_command(&packages.newest).unwrap().join(" "),
        ),
        other => panic!("{fixture_name}: {release}: {other:?}"),
    }
}

#[test]
fn every_kernel_has_its_package() {
    for (name, release, exact, newest) in [
        (
            "rhel-7",
            "3.10.0-1160.el7.x86_64",
            "yum install -y kernel-devel-uname-r = 3.10.0-1160.el7.x86_64",
            "yum install -y kernel kernel-devel",
        ),
        (
            "centos-7",
            "3.10.0-1160.el7.x86_64.debug",
            "yum install -y kernel-devel-uname-r = 3.10.0-1160.el7.x86_64.debug",
            "yum install -y kernel-debug kernel-debug-devel",
        ),
        (
            "clearos-7",
            "3.10.0-1127.19.1.v7.x86_64",
            "yum install -y kernel-devel-uname-r = 3.10.0-1127.19.1.v7.x86_64",
            "yum install -y kernel kernel-devel",
        ),
        (
            "rhel-8",
            "4.18.0-477.27.1.el8_8.x86_64",
            "dnf install -y kernel-devel-uname-r = 4.18.0-477.27.1.el8_8.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "rhel-8",
            "4.18.0-477.27.1.el8_8.x86_64+debug",
            "dnf install -y kernel-devel-uname-r = 4.18.0-477.27.1.el8_8.x86_64+debug",
            "dnf install -y kernel-debug kernel-debug-devel",
        ),
        (
            "rhel-8",
            "4.18.0-553.rt7.342.el8_10.x86_64",
            "dnf install -y kernel-devel-uname-r = 4.18.0-553.rt7.342.el8_10.x86_64",
            "dnf install -y kernel-rt kernel-rt-devel",
        ),
        (
            "rhel-9",
            "5.14.0-362.8.1.el9_3.x86_64+rt",
            "dnf install -y kernel-devel-uname-r = 5.14.0-362.8.1.el9_3.x86_64+rt",
            "dnf install -y kernel-rt kernel-rt-devel",
        ),
        (
            "rhel-9",
            "5.14.0-362.8.1.el9_3.aarch64+64k",
            "dnf install -y kernel-devel-uname-r = 5.14.0-362.8.1.el9_3.aarch64+64k",
            "dnf install -y kernel-64k kernel-64k-devel",
        ),
        (
            "rhel-10",
            "6.12.0-55.9.1.el10_0.x86_64",
            "dnf install -y kernel-devel-uname-r = 6.12.0-55.9.1.el10_0.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "rhcos-4.18",
            "5.14.0-427.47.1.el9_4.x86_64",
            "dnf install -y kernel-devel-uname-r = 5.14.0-427.47.1.el9_4.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "rocky-9",
            "6.9.7-1.el9.elrepo.x86_64",
            "dnf install -y --enablerepo=elrepo-kernel kernel-devel-uname-r = 6.9.7-1.el9.elrepo.x86_64",
            "dnf install -y --enablerepo=elrepo-kernel kernel-ml kernel-ml-devel",
        ),
        (
            "rocky-9",
            "6.1.96-1.el9.elrepo.x86_64",
            "dnf install -y --enablerepo=elrepo-kernel kernel-devel-uname-r = 6.1.96-1.el9.elrepo.x86_64",
            "dnf install -y --enablerepo=elrepo-kernel kernel-lt kernel-lt-devel",
        ),
        (
            "oracle-7",
            "5.4.17-2136.302.7.2.el7uek.x86_64",
            "yum install -y kernel-uek-devel-5.4.17-2136.302.7.2.el7uek.x86_64",
            "yum install -y kernel-uek kernel-uek-devel",
        ),
        (
            "oracle-7",
            "3.10.0-1160.el7.x86_64",
            "yum install -y kernel-devel-uname-r = 3.10.0-1160.el7.x86_64",
            "yum install -y kernel kernel-devel",
        ),
        (
            "oracle-9",
            "5.15.0-200.131.27.el9uek.x86_64",
            "dnf install -y kernel-uek-devel-5.15.0-200.131.27.el9uek.x86_64",
            "dnf install -y kernel-uek kernel-uek-devel",
        ),
        (
            "fedora-42",
            "6.14.0-63.fc42.x86_64",
            "dnf install -y kernel-devel-uname-r = 6.14.0-63.fc42.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "amazon-2",
            "4.14.336-253.554.amzn2.x86_64",
            "yum install -y kernel-devel-4.14.336-253.554.amzn2.x86_64",
            "yum install -y kernel kernel-devel",
        ),
        (
            "amazon-2023",
            "6.1.72-96.166.amzn2023.x86_64",
            "dnf install -y kernel-devel-6.1.72-96.166.amzn2023.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "amazon-2023",
            "6.12.20-23.97.amzn2023.x86_64",
            "dnf install -y kernel6.12-devel-6.12.20-23.97.amzn2023.x86_64",
            "dnf install -y kernel6.12 kernel6.12-devel",
        ),
        (
            "alinux-3",
            "5.10.134-16.3.al8.x86_64",
            "dnf install -y kernel-devel-uname-r = 5.10.134-16.3.al8.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "anolis-8",
            "5.10.134-19.3.1.an8.x86_64",
            "dnf install -y kernel-devel-uname-r = 5.10.134-19.3.1.an8.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "redos-7.3",
            "5.15.72-1.el7.3.x86_64",
            "dnf install -y kernel-devel-uname-r = 5.15.72-1.el7.3.x86_64",
            "dnf install -y kernel-lt kernel-lt-devel",
        ),
        (
            "openeuler-22.03",
            "5.10.0-182.0.0.95.oe2203sp3.x86_64",
            "dnf install -y kernel-devel-5.10.0-182.0.0.95.oe2203sp3.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "kylin-v10",
            "4.19.90-52.22.v2207.ky10.x86_64",
            "dnf install -y kernel-devel-4.19.90-52.22.v2207.ky10.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "azurelinux-3",
            "6.6.57.1-2.azl3",
            "tdnf install -y kernel-devel-6.6.57.1-2.azl3",
            "tdnf install -y kernel kernel-devel",
        ),
        (
            "mariner-2",
            "5.15.158.2-1.cm2",
            "tdnf install -y kernel-devel-5.15.158.2-1.cm2",
            "tdnf install -y kernel kernel-devel",
        ),
        (
            "mageia-9",
            "6.6.58-desktop-2.mga9",
            "dnf install -y kernel-desktop-devel-6.6.58-2.mga9",
            "dnf install -y kernel-desktop-latest kernel-desktop-devel-latest",
        ),
        (
            "mageia-9",
            "6.6.58-server-2.mga9",
            "dnf install -y kernel-server-devel-6.6.58-2.mga9",
            "dnf install -y kernel-server-latest kernel-server-devel-latest",
        ),
        // Relatives with a tag of their own.
        (
            "tencentos-3",
            "5.4.119-19.0009.28",
            "dnf install -y kernel-devel-uname-r = 5.4.119-19.0009.28",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "miraclelinux-8",
            "4.18.0-305.el8.x86_64",
            "dnf install -y kernel-devel-uname-r = 4.18.0-305.el8.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "sles-15",
            "5.14.21-150500.55.39-default",
            "sh -c zypper --non-interactive install \"kernel-default-devel = $(rpm -qf --qf %{VERSION}-%{RELEASE} /boot/config-5.14.21-150500.55.39-default)\"",
            "zypper --non-interactive install kernel-default kernel-default-devel",
        ),
        (
            "opensuse-leap-15",
            "6.4.0-150600.21-azure",
            "sh -c zypper --non-interactive install \"kernel-azure-devel = $(rpm -qf --qf %{VERSION}-%{RELEASE} /boot/config-6.4.0-150600.21-azure)\"",
            "zypper --non-interactive install kernel-azure kernel-azure-devel",
        ),
        // On aarch64.
        (
            "rhel-9",
            "5.14.0-503.11.1.el9_5.aarch64+rt-64k",
            "dnf install -y kernel-devel-uname-r = 5.14.0-503.11.1.el9_5.aarch64+rt-64k",
            "dnf install -y kernel-rt-64k kernel-rt-64k-devel",
        ),
        (
            "oracle-9",
            "6.12.0-204.92.4.3.el9uek.aarch64",
            "dnf install -y kernel-uek-devel-6.12.0-204.92.4.3.el9uek.aarch64",
            "dnf install -y kernel-uek kernel-uek-devel",
        ),
        (
            "amazon-2",
            "5.10.238-234.956.amzn2.aarch64",
            "yum install -y kernel-devel-5.10.238-234.956.amzn2.aarch64",
            "yum install -y kernel kernel-devel",
        ),
        (
            "opensuse-leap-15",
            "6.4.0-150600.21-64kb",
            "sh -c zypper --non-interactive install \"kernel-64kb-devel = $(rpm -qf --qf %{VERSION}-%{RELEASE} /boot/config-6.4.0-150600.21-64kb)\"",
            "zypper --non-interactive install kernel-64kb kernel-64kb-devel",
        ),
        (
            "debian-13",
            "6.12.43+deb13-arm64-16k",
            "apt-get install -y linux-headers-6.12.43+deb13-arm64-16k",
            "apt-get install -y linux-image-arm64-16k linux-headers-arm64-16k",
        ),
        (
            "ubuntu-24.04",
            "6.8.0-1013-raspi",
            "apt-get install -y linux-headers-6.8.0-1013-raspi",
            "apt-get install -y linux-image-raspi linux-headers-raspi",
        ),
        (
            "debian-12",
            "6.1.0-18-amd64",
            "apt-get install -y linux-headers-6.1.0-18-amd64",
            "apt-get install -y linux-image-amd64 linux-headers-amd64",
        ),
        (
            "debian-12",
            "6.1.0-18-cloud-amd64",
            "apt-get install -y linux-headers-6.1.0-18-cloud-amd64",
            "apt-get install -y linux-image-cloud-amd64 linux-headers-cloud-amd64",
        ),
        (
            "debian-13",
            "6.12.38+deb13-rt-amd64",
            "apt-get install -y linux-headers-6.12.38+deb13-rt-amd64",
            "apt-get install -y linux-image-rt-amd64 linux-headers-rt-amd64",
        ),
        (
            "debian-11",
            "5.15.30-2-pve",
            "apt-get install -y pve-headers-5.15.30-2-pve",
            "apt-get install -y pve-kernel-5.15 pve-headers-5.15",
        ),
        (
            "debian-12",
            "6.2.16-3-pve",
            "apt-get install -y pve-headers-6.2.16-3-pve",
            "apt-get install -y pve-kernel-6.2 pve-headers-6.2",
        ),
        (
            "debian-12",
            "6.2.16-19-pve",
            "apt-get install -y proxmox-headers-6.2.16-19-pve",
            "apt-get install -y proxmox-kernel-6.2 proxmox-headers-6.2",
        ),
        (
            "debian-12",
            "6.8.12-1-pve",
            "apt-get install -y proxmox-headers-6.8.12-1-pve",
            "apt-get install -y proxmox-kernel-6.8 proxmox-headers-6.8",
        ),
        (
            "ubuntu-22.04",
            "5.15.0-91-generic",
            "apt-get install -y linux-headers-5.15.0-91-generic",
            "apt-get install -y linux-image-generic linux-headers-generic",
        ),
        (
            "ubuntu-22.04",
            "6.5.0-41-generic",
            "apt-get install -y linux-headers-6.5.0-41-generic",
            "apt-get install -y linux-image-generic-hwe-22.04 linux-headers-generic-hwe-22.04",
        ),
        (
            "ubuntu-24.04",
            "6.8.0-1008-aws",
            "apt-get install -y linux-headers-6.8.0-1008-aws",
            "apt-get install -y linux-image-aws linux-headers-aws",
        ),
        (
            "ubuntu-22.04",
            "6.5.0-1024-oem",
            "apt-get install -y linux-headers-6.5.0-1024-oem",
            "apt-get install -y linux-image-oem-22.04 linux-headers-oem-22.04",
        ),
        (
            "elementary-7",
            "6.2.0-39-generic",
            "apt-get install -y linux-headers-6.2.0-39-generic",
            "apt-get install -y linux-image-generic-hwe-22.04 linux-headers-generic-hwe-22.04",
        ),
        // Variants, which are packages of their own.
        (
            "oracle-9",
            "5.15.0-302.167.6.el9uek.aarch64.64k",
            "dnf install -y kernel-uek64k-devel-5.15.0-302.167.6.el9uek.aarch64",
            "dnf install -y kernel-uek64k kernel-uek64k-devel",
        ),
        (
            "oracle-8",
            "5.4.17-2136.302.7.2.el8uek.x86_64.debug",
            "dnf install -y kernel-uek-debug-devel-5.4.17-2136.302.7.2.el8uek.x86_64",
            "dnf install -y kernel-uek-debug kernel-uek-debug-devel",
        ),
        (
            "mariner-2",
            "5.15.44.1-rt46-5.cm2",
            "tdnf install -y kernel-rt-devel-5.15.44.1-5.cm2",
            "tdnf install -y kernel-rt kernel-rt-devel",
        ),
        (
            "azurelinux-3",
            "6.6.137.mshv2-2.azl3",
            "tdnf install -y kernel-mshv-devel-6.6.137.mshv2-2.azl3",
            "tdnf install -y kernel-mshv kernel-mshv-devel",
        ),
        (
            "azurelinux-3",
            "6.12.57.1-6.azl3",
            "tdnf install -y kernel-hwe-devel-6.12.57.1-6.azl3",
            "tdnf install -y kernel-hwe kernel-hwe-devel",
        ),
        (
            "photon-5",
            "6.1.111-3.ph5-esx",
            "tdnf install -y linux-esx-devel-6.1.111-3.ph5",
            "tdnf install -y linux-esx linux-esx-devel",
        ),
        ("photon-5", "6.1.111-3.ph5", "tdnf install -y linux-devel-6.1.111-3.ph5", "tdnf install -y linux linux-devel"),
        // Kernels from another repository.
        (
            "almalinux-9",
            "5.15.0-302.167.6.el9uek.x86_64",
            "dnf install -y kernel-uek-devel-5.15.0-302.167.6.el9uek.x86_64",
            "dnf install -y kernel-uek kernel-uek-devel",
        ),
        (
            "centos-7",
            "3.10.0-1160.el7.centos.plus.x86_64",
            "yum install -y --enablerepo=centosplus kernel-devel-uname-r = 3.10.0-1160.el7.centos.plus.x86_64",
            "yum install -y --enablerepo=centosplus kernel-plus kernel-plus-devel",
        ),
        // Tags of later versions, and of distributions made from another.
        (
            "alinux-3",
            "6.6.102-5.3.1.alnx4.x86_64",
            "dnf install -y kernel-devel-uname-r = 6.6.102-5.3.1.alnx4.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "fedora-42",
            "6.15.0-0.rc1.17.eln147.x86_64",
            "dnf install -y kernel-devel-uname-r = 6.15.0-0.rc1.17.eln147.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "opencloudos-9",
            "6.6.34-9.oc9.x86_64",
            "dnf install -y kernel-devel-uname-r = 6.6.34-9.oc9.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "hce-2",
            "5.10.0-182.0.0.95.r1941_123.hce2.x86_64",
            "dnf install -y kernel-devel-5.10.0-182.0.0.95.r1941_123.hce2.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "uos-server-20",
            "4.19.90-2305.1.0.0199.56.uel20.x86_64",
            "dnf install -y kernel-devel-4.19.90-2305.1.0.0199.56.uel20.x86_64",
            "dnf install -y kernel kernel-devel",
        ),
        (
            "raspbian-11",
            "6.1.21-v7l+",
            "apt-get install -y raspberrypi-kernel-headers",
            "apt-get install -y raspberrypi-kernel raspberrypi-kernel-headers",
        ),
        (
            "debian-11",
            "6.1.21-v8+",
            "apt-get install -y raspberrypi-kernel-headers",
            "apt-get install -y raspberrypi-kernel raspberrypi-kernel-headers",
        ),
        (
            "astra-1.7",
            "6.1.90-1-generic",
            "apt-get install -y linux-headers-6.1.90-1-generic",
            "apt-get install -y linux-image-6.1-generic linux-headers-6.1-generic",
        ),
        (
            "linuxmint-22",
            "6.8.0-38-generic",
            "apt-get install -y linux-headers-6.8.0-38-generic",
            "apt-get install -y linux-image-generic linux-headers-generic",
        ),
        (
            "lmde-6",
            "6.1.0-21-amd64",
            "apt-get install -y linux-headers-6.1.0-21-amd64",
            "apt-get install -y linux-image-amd64 linux-headers-amd64",
        ),
        (
            "pop-22.04",
            "6.9.3-76060903-generic",
            "apt-get install -y linux-headers-6.9.3-76060903-generic",
            "apt-get install -y linux-image-generic linux-headers-generic",
        ),
    ] {
        assert_eq!(lines(name, release), (exact.to_owned(), newest.to_owned()), "{name} {release}");
    }
}

#[test]
fn a_kernel_that_the_distribution_did_not_build_has_no_package() {
    for (name, release, builder, own) in [
        ("ubuntu-22.04", "5.15.153.1-microsoft-standard-WSL2", Some("Microsoft, for WSL"), &[][..]),
        ("debian-12", "6.6.36.3-microsoft-standard-WSL2+", Some("Microsoft, for WSL"), &[]),
        ("debian-12", "6.2.9-x86_64-linode160", Some("Linode"), &["linux-image-amd64", "linux-headers-amd64"]),
        ("rocky-9", "6.2.9-x86_64-linode160", Some("Linode"), &["kernel", "kernel-devel"]),
        ("ubuntu-22.04", "4.19-ovh-xxxx-std-ipv6-64", Some("OVH"), &["linux-image-generic", "linux-headers-generic"]),
        ("debian-12", "6.6.31-linuxkit", Some("Docker Desktop"), &[]),
        ("tencentos-3", "6.2.9-x86_64-linode160", Some("Linode"), &["kernel", "kernel-devel"]),
        ("debian-12", "6.1.90-custom-amd64", None, &["linux-image-amd64", "linux-headers-amd64"]),
        ("debian-13", "6.12.9-custom-arm64", None, &["linux-image-arm64", "linux-headers-arm64"]),
        ("debian-12", "6.1.0-18-mine-cloud-amd64", None, &["linux-image-amd64", "linux-headers-amd64"]),
        ("debian-12", "6.1.0-dirty-amd64", None, &["linux-image-amd64", "linux-headers-amd64"]),
        ("debian-12", "6.1.90+-amd64", None, &["linux-image-amd64", "linux-headers-amd64"]),
        ("debian-12", "6.1.0-18-xanmod1-amd64", None, &["linux-image-amd64", "linux-headers-amd64"]),
        // Debian's is called after the architecture, which neither the release nor, here, the root tells.
        ("debian-12", "6.1.90", None, &[]),
        ("debian-12", "6.1.90-custom", None, &[]),
        ("debian-12", "5.15.0-91-generic", None, &[]),
        // A mainline build.
        ("ubuntu-22.04", "6.8.0-060800-generic", None, &["linux-image-generic", "linux-headers-generic"]),
        ("ubuntu-22.04", "5.15.0-91-generic-custom", None, &["linux-image-generic", "linux-headers-generic"]),
        ("rhel-9", "6.1.0", None, &["kernel", "kernel-devel"]),
        ("amazon-2023", "5.14.0-427.el9.x86_64", None, &["kernel", "kernel-devel"]),
        ("sles-15", "6.1.0-18-amd64", None, &["kernel-default", "kernel-default-devel"]),
        ("azurelinux-3", "6.6.57-custom", None, &["kernel", "kernel-devel"]),
        ("mageia-9", "6.6.58-custom", None, &["kernel-desktop-latest", "kernel-desktop-devel-latest"]),
    ] {
        let found = fixture(name).kernel_origin(release);
        let KernelOrigin::Foreign(foreign) = found else { panic!("{name} {release}: {found:?}") };
        assert_eq!(
            (foreign.builder, foreign.own),
            (builder, own.iter().map(|&word| word.to_owned()).collect()),
            "{release}"
        );
        assert!(!foreign.boot.is_empty());
    }
}

/// Those of Debian, its backports and experimental, of Kali and of Raspberry Pi, as their archives have had them.
#[test]
fn every_form_of_debian_s_names_is_known() {
    for (version, flavours) in [
        ("3.16.0-4", &["amd64", "686-pae"][..]),
        ("4.9.0-0.bpo.12", &["amd64", "armmp-lpae"]),
        ("4.19.0-27", &["amd64", "cloud-amd64", "rt-amd64", "686", "686-pae", "rt-686-pae", "armmp", "s390x"]),
        ("5.10.0-0.deb10.16", &["amd64", "rt-arm64"]),
        ("5.7.0-trunk", &["amd64", "arm64"]),
        ("6.1.0-0.deb11.13", &["amd64", "cloud-arm64"]),
        ("6.1.0-56", &["amd64", "cloud-amd64", "rt-amd64", "powerpc64le", "rt-armmp"]),
        ("6.10.11+bpo", &["amd64", "cloud-arm64"]),
        ("6.12", &["amd64", "riscv64"]),
        ("6.12.9", &["amd64", "loong64"]),
        ("6.12.117+deb12", &["amd64", "cloud-amd64", "rt-amd64"]),
        ("6.12.43+deb13", &["arm64", "arm64-16k", "powerpc64le-64k"]),
        ("6.13-rc6", &["amd64"]),
        ("6.5.0-kali3", &["amd64"]),
        ("6.16.8+kali", &["arm64"]),
        ("6.1.0-rpi7", &["rpi-v8", "rpi-v6"]),
        ("6.6.31+rpt", &["rpi-v7l", "rpi-2712"]),
    ] {
        for flavour in flavours {
            let release = format!("{version}-{flavour}");
            let found = fixture("debian-12").kernel_origin(&release);
            let KernelOrigin::Packaged(packages) = &found else { panic!("{release}: {found:?}") };
            assert_eq!(packages.exact, [format!("linux-headers-{release}")]);
            assert_eq!(
                packages.newest,
                ["image", "headers"].map(|what| format!("linux-{what}-{flavour}")),
                "{release}"
            );
        }
    }
}

#[test]
fn nothing_is_said_of_a_relative_s_kernel_that_fits_nothing() {
    for (name, release) in [("elementary-7", "6.1.90-custom"), ("miraclelinux-8", "6.1.90"), ("rhcos-4.18", "")] {
        assert_eq!(fixture(name).kernel_origin(release), KernelOrigin::Unknown, "{name} {release}");
    }
    let wsl = fixture("alpine-3.20").kernel_origin("5.15.153.1-microsoft-standard-WSL2");
    assert!(matches!(wsl, KernelOrigin::Foreign(Foreign { builder: Some(_), .. })), "{wsl:?}");
}

/// It becomes part of a command that people paste.
#[test]
fn what_is_no_release_is_not_put_into_a_command() {
    for release in ["6.1.0;reboot-amd64", "$(reboot)-amd64", "6.1.0-$(reboot)-default", "\u{1b}-amd64"] {
        for name in ["debian-12", "sles-15", "rhel-9"] {
            assert!(!matches!(fixture(name).kernel_origin(release), KernelOrigin::Packaged(_)), "{name} {release}");
        }
    }
}

#[test]
fn no_package_is_named_for_an_ubuntu_without_a_known_version() {
    let release = "6.8.0-1003-oem";
    for (codename, expected) in [("noble", &["linux-image-oem-24.04", "linux-headers-oem-24.04"][..]), ("later", &[])] {
        let distribution = parse(&format!("ID=ubuntu\nVERSION_ID=24.04\nUBUNTU_CODENAME={codename}\n"));
        let KernelOrigin::Packaged(packages) = distribution.kernel_origin(release) else { panic!("{codename}") };
        assert_eq!(packages.newest, expected, "{codename}");
    }
}

/// Linux Mint Debian Edition uses Debian's archive, which has no package named like Ubuntu's kernels.
#[test]
fn the_distribution_s_own_kernel_is_that_of_its_archive() {
    let amd64 = Some("6.1.90-mine-amd64");
    for (name, release, own) in [
        ("linuxmint-22", None, &["linux-image-generic", "linux-headers-generic"][..]),
        ("lmde-6", amd64, &["linux-image-amd64", "linux-headers-amd64"]),
        ("photon-5", None, &["linux", "linux-devel"]),
        ("astra-1.7", None, &[]),
    ] {
        assert_eq!(fixture(name).own_kernel(release), own, "{name}");
    }
}

#[test]
fn the_newest_is_not_named_for_a_relative_of_debian_that_is_not_like_ubuntu() {
    let found = parse("ID=mystery\nID_LIKE=debian\nVERSION_ID=3\n").kernel_origin("6.1.90-1-generic");
    let KernelOrigin::Packaged(packages) = found else { panic!("{found:?}") };
    assert_eq!(packages.exact, ["linux-headers-6.1.90-1-generic"]);
    assert_eq!(packages.newest, [""; 0]);
}
