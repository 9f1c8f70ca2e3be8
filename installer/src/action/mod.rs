//! One change of the host: described for `--dry-run` exactly as it is then carried out.

mod account;
mod account_tool;
mod directory;
mod module;

use std::path::PathBuf;

use host::Root;
use host::log::Level;
use host::process::Command;
use policy::InterruptedTransaction;
use policy::load::ModuleLoad;

use crate::Error;
use crate::context::Context;
use crate::journal::{Journal, Made};
use crate::outcome::Finding;

pub use account::sync_accounts;
pub use account_tool::{account_tool, not_installed, undo, useradd};
pub use module::{clean_build_dir, has_stale_build, restore_store};

/// A change.
#[derive(Debug)]
pub enum Action {
    /// Puts `login.defs` back after an interrupted run.
    RecoverLoginDefs {
        /// What is there, for people.
        shown: String,
    },
    /// Runs an account tool, inside the login.defs window where there is one.
    Account {
        /// The tool.
        command: Command,
        /// What it makes that was not there.
        makes: Vec<Made>,
        /// The window, where USERGROUPS_ENAB is not `yes` and must be, or where there is no login.defs.
        window: Option<Box<login_defs::Plan>>,
        /// The command to run where the window cannot be opened because login.defs cannot be changed.
        fallback: Option<Command>,
    },
    /// Makes a managed directory.
    MakeDirectory {
        /// As the prepared host sees it.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Changes mode or group of a managed directory.
    AdjustDirectory {
        /// As the prepared host sees it.
        path: PathBuf,
        /// The mode now and the mode to be.
        mode: Option<(u32, u32)>,
        /// The group now, where it is not root's.
        gid: Option<u32>,
    },
    /// Makes the policy from before a transaction that was cut short the active one again.
    RestoreStore(InterruptedTransaction),
    /// Loads the policy that is in the store into the kernel again.
    ReloadPolicy {
        /// The tool.
        command: Command,
    },
    /// Compiles the policy module and loads it in one transaction.
    LoadModule(Box<ModuleLoad>),
}

/// Why a change did not come about.
#[derive(Debug)]
pub enum ActionError {
    /// The host stands in the way: a fault's reason.
    Host(Finding),
    /// We failed, or were interrupted.
    Ours(Error),
}

impl<E: Into<Error>> From<E> for ActionError {
    fn from(error: E) -> Self {
        Self::Ours(error.into())
    }
}

impl Action {
    /// The exact commands and file changes, a line each.
    #[must_use]
    pub fn describe(&self, root: &Root) -> Vec<String> {
        match self {
            Self::RecoverLoginDefs { shown } => vec![format!("put back {shown}")],
            Self::Account { command, window: None, .. } => vec![command.to_string()],
            Self::Account { command, window: Some(plan), fallback, .. } => match plan.blocked() {
                Some(why) => vec![format!("{}  # {why}", fallback.as_ref().unwrap_or(command))],
                None => plan.describe(&command.to_string()),
            },
            Self::MakeDirectory { path, mode } => vec![format!("mkdir -m {mode:04o} {}", root.shown(path).display())],
            Self::AdjustDirectory { path, mode, gid } => {
                let path = root.shown(path);
                let mut lines = Vec::new();
                if let Some(gid) = gid {
                    lines.push(format!("chgrp root {}  # was {gid}", path.display()));
                }
                if let Some((now, to_be)) = mode {
                    lines.push(format!("chmod {to_be:04o} {}  # was {now:04o}", path.display()));
                }
                lines
            }
            Self::RestoreStore(store) => {
                let path = root.shown(store.path());
                vec![format!("mv {0}/previous {0}/active", path.display())]
            }
            Self::ReloadPolicy { command } => vec![command.to_string()],
            Self::LoadModule(load) => module::describe(load),
        }
    }

    /// Carries it out.
    ///
    /// # Errors
    /// [`ActionError`]; what was begun is put back or recorded.
    pub fn apply(&self, cx: &Context, journal: &mut Journal) -> Result<(), ActionError> {
        match self {
            Self::RecoverLoginDefs { shown } => {
                login_defs::recover(cx.root, &cx.profile.paths.state)?;
                cx.log.line(Level::Warning, &format!("put back {shown}"));
                Ok(())
            }
            Self::Account { command, makes, window, fallback } => {
                account::run(cx, journal, command, makes, window.as_deref(), fallback.as_ref())
            }
            Self::MakeDirectory { path, mode } => directory::make(cx, journal, path, *mode),
            Self::AdjustDirectory { path, mode, gid } => directory::adjust(cx, path, *mode, *gid),
            Self::RestoreStore(store) => Ok(restore_store(cx, store)?),
            Self::ReloadPolicy { command } => module::reload(cx, command),
            Self::LoadModule(load) => module::apply(cx, journal, load),
        }
    }
}
