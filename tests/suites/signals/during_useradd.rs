//! A hostprep that is running, with the window open, while `useradd` is blocked.

use std::process::{Child, Command, Output, Stdio};

use harness::{BlockedTool, ScratchRoot, Snapshot, program, signals};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub const NAME: &str = "cisco-amp-scan-svc";

/// Hostprep, and the `useradd` that it waits for.
pub struct DuringUseradd {
    pub root: ScratchRoot,
    pub useradd: BlockedTool,
    pub child: Child,
    login_defs: Snapshot,
}

impl DuringUseradd {
    /// Starts it through `change`, and waits until the window is open.
    pub fn start(words: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        Self::on(signals::root(), "", words, change)
    }

    /// Does the same with ignored signals, as `nohup` and some daemons start programs.
    pub fn ignoring(signals: &str) -> Self {
        Self::on(signals::root(), signals, &["repair"], |_| ())
    }

    /// Does the same on a root like those of [`signals::root`].
    pub fn on(root: ScratchRoot, ignored: &str, words: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let login_defs = Snapshot::of(&root.at("/etc/login.defs"));
        let useradd = BlockedTool::new("useradd");
        // A shell before it would not pass all of them on.
        let mut command = useradd.command("env");
        if !ignored.is_empty() {
            command.arg(format!("--ignore-signal={ignored}"));
        }
        command.arg(program::binary()).arg("--root").arg(root.path()).args(words);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        change(&mut command);
        let child = command.spawn().unwrap();
        useradd.wait_until_started();
        assert!(root.text("/etc/login.defs").contains("USERGROUPS_ENAB yes"), "the window is open");
        Self { root, useradd, child, login_defs }
    }

    pub fn id(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    pub fn send(&self, signal: Signal) {
        kill(self.id(), signal).unwrap();
    }

    /// Waits for the end; then `login.defs` must be unchanged, without temporary files, and the next run must do the rest.
    #[track_caller]
    pub fn end(self) -> (ScratchRoot, Output) {
        let output = self.child.wait_with_output().unwrap();
        let (root, login_defs) = (self.root, self.login_defs);
        expect_closed(&root, &login_defs);
        root.hostprep(&["repair"]).expect_code(3);
        expect_closed(&root, &login_defs);
        let (user, group) = (root.account("passwd", NAME).unwrap(), root.account("group", NAME).unwrap());
        assert_eq!(user[3], group[2]);
        assert!(root.at("/opt/cisco").is_dir());
        (root, output)
    }
}

/// The window is closed and has left nothing.
#[track_caller]
pub fn expect_closed(root: &ScratchRoot, login_defs: &Snapshot) {
    login_defs.expect_untouched(&Snapshot::of(&root.at("/etc/login.defs")));
    let left: Vec<_> = root.snapshot().paths().filter(|path| path.to_string_lossy().contains("login")).collect();
    assert_eq!(left, [std::path::Path::new("/etc/login.defs"), "/usr/sbin/nologin".as_ref()]);
}

/// It says in one line that it was interrupted and what goes on in that root, and in its exit status.
#[track_caller]
pub fn expect_interrupted(output: &Output, code: i32) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(
        said.contains("To finish, run: hostprep repair --root /")
            && said.contains("interrupted")
            && said.lines().count() == 1,
        "{said}"
    );
}
