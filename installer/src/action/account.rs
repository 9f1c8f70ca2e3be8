//! Users and groups, by the host's own tools.

use std::time::Duration;

use faults::Reason;

use host::log::Level;
use host::process::{Command, ProcessError, quoted};

use super::ActionError;
use crate::context::Context;
use crate::journal::{Journal, Made};
use crate::led_out::require_accounts_inside;
use crate::login_defs::{self, WindowError};
use crate::outcome::Finding;

/// An account tool for `cx`'s root. `--prefix` edits the files of an alternate root in place (`useradd(8)`).
#[must_use]
pub fn account_tool(cx: &Context, program: &str) -> Command {
    // With --prefix, usermod looks its groups up on the machine it runs on (seen with shadow 4.13).
    let option = if program == "usermod" { "--root" } else { "--prefix" };
    // A directory service may be slow, and another tool may hold the account files' lock.
    let command = Command::new(program).timeout(Duration::from_secs(600));
    if cx.root.is_alternate() { command.arg(option).arg(cx.root.path()) } else { command }
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
    // Whatever became of it: what is there now is ours, what is not is forgotten.
    journal.settle()?;
    ran
}

fn in_window(cx: &Context, command: &Command, window: Option<&login_defs::Plan>) -> Result<(), ActionError> {
    let failed = |error: ProcessError| ActionError::Host(account_failure(cx, command, &error));
    // Not cut short by Ctrl-C: a killed useradd leaves its lock files behind.
    let Some(plan) = window else {
        return cx.processes.run_to_the_end(command).map(drop).map_err(failed);
    };
    let open = login_defs::open(cx.root, &cx.profile.paths.state, plan).map_err(|e| window_failure(cx, e))?;
    let ran = cx.processes.run_to_the_end(command).map(drop);
    if open.close()?.foreign_change_kept {
        cx.log.line(Level::Warning, "login.defs was changed by somebody else meanwhile; the change was kept");
    }
    ran.map_err(failed)
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
