//! Remedies on systems whose `/usr` is an image: rpm-ostree, bootc, transactional-update.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::{EBPF, Host, KERNEL, SCAN_USER, SELINUX_TOOLS};
use host::system::kernel::running_release;
use installer::model::step::StepRef;
use policy::kernel::KernelMode;

const BOOTED: &str = "run/systemd/system/x";
const RPM_OSTREE: [&str; 3] = [BOOTED, "run/ostree-booted", "usr/bin/rpm-ostree"];
const BOOTC: [&str; 5] =
    [BOOTED, "run/ostree-booted", "usr/bin/rpm-ostree", "usr/bin/bootc", "usr/lib/bootc/install/20-rhel.toml"];
const OSTREE: [&str; 2] = [BOOTED, "run/ostree-booted"];
const UPDATE: [&str; 2] = [BOOTED, "usr/sbin/transactional-update"];
const EL9: &str = "5.14.0-427.13.1.el9_4.x86_64";
const SUSE: &str = "6.4.0-150600.21-default";

fn host(os_release: &str, files: &[&str]) -> Host {
    let host = Host::enforcing(os_release);
    host.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    host.file("etc/group", "root:x:0:\n");
    host.file("etc/fstab", "UUID=1 / btrfs ro 0 0\n");
    for path in files {
        host.file(path, "");
    }
    host
}

/// The remedies of `step` about the kernel `release`, as they run on this machine.
#[track_caller]
fn remedies(host: &Host, step: StepRef, release: &str) -> Vec<String> {
    let report = host.with(|cx| installer::engine::check(&cx.judging(release.to_owned()), &[step]).reports.remove(0));
    host.remedies(&report)
}

fn into_image(line: &str) -> String {
    format!("# put it into the image that this system boots: add to its Containerfile: RUN {line}")
}

#[test]
fn headers_come_as_the_system_takes_packages() {
    let config = |host: &Host, release: &str| {
        host.file(&format!("boot/config-{release}"), "# CONFIG_DEBUG_INFO_BTF is not set\n")
    };
    let headers = |os_release: &str, files: &[&str], release: &str| {
        let host = host(os_release, files);
        config(&host, release);
        remedies(&host, KERNEL, release)
    };
    let reboot = |into: &str| format!("systemctl reboot  # into the {into}");
    let then = |into: &str| format!("systemctl reboot  # then: into the {into}");
    let newer = "# or: a newer kernel with its headers, if that version has left the archive";
    assert_eq!(
        headers("rhel-9", &RPM_OSTREE, EL9),
        [
            "rpm-ostree refresh-md".to_owned(),
            format!("rpm-ostree install kernel-devel-{EL9}"),
            reboot("new deployment"),
            format!("rpm-ostree upgrade --install kernel-devel  {newer}"),
            then("new deployment"),
        ]
    );
    // Where the package's name has the release in it.
    let euler = "5.10.0-182.0.0.95.oe2203sp3.x86_64";
    assert_eq!(headers("openeuler-22.03", &RPM_OSTREE, euler)[1], format!("rpm-ostree install kernel-devel-{euler}"));
    let exact = format!("dnf install -y 'kernel-devel-uname-r = {EL9}'");
    for (files, deploy) in [(&BOOTC[..], "bootc upgrade"), (&OSTREE, "ostree admin upgrade")] {
        assert_eq!(
            headers("rhel-9", files, EL9),
            [
                into_image(&exact),
                deploy.to_owned(),
                reboot("new image"),
                into_image("dnf install -y kernel kernel-devel").replacen("# ", "# or: ", 1)
                    + &newer.replace("# or: ", "  # "),
                format!("{deploy}  # then"),
                then("new image"),
            ]
        );
    }
    let install = "transactional-update --non-interactive pkg install";
    assert_eq!(
        headers("sles-15", &UPDATE, SUSE),
        [
            format!(
                "sh -c '{install} \"kernel-default-devel = $(rpm -qf --qf %{{VERSION}}-%{{RELEASE}} /boot/config-{SUSE})\"'"
            ),
            reboot("new snapshot"),
            format!("{install} kernel-default kernel-default-devel  {newer}"),
            then("new snapshot"),
        ]
    );
    // Not an image: the package manager itself.
    assert_eq!(headers("rhel-9", &[BOOTED], EL9)[1], exact);
}

#[test]
fn tools_are_installed_where_the_next_boot_finds_them() {
    let tools = |os_release: &str, files: &[&str], step| remedies(&host(os_release, files), step, EL9);
    let policy = "policycoreutils checkpolicy policycoreutils-python-utils";
    assert_eq!(
        tools("rhel-9", &RPM_OSTREE, SELINUX_TOOLS),
        [
            "rpm-ostree refresh-md".into(),
            format!("rpm-ostree install {policy}"),
            "systemctl reboot  # into the new deployment".into(),
            "hostprep repair".into()
        ]
    );
    assert_eq!(tools("rhel-9", &BOOTC, SELINUX_TOOLS)[0], into_image(&format!("dnf install -y {policy}")));
    assert_eq!(tools("sles-15", &UPDATE, SCAN_USER)[0], "transactional-update --non-interactive pkg install shadow");
    assert_eq!(tools("rhel-9", &OSTREE, SCAN_USER)[0], into_image("dnf install -y shadow-utils"));
}

/// What the store keeps is for the system once it runs; what is printed, for the machine that builds it.
#[test]
fn an_alternate_root_is_changed_from_outside() {
    let build = |os_release: &str, files: &[&str], release: &str| {
        let mut host = host(os_release, files);
        host.alternate = true;
        host.file(&format!("boot/vmlinuz-{release}"), "");
        host.file(&format!("boot/config-{release}"), "# CONFIG_DEBUG_INFO_BTF is not set\n");
        let report = host.check(KERNEL);
        (host.remedies(&report), report.finding().unwrap().rendered_inside(Some(host.dir.path())).remedy)
    };
    let (outside, inside) = build("sles-15", &UPDATE[1..], SUSE);
    assert!(
        outside[0].starts_with("chroot /") && outside[0].contains(" sh -c 'zypper --non-interactive install "),
        "{outside:?}"
    );
    assert!(inside[0].starts_with("sh -c 'transactional-update --non-interactive pkg install "), "{inside:?}");
    for evidence in ["ostree/repo/config", "sysroot/ostree/x", "usr/lib/bootc/x"] {
        let (outside, inside) = build("rhel-9", &[evidence, "usr/bin/rpm-ostree"], EL9);
        let line = into_image(&format!("dnf install -y 'kernel-devel-uname-r = {EL9}'"));
        assert_eq!(outside, std::slice::from_ref(&line), "{evidence}");
        assert_eq!(inside, [line], "{evidence}");
    }
}

#[test]
fn the_kernels_command_line_is_changed_where_it_is_kept() {
    const FROM: &str = "lockdown=confidentiality";
    let lines = |os_release: &str, evidence: &[&str], files: &[(&str, &str)]| {
        let host = host(os_release, evidence);
        host.kernel.mode.set(KernelMode::NotRunning);
        host.file(&format!("boot/config-{}", running_release()), "CONFIG_SECURITY_LOCKDOWN_LSM=y\n");
        host.file("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
        host.file("proc/cmdline", &format!("ro {FROM} quiet\n"));
        for (path, text) in files {
            host.file(path, text);
        }
        let mut host = host;
        host.profile.kernels.rules.clear();
        let mut lines = host.remedies(&host.check(EBPF));
        assert_eq!(lines.pop().as_deref(), Some("systemctl reboot  # lockdown is never lowered before"), "{lines:?}");
        lines
    };
    let kargs = format!("rpm-ostree kargs --delete-if-present={FROM} --append-if-missing=lockdown=integrity");
    assert_eq!(lines("rhel-9", &RPM_OSTREE, &[]), std::slice::from_ref(&kargs));
    assert_eq!(lines("rhel-9", &BOOTC, &[]), [kargs]);
    let own = ("usr/lib/bootc/kargs.d/10-lockdown.toml", "kargs = [\"lockdown=confidentiality\"]\n");
    assert_eq!(
        lines("rhel-9", &OSTREE, &[own]),
        [format!(
            "# in the image that this system boots, replace {FROM} by lockdown=integrity in \
             /usr/lib/bootc/kargs.d/10-lockdown.toml, and deploy it"
        )]
    );
    let entry = format!("version {}\noptions ro {FROM}\n", running_release());
    assert_eq!(
        lines("rhel-9", &OSTREE, &[("boot/loader/entries/ostree-1.conf", &entry)]),
        [format!(
            "sed -i s/{FROM}/lockdown=integrity/g /boot/loader/entries/ostree-1.conf  # mount /boot writable first, if it is not"
        )]
    );
    let unknown = lines("rhel-9", &OSTREE, &[]);
    assert!(
        unknown.len() == 1
            && unknown[0]
                .ends_with("/usr/lib/bootc/kargs.d/NAME.toml adds arguments: kargs = [\"lockdown=integrity\"]"),
        "{unknown:?}"
    );
    let grub = ("etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet lockdown=confidentiality\"\n");
    assert_eq!(
        lines("sles-15", &UPDATE, &[grub]),
        [format!("sed -i s/{FROM}/lockdown=integrity/g /etc/default/grub"), "transactional-update grub.cfg".into()]
    );
}
