//! Windows that a crash left open.

use std::fmt;
use std::path::PathBuf;

use host::Root;
use host::fs::{AsInRoot, InRoot};

use crate::error::WindowError;
use crate::files::FileAt;
use crate::guard::{self, Guard};
use crate::record::{StateDir, Stored};
use crate::sources::MAIN;
use crate::{create, in_place, restore};

/// A window that was not closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleWindow {
    /// What was found, as paths for messages.
    pub found: Vec<PathBuf>,
}

/// A window that recovery closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// What the interrupted run left.
    pub found: Vec<PathBuf>,
    /// Whether another program edited the file meanwhile. Its edit was kept and only our line removed.
    pub concurrent_edit: bool,
}

fn described(found: &[PathBuf]) -> String {
    let paths: Vec<String> = found.iter().map(|path| path.display().to_string()).collect();
    format!("what an interrupted run left of the login.defs window ({})", paths.join(", "))
}

impl fmt::Display for StaleWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&described(&self.found))
    }
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&described(&self.found))
    }
}

/// Looks for an interrupted window. Only reads. What another agent's hostprep has open is not interrupted.
///
/// # Errors
/// [`WindowError`] if the files cannot be read, or a newer version left the window.
pub fn stale_window(root: &Root, state_dir: impl AsInRoot) -> Result<Option<StaleWindow>, WindowError> {
    let Some((found, recorded)) = look(root, &state_dir.to_in_root())? else { return Ok(None) };
    Ok((!is_anothers(root, recorded)).then_some(found))
}

/// Returns whether what was found belongs to a window that another agent's hostprep has open.
fn is_anothers(root: &Root, recorded: bool) -> bool {
    !recorded && guard::is_open_elsewhere(root)
}

/// Returns what a window left, and whether this hostprep recorded it.
fn look(root: &Root, state_dir: &InRoot) -> Result<Option<(StaleWindow, bool)>, WindowError> {
    let mut found = Vec::new();
    if let Some(state) = StateDir::find(root, state_dir)?
        && (!matches!(state.load()?, Stored::Nothing) || state.any()? || in_place::any(&state)?)
    {
        found.push(state.dir.path().to_owned());
    }
    let recorded = !found.is_empty();
    let target = match FileAt::resolved(root, &MAIN.into()) {
        Err(e) if e.is_missing() => None,
        target => Some(target?),
    };
    if let Some(target) = target {
        for name in [target.backup_name(), target.temporary_name()] {
            if target.dir.stat(&name)?.is_some() {
                found.push(target.dir.path().join(name));
            }
        }
        // The code that reads the file reports a fifo or a directory.
        if create::is_ours(&target).unwrap_or(false) {
            found.push(target.host_path());
        }
    }
    for target in restore::drop_ins(root)? {
        if create::is_ours(&target)? || target.dir.stat(target.temporary_name())?.is_some() {
            found.push(target.host_path());
        }
    }
    Ok(if found.is_empty() { None } else { Some((StaleWindow { found }, recorded)) })
}

/// Closes an interrupted window. Every command that changes the host does this first. Running it twice is safe. Leaves alone what
/// another agent's hostprep has open. Waits for that only if this hostprep left a window too.
///
/// # Errors
/// [`WindowError`]. The next run tries again.
pub fn recover(root: &Root, state_dir: impl AsInRoot) -> Result<Option<Recovered>, WindowError> {
    let state_dir = &state_dir.to_in_root();
    match look(root, state_dir)? {
        Some((_, recorded)) if !is_anothers(root, recorded) => {}
        _ => return Ok(None),
    }
    recover_guarded(root, state_dir, &Guard::wait(root)?)
}

/// As [`recover`], for who holds the guard.
pub(crate) fn recover_guarded(
    root: &Root,
    state_dir: &InRoot,
    _guard: &Guard,
) -> Result<Option<Recovered>, WindowError> {
    let Some((StaleWindow { found }, _)) = look(root, state_dir)? else { return Ok(None) };
    let settled = match StateDir::find(root, state_dir)? {
        Some(state) => restore::restore(root, &state)?,
        None => restore::unrecorded(root, None)?,
    };
    Ok(Some(Recovered { found, concurrent_edit: settled.concurrent_edit }))
}
