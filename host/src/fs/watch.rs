//! Waits for changes in a directory, with `inotify(7)`.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};

use crate::Root;
use crate::fs::InRoot;

/// A watch on a directory. If the directory does not exist or cannot be watched, each wait ends by its timeout.
pub struct DirWatch<'a> {
    root: &'a Root,
    directory: &'a InRoot,
    inotify: Option<Inotify>,
    watch: Option<WatchDescriptor>,
}

/// Why waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The directory changed, or the timeout passed.
    LookAgain,
    /// The other end of the output was closed.
    ReaderClosed,
}

impl<'a> DirWatch<'a> {
    /// Watches `directory` of `root`.
    #[must_use]
    pub fn of(root: &'a Root, directory: &'a InRoot) -> Self {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).ok();
        let mut watch = Self { root, directory, inotify, watch: None };
        watch.watch();
        watch
    }

    /// Waits for a change, for at most `timeout`, or until the other end of `output` is closed.
    pub fn wait(&mut self, output: BorrowedFd, timeout: Duration) -> Ended {
        self.watch();
        let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
        // poll(2) always reports POLLERR and POLLHUP.
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
        // Through the opened directory: by name, a symbolic link could lead out of the root.
        let Ok(opened) = self.root.open_private_dir(self.directory) else { return };
        let path = format!("/proc/self/fd/{}", opened.as_fd().as_raw_fd());
        self.watch = inotify.add_watch(path.as_str(), wanted).ok();
    }
}
