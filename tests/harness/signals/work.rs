//! The calls of hostprep that are disturbed.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::program::{Caller, Run, binary, run_hostprep};
use crate::scratch::{KERNEL, ScratchRoot};
use crate::{login_defs, setup};

/// A call of hostprep, and the state of the root that it is made in.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// For people.
    pub name: &'static str,
    /// Its words, without `--root`.
    pub words: &'static [&'static str],
    ready: fn(&ScratchRoot),
}

/// All that are swept.
pub const ALL: [Work; 7] = [
    Work { name: "repair", words: &["repair"], ready: nothing },
    Work { name: "rpm-post", words: &["hook", "rpm", "post", "1"], ready: nothing },
    Work { name: "rpm-posttrans", words: &["hook", "rpm", "posttrans", "1"], ready: nothing },
    Work { name: "deb-postinst", words: &["hook", "deb", "postinst", "configure", ""], ready: nothing },
    Work { name: "recovery", words: &["repair"], ready: leave_window_open },
    Work { name: "remove", words: &["remove"], ready: repair },
    Work { name: "deb-prerm", words: &["hook", "deb", "prerm", "remove"], ready: repair },
];

impl Work {
    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|work| work.name == name)
    }

    /// Creates a root for this work, and returns it with its unchanged `login.defs`.
    pub(super) fn root(self) -> (ScratchRoot, super::login_defs::LoginDefs) {
        let root = root();
        let login_defs = super::login_defs::LoginDefs::of(&root);
        (self.ready)(&root);
        (root, login_defs)
    }

    /// A command that does it under `strace` with these options.
    pub(super) fn traced(self, root: &ScratchRoot, options: &[&str], trace: &Path) -> Command {
        // What the shell that started the tests ignores would be ignored. Nothing that hangs holds the tests up.
        let mut command = Caller::Root.command("env");
        command
            .args(["--default-signal", "timeout", "--kill-after=1", "60", "strace", "-qq"])
            .args(options)
            .arg("-o")
            .arg(trace);
        command.arg("--").arg(binary()).args(self.args(root));
        command
    }

    /// Does it.
    pub(super) fn run(self, root: &ScratchRoot) -> Run {
        run_hostprep(self.args(root))
    }

    /// The root first: behind a hook's words it would be one of them, and this machine would be prepared.
    fn args(self, root: &ScratchRoot) -> impl Iterator<Item = &OsStr> {
        [OsStr::new("--root"), root.path().as_os_str()].into_iter().chain(self.words.iter().map(OsStr::new))
    }
}

/// A root in memory in which the window must open, and fault 11 is true and stays so.
#[must_use]
pub fn root() -> ScratchRoot {
    let root = ScratchRoot::in_memory("debian-12");
    root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n")).mode("/etc/login.defs", 0o604).kernel(KERNEL, false);
    root
}

fn nothing(_: &ScratchRoot) {}

fn repair(root: &ScratchRoot) {
    root.hostprep(&["repair"]).expect_code(3);
}

/// Leaves a root as SIGKILL does just before hostprep starts `useradd`, after two threads and the process `useradd --help`.
fn leave_window_open(root: &ScratchRoot) {
    let place = setup::open_tempdir();
    let inject = ["-e", "trace=clone3", "-e", "inject=clone3:signal=KILL:when=4"];
    let _ = Run::of(&mut Work::named("repair").unwrap().traced(root, &inject, &place.path().join("trace")));
    assert!(root.text("/etc/login.defs").contains("USERGROUPS_ENAB yes"), "the window was not open");
}
