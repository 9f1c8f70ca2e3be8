//! What a process can see of the system that it runs in, and what follows from it.
//!
//! Marker files alone decide nothing: a host whose disk was made from a container image has them, and an image build in a
//! sandbox has none.

use nix::errno::Errno;
use nix::sys::stat::stat;

use super::{DetectedKind, SystemKind};
use crate::Root;
use crate::fs::FileId;
use crate::process::environment::Environment;
use crate::system::kernel::newest_installed;

/// Left by systemd-nspawn and others (Container Interface), by podman and by docker.
const MARKERS: [&str; 3] = ["/run/systemd/container", "/run/.containerenv", "/.dockerenv"];

/// Returns whether a value of a variable says that the system is not booted.
type Says = fn(&str) -> bool;

/// Set by those who run programs in a system that is not booted: mkosi and rpm-ostree, transactional-update, dpkg.
const DECLARATIONS: [(&str, Says); 3] =
    [("SYSTEMD_OFFLINE", is_yes), ("TRANSACTIONAL_UPDATE", |value| !is_no(value)), ("DPKG_ROOT", is_other_root)];

/// The initial PID namespace (`PROC_PID_INIT_INO` in linux/proc_ns.h).
const INITIAL_PID_NAMESPACE: &str = "pid:[4026531836]";

/// Hosts with containers have thousands of mount points, of some hundred bytes each.
const MOUNTS_LIMIT: u64 = 8 * 1024 * 1024;

/// The root directory of process 1, compared with ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstRoot {
    /// Ours too.
    Same,
    /// Another.
    Other,
    /// We may not see it.
    Hidden,
    /// There is no `/proc`.
    NoProc,
}

/// What a process can see of the system that it runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evidence {
    /// The environment variable that says that the system is not booted.
    pub declaration: Option<&'static str>,
    pub first_root: FirstRoot,
    /// Our PID namespace is not the initial one.
    pub has_own_pid_namespace: bool,
    /// We are root, so that process 1 of our own host would not be hidden.
    pub is_root: bool,
    /// A marker file of a container manager.
    pub marker: Option<&'static str>,
    /// `container=` in the environment, ours or that of process 1.
    pub announcement: Option<String>,
    /// systemd runs here as the system manager (`sd_booted(3)`).
    pub is_booted: bool,
    /// A kernel image lies in the root.
    pub has_kernel: bool,
    /// A policy store lies in the root.
    pub has_policy_store: bool,
}

impl Evidence {
    pub(super) fn of(root: &Root, environment: &Environment) -> Self {
        let pid_namespace = root.link_target("/proc/self/ns/pid");
        let has_own_pid_namespace = pid_namespace.is_some_and(|link| link.as_os_str() != INITIAL_PID_NAMESPACE);
        let mut evidence = Self {
            declaration: declaration(environment),
            first_root: first_root(root),
            has_own_pid_namespace,
            is_root: nix::unistd::geteuid().is_root(),
            marker: None,
            announcement: None,
            is_booted: false,
            has_kernel: false,
            has_policy_store: false,
        };
        // A host needs no more than that, and is to be judged quickly.
        if evidence.declaration.is_none() && !evidence.is_first_process_here() {
            evidence.marker = MARKERS.into_iter().find(|path| root.exists(*path));
            evidence.announcement = announcement(root, environment);
            evidence.is_booted = root.exists("/run/systemd/system");
            if evidence.sign_of_container().is_some() {
                evidence.has_kernel = matches!(newest_installed(root), Ok(Some(_)));
                evidence.has_policy_store = has_policy_store(root);
            }
        }
        evidence
    }

    fn is_first_process_here(&self) -> bool {
        !self.has_own_pid_namespace && self.first_root == FirstRoot::Same
    }

    /// Returns the kind, and the evidence that decides.
    pub(super) fn decide(&self) -> DetectedKind {
        let found = |kind, evidence: String| DetectedKind { kind, evidence };
        if let Some(name) = self.declaration {
            return found(SystemKind::Offline, format!("{name} is set"));
        }
        if self.is_first_process_here() {
            return found(SystemKind::Running, "process 1 has this root, in the initial PID namespace".into());
        }
        let container = self.sign_of_container();
        // An ordinary user may not see the root of process 1, so that only signs of something else count.
        if self.first_root == FirstRoot::Hidden && !self.is_root && !self.has_own_pid_namespace {
            if self.is_booted {
                return found(
                    SystemKind::Running,
                    "systemd is the system manager, in the initial PID namespace".into(),
                );
            }
            if container.is_none() {
                return found(SystemKind::Running, "the initial PID namespace, and no sign of a container".into());
            }
            if self.is_marker_alone() && self.has_kernel {
                return found(SystemKind::Running, "a kernel, in the initial PID namespace".into());
            }
        }
        match container {
            // The disk was made from a container image. What `/run` has is the host's, where it is bound into a chroot.
            Some(sign) if self.is_marker_alone() && self.has_kernel => {
                found(SystemKind::Offline, format!("{sign}, but a kernel, and {}", self.sign_of_chroot()))
            }
            Some(sign) if self.has_kernel && self.has_policy_store && !self.is_booted => {
                found(SystemKind::Offline, format!("{sign}, but a kernel and a policy store, and nothing is booted"))
            }
            Some(sign) => found(SystemKind::Container, sign),
            None => found(SystemKind::Offline, self.sign_of_chroot().into()),
        }
    }

    fn sign_of_container(&self) -> Option<String> {
        let announced = || self.announcement.as_ref().map(|name| format!("container={name}"));
        let marked = || self.marker.map(|path| format!("the file {path}"));
        let namespace = || self.has_own_pid_namespace.then(|| "a PID namespace of its own".to_owned());
        announced().or_else(namespace).or_else(marked)
    }

    /// Returns whether nothing but a file speaks for a container. Its manager would also set `container=`, or make a PID namespace.
    fn is_marker_alone(&self) -> bool {
        self.marker.is_some() && self.announcement.is_none() && !self.has_own_pid_namespace
    }

    fn sign_of_chroot(&self) -> &'static str {
        match self.first_root {
            FirstRoot::NoProc => "/proc is not mounted",
            FirstRoot::Hidden => "/proc/1/root cannot be read, even by root",
            FirstRoot::Same | FirstRoot::Other => "process 1 has another root",
        }
    }
}

fn declaration(environment: &Environment) -> Option<&'static str> {
    let is_set = |name: &str, says: Says| environment.get(name).is_some_and(says);
    DECLARATIONS.into_iter().find(|(name, says)| is_set(name, *says)).map(|(name, _)| name)
}

/// As systemd reads a boolean (`parse_boolean`): what is none says nothing.
fn is_yes(value: &str) -> bool {
    ["1", "yes", "y", "true", "t", "on"].iter().any(|yes| value.eq_ignore_ascii_case(yes))
}

fn is_no(value: &str) -> bool {
    ["0", "no", "n", "false", "f", "off"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

/// Returns whether the path `value` is another directory than `/`.
fn is_other_root(value: &str) -> bool {
    value.starts_with('/') && value.bytes().any(|byte| byte != b'/')
}

/// As systemd finds it (`running_in_chroot`).
fn first_root(root: &Root) -> FirstRoot {
    match (stat("/proc/1/root/."), stat("/")) {
        (Ok(first), Ok(ours)) if FileId::of(&first) == FileId::of(&ours) => FirstRoot::Same,
        (Ok(_), Ok(_)) => FirstRoot::Other,
        // With `hidepid=` the processes of others are not there for an ordinary user.
        (Err(Errno::ENOENT), _) if !root.exists("/proc/self/ns") => FirstRoot::NoProc,
        _ => {
            let mounts = |process| {
                let text = root.read(format!("/proc/{process}/mountinfo"), MOUNTS_LIMIT).ok()?;
                Some(String::from_utf8_lossy(&text).into_owned())
            };
            match mounts("self").is_some_and(|ours| has_other_top(&ours, mounts("1").as_deref())) {
                true => FirstRoot::Other,
                false => FirstRoot::Hidden,
            }
        }
    }
}

/// Returns whether our mount points (`proc_pid_mountinfo(5)`) show another root than that of process 1. Every user may read both.
/// In a chroot, only mount points below it are listed: often none at `/`. A copy of the mount namespace has the same file system
/// there, so that a sandbox of the host's is not taken for another root.
fn has_other_top(ours: &str, first: Option<&str>) -> bool {
    /// The device and the directory in it that is mounted at `/`, by the last such line.
    fn top(mounts: &str) -> Option<(&str, &str)> {
        mounts.lines().rev().find_map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
            [_, _, device, directory, "/", ..] => Some((device, directory)),
            _ => None,
        })
    }
    if ours.is_empty() {
        return false;
    }
    match (top(ours), first.map(top)) {
        (None, _) => true,
        (ours, Some(first @ Some(_))) => ours != first,
        (Some(_), _) => false,
    }
}

fn announcement(root: &Root, environment: &Environment) -> Option<String> {
    if let Some(name) = environment.get("container") {
        return Some(name.to_owned());
    }
    let bytes = root.read("/proc/1/environ", 64 * 1024).ok()?;
    let value = bytes.split(|&byte| byte == 0).find_map(|variable| variable.strip_prefix(b"container="))?;
    Some(String::from_utf8_lossy(value).into_owned()).filter(|name| !name.is_empty())
}

/// Returns whether a store or a compiled policy of any type lies where libsemanage and libselinux look. The empty directories that
/// `semodule -l` makes, and those of a package without a policy, are none.
fn has_policy_store(root: &Root) -> bool {
    let is_store = |directory: &str| {
        ["commit_num", "base.pp"].iter().any(|part| root.exists(format!("{directory}/{part}")))
            || root.names(format!("{directory}/modules/100")).is_ok_and(|modules| !modules.is_empty())
    };
    let has_policy = |directory: &str| {
        let names = root.names(format!("{directory}/policy")).unwrap_or_default();
        names.iter().any(|name| name.to_string_lossy().starts_with("policy."))
    };
    ["/var/lib/selinux", "/etc/selinux", "/usr/lib/selinux"].into_iter().any(|top| {
        let types = root.names(top).unwrap_or_default();
        types.iter().filter_map(|name| Some(format!("{top}/{}", name.to_str()?))).any(|directory| {
            // A transaction that was cut short has left the previous policy alone.
            let stores = ["active", "modules/active", "previous"].map(|part| format!("{directory}/{part}"));
            stores.iter().any(|store| is_store(store)) || has_policy(&directory)
        })
    })
}

#[cfg(test)]
mod tests;
