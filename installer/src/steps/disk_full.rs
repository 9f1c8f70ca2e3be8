//! How to make room on a file system that is full.

use faults::{Reason, Remedy};
use host::fs::InRoot;
use host::{FileError, InsideText};
use nix::errno::Errno;

use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;

/// Returns whether the file system, or the user's part of it, is full.
pub(in crate::steps) fn is_full(error: &FileError) -> bool {
    matches!(error.errno(), Some(Errno::ENOSPC | Errno::EDQUOT))
}

/// Returns the finding that `error` kept a run from writing a file of hostprep's own, such as the receipt; `None` if it is no error
/// of a full file system.
pub(crate) fn own_file(cx: &HostContext, error: &Error) -> Option<Finding> {
    let error = error.file_error().filter(|error| is_full(error))?;
    Some(finding(cx, &cx.root.inside(&error.path)?, error))
}

/// Returns the finding that `path` cannot be written.
pub(in crate::steps) fn finding(cx: &HostContext, path: &InRoot, error: &FileError) -> Finding {
    // What is to be created is missing.
    let above = path.ancestors().find(|above| cx.root.dir(above).is_ok()).unwrap_or_else(InRoot::top);
    let space = cx.root.dir(&above).and_then(|dir| dir.space()).ok();
    let is_without_inodes = space.and_then(|space| space.inodes) == Some(0);
    let mut remedy = free_space(cx, &above, is_without_inodes, &Remedy::hostprep(["repair"]));
    if error.errno() == Some(Errno::EDQUOT) {
        // There may be space on the file system itself.
        remedy[0] =
            cx.remedy_on(&["df", "-h"], &[&above]).with_comment("raise the quota on this file system, or delete files");
    }
    Finding { reason: Reason::DiskFull, detail: error.inside_text(cx.root), remedy }
}

/// Returns how to make room on the file system of `path`, for files or, if `inodes`, for more of them; then `again`.
pub(in crate::steps) fn free_space(cx: &HostContext, path: &InRoot, inodes: bool, again: &Remedy) -> Vec<Remedy> {
    let (option, note) =
        if inodes { ("-i", "delete files on this file system") } else { ("-h", "free space on this file system") };
    vec![cx.remedy_on(&["df", option], &[path]).with_comment(note), again.clone()]
}
