//! Users and groups, by the host's own tools.

use std::time::Duration;

use faults::Reason;

use host::FileError;
use host::log::Level;
use host::process::{Command, ProcessError, quoted};

use super::ActionError;
use crate::context::Context;
use crate::journal::{Journal, Made};
use crate::led_out::require_accounts_inside;
use crate::outcome::Finding;
use login_defs::WindowError;

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
    for made in makes {
        journal.record(made.clone())?;
    }
    let ran = in_window(cx, command, window);
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
    ran?.map_err(|error| ActionError::Host(account_failure(cx, command, &error)))
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
    if open.close()?.concurrent_edit {
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
