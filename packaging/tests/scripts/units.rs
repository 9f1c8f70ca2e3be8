//! What the scripts do with systemd units: enabled after the hook, started, stopped, and left as an administrator set them.

use std::fs;

use crate::common::run;
use crate::{CALLS, Host};

/// Of the units that check the host, the transaction starts the timer alone, and after the hook.
#[test]
fn units_of_an_rpm_are_enabled_by_preset_and_started_after_the_hook() {
    let host = Host::new();
    host.boot();
    let enabled = "odd.service odd-boot.service odd-boot.timer";
    assert_eq!(
        host.calls_of("rpm/post", &["1"]),
        ["hook", &format!("systemctl --no-reload preset {enabled}"), "systemctl daemon-reload"]
    );
    let at_end = |action: &str| {
        ["systemctl --quiet is-enabled odd-boot.timer".to_owned(), format!("systemctl {action} odd-boot.timer")]
    };
    let mut expected =
        ["hook", "systemctl --quiet is-enabled odd.service", "systemctl start odd.service"].map(str::to_owned).to_vec();
    expected.extend(at_end("start"));
    assert_eq!(host.calls_of("rpm/posttrans", &["0"]), expected);

    // An upgrade: what an administrator disabled or stopped stays so, whatever a killed transaction left.
    host.workshop.write("units/odd-boot.timer", "");
    host.workshop.write("lib/hostprep/units-are-new", "");
    assert_eq!(host.calls_of("rpm/pre", &["2"]), ["hook"]);
    assert_eq!(host.calls_of("rpm/post", &["2"]), ["hook", "systemctl daemon-reload"]);
    assert_eq!(host.calls_of("rpm/posttrans", &["0"]), [&["hook".to_owned()][..], &at_end("try-restart")].concat());

    // From a version that had no such units, as an installation.
    fs::remove_file(host.at("units/odd-boot.timer")).unwrap();
    host.calls_of("rpm/pre", &["2"]);
    let preset = "systemctl --no-reload preset odd-boot.service odd-boot.timer";
    assert_eq!(host.calls_of("rpm/post", &["2"]), ["hook", preset, "systemctl daemon-reload"]);
    assert_eq!(host.calls_of("rpm/posttrans", &["0"]), [&["hook".to_owned()][..], &at_end("start")].concat());
    assert_eq!(fs::read_dir(host.at("lib/hostprep")).unwrap().count(), 0, "no marker is left");

    host.workshop.write("stamps/stamp-odd-boot.timer", "");
    assert_eq!(host.calls_of("rpm/preun", &["1"]), ["hook"]);
    host.calls_of("rpm/postun", &["1"]);
    assert!(host.at("stamps/stamp-odd-boot.timer").exists());
    assert_eq!(
        host.calls_of("rpm/preun", &["0"]),
        [
            &format!("systemctl --no-reload disable {enabled}"),
            &format!("systemctl stop {enabled} odd-boot-daily.service"),
            "hook"
        ]
    );
    assert_eq!(host.calls_of("rpm/postun", &["0"]), ["hook", "systemctl daemon-reload"]);
    assert!(!host.at("stamps/stamp-odd-boot.timer").exists());
}

#[test]
fn units_of_a_deb_are_enabled_and_started_after_the_hook() {
    let host = Host::new();
    host.boot();
    let helped = |unit: &str| {
        ["unmask", "--quiet was-enabled", "enable"].map(|action| format!("deb-systemd-helper {action} {unit}"))
    };
    for (arguments, action) in [(["configure", ""], "start"), (["configure", "1.0-1"], "restart")] {
        let mut expected = vec!["hook".to_owned()];
        for unit in ["odd.service", "odd-boot.service", "odd-boot.timer"] {
            expected.extend(helped(unit));
        }
        expected.push("systemctl --system daemon-reload".into());
        for unit in ["odd.service", "odd-boot.timer"] {
            expected.push(format!("deb-systemd-invoke {action} {unit}"));
        }
        assert_eq!(host.calls_of("deb/postinst", &arguments), expected);
    }
    let stop = "deb-systemd-invoke stop odd.service odd-boot.service odd-boot.timer odd-boot-daily.service";
    assert_eq!(host.calls_of("deb/prerm", &["remove"]), [stop, "hook"]);
    assert_eq!(host.calls_of("deb/prerm", &["upgrade", "1.1-1"]), ["hook"]);

    let ours = "deb-systemd-helper purge odd-boot.service odd-boot.timer";
    let reload = "systemctl --system daemon-reload";
    host.workshop.write("stamps/stamp-odd-boot.timer", "");
    assert_eq!(host.calls_of("deb/postrm", &["upgrade", "1.1-1"]), ["hook", reload]);
    assert!(host.at("stamps/stamp-odd-boot.timer").exists());
    assert_eq!(host.calls_of("deb/postrm", &["remove"]), ["hook", ours, reload]);
    assert!(!host.at("stamps/stamp-odd-boot.timer").exists());
    assert_eq!(host.calls_of("deb/postrm", &["purge"]), ["hook", "deb-systemd-helper purge odd.service", ours, reload]);
}

#[test]
fn no_call_starts_the_service_that_runs_at_boot() {
    let host = Host::new();
    host.boot();
    for (script, arguments) in CALLS {
        let calls = host.calls_of(script, arguments);
        let starts = |call: &&String| call.contains("start ") && call.split(' ').any(|word| word == "odd-boot.service");
        assert_eq!(calls.iter().find(starts), None, "{script} {arguments:?}");
        fs::create_dir_all(host.at("lib/hostprep")).unwrap();
    }
}

#[test]
fn a_host_without_systemd_is_no_reason_to_complain() {
    let host = Host::new();
    for name in ["systemctl", "deb-systemd-helper", "deb-systemd-invoke"] {
        fs::remove_file(host.at(&format!("tools/{name}"))).unwrap();
    }
    for name in ["rm", "rmdir", "mkdir", "grep", "date"] {
        std::os::unix::fs::symlink(format!("/bin/{name}"), host.at(&format!("tools/{name}"))).unwrap();
    }
    host.program("exit 0");
    for (script, arguments) in CALLS {
        let run = run(host.command(script, arguments).env("PATH", host.at("tools")));
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""), "{script} {arguments:?}");
        fs::create_dir_all(host.at("lib/hostprep")).unwrap();
    }
}
