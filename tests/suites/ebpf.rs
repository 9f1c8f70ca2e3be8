//! Faults 8, 9 and 16: what keeps eBPF programs out. The real bpf(2), with the answers that strace gives in its place.

#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "a test fails by it, and says where it tests nothing")]

use harness::program::{self, Caller};
use harness::{Run, ScratchRoot, Trace};

const STEP: [&str; 5] = ["check", "--only", "ebpf", "--format", "json"];

/// Checks this machine, where each bpf(2) fails with `error`, if one is named. Returns `None` where the kernel is not asked: in a
/// container or a chroot, or as an ordinary user.
fn on_this_machine(error: Option<&str>) -> Option<Run> {
    let mut command = Caller::Root.command("strace");
    command.args(["-f", "--quiet=all", "-o", "/dev/null", "-e", "trace=bpf"]);
    if let Some(error) = error {
        command.arg("-e").arg(format!("inject=bpf:error={error}"));
    }
    let run = Run::of(command.arg(program::binary()).args(STEP));
    let detail = run.step("ebpf")["detail"].as_str().unwrap().to_owned();
    let is_asked =
        !["in a container", "once it runs", "not known: hostprep runs", "only root", "no kernel is installed"]
            .iter()
            .any(|words| detail.contains(words));
    if !is_asked {
        eprintln!("the kernel of this machine is not asked: {detail}");
    }
    is_asked.then_some(run)
}

#[test]
fn answers_of_the_kernel_are_told_apart() {
    for (error, faults, reason, words) in [
        ("EPERM", &[8, 9][..], Some("bpf-not-permitted"), "(EPERM), asked for hostprep's own domain"),
        ("EACCES", &[8, 9], Some("bpf-not-permitted"), "(EACCES), asked for hostprep's own domain"),
        ("ENOSYS", &[16], Some("kernel-option"), "no bpf(2) (ENOSYS)"),
        ("EPERM:when=2+", &[8, 9], Some("bpf-not-permitted"), "kprobe and tracepoint programs (EPERM)"),
        ("EINVAL:when=2+", &[16], Some("kernel-option"), "kprobe and tracepoint programs (EINVAL)"),
        ("EINVAL", &[], None, "is not known: EINVAL"),
        ("ENOMEM", &[], None, "is not known: ENOMEM"),
        ("EMFILE", &[], None, "is not known: EMFILE"),
    ] {
        let Some(run) = on_this_machine(Some(error)) else { return };
        let step = run.step("ebpf");
        let detail = step["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{error}: {detail}");
        let found = run.faults();
        // This machine's kernel may lack an option besides.
        assert!(faults.iter().all(|fault| found.contains(fault)), "{error}: {found:?}");
        assert!([8, 9].iter().all(|fault| faults.contains(fault) || !found.contains(fault)), "{error}: {found:?}");
        match reason {
            Some(reason) => assert_eq!(step["reason"], reason, "{error}"),
            None => assert!(step["outcome"] == "unknown" || found == [16], "{error}: {detail}"),
        }
    }
}

#[test]
fn a_map_and_programs_are_really_loaded_and_nothing_is_changed() {
    let trace = Trace::of(program::binary(), STEP);
    assert_eq!((trace.started, trace.forks, trace.changes), (vec![], 0, vec![]));
    let Some(run) = on_this_machine(None) else { return };
    let found = run.faults();
    assert!(!found.contains(&8) && !found.contains(&9), "{run:?}");
    let ordinary = program::run_hostprep_as_ordinary_user(STEP);
    let detail = ordinary.step("ebpf")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("only root"), "{detail}");
    assert!(ordinary.step("ebpf")["outcome"] != "ok", "{ordinary:?}");
}

#[test]
fn a_locked_down_image_is_faults_8_and_9_at_once() {
    let root = ScratchRoot::of("rhel-9");
    let release = "5.14.0-427.el9.x86_64";
    root.kernel(release, true);
    root.hostprep(&STEP).expect_code(0);
    let entry = format!("/boot/loader/entries/4f0c-{release}.conf");
    root.file(&entry, format!("linux /vmlinuz-{release}\noptions root=/dev/sda1 ro lockdown=confidentiality\n"));
    let run = root.hostprep(&STEP).expect_code(3);
    let step = run.step("ebpf");
    assert_eq!(run.faults(), [8, 9]);
    assert_eq!((step["reason"].as_str(), step["fault"].as_u64()), (Some("lockdown"), Some(8)));
    assert_eq!(step["faults"], serde_json::json!([8, 9]));
    let grubby =
        ["grubby", "--update-kernel=ALL", "--remove-args=lockdown=confidentiality", "--args=lockdown=integrity"];
    let mut argv = vec!["chroot", root.path().to_str().unwrap()];
    argv.extend(grubby);
    assert_eq!(step["remedies"][0]["argv"], serde_json::json!(argv));
    root.hostprep(&["repair", "--only", "ebpf"]).expect_code(3);
    let listed = root.hostprep(&["faults", "list", "--format", "json"]).json();
    let stored: Vec<_> = listed.as_array().unwrap().iter().map(|fault| fault["id"].as_u64().unwrap()).collect();
    assert_eq!(stored, [8, 9]);
    assert!(
        !root.text("/var/lib/cisco/faults/faults.json").contains("chroot"),
        "remedies there are for the system itself"
    );
    root.file(&entry, format!("linux /vmlinuz-{release}\noptions root=/dev/sda1 ro lockdown=integrity\n"));
    root.hostprep(&["repair", "--only", "ebpf"]).expect_code(0);
    assert_eq!(root.hostprep(&["faults", "list", "--format", "json"]).json(), serde_json::json!([]));
}

#[test]
fn a_kernel_that_was_built_without_an_option_is_fault_16() {
    let root = ScratchRoot::of("debian-12");
    let config = "/boot/config-6.1.0-18-amd64";
    root.kernel("6.1.0-18-amd64", true);
    root.file(config, root.text(config).replace("CONFIG_KPROBES=y", "# CONFIG_KPROBES is not set"));
    let run = root.hostprep(&STEP).expect_code(3);
    assert_eq!(run.faults(), [16]);
    assert_eq!(run.step("ebpf")["reason"], "kernel-option");
    root.remove(config);
    let run = root.hostprep(&STEP).expect_code(4);
    assert_eq!(run.outcomes(), ["ebpf=unknown"]);
}
