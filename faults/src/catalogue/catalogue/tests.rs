use std::collections::BTreeSet;

use super::*;

fn id(number: &str) -> FaultId {
    number.parse().unwrap()
}

#[test]
fn has_the_faults_of_the_host() {
    let severities: Vec<_> = entries().iter().map(|entry| (entry.id, entry.severity)).collect();
    assert_eq!(
        severities,
        [
            (FaultId::SCAN_USER, Severity::Major),
            (FaultId::SCAN_RESTARTS, Severity::Major),
            (FaultId::SCAN_START, Severity::Critical),
            (FaultId::FILESYSTEM_MONITOR, Severity::Critical),
            (FaultId::NETWORK_MONITOR, Severity::Critical),
            (FaultId::KERNEL_HEADERS, Severity::Critical),
            (FaultId::KERNEL_SUPPORT, Severity::Critical),
            (FaultId::OVERLOAD, Severity::Major),
            (FaultId::SELINUX_POLICY, Severity::Critical),
        ]
    );
    assert_eq!((id("5"), id("11"), id("19")), (FaultId::SCAN_USER, FaultId::KERNEL_HEADERS, FaultId::SELINUX_POLICY));
}

#[test]
fn every_kind_of_journal_entry_has_an_id_of_its_own() {
    let mut ids: Vec<&str> = entries().iter().map(|entry| entry.message_id.as_str()).collect();
    ids.push(cleared_message_id());
    for id in &ids {
        assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    }
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn every_reason_is_known_and_is_some_faults() {
    let of_faults: BTreeSet<_> = entries().iter().flat_map(|entry| entry.reasons.iter()).map(Reason::as_str).collect();
    let known: BTreeSet<_> = Reason::KNOWN.iter().map(Reason::as_str).collect();
    assert_eq!(of_faults, known);
    for entry in entries() {
        let once: BTreeSet<_> = entry.reasons.iter().map(Reason::as_str).collect();
        assert_eq!(once.len(), entry.reasons.iter().count(), "fault {}", entry.id);
    }
}

#[test]
fn every_entry_can_be_acted_on() {
    for entry in entries() {
        assert!(!entry.resolutions.is_empty() && !entry.logs.is_empty(), "fault {}", entry.id);
        assert!(entry.logs.iter().all(|log| log.starts_with("/var/log")), "fault {}", entry.id);
        for connector in entry.since.iter().filter_map(|since| since.connector.as_ref()) {
            assert!(connector.split('.').all(|part| part.parse::<u32>().is_ok()), "{connector}");
        }
    }
}

#[test]
fn an_unknown_number_is_told_which_there_are() {
    for given in ["12", "0", "05x", "", "-5", "70000", "all"] {
        let error = given.parse::<FaultId>().unwrap_err().to_string();
        assert_eq!(error, format!("there is no fault {given}; the faults are 5, 6, 7, 8, 9, 11, 16, 18, 19"));
    }
}

#[test]
fn the_agent_keeps_what_only_it_sees() {
    use SeenBy::{Agent, Check};
    let seen_by = |number: u16, reason: &str, source: &str| {
        let fault = format!(
            r#"{{"id":{number},"severity":"major","reason":"{reason}","detail":"","remedy":[],"source":"{source}",
            "raised_at":"2026-03-02T07:15:30Z","updated_at":"2026-03-02T07:15:30Z"}}"#
        );
        serde_json::from_str::<crate::Fault>(&fault).unwrap().seen_by()
    };
    for (number, reason, source, expected) in [
        (5, "user-missing", "repair", Check),
        (5, "user-missing", "runtime", Check),
        (5, "of-a-newer-version", "repair", Check),
        (6, "scan-process-failing", "runtime", Agent),
        (6, "raised-by-hand", "manual", Agent),
        (7, "scan-start-failed", "repair", Agent),
        (7, "memory-low", "boot", Check),
        (7, "memory-low", "runtime", Agent),
        (7, "raised-by-hand", "manual", Check),
        (7, "of-a-newer-version", "repair", Agent),
        (8, "secure-boot", "repair", Check),
        (8, "kernel-module-refused", "repair", Check),
        (8, "kernel-module-refused", "runtime", Agent),
        (8, "of-a-newer-version", "repair", Agent),
        (8, "lockdown", "repair", Check),
        (9, "load-locked", "load-lock", Check),
        (9, "kernel-module-refused", "runtime", Agent),
        (11, "headers-missing", "runtime", Check),
        (16, "kernel-unsupported", "boot", Check),
        (18, "events-overloaded", "runtime", Agent),
        (19, "policy-denies", "runtime", Check),
        (500, "new", "repair", Agent),
    ] {
        assert_eq!(seen_by(number, reason, source), expected, "{number} {reason} {source}");
    }
}

#[test]
fn every_reason_has_a_resolution() {
    for entry in entries() {
        for (key, reasons) in &entry.only_for {
            assert!(entry.resolutions.contains(key), "fault {}: {key}", entry.id);
            for reason in reasons {
                assert!(entry.reasons.iter().any(|known| known == reason), "fault {}: {reason}", entry.id);
            }
        }
        for reason in entry.reasons.iter() {
            assert!(entry.resolutions_for(reason).next().is_some(), "fault {}: {reason}", entry.id);
        }
    }
}
