//! How to make room on a file system that is full.

use faults::Remedy;
use host::fs::InRoot;

use crate::model::host_context::HostContext;

/// Returns how to make room on the file system of `path`, for files or, if `inodes`, for more of them; then `again`.
pub(in crate::steps) fn free_space(cx: &HostContext, path: &InRoot, inodes: bool, again: &Remedy) -> Vec<Remedy> {
    let (option, note) =
        if inodes { ("-i", "delete files on this file system") } else { ("-h", "free space on this file system") };
    vec![cx.remedy_on(&["df", option], &[path]).with_comment(note), again.clone()]
}
