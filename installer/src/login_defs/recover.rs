//! Windows that a crash left open.

use std::fmt;
use std::path::{Path, PathBuf};

use host::Root;

use super::disk::Place;
use super::error::WindowError;
use super::record::{Found, State};
use super::source::MAIN;
use super::{in_place, made, settle};

/// A window that was not closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// What was found, each as an administrator would name it.
    pub found: Vec<PathBuf>,
}

/// A window that was closed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// What had been left.
    pub found: Vec<PathBuf>,
    /// Whether somebody else changed the file meanwhile. Their change was kept and only our line went.
    pub foreign_change_kept: bool,
}

fn shown(found: &[PathBuf]) -> String {
    let paths: Vec<String> = found.iter().map(|path| path.display().to_string()).collect();
    format!("what an interrupted run left of the login.defs window ({})", paths.join(", "))
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.found))
    }
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.found))
    }
}

/// Looks for an interrupted window. Reads only.
///
/// # Errors
/// [`WindowError`] where it cannot be known, or a newer version left it.
pub fn leftover(root: &Root, state_dir: &Path) -> Result<Option<Leftover>, WindowError> {
    let mut found = Vec::new();
    if let Some(state) = State::find(root, state_dir)?
        && (!matches!(state.load()?, Found::Nothing) || state.any()? || in_place::any(&state)?)
    {
        found.push(state.dir.shown().to_owned());
    }
    let place = match Place::of(root, Path::new(MAIN)) {
        Err(e) if e.is_missing() => None,
        place => Some(place?),
    };
    if let Some(place) = place {
        for name in [place.aside(), place.temporary()] {
            if place.dir.stat(&name)?.is_some() {
                found.push(place.dir.shown().join(name));
            }
        }
        // A fifo or a directory there is reported by whoever reads it.
        if made::is_ours(&place).unwrap_or(false) {
            found.push(place.shown());
        }
    }
    for place in settle::drop_ins(root)? {
        if made::is_ours(&place)? || place.dir.stat(place.temporary())?.is_some() {
            found.push(place.shown());
        }
    }
    Ok(if found.is_empty() { None } else { Some(Leftover { found }) })
}

/// Closes an interrupted window; the first thing that any changing command does. Twice is as good as once.
///
/// # Errors
/// [`WindowError`]; running it again tries again.
pub fn recover(root: &Root, state_dir: &Path) -> Result<Option<Recovered>, WindowError> {
    let Some(Leftover { found }) = leftover(root, state_dir)? else { return Ok(None) };
    let settled = match State::find(root, state_dir)? {
        Some(state) => settle::settle(root, &state)?,
        None => settle::unrecorded(root, None)?,
    };
    Ok(Some(Recovered { found, foreign_change_kept: settled.foreign }))
}
