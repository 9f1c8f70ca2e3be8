//! The processes of the agent's program.

use std::path::PathBuf;

use host::fs::{InRoot, label};
use nix::fcntl::AtFlags;
use nix::sys::stat::{FileStat, fstatat};

use crate::model::host_context::HostContext;

/// A process of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The type of its context.
    pub domain: String,
}

/// Returns the processes that run `program`, also an earlier file of that name. Empty for a system that does not run; one whose files
/// in `/proc` this user may not read is left out.
pub(super) fn of(cx: &HostContext, program: &InRoot) -> Vec<Process> {
    if !cx.is_running_system() {
        return Vec::new();
    }
    let file = cx.root.stat_followed(program).ok().flatten();
    let deleted: Vec<PathBuf> = std::iter::once(program.clone())
        .chain(cx.root.real_path(program).ok())
        .map(|path| format!("{path} (deleted)").into())
        .collect();
    let namespace_of = |pid: u32| cx.root.link_target(format!("/proc/{pid}/ns/mnt"));
    let host_namespace = namespace_of(1);
    let mut found = Vec::new();
    for name in cx.root.names("/proc").unwrap_or_default() {
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let is_file = || file.as_ref().is_some_and(|file| runs(cx, pid, file));
        // A path says something in the mount namespace of process 1 alone: a container may have another program there.
        let is_earlier_file = || {
            cx.root.link_target(format!("/proc/{pid}/exe")).is_some_and(|target| deleted.contains(&target))
                && host_namespace.is_some()
                && namespace_of(pid) == host_namespace
        };
        if !is_file() && !is_earlier_file() {
            continue;
        }
        let Ok(context) = cx.root.read(format!("/proc/{pid}/attr/current"), 4096) else { continue };
        let context = String::from_utf8_lossy(&context).trim_end_matches(['\n', '\0']).to_owned();
        // A context that the policy no longer has is shown as a bare name.
        let domain = label::the_type(&context).unwrap_or(&context).to_owned();
        found.push(Process { pid, domain });
    }
    found.sort_by_key(|process| process.pid);
    found
}

/// Returns whether a process runs `file`. The kernel follows `exe` to the file itself, not by its text.
fn runs(cx: &HostContext, pid: u32, file: &FileStat) -> bool {
    let Ok(directory) = cx.root.dir(format!("/proc/{pid}")) else { return false };
    let found = fstatat(&directory, "exe", AtFlags::empty());
    found.is_ok_and(|found| (found.st_dev, found.st_ino) == (file.st_dev, file.st_ino))
}
