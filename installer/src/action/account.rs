//! Users and groups, by the host's own tools.

use faults::{Reason, Remedy};

use host::log::Level;
use host::process::{Command, ProcessError};
use host::{FileError, InsideText};
use login_defs::WindowError;

use super::ActionError;
use super::account_tool::{self, in_window};
use crate::Error;
use crate::context::Context;
use crate::journal::{Journal, Made};
use crate::led_out::require_accounts_inside;
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

/// Runs `command` inside the login.defs window if there is one, or `fallback` if login.defs cannot be changed.
pub(super) fn run(
    cx: &Context,
    journal: &mut Journal,
    command: &Command,
    makes: &[Made],
    window: Option<&login_defs::Plan>,
    fallback: Option<&Command>,
) -> Result<(), ActionError> {
    if let Err(e) = require_accounts_inside(cx.root) {
        let (detail, remedy) = (e.inside_text(cx.root), vec![Remedy::hostprep(["repair"])]);
        return Err(ActionError::Host(Finding { reason: Reason::UserToolFailed, detail, remedy }));
    }
    account_tool::require_root_option(cx, command, WORDS).map_err(ActionError::Host)?;
    for made in makes {
        journal.record(made.clone())?;
    }
    let (mut blocked, mut used) = (None, command);
    // Another program is waited for with the window closed.
    let ran = account_tool::retry_while_locked(cx, command, || {
        in_window(cx, window, |opened| {
            match opened {
                Ok(()) => {}
                Err(WindowError::Unchangeable { path, source, hint }) => {
                    used = fallback.unwrap_or(command);
                    let warning = format!("{} cannot be changed: {source}; running `{used}`", path.display());
                    cx.log.line(Level::Warning, &warning);
                    blocked = Some(WindowError::Unchangeable { path, source, hint });
                }
                Err(error) => return Err(ActionError::from(error)),
            }
            // Not cut short by Ctrl-C: a killed useradd leaves its lock files behind.
            Ok(cx.processes.run_to_the_end(used).map(drop))
        })
    });
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
        Err(error) => {
            let of_login_defs = blocked.as_ref().and_then(|blocked| login_defs_failure(cx, blocked, &error));
            let finding = of_login_defs.unwrap_or_else(|| account_tool::failure(cx, used, &error, WORDS));
            Err(ActionError::Host(finding))
        }
    }
}

/// What it means that `error` followed on a login.defs that could not be changed; `None` if it is about something else.
fn login_defs_failure(cx: &Context, blocked: &WindowError, error: &ProcessError) -> Option<Finding> {
    let (WindowError::Unchangeable { path, source, .. }, ProcessError::Failed { stderr, .. }) = (blocked, error) else {
        return None;
    };
    // "cannot open login definitions /etc/login.defs" (`def_load` in shadow's lib/getdef.c).
    if !["login.defs", "login definitions"].iter().any(|name| stderr.contains(name)) {
        return None;
    }
    let path = cx.root.inside(path);
    let error = error.inside_text(cx.root);
    let detail = format!("{} can be neither changed nor replaced: {source}; {error}", path.display());
    let remedy = vec![cx.remedy_on(&["chattr", "-i", "-a"], &[&path]), Remedy::hostprep(["repair"])];
    Some(Finding { reason: Reason::LoginDefsBlocked, detail, remedy })
}
