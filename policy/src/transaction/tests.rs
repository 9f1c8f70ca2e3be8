use super::*;
use crate::spec::tests::spec;

fn target(alternate: Option<&str>, load: bool) -> StoreTarget {
    StoreTarget { policy_type: "targeted".into(), alternate: alternate.map(PathBuf::from), load }
}

fn present(priorities: &[u16], disabled: bool) -> InstalledAt {
    InstalledAt { priorities: priorities.to_vec(), disabled }
}

#[test]
fn the_exact_commands() {
    let (root, file) = (Root::system().unwrap(), "/scratch/agent-bpf.pp".into());
    let install = |target: StoreTarget, present| target.install(&spec(), &root, &file, &present).to_string();
    assert_eq!(
        install(target(None, true), present(&[], false)),
        "semodule -s targeted -X 300 -i /scratch/agent-bpf.pp"
    );
    assert_eq!(
        install(target(Some("/a b"), false), present(&[400, 300, 100], true)),
        "semodule -n -s targeted -p '/a b' -X 300 -i /scratch/agent-bpf.pp -X 400 -r agent-bpf -e agent-bpf"
    );
    let remove = |present| target(None, false).remove(&spec(), &present).map(|command| command.to_string());
    assert_eq!(
        remove(present(&[400, 350, 300], false)).as_deref(),
        Some("semodule -n -s targeted -X 300 -r agent-bpf -X 400 -r agent-bpf")
    );
    assert_eq!(remove(present(&[350, 100], false)), None, "an administrator's");
}

#[test]
fn a_policy_is_loaded_only_where_one_runs() {
    let scratch = tempfile::tempdir().unwrap();
    let alternate = crate::testing::root_with(scratch.path(), &[]);
    let system = Root::system().unwrap();
    for is_in_kernel in [true, false] {
        assert_eq!(StoreTarget::of(&system, "targeted", is_in_kernel).loads(), is_in_kernel);
        let other = StoreTarget::of(&alternate, "targeted", is_in_kernel);
        assert!(!other.loads());
        assert_eq!(other.alternate.as_deref(), Some(alternate.path()));
    }
}

mod waiting {
    use host::process::clock::SystemClock;
    use host::testing::VirtualClock;

    use super::*;

    /// A directory with a `semodule` that fails with `stderr` until it was run `failures` times.
    fn tools(stderr: &str, failures: u32) -> tempfile::TempDir {
        let scratch = tempfile::tempdir().unwrap();
        let shown = scratch.path().display().to_string();
        let script = format!(
            "#!/bin/sh\necho >>{shown}/runs\n[ $(wc -l <{shown}/runs) -gt {failures} ] && exit 0\ncat >&2 <<'E'\n{stderr}\nE\nexit 1\n"
        );
        crate::testing::root_with(scratch.path(), &[("/script", script.as_bytes())]);
        // Written by another process: had this one the file open while another test forks, running it would be refused.
        let install = Command::new("install").arg(scratch.path().join("script")).arg(scratch.path().join("semodule"));
        CommandRunner::new(&SystemClock, &()).run(&install).unwrap();
        scratch
    }

    fn try_it(tools: &tempfile::TempDir, clock: &VirtualClock) -> Result<Done, TransactionError> {
        let directories = vec![tools.path().to_owned(), "/usr/bin".into(), "/bin".into()];
        let runner = CommandRunner::with_directories(directories, &SystemClock, &());
        run(&runner, clock, &target(Some("/mnt"), false), &Command::new("semodule").arg("-B"), "agent-bpf")
    }

    const LOCKED: &str = include_str!("../../fixtures/stderr/lock-held.txt");

    #[test]
    fn a_lock_is_waited_for() {
        let (tools, clock) = (tools(LOCKED, 3), VirtualClock::default());
        let done = try_it(&tools, &clock).unwrap();
        assert_eq!(done.attempts, 4);
        assert_eq!(clock.monotonic().as_secs(), 1 + 2 + 4);
    }

    #[test]
    fn but_not_for_ever() {
        let (tools, clock) = (tools(LOCKED, 1000), VirtualClock::default());
        let error = try_it(&tools, &clock).unwrap_err();
        assert_eq!(error.cause, Cause::StoreLocked);
        assert_eq!((error.attempts, clock.monotonic().as_secs()), (12, 120));
        let shown = error.to_string();
        assert!(shown.starts_with("`semodule -B` failed: libsemanage.semanage_get_lock: Could not get"), "{shown}");
        assert!(shown.ends_with(&format!("(tried {} times)", error.attempts)), "{shown}");
    }

    #[test]
    fn other_failures_are_final() {
        let (tools, clock) =
            (tools(include_str!("../../fixtures/stderr/read-only-var.txt"), 1000), VirtualClock::default());
        let error = try_it(&tools, &clock).unwrap_err();
        assert_eq!((error.cause, error.attempts), (Cause::StoreReadOnly, 1));
        let empty = tempfile::tempdir().unwrap();
        let runner = CommandRunner::with_directories(vec![empty.path().to_owned()], &clock, &());
        let error = run(&runner, &clock, &target(None, true), &Command::new("semodule"), "agent-bpf").unwrap_err();
        assert_eq!(error.cause, Cause::ToolsMissing);
        assert!(error.to_string().contains("semodule is not installed"), "{error}");
    }

    /// Never a command that would change this machine's policy instead of that of the root.
    #[test]
    fn the_way_out_is_for_the_same_store() {
        for (stderr, shown, inside) in [
            (
                include_str!("../../fixtures/stderr/left-attribute.txt"),
                "; the module left at priority 200 does not fit this policy: run `semodule -n -s targeted -p /mnt -X 200 -r left`",
                "; the module left at priority 200 does not fit this policy",
            ),
            (
                include_str!("../../fixtures/stderr/left-keyword.txt"),
                "; run `semodule -n -s targeted -p /mnt -B` to see which module or file is damaged",
                "; build the policy of the store to see which module or file is damaged",
            ),
            (
                "something new",
                "; run `semodule -n -s targeted -p /mnt -B` to see whether the store is sound",
                "; build the policy of the store to see whether the store is sound",
            ),
            (
                include_str!("../../fixtures/stderr/local-fcontext-type.txt"),
                "; a record in file_contexts.local does not fit this policy: delete it with `semanage`",
                "; a record in file_contexts.local does not fit this policy: delete it with `semanage`",
            ),
        ] {
            let (tools, clock) = (tools(stderr, 1000), VirtualClock::default());
            let error = try_it(&tools, &clock).unwrap_err();
            assert!(error.to_string().ends_with(shown), "{error}");
            let scratch = tempfile::tempdir().unwrap();
            let error = error.inside_text(&crate::testing::root_with(scratch.path(), &[]));
            assert!(error.ends_with(inside), "{error}");
        }
    }

    #[test]
    fn a_tool_that_the_kernel_kills() {
        let scratch = tempfile::tempdir().unwrap();
        crate::testing::root_with(scratch.path(), &[("/script", b"#!/bin/sh\nkill -9 $$\n")]);
        let install = Command::new("install").arg(scratch.path().join("script")).arg(scratch.path().join("semodule"));
        CommandRunner::new(&SystemClock, &()).run(&install).unwrap();
        let error = try_it(&scratch, &VirtualClock::default()).unwrap_err();
        assert_eq!(error.cause, Cause::OutOfMemory, "{error}");
    }
}
