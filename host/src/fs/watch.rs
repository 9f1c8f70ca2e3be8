//! Waiting until something changes in a directory, without looking all the time.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};

use crate::Root;

/// What is waited for (`inotify(7)`). Where it cannot be watched, or is not there yet, waiting ends by itself each time.
pub struct DirWatch<'a> {
    root: &'a Root,
    directory: &'a Path,
    inotify: Option<Inotify>,
    watch: Option<WatchDescriptor>,
}

/// Why waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Something has changed, or might have.
    LookAgain,
    /// Nobody reads any more what is written to the reader.
    ReaderClosed,
}

impl<'a> DirWatch<'a> {
    /// DirWatch in `directory` of `root`.
    #[must_use]
    pub fn of(root: &'a Root, directory: &'a Path) -> Self {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).ok();
        let mut changes = Self { root, directory, inotify, watch: None };
        changes.watch();
        changes
    }

    /// Waits for a change, `patience` at most, or until nobody reads from the other end of `output`.
    pub fn wait(&mut self, output: BorrowedFd, patience: Duration) -> Ended {
        self.watch();
        let timeout = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
        // An error of the pipe is told without being asked for.
        let mut fds = vec![PollFd::new(output, PollFlags::empty())];
        if let Some(inotify) = &self.inotify {
            fds.push(PollFd::new(inotify.as_fd(), PollFlags::POLLIN));
        }
        let _ = poll(&mut fds, timeout);
        let broken = fds[0].revents().is_some_and(|seen| seen.intersects(PollFlags::POLLERR | PollFlags::POLLHUP));
        if let Some(inotify) = &self.inotify
            && let Ok(seen) = inotify.read_events()
            && seen.iter().any(|event| event.mask.contains(AddWatchFlags::IN_IGNORED))
        {
            self.watch = None;
        }
        if broken { Ended::ReaderClosed } else { Ended::LookAgain }
    }

    fn watch(&mut self) {
        let (Some(inotify), None) = (&self.inotify, &self.watch) else { return };
        let wanted = AddWatchFlags::IN_MODIFY
            | AddWatchFlags::IN_MOVED_TO
            | AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_ONLYDIR;
        // Through what was opened: by its name, a link on the way could lead out of the root.
        let Ok(opened) = self.root.open_private_dir(self.directory) else { return };
        let path = format!("/proc/self/fd/{}", opened.as_fd().as_raw_fd());
        self.watch = inotify.add_watch(path.as_str(), wanted).ok();
    }
}
