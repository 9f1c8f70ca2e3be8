//! Whether this is a container, whose kernel is not its own, or a chroot, whose running kernel is not the one that
//! will boot.

use crate::Root;

/// Where hostprep finds itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemKind {
    /// A host, or an alternate root.
    Host,
    /// A chroot in somebody else's system: an image build, an installer.
    Chroot,
    /// A container.
    Container,
}

impl SystemKind {
    /// Looks at the markers that container managers leave, then whether process 1 has the same root.
    #[must_use]
    pub fn of(root: &Root) -> Self {
        if root.is_alternate() {
            return Self::Host;
        }
        let marked =
            ["/run/systemd/container", "/run/.containerenv", "/.dockerenv"].iter().any(|path| root.exists(path));
        let announced = root
            .read("/proc/1/environ", 64 * 1024)
            .is_ok_and(|bytes| bytes.split(|&byte| byte == 0).any(|variable| variable.starts_with(b"container=")));
        // Without either, as under Kubernetes, the process namespace tells (linux/proc_ns.h, PROC_PID_INIT_INO). A plain
        // chroot has that of its host.
        let pid_namespace = root.link_target("/proc/self/ns/pid");
        let foreign = pid_namespace.is_some_and(|link| link.as_os_str() != "pid:[4026531836]");
        if marked || announced || foreign {
            Self::Container
        } else if is_chroot() {
            Self::Chroot
        } else {
            Self::Host
        }
    }
}

/// As systemd decides it (`running_in_chroot`). Without `/proc`, nothing was booted here.
fn is_chroot() -> bool {
    use nix::errno::Errno;
    use nix::sys::stat::stat;
    match (stat("/proc/1/root/."), stat("/")) {
        (Ok(first), Ok(ours)) => (first.st_dev, first.st_ino) != (ours.st_dev, ours.st_ino),
        (Err(Errno::ENOENT), _) => true,
        _ => false,
    }
}
