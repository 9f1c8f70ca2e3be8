#![allow(clippy::disallowed_methods, reason = "the tests make the roots")]

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn root(files: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
    let scratch = tempfile::tempdir().unwrap();
    fs::create_dir(scratch.path().join("etc")).unwrap();
    for (path, content) in files {
        let path = scratch.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let root = Root::alternate(scratch.path()).unwrap();
    (scratch, root)
}

/// `systemd-id128 --app-specific=a560cadcb269cd37ea8e8505b0f000c2 machine-id` of systemd 252 prints it on a machine with that id.
#[test]
fn a_machine_id_is_hashed_as_systemd_hashes_it() {
    let (_scratch, root) = root(&[("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n")]);
    assert_eq!(id(&root).as_deref(), Some("25a2bc06552b4432b3126cc9fab823b0"));
}

#[test]
fn what_is_no_machine_id_is_none() {
    let zero = "0".repeat(32);
    for text in ["", "uninitialized\n", "\n", &zero, "+d1219c7c4c5404aaa1f6d2a48adfda4", "3d12\n", "\u{fffd}"] {
        let (_scratch, root) = root(&[("etc/machine-id", text)]);
        assert_eq!(id(&root), None, "{text:?}");
    }
    assert_eq!(id(&root(&[]).1), None);
}

#[test]
fn a_name_is_read_past_comments() {
    let (_scratch, root) = root(&[("etc/hostname", "\n# ours\n web-1.example \nother\n")]);
    assert_eq!(configured_name(&root).as_deref(), Some("web-1.example"));
}

#[test]
fn the_architecture_is_that_of_the_shell() {
    let header = |order: u8, machine: [u8; 2]| {
        let mut header = [0; 20];
        header[..4].copy_from_slice(b"\x7fELF");
        (header[5], header[18], header[19]) = (order, machine[0], machine[1]);
        header
    };
    assert_eq!(architecture_of_program(&header(1, [62, 0])), Some("x86_64"));
    assert_eq!(architecture_of_program(&header(1, [183, 0])), Some("aarch64"));
    assert_eq!(architecture_of_program(&header(2, [0, 22])), Some("s390x"));
    assert_eq!(architecture_of_program(&header(2, [0, 21])), Some("ppc64"));
    assert_eq!(architecture_of_program(&[0; 20]), None);
    assert_eq!(architecture_of_programs(&root(&[("bin/sh", "#!/bin/busybox")]).1), None);
}

#[test]
fn an_image_says_so_in_os_release() {
    let (_scratch, root) = root(&[("etc/os-release", "ID=debian\nIMAGE_ID=edge\nIMAGE_VERSION=42\n")]);
    let expected = Image { kind: ImageKind::Image, id: "edge".into(), version: Some("42".into()) };
    assert_eq!(image(&root, false), Some(expected));
    assert_eq!(image(&self::root(&[("etc/os-release", "ID=debian\n")]).1, true), None);
}

#[test]
fn a_deployment_is_found_from_the_kernels_command_line() {
    let deployed = "ostree/deploy/fedora/deploy";
    for (origin, kind) in [
        ("[origin]\nrefspec=fedora:fedora/41/x86_64/iot\n", ImageKind::Ostree),
        ("[origin]\ncontainer-image-reference=ostree-unverified-registry:example/os:41\n", ImageKind::Bootc),
    ] {
        let (scratch, root) = root(&[
            ("run/ostree-booted", ""),
            ("proc/cmdline", "root=/dev/vda3 ostree=/ostree/boot.1/fedora/abc/0 rw\n"),
            ("etc/os-release", "ID=fedora\nOSTREE_VERSION='41.2'\nIMAGE_ID=edge\nIMAGE_VERSION=7\n"),
            (&format!("{deployed}/c0ffee.0.origin"), origin),
            (&format!("{deployed}/c0ffee.0/usr/x"), ""),
            ("ostree/boot.1/fedora/abc/x", ""),
        ]);
        let link = scratch.path().join("ostree/boot.1/fedora/abc/0");
        symlink("../../../deploy/fedora/deploy/c0ffee.0", link).unwrap();
        let found = Image { kind, id: "c0ffee.0".into(), version: Some("41.2".into()) };
        assert_eq!(image(&root, true), Some(found));
        let of_files = Image { kind: ImageKind::Image, id: "edge".into(), version: Some("7".into()) };
        assert_eq!(image(&root, false), Some(of_files), "another root's kernel was not told where it lies");
    }
}
