//! Managed directories.

use std::path::Path;

use faults::{Reason, Remedy};
use host::log::Level;
use host::{FileError, InsideText};
use nix::errno::Errno;
use nix::unistd::{Gid, fchown};

use super::ActionError;
use crate::context::Context;
use crate::journal::{Journal, Made};
use crate::outcome::Finding;
use crate::place::{make_parent, open_parent};

/// Makes a managed directory; the journal has it first.
pub(super) fn make(cx: &Context, journal: &mut Journal, path: &Path, mode: u32) -> Result<(), ActionError> {
    let (dir, name) = make_parent(cx.root, path).map_err(|e| ActionError::Host(failure(cx, path, &e)))?;
    let made = Made::Directory { path: path.to_owned() };
    journal.record(made.clone())?;
    if let Err(e) = dir.make_dir(&name, mode) {
        // It may be made and have failed after that; then it stays ours.
        if e.errno() == Some(Errno::EEXIST) || dir.stat(&name)?.is_none() {
            journal.forget(&made)?;
        }
        return Err(ActionError::Host(failure(cx, path, &e)));
    }
    cx.log.line(Level::Info, &format!("made {} {mode:04o}", cx.root.shown(path).display()));
    Ok(())
}

/// Changes mode and group through the descriptor.
pub(super) fn adjust(cx: &Context, path: &Path, mode: Option<(u32, u32)>, gid: Option<u32>) -> Result<(), ActionError> {
    let (dir, name) = open_parent(cx.root, path)?;
    let directory = dir.dir(&name)?;
    let shown = cx.root.shown(path);
    // Between looking and opening somebody else may have put another directory here.
    if directory.stat_self()?.st_uid != 0 {
        let detail = format!("{} changed its owner while it was checked", path.display());
        let remedy = vec![Remedy::hostprep(["repair"])];
        return Err(ActionError::Host(Finding { reason: Reason::DirectoryOwner, detail, remedy }));
    }
    if gid.is_some() {
        fchown(&directory, None, Some(Gid::from_raw(0)))
            .map_err(|e| ActionError::Host(failure(cx, path, &FileError::new("change the group of", &shown, e))))?;
    }
    if let Some((now, to_be)) = mode {
        directory.set_mode(to_be).map_err(|e| ActionError::Host(failure(cx, path, &e)))?;
        cx.log.line(Level::Info, &format!("{} was {now:04o}, is {to_be:04o}", shown.display()));
    }
    Ok(())
}

/// What a failed change of a directory means.
pub(super) fn failure(cx: &Context, path: &Path, error: &FileError) -> Finding {
    let reason = match error.errno() {
        Some(Errno::EROFS) => Reason::ReadOnlyFilesystem,
        _ => Reason::DirectoryMode,
    };
    let first = match error.errno() {
        Some(Errno::EROFS) => Some(Remedy::manual("mount the file system read-write")),
        Some(Errno::EPERM) => Some(cx.remedy_on(&["chattr", "-i", "-a"], &[path])),
        _ => None,
    };
    let remedy = first.into_iter().chain([Remedy::hostprep(["repair"])]).collect();
    Finding { reason, detail: error.inside_text(cx.root), remedy }
}
