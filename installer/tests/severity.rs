//! A step may give its fault another severity than the catalogue's and which users the range of system uids applies to.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests arrange files, and fail by panicking")]

mod common;

use std::os::unix::fs::{PermissionsExt, symlink};

use common::{DIRECTORIES, Host, SCAN_USER};
use faults::{FaultUpdate, Reason, Severity};
use installer::engine::fault_updates::updates;
use installer::model::report::{Finding, Outcome, StepReport};
use installer::model::step::StepRef;
use installer::profile::Profile;

fn report(step: StepRef, reason: Reason, severity: Option<Severity>) -> StepReport {
    let detail = reason.as_str().to_owned();
    StepReport {
        step: step.id(),
        faults: step.faults(),
        is_partial: false,
        outcome: Outcome::Fault,
        detail: detail.clone(),
        findings: vec![Finding { reason, detail, remedy: Vec::new() }],
        obstacle: None,
        severity,
        plan: Vec::new(),
    }
}

#[test]
fn the_worst_step_decides_the_severity_and_the_reason_of_a_shared_fault() {
    use Severity::{Critical, Major, Minor};
    for (of_user, of_directories, severity, reason) in [
        (None, None, Major, "user-missing"),
        (None, Some(Minor), Major, "user-missing"),
        (Some(Minor), None, Major, "directory-mode"),
        (Some(Minor), Some(Minor), Minor, "user-missing"),
        (None, Some(Critical), Critical, "directory-mode"),
    ] {
        let user = report(SCAN_USER, Reason::UserMissing, of_user);
        let directories = report(DIRECTORIES, Reason::DirectoryMode, of_directories);
        let updates = updates(&[user, directories], &[SCAN_USER, DIRECTORIES]);
        let [FaultUpdate::Raise(raised)] = &updates[..] else { panic!("{updates:?}") };
        let what = format!("{of_user:?} and {of_directories:?}");
        assert_eq!((raised.severity, raised.finding.reason.as_str()), (Some(severity), reason), "{what}");
        assert!(raised.finding.detail.contains("user-missing") && raised.finding.detail.contains("directory-mode"));
    }
    let alone = updates(&[report(DIRECTORIES, Reason::DirectorySymlink, Some(Minor))], &[SCAN_USER, DIRECTORIES]);
    assert!(matches!(&alone[..], [FaultUpdate::Raise(raised)] if raised.severity == Some(Minor)), "{alone:?}");
}

#[test]
fn a_link_is_minor_only_while_root_alone_can_change_it() {
    let host = Host::enforcing("rhel-9");
    for directory in ["data/cisco", "opt"] {
        host.directory(directory);
        std::fs::set_permissions(host.path(directory), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    symlink("/data/cisco", host.path("opt/cisco")).unwrap();
    for (mode, own, effective) in [
        (0o755, Some(Severity::Minor), Severity::Minor),
        (0o777, None, Severity::Major),
        (0o755, Some(Severity::Minor), Severity::Minor),
    ] {
        std::fs::set_permissions(host.path("data"), std::fs::Permissions::from_mode(mode)).unwrap();
        let report = host.check(DIRECTORIES);
        assert_eq!(
            (report.outcome, report.severity, report.severity()),
            (Outcome::Fault, own, Some(effective)),
            "{mode:o}"
        );
    }
}

/// `nobody` is a user of each machine, with a uid beyond the system's range. NSS knows it; the files of this host, which are a
/// test's, need not.
#[test]
fn a_user_of_a_directory_service_is_not_held_against_the_local_range() {
    let mut host = Host::enforcing("rhel-9");
    host.file("etc/login.defs", "UID_MIN 1000\n");
    host.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    host.file("etc/group", "root:x:0:\n");
    let built_in = Profile::built_in();
    host.profile.scan_user.name = "nobody".into();
    host.profile.scan_user.shells = built_in.scan_user.shells;
    let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap();
    assert!(nobody.uid.as_raw() > 999);
    let detail = || {
        let report = host.check(SCAN_USER);
        (report.findings.first().map(|finding| finding.remedy.clone()).unwrap_or_default(), report.detail)
    };
    let (remedy, said) = detail();
    assert!(!said.contains("outside the system range"), "{said}");
    assert!(remedy.is_empty() || said.contains("it comes from a directory service"), "{said}");

    // The same user in the local file: its range applies.
    let line = |uid: u32| format!("root:x:0:0::/root:/bin/sh\nnobody:x:{uid}:65534::/nonexistent:/usr/sbin/nologin\n");
    host.file("etc/passwd", &line(nobody.uid.as_raw()));
    assert!(detail().1.contains("outside the system range 1 to 999"), "{}", detail().1);
    // A local user that the directory service hides, since NSS asks it first.
    host.file("etc/passwd", &line(500));
    assert!(!detail().1.contains("outside the system range"), "{}", detail().1);
    // The user of an image is the system's.
    host.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    host.file("usr/lib/passwd", &line(nobody.uid.as_raw()));
    assert!(detail().1.contains("it is in /usr/lib/passwd"), "{}", detail().1);
    assert!(detail().1.contains("outside the system range 1 to 999"), "{}", detail().1);
}
