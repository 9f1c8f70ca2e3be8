//! The kind of the prepared system. It decides whether the running kernel, its policy and its memory are those of that system.

use crate::Root;
use crate::fs::FileId;

/// The kind of the prepared system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemKind {
    /// A running host: kernel, policy and memory are its own.
    Running,
    /// A chroot in another system, such as an image build or an installer: another kernel boots it.
    Chroot,
    /// A container: the kernel is the host's.
    Container,
    /// An alternate root (`--root`): only its files are known.
    Image,
}

impl SystemKind {
    /// Returns the kind: by the markers that container managers leave, then by whether process 1 has the same root.
    #[must_use]
    pub fn of(root: &Root) -> Self {
        if root.is_alternate() {
            return Self::Image;
        }
        let marked =
            ["/run/systemd/container", "/run/.containerenv", "/.dockerenv"].iter().any(|path| root.exists(path));
        let announced = root
            .read("/proc/1/environ", 64 * 1024)
            .is_ok_and(|bytes| bytes.split(|&byte| byte == 0).any(|variable| variable.starts_with(b"container=")));
        // Without either, as under Kubernetes, the PID namespace shows it (linux/proc_ns.h, PROC_PID_INIT_INO). A plain chroot
        // has that of its host.
        let pid_namespace = root.link_target("/proc/self/ns/pid");
        let foreign = pid_namespace.is_some_and(|link| link.as_os_str() != "pid:[4026531836]");
        if marked || announced || foreign {
            Self::Container
        } else if is_chroot() {
            Self::Chroot
        } else {
            Self::Running
        }
    }

    /// Returns whether the running kernel is that of the prepared system.
    #[must_use]
    pub fn is_running(self) -> bool {
        self == Self::Running
    }

    /// Returns whether the prepared system has no kernel of its own.
    #[must_use]
    pub fn is_container(self) -> bool {
        self == Self::Container
    }
}

/// Returns whether process 1 has another root, as systemd decides it (`running_in_chroot`). Without `/proc`, no system was
/// booted here.
fn is_chroot() -> bool {
    use nix::errno::Errno;
    use nix::sys::stat::stat;
    match (stat("/proc/1/root/."), stat("/")) {
        (Ok(first), Ok(ours)) => FileId::of(&first) != FileId::of(&ours),
        (Err(Errno::ENOENT), _) => true,
        _ => false,
    }
}
