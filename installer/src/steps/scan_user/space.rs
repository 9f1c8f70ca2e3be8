//! Whether the file system of the account files has room for what the account tools write.

use super::protected::ACCOUNT_FILES;
use crate::model::host_context::HostContext;

/// Less than this is too little for copies of the account files.
pub(super) const FEW_INODES: u64 = 10;
const FEW_BYTES: u64 = 64 * 1024;

/// Returns whether the file system of `/etc` takes too little for what an account tool writes: its locks, and copies of the account
/// files.
pub(super) fn is_short_of_space(cx: &HostContext) -> bool {
    let Ok(space) = cx.root.dir("/etc").and_then(|dir| dir.space()) else { return false };
    let sizes = ACCOUNT_FILES.iter().filter_map(|file| cx.root.stat_followed(file).ok().flatten());
    let needed: u64 = sizes.map(|found| u64::try_from(found.st_size).unwrap_or(0)).sum::<u64>() * 2;
    space.bytes < FEW_BYTES.saturating_add(needed) || space.inodes.is_some_and(|inodes| inodes < FEW_INODES)
}
