//! A small Debian system in a chroot.

use std::ops::Deref;
use std::path::Path;
use std::process::Command;

use crate::program::{Caller, Run};
use crate::scratch::{KERNEL, ScratchRoot};
use crate::snapshot::Snapshot;
use crate::{packages, setup};

/// What the account tools, apt, dpkg, rpm and dnf maintain on every system, whatever is installed.
pub const OF_TOOLS: &[&str] = &[
    "/etc/passwd-",
    "/etc/group-",
    "/etc/shadow-",
    "/etc/gshadow-",
    "/etc/.pwd.lock",
    "/tmp",
    "/root",
    "/var/cache",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/dnf",
    "/var/lib/rpm",
    "/var/log/apt",
    "/var/log/alternatives.log",
    "/var/log/dpkg.log",
    "/var/log/dnf.log",
    "/var/log/dnf.librepo.log",
    "/var/log/dnf.rpm.log",
    "/var/log/hawkey.log",
    "/var/log/faillog",
    "/var/log/lastlog",
];

/// A scratch root that holds a whole system, with its own programs. Paths are its own.
#[derive(Debug)]
pub struct System {
    root: ScratchRoot,
}

/// Files are read and made as in every other scratch root.
impl Deref for System {
    type Target = ScratchRoot;

    fn deref(&self) -> &ScratchRoot {
        &self.root
    }
}

impl System {
    /// A fresh one with these packages and a kernel; `name` names the cache that it is unpacked from. Its `login.defs` says
    /// `USERGROUPS_ENAB no`.
    #[must_use]
    pub fn new(name: &str, packages: &[&str]) -> Self {
        let system = Self { root: ScratchRoot::existing(setup::chroot(name, packages)) };
        system.edit("/etc/login.defs", |text| text.replace("USERGROUPS_ENAB yes", "USERGROUPS_ENAB no"));
        system.root.give_kernel(KERNEL);
        system
    }

    /// A fresh one with rpm, dnf and zypper and the facts of AlmaLinux 9. What packages require and Debian's files are, a package
    /// `host-provides` says that it provides, and so `more`.
    #[must_use]
    pub fn with_rpm(more: &[&str]) -> Self {
        Self::new("bookworm-rpm", &["rpm", "dnf", "zypper"]).as_with_rpm(more)
    }

    /// Makes a fresh one, which has these programs, what [`Self::with_rpm`] returns.
    #[must_use]
    pub fn as_with_rpm(self, more: &[&str]) -> Self {
        let system = self;
        // Debian's rpm keeps its database in root's home.
        system.file("/etc/rpm/macros.dbpath", "%_dbpath /var/lib/rpm\n");
        system.copy(&setup::fixture("os-release/almalinux-9"), "/etc/os-release");
        let (_place, host) = packages::host_provides(more);
        system.copy(&host, "/tmp/host-provides.rpm");
        system.run("rpm --upgrade /tmp/host-provides.rpm").expect_code(0);
        // The package filesystem owns them on a real host.
        let manual = "/usr/share/man";
        let sections = format!("{manual}/man7 {manual}/ja/man7 {manual}/ko/man7 {manual}/zh_TW/man7");
        system.run(&format!("mkdir -p {sections}")).expect_code(0);
        system
    }

    /// Its tree, for what lays something over it.
    #[must_use]
    pub fn into_root(self) -> ScratchRoot {
        self.root
    }

    /// A command in the system.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Caller::Root.command("chroot");
        command.arg(self.path()).arg(program);
        command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs a command line in the system: words that hold no blanks.
    #[must_use]
    pub fn run(&self, line: &str) -> Run {
        let mut words = line.split_whitespace();
        Run::of(self.command(words.next().unwrap_or_default()).args(words))
    }

    /// Copies a file of this machine in, with its mode.
    pub fn copy(&self, from: &Path, inside: &str) {
        let to = self.at(inside);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        setup::run(Command::new("cp").arg(from).arg(to));
    }

    /// Changes the text of a file and keeps its mode.
    pub fn edit(&self, inside: &str, change: impl FnOnce(String) -> String) {
        std::fs::write(self.at(inside), change(self.text(inside))).unwrap_or_else(|e| panic!("{inside}: {e}"));
    }

    /// Everything that can be known of the tree now, but for devices.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.path()).without(&["/dev"])
    }
}
