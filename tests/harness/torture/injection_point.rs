//! A point at which a run is disturbed: a system call, identified by its process and its index among the calls of its kind.

use std::fmt;

use nix::libc;

use super::scenario::Scenario;
use super::tracee::{self, Actor, Call, Stops, Then};
use super::worker_root::WorkerRoot;

/// A system call of the undisturbed run.
#[derive(Debug, Clone)]
pub struct InjectionPoint {
    /// Who makes it.
    pub actor: Actor,
    /// The how manieth of its kind by this actor.
    pub number: u32,
    /// The number of the system call.
    pub which: i64,
    /// The program.
    pub program: String,
    /// Whether the first process, the command itself, makes the call.
    pub is_of_first: bool,
    /// Whether other processes of the tree are alive.
    pub accompanied: bool,
}

impl InjectionPoint {
    /// Returns whether `call` is this point, before the kernel executes it.
    #[must_use]
    pub fn is(&self, call: &Call) -> bool {
        let same_call = (call.which, call.number) == (self.which, self.number);
        same_call && call.result.is_none() && call.actor == self.actor
    }

    /// Returns whether hostprep itself makes the call.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.program == "hostprep"
    }

    /// Returns whether an account tool makes the call.
    #[must_use]
    pub fn is_of_account_tool(&self) -> bool {
        ["useradd", "userdel", "usermod", "groupadd", "groupdel", "groupmod"].contains(&self.program.as_str())
    }

    /// Returns whether the call changes files or names that other processes see.
    #[must_use]
    pub fn changes(&self) -> bool {
        CHANGING.iter().any(|(which, _)| *which == self.which)
    }
}

impl fmt::Display for InjectionPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = CHANGING.iter().chain(OPENING).find(|(which, _)| *which == self.which);
        let name = name.map_or_else(|| format!("system call {}", self.which), |(_, name)| (*name).to_owned());
        write!(f, "{} ({}), {name} number {}", self.program, self.actor, self.number)
    }
}

/// Calls that change what others see of files.
pub const CHANGING: &[(i64, &str)] = &[
    (libc::SYS_write, "write"),
    (libc::SYS_pwrite64, "pwrite64"),
    (libc::SYS_writev, "writev"),
    (libc::SYS_rename, "rename"),
    (libc::SYS_renameat, "renameat"),
    (libc::SYS_renameat2, "renameat2"),
    (libc::SYS_fsync, "fsync"),
    (libc::SYS_fdatasync, "fdatasync"),
    (libc::SYS_syncfs, "syncfs"),
    (libc::SYS_link, "link"),
    (libc::SYS_linkat, "linkat"),
    (libc::SYS_symlink, "symlink"),
    (libc::SYS_symlinkat, "symlinkat"),
    (libc::SYS_chmod, "chmod"),
    (libc::SYS_fchmod, "fchmod"),
    (libc::SYS_fchmodat, "fchmodat"),
    (libc::SYS_chown, "chown"),
    (libc::SYS_fchown, "fchown"),
    (libc::SYS_fchownat, "fchownat"),
    (libc::SYS_mkdir, "mkdir"),
    (libc::SYS_mkdirat, "mkdirat"),
    (libc::SYS_unlink, "unlink"),
    (libc::SYS_unlinkat, "unlinkat"),
    (libc::SYS_rmdir, "rmdir"),
    (libc::SYS_ftruncate, "ftruncate"),
    (libc::SYS_utimensat, "utimensat"),
    (libc::SYS_fsetxattr, "fsetxattr"),
    (libc::SYS_lsetxattr, "lsetxattr"),
    (libc::SYS_setxattr, "setxattr"),
    (libc::SYS_lchown, "lchown"),
    (libc::SYS_truncate, "truncate"),
    (libc::SYS_fallocate, "fallocate"),
];

/// Calls that open a file.
pub const OPENING: &[(i64, &str)] = &[
    (libc::SYS_open, "open"),
    (libc::SYS_openat, "openat"),
    (libc::SYS_openat2, "openat2"),
    (libc::SYS_creat, "creat"),
];

/// Every call of the undisturbed command, but those that only wait.
#[must_use]
pub fn all(scenario: &Scenario) -> Vec<InjectionPoint> {
    std::thread::scope(|scope| scope.spawn(|| of_this_thread(scenario)).join().unwrap())
}

fn of_this_thread(scenario: &Scenario) -> Vec<InjectionPoint> {
    let worker_root = WorkerRoot::of(scenario);
    worker_root.renew();
    let mut points = Vec::new();
    let (mut first, mut processes) = (None, std::collections::BTreeSet::new());
    let ended =
        tracee::run(&worker_root.command(scenario.command), &worker_root.sibling("said"), Stops::AtEach, |call| {
            let process = tracee::process_of(call.thread).unwrap_or(call.thread);
            let first = *first.get_or_insert(process);
            if call.which == libc::SYS_exit_group {
                processes.remove(&process);
            } else {
                processes.insert(process);
            }
            if call.result.is_none() && !call.only_waits() {
                points.push(InjectionPoint {
                    actor: call.actor.clone(),
                    number: call.number,
                    which: call.which,
                    program: call.program.clone(),
                    is_of_first: process == first,
                    accompanied: processes.len() > 1,
                });
            }
            Then::Go
        });
    assert!(matches!(ended.code, Some(0 | 3 | 4)), "{}, traced: {ended:?}", scenario.name);
    points
}
