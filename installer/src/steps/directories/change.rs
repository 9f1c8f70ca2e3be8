//! Creating, changing and removing the managed directories.

use faults::{Reason, Remedy};
use host::fs::{InRoot, OpenPolicy};
use host::log::Level;
use host::{FileError, InsideText, Root};
use nix::errno::Errno;
use nix::unistd::{Gid, fchown};

use crate::model::action::{Action, ActionError, Applied};
use crate::model::host_context::HostContext;
use crate::model::receipt::{Created, Receipt};
use crate::model::report::Finding;
use crate::model::step::Removal;
use crate::steps::disk_full;

/// Creates a managed directory; the receipt lists it first.
#[derive(Debug)]
pub(super) struct CreateDirectory {
    /// As the prepared host sees it.
    pub path: InRoot,
    /// Its mode.
    pub mode: u32,
}

impl Action for CreateDirectory {
    fn describe(&self, root: &Root) -> Vec<String> {
        vec![format!("mkdir -m {:04o} {}", self.mode, root.host_path(&self.path).display())]
    }

    fn apply(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let Self { path, mode } = self;
        let (dir, name) = cx
            .root
            .create_parent(path, OpenPolicy::NoSymlinks)
            .map_err(|e| ActionError::HostProblem(failure(cx, path, &e)))?;
        let created = Created::Directory { path: path.clone() };
        receipt.record(created.clone())?;
        if let Err(e) = dir.make_dir(&name, *mode) {
            // It may be made and have failed after that; then it stays ours.
            if e.errno() == Some(Errno::EEXIST) || dir.stat(&name)?.is_none() {
                receipt.remove_entry(&created)?;
            }
            return Err(ActionError::HostProblem(failure(cx, path, &e)));
        }
        cx.log.line(Level::Info, &format!("created {} {mode:04o}", cx.root.host_path(path).display()));
        Ok(Applied::Changed)
    }
}

/// Changes mode and group of a managed directory, through its descriptor.
#[derive(Debug)]
pub(super) struct AdjustDirectory {
    /// As the prepared host sees it.
    pub path: InRoot,
    /// The mode now and the mode to be.
    pub mode: Option<(u32, u32)>,
    /// The group now, if it is not root's.
    pub gid: Option<u32>,
}

impl Action for AdjustDirectory {
    fn describe(&self, root: &Root) -> Vec<String> {
        let path = root.host_path(&self.path);
        let mut lines = Vec::new();
        if let Some(gid) = self.gid {
            lines.push(format!("chgrp root {}  # was {gid}", path.display()));
        }
        if let Some((now, to_be)) = self.mode {
            lines.push(format!("chmod {to_be:04o} {}  # was {now:04o}", path.display()));
        }
        lines
    }

    fn apply(&self, cx: &HostContext, _receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let Self { path, mode, gid } = self;
        let (dir, name) = cx.root.open_parent(path, OpenPolicy::NoSymlinks)?;
        let directory = dir.dir(&name)?;
        let host_path = cx.root.host_path(path);
        // Since it was looked at, another process may have put another directory here.
        if directory.stat_self()?.st_uid != 0 {
            let detail = format!("{} changed its owner while it was checked", path.display());
            let remedy = vec![Remedy::hostprep(["repair"])];
            return Err(ActionError::HostProblem(Finding { reason: Reason::DirectoryOwner, detail, remedy }));
        }
        if gid.is_some() {
            fchown(&directory, None, Some(Gid::from_raw(0))).map_err(|e| {
                ActionError::HostProblem(failure(cx, path, &FileError::new("change the group of", &host_path, e)))
            })?;
        }
        if let Some((now, to_be)) = *mode {
            directory.set_mode(to_be).map_err(|e| ActionError::HostProblem(failure(cx, path, &e)))?;
            cx.log.line(Level::Info, &format!("{} was {now:04o}, is {to_be:04o}", host_path.display()));
        }
        Ok(Applied::Changed)
    }
}

/// Plans to remove the directories that the receipt lists, the last created first.
pub(super) fn plan_removal(receipt: &Receipt) -> Removal {
    let remove = |created: &Created| match created {
        Created::Directory { path } => Some(Box::new(RemoveDirectory { path: path.clone() }) as Box<dyn Action>),
        _ => None,
    };
    Removal { actions: receipt.created().iter().rev().filter_map(remove).collect(), failed: Vec::new() }
}

/// Removes a directory if it is empty.
#[derive(Debug)]
struct RemoveDirectory {
    /// As the prepared host sees it.
    path: InRoot,
}

impl Action for RemoveDirectory {
    fn describe(&self, root: &Root) -> Vec<String> {
        vec![format!("rmdir {}  # if it is empty", root.host_path(&self.path).display())]
    }

    fn apply(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let removed = cx.root.remove_empty_dir(&self.path)?;
        receipt.remove_entry(&Created::Directory { path: self.path.clone() })?;
        Ok(if removed { Applied::Changed } else { Applied::Unchanged })
    }
}

/// Returns what a failed change of a directory means.
pub(in crate::steps) fn failure(cx: &HostContext, path: &InRoot, error: &FileError) -> Finding {
    if disk_full::is_full(error) {
        return disk_full::finding(cx, path, error);
    }
    let again = Remedy::hostprep(["repair"]);
    // What is to be created is missing, and the obstacle is the directory above it.
    let above = path.ancestors().find(|above| cx.root.exists(above)).unwrap_or_else(InRoot::top);
    let (reason, remedy) = match error.errno() {
        Some(Errno::EROFS) => {
            (Reason::ReadOnlyFilesystem, vec![Remedy::manual("mount the file system read-write"), again])
        }
        Some(Errno::EPERM) => (Reason::DirectoryMode, vec![cx.remedy_on(&["chattr", "-i", "-a"], &[&above]), again]),
        _ => (Reason::DirectoryMode, vec![again]),
    };
    Finding { reason, detail: error.inside_text(cx.root), remedy }
}
