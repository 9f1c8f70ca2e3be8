//! A small Debian system of its own, entered by `chroot`.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program::{Caller, Run};
use crate::setup;
use crate::snapshot::Snapshot;

/// A system in a temporary place. Paths are its own.
#[derive(Debug)]
pub struct System {
    place: TempDir,
}

impl System {
    /// A fresh one with these packages; `name` names the cache that it is unpacked from. Its `login.defs` says
    /// `USERGROUPS_ENAB no`.
    #[must_use]
    pub fn new(name: &str, packages: &[&str]) -> Self {
        let system = Self { place: setup::chroot(name, packages) };
        system.edit("/etc/login.defs", |text| text.replace("USERGROUPS_ENAB yes", "USERGROUPS_ENAB no"));
        system
    }

    /// `inside` as this process would name it.
    #[must_use]
    pub fn at(&self, inside: &str) -> PathBuf {
        self.place.path().join(inside.trim_start_matches('/'))
    }

    /// A command in the system.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Caller::Root.command("chroot");
        command.arg(self.place.path()).arg(program);
        command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs a command line in the system: words that hold no blanks.
    #[must_use]
    pub fn run(&self, line: &str) -> Run {
        let mut words = line.split_whitespace();
        Run::of(self.command(words.next().unwrap_or_default()).args(words))
    }

    /// Copies a file of this machine in.
    pub fn copy(&self, from: &Path, inside: &str) {
        let to = self.at(inside);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        setup::run(Command::new("cp").arg(from).arg(to));
    }

    /// The text of a file.
    #[must_use]
    #[track_caller]
    pub fn text(&self, inside: &str) -> String {
        std::fs::read_to_string(self.at(inside)).unwrap_or_else(|e| panic!("{inside}: {e}"))
    }

    /// Makes or overwrites a file, and the directories above it.
    pub fn file(&self, inside: &str, text: &str) {
        let path = self.at(inside);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap_or_else(|e| panic!("{inside}: {e}"));
    }

    /// Changes the text of a file.
    pub fn edit(&self, inside: &str, change: impl FnOnce(String) -> String) {
        self.file(inside, &change(self.text(inside)));
    }

    /// Copies the real policy store and its configuration in: SELinux is then configured as enforcing.
    pub fn policy_store(&self) {
        let mut copy = Command::new("cp");
        copy.args(["-R", "--preserve=mode,timestamps"]).arg(setup::policy_store().join(".")).arg(self.place.path());
        setup::run(&mut copy);
    }

    /// Everything that can be known of the tree now, but for devices.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.place.path()).without(&["/dev"])
    }
}
