//! The connector's format.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::{Scratch, missing_headers, missing_user, repair, report};
use faults::{FaultId, Reason, Report, Severity, Snapshot, Texts, status};

fn render(snapshot: &Snapshot) -> String {
    status::render(snapshot, &Texts::for_language("en").unwrap())
}

#[test]
fn nothing_raised() {
    assert_eq!(render(&Snapshot::default()), "Faults: None\n");
}

#[test]
fn the_worst_first_then_by_number() {
    let scratch = Scratch::new();
    let mut writer = scratch.lock();
    let mut raise = |report: &Report| {
        writer.raise(report, &repair()).unwrap();
        render(writer.snapshot())
    };
    assert_eq!(raise(&missing_user()), "Faults: 1 Major\nFault IDs: 5\nID 5 - Major: Scan Service User Unavailable\n");
    let policy = report(FaultId::SELINUX_POLICY, Reason::ToolsMissing, "semodule is not installed");
    assert_eq!(
        raise(&policy),
        "Faults: 1 Critical, 1 Major\nFault IDs: 5, 19\n\
         ID 19 - Critical: SELinux Policy Is Missing Or Disabled\nID 5 - Major: Scan Service User Unavailable\n"
    );
    raise(&Report { severity: Some(Severity::Minor), ..policy });
    assert_eq!(
        raise(&Report { severity: Some(Severity::Major), ..missing_headers() }),
        "Faults: 2 Major, 1 Minor\nFault IDs: 5, 11, 19\n\
         ID 5 - Major: Scan Service User Unavailable\nID 11 - Major: Required Kernel-Devel Package Is Missing\n\
         ID 19 - Minor: SELinux Policy Is Missing Or Disabled\n"
    );
}

#[test]
fn a_fault_of_a_newer_version_shows_its_detail() {
    let scratch = Scratch::new();
    let newer = Report {
        id: serde_json::from_str("500").unwrap(),
        severity: Some(Severity::Critical),
        ..report(FaultId::SCAN_USER, Reason::Other("new".into()), "something new")
    };
    scratch.raise(&newer);
    let shown = render(&scratch.store().read().unwrap());
    assert_eq!(shown, "Faults: 1 Critical\nFault IDs: 500\nID 500 - Critical: something new\n");
}
