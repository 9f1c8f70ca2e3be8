use super::*;
use crate::testing::{libsepol, root_with};

const POLICY: &str = "/etc/selinux/t/policy/policy";

fn name(version: u32) -> String {
    format!("{POLICY}.{version}")
}

/// What a system has before a transaction.
#[derive(Debug, Clone, Copy, Default)]
struct Before<'a> {
    policies: &'a [u32],
    /// The version of the store's own copy.
    built: Option<u8>,
    /// The newest version that the system's libsepol knows.
    libsepol: Option<u8>,
}

/// A transaction that writes a policy of one version: what comes of it, and the files that are left.
fn outcome(alternate: bool, before: Before, wrote: u32) -> (Option<WrongVersion>, Vec<String>) {
    let scratch = tempfile::tempdir().unwrap();
    let kern = [b"\x8c\xff\x7c\xf9\x08\0\0\0SE Linux".as_slice(), &[before.built.unwrap_or(0), 0, 0, 0]].concat();
    let root = root_with(
        scratch.path(),
        &[
            ("/etc/selinux/semanage.conf", b""),
            ("/var/lib/selinux/t/active/modules/100/base/cil", b""),
            ("/var/lib/selinux/t/active/policy.kern", if before.built.is_some() { &kern } else { b"" }),
        ],
    );
    for version in before.policies {
        root.replace(name(*version), b"before", 0o644).unwrap();
    }
    if let Some(newest) = before.libsepol {
        root.replace("/usr/lib64/libsepol.so.1", &libsepol(newest), 0o644).unwrap();
    }
    let root = if alternate { root } else { Root::for_test(scratch.path()).unwrap() };
    let files = PolicyFiles::of(&root, "t").unwrap();
    root.replace(name(wrote), b"written", 0o644).unwrap();
    let found = files.compare(&root).unwrap();
    let left = root.names("/etc/selinux/t/policy").unwrap();
    (found, left.iter().map(|name| name.to_string_lossy().into_owned()).collect())
}

/// `loads` and `is_removed` of what is expected, and the files that are left.
type Row<'a> = (&'a [u32], Option<u8>, Option<u8>, u32, Option<(&'a [u32], bool)>, &'a [&'a str]);

fn expect(alternate: bool, rows: &[Row]) {
    for (policies, built, libsepol, wrote, expected, left) in rows {
        let before = Before { policies, built: *built, libsepol: *libsepol };
        let (found, names) = outcome(alternate, before, *wrote);
        let expected = expected.map(|(loads, is_removed)| WrongVersion {
            wrote: InRoot::from_top(name(*wrote)),
            loads: loads.iter().map(|version| InRoot::from_top(name(*version))).collect(),
            is_removed,
        });
        let left: Vec<String> = left.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!((found, names), (expected, left), "{before:?} {wrote}");
    }
}

#[test]
fn the_tools_of_this_machine_write_another_version_than_the_root_loads() {
    expect(
        true,
        &[
            (&[33], None, None, 33, None, &["policy.33"]),
            (&[31], None, None, 33, Some((&[31], true)), &["policy.31"]),
            (&[35], None, None, 33, Some((&[35], true)), &["policy.35"]),
            (&[30, 31], None, None, 33, Some((&[31], true)), &["policy.30", "policy.31"]),
            // Left by an earlier release of the distribution.
            (&[30, 33], None, None, 33, None, &["policy.30", "policy.33"]),
            // None there, so the store tells.
            (&[], Some(33), None, 33, None, &["policy.33"]),
            (&[], Some(31), None, 33, Some((&[31], true)), &[]),
            (&[], None, None, 33, None, &["policy.33"]),
            (&[], None, Some(31), 33, Some((&[31], true)), &[]),
            // The root's own libsepol knows which versions it loads; the kernel may know newer ones.
            (&[31], None, Some(33), 33, None, &["policy.31", "policy.33"]),
            (&[31], None, Some(31), 33, Some((&[31], true)), &["policy.31"]),
            (&[35], None, Some(33), 33, Some((&[35], false)), &["policy.33", "policy.35"]),
            (&[35], None, Some(35), 33, Some((&[35], true)), &["policy.35"]),
            // Left behind by an earlier version of hostprep.
            (&[31, 33], None, Some(31), 33, Some((&[31], true)), &["policy.31"]),
        ],
    );
}

/// They write the highest version that libsepol loads.
#[test]
fn the_own_tools_of_a_system() {
    expect(
        false,
        &[
            (&[31], None, None, 33, None, &["policy.31", "policy.33"]),
            (&[], Some(31), None, 33, None, &["policy.33"]),
            (&[35, 33], None, None, 33, Some((&[35], false)), &["policy.33", "policy.35"]),
            (&[35, 33], None, Some(33), 33, Some((&[35], false)), &["policy.33", "policy.35"]),
            (&[31, 33], None, Some(33), 33, None, &["policy.31", "policy.33"]),
        ],
    );
}

#[test]
fn what_is_said() {
    let said = |alternate, policies, libsepol| {
        outcome(alternate, Before { policies, libsepol, ..Before::default() }, 33).0.unwrap().to_string()
    };
    let removed = "semodule wrote policy.33 (removed again), but this system loads /etc/selinux/t/policy/policy.31";
    assert_eq!(said(true, &[31], None), removed);
    let higher = "semodule wrote policy.33, but this system loads /etc/selinux/t/policy/policy.35";
    assert_eq!(said(false, &[35], None), higher);
}

#[test]
fn nothing_was_written() {
    let scratch = tempfile::tempdir().unwrap();
    let root = root_with(scratch.path(), &[(&name(31), b"x"), (&name(33), b"x")]);
    assert_eq!(PolicyFiles::of(&root, "t").unwrap().compare(&root).unwrap(), None);
}
