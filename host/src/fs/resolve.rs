//! Resolves a path below a root directory, one component at a time.
//!
//! hostprep resolves symbolic links itself, so that none leads out of the root. This needs neither `openat2` (Linux 5.6), which
//! only checks each step a second time, nor a mounted `/proc`. Where there is `openat2` and no link, one call does it.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, readlinkat};
use nix::sys::stat::{FileStat, Mode, fstat, fstatat};

use crate::fs::in_root::InRoot;
use crate::fs::openat::{open_at, open_below};
use crate::fs::stat::is_link;

/// The number of symbolic links that one resolution follows; Linux has the same limit (`path_resolution(7)`).
pub const MAX_SYMLINKS: usize = 40;

/// The directory that holds the file that a path leads to, and its name there.
pub(crate) struct Resolved {
    pub dir: OwnedFd,
    /// The directory's path inside the root, without a link.
    pub at: InRoot,
    /// `None` if the path leads to a directory that was opened on the way, such as the root.
    pub name: Option<OsString>,
    /// What has that name; `None` if nothing has.
    pub found: Option<FileStat>,
}

/// A directory or a symbolic link on the way.
#[derive(Clone, Copy)]
pub(crate) struct PathStep<'a> {
    /// Its path inside the root, without a link.
    pub path: &'a InRoot,
    /// What it is.
    pub kind: StepKind<'a>,
}

/// What a [`PathStep`] is.
#[derive(Clone, Copy)]
pub(crate) enum StepKind<'a> {
    Directory(&'a OwnedFd),
    Link(&'a FileStat),
}

impl PathStep<'_> {
    /// Returns its metadata; of a directory, that of the opened one.
    pub fn stat(self) -> Result<FileStat, Errno> {
        match self.kind {
            StepKind::Directory(dir) => fstat(dir),
            StepKind::Link(found) => Ok(*found),
        }
    }
}

/// Resolves `path` below `root`. Follows a symbolic link at its end if `follow_last` is set.
pub(crate) fn resolve(root: &OwnedFd, path: &Path, follow_last: bool) -> Result<Resolved, Errno> {
    resolve_without_links(root, path, follow_last)
        .unwrap_or_else(|| resolve_checked(root, path, follow_last, &mut |_| Ok(())))
}

/// Returns the same by one system call for all directories on the way. Returns `None` where that does not do, such as for a path
/// with a symbolic link: the walk follows it, or tells why not.
fn resolve_without_links(root: &OwnedFd, path: &Path, follow_last: bool) -> Option<Result<Resolved, Errno>> {
    let mut names = names(path);
    if names.iter().any(|name| name == "..") {
        return None;
    }
    let name = names.pop_back()?;
    let above: PathBuf = names.iter().collect();
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
    let dir = match names.is_empty() {
        true => root.try_clone().ok()?,
        false => match open_below(root, &above, flags)? {
            Ok(dir) => dir,
            Err(e) => return Some(Err(e)),
        },
    };
    let found = match fstatat(&dir, name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW) {
        Err(Errno::ENOENT) => None,
        Ok(found) if !(follow_last && is_link(&found)) => Some(found),
        _ => return None,
    };
    Some(Ok(Resolved { dir, at: names.iter().fold(InRoot::top(), |at, name| at.join(name)), name: Some(name), found }))
}

/// Opens what `path` leads to below `root` by one system call. Returns `None` where that does not do, as for a path with a symbolic
/// link. Returns `ENOENT` if it does not exist, and no other error.
pub(crate) fn open_without_links(root: &OwnedFd, path: &Path, flags: OFlag) -> Option<Result<OwnedFd, Errno>> {
    let names = names(path);
    if names.is_empty() || names.iter().any(|name| name == "..") {
        return None;
    }
    open_below(root, &names.iter().collect::<PathBuf>(), flags)
}

/// As [`resolve`], and calls `check` for each opened directory and each symbolic link on the way. Stops at its first error.
pub(crate) fn resolve_checked<E: From<Errno>>(
    root: &OwnedFd,
    path: &Path,
    follow_last: bool,
    check: &mut dyn FnMut(PathStep) -> Result<(), E>,
) -> Result<Resolved, E> {
    let mut above: Vec<OwnedFd> = Vec::new();
    let mut here = root.try_clone().map_err(errno)?;
    let mut todo: VecDeque<OsString> = names(path);
    let mut at = InRoot::top();
    let mut links_left = MAX_SYMLINKS;
    check(PathStep { path: &at, kind: StepKind::Directory(&here) })?;

    while let Some(name) = todo.pop_front() {
        if name == ".." {
            if let Some(parent) = above.pop() {
                here = parent;
                at.pop();
            }
            continue;
        }
        let last = todo.is_empty();
        if !last {
            match open_dir(here.as_fd(), &name) {
                Err(Errno::ELOOP) => {}
                opened => {
                    let next = opened?;
                    at.push(&name);
                    check(PathStep { path: &at, kind: StepKind::Directory(&next) })?;
                    above.push(std::mem::replace(&mut here, next));
                    continue;
                }
            }
        }
        let found = match fstatat(&here, name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW) {
            Err(Errno::ENOENT) if last => return Ok(Resolved { dir: here, at, name: Some(name), found: None }),
            found => found?,
        };
        if last && !(is_link(&found) && follow_last) {
            return Ok(Resolved { dir: here, at, name: Some(name), found: Some(found) });
        }
        if links_left == 0 {
            return Err(Errno::ELOOP.into());
        }
        check(PathStep { path: &at.join(&name), kind: StepKind::Link(&found) })?;
        links_left -= 1;
        let target = readlinkat(&here, name.as_os_str())?;
        if Path::new(&target).is_absolute() {
            above.clear();
            at = InRoot::top();
            here = root.try_clone().map_err(errno)?;
        }
        for component in names(Path::new(&target)).into_iter().rev() {
            todo.push_front(component);
        }
    }
    Ok(Resolved { dir: here, at, name: None, found: None })
}

/// Opens the directory `name` in `dir`. A symbolic link is `ELOOP`.
pub(crate) fn open_dir(dir: impl AsFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
    match open_at(&dir, name, flags, Mode::empty()) {
        // A directory that this user can pass through but not list, such as one of mode 0711.
        Err(Errno::EACCES) => open_at(&dir, name, flags | OFlag::O_PATH, Mode::empty()),
        // openat(2) returns this for a symbolic link too; openat2(2) returns ELOOP.
        Err(Errno::ENOTDIR) => match fstatat(&dir, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(found) if is_link(&found) => Err(Errno::ELOOP),
            _ => Err(Errno::ENOTDIR),
        },
        opened => opened,
    }
}

fn names(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

fn errno(error: std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw)
}
