//! The step `ebpf`: what keeps eBPF programs out of a kernel. Faults 8, 9 and 16.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::{EBPF, FILESYSTEM_MONITOR, Host, KERNEL_SUPPORT, NETWORK_MONITOR};
use faults::Reason;
use host::system::bpf::Refusal;
use host::system::kernel::running_release;
use host::system::kind::SystemKind;
use installer::model::report::{Outcome, StepReport};
use nix::errno::Errno;
use policy::kernel::KernelMode;

const OPTIONS: [&str; 4] = ["BPF_SYSCALL", "BPF_JIT", "KPROBES", "BPF_EVENTS"];
const LOCKDOWN: &str = "sys/kernel/security/lockdown";
const CONFIDENTIALITY: &str = "none integrity [confidentiality]\n";

/// A configuration with all options but these; those that are off say so.
fn config(off: &[&str], absent: &[&str]) -> String {
    let on = OPTIONS.iter().filter(|option| !off.contains(option) && !absent.contains(option));
    let on = on.map(|option| format!("CONFIG_{option}=y\n"));
    let off = off.iter().map(|option| format!("# CONFIG_{option} is not set\n"));
    on.chain(off).collect::<String>() + "CONFIG_SECURITY_LOCKDOWN_LSM=y\nCONFIG_SECURITY_LOCKDOWN_LSM_EARLY=y\n"
}

/// A running host that the agent watches through eBPF.
fn running(os_release: &str) -> Host {
    let mut host = Host::enforcing(os_release);
    host.kernel.mode.set(KernelMode::NotRunning);
    host.profile.kernels.rules.clear();
    host.file(&format!("boot/config-{}", running_release()), &config(&[], &[]));
    host
}

const RELEASE: &str = "5.14.0-427.el9.x86_64";

/// An image with a kernel.
fn image(os_release: &str) -> Host {
    let mut host = Host::enforcing(os_release);
    host.alternate = true;
    host.profile.kernels.rules.clear();
    host.file(&format!("boot/vmlinuz-{RELEASE}"), "");
    host.file(&format!("boot/config-{RELEASE}"), &config(&[], &[]));
    host
}

#[track_caller]
fn expect(report: &StepReport, faults: &[u16], reason: Reason, words: &[&str]) {
    let raised: Vec<u16> = report.raised().iter().map(|id| id.number()).collect();
    let finding = report.finding().unwrap_or_else(|| panic!("{report:?}"));
    assert_eq!((raised.as_slice(), finding.reason), (faults, reason), "{}", report.detail);
    for word in words {
        assert!(report.detail.contains(word), "{word}: {}", report.detail);
    }
}

#[test]
fn all_is_well_and_says_for_whom_it_was_asked() {
    let host = running("rhel-9");
    let report = host.check(EBPF);
    assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
    assert!(report.detail.contains("hostprep's own domain") && report.detail.contains("kprobe and tracepoint"));
    let kinds: Vec<_> = host.bpf.loaded.borrow().iter().map(|kind| kind.name()).collect();
    assert_eq!(kinds, ["kprobe", "tracepoint"], "those that the profile lists");
}

#[test]
fn lockdown_for_confidentiality_is_faults_8_and_9() {
    let host = running("rhel-9");
    for (level, faulty) in [
        ("[none] integrity confidentiality\n", false),
        ("none [integrity] confidentiality\n", false),
        (CONFIDENTIALITY, true),
        ("", false),
    ] {
        host.file(LOCKDOWN, level);
        let report = host.repair(EBPF);
        assert_eq!(host.raised(), if faulty { vec![8, 9] } else { vec![] }, "{level}");
        if faulty {
            expect(&report, &[8, 9], Reason::Lockdown, &["confidentiality"]);
        }
    }
    host.file(LOCKDOWN, CONFIDENTIALITY);
    host.repair(EBPF);
    // A step that shares one of the faults does not clear it, and is not cleared by it.
    assert_eq!(host.repair(FILESYSTEM_MONITOR).outcome, Outcome::Ok);
    assert_eq!(host.raised(), [8, 9]);
}

#[test]
fn the_remedy_for_lockdown_is_that_of_the_boot_loader() {
    const REBOOT: &str = "systemctl reboot  # lockdown is never lowered before";
    const GRUBBY: &str = "grubby --update-kernel=ALL --remove-args=lockdown=confidentiality --args=lockdown=integrity";
    const SED: &str = "sed -i s/lockdown=confidentiality/lockdown=integrity/g /etc/default/grub";
    const GRUB: &str = "GRUB_CMDLINE_LINUX=\"quiet lockdown=confidentiality\"\n";
    let remedies = |os_release: &str, files: &[(&str, &str)]| {
        let host = running(os_release);
        host.file(LOCKDOWN, CONFIDENTIALITY);
        host.file("proc/cmdline", "ro lockdown=confidentiality quiet\n");
        for (path, text) in files {
            host.file(path, text);
        }
        let mut all = host.remedies(&host.check(EBPF));
        assert_eq!(all.pop().as_deref(), Some(REBOOT));
        all
    };
    for os_release in ["rhel-8", "rhel-9", "fedora-42", "amazon-2023", "oracle-8"] {
        assert_eq!(remedies(os_release, &[]), [GRUBBY], "{os_release}");
    }
    for os_release in ["debian-12", "ubuntu-18.04"] {
        assert_eq!(remedies(os_release, &[("etc/default/grub", GRUB)]), [SED, "update-grub"], "{os_release}");
    }
    let cloud = [("etc/default/grub", "GRUB_CMDLINE_LINUX=\n"), ("etc/default/grub.d/50-cloudimg.cfg", GRUB)];
    let sed = SED.replace("/etc/default/grub", "/etc/default/grub.d/50-cloudimg.cfg");
    assert_eq!(remedies("ubuntu-18.04", &cloud), [sed.as_str(), "update-grub"]);
    // No file that is known has it, and none is named that has not.
    for files in [&[][..], &[("etc/default/grub", "# lockdown=confidentiality\nGRUB_CMDLINE_LINUX=quiet\n")]] {
        let lines = remedies("debian-12", files);
        assert!(lines[0].starts_with("grep -rsl lockdown=confidentiality /etc/default /etc/grub.d "), "{lines:?}");
        assert!(lines.len() == 2 && lines[1].starts_with("# replace lockdown=confidentiality by "), "{lines:?}");
    }
    let mkconfig = "grub2-mkconfig -o /boot/grub2/grub.cfg";
    assert_eq!(remedies("sles-15", &[("etc/default/grub", GRUB)]), [SED, mkconfig]);
    let cmdline = ("etc/kernel/cmdline", "ro lockdown=confidentiality\n");
    let sed = SED.replace("/etc/default/grub", "/etc/kernel/cmdline");
    assert_eq!(
        remedies("opensuse-tumbleweed", &[cmdline, ("usr/bin/sdbootutil", "")]),
        [sed.as_str(), "sdbootutil update-all-entries"]
    );
    assert_eq!(remedies("debian-12", &[cmdline]), [sed.as_str(), "# run kernel-install add for each installed kernel"]);
}

/// The parameter stands in one file: that one is changed, and what the boot loader reads is made from it.
#[test]
fn the_file_that_has_the_parameter_is_changed() {
    const WORDS: &str = "ro lockdown=confidentiality";
    const GENERATED: &str = "# DO NOT EDIT THIS FILE\n# It is automatically generated by grub-mkconfig\n";
    const GRUBBY: &str = "grubby --update-kernel=ALL --remove-args=lockdown=confidentiality --args=lockdown=integrity";
    let menu = |words: &str| format!("menuentry 'x' {{\n\tlinux /boot/vmlinuz-{RELEASE} {words}\n}}\n");
    let generated = format!("{GENERATED}{}", menu(WORDS));
    let with_bls = format!("{GENERATED}blscfg\n{}", menu(WORDS));
    let by_variable = format!("{GENERATED}set cmd=\"$kernelopts\"\n{}", menu("ro $kernelopts"));
    let by_hand = menu(WORDS);
    let default = format!("GRUB_CMDLINE_LINUX=\"{WORDS}\"\n");
    let script = format!("exec tail -n +3 $0\n{}", menu(WORDS));
    let entry = format!("version {RELEASE}\noptions {WORDS}\n");
    let entry_by_variable = format!("version {RELEASE}\noptions $kernelopts\n");
    let environment = format!("# GRUB Environment Block\nkernelopts={WORDS}\n####");
    let sed = |path: &str| format!("sed -i s/lockdown=confidentiality/lockdown=integrity/g ROOT{path}");
    let unmade = |path: &str| format!("  # no file that {path} is made from has lockdown=confidentiality");
    let (debian, second) = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg");
    let efi = "/boot/efi/EFI/sles/grub.cfg";
    let uboot = "/boot/extlinux/extlinux.conf";
    let extlinux = format!("label l0\n\tlinux /vmlinuz-{RELEASE}\n\tappend {WORDS}\n");
    let parameters = format!("# lockdown=none\nU_BOOT_PARAMETERS=\"{WORDS}\"\n");
    let zipl = format!("[a]\nimage = /boot/vmlinuz-{RELEASE}\nparameters = \"{WORDS}\"\n");
    type Files<'f> = Vec<(&'f str, &'f str)>;
    let rows: Vec<(&str, Files, &str, Vec<String>)> = vec![
        // Only grub.cfg has it: it is older than what it is made from, or was changed by hand.
        ("debian-12", vec![(debian, &generated)], debian, vec![format!("IN update-grub{}", unmade(debian))]),
        ("sles-15", vec![(second, &generated)], second, vec![format!("IN grub2-mkconfig -o {second}{}", unmade(second))]),
        ("sles-15", vec![(efi, &generated)], efi, vec![format!("IN grub2-mkconfig -o {efi}{}", unmade(efi))]),
        ("rhel-9", vec![(second, &with_bls)], second, vec![format!("IN grub2-mkconfig -o {second}{}", unmade(second))]),
        // Nothing makes it.
        ("debian-12", vec![(debian, &by_hand)], debian, vec![sed(debian)]),
        ("rhel-9", vec![(second, &by_hand)], second, vec![sed(second)]),
        ("debian-12", vec![("/boot/grub/custom.cfg", &by_hand)], "/boot/grub/custom.cfg", vec![sed("/boot/grub/custom.cfg")]),
        // An entry of the administrator's.
        (
            "debian-12",
            vec![(debian, &generated), ("/etc/grub.d/40_custom", &script)],
            debian,
            vec![sed("/etc/grub.d/40_custom"), "IN update-grub".into()],
        ),
        (
            "rhel-9",
            vec![(second, &with_bls), ("/etc/grub.d/40_custom", &script)],
            second,
            vec![sed("/etc/grub.d/40_custom"), format!("IN grub2-mkconfig -o {second}")],
        ),
        (
            "debian-12",
            vec![(debian, &generated), ("/etc/default/grub", &default)],
            debian,
            vec![sed("/etc/default/grub"), "IN update-grub".into()],
        ),
        // Before the Boot Loader Specification, grubby changed grub.cfg.
        ("rhel-7", vec![(second, &generated)], second, vec![format!("IN {GRUBBY}")]),
        ("rhel-9", vec![("/boot/loader/entries/a.conf", &entry)], "/boot/loader/entries/a.conf", vec![format!("IN {GRUBBY}")]),
        (
            "sles-15",
            vec![("/boot/efi/loader/entries/a.conf", &entry)],
            "/boot/efi/loader/entries/a.conf",
            vec![sed("/boot/efi/loader/entries/a.conf")],
        ),
        // By a variable in GRUB's environment block.
        (
            "sles-15",
            vec![("/boot/loader/entries/a.conf", &entry_by_variable), ("/boot/grub2/grubenv", &environment)],
            "/boot/loader/entries/a.conf",
            vec!["IN grub2-editenv /boot/grub2/grubenv set 'kernelopts=ro lockdown=integrity'".into()],
        ),
        (
            "debian-12",
            vec![(debian, &by_variable), ("/boot/grub/grubenv", &environment)],
            debian,
            vec!["IN grub-editenv /boot/grub/grubenv set 'kernelopts=ro lockdown=integrity'".into()],
        ),
        // U-Boot's menu, made by hand and by Debian's u-boot-menu.
        ("debian-12", vec![(uboot, &extlinux)], uboot, vec![sed(uboot)]),
        (
            "debian-12",
            vec![(uboot, &extlinux), ("/usr/sbin/u-boot-update", ""), ("/etc/default/u-boot", &parameters)],
            uboot,
            vec![sed("/etc/default/u-boot"), "IN u-boot-update".into()],
        ),
        (
            "debian-12",
            vec![(uboot, &extlinux), ("/usr/sbin/u-boot-update", "")],
            uboot,
            vec![format!("IN u-boot-update{}", unmade(uboot))],
        ),
        // s390x boots from what zipl has written.
        ("debian-12", vec![("/etc/zipl.conf", &zipl)], "/etc/zipl.conf", vec![sed("/etc/zipl.conf"), "IN zipl".into()]),
        (
            "sles-15",
            vec![("/boot/loader/entries/a.conf", &entry), ("/usr/sbin/zipl", "")],
            "/boot/loader/entries/a.conf",
            vec![sed("/boot/loader/entries/a.conf"), "IN zipl".into()],
        ),
        (
            "debian-12",
            vec![("/usr/lib/kernel/cmdline", WORDS)],
            "/usr/lib/kernel/cmdline",
            vec![
                "sh -c 'sed s/lockdown=confidentiality/lockdown=integrity/g \"$1\" > \"$2\"' sh ROOT/usr/lib/kernel/cmdline \
                 ROOT/etc/kernel/cmdline  # counts before the vendor's"
                    .into(),
                "# run kernel-install add for each installed kernel".into(),
            ],
        ),
    ];
    for (os_release, files, named, expected) in rows {
        let host = image(os_release);
        for (path, text) in &files {
            host.file(path.trim_start_matches('/'), text);
        }
        let report = host.check(EBPF);
        expect(&report, &[8, 9], Reason::Lockdown, &[&format!("by {named})")]);
        let root = host.dir.path().canonicalize().unwrap().display().to_string();
        let expected: Vec<String> = expected
            .iter()
            .map(|line| line.replace("ROOT", &root).replace("IN ", &format!("chroot {root} ")))
            .collect();
        assert_eq!(host.remedies(&report), expected, "{os_release} {named}");
    }
}

#[test]
fn the_command_line_of_a_unified_image_is_made_again() {
    let path = format!("efi/EFI/Linux/4f0c-{RELEASE}.efi");
    // The least that is read of the PE format: a section table with one section.
    let mut program = vec![0; 0x80];
    program[..2].copy_from_slice(b"MZ");
    program[0x3c] = 0x40;
    program[0x40..0x44].copy_from_slice(b"PE\0\0");
    program[0x46] = 1;
    let line = "ro lockdown=confidentiality";
    program[0x58..0x60].copy_from_slice(b".cmdline");
    let length = u8::try_from(line.len()).unwrap();
    for (at, value) in [(0x60, length), (0x68, length), (0x6c, 0x80)] {
        program[at] = value;
    }
    program.extend(line.bytes());
    let host = image("fedora-42");
    host.file(&path, "");
    std::fs::write(host.path(&path), program).unwrap();
    let remedies = || {
        let report = host.check(EBPF);
        expect(&report, &[8, 9], Reason::Lockdown, &[&format!("by /{path})")]);
        let root = host.dir.path().canonicalize().unwrap().display().to_string();
        host.remedies(&report).iter().map(|line| line.replace(&root, "ROOT")).collect::<Vec<_>>()
    };
    let again = format!("# make /{path} again with lockdown=integrity in place of lockdown=confidentiality: ");
    assert!(remedies()[0].starts_with(&again), "{:?}", remedies());
    host.file("etc/kernel/cmdline", line);
    let sed = "sed -i s/lockdown=confidentiality/lockdown=integrity/g ROOT/etc/kernel/cmdline";
    assert!(remedies()[0] == sed && remedies()[1].starts_with(&again), "{:?}", remedies());
    host.file("usr/bin/kernel-install", "");
    host.file(&format!("lib/modules/{RELEASE}/vmlinuz"), "");
    let add = format!("chroot ROOT kernel-install add {RELEASE} /lib/modules/{RELEASE}/vmlinuz");
    assert_eq!(remedies(), [sed, &add]);
}

#[test]
fn the_running_kernel_is_told_of_the_file_that_has_the_parameter() {
    let host = running("debian-12");
    host.file(LOCKDOWN, CONFIDENTIALITY);
    host.file("proc/cmdline", "ro lockdown=confidentiality\n");
    let menu = |words: &str| format!("menuentry x {{\n linux /vmlinuz-{} {words}\n}}\n", running_release());
    host.file("boot/grub/grub.cfg", &menu("ro lockdown=confidentiality"));
    let report = host.check(EBPF);
    expect(&report, &[8, 9], Reason::Lockdown, &["by /boot/grub/grub.cfg)"]);
    let lines = host.remedies(&report);
    assert_eq!(lines[0], "sed -i s/lockdown=confidentiality/lockdown=integrity/g /boot/grub/grub.cfg");
    // It was changed, and only the reboot is left.
    host.file("boot/grub/grub.cfg", &menu("ro lockdown=integrity"));
    let report = host.check(EBPF);
    expect(&report, &[8, 9], Reason::Lockdown, &["/boot/grub/grub.cfg no longer asks for it"]);
    assert_eq!(host.remedies(&report), ["systemctl reboot  # lockdown is never lowered before"]);
}

#[test]
fn lockdown_that_is_compiled_in_names_the_option() {
    for (option, words) in [
        (
            "CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY=y\n",
            "built without CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY",
        ),
        ("CONFIG_CMDLINE_BOOL=y\nCONFIG_CMDLINE=\"lockdown=confidentiality\"\n", "in CONFIG_CMDLINE"),
    ] {
        let host = image("debian-12");
        host.file(&format!("boot/config-{RELEASE}"), &(config(&[], &[]) + option));
        host.file("boot/grub/grub.cfg", &format!("menuentry x {{\n linux /vmlinuz-{RELEASE} ro\n}}\n"));
        let report = host.check(EBPF);
        let named = option.split('=').next().unwrap();
        let named = if named == "CONFIG_CMDLINE_BOOL" { "CONFIG_CMDLINE" } else { named };
        let by = format!("by {named} of its configuration, /boot/config-{RELEASE})");
        expect(&report, &[8, 9], Reason::Lockdown, &[&by]);
        let lines = host.remedies(&report);
        assert!(lines.len() == 1 && lines[0].contains(words), "{lines:?}");
    }
}

#[test]
fn lockdown_that_the_command_line_does_not_ask_for_has_another_remedy() {
    let host = running("rhel-9");
    host.file(LOCKDOWN, CONFIDENTIALITY);
    host.file("proc/cmdline", "ro quiet\n");
    let remedy = host.remedies(&host.check(EBPF)).join("\n");
    assert!(remedy.contains("/sys/kernel/security/lockdown") && !remedy.contains("grubby"), "{remedy}");
    let forced = config(&[], &[]) + "CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY=y\n";
    host.file(&format!("boot/config-{}", running_release()), &forced);
    let remedy = host.remedies(&host.check(EBPF)).join("\n");
    assert!(remedy.contains("FORCE_CONFIDENTIALITY") && !remedy.contains("grubby"), "{remedy}");
}

#[test]
fn the_boot_entry_tells_of_the_lockdown_of_an_image() {
    let entry = format!("title RHEL\nversion {RELEASE}\nlinux /vmlinuz-{RELEASE}\noptions $kernelopts ro\n");
    let other = "version 5.14.0-1.el9.x86_64\nlinux /vmlinuz-5.14.0-1.el9.x86_64\noptions lockdown=confidentiality\n";
    let literal = format!("version {RELEASE}\noptions root=/dev/sda1 lockdown=confidentiality ro\n");
    let grub = |words: &str| format!("menuentry 'x' {{\n\tlinux /boot/vmlinuz-{RELEASE} root=/dev/sda1 {words}\n}}\n");
    let (locked, integrity) = (grub("lockdown=confidentiality quiet"), grub("lockdown=integrity"));
    for (files, faulty) in [
        (vec![], false),
        (vec![("boot/loader/entries/a.conf", literal.as_str())], true),
        (vec![("boot/loader/entries/a.conf", other)], false),
        (vec![("boot/loader/entries/a.conf", &entry)], false),
        (
            vec![
                ("boot/loader/entries/a.conf", &entry),
                ("boot/grub2/grubenv", "kernelopts=lockdown=confidentiality\n"),
            ],
            true,
        ),
        (vec![("boot/grub2/grub.cfg", &locked)], true),
        (vec![("boot/grub/grub.cfg", &locked)], true),
        (vec![("boot/grub/grub.cfg", &integrity)], false),
        (vec![("etc/kernel/cmdline", "ro lockdown=confidentiality\n")], true),
        (vec![("etc/kernel/cmdline", "ro lockdown=confidentiality\n"), ("boot/grub2/grub.cfg", &integrity)], false),
        // What this machine is locked down to is not asked.
        (vec![(LOCKDOWN, CONFIDENTIALITY)], false),
    ] {
        let host = image("rhel-9");
        for (path, text) in &files {
            host.file(path, text);
        }
        let report = host.check(EBPF);
        if faulty {
            expect(&report, &[8, 9], Reason::Lockdown, &[RELEASE, "confidentiality"]);
            let remedy = host.remedies(&report);
            assert!(remedy.iter().any(|line| line.contains("lockdown=integrity")), "{remedy:?}");
            assert!(!remedy.iter().any(|line| line.contains("reboot")), "an image does not run: {remedy:?}");
        } else {
            assert_eq!(report.outcome, Outcome::Ok, "{files:?}: {report:?}");
        }
        assert!(host.bpf.loaded.borrow().is_empty(), "this machine's kernel is not asked");
    }
}

#[test]
fn a_kernel_without_lockdown_ignores_the_parameter() {
    for without in [
        "# CONFIG_SECURITY_LOCKDOWN_LSM is not set\n",
        "CONFIG_SECURITY_LOCKDOWN_LSM=y\nCONFIG_LSM=\"yama,selinux,bpf\"\n",
    ] {
        let host = image("rhel-9");
        host.file("etc/kernel/cmdline", "lockdown=confidentiality");
        let config = config(&[], &[]).lines().filter(|line| !line.contains("LOCKDOWN")).collect::<Vec<_>>().join("\n");
        host.file(&format!("boot/config-{RELEASE}"), &format!("{config}\n{without}"));
        assert_eq!(host.check(EBPF).outcome, Outcome::Ok, "{without}");
    }
}

#[test]
fn a_missing_option_is_fault_16() {
    for option in OPTIONS {
        for (off, absent) in [(vec![option], vec![]), (vec![], vec![option])] {
            let host = image("debian-12");
            host.file(&format!("boot/config-{RELEASE}"), &config(&off, &absent));
            let report = host.repair(EBPF);
            expect(&report, &[16], Reason::KernelOption, &[&format!("CONFIG_{option} "), RELEASE]);
            assert_eq!(host.raised(), [16]);
            host.file(&format!("boot/config-{RELEASE}"), &config(&[], &[]));
            host.repair(EBPF);
            assert_eq!(host.raised(), [0u16; 0]);
        }
    }
}

#[test]
fn a_configuration_that_is_not_there_or_not_whole_is_unknown() {
    let host = image("debian-12");
    let path = format!("boot/config-{RELEASE}");
    host.file(&path, &config(&["KPROBES"], &[]));
    host.repair(EBPF);
    host.file(&path, "CONFIG_DEBUG_INFO_BTF=y\n");
    assert_eq!(host.repair(EBPF).outcome, Outcome::Unknown);
    std::fs::remove_file(host.path(&path)).unwrap();
    assert_eq!(host.repair(EBPF).outcome, Outcome::Unknown);
    assert_eq!(host.raised(), [16], "unknown clears nothing");
    // On the running system, what the kernel loads is more than its configuration.
    let host = running("debian-12");
    std::fs::remove_file(host.path(&format!("boot/config-{}", running_release()))).unwrap();
    assert_eq!(host.check(EBPF).outcome, Outcome::Ok);
}

#[test]
fn what_the_kernel_does_is_better_than_what_its_configuration_says() {
    let host = running("debian-12");
    host.file(&format!("boot/config-{}", running_release()), &config(&["BPF_SYSCALL"], &["BPF_EVENTS"]));
    assert_eq!(host.check(EBPF).outcome, Outcome::Ok);
    host.file(&format!("boot/config-{}", running_release()), &config(&["KPROBES"], &[]));
    expect(&host.check(EBPF), &[16], Reason::KernelOption, &["CONFIG_KPROBES"]);
}

#[test]
fn refusals_of_the_kernel_are_told_apart() {
    let map = |refusal: Refusal| {
        let host = running("rhel-9");
        host.bpf.map.replace(Some(refusal));
        host.check(EBPF)
    };
    let program = |refusal: Refusal| {
        let host = running("rhel-9");
        host.bpf.program.replace(Some(refusal));
        host.check(EBPF)
    };
    expect(&map(Refusal::NoSystemCall), &[16], Reason::KernelOption, &["ENOSYS", "CONFIG_BPF_SYSCALL"]);
    for report in [map(Refusal::NotPermitted(Errno::EPERM)), program(Refusal::NotPermitted(Errno::EPERM))] {
        expect(&report, &[8, 9], Reason::BpfNotPermitted, &["EPERM", "hostprep's own domain"]);
    }
    expect(&program(Refusal::NotPermitted(Errno::EACCES)), &[8, 9], Reason::BpfNotPermitted, &["EACCES"]);
    let rejected = program(Refusal::Rejected("R0 !read_ok".into()));
    expect(&rejected, &[8, 9], Reason::BpfProgramRejected, &["R0 !read_ok", "kprobe and tracepoint", "own domain"]);
    expect(&program(Refusal::UnknownKind), &[16], Reason::KernelOption, &["EINVAL", "kprobe", "CONFIG_BPF_EVENTS"]);
    for report in [map(Refusal::Failed("ENOMEM".into())), program(Refusal::Failed("ENOMEM".into()))] {
        assert_eq!(report.outcome, Outcome::Unknown);
        assert!(report.detail.contains("ENOMEM"), "{}", report.detail);
    }
}

#[test]
fn what_may_not_be_tried_is_unknown_and_says_why() {
    let host = running("rhel-9");
    host.bpf.map.replace(Some(Refusal::NotPermitted(Errno::EPERM)));
    host.repair(EBPF);
    assert_eq!(host.raised(), [8, 9]);

    let unknown = |words: &str| {
        let report = host.repair(EBPF);
        assert_eq!(report.outcome, Outcome::Unknown, "{report:?}");
        assert!(report.detail.contains(words), "{}", report.detail);
        assert_eq!(host.raised(), [8, 9], "unknown clears nothing");
    };
    host.bpf.may_be_asked.set(false);
    unknown("root");
    host.bpf.may_be_asked.set(true);
    for mode in [KernelMode::Enforcing, KernelMode::Permissive] {
        host.kernel.mode.set(mode);
        host.kernel.allows_own.set(false);
        unknown("rpm_script_t");
        host.kernel.allows_own.set(true);
    }
    host.kernel.is_silent.set(true);
    unknown("SELinux is not running");
    host.kernel.is_silent.set(false);
    for (status, words) in [
        ("CapEff:\t0000000000000000\nSeccomp:\t0\n", "capabilities"),
        ("CapEff:\t000001ffffffffff\nSeccomp:\t2\n", "seccomp"),
    ] {
        host.file("proc/self/status", status);
        unknown(words);
    }
    host.file("proc/self/status", "CapEff:\t000001ffffffffff\nSeccomp:\t0\n");
    host.file("proc/self/uid_map", "         0       1000          1\n");
    unknown("user namespace");
    host.file("proc/self/uid_map", "         0          0 4294967295\n");
    expect(&host.repair(EBPF), &[8, 9], Reason::BpfNotPermitted, &[]);
    host.bpf.map.replace(None);
    assert_eq!(host.repair(EBPF).outcome, Outcome::Ok);
    assert_eq!(host.raised(), [0u16; 0]);
}

/// A fault that was found does not hide that another one was not looked for.
#[test]
fn what_is_unknown_is_not_cleared_by_another_fault() {
    let host = running("rhel-9");
    host.bpf.map.replace(Some(Refusal::NoSystemCall));
    host.repair(EBPF);
    assert_eq!(host.raised(), [16]);
    host.file(LOCKDOWN, CONFIDENTIALITY);
    host.bpf.may_be_asked.set(false);
    std::fs::remove_file(host.path(&format!("boot/config-{}", running_release()))).unwrap();
    let report = host.repair(EBPF);
    assert!(report.detail.contains("locked down") && report.detail.contains("only root"), "{}", report.detail);
    assert_eq!(host.raised(), [8, 9, 16]);
}

#[test]
fn where_the_agent_uses_no_ebpf_nothing_is_asked() {
    for change in [
        |host: &mut Host| host.kind = SystemKind::Container,
        |host: &mut Host| host.profile.ebpf = None,
        |host: &mut Host| host.profile.kernels.rules = watched_through_modules(),
    ] {
        let mut host = running("rhel-9");
        host.file(LOCKDOWN, CONFIDENTIALITY);
        change(&mut host);
        assert_eq!(host.check(EBPF).outcome, Outcome::Ok);
        assert!(host.bpf.loaded.borrow().is_empty());
    }
    let mut host = image("rhel-9");
    (host.alternate, host.kind) = (false, SystemKind::Offline);
    assert_eq!(host.check(EBPF).outcome, Outcome::Ok);
    assert!(host.bpf.loaded.borrow().is_empty(), "another kernel boots it");
}

/// Every kernel is watched through modules.
fn watched_through_modules() -> Vec<installer::profile::KernelRule> {
    vec![installer::profile::KernelRule {
        families: vec!["rhel".into()],
        ids: Vec::new(),
        not_ids: Vec::new(),
        from: None,
        before: None,
        release_contains: None,
        kernel_from: "0".into(),
        kernel_before: None,
        monitors: installer::profile::Monitors::Modules,
    }]
}

#[test]
fn kinds_of_programs_come_from_the_profile() {
    let mut host = running("rhel-9");
    let text = include_str!("../../profile.toml");
    let with = |kinds: &str| {
        let text = text.replace(r#"programs = ["kprobe", "tracepoint"]"#, kinds);
        installer::profile::Profile::parse(&text, std::path::Path::new("p.toml"))
    };
    host.profile.ebpf = with(r#"programs = ["lsm", "raw_tracepoint", "socket_filter"]"#).unwrap().ebpf;
    host.check(EBPF);
    let kinds: Vec<_> = host.bpf.loaded.borrow().iter().map(|kind| kind.name()).collect();
    assert_eq!(kinds, ["lsm", "raw_tracepoint", "socket_filter"]);
    let error = with(r#"programs = ["kprobes"]"#).unwrap_err().to_string();
    assert!(error.contains("kprobes") && error.contains("socket_filter, kprobe, "), "{error}");
    host.profile.ebpf = with("programs = []").unwrap().ebpf;
    host.bpf.map.replace(Some(Refusal::NoSystemCall));
    assert_eq!(host.check(EBPF).outcome, Outcome::Ok);
    for wrong in [
        r#"kernel_options = [{ name = "CONFIG_KPROBES" }]"#,
        r#"kernel_options = [{ name = "A B" }]"#,
        r#"kernel_options = [{ name = "KPROBES", since = "always" }]"#,
    ] {
        let (head, rest) = text.split_once("kernel_options = [").unwrap();
        let (_, tail) = rest.split_once("\n]").unwrap();
        assert!(
            installer::profile::Profile::parse(&format!("{head}{wrong}{tail}"), std::path::Path::new("p.toml"))
                .is_err()
        );
    }
}

/// Where the profile does not say how a kernel is watched, the steps that cannot judge it keep no fault of this one raised.
#[test]
fn a_fault_clears_where_other_steps_have_no_rule() {
    let host = image("openeuler-22.03");
    let mut host = Host { profile: installer::profile::Profile::built_in(), ..host };
    let steps = [KERNEL_SUPPORT, FILESYSTEM_MONITOR, NETWORK_MONITOR, EBPF];
    let outcomes =
        |host: &Host| host.try_repair(&steps).unwrap().reports.iter().map(|report| report.outcome).collect::<Vec<_>>();
    let unknown = [Outcome::Unknown; 3];
    host.file("etc/kernel/cmdline", "lockdown=confidentiality");
    host.file(&format!("boot/config-{RELEASE}"), &config(&["KPROBES"], &[]));
    assert_eq!(outcomes(&host), [&unknown[..], &[Outcome::Fault]].concat());
    assert_eq!(host.raised(), [8, 9, 16]);
    host.file("etc/kernel/cmdline", "lockdown=integrity");
    host.file(&format!("boot/config-{RELEASE}"), &config(&[], &[]));
    assert_eq!(outcomes(&host), [&unknown[..], &[Outcome::Ok]].concat());
    assert_eq!(host.raised(), [0u16; 0]);
    // A profile without a table asks nothing.
    host.profile.kernels.rules.clear();
    assert_eq!(outcomes(&host), [Outcome::Ok; 4]);
}
