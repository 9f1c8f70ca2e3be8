#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use super::*;

/// A process of root on a booted host.
fn host() -> Evidence {
    Evidence {
        declaration: None,
        first_root: FirstRoot::Same,
        has_own_pid_namespace: false,
        is_root: true,
        marker: None,
        announcement: None,
        is_booted: true,
        has_kernel: false,
        has_policy_store: false,
    }
}

/// With a kernel and a policy store.
fn bootable(evidence: Evidence) -> Evidence {
    Evidence { has_kernel: true, has_policy_store: true, ..evidence }
}

fn in_namespace() -> Evidence {
    Evidence { has_own_pid_namespace: true, is_booted: false, ..host() }
}

fn chroot() -> Evidence {
    Evidence { first_root: FirstRoot::Other, is_booted: false, ..host() }
}

#[test]
fn the_kind_follows_from_evidence_and_not_from_markers_alone() {
    use SystemKind::{Container, Offline, Running};
    let marked = Some("/.dockerenv");
    let bubblewrap = Some("bwrap-osbuild".to_owned());
    let with_kernel = |evidence: Evidence| Evidence { has_kernel: true, ..evidence };
    let hidden = || Evidence { first_root: FirstRoot::Hidden, ..chroot() };
    let cases = [
        ("host", Running, "process 1", host()),
        ("host whose disk was a container image", Running, "process 1", Evidence { marker: marked, ..host() }),
        ("host without systemd", Running, "process 1", Evidence { is_booted: false, ..host() }),
        ("container", Container, "PID namespace", in_namespace()),
        ("container with a marker", Container, "PID namespace", Evidence { marker: marked, ..in_namespace() }),
        (
            "announced",
            Container,
            "container=podman",
            Evidence { announcement: Some("podman".into()), ..in_namespace() },
        ),
        ("booted container", Container, "PID", bootable(Evidence { is_booted: true, ..in_namespace() })),
        ("image build", Offline, "PID namespace of its own, but", bootable(in_namespace())),
        (
            "osbuild",
            Offline,
            "container=bwrap-osbuild, but",
            bootable(Evidence { announcement: bubblewrap, first_root: FirstRoot::Other, ..in_namespace() }),
        ),
        ("bootc build", Offline, "but", bootable(Evidence { marker: marked, ..in_namespace() })),
        ("chroot", Offline, "another root", chroot()),
        ("chroot without /proc", Offline, "/proc", Evidence { first_root: FirstRoot::NoProc, ..chroot() }),
        ("container of the host's PID namespace", Container, "/.dockerenv", Evidence { marker: marked, ..chroot() }),
        ("its image with a kernel", Offline, "a kernel, and", with_kernel(Evidence { marker: marked, ..chroot() })),
        (
            "the same with the host's /run",
            Offline,
            "another root",
            with_kernel(Evidence { marker: marked, is_booted: true, ..chroot() }),
        ),
        (
            "a kernel in an announced container",
            Container,
            "container=docker",
            with_kernel(Evidence { announcement: Some("docker".into()), marker: marked, ..chroot() }),
        ),
        ("a kernel in a container", Container, "PID namespace", with_kernel(in_namespace())),
        (
            "ordinary user of a host whose disk was a container image",
            Running,
            "a kernel",
            with_kernel(Evidence { is_root: false, marker: marked, ..hidden() }),
        ),
        ("rootless chroot build", Offline, "cannot be read", hidden()),
        ("the same with a marker", Container, "/.dockerenv", Evidence { marker: marked, ..hidden() }),
        ("ordinary user", Running, "systemd", Evidence { is_root: false, is_booted: true, marker: marked, ..hidden() }),
        ("ordinary user without systemd", Running, "no sign", Evidence { is_root: false, ..hidden() }),
        ("ordinary user in a container", Container, "file", Evidence { is_root: false, marker: marked, ..hidden() }),
        ("declared", Offline, "SYSTEMD_OFFLINE", Evidence { declaration: Some("SYSTEMD_OFFLINE"), ..host() }),
        (
            "declared in a container",
            Offline,
            "DPKG_ROOT",
            Evidence { declaration: Some("DPKG_ROOT"), ..in_namespace() },
        ),
    ];
    for (name, kind, shown, evidence) in cases {
        let found = evidence.decide();
        assert_eq!(found.kind, kind, "{name}: {found}");
        assert!(found.evidence.contains(shown), "{name}: {found}");
    }
}

#[test]
fn a_declaration_is_a_boolean_or_a_path() {
    let declared = |name: &str, value: &str| {
        let environment: Environment = [(name.to_owned(), value.to_owned())].into_iter().collect();
        declaration(&environment) == Some(name)
    };
    for (name, set, unset) in [
        ("SYSTEMD_OFFLINE", ["1", "yes", "TRUE", "on"], ["0", "no", "maybe", ""]),
        ("TRANSACTIONAL_UPDATE", ["true", "1", "yes", "/.snapshots/4"], ["false", "0", "No", ""]),
        // dpkg sets it to nothing where the scripts act on `/`.
        ("DPKG_ROOT", ["/mnt", "/target/", "//a", "/0"], ["", "/", "//", "no"]),
    ] {
        assert!(set.iter().all(|value| declared(name, value)), "{name}");
        assert!(!unset.iter().any(|value| declared(name, value)), "{name}");
    }
    let both = ["SYSTEMD_OFFLINE", "DPKG_ROOT"].map(|name| (name.to_owned(), "/mnt".to_owned()));
    assert_eq!(declaration(&both.into_iter().collect()), Some("DPKG_ROOT"));
}

#[test]
fn a_policy_store_is_found_where_each_release_keeps_it() {
    for path in [
        "var/lib/selinux/targeted/active/commit_num",
        "var/lib/selinux/targeted/previous/commit_num",
        "etc/selinux/targeted/active/modules/100/base",
        "etc/selinux/mls/modules/active/base.pp",
        "etc/selinux/default/policy/policy.33",
        "usr/lib/selinux/targeted/active/commit_num",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(path);
        std::fs::create_dir_all(dir.path().join("etc/selinux")).unwrap();
        // What `semodule -l` makes where there is no store.
        std::fs::create_dir_all(dir.path().join("var/lib/selinux/targeted/active/modules/100")).unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let root = Root::for_test(dir.path()).unwrap();
        assert!(!has_policy_store(&root), "{path}");
        std::fs::write(&file, "").unwrap();
        assert!(has_policy_store(&root), "{path}");
    }
}

#[test]
fn mount_points_show_a_chroot_to_every_user() {
    const HOST: &str = "22 27 0:21 / /proc rw - proc proc rw\n27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n";
    const COPY: &str = "90 80 254:0 / / rw - ext4 /dev/vda rw\n91 90 0:21 / /proc rw - proc proc rw\n";
    const BELOW_A_MOUNT: &str = "31 30 0:21 / /proc rw - proc proc rw\n";
    const BOUND: &str = "90 27 254:0 /srv/build / rw - ext4 /dev/vda rw\n";
    const OVERMOUNTED: &str = "1 0 0:2 / / rw - rootfs rootfs rw\n27 1 254:0 / / rw - ext4 /dev/vda rw\n";
    for (name, ours, first, expected) in [
        ("the host", HOST, Some(HOST), false),
        ("a mount namespace of its own", COPY, Some(HOST), false),
        ("with a root of the kernel's below", HOST, Some(OVERMOUNTED), false),
        ("a chroot that is no mount point", BELOW_A_MOUNT, Some(HOST), true),
        ("the same, and process 1 is hidden", BELOW_A_MOUNT, None, true),
        ("a chroot that is bound on itself", BOUND, Some(HOST), true),
        ("process 1 is hidden", BOUND, None, false),
        ("nothing is known", "", Some(HOST), false),
        ("nothing is known of process 1", HOST, Some(""), false),
    ] {
        assert_eq!(has_other_top(ours, first), expected, "{name}");
    }
}
