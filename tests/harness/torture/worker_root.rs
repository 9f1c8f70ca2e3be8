//! The root of one worker, in memory, recreated for each attempt.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use tempfile::TempDir;

use super::login_defs::LoginDefs;
use super::scenario::Scenario;
use crate::program::{Caller, Run, binary};
use crate::setup;

/// A worker's place.
pub struct WorkerRoot {
    dir: TempDir,
    bound: bool,
}

impl WorkerRoot {
    /// Creates a directory for `scenario` with a template of its root. Its mounts belong to this thread only.
    ///
    /// # Panics
    /// If this is not root.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        unshare(CloneFlags::CLONE_NEWNS).unwrap_or_else(|e| panic!("unshare: {e}; this needs root"));
        mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>).unwrap();
        let memory = Path::new("/dev/shm");
        let mut builder = tempfile::Builder::new();
        builder.prefix("hostprep-torture-");
        let dir = if memory.is_dir() { builder.tempdir_in(memory) } else { builder.tempdir() }.unwrap();
        let worker_root = Self { dir, bound: scenario.bound };
        copy(scenario.root().path(), &worker_root.template());
        worker_root
    }

    fn template(&self) -> PathBuf {
        self.dir.path().join("template")
    }

    /// The root directory that is worked in.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    /// Returns a path next to the root, outside of it.
    #[must_use]
    pub fn sibling(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Recreates the root and returns its `login.defs`.
    pub fn renew(&self) -> LoginDefs {
        let root = self.root();
        self.clear();
        copy(&self.template(), &root);
        if self.bound {
            let file = root.join("etc/login.defs");
            mount(Some(&file), &file, None::<&str>, MsFlags::MS_BIND, None::<&str>).unwrap();
        }
        LoginDefs::of(&root)
    }

    fn clear(&self) {
        let root = self.root();
        while self.bound && umount2(&root.join("etc/login.defs"), MntFlags::MNT_DETACH).is_ok() {}
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
    }

    /// A command that runs the program with `words` on the root.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Caller::Root.command(binary());
        command.arg("--root").arg(self.root()).args(words);
        command
    }

    /// Runs the program undisturbed. One that does not end in a minute is ended.
    #[must_use]
    pub fn run(&self, words: &[&str]) -> Run {
        let mut command = Caller::Root.command("timeout");
        let program = self.command(words);
        command.args(["-s", "KILL", "60"]).arg(program.get_program()).args(program.get_args());
        Run::of(&mut command)
    }
}

impl Drop for WorkerRoot {
    fn drop(&mut self) {
        self.clear();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    setup::run(Command::new("cp").arg("-a").arg(from.join(".")).arg(to));
}
