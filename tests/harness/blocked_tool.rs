//! A tool of this machine that waits until the test lets it run.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Pid, Uid};
use tempfile::TempDir;

use crate::setup;

/// A tool that, once started, waits until it is let go (two minutes at most) and then does its real work. It answers `--help`
/// at once.
#[derive(Debug)]
pub struct BlockedTool {
    place: TempDir,
    tool: PathBuf,
}

impl BlockedTool {
    /// The tool `name`, for instance `useradd`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let found =
            ["/usr/sbin", "/usr/bin"].into_iter().map(|dir| Path::new(dir).join(name)).find(|tool| tool.exists());
        let tool = fs::canonicalize(found.unwrap_or_else(|| panic!("{name} is not installed"))).unwrap();
        let place = setup::open_tempdir();
        fs::create_dir(place.path().join("real")).unwrap();
        // cp writes it, because a process that a parallel test starts would inherit our open file (ETXTBSY).
        setup::run(Command::new("cp").arg(&tool).arg(place.path().join("real").join(name)));
        let script = format!(
            "#!/bin/sh\ncd '{}' || exit\n[ \"$1\" != --help ] || exec real/{name} --help\necho $$ >id\n: >started\nn=0\nwhile [ ! -e go ] && [ $n -lt 2400 ]; do sleep 0.05; n=$((n + 1)); done\n\
             real/{name} \"$@\"\nstatus=$?\n: >ended\nexit $status\n",
            place.path().display()
        );
        let path = place.path().join("script");
        let source = place.path().join("source");
        fs::write(&source, script).unwrap();
        setup::run(Command::new("cp").arg(source).arg(&path));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self { place, tool }
    }

    /// Returns a command that starts `program` as root in a private mount namespace in which this replaces the tool. The started
    /// process becomes `program`.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if !Uid::effective().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        // Nor does it inherit what the shell that started the tests has ignored.
        let mount = "mount --bind \"$0\" \"$1\" && shift && exec env --default-signal \"$@\"";
        command.args(["--", "/bin/sh", "-c", mount]).arg(self.place.path().join("script")).arg(&self.tool).arg(program);
        command
    }

    /// Waits until the tool is started.
    #[track_caller]
    pub fn wait_until_started(&self) {
        crate::wait_until("the tool is started", || self.has("started"));
    }

    /// The process that was started in the tool's place; hostprep makes it the leader of a group.
    #[must_use]
    pub fn id(&self) -> Pid {
        Pid::from_raw(fs::read_to_string(self.place.path().join("id")).unwrap().trim().parse().unwrap())
    }

    /// Lets the tool do its work.
    pub fn unblock(&self) {
        fs::write(self.place.path().join("go"), "").unwrap();
    }

    /// Returns whether the tool ended by itself.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.has("ended").is_some()
    }

    fn has(&self, mark: &str) -> Option<()> {
        self.place.path().join(mark).exists().then_some(())
    }
}

impl Drop for BlockedTool {
    /// A test that fails leaves nothing waiting.
    fn drop(&mut self) {
        let _ = fs::write(self.place.path().join("go"), "");
    }
}
