//! Stores as a killed transaction leaves them where a directory cannot be renamed (`EXDEV`, overlayfs): libsemanage then copies
//! it and removes the original. Assembled from two commits of the real `semodule`, which then works on what was restored.

use std::path::{Path, PathBuf};

use host::process::Command;
use policy::{ActivePolicy, InterruptedTransaction};

use crate::support::{Scratch, runner};

/// A store with two commits: `old`, and `new` with another module.
struct Commits {
    scratch: Scratch,
    kept: PathBuf,
}

fn sh(script: &str, arguments: &[&Path]) {
    let command =
        arguments.iter().fold(Command::new("sh").args(["-ec", script, "sh"]), |command, path| command.arg(*path));
    runner().run(&command).unwrap();
}

impl Commits {
    fn new() -> Self {
        let scratch = Scratch::tiny(str::to_owned);
        scratch.root.make_dirs("/kept").unwrap();
        let kept = scratch.root.host_path("/kept");
        sh("cp -a \"$1/active\" \"$2/old\"", &[&scratch.host_path(""), &kept]);
        scratch.add(400, "another", "(typeattribute of_another)").unwrap();
        sh("cp -a \"$1/active\" \"$2/new\"", &[&scratch.host_path(""), &kept]);
        Self { scratch, kept }
    }

    /// Makes the store from this script: `$1` is the store, `$2` has `old` and `new`.
    fn arrange(&self, script: &str) {
        let store = self.store();
        sh(
            &format!("rm -rf \"$1/active\" \"$1/previous\" \"$1/tmp\"; old=$2/old; new=$2/new; cd \"$1\"\n{script}"),
            &[&store, &self.kept],
        );
    }

    fn store(&self) -> PathBuf {
        self.scratch.root.host_path("/var/lib/selinux/tiny")
    }

    fn found(&self) -> Option<InterruptedTransaction> {
        InterruptedTransaction::find(&self.scratch.root, "tiny").unwrap()
    }

    /// Returns whether `active` is the policy before the transaction, and `semodule` works on it.
    #[track_caller]
    fn expect_old(&self, shape: &str) {
        sh("diff -r \"$1/active\" \"$2/old\"", &[&self.store(), &self.kept]);
        let modules = self.scratch.semodule(&["-lfull"]).unwrap();
        assert!(modules.contains("100 base") && !modules.contains("another"), "{shape}: {modules}");
        self.scratch.add(400, "another", "(typeattribute of_another)").unwrap();
        assert!(self.scratch.semodule(&["-lfull"]).unwrap().contains("400 another"), "{shape}");
    }
}

const CUT_SHORT: [(&str, ActivePolicy, &str); 8] = [
    ("between two renames", ActivePolicy::Missing, "cp -a $old previous; cp -a $new tmp"),
    ("active removed after it was copied", ActivePolicy::Missing, "cp -r $old previous; cp -a $new tmp"),
    (
        "active half removed",
        ActivePolicy::Incomplete,
        "cp -r $old previous; cp -a $new tmp; cp -a $old active; rm -r active/modules/100",
    ),
    (
        "its number removed first",
        ActivePolicy::Incomplete,
        "cp -r $old previous; cp -a $new tmp; cp -a $old active; rm active/commit_num",
    ),
    (
        "only its number left",
        ActivePolicy::Incomplete,
        "cp -r $old previous; cp -a $new tmp; mkdir active; cp -a $old/commit_num active",
    ),
    ("nothing but the directory", ActivePolicy::Incomplete, "cp -r $old previous; cp -a $new tmp; mkdir active"),
    (
        "active half copied",
        ActivePolicy::Incomplete,
        "cp -r $old previous; cp -a $new tmp; cp -r $new active; rm -r active/modules",
    ),
    (
        "a file of it half copied",
        ActivePolicy::Incomplete,
        "cp -r $old previous; cp -a $new tmp; cp -r $new active; rm active/policy.kern; head -c 9 $new/policy.kern > active/policy.kern.tmp",
    ),
];

#[test]
fn the_previous_policy_is_restored() {
    let commits = Commits::new();
    for (shape, active, script) in CUT_SHORT {
        commits.arrange(script);
        let found = commits.found().unwrap_or_else(|| panic!("{shape}"));
        assert_eq!(found.active(), active, "{shape}");
        assert!(found.restore_previous(&commits.scratch.root).unwrap(), "{shape}");
        assert_eq!(commits.found(), None, "{shape}");
        commits.expect_old(shape);
    }
}

/// What calls of `semodule` make of such a store: they find no modules, succeed or fail, and remove what was left beside `active`.
#[test]
fn calls_of_semodule_in_between_change_nothing() {
    let commits = Commits::new();
    let module = commits.kept.join("a_third.cil");
    sh("echo '(typeattribute of_a_third)' > \"$1\"", &[&module]);
    let module = module.to_string_lossy().into_owned();
    let install = ["-X", "300", "-i", &module];
    for (shape, _, script) in CUT_SHORT {
        for calls in [&[&["-l"][..]][..], &[&["-B"]], &[&install], &[&["-l"], &["-B"], &install, &["-B"]]] {
            commits.arrange(script);
            for call in calls {
                let _ = commits.scratch.semodule(call);
            }
            let what = format!("{shape}, {calls:?}");
            // Where all modules are left, it has built a policy of them.
            if commits.found().is_none() && commits.scratch.semodule(&["-lfull"]).unwrap().contains("100 base") {
                continue;
            }
            let found = commits.found().unwrap_or_else(|| panic!("{what}"));
            assert!(found.restore_previous(&commits.scratch.root).unwrap(), "{what}");
            assert_eq!(commits.found(), None, "{what}");
            commits.expect_old(&what);
        }
    }
}

/// Whole policies, beside what a transaction left that was cut short before or after the switch.
#[test]
fn a_whole_policy_stays() {
    let commits = Commits::new();
    for (shape, script) in [
        ("in order", "cp -a $new active"),
        ("save-previous", "cp -a $new active; cp -a $old previous"),
        ("a copy of the previous one, as a repair makes it", "cp -a $old active; cp -a $old previous"),
        ("nothing in previous", "cp -a $new active; mkdir -p previous/modules"),
        ("save-previous, a module removed", "cp -a $old active; cp -a $new previous"),
        ("making the sandbox", "cp -a $old active; mkdir tmp; cp $old/commit_num tmp"),
        (
            "before the switch",
            "cp -a $old active; cp -a $new tmp; mkdir -p ../final/tiny/policy; echo > ../final/tiny/policy/policy.33",
        ),
        (
            "copying active to previous",
            "cp -a $old active; cp -a $new tmp; cp -r $old previous; rm -r previous/modules/100",
        ),
        ("copied, nothing removed", "cp -a $old active; cp -a $new tmp; cp -r $old previous"),
        ("removing the sandbox", "cp -a $old previous; cp -r $new active; cp -a $new tmp; rm -r tmp/modules"),
        (
            "removing the sandbox, its number first",
            "cp -a $old previous; cp -r $new active; cp -a $new tmp; rm tmp/commit_num",
        ),
        // A second transaction, killed in its sandbox, with what the first left of `previous`.
        ("another sandbox", "cp -a $old previous; cp -a $new active; rm -r active/modules/400; cp -r $new tmp"),
    ] {
        commits.arrange(script);
        assert_eq!(commits.found(), None, "{shape}");
        commits.scratch.semodule(&["-B"]).unwrap();
        assert!(commits.scratch.semodule(&["-lfull"]).unwrap().contains("100 base"), "{shape}");
    }
}

/// The rename that repairs it has the same limits as that of libsemanage.
#[test]
fn on_an_overlay_file_system() {
    const IN_NAMESPACE: &str = "HOSTPREP_TEST_OVERLAY";
    let me = host::process::environment::Environment::of_process();
    if me.get(IN_NAMESPACE).is_none() {
        let program = std::env::current_exe().unwrap();
        let test = ["--exact", "interrupted::on_an_overlay_file_system"];
        let again =
            Command::new("unshare").args(["--mount", "env"]).arg(format!("{IN_NAMESPACE}=1")).arg(program).args(test);
        runner().run(&again).unwrap();
        return;
    }
    for (shape, _, script) in CUT_SHORT {
        let commits = Commits::new();
        commits.arrange(script);
        let store = commits.store();
        let layers = commits.kept.join("layers");
        sh(
            "mkdir -p \"$2/upper\" \"$2/work\"; mount -t tmpfs none \"$2\"; mkdir \"$2/upper\" \"$2/work\"
             mount -t overlay none -o \"lowerdir=$1,upperdir=$2/upper,workdir=$2/work,redirect_dir=off\" \"$1\"",
            &[&store, &layers],
        );
        let found = commits.found().unwrap_or_else(|| panic!("{shape}"));
        assert!(found.restore_previous(&commits.scratch.root).unwrap(), "{shape}");
        assert_eq!(commits.found(), None, "{shape}");
        commits.expect_old(shape);
        sh("umount \"$1\"; umount \"$2\"", &[&store, &layers]);
    }
}
