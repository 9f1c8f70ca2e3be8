#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::system::kernel::scratch;

/// Returns the newest kernel of a root with these empty files.
fn newest(files: &[&str]) -> Option<String> {
    let files: Vec<_> = files.iter().map(|path| (*path, "")).collect();
    let (_outside, root) = scratch(&files);
    newest_installed(&root).unwrap()
}

#[test]
fn a_kernel_counts_by_its_image() {
    for (files, expected) in [
        (&[][..], None),
        // What dkms and depmod leave or make where the kernel is gone.
        (&["/lib/modules/6.1.90/modules.dep", "/lib/modules/6.1.90/updates/dkms/ours.ko"], None),
        (&["/lib/modules/6.1.90/kernel/fs/ext4.ko", "/lib/modules/6.1.90/config"], None),
        (&["/lib/modules/6.1.90/modules.dep", "/lib/modules/6.1.70/vmlinuz"], Some("6.1.70")),
        (&["/lib/modules/6.1.90/modules.dep", "/boot/vmlinuz-6.1.70"], Some("6.1.70")),
        (&["/lib/modules/6.1.90/modules.dep", "/boot/vmlinuz-6.1.90"], Some("6.1.90")),
        (&["/boot/vmlinuz-6.1.0-9-amd64", "/boot/vmlinuz-6.1.0-18-amd64", "/boot/config-7.0"], Some("6.1.0-18-amd64")),
        (
            &["/lib/modules/5.14.0-70.el9.x86_64/vmlinuz", "/boot/vmlinuz-5.14.0-362.el9.x86_64"],
            Some("5.14.0-362.el9.x86_64"),
        ),
        (
            &["/lib/modules/5.14.0-427.el9.x86_64/vmlinuz-virt.efi", "/lib/modules/5.14.0-503.el9.x86_64/modules.dep"],
            Some("5.14.0-427.el9.x86_64"),
        ),
        // Not a file: a directory of that name.
        (&["/boot/vmlinuz-6.1.90/x", "/boot/vmlinuz-6.1.70"], Some("6.1.70")),
        // Names that no kernel has.
        (&["/boot/vmlinuz-linux", "/boot/vmlinuz-lts", "/boot/vmlinuz", "/boot/vmlinuz-6;x"], None),
        (&["/boot/vmlinuz-0-rescue-0123456789abcdef0123456789abcdef"], None),
        (&["/boot/vmlinuz-6.1.90-0-rescue-0123", "/boot/vmlinuz-6.1.70"], Some("6.1.70")),
        (&["/boot/vmlinuz-6.12~rc1", "/boot/vmlinuz-6.12"], Some("6.12")),
        (&["/boot/vmlinuz-6.1.0-18-amd64", "/boot/vmlinuz-6.1.0-18-rt-amd64"], Some("6.1.0-18-amd64")),
        (&["/boot/vmlinuz-6.1.0-18-amd64", "/boot/vmlinuz-6.1.0-19-cloud-amd64"], Some("6.1.0-19-cloud-amd64")),
        (
            &["/lib/modules/5.14.0-427.el9.x86_64/vmlinuz", "/lib/modules/5.14.0-427.el9.x86_64+debug/vmlinuz"],
            Some("5.14.0-427.el9.x86_64"),
        ),
    ] {
        assert_eq!(newest(files).as_deref(), expected, "{files:?}");
    }
}

#[test]
fn each_architecture_has_its_name_of_an_image() {
    for image in IMAGES {
        let boot = format!("/boot/{image}-6.4.0-150600.21-default");
        assert_eq!(newest(&[&boot]).as_deref(), Some("6.4.0-150600.21-default"), "{boot}");
        let modules = format!("/lib/modules/6.4.0-150600.21-default/{image}");
        assert_eq!(newest(&[&modules]).as_deref(), Some("6.4.0-150600.21-default"), "{modules}");
        for suffix in [".old", ".bak", ".dpkg-new", ".rpmsave", ".gz", "-0-rescue-0123"] {
            assert_eq!(newest(&[&format!("/boot/{image}-6.1.90{suffix}")]), None, "{image}{suffix}");
        }
    }
    assert_eq!(newest(&["/boot/vmlinuz-6.1.90", "/boot/vmlinux-6.1.90"]).as_deref(), Some("6.1.90"));
}

#[test]
fn a_copy_of_an_image_is_not_a_kernel() {
    for suffix in [
        ".old",
        ".bak",
        ".dpkg-new",
        ".dpkg-old",
        ".dpkg-bak",
        ".dpkg-tmp",
        ".rpmsave",
        ".rpmnew",
        ".rpmorig",
        ".orig",
        "~",
        ".save",
        ".old-dkms",
        ".ucf-dist",
        ".sig",
        ".BAK",
        "-old",
        "_bak",
        ".backup",
        ".efi",
        ".bak.1",
        ".old-2024-01-31",
        ".prev",
        ".pacsave",
        ".efi.signed",
        ".zst",
    ] {
        let copy = format!("/boot/vmlinuz-6.1.90{suffix}");
        assert_eq!(newest(&[&copy, "/boot/vmlinuz-6.1.70"]).as_deref(), Some("6.1.70"), "{suffix}");
        assert_eq!(newest(&[&copy]), None, "{suffix}");
        let moved = format!("/lib/modules/6.1.90{suffix}/vmlinuz");
        assert_eq!(newest(&[&moved, "/boot/vmlinuz-6.1.70"]).as_deref(), Some("6.1.70"), "{suffix}");
    }
    // A name of the administrator's own, beside the kernel itself.
    let kernel = ["/boot/vmlinuz-6.1.0-18-amd64", "/lib/modules/6.1.0-18-amd64/modules.dep"];
    for copy in ["/boot/vmlinuz-6.1.0-18-amd64.2024-01-31", "/boot/vmlinuz-6.1.0-18-amd64-before"] {
        assert_eq!(newest(&[&kernel[..], &[copy]].concat()).as_deref(), Some("6.1.0-18-amd64"), "{copy}");
    }
    let own = [
        "/boot/vmlinuz-6.1.90",
        "/lib/modules/6.1.90/kernel/x.ko",
        "/boot/vmlinuz-6.1.90.1",
        "/lib/modules/6.1.90.1/x",
    ];
    assert_eq!(newest(&own).as_deref(), Some("6.1.90.1"), "one with modules of its own");
    for name in ["6.6.0-new-amd64", "6.9.0-save.el9.x86_64", "6.10.0-old-defconfig", "6.8.0-disabled-ipv6"] {
        let (image, modules) = (format!("/boot/vmlinuz-{name}"), format!("/lib/modules/{name}/kernel/x.ko"));
        assert_eq!(newest(&[&image, &modules]).as_deref(), Some(name), "a name of one's own");
        assert_eq!(newest(&[&image]), None, "{name}: no modules");
    }
    let numbers = ["/boot/vmlinuz-6.1.9", "/lib/modules/6.1.9/kernel/x.ko", "/boot/vmlinuz-6.1.90"];
    assert_eq!(newest(&numbers).as_deref(), Some("6.1.90"), "a longer number is another kernel");
}

#[test]
fn links_are_followed_inside_the_root() {
    let (_outside, root) = scratch(&[("/usr/lib/modules/6.1.0-9-amd64/vmlinuz", "")]);
    symlink("usr/lib", root.host_path("/lib")).unwrap();
    assert_eq!(newest_installed(&root).unwrap().as_deref(), Some("6.1.0-9-amd64"));
    fs::create_dir(root.host_path("/boot")).unwrap();
    symlink("/usr/lib/modules/7.0/vmlinuz", root.host_path("/boot/vmlinuz-7.0")).unwrap();
    assert_eq!(newest_installed(&root).unwrap().as_deref(), Some("6.1.0-9-amd64"), "a dangling link");
}
