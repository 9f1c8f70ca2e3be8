//! A remedy fits each reader: a shell on this machine, a program, and the system in the prepared root.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests arrange files, and fail by panicking")]

mod common;

use std::os::unix::fs::PermissionsExt;

use common::{DIRECTORIES, FILESYSTEM_MONITOR, Host, KERNEL, SCAN_SERVICE, SCAN_USER, SELINUX_MODULE, SELINUX_TOOLS};
use faults::FaultId;
use host::system::distribution::KernelOrigin;
use host::system::kernel::running_release;
use installer::engine;
use installer::model::report::StepReport;
use installer::model::step::StepRef;
use installer::report::json::RunObject;
use installer::report::text::{self, Purpose};

/// An image that this machine prepares: of another distribution, and in a directory of which nothing may be stored in it.
fn image(os_release: &str) -> Host {
    let mut host = Host::enforcing(os_release);
    host.alternate = true;
    host.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    host.file("etc/group", "root:x:0:\n");
    host.file("etc/login.defs", "USERGROUPS_ENAB yes\n");
    host.directory("opt/cisco");
    host
}

/// The root as remedies name it.
fn path(host: &Host) -> String {
    host.dir.path().canonicalize().unwrap().display().to_string()
}

/// Detail and remedies as the store in the root has them. They never name the path of the root.
#[track_caller]
fn stored(host: &Host, id: FaultId) -> (String, Vec<String>) {
    let snapshot = host.with(|cx| engine::fault_updates::store(cx).read().unwrap());
    let fault = snapshot.get(id).unwrap_or_else(|| panic!("{id} is not raised"));
    let (detail, remedy) = (fault.finding.detail.clone(), fault.finding.remedy.clone());
    for line in remedy.iter().chain([&detail]) {
        assert!(!line.contains(&path(host)), "{line}");
    }
    (detail, remedy)
}

/// Repairs one step; what could not be corrected is stored.
fn repair(host: &Host, step: StepRef) -> StepReport {
    host.try_repair(&[step]).unwrap().reports.remove(0)
}

fn text_of(host: &Host, step: StepRef) -> String {
    host.with(|cx| {
        let results = engine::check(cx, &[step]);
        text::render(cx, &results, Purpose::Check)
    })
}

#[test]
fn a_module_that_overrides_ours_is_removed_from_the_images_store_and_inside_from_its_own() {
    let host = image("centos-stream-9");
    host.semodule(false);
    let module = "var/lib/selinux/targeted/active/modules/400/cisco-secure-bpf";
    host.file(&format!("{module}/cil"), "(allow unconfined_service_t self (bpf (map_create)))");
    host.file(&format!("{module}/lang_ext"), "cil");
    let report = repair(&host, SELINUX_MODULE);
    let root = path(&host);
    assert_eq!(
        host.remedies(&report),
        [
            format!("semodule -n -s targeted -p {root} -X 400 -r cisco-secure-bpf"),
            format!("hostprep repair --root {root}")
        ]
    );
    let (_, remedy) = stored(&host, FaultId::SELINUX_POLICY);
    assert_eq!(remedy, ["semodule -n -s targeted -X 400 -r cisco-secure-bpf", "hostprep repair"]);
}

#[test]
fn a_file_of_the_image_is_named_by_its_path_inside() {
    let mut host = image("centos-stream-9");
    host.profile.scan_user.name = "scan".into();
    host.file("etc/passwd", "root:x:0:0::/root:/bin/sh\nscan:x:700:700::/nonexistent:/sbin/nologin\n");
    host.file("opt/cisco/amp/clamav/main.cvd", "ClamAV-VDB:");
    std::fs::set_permissions(host.path("opt/cisco/amp/clamav"), std::fs::Permissions::from_mode(0o700)).unwrap();
    let report = repair(&host, SCAN_SERVICE);
    let root = path(&host);
    assert_eq!(
        host.remedies(&report),
        [format!("chroot {root} chgrp scan /opt/cisco/amp/clamav"), format!("chmod g+rx {root}/opt/cisco/amp/clamav")]
    );
    let (detail, remedy) = stored(&host, FaultId::SCAN_START);
    assert_eq!(detail, "/opt/cisco/amp/clamav cannot be read by scan");
    assert_eq!(remedy, ["chgrp scan /opt/cisco/amp/clamav", "chmod g+rx /opt/cisco/amp/clamav"]);
}

#[test]
fn the_group_file_of_the_image_is_edited_and_not_this_machines() {
    let host = image("centos-stream-9");
    host.file("etc/group", "root:x:0:\ncisco-amp-scan-svc:x:0:\n");
    host.tool("useradd", "echo '-P, --prefix PREFIX_DIR'");
    let report = repair(&host, SCAN_USER);
    let note = "  # give cisco-amp-scan-svc a system gid of its own, or remove its line";
    assert_eq!(host.remedies(&report)[0], format!("vigr -R {}{note}", path(&host)));
    assert_eq!(stored(&host, FaultId::SCAN_USER).1[0], format!("vigr{note}"));
}

/// hostprep runs this machine's tools, so this machine's package is what helps; the tests run on Debian or Fedora.
#[test]
fn missing_tools_are_this_machines_and_nothing_that_the_image_could_install() {
    let host = image("centos-7");
    let report = repair(&host, SELINUX_TOOLS);
    let install = &host.remedies(&report)[1];
    assert!(install.contains(" install -y policycoreutils") && !install.starts_with("yum "), "{install}");
    assert_eq!(stored(&host, FaultId::SELINUX_POLICY).1, ["hostprep repair"]);
}

#[test]
fn a_restart_is_not_among_the_commands_to_run() {
    let host = Host::enforcing("oracle-7");
    host.kernel.allows.set(true);
    let module = installer::model::report::Finding {
        reason: faults::Reason::SecureBoot,
        detail: "Secure Boot is on".into(),
        remedy: vec![faults::Remedy::run_in_root(["systemctl", "reboot", "--firmware-setup"]).rebooting()],
    };
    let mut results = host.with(|cx| engine::check(cx, &[FILESYSTEM_MONITOR]));
    results.reports[0].outcome = installer::model::report::Outcome::Fault;
    results.reports[0].findings = vec![module];
    results.faults = vec![FaultId::FILESYSTEM_MONITOR];
    let text = host.with(|cx| text::render(cx, &results, Purpose::Check));
    let text = text.replace("\x1b[2m", "").replace("\x1b[0m", "");
    assert!(text.contains(" then reboot: systemctl reboot --firmware-setup\n"), "{text}");
    assert!(text.contains("Fault 8.") && !text.contains("Run the commands above"), "{text}");
    assert!(text.ends_with("More about a fault: `hostprep explain NUMBER`, or `man 7 hostprep-faults`\n"), "{text}");
}

#[test]
fn a_repair_that_corrects_no_fault_is_an_afterthought() {
    let host = Host::enforcing("oracle-7");
    host.kernel.allows.set(true);
    let mut results = host.with(|cx| engine::check(cx, &[FILESYSTEM_MONITOR, SELINUX_TOOLS]));
    results.reports[0].outcome = installer::model::report::Outcome::Fault;
    results.reports[0].findings = vec![installer::model::report::Finding {
        reason: faults::Reason::SecureBoot,
        detail: "Secure Boot is on".into(),
        remedy: vec![faults::Remedy::manual("turn off Secure Boot")],
    }];
    results.faults = vec![FaultId::FILESYSTEM_MONITOR];
    results.reports[1].plan = vec!["semodule".into()];
    let text = host.with(|cx| text::render(cx, &results, Purpose::Check));
    let conclusion = "\nFault 8. Follow the steps above; `hostprep repair` has other changes to make.\n";
    assert!(text.contains(conclusion), "{text}");
}

/// Its headers are of no use to the kernel that runs.
#[test]
fn a_newer_kernel_is_booted_where_the_kernel_runs() {
    let host = Host::without_selinux("miraclelinux-8");
    host.directory("sys/kernel");
    let last = host.remedies(&host.check(KERNEL)).pop().unwrap();
    let expected = match host.with(|cx| cx.distribution.kernel_origin(&running_release())) {
        KernelOrigin::Packaged(_) => "systemctl reboot  # then: into the newer kernel",
        KernelOrigin::Unknown => "systemctl reboot  # then: into that kernel",
        KernelOrigin::Foreign(_) => "# boot the distribution's own kernel, since ",
    };
    assert!(last.starts_with(expected), "{last}");
}

#[test]
fn programs_get_words_and_whether_the_host_restarts() {
    let host = image("centos-stream-9");
    host.directory("opt/cisco");
    std::fs::set_permissions(host.path("opt/cisco"), std::fs::Permissions::from_mode(0o700)).unwrap();
    let object = json_of(&host, "en");
    let step = &object["steps"][0];
    let root = path(&host);
    let last = step["remedies"].as_array().unwrap().last().unwrap();
    assert_eq!(last["argv"], serde_json::json!(["chmod", "0755", format!("{root}/opt/cisco")]));
    assert_eq!((&last["kind"], &last["reboots"]), (&"run".into(), &false.into()));
    let lines = step["remedy"].as_array().unwrap();
    assert_eq!(lines.last().unwrap(), &format!("chmod 0755 {root}/opt/cisco"), "the strings stay");
    assert!(text_of(&host, DIRECTORIES).contains("/opt/cisco is "));
}

#[test]
fn programs_get_a_title_in_the_language_of_the_texts() {
    let host = image("centos-stream-9");
    let set_mode =
        |mode| std::fs::set_permissions(host.path("opt/cisco"), std::fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o700);
    assert_eq!(json_of(&host, "en")["steps"][0]["title"], "a directory has the wrong mode");
    assert_eq!(json_of(&host, "ja")["steps"][0]["title"], "ディレクトリのモードが正しくない");
    set_mode(0o755);
    let healthy = &json_of(&host, "en")["steps"][0];
    assert_eq!((&healthy["outcome"], healthy.get("title")), (&"ok".into(), None));
}

/// Returns what a check of the directories prints for programs.
fn json_of(host: &Host, language: &str) -> serde_json::Value {
    let texts = faults::texts::Texts::for_language(language).unwrap();
    host.with(|cx| {
        let results = engine::check(cx, &[DIRECTORIES]);
        serde_json::to_value(RunObject::of(cx, &results, Purpose::Check, &texts)).unwrap()
    })
}
