//! `check --image`: will the image be right at its first boot?

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::os::unix::fs::PermissionsExt;

use common::{Host, SCAN_USER};
use installer::engine::Results;
use installer::image;
use installer::model::report::{ImageItem, Outcome};
use installer::report::json::RunObject;
use installer::report::text::{self, Purpose};
use installer::report::{exit, exit_code};

const UNIT: &str = "[Unit]\nBefore=cisco-amp.service\n[Service]\nExecStart=/opt/x/hostprep repair --source boot\n";
const UNIT_FILE: &str = "usr/lib/systemd/system/hostprep.service";
const PROGRAM: &str = "opt/x/hostprep";
const ENABLED: &str = "etc/systemd/system/multi-user.target.wants/hostprep.service";

/// An image without the scan user. This machine has a useradd.
fn image() -> Host {
    let mut host = Host::enforcing("rhel-9");
    host.alternate = true;
    host.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    host.file("etc/group", "root:x:0:\n");
    host.file("etc/login.defs", "USERGROUPS_ENAB yes\n");
    host.file("usr/lib/systemd/systemd", "");
    host.tool("useradd", "exit 0");
    host
}

/// One that finishes at boot what is left.
fn prepared() -> Host {
    let host = image();
    for (path, text) in [(UNIT_FILE, UNIT), (ENABLED, ""), ("usr/sbin/useradd", ""), (".autorelabel", "")] {
        host.file(path, text);
    }
    host.file(PROGRAM, "");
    mode(&host, PROGRAM, 0o755);
    host
}

fn mode(host: &Host, path: &str, mode: u32) {
    std::fs::set_permissions(host.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
}

fn check(host: &Host) -> Results {
    host.with(|cx| image::check(cx, &[SCAN_USER]))
}

#[track_caller]
fn item<'r>(results: &'r Results, name: &str) -> &'r ImageItem {
    results.image.iter().find(|item| item.name == name).unwrap()
}

fn outcomes(results: &Results) -> (Outcome, Outcome, Outcome, u8) {
    let [unit, labels] = ["boot-unit", "labels"].map(|name| item(results, name).outcome);
    (results.reports[0].outcome, unit, labels, exit_code(results))
}

#[test]
fn what_the_unit_finishes_is_deferred() {
    use Outcome::{Deferred, Fault, Ok, Unknown};
    let host = prepared();
    let results = check(&host);
    assert_eq!(outcomes(&results), (Deferred, Ok, Deferred, exit::UNSETTLED), "{results:?}");
    assert!(results.reports[0].detail.ends_with("; hostprep.service does it at the first boot"), "{results:?}");
    assert!(results.faults.is_empty());
    // Seen as it is now, it is a fault.
    assert_eq!(host.check(SCAN_USER).outcome, Fault);

    let without = |path: &str| {
        let host = prepared();
        std::fs::remove_file(host.path(path)).unwrap();
        outcomes(&check(&host))
    };
    assert_eq!(without(ENABLED), (Fault, Fault, Deferred, exit::FAULTS));
    assert_eq!(without(UNIT_FILE), (Fault, Fault, Deferred, exit::FAULTS));
    assert_eq!(without("usr/sbin/useradd"), (Fault, Ok, Deferred, exit::FAULTS), "the unit has the image's tools");
    let another = prepared();
    another.file(UNIT_FILE, &UNIT.replace("cisco-amp", "another-agent"));
    assert_eq!(outcomes(&check(&another)).1, Fault, "another agent's unit");
    std::fs::remove_file(another.path("usr/lib/systemd/systemd")).unwrap();
    assert_eq!(outcomes(&check(&another)).1, Unknown);
}

#[test]
fn the_unit_is_one_that_systemd_starts() {
    use Outcome::{Fault, Ok};
    let unit = |arrange: &dyn Fn(&Host)| {
        let host = prepared();
        arrange(&host);
        outcomes(&check(&host)).1
    };
    let enabled_by = |link: &'static str| {
        unit(&|host: &Host| {
            std::fs::remove_file(host.path(ENABLED)).unwrap();
            host.file(link, "");
        })
    };
    for (link, expected) in [
        ("etc/systemd/system/graphical.target.wants/hostprep.service", Ok),
        ("etc/systemd/system/multi-user.target.requires/hostprep.service", Ok),
        ("etc/systemd/system/cisco-amp.service.wants/hostprep.service", Ok),
        ("usr/lib/systemd/system/multi-user.target.wants/hostprep.service", Ok),
        ("etc/systemd/system/rescue.target.wants/hostprep.service", Fault),
        ("etc/systemd/system/emergency.target.requires/hostprep.service", Fault),
        ("etc/systemd/system/multi-user.target.wants/hostprep.timer", Fault),
        ("etc/systemd/system/multi-user.target.d/hostprep.service", Fault),
    ] {
        assert_eq!(enabled_by(link), expected, "{link}");
    }
    let program =
        |text: &'static str| unit(&|host: &Host| host.file(UNIT_FILE, &UNIT.replace("/opt/x/hostprep", text)));
    assert_eq!(program("-!/opt/x/hostprep"), Ok);
    assert_eq!(program("/opt/y/hostprep"), Fault, "its program is missing");
    assert_eq!(unit(&|host: &Host| mode(host, PROGRAM, 0o644)), Fault, "its program cannot be run");
    let masked = unit(&|host: &Host| {
        std::os::unix::fs::symlink("/dev/null", host.path("etc/systemd/system/hostprep.service")).unwrap();
    });
    assert_eq!(masked, Fault);
}

#[test]
fn files_have_labels_or_get_them() {
    let of = |host: &Host| item(&check(host), "labels").clone();
    let host = prepared();
    std::fs::remove_file(host.path(".autorelabel")).unwrap();
    let found = of(&host);
    assert_eq!((found.outcome, found.detail.as_str()), (Outcome::Fault, "no label: /etc/passwd, /etc/selinux/config"));
    let root = host.dir.path().canonicalize().unwrap();
    let lines: Vec<String> = found.remedy.iter().map(|remedy| remedy.shell_line(Some(&root))).collect();
    let contexts = "etc/selinux/targeted/contexts/files/file_contexts";
    assert_eq!(lines[0], format!("setfiles -F -r {0} {0}/{contexts} {0}", root.display()));
    assert_eq!(found.remedy[0].shell_line(None), format!("setfiles -F /{contexts} /"));
    assert!(lines[1].starts_with(&format!("touch {}/.autorelabel", root.display())), "{lines:?}");

    host.file("usr/lib/bootc/x", "");
    assert_eq!(of(&host).outcome, Outcome::Deferred, "ostree labels what it deploys");
    std::fs::remove_dir_all(host.path("usr/lib/bootc")).unwrap();
    host.file("etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=targeted\n");
    assert_eq!(of(&host).outcome, Outcome::Ok);

    host.file("etc/selinux/config", "SELINUX=permissive\nSELINUXTYPE=targeted\n");
    let label = |path: &str, label: &str| xattr::set(host.path(path), "security.selinux", label.as_bytes());
    // Only root may set it.
    if label("etc/passwd", "system_u:object_r:passwd_file_t:s0").is_ok() {
        label("etc/selinux/config", "system_u:object_r:unlabeled_t:s0").unwrap();
        assert_eq!(of(&host).detail, "no label: /etc/selinux/config");
        label("etc/selinux/config", "system_u:object_r:selinux_config_t:s0").unwrap();
        assert_eq!(of(&host).outcome, Outcome::Ok);
        host.directory("opt/cisco");
        assert_eq!(of(&host).detail, "no label: /opt/cisco");
    }
}

#[test]
fn both_forms_show_it() {
    let render = |host: &Host| {
        host.with(|cx| {
            let results = image::check(cx, &[SCAN_USER]);
            let texts = faults::texts::Texts::for_language("en").unwrap();
            let json = serde_json::to_value(RunObject::of(cx, &results, Purpose::Check, &texts)).unwrap();
            (text::render(cx, &results, Purpose::Check), json)
        })
    };
    let (text, json) = render(&prepared());
    assert!(text.contains("At the first boot:\n") && text.contains("hostprep.service runs at boot"), "{text}");
    assert!(text.ends_with("No fault. The first boot finishes what is marked deferred.\n"), "{text}");
    assert_eq!(json["image"][0]["name"], "boot-unit");
    assert_eq!(json["image"][1]["outcome"], "deferred");
    let (text, json) = render(&image());
    assert!(text.contains(" enable hostprep.service hostprep.timer"), "{text}");
    let end = "Fault 5. The image will not be right at its first boot: see the lines above.\n";
    let last = text.split_once(end).map(|(_, last)| last).unwrap_or_default();
    assert!(last.starts_with("More about a fault: `hostprep explain NUMBER") && last.lines().count() == 1, "{text}");
    assert_eq!(json["image"][0]["remedies"][0]["kind"], "run");
}
