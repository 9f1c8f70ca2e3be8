//! A scan user that systemd-sysusers creates when an unbooted system boots.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::{Host, SCAN_USER, reason};
use faults::Reason;
use host::system::kind::SystemKind;
use installer::model::report::Outcome;

const LINE: &str = "u cisco-amp-scan-svc - \"Cisco Secure Endpoint scan service\" /nonexistent\n";
const FILE: &str = "usr/lib/sysusers.d/hostprep.conf";
const DETAIL: &str =
    "cisco-amp-scan-svc is created by systemd-sysusers at the next boot (/usr/lib/sysusers.d/hostprep.conf)";

/// A system that is not booted, with systemd-sysusers and this line.
fn unbooted(line: &str) -> Host {
    let mut host = Host::enforcing("rhel-9");
    host.kind = SystemKind::Offline;
    // They share the fault.
    host.profile.directories.clear();
    for (path, text) in [
        ("etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
        ("etc/group", "root:x:0:\n"),
        ("etc/login.defs", "USERGROUPS_ENAB yes\nSYS_UID_MAX 999\n"),
        ("usr/bin/systemd-sysusers", ""),
        ("usr/lib/systemd/system/systemd-sysusers.service", "[Unit]\nConditionNeedsUpdate=|/etc\n"),
        ("usr/lib/systemd/system/sysinit.target.wants/systemd-sysusers.service", ""),
        (FILE, line),
    ] {
        host.file(path, text);
    }
    host
}

#[test]
fn no_fault_is_raised_where_the_next_boot_creates_it() {
    // A minimal image.
    let host = unbooted(LINE);
    let report = host.repair(SCAN_USER);
    assert_eq!((report.outcome, report.detail.as_str()), (Outcome::Deferred, DETAIL));
    assert!(host.raised().is_empty());
    let check = host.check(SCAN_USER);
    assert_eq!((check.outcome, check.obstacle), (Outcome::Deferred, None));
    // The tool fails.
    host.tool("useradd", "echo \"useradd: cannot open /etc/passwd\" >&2; exit 1");
    let report = host.repair(SCAN_USER);
    assert_eq!(report.outcome, Outcome::Deferred, "{report:?}");
    assert!(report.detail.starts_with(DETAIL) && report.obstacle.is_some(), "{report:?}");
    assert!(host.raised().is_empty());
}

/// As where a build puts another program in its place.
#[test]
fn a_useradd_that_writes_such_a_line_has_done_its_work() {
    let host = unbooted("");
    host.tool("useradd", &format!("echo 'u cisco-amp-scan-svc - \"x\" /nonexistent /usr/sbin/nologin' > {FILE}"));
    let report = host.repair(SCAN_USER);
    assert_eq!((report.outcome, report.detail.as_str()), (Outcome::Deferred, DETAIL), "{report:?}");
    assert!(host.raised().is_empty());
    // What is created later is not recorded as created by hostprep.
    assert!(!host.path("var/lib/cisco/hostprep/journal.json").exists());
}

/// hostprep comes first where it can.
#[test]
fn it_is_created_all_the_same() {
    let host = unbooted(LINE);
    host.tool(
        "useradd",
        "echo 'cisco-amp-scan-svc:x:990:990::/nonexistent:/usr/sbin/nologin' >> etc/passwd
         echo 'cisco-amp-scan-svc:x:990:' >> etc/group",
    );
    let planned = host.check(SCAN_USER);
    assert_eq!((planned.outcome, planned.plan.len()), (Outcome::Planned, 1), "{planned:?}");
    let report = host.repair(SCAN_USER);
    // Another account of this name on the machine that runs the test would be found by NSS.
    assert_eq!(host.calls().len(), 1, "{report:?}");
    let text = std::fs::read_to_string(host.path("var/lib/cisco/hostprep/journal.json")).unwrap();
    assert!(text.contains("\"uid\": 990"), "{text}");
}

#[test]
fn a_line_that_is_not_as_required_counts_for_nothing() {
    for line in [
        "u cisco-amp-scan-svc 0\n",
        "u cisco-amp-scan-svc 1000\n",
        "u cisco-amp-scan-svc - \"\" /nonexistent /bin/bash\n",
        "u cisco-amp-scan-svc /usr/bin/scan\n",
        "g cisco-amp-scan-svc -\n",
    ] {
        assert_eq!(reason(&unbooted(line).check(SCAN_USER)), Reason::ToolsMissing, "{line}");
    }
    // The agent needs the user now.
    let mut booted = unbooted(LINE);
    booted.kind = SystemKind::Running;
    assert_eq!(reason(&booted.check(SCAN_USER)), Reason::ToolsMissing);
}
