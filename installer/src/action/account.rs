//! Users and groups, by the host's own tools.

use faults::Reason;

use host::FileError;
use host::log::Level;
use host::process::{Command, ProcessError, quoted};

use super::{ActionError, account_tool};
use crate::Error;
use crate::context::Context;
use crate::journal::{Journal, Made};
use crate::led_out::require_accounts_inside;
use crate::login_defs::{self, WindowError};
use crate::outcome::Finding;

/// `useradd(8)` and `groupadd(8)` say so where somebody else has made the user or the group since we looked: it is theirs.
const NAME_TAKEN: i32 = 9;

/// What to call hostprep with again.
const WORDS: &str = "repair";

/// Brings to disk what an account tool did. It syncs the files that it writes and not their names (seen with shadow 4.13), so a
/// power failure could bring back what the journal no longer knows.
///
/// # Errors
/// [`FileError`].
pub fn sync_accounts(cx: &Context) -> Result<(), FileError> {
    cx.root.dir("/etc")?.sync()
}

/// Runs `command`, inside the login.defs window where there is one.
pub(super) fn run(
    cx: &Context,
    journal: &mut Journal,
    command: &Command,
    makes: &[Made],
    window: Option<&login_defs::Plan>,
) -> Result<(), ActionError> {
    if let Err(e) = require_accounts_inside(cx.root) {
        let (detail, remedy) = (e.to_string(), vec![cx.repair_command()]);
        return Err(ActionError::Host(Finding { reason: Reason::UserToolFailed, detail, remedy }));
    }
    account_tool::require_root_option(cx, command, WORDS).map_err(ActionError::Host)?;
    for made in makes {
        journal.record(made.clone())?;
    }
    // The window is closed while another program is waited for.
    let ran = account_tool::retry_while_locked(cx, command, || in_window(cx, command, window));
    let synced = sync_accounts(cx);
    if matches!(ran, Ok(Err(ProcessError::Failed { code: Some(NAME_TAKEN), .. }))) {
        for made in makes {
            journal.forget(made)?;
        }
    }
    // Whatever else became of it: what is there now is ours, what is not is forgotten.
    journal.settle()?;
    if matches!(ran, Ok(Ok(()))) {
        journal.settle_mended(|made| match made {
            Made::User { .. } => command.program() == "usermod",
            Made::Group { .. } => command.program() == "groupmod",
            Made::Directory { .. } | Made::Module { .. } => false,
        })?;
    }
    synced?;
    match ran? {
        Ok(()) => Ok(()),
        Err(ProcessError::Interrupted { .. }) => Err(ActionError::Ours(Error::Interrupted)),
        Err(error) => Err(ActionError::Host(account_tool::failure(cx, command, &error, WORDS))),
    }
}

/// What became of the command, once the window is closed.
fn in_window(
    cx: &Context,
    command: &Command,
    window: Option<&login_defs::Plan>,
) -> Result<Result<(), ProcessError>, ActionError> {
    // Not cut short by Ctrl-C: a killed useradd leaves its lock files behind.
    let Some(plan) = window else {
        return Ok(cx.processes.run_to_the_end(command).map(drop));
    };
    let open = login_defs::open(cx.root, &cx.profile.paths.state, plan).map_err(|e| window_failure(cx, e))?;
    let ran = cx.processes.run_to_the_end(command).map(drop);
    if open.close()?.foreign_change_kept {
        cx.log.line(Level::Warning, "login.defs was changed by somebody else meanwhile; the change was kept");
    }
    Ok(ran)
}

/// A file that cannot be changed is the host's doing; the rest is ours.
fn window_failure(cx: &Context, error: WindowError) -> ActionError {
    match error {
        WindowError::Unchangeable { ref path, .. } => {
            let free = format!("chattr -i -a {}", quoted(&path.to_string_lossy()));
            let detail = error.to_string();
            let remedy = vec![free, cx.repair_command()];
            ActionError::Host(Finding { reason: Reason::LoginDefsBlocked, detail, remedy })
        }
        error => ActionError::Ours(error.into()),
    }
}
