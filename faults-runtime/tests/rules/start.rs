//! Fault 7, case by case.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use faults::{FaultId, FaultUpdate, Reason, Report, Snapshot};
use faults_runtime::{AvailableMemory, Decision, End, Start, StartFailure, StartMemory, StartSettings};

use crate::ledger::{raised, report};

const CLEARED: FaultUpdate = FaultUpdate::Clear(FaultId::SCAN_START);
const MIB: u64 = 1 << 20;

fn daily() -> PathBuf {
    "/opt/cisco/amp/clamav/daily.cvd".into()
}

fn main() -> PathBuf {
    "/opt/cisco/amp/clamav/main.cvd".into()
}

fn invalid(files: &[PathBuf]) -> StartFailure {
    StartFailure::DefinitionsInvalid { files: files.to_vec(), problem: "bad signature".into() }
}

fn unreadable(file: PathBuf) -> StartFailure {
    StartFailure::DefinitionsUnreadable { files: vec![file], problem: "Permission denied".into() }
}

fn crash() -> StartFailure {
    StartFailure::Ended(End::Exited(2))
}

fn memory(available: u64, required: u64) -> Option<AvailableMemory> {
    Some(AvailableMemory { available: available * MIB, required: required * MIB })
}

fn new() -> Start {
    Start::resume(StartSettings::default(), &Snapshot::default(), None).unwrap()
}

/// Returns the connector's next process, with this one's memory from disk.
fn restarted(start: &Start) -> Start {
    let kept = serde_json::to_string(start.memory()).unwrap();
    let memory = serde_json::from_str(&kept).unwrap();
    Start::resume(StartSettings::default(), &Snapshot::default(), Some(memory)).unwrap()
}

fn said(decision: Decision) -> Report {
    report(decision.tell)
}

#[test]
fn each_cause_has_its_reason_and_detail() {
    let of = |failure: &StartFailure, memory| {
        let decision = new().failed(failure, memory);
        assert!(decision.restart);
        let found = said(decision);
        assert_eq!((found.id, found.severity), (FaultId::SCAN_START, None));
        (found.finding.reason, found.finding.detail)
    };
    let expected = "the scan service did not start, no file is scanned: exit status 2; the connector restarts";
    assert_eq!(of(&crash(), None), (Reason::ScanStartFailed, expected.into()));

    let expected = "the scan service did not start, no file is scanned: invalid definitions (bad signature) in \
                    \"/opt/cisco/amp/clamav/daily.cvd\"; the connector restarts and removes \
                    \"/opt/cisco/amp/clamav/daily.cvd\"";
    assert_eq!(of(&invalid(&[daily()]), None), (Reason::DefinitionsInvalid, expected.into()));

    let expected = "the scan service did not start, no file is scanned: unreadable definitions (Permission denied) in \
                    \"/opt/cisco/amp/clamav/main.cvd\"; the connector restarts";
    assert_eq!(of(&unreadable(main()), None), (Reason::DefinitionsUnreadable, expected.into()));

    let expected = "the scan service did not start, no file is scanned: 512 MiB of memory are available, 1024 required \
                    (exit status 2); the connector restarts";
    assert_eq!(of(&crash(), memory(512, 1024)), (Reason::MemoryLow, expected.into()));
}

#[test]
fn memory_is_low_only_below_the_required_amount() {
    let exact = Some(AvailableMemory { available: 1 << 30, required: 1 << 30 });
    assert_eq!(said(new().failed(&crash(), exact)).finding.reason, Reason::ScanStartFailed);
    let below = Some(AvailableMemory { available: (1 << 30) - 1, required: 1 << 30 });
    let found = said(new().failed(&crash(), below));
    assert_eq!(found.finding.reason, Reason::MemoryLow);
    assert!(
        found.finding.detail.contains("1023 MiB of memory are available, 1024 required"),
        "{}",
        found.finding.detail
    );
    assert_eq!(found.finding.remedy[0].shell_line(None), "free -m");
}

#[test]
fn definitions_that_did_not_fit_into_memory_are_not_removed() {
    let mut start = new();
    start.updated(&[daily()]);
    assert_eq!(said(start.failed(&invalid(&[daily()]), memory(1, 1024))).finding.reason, Reason::MemoryLow);
    assert!(start.to_remove().is_empty());
}

#[test]
fn invalid_definitions_are_removed_on_restart_and_a_start_that_succeeds_clears_the_fault() {
    let mut start = new();
    assert!(start.failed(&invalid(&[daily(), main(), daily()]), None).restart);
    let mut start = restarted(&start);
    assert_eq!(start.to_remove(), [daily(), main()]);
    start.removed(&daily());
    start.removed(Path::new("/never/named.cvd"));
    assert_eq!(start.to_remove(), [main()]);
    // It could not be removed yet: the next restart tries again.
    let mut start = restarted(&start);
    assert_eq!(start.to_remove(), [main()]);
    start.removed(&main());
    assert_eq!(start.started(), CLEARED);
    assert_eq!(start.memory(), &StartMemory::default());
}

#[test]
fn only_definition_files_by_their_full_path_are_removed() {
    let mut start = new();
    let strange = PathBuf::from(OsStr::from_bytes(b"/opt/cisco/\xff.cvd"));
    let others = ["daily.cvd", "/etc/passwd", "/opt/cisco/../../etc/x.cvd", "/opt/cisco/daily.cvd.bak", "/.cvd", ""];
    let mut files: Vec<PathBuf> = others.iter().map(PathBuf::from).collect();
    files.extend([strange, daily()]);
    let found = said(start.failed(&invalid(&files), None));
    assert_eq!(start.to_remove(), [daily()]);
    assert!(
        found.finding.detail.contains(r#"in "daily.cvd", "/etc/passwd", "/opt/cisco/../../etc/x.cvd", 5 more;"#),
        "{}",
        found.finding.detail
    );
    // Nor where they got into the memory otherwise.
    let memory = serde_json::from_str(r#"{"remove":["/etc/passwd","/opt/new.cvd"],"of":"a later version"}"#).unwrap();
    let start = Start::resume(StartSettings::default(), &Snapshot::default(), Some(memory)).unwrap();
    assert_eq!(start.to_remove(), [PathBuf::from("/opt/new.cvd")]);
}

#[test]
fn the_same_cause_after_the_restart_needs_a_person() {
    for failure in [crash(), invalid(&[daily()]), unreadable(daily())] {
        let mut start = new();
        let first = start.failed(&failure, None);
        assert!(first.restart && !said(first).finding.detail.contains("a person is needed"));
        let mut start = restarted(&start);
        let again = start.failed(&failure, None);
        assert!(!again.restart, "the connector does not restart for ever");
        let detail = said(again.clone()).finding.detail;
        assert!(detail.ends_with("; the connector's restart did not help, a person is needed"), "{detail}");
        assert_eq!(start.failed(&failure, None), again, "which is nothing new to the store");
        // After a start that succeeded it is a first time again.
        assert_eq!(start.started(), CLEARED);
        assert!(start.failed(&failure, None).restart);
    }
}

#[test]
fn another_cause_after_the_restart_restarts_again() {
    let mut start = new();
    assert!(start.failed(&invalid(&[daily()]), None).restart);
    let mut start = restarted(&start);
    start.removed(&daily());
    assert!(start.failed(&crash(), memory(512, 1024)).restart);
    let mut start = restarted(&start);
    assert!(!start.failed(&invalid(&[main()]), None).restart, "or the two would take turns");
    assert_eq!(start.to_remove(), [main()]);
}

#[test]
fn where_the_memory_is_lost_the_store_still_knows_the_cause() {
    let stored = raised(&said(new().failed(&crash(), None)));
    let mut start = Start::resume(StartSettings::default(), &stored, None).unwrap();
    assert!(said(start.failed(&crash(), None)).finding.detail.contains("a person is needed"));
    let mut start = Start::resume(StartSettings::default(), &stored, None).unwrap();
    assert!(start.failed(&unreadable(daily()), None).restart);
    assert_eq!(start.started(), CLEARED);
}

/// An update that the next start finds invalid, and that the restart removes.
fn invalid_update(start: &mut Start) -> String {
    start.updated(&[daily()]);
    let decision = start.failed(&invalid(&[daily()]), None);
    assert!(decision.restart, "new definitions are a new attempt");
    *start = restarted(start);
    start.removed(&daily());
    assert_eq!(start.started(), CLEARED);
    said(decision).finding.detail
}

const UNCAUGHT: &str =
    "the last 3 updates of the definitions were all invalid, which their integrity check does not catch";

#[test]
fn three_invalid_updates_in_a_row_mean_that_the_integrity_check_does_not_catch_it() {
    let mut start = new();
    for _ in 0..2 {
        assert!(!invalid_update(&mut start).contains("integrity"));
    }
    let detail = invalid_update(&mut start);
    assert!(detail.ends_with(UNCAUGHT), "{detail}");
    assert!(invalid_update(&mut start).contains("the last 4 updates"));
    // A valid update restarts the count.
    start.updated(&[daily()]);
    assert_eq!(start.started(), CLEARED);
    for _ in 0..2 {
        assert!(!invalid_update(&mut start).contains("integrity"));
    }
    assert!(invalid_update(&mut start).ends_with(UNCAUGHT));
}

#[test]
fn failures_that_are_no_invalid_update_do_not_count_as_one() {
    let mut start = new();
    for _ in 0..2 {
        invalid_update(&mut start);
    }
    // The same definitions again; an update that was not tried for want of memory; starts without an update.
    let _ = start.failed(&invalid(&[main()]), None);
    start.updated(&[daily()]);
    let _ = start.failed(&invalid(&[daily()]), memory(1, 2));
    let _ = start.failed(&crash(), None);
    assert!(!said(start.failed(&unreadable(daily()), None)).finding.detail.contains("integrity"));
    // Once memory suffices, it shows.
    assert!(said(start.failed(&invalid(&[daily()]), None)).finding.detail.contains(UNCAUGHT));
    assert!(said(start.failed(&invalid(&[daily()]), None)).finding.detail.contains(UNCAUGHT), "still three");
    assert!(
        !said(start.failed(&crash(), None)).finding.detail.contains("integrity"),
        "and only where it is about them"
    );
}

#[test]
fn an_update_allows_a_new_attempt_for_definitions_only() {
    for (failure, restarts) in [(invalid(&[daily()]), true), (unreadable(daily()), true), (crash(), false)] {
        let mut start = new();
        assert!(start.failed(&failure, None).restart);
        assert!(!start.failed(&failure, None).restart);
        start.updated(&[main()]);
        let decision = start.failed(&failure, None);
        assert_eq!(decision.restart, restarts, "{failure:?}");
        assert_eq!(said(decision).finding.detail.contains("a person is needed"), !restarts);
    }
}

#[test]
fn an_update_saves_the_files_it_replaced_from_removal() {
    let mut start = new();
    let _ = start.failed(&invalid(&[daily(), main()]), None);
    start.updated(&[daily()]);
    assert_eq!(restarted(&start).to_remove(), [main()]);
}

#[test]
fn a_first_successful_start_clears_faults_that_others_raised() {
    assert_eq!(new().started(), CLEARED);
}
