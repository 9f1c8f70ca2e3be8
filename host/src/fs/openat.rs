//! Opens one name in an opened directory, without following a symbolic link or leaving the directory.
//!
//! With `openat2(2)` (Linux 5.6), the kernel guarantees it. Without, a single name and `O_NOFOLLOW` have the same effect: no
//! earlier component can be a link. A whole path is opened by `openat2` alone; without it, the caller walks.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use rustix::fs::{OFlags, ResolveFlags, openat2};

/// Unset once the kernel has refused `openat2`, which is then not tried again.
static TRIED_FIRST: AtomicBool = AtomicBool::new(true);

/// Opens `name` in `dir` with `flags`; a symbolic link is `ELOOP`, or `ENOTDIR` with `O_DIRECTORY` on older kernels.
pub(crate) fn open_at(dir: impl AsFd, name: &OsStr, flags: OFlag, mode: Mode) -> Result<OwnedFd, Errno> {
    if !is_single(name) {
        return Err(Errno::EINVAL);
    }
    let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let older = || openat(&dir, name, flags, mode);
    if !TRIED_FIRST.load(Ordering::Relaxed) {
        return older();
    }
    match newer(&dir, name, flags, mode) {
        Err(Errno::ENOSYS) => {
            TRIED_FIRST.store(false, Ordering::Relaxed);
            older()
        }
        // The file itself, or a filter that does not know the call (seccomp(2)): the older call shows which.
        Err(Errno::EPERM) => older().inspect(|_| TRIED_FIRST.store(false, Ordering::Relaxed)),
        opened => opened,
    }
}

/// Opens what `path`, without `..`, leads down to from `dir`, with no symbolic link on the way. `ENOENT` is the only error that is
/// returned: a part of the path is missing, and no link precedes it. Returns `None` if the call fails for another reason, and where
/// there is no `openat2`.
pub(crate) fn open_below(dir: impl AsFd, path: &Path, flags: OFlag) -> Option<Result<OwnedFd, Errno>> {
    if !TRIED_FIRST.load(Ordering::Relaxed) {
        return None;
    }
    match newer(dir, path.as_os_str(), flags | OFlag::O_CLOEXEC, Mode::empty()) {
        Err(Errno::ENOSYS) => {
            TRIED_FIRST.store(false, Ordering::Relaxed);
            None
        }
        opened @ (Ok(_) | Err(Errno::ENOENT)) => Some(opened),
        Err(_) => None,
    }
}

fn newer(dir: impl AsFd, name: &OsStr, flags: OFlag, mode: Mode) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::from_bits_retain(flags.bits().cast_unsigned());
    // The call refuses a mode without O_CREAT.
    let mode = if flags.contains(OFlags::CREATE) { mode } else { Mode::empty() };
    let mode = rustix::fs::Mode::from_raw_mode(mode.bits());
    openat2(dir, name, flags, mode, resolve).map_err(|e| Errno::from_raw(e.raw_os_error()))
}

/// Returns whether `name` is one component that leads down.
fn is_single(name: &OsStr) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.as_bytes().contains(&b'/')
}

#[cfg(test)]
mod tests;
