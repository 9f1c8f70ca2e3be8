//! Locks of the account files, and which process holds them.
//!
//! shadow's tools create `/etc/passwd.lock` and others, with their PID in it (`do_lock_file` in `lib/commonio.c`). Most also lock
//! `/etc/.pwd.lock` (`lckpwdf(3)`). A tool that exits before it removes them leaves them behind: shadow 4.1.5.1 does so if there
//! is no `login.defs`. The next tool removes a lock that names a dead process, and refuses one that names no process.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::signal::kill;
use nix::sys::stat::FileStat;
use nix::unistd::{Pid, SysconfVar, sysconf};

use crate::Root;
use crate::fs::{is_dir, is_file};

/// The file that `lckpwdf(3)` locks.
pub const PWD_LOCK: &str = "/etc/.pwd.lock";

/// The files that shadow's tools lock.
const LOCKED: [&str; 6] = ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid"];

/// The names of the programs that lock them, as the kernel has them: shadow's, those of util-linux, and systemd's.
pub const ACCOUNT_TOOLS: [&str; 26] = [
    "useradd",
    "userdel",
    "usermod",
    "groupadd",
    "groupdel",
    "groupmod",
    "groupmems",
    "gpasswd",
    "passwd",
    "chpasswd",
    "chgpasswd",
    "chage",
    "chfn",
    "chsh",
    "newusers",
    "pwck",
    "grpck",
    "pwconv",
    "pwunconv",
    "grpconv",
    "grpunconv",
    "vipw",
    "vigr",
    "cppw",
    "cpgr",
    "systemd-sysuser",
];

/// A process that started at least this much later than its lock file was written did not write it. The two times come from
/// different clocks.
const CLOCK_TOLERANCE_SECONDS: i64 = 60;

/// A running process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its PID.
    pub pid: i32,
    /// Its name (`proc_pid_comm(5)`, at most 15 bytes); `None` if that cannot be read.
    pub name: Option<String>,
}

/// The process that a lock file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A running process.
    Running(Process),
    /// A process that no longer runs.
    Gone(i32),
    /// A process that is no account tool and started after the file was written: it got the PID of the one that wrote it. The
    /// account tools do not see that and refuse the lock.
    Reused(Process),
    /// A running process, named in a form that the account tools do not take, as `echo $$` writes it: they refuse the lock for
    /// ever, and the process may need it.
    Misnamed(Process),
    /// A process that no longer runs, named in such a form.
    GoneMisnamed(i32),
    /// No process: the file is empty, or does not hold a PID.
    None,
    /// A directory or another thing that no account tool creates.
    NotAFile,
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

    /// Returns whether the account tools refuse it for ever: no process removes it, and they do not either.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        !matches!(self.owner, Owner::Running(_) | Owner::Gone(_))
    }
}

/// Why `lckpwdf(3)` does not get its lock on [`PWD_LOCK`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PwdLock {
    /// A process.
    Held(Process),
    /// A process that the kernel does not name: it runs in another PID namespace, or holds an open file description lock.
    HeldByUnknown,
    /// No process: a directory, or another thing that cannot be locked, is in its place.
    NotAFile,
}

/// Describes `locks`: for each owner, which of them it holds or left behind.
#[must_use]
pub fn describe(locks: &[AccountLock]) -> String {
    let mut owners: Vec<&Owner> = Vec::new();
    for lock in locks {
        if !owners.contains(&&lock.owner) {
            owners.push(&lock.owner);
        }
    }
    let sentence = |owner: &&Owner| {
        let of = locks.iter().filter(|lock| lock.owner == **owner).map(|lock| lock.path.as_str());
        let paths = of.collect::<Vec<_>>().join(", ");
        match owner {
            Owner::Running(process) => format!("{process} holds {paths}"),
            Owner::Gone(pid) => format!("process {pid}, which no longer runs, left {paths} behind"),
            Owner::GoneMisnamed(pid) => format!(
                "process {pid}, which no longer runs, left {paths} behind, with a line break or other text in it, so the account \
                 tools refuse it"
            ),
            Owner::Reused(process) => format!("{paths} is stale: {process}, named in it, started after it was written"),
            Owner::Misnamed(process) => {
                format!("{paths} names {process} with a line break or other text, so the account tools refuse it")
            }
            Owner::None => format!("no process is named in {paths}"),
            Owner::NotAFile => format!("{paths} is not a file"),
        }
    };
    owners.iter().map(sentence).collect::<Vec<_>>().join("; ")
}

impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "process {} ({name})", self.pid),
            None => write!(f, "process {}", self.pid),
        }
    }
}

/// Returns the lock files in `root`. One that cannot be read is left out.
#[must_use]
pub fn account_locks(root: &Root) -> Vec<AccountLock> {
    let lock = |file: &&str| {
        let lock = format!("{file}.lock");
        let found = root.stat(&lock).ok()??;
        Some(AccountLock { owner: owner_of(root, &lock, &found)?, path: lock })
    };
    LOCKED.iter().filter_map(lock).collect()
}

fn owner_of(root: &Root, path: &str, found: &FileStat) -> Option<Owner> {
    if is_dir(found) {
        return Some(Owner::NotAFile);
    }
    match root.read(path, 64) {
        Ok(content) => Some(owner(&content, found.st_mtime)),
        // A dangling link: it cannot be locked, and `rm` removes it.
        Err(e) if e.is_missing() => Some(Owner::None),
        Err(_) => None,
    }
}

/// Parses the content of a lock file: the PID in decimal digits, with a NUL at the end. `written` is its time of modification.
fn owner(content: &[u8], written: i64) -> Owner {
    let text = std::str::from_utf8(content).unwrap_or_default();
    let text = text.split('\0').next().unwrap_or_default();
    let named = |pid| Process { pid, name: name_of(pid) };
    // As shadow reads it (`get_pid`): blanks before the number, and nothing after it.
    match text.trim_ascii_start().parse() {
        Ok(pid @ 1..) if !is_running(pid) => Owner::Gone(pid),
        Ok(pid @ 1..) => {
            let process = named(pid);
            let is_other = process.name.as_deref().is_some_and(|name| !ACCOUNT_TOOLS.contains(&name));
            let is_younger = started(pid).is_some_and(|start| start > written.saturating_add(CLOCK_TOLERANCE_SECONDS));
            if is_other && is_younger { Owner::Reused(process) } else { Owner::Running(process) }
        }
        Ok(_) => Owner::None,
        Err(_) => match text.split_ascii_whitespace().next().and_then(|word| word.parse().ok()) {
            Some(pid @ 1..) if is_running(pid) => Owner::Misnamed(named(pid)),
            Some(pid @ 1..) => Owner::GoneMisnamed(pid),
            _ => Owner::None,
        },
    }
}

fn is_running(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

/// Returns who holds the lock of `lckpwdf(3)` in `root`; `None` if it is free.
#[must_use]
pub fn pwd_lock(root: &Root) -> Option<PwdLock> {
    // `lckpwdf(3)` creates what a link leads to, if it can.
    let is_dangling = || root.stat(PWD_LOCK).is_ok_and(|found| found.is_some());
    match root.stat_followed(PWD_LOCK) {
        Ok(Some(found)) if !is_file(&found) => return Some(PwdLock::NotAFile),
        Ok(None) if is_dangling() => return Some(PwdLock::NotAFile),
        _ => {}
    }
    let file = root.open(PWD_LOCK).ok()?;
    let mut lock = whole_file();
    fcntl(&file, FcntlArg::F_GETLK(&mut lock)).ok()?;
    if i32::from(lock.l_type) == libc::F_UNLCK {
        return None;
    }
    Some(match lock.l_pid {
        pid @ 1.. => PwdLock::Held(Process { pid, name: name_of(pid) }),
        _ => PwdLock::HeldByUnknown,
    })
}

/// Returns a request for a lock that excludes every other.
fn whole_file() -> libc::flock {
    libc::flock {
        l_type: libc::c_short::try_from(libc::F_WRLCK).unwrap_or_default(),
        l_whence: libc::c_short::try_from(libc::SEEK_SET).unwrap_or_default(),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

/// Returns the account tools that run on this machine; `None` where `/proc` does not show them.
#[must_use]
pub fn running_tools() -> Option<Vec<Process>> {
    let names = Root::system().ok()?.names("/proc").ok()?;
    // A directory that nothing is mounted on has no processes, not even this one.
    name_of(std::process::id().cast_signed())?;
    let process = |name: std::ffi::OsString| {
        let pid: i32 = name.to_str()?.parse().ok()?;
        let name = name_of(pid).filter(|name| ACCOUNT_TOOLS.contains(&name.as_str()))?;
        Some(Process { pid, name: Some(name) })
    };
    Some(names.into_iter().filter_map(process).collect())
}

fn name_of(pid: i32) -> Option<String> {
    let name = Root::system().ok()?.read(format!("/proc/{pid}/comm"), 64).ok()?;
    Some(String::from_utf8_lossy(&name).trim_end().replace(char::is_control, " "))
}

/// Returns when a process started, in seconds since the epoch (`proc_pid_stat(5)`, field 22; `proc_stat(5)`).
fn started(pid: i32) -> Option<i64> {
    let system = Root::system().ok()?;
    let stat = system.read(format!("/proc/{pid}/stat"), 4096).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // The name, in parentheses, may hold spaces and parentheses.
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks: i64 = fields.split(' ').nth(19)?.parse().ok()?;
    let all = system.read("/proc/stat", crate::fs::TEXT_LIMIT).ok()?;
    let all = String::from_utf8_lossy(&all);
    let boot: i64 = all.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    let per_second = sysconf(SysconfVar::CLK_TCK).ok()??;
    Some(boot + ticks.checked_div(per_second)?)
}

#[cfg(test)]
mod tests;
