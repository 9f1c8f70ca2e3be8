//! Opens and closes the window.

use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use host::fs::{AsInRoot, InRoot};
use host::process::signals::StopSignalsBlocked;
use host::{FileError, Root};
use nix::errno::Errno;

use crate::error::{Restored, WindowError};
use crate::files::{FileAt, Metadata};
use crate::guard::Guard;
use crate::plan::MainChange;
use crate::record::{ChangedFile, Created, Main, Phase, Record, StateDir};
use crate::sources::MAIN;
use crate::stale::recover_guarded;
use crate::text::{Patch, patch};
use crate::{Plan, create, in_place, replace, restore};

/// The number of attempts to open the window: each fails if the file changes after it was read.
const ATTEMPTS: usize = 3;

/// More open files than restoring needs at once: a path of five names, the state, the texts.
const SPARE: usize = 16;

/// The result of closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// Whether another program edited the file meanwhile. Its edit was kept and only our line removed.
    pub concurrent_edit: bool,
}

/// An open window. Dropping it closes it.
#[derive(Debug)]
#[must_use = "dropping the window closes it"]
pub struct Window<'a> {
    root: &'a Root,
    /// Reserved for restoring: running out of file descriptors must not show only then.
    spare: Vec<OwnedFd>,
    /// `None` if nothing was changed, or everything is restored.
    state: Option<StateDir>,
    _unstoppable: StopSignalsBlocked,
    /// Given up last.
    _guard: Rc<Guard>,
}

/// Opens the window. The intent is on disk before the change. Waits while another agent's hostprep has one open, and closes one
/// that was left open first. Reads the files again and plans again if they changed.
///
/// # Errors
/// [`WindowError`]. Everything is then as it was, or [`crate::recover`] restores it.
pub fn open<'a>(root: &'a Root, state_dir: impl AsInRoot, planned: &Plan) -> Result<Window<'a>, WindowError> {
    let state_dir = &state_dir.to_in_root();
    let guard = Rc::new(Guard::wait(root)?);
    recover_guarded(root, state_dir, &guard)?;
    let mut next = Some(planned.clone());
    for _ in 0..ATTEMPTS {
        let _unstoppable = StopSignalsBlocked::begin();
        let Some(current) = next.take() else {
            return Ok(Window { root, spare: Vec::new(), state: None, _unstoppable, _guard: guard });
        };
        // Without a record, a killed run would leave the changed file.
        let state = StateDir::make(root, state_dir)
            .map_err(|e| if e.errno() == Some(Errno::EROFS) { WindowError::unrecordable(e) } else { e.into() })?;
        let spare = spare(&state)?;
        // On an error, dropping it restores everything.
        let mut window = Window { root, spare, state: Some(state), _unstoppable, _guard: Rc::clone(&guard) };
        if window.make_changes(&current)? {
            return Ok(window);
        }
        window.restore()?;
        next = planned.renew(root)?;
    }
    Err(WindowError::KeepsChanging { path: root.host_path(MAIN) })
}

fn spare(state: &StateDir) -> Result<Vec<OwnedFd>, FileError> {
    let one = |_| state.dir.as_fd().try_clone_to_owned();
    (0..SPARE)
        .map(one)
        .collect::<Result<_, _>>()
        .map_err(|e| FileError::new("keep files to open for", state.dir.path(), e))
}

impl Window<'_> {
    /// Closes the window and restores everything. Keeps another program's edit, without our line. If that program
    /// edited the copy, the file has a new inode, as with most editors.
    ///
    /// # Errors
    /// [`WindowError`]. Dropping tries once more, then the next [`crate::recover`].
    pub fn close(mut self) -> Result<Closed, WindowError> {
        Ok(Closed { concurrent_edit: self.restore()?.concurrent_edit })
    }

    /// Ends as a killed process does: nothing is restored, and the lock is free.
    #[cfg(test)]
    pub(crate) fn crash(mut self) {
        self.state = None;
    }

    fn restore(&mut self) -> Result<Restored, WindowError> {
        let Some(state) = &self.state else { return Ok(Restored::CLEAN) };
        self.spare.clear();
        let settled = restore::restore(self.root, state)?;
        self.state = None;
        Ok(settled)
    }

    /// Makes the changes. Returns `false` if the file is not the planned one any more.
    fn make_changes(&self, planned: &Plan) -> Result<bool, WindowError> {
        let Some(state) = &self.state else { return Ok(true) };
        let made_drop_in = create::content(&patch(b"").content);
        let drop_in = planned.drop_in.as_ref().map(|path| Created::new(path, &made_drop_in, patch(b"").record));
        let done = match &planned.main {
            None => {
                state.store(&Record::new(None, drop_in))?;
                true
            }
            Some(MainChange::Patch { real, original, patch, .. }) => {
                self.patch_main(state, drop_in, real, original, patch)?
            }
            Some(MainChange::Create { patch, .. }) => {
                let target = FileAt::resolved(self.root, &MAIN.into())
                    .map_err(|e| WindowError::of_resolving(self.root.host_path(MAIN), e))?;
                let content = create::content(&patch.content);
                let main = Created::new(&target.path, &content, patch.record.clone());
                state.store(&Record::new(Some(Main::Create(main)), drop_in))?;
                create::open(&target, &content)?
            }
        };
        if let (true, Some(path)) = (done, &planned.drop_in) {
            return create::open(&FileAt::unresolved(self.root, path)?, &made_drop_in);
        }
        Ok(done)
    }

    fn patch_main(
        &self,
        state: &StateDir,
        drop_in: Option<Created>,
        real: &InRoot,
        planned: &[u8],
        patch: &Patch,
    ) -> Result<bool, WindowError> {
        let target = FileAt::unresolved(self.root, real)?;
        let Some(original) = target.load()?.filter(|loaded| loaded.content == planned) else { return Ok(false) };
        let meta = Metadata::of(&target.dir, &target.name, &original)?;
        let changed = ChangedFile::new(&target.path, &original, &meta, &patch.content, patch.record.clone());
        state.store(&Record::new(Some(Main::Replace(changed.clone())), drop_in.clone()))?;
        match replace::open(&target, &original, &patch.content)? {
            replace::Opened::Yes => return Ok(true),
            replace::Opened::Changed => return Ok(false),
            replace::Opened::Cannot => {}
        }
        let mut record = Record::new(Some(Main::InPlace { changed, phase: Phase::Opening }), drop_in);
        state.store(&record)?;
        in_place::open(state, &mut record, &target, &original, &patch.content)?;
        Ok(true)
    }
}

impl Drop for Window<'_> {
    /// Restores after a panic, an early return, or an error while opening. [`crate::recover`] handles what fails here.
    fn drop(&mut self) {
        let _ = self.restore();
    }
}
