#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a test runs itself again under strace")]

use super::*;

fn failure(error: Errno) -> Failure {
    Failure { error, may_lack_memory: false }
}

#[test]
fn refusals_are_told_apart() {
    const LOG: &str = "0: (b7) r0 = 0\nR0 !read_ok\nprocessed 1 insns (limit 1000000) max_states_per_insn 0\n";
    for (error, log, expected) in [
        (Errno::ENOSYS, "", Refusal::NoSystemCall),
        (Errno::EPERM, "", Refusal::NotPermitted(Errno::EPERM)),
        (Errno::EACCES, "", Refusal::NotPermitted(Errno::EACCES)),
        (Errno::EACCES, LOG, Refusal::Rejected("R0 !read_ok".into())),
        (Errno::EINVAL, LOG, Refusal::Rejected("R0 !read_ok".into())),
        (Errno::EPERM, LOG, Refusal::Rejected("R0 !read_ok".into())),
        (Errno::EINVAL, "", Refusal::UnknownKind),
        (Errno::UnknownErrno, "", Refusal::Rejected("the kernel's compiler refused it".into())),
        (Errno::ENOMEM, "", Refusal::Failed("ENOMEM".into())),
        (Errno::EMFILE, LOG, Refusal::Failed("EMFILE".into())),
        (Errno::E2BIG, "", Refusal::Failed("E2BIG".into())),
    ] {
        assert_eq!(failure(error).refusal(log), expected, "{error} {log:?}");
    }
    assert_eq!(Errno::from_raw(524), Errno::UnknownErrno, "ENOTSUPP of the kernel");
    let of_limit = Failure { error: Errno::EPERM, may_lack_memory: true };
    assert!(matches!(of_limit.refusal(""), Refusal::Failed(why) if why.contains("locked memory")));
}

#[test]
fn kinds_have_the_names_of_bpftool() {
    for (name, number) in [("socket_filter", 1), ("kprobe", 2), ("tracepoint", 5), ("raw_tracepoint", 17), ("lsm", 29)]
    {
        assert_eq!(ProgramKind::named(name).unwrap().number(), number);
    }
    for unknown in ["", "kprobes", "Kprobe", "unspec"] {
        assert_eq!(ProgramKind::named(unknown), None);
    }
    let names: std::collections::BTreeSet<_> = ProgramKind::names().collect();
    assert_eq!(names.len(), ProgramKind::names().count());
}

const UNDER_STRACE: &str = "HOSTPREP_TEST_BPF";

/// The real calls, with the errors that strace gives in place of the kernel's answers: of the map, and of a program.
#[test]
fn errors_of_the_call_are_told_apart() {
    const NAME: &str = "system::bpf::tests::errors_of_the_call_are_told_apart";
    if std::env::var_os(UNDER_STRACE).is_some() {
        let program = RunningKernel.load(ProgramKind::named("tracepoint").unwrap());
        println!("map {:?}, program {program:?}.", RunningKernel.create_map());
        return;
    }
    let answers = |error: &str| {
        let mut strace = std::process::Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=bpf", "-e"]).arg(format!("inject=bpf:error={error}"));
        strace.arg(std::env::current_exe().unwrap()).args(["--exact", NAME, "--nocapture"]).env(UNDER_STRACE, "1");
        let output = strace.output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (_, rest) = text.split_once("map ")?;
        Some(rest.split_once('.')?.0.to_owned())
    };
    // strace is not on every machine that builds.
    let Some(first) = answers("ENOSYS") else { return };
    assert_eq!(first, "Err(NoSystemCall), program Err(NoSystemCall)");
    for (error, expected) in [
        ("EACCES", "Err(NotPermitted(EACCES)), program Err(NotPermitted(EACCES))"),
        ("EINVAL", "Err(Failed(\"EINVAL\")), program Err(UnknownKind)"),
        ("ENOMEM", "Err(Failed(\"ENOMEM\")), program Err(Failed(\"ENOMEM\"))"),
        ("EAGAIN", "Err(Failed(\"EAGAIN\")), program Err(Failed(\"EAGAIN\"))"),
        ("EMFILE", "Err(Failed(\"EMFILE\")), program Err(Failed(\"EMFILE\"))"),
    ] {
        assert_eq!(answers(error).unwrap(), expected, "{error}");
    }
    // Before 5.11, the limit of locked memory may be the reason, and an ordinary user cannot raise it.
    let denied = answers("EPERM").unwrap();
    assert!(
        denied == "Err(NotPermitted(EPERM)), program Err(NotPermitted(EPERM))" || denied.contains("locked memory"),
        "{denied}"
    );
    // The first attempt alone fails: asked again, the kernel answers.
    let again = answers("EAGAIN:when=1").unwrap();
    assert!(!again.contains("program Err(Failed"), "{again}");
}

/// As any user, and on any kernel: the call is made, and its answer is one of those that are told apart.
#[test]
fn the_running_kernel_answers() {
    // Those of bpf(2) alone: other tests open files meanwhile.
    let open = || {
        let links =
            std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| entry.unwrap().path().read_link().ok());
        links.filter(|link| link.to_string_lossy().contains("bpf")).count()
    };
    let map = RunningKernel.create_map();
    let answers: Vec<_> =
        ProgramKind::names().map(|name| (name, RunningKernel.load(ProgramKind::named(name).unwrap()))).collect();
    assert_eq!(open(), 0, "what was opened is closed");
    if map.is_ok() && nix::unistd::geteuid().is_root() {
        for (name, answer) in &answers {
            // Malformed arguments would be E2BIG, EFAULT or a verdict of the verifier.
            assert!(
                matches!(answer, Ok(()) | Err(Refusal::UnknownKind | Refusal::NotPermitted(_))),
                "{name}: {answer:?}"
            );
        }
        assert!(answers.iter().any(|(name, answer)| *name == "socket_filter" && answer.is_ok()), "{answers:?}");
    }
}
