//! File attributes, as `chattr(1)` sets them.

use std::os::fd::{AsFd, AsRawFd};

const APPEND_ONLY: libc_long = 0x20;
const IMMUTABLE: libc_long = 0x10;

#[allow(non_camel_case_types, reason = "the C type of the request")]
type libc_long = nix::libc::c_long;

mod request {
    // linux/fs.h: FS_IOC_GETFLAGS is _IOR('f', 1, long).
    nix::ioctl_read!(get_flags, b'f', 1, nix::libc::c_long);
}

/// Returns whether `file`, or a directory, is immutable or append-only; `false` if the file system has no attributes.
#[must_use]
#[expect(unsafe_code, reason = "an ioctl has no safe form")]
pub fn is_immutable(file: &impl AsFd) -> bool {
    let mut flags: libc_long = 0;
    // SAFETY: the descriptor is open, and FS_IOC_GETFLAGS writes no more than one long.
    let answered = unsafe { request::get_flags(file.as_fd().as_raw_fd(), &raw mut flags) };
    answered.is_ok() && flags & (IMMUTABLE | APPEND_ONLY) != 0
}
