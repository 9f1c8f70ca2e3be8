//! Users and groups, by the host's own tools.

use std::time::Duration;

use faults::Reason;

use host::FileError;
use host::log::Level;
use host::process::{Command, ProcessError, quoted};
use login_defs::WindowError;

use super::ActionError;
use crate::context::Context;
use crate::journal::{Journal, Made};
use crate::led_out::require_accounts_inside;
use crate::outcome::Finding;

/// `useradd(8)` and `groupadd(8)` say so where somebody else has made the user or the group since we looked: it is theirs.
const NAME_TAKEN: i32 = 9;

/// An account tool for `cx`'s root. `--prefix` edits the files of an alternate root in place (`useradd(8)`).
#[must_use]
pub fn account_tool(cx: &Context, program: &str) -> Command {
    // With --prefix, usermod looks its groups up on the machine it runs on (seen with shadow 4.13).
    let option = if program == "usermod" { "--root" } else { "--prefix" };
    // A directory service may be slow, and another tool may hold the account files' lock.
    let command = Command::new(program).timeout(Duration::from_secs(600));
    if cx.root.is_alternate() { command.arg(option).arg(cx.root.path()) } else { command }
}

/// `useradd` for `cx`'s root, for a system user without a home.
#[must_use]
pub fn useradd(cx: &Context) -> Command {
    let command = account_tool(cx, "useradd").args(["--system", "--no-create-home"]);
    // Else it clears the uid's records of logins, and with --prefix those of this machine (seen with shadow 4.13).
    if cx.root.is_alternate() { command.arg("--no-log-init") } else { command }
}

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
        let (detail, remedy) = (e.to_string(), vec![cx.repair_command()]);
        return Err(ActionError::Host(Finding { reason: Reason::UserToolFailed, detail, remedy }));
    }
    for made in makes {
        journal.record(made.clone())?;
    }
    let (mut blocked, mut used) = (None, command);
    let ran = in_window(cx, window, |opened| {
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
    ran?.map_err(|error| {
        let of_login_defs = blocked.and_then(|blocked| login_defs_failure(cx, blocked, &error));
        ActionError::Host(of_login_defs.unwrap_or_else(|| account_failure(cx, used, &error)))
    })
}

/// Runs `work` inside the login.defs window if there is one. `work` gets the error if the window cannot be opened.
///
/// # Errors
/// Those of `work`, and [`WindowError`] if the window cannot be closed.
pub fn in_window<T, E: From<WindowError>>(
    cx: &Context,
    window: Option<&login_defs::Plan>,
    work: impl FnOnce(Result<(), WindowError>) -> Result<T, E>,
) -> Result<T, E> {
    let Some(plan) = window else { return work(Ok(())) };
    let open = match login_defs::open(cx.root, &cx.profile.paths.state, plan) {
        Ok(open) => open,
        Err(error) => return work(Err(error)),
    };
    let done = work(Ok(()));
    if open.close()?.concurrent_edit {
        cx.log.line(Level::Warning, "another program changed login.defs meanwhile; its change was kept");
    }
    done
}

/// What it means that `error` followed on a login.defs that could not be changed; `None` if it is about something else.
fn login_defs_failure(cx: &Context, blocked: WindowError, error: &ProcessError) -> Option<Finding> {
    let (WindowError::Unchangeable { path, .. }, ProcessError::Failed { stderr, .. }) = (&blocked, error) else {
        return None;
    };
    // "cannot open login definitions /etc/login.defs" (`def_load` in shadow's lib/getdef.c).
    if !["login.defs", "login definitions"].iter().any(|name| stderr.contains(name)) {
        return None;
    }
    let free = format!("chattr -i -a {}", quoted(&path.to_string_lossy()));
    let (detail, remedy) = (format!("{blocked}; {error}"), vec![free, cx.repair_command()]);
    Some(Finding { reason: Reason::LoginDefsBlocked, detail, remedy })
}

/// What a failed account tool means: the files it writes may be protected.
fn account_failure(cx: &Context, command: &Command, error: &ProcessError) -> Finding {
    let files = ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"];
    let immutable: Vec<String> = files
        .iter()
        .filter(|file| cx.root.open(file).is_ok_and(|file| host::attributes::is_immutable(&file)))
        .map(|file| quoted(&cx.root.shown(file).to_string_lossy()))
        .collect();
    if !immutable.is_empty() {
        let list = immutable.join(" ");
        return Finding {
            reason: Reason::AccountFilesImmutable,
            detail: format!("{} failed, since {list} may not be changed (chattr +i or +a)", command.program()),
            remedy: vec![format!("chattr -i -a {list}"), cx.repair_command()],
        };
    }
    Finding {
        reason: Reason::UserToolFailed,
        detail: error.to_string(),
        remedy: vec![command.to_string(), cx.repair_command()],
    }
}
