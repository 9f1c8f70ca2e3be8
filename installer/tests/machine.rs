//! A disk that is a copy of another machine's: what that machine recorded is set aside, not lost and not taken over.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::fs;

use common::{Host, KERNEL_SUPPORT, SCAN_USER};
use host::system::kind::SystemKind;
use installer::{load_lock, machine};

const TEMPLATE: &str = "0123456789abcdef0123456789abcdef\n";
const COPY: &str = "fedcba9876543210fedcba9876543210\n";
const STORE: &str = "var/lib/cisco/faults";
const STATE: &str = "var/lib/cisco/hostprep";
const RECORD: &str = "var/lib/cisco/hostprep/machine.json";
const LOADS: &str = "{\"schema\":1,\"ends\":[]}\n";

/// A host with this id and a fault: there is no useradd.
fn host(id: &str) -> Host {
    let host = Host::enforcing("rhel-9");
    host.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    host.file("etc/group", "root:x:0:\n");
    host.file("etc/login.defs", "USERGROUPS_ENAB yes\n");
    host.directory("opt");
    host.file("etc/machine-id", id);
    host
}

/// The names in `directory` that end with a date, without it.
fn set_aside(host: &Host, directory: &str) -> Vec<String> {
    let names = fs::read_dir(host.path(directory)).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".set-aside-2")).collect()
}

fn text(host: &Host, path: &str) -> String {
    fs::read_to_string(host.path(path)).unwrap()
}

#[test]
fn the_faults_and_loads_of_a_template_are_set_aside() {
    let host = host(TEMPLATE);
    host.repair(SCAN_USER);
    assert_eq!(host.raised(), [5]);
    let record = text(&host, RECORD);
    assert!(!record.contains(TEMPLATE.trim()), "the id is confidential");
    host.file(&format!("{STATE}/load-lock.json"), LOADS);
    host.repair(SCAN_USER);
    assert_eq!(text(&host, RECORD), record);
    assert!(set_aside(&host, "var/lib/cisco").is_empty(), "the same machine");

    let events = text(&host, &format!("{STORE}/events.jsonl"));
    host.file("etc/machine-id", COPY);
    host.with(|cx| assert!(machine::is_another(cx)));
    host.repair(SCAN_USER);
    let aside = set_aside(&host, "var/lib/cisco");
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(text(&host, &format!("var/lib/cisco/{}/events.jsonl", aside[0])), events);
    let loads = set_aside(&host, STATE);
    assert_eq!(text(&host, &format!("{STATE}/{}", loads[0])), LOADS);
    host.with(|cx| assert!(!load_lock::is_recorded(cx).unwrap()));
    // Judged anew: the first event of this machine.
    assert_eq!(host.raised(), [5]);
    assert!(text(&host, &format!("{STORE}/events.jsonl")).contains("\"seq\":1,"));
    assert_ne!(text(&host, RECORD), record);
    host.repair(SCAN_USER);
    assert_eq!(set_aside(&host, "var/lib/cisco"), aside);
}

/// Killed after each of its renames, it is run again at the next repair.
#[test]
fn what_was_killed_is_finished() {
    for step in 0..3 {
        let host = host(TEMPLATE);
        host.repair(SCAN_USER);
        host.file(&format!("{STATE}/load-lock.json"), LOADS);
        let events = text(&host, &format!("{STORE}/events.jsonl"));
        host.file("etc/machine-id", COPY);
        let rename = |from: &str, to: &str| fs::rename(host.path(from), host.path(to)).unwrap();
        if step > 0 {
            rename(&format!("{STATE}/load-lock.json"), &format!("{STATE}/load-lock.json.set-aside-20260101T000000Z"));
        }
        if step > 1 {
            rename(STORE, &format!("{STORE}.set-aside-20260101T000000Z"));
        }
        host.repair(SCAN_USER);
        let (stores, loads) = (set_aside(&host, "var/lib/cisco"), set_aside(&host, STATE));
        assert_eq!((stores.len(), loads.len()), (1, 1), "{step}: {stores:?} {loads:?}");
        assert_eq!(text(&host, &format!("var/lib/cisco/{}/events.jsonl", stores[0])), events, "{step}");
        host.with(|cx| assert!(!machine::is_another(cx), "{step}"));
    }
}

#[test]
fn without_a_lasting_id_nothing_is_known() {
    for id in ["uninitialized\n", "", "00000000000000000000000000000000\n"] {
        let host = host(id);
        host.repair(SCAN_USER);
        assert!(!host.path(RECORD).exists(), "{id}");
        host.file(RECORD, "{\"schema\":1,\"machine\":\"0\"}");
        host.repair(SCAN_USER);
        assert!(set_aside(&host, "var/lib/cisco").is_empty(), "{id}");
    }
    // What is not booted has no machine.
    let mut image = host(TEMPLATE);
    image.kind = SystemKind::Offline;
    image.repair(SCAN_USER);
    assert!(!image.path(RECORD).exists());
}

/// A host that was always in order has nothing to tell apart.
#[test]
fn nothing_is_written_where_nothing_is_recorded() {
    let host = host(TEMPLATE);
    host.with(|cx| assert!(!machine::is_to_note(cx)));
    let mut host = host;
    host.profile.kernels.rules.clear();
    host.repair(KERNEL_SUPPORT);
    assert!(!host.path(RECORD).exists());
}

/// A machine that gets a new id at each boot does not fill the disk, and a template takes nothing of others along.
#[test]
fn of_what_was_set_aside_a_few_are_kept_and_none_after_generalize() {
    let host = host(TEMPLATE);
    host.repair(SCAN_USER);
    for number in 0..6 {
        host.file(&format!("{STATE}/load-lock.json"), LOADS);
        host.file("etc/machine-id", &format!("{:032x}\n", number + 1000));
        host.repair(SCAN_USER);
    }
    assert_eq!((set_aside(&host, "var/lib/cisco").len(), set_aside(&host, STATE).len()), (3, 3));
    host.with(|cx| {
        let wait = std::time::Duration::from_secs(5);
        installer::engine::generalize::generalize(cx, wait, &mut || {}).unwrap();
    });
    assert_eq!((set_aside(&host, "var/lib/cisco").len(), set_aside(&host, STATE).len()), (0, 0));
}

/// A store that cannot be renamed must not cost this machine its loads.
#[test]
fn loads_of_this_machine_stay_where_the_store_cannot_be_set_aside() {
    let host = host(TEMPLATE);
    host.repair(SCAN_USER);
    host.file("etc/machine-id", COPY);
    host.file(&format!("{STATE}/load-lock.json"), LOADS);
    // As a mount point does, it refuses the rename: the name of the copy is taken by what is no directory entry of ours.
    fs::remove_dir_all(host.path(STORE)).unwrap();
    std::os::unix::fs::symlink("/nonexistent", host.path(STORE)).unwrap();
    host.with(|cx| assert!(machine::set_aside(cx).is_err()));
    assert_eq!(text(&host, &format!("{STATE}/load-lock.json")), LOADS);
}

/// A record that cannot be used is written again: what is there counts as this machine's.
#[test]
fn a_damaged_record_is_replaced() {
    let host = host(TEMPLATE);
    host.repair(SCAN_USER);
    let good = text(&host, RECORD);
    for damaged in ["", "{", "{\"schema\":1}", "{\"schema\":2}"] {
        host.file(RECORD, damaged);
        host.repair(SCAN_USER);
        assert_eq!((set_aside(&host, "var/lib/cisco").len(), &text(&host, RECORD)), (0, &good));
    }
}
