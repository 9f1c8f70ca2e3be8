//! Lock files of the account tools.
//!
//! shadow's tools create `/etc/passwd.lock` and others, with their PID in it (`do_lock_file` in `lib/commonio.c`). Most also lock
//! `/etc/.pwd.lock` (`lckpwdf(3)`). A tool that exits before it removes them leaves them behind: shadow 4.1.5.1 does so if there
//! is no `login.defs`. The next tool removes a lock that names a dead process, and refuses one that names no process.

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::Root;

/// The files that shadow's tools lock.
const LOCKED: [&str; 6] = ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid"];

/// The process that a lock file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A running process.
    Running(i32),
    /// A process that no longer runs.
    Gone(i32),
    /// No process: the file is empty, or does not hold a PID.
    None,
}

/// A lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLock {
    /// Its path, as the prepared host sees it.
    pub path: String,
    /// The process that it names.
    pub owner: Owner,
}

impl AccountLock {
    /// Returns whether no running process will remove it.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        !matches!(self.owner, Owner::Running(_))
    }
}

/// Describes `locks`: for each owner, which of them it holds or left behind.
#[must_use]
pub fn describe(locks: &[AccountLock]) -> String {
    let mut owners: Vec<Owner> = Vec::new();
    for lock in locks {
        if !owners.contains(&lock.owner) {
            owners.push(lock.owner);
        }
    }
    let sentence = |owner: &Owner| {
        let of = locks.iter().filter(|lock| lock.owner == *owner).map(|lock| lock.path.as_str());
        let paths = of.collect::<Vec<_>>().join(", ");
        match owner {
            Owner::Running(pid) => format!("process {pid} holds {paths}"),
            Owner::Gone(pid) => format!("process {pid}, which no longer runs, left {paths} behind"),
            Owner::None => format!("no process is named in {paths}"),
        }
    };
    owners.iter().map(sentence).collect::<Vec<_>>().join("; ")
}

/// Returns the lock files in `root`. One that cannot be read is left out.
#[must_use]
pub fn account_locks(root: &Root) -> Vec<AccountLock> {
    let lock = |file: &&str| {
        let lock = format!("{file}.lock");
        let owner = owner(&root.read(&lock, 64).ok()?);
        Some(AccountLock { path: lock, owner })
    };
    LOCKED.iter().filter_map(lock).collect()
}

/// Parses the content of a lock file: the PID in decimal digits, with a NUL at the end.
fn owner(content: &[u8]) -> Owner {
    let text = std::str::from_utf8(content).unwrap_or_default();
    match text.trim_end_matches('\0').trim().parse() {
        Ok(pid @ 1..) if kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) => Owner::Gone(pid),
        Ok(pid @ 1..) => Owner::Running(pid),
        _ => Owner::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_lock_is_abandoned_without_a_running_owner() {
        let own = std::process::id();
        let running = format!("{own}\0");
        // Larger than the kernel's PID_MAX_LIMIT, so no process has it.
        let (_dir, root) = testing::with(&[
            ("/etc/passwd.lock", b"5000000\0"),
            ("/etc/shadow.lock", b""),
            ("/etc/group.lock", running.as_bytes()),
            ("/etc/gshadow.lock", b"not a pid"),
            ("/etc/passwd", b"5000000"),
        ]);
        let locks = account_locks(&root);
        let owners: Vec<Owner> = locks.iter().map(|lock| lock.owner).collect();
        assert_eq!(owners, [Owner::Gone(5_000_000), Owner::None, Owner::Running(own.cast_signed()), Owner::None]);
        let at = |name: &str| format!("/etc/{name}");
        assert_eq!(
            describe(&locks),
            format!(
                "process 5000000, which no longer runs, left {} behind; no process is named in {}, {}; process {own} holds {}",
                at("passwd.lock"),
                at("shadow.lock"),
                at("gshadow.lock"),
                at("group.lock")
            )
        );
        let abandoned = locks.iter().filter(|lock| lock.is_abandoned()).count();
        assert_eq!(abandoned, 3);
    }
}
