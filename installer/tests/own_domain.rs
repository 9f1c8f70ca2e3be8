//! A domain of the agent's own, on a running system: the module, the label of the program, what runs now, and what was denied.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests make the files that the program is then given"
)]

mod common;

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use common::{Host, SELINUX_MODULE, reason};
use faults::Reason;
use host::Root;
use host::fs::label;
use installer::engine::recover::LOCK_TIMEOUT;
use installer::engine::remove as removal;
use installer::model::report::Outcome;
use installer::model::step::StepRef;
use installer::profile::Profile;
use installer::steps::selinux::{Program, since_boot};
use policy::spec::DomainMode;

const MODULE: StepRef = SELINUX_MODULE;
const PROGRAM: &str = "opt/other-agent/bin/agentd";
const BIN: &str = "system_u:object_r:bin_t:s0";
const RECEIPT: &str = "var/lib/other-agent/prep/journal.json";
const RIGHT: &str = "system_u:object_r:other_agent_exec_t:s0";

/// A host with the other agent, whose program has this label.
fn host(label: Option<&str>) -> Host {
    let mut host = Host::enforcing("rhel-9");
    let profile = include_str!("../../tests/vm/scenarios/18-own-domain/profile.toml");
    host.profile = Profile::parse(profile, "other-agent.toml".as_ref()).unwrap();
    host.kernel.knows_domain.set(false);
    host.semodule(true);
    host.file(PROGRAM, "program");
    if let Some(label) = label {
        host.label(label);
    }
    host
}

trait Labelled {
    fn label(&self, label: &str);
    fn labelled(&self) -> Option<String>;
}

impl Labelled for Host {
    fn label(&self, context: &str) {
        let file = Root::for_test(self.dir.path()).unwrap().open(format!("/{PROGRAM}")).unwrap();
        label::set_context(&file, Some(context)).unwrap();
    }

    fn labelled(&self) -> Option<String> {
        let file = Root::for_test(self.dir.path()).unwrap().open(format!("/{PROGRAM}")).unwrap();
        label::context_of(&file).unwrap()
    }
}

/// Only root sets labels, where the kernel has no SELinux.
fn may_label() -> bool {
    let place = tempfile::NamedTempFile::new().unwrap();
    label::set_context(place.as_file(), Some(BIN)).is_ok()
}

fn remove(host: &Host) -> removal::Removed {
    host.with(|cx| removal::remove_one(cx, MODULE, LOCK_TIMEOUT, &mut || {})).unwrap()
}

/// A process of the program.
fn process(host: &Host, pid: u32, context: &str) {
    process_of(host, pid, &host.path(PROGRAM), context);
}

/// The kernel's link leads to the file; its text is another one in a container.
fn process_of(host: &Host, pid: u32, exe: &Path, context: &str) {
    host.directory(&format!("proc/{pid}/attr"));
    let _ = std::fs::remove_file(host.path(&format!("proc/{pid}/exe")));
    symlink(exe, host.path(&format!("proc/{pid}/exe"))).unwrap();
    host.file(&format!("proc/{pid}/attr/current"), &format!("{context}\0"));
}

#[test]
fn the_module_is_loaded_and_the_program_labelled() {
    if !may_label() {
        let host = host(None);
        let report = host.repair(MODULE);
        assert_eq!(reason(&report), Reason::ProgramLabel, "without the right to set labels: {report:?}");
        return;
    }
    let host = host(Some(BIN));
    let checked = host.check(MODULE);
    assert_eq!(reason(&checked), Reason::ModuleMissing);
    assert_eq!(host.labelled().as_deref(), Some(BIN), "check changes nothing");
    let report = host.repair(MODULE);
    assert_eq!(report.outcome, Outcome::Changed, "{report:?}");
    assert_eq!(host.labelled().as_deref(), Some(RIGHT));
    let last = report.plan.last().unwrap();
    assert!(last.starts_with(&format!("chcon {RIGHT} ")) && last.ends_with(&format!("# was {BIN}")), "{last}");
    assert_eq!(host.calls().len(), 1);
    assert_eq!(host.repair(MODULE).outcome, Outcome::Ok);
    assert_eq!(host.calls().len(), 1, "a second run loads nothing");

    let removed = host.with(|cx| removal::remove_one(cx, MODULE, LOCK_TIMEOUT, &mut || {})).unwrap();
    assert_eq!(removed.failed, [""; 0]);
    assert_eq!(host.labelled().as_deref(), Some(BIN));
    assert!(!host.path("var/lib/other-agent/prep/journal.json").exists());
}

#[test]
fn only_the_label_is_wrong() {
    if !may_label() {
        return the_module_is_loaded_and_the_program_labelled();
    }
    let host = host(Some(RIGHT));
    assert_eq!(host.repair(MODULE).outcome, Outcome::Changed);
    host.label("unconfined_u:object_r:usr_t:s0:c7");
    let checked = host.check(MODULE);
    assert_eq!(reason(&checked), Reason::ProgramLabel);
    assert_eq!(host.remedies(&checked), ["hostprep repair", "restorecon -v /opt/other-agent/bin/agentd  # or"]);
    assert_eq!(host.repair(MODULE).outcome, Outcome::Changed);
    // As restorecon does: the type alone.
    assert_eq!(host.labelled().as_deref(), Some("unconfined_u:object_r:other_agent_exec_t:s0:c7"));
    assert_eq!(host.calls().len(), 1, "no transaction for a label");
}

#[test]
fn what_others_can_replace_is_not_labelled() {
    if !may_label() {
        return the_module_is_loaded_and_the_program_labelled();
    }
    let host = host(Some(BIN));
    std::fs::hard_link(host.path(PROGRAM), host.path("opt/other-agent/bin/second-name")).unwrap();
    let report = host.repair(MODULE);
    assert_eq!(reason(&report), Reason::ProgramLabel);
    assert!(report.detail.contains("the file has 2 names"), "{report:?}");
    assert_eq!(host.labelled().as_deref(), Some(BIN));

    std::fs::remove_file(host.path("opt/other-agent/bin/second-name")).unwrap();
    std::fs::set_permissions(host.path(PROGRAM), Permissions::from_mode(0o777)).unwrap();
    let report = host.repair(MODULE);
    assert_eq!(reason(&report), Reason::ProgramLabel);
    assert!(report.detail.contains("is not labelled: "), "{report:?}");
    let close =
        "chmod go-w /opt/other-agent/bin/agentd  # check first what others put into /opt/other-agent/bin/agentd";
    assert_eq!(host.remedies(&report), [close, "hostprep repair"]);
    assert_eq!(host.labelled().as_deref(), Some(BIN));

    std::fs::remove_file(host.path(PROGRAM)).unwrap();
    host.file("opt/other-agent/bin/real", "program");
    symlink("real", host.path(PROGRAM)).unwrap();
    let report = host.repair(MODULE);
    assert_eq!(reason(&report), Reason::ProgramLabel);
    assert!(report.detail.contains("is a symbolic link"), "{report:?}");
}

#[test]
fn a_program_that_is_not_installed_yet_is_no_problem() {
    let host = host(None);
    std::fs::remove_file(host.path(PROGRAM)).unwrap();
    let report = host.repair(MODULE);
    assert_eq!(report.outcome, Outcome::Changed, "{report:?}");
    assert!(report.detail.ends_with("agentd is not installed"), "{report:?}");
}

#[test]
fn a_policy_that_starts_it_elsewhere_is_a_fault() {
    if !may_label() {
        return the_module_is_loaded_and_the_program_labelled();
    }
    let host = host(Some(RIGHT));
    host.repair(MODULE);
    *host.kernel.starts_in.borrow_mut() = Some("unconfined_service_t".into());
    let checked = host.check(MODULE);
    assert_eq!(reason(&checked), Reason::PolicyDenies);
    assert!(checked.detail.contains("starts /opt/other-agent/bin/agentd in unconfined_service_t"), "{checked:?}");
}

#[test]
fn an_agent_that_runs_in_the_old_domain_is_to_be_restarted() {
    if !may_label() {
        return the_module_is_loaded_and_the_program_labelled();
    }
    let host = host(Some(RIGHT));
    process(&host, 812, "system_u:system_r:unconfined_service_t:s0");
    let report = host.repair(MODULE);
    assert_eq!(report.outcome, Outcome::Deferred, "{report:?}");
    assert!(report.detail.contains("process 812 of"), "{report:?}");
    let obstacle = report.obstacle.as_ref().unwrap();
    assert_eq!(obstacle.reason, Reason::AgentNotRestarted);
    assert_eq!(obstacle.remedy[0].shell_line(None), "systemctl restart other-agent.service");
    assert_eq!(host.raised(), [0; 0]);

    process(&host, 812, "system_u:system_r:other_agent_t:s0");
    assert_eq!(host.check(MODULE).outcome, Outcome::Ok);
    // The policy no longer has the domain of a running process.
    let removed = host.with(|cx| removal::remove_one(cx, MODULE, LOCK_TIMEOUT, &mut || {})).unwrap();
    assert!(removed.failed.last().unwrap().contains("systemctl restart other-agent.service"), "{removed:?}");
}

#[test]
fn a_process_is_known_by_its_file() {
    const OTHER: &str = "system_u:system_r:container_t:s0";
    let mut host = host(None);
    host.profile.module.executable = "/sbin-link/agentd".into();
    host.directory("real");
    host.file("real/agentd", "program");
    symlink("real", host.path("sbin-link")).unwrap();
    let seen = |host: &Host| -> Vec<u32> {
        host.with(|cx| Program::of(cx).unwrap().processes.iter().map(|process| process.pid).collect())
    };
    let namespace = |pid: u32, text: &str| {
        host.directory(&format!("proc/{pid}/ns"));
        symlink(text, host.path(&format!("proc/{pid}/ns/mnt"))).unwrap();
    };
    // By a merged directory.
    process_of(&host, 10, &host.path("real/agentd"), OTHER);
    // In a container, at the same path.
    process_of(&host, 11, "/sbin-link/agentd".as_ref(), OTHER);
    assert_eq!(seen(&host), [10]);
    // An earlier file: only where a path means the same as for process 1.
    for pid in 12..16 {
        process_of(&host, pid, "/real/agentd (deleted)".as_ref(), OTHER);
    }
    assert_eq!(seen(&host), [10], "the namespace of process 1 is not known");
    for (pid, text) in [(1, "mnt:[1]"), (12, "mnt:[1]"), (13, "mnt:[2]"), (14, "mnt:[1]")] {
        namespace(pid, text);
    }
    process_of(&host, 14, "/sbin-link/agentd (deleted)".as_ref(), OTHER);
    assert_eq!(seen(&host), [10, 12, 14]);
}

#[test]
fn a_label_that_a_package_manager_set_is_put_right_after_the_removal() {
    if !may_label() {
        return the_module_is_loaded_and_the_program_labelled();
    }
    let host = host(Some(RIGHT));
    host.repair(MODULE);
    *host.kernel.file_context.borrow_mut() = Some("system_u:object_r:usr_t:s0".into());
    let removed = host.with(|cx| removal::remove_one(cx, MODULE, LOCK_TIMEOUT, &mut || {})).unwrap();
    assert_eq!(removed.failed, [""; 0]);
    assert!(removed.done.iter().any(|line| line.starts_with("restorecon ")), "{removed:?}");
    assert_eq!(host.labelled().as_deref(), Some("system_u:object_r:usr_t:s0"));
}

/// tar and cp keep the user of whoever runs them.
#[test]
fn the_label_of_an_updated_program_is_put_back_too() {
    if !may_label() {
        return the_module_is_loaded_and_the_program_labelled();
    }
    let host = host(Some(BIN));
    host.repair(MODULE);
    host.label("unconfined_u:object_r:usr_t:s0");
    host.repair(MODULE);
    assert_eq!(host.labelled().as_deref(), Some("unconfined_u:object_r:other_agent_exec_t:s0"));
    assert_eq!(remove(&host).failed, [""; 0]);
    assert_eq!(host.labelled().as_deref(), Some(BIN));
    assert!(!host.path(RECEIPT).exists());
}

/// Another program's label is not touched.
#[test]
fn the_label_of_a_program_that_another_one_labelled_stays() {
    if !may_label() {
        return the_module_is_loaded_and_the_program_labelled();
    }
    let host = host(Some(BIN));
    host.repair(MODULE);
    host.label("system_u:object_r:lib_t:s0");
    assert_eq!(remove(&host).failed, [""; 0]);
    assert_eq!(host.labelled().as_deref(), Some("system_u:object_r:lib_t:s0"));
    assert!(!host.path(RECEIPT).exists());
}

#[test]
fn a_program_that_cannot_be_opened_keeps_its_entry() {
    if !may_label() {
        return the_module_is_loaded_and_the_program_labelled();
    }
    let host = host(Some(BIN));
    host.repair(MODULE);
    // A directory in its place stands for whatever keeps the file from being opened.
    std::fs::rename(host.path(PROGRAM), host.path("opt/other-agent/bin/kept")).unwrap();
    host.directory(PROGRAM);
    let removed = remove(&host);
    assert!(removed.failed.iter().any(|why| why.contains("agentd: Is a directory")), "{removed:?}");
    assert!(std::fs::read_to_string(host.path(RECEIPT)).unwrap().contains("\"label\""));
    std::fs::remove_dir(host.path(PROGRAM)).unwrap();
    std::fs::rename(host.path("opt/other-agent/bin/kept"), host.path(PROGRAM)).unwrap();
    assert_eq!(remove(&host).failed, [""; 0]);
    assert_eq!(host.labelled().as_deref(), Some(BIN));
    assert!(!host.path(RECEIPT).exists());
}

/// An image built on a host without labels: the label from before is not known.
#[test]
fn a_program_without_a_former_label_gets_the_one_of_the_file_contexts() {
    if !may_label() {
        return the_module_is_loaded_and_the_program_labelled();
    }
    let host = host(None);
    host.repair(MODULE);
    assert_eq!(host.labelled().as_deref(), Some(RIGHT));
    // A removal that did not get the module out.
    *host.kernel.file_context.borrow_mut() = Some(RIGHT.into());
    let removed = remove(&host);
    assert!(removed.failed.iter().any(|why| why.contains("the file contexts still have that label")), "{removed:?}");
    assert!(std::fs::read_to_string(host.path(RECEIPT)).unwrap().contains("\"label\""));
    // The policy no longer has the type, and the kernel shows that.
    host.label("system_u:object_r:unlabeled_t:s0");
    *host.kernel.file_context.borrow_mut() = None;
    assert!(!remove(&host).failed.is_empty());
    *host.kernel.file_context.borrow_mut() = Some("system_u:object_r:usr_t:s0".into());
    assert_eq!(remove(&host).failed, [""; 0]);
    assert_eq!(host.labelled().as_deref(), Some("system_u:object_r:usr_t:s0"));
    assert!(!host.path(RECEIPT).exists());
}

#[test]
fn the_mode_is_one_transaction() {
    let mut host = host(None);
    std::fs::remove_file(host.path(PROGRAM)).unwrap();
    host.repair(MODULE);
    let module = host.path("var/lib/selinux/targeted/active/modules/300/other-agent/cil");
    let before = std::fs::read_to_string(&module).unwrap();
    host.profile = host.profile.clone().with_domain_mode(Some(DomainMode::Enforcing));
    let checked = host.check(MODULE);
    assert_eq!(checked.outcome, Outcome::Planned, "no fault: {checked:?}");
    assert_eq!(host.repair(MODULE).outcome, Outcome::Changed);
    assert_eq!(host.calls().len(), 2);
    let after = std::fs::read_to_string(&module).unwrap();
    let gone: Vec<&str> = before.lines().filter(|line| !after.contains(line)).collect();
    assert_eq!(gone, ["; Denials are logged only.", "(typepermissive other_agent_t)"]);
    assert_eq!(host.repair(MODULE).outcome, Outcome::Ok);
}

#[test]
fn denials_come_from_the_first_place_that_has_this_boots_messages() {
    if !nix::unistd::geteuid().is_root() {
        assert!(host(None).with(|cx| since_boot(cx).unwrap_err()).contains("only root"));
        return;
    }
    let host = host(None);
    let seen = || host.with(|cx| since_boot(cx).map(|denials| (denials.place, denials.denied.len())));
    let denial = |time: u64, class: &str| {
        format!(
            "type=AVC msg=audit({time}.1:7): avc:  denied  {{ read }} for  pid=9 comm=\"agentd\" scontext=system_u:system_r:other_agent_t:s0 tcontext=system_u:object_r:etc_t:s0 tclass={class} permissive=1\n"
        )
    };
    assert!(seen().unwrap_err().contains("booted"));
    host.file("proc/stat", "cpu 1\nbtime 1700000000\n");
    assert!(seen().unwrap_err().contains("no messages of this boot"));
    host.tool("dmesg", "echo '[1.0] Linux version 6.1'");
    assert_eq!(seen(), Ok(("the kernel's ring".into(), 0)), "nothing denied is not unknown");
    let journal = |text: &str| host.tool("journalctl", &format!("cat <<'E'\n{text}E\n"));
    journal(&denial(1, "dir"));
    assert_eq!(seen(), Ok(("the journal, which no longer has all messages of this boot".into(), 1)));
    journal("audit: backlog limit exceeded\n");
    assert!(seen().unwrap_err().contains("the journal no longer has all"), "it may have had a denial");
    journal(&format!("Linux version 6.1\n{}", denial(1, "dir")));
    assert_eq!(seen(), Ok(("the journal".into(), 1)));
    // auditd did not run in this boot.
    host.file("var/log/audit/audit.log", &denial(1_600_000_000, "file"));
    assert_eq!(seen(), Ok(("the journal".into(), 1)));
    let two = denial(1_700_000_005, "file") + &denial(1_700_000_006, "lnk_file");
    host.file("var/log/audit/audit.log", &two);
    let rotated = denial(1_600_000_000, "chr_file") + &denial(1_700_000_001, "sock_file");
    host.file("var/log/audit/audit.log.1", &rotated);
    host.file("var/log/audit/audit.log.2", &denial(1_600_000_000, "blk_file"));
    assert_eq!(seen(), Ok(("/var/log/audit/audit.log".into(), 3)));
    // Just rotated.
    host.file("var/log/audit/audit.log", "");
    assert_eq!(seen(), Ok(("/var/log/audit/audit.log".into(), 1)));
    // auditd removed what came before.
    host.file("var/log/audit/audit.log", &two);
    host.file("var/log/audit/audit.log.1", &denial(1_700_000_001, "sock_file"));
    std::fs::remove_file(host.path("var/log/audit/audit.log.2")).unwrap();
    let cut = "/var/log/audit/audit.log, which no longer has all messages of this boot";
    assert_eq!(seen(), Ok((cut.into(), 3)));
    // One that cannot be read, as one that is too large.
    std::fs::remove_file(host.path("var/log/audit/audit.log.1")).unwrap();
    host.directory("var/log/audit/audit.log.1");
    assert_eq!(seen(), Ok((cut.into(), 2)));
    std::fs::remove_file(host.path("var/log/audit/audit.log")).unwrap();
    host.directory("var/log/audit/audit.log");
    assert!(seen().unwrap_err().contains("Is a directory"), "not the journal, which auditd empties");
    // auditd writes elsewhere.
    std::fs::remove_dir(host.path("var/log/audit/audit.log")).unwrap();
    assert_eq!(seen(), Ok(("the journal".into(), 1)));
    host.file("run/auditd.pid", "700\n");
    assert!(seen().unwrap_err().contains("see log_file in /etc/audit/auditd.conf"));
}

/// An image's program is labelled by what is on disk; the machine's kernel is not asked.
#[test]
fn an_image_without_the_type_in_its_policy_is_not_labelled() {
    let mut host = host(None);
    host.alternate = true;
    let report = host.repair(MODULE);
    // The stand-in for semodule writes a policy without the domain.
    assert_eq!(report.outcome, Outcome::Fault, "{report:?}");
    assert_eq!(host.labelled(), None);
}
