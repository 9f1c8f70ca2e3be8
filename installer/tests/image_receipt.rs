//! What is created within a transaction of transactional-update, where `/var` is not the one of the running system.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::fs;

use common::{DIRECTORIES, Host};
use host::system::kind::SystemKind;
use installer::engine::recover::LOCK_TIMEOUT;
use installer::engine::remove::{self, StateDirectory};
use installer::model::receipt::Receipt;

const IN_IMAGE: &str = "etc/cisco/hostprep/journal.json";
const IN_STATE: &str = "var/lib/cisco/hostprep/journal.json";

fn host(fstab: &str) -> Host {
    let mut host = Host::enforcing("sles-15");
    host.kind = SystemKind::Offline;
    host.file("etc/fstab", fstab);
    host.directory("opt");
    host.directory("run");
    host
}

/// The system that boots has another `/var`.
fn boot(host: &mut Host) {
    host.kind = SystemKind::Running;
    fs::remove_dir_all(host.path("var/lib/cisco")).unwrap();
}

#[test]
fn the_booted_system_knows_what_the_transaction_created() {
    let mut host = host("UUID=1 / btrfs ro 0 0\nUUID=1 /var btrfs rw 0 0\n");
    host.repair(DIRECTORIES);
    assert!(host.path("opt/cisco").is_dir() && host.path(IN_IMAGE).exists());
    boot(&mut host);
    host.with(|cx| assert!(!Receipt::of(cx).is_settled() && !Receipt::of(cx).created().is_empty()));
    host.repair(DIRECTORIES);
    let moved = fs::read_to_string(host.path(IN_STATE)).unwrap();
    assert!(moved.contains("/opt/cisco") && !host.path("etc/cisco").exists(), "{moved}");
    // In order: nothing is written again.
    let before = fs::metadata(host.path(IN_STATE)).unwrap().modified().unwrap();
    host.repair(DIRECTORIES);
    assert_eq!(fs::metadata(host.path(IN_STATE)).unwrap().modified().unwrap(), before);
    let remove = || host.with(|cx| remove::remove(cx, StateDirectory::Remove, LOCK_TIMEOUT, &mut || {}).unwrap());
    assert!(remove().failed.is_empty() && !host.path("opt/cisco").exists());
}

#[test]
fn a_removal_right_after_boot_knows_it_too() {
    let mut host = host("UUID=1 /var btrfs rw 0 0\n");
    host.repair(DIRECTORIES);
    boot(&mut host);
    host.with(|cx| remove::remove(cx, StateDirectory::Remove, LOCK_TIMEOUT, &mut || {}).unwrap());
    assert!(!host.path("opt/cisco").exists() && !host.path("etc/cisco").exists());
}

#[test]
fn a_removal_within_the_transaction_leaves_nothing() {
    let host = host("UUID=1 /var btrfs rw 0 0\n");
    host.repair(DIRECTORIES);
    host.with(|cx| remove::remove(cx, StateDirectory::Remove, LOCK_TIMEOUT, &mut || {}).unwrap());
    assert!(!host.path("opt/cisco").exists() && !host.path("etc/cisco").exists());
}

/// The image's receipt alone is kept under another name, and does not prevent a repair.
#[test]
fn a_damaged_receipt_of_an_image_is_kept_and_does_no_harm() {
    for damaged in ["{\"schema\":1,\"made\":[", "{\"schema\":9,\"made\":[]}"] {
        for has_state in [false, true] {
            let mut host = host("UUID=1 /var btrfs rw 0 0\n");
            if has_state {
                host.repair(DIRECTORIES);
                host.kind = SystemKind::Running;
            } else {
                boot_empty(&mut host);
            }
            host.file(IN_IMAGE, damaged);
            host.with(|cx| assert!(Receipt::of(cx).unusable().unwrap().contains(IN_IMAGE)));
            fs::remove_dir_all(host.path("opt/cisco")).ok();
            host.repair(DIRECTORIES);
            assert!(host.path("opt/cisco").is_dir(), "{damaged}, {has_state}");
            let receipt = fs::read_to_string(host.path(IN_STATE)).unwrap();
            assert!(receipt.contains("/opt/cisco"), "{receipt}");
            assert!(!host.path(&format!("{IN_STATE}.unusable")).exists(), "the healthy one stays in its place");
            assert_eq!(fs::read_to_string(host.path(&format!("{IN_IMAGE}.unusable"))).unwrap(), damaged);
        }
    }
}

fn boot_empty(host: &mut Host) {
    host.kind = SystemKind::Running;
}

/// Where `/var` is a part of the image, nothing is kept twice.
#[test]
fn elsewhere_there_is_one_receipt() {
    for fstab in ["UUID=1 / ext4 rw 0 0\n", "UUID=1 /home ext4 rw 0 0\n"] {
        let host = host(fstab);
        host.repair(DIRECTORIES);
        assert!(host.path(IN_STATE).exists() && !host.path("etc/cisco").exists(), "{fstab}");
    }
    // bootc unpacks the image's `/var` once, at the first installation.
    let image = host("");
    image.file("usr/lib/bootc/x", "");
    image.repair(DIRECTORIES);
    assert!(image.path(IN_IMAGE).exists());
}
