//! The account tools: how they are called for a root, and when they are run again.

use std::time::Duration;

use faults::{Order, Reason, Remedy, RemedyAction};
use host::log::Level;
use host::process::backoff::Backoff;
use host::process::{Command, ProcessError, names};
use login_defs::WindowError;

use super::failure::{failure, login_defs_failure, no_effect};
use super::locked::is_locked_out;
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;

/// The time for which a tool is run again while another program holds the lock of the account files: as long as for the policy
/// store.
const LOCK_TIMEOUT: Duration = policy::transaction::LOCK_TIMEOUT;

/// Returns an account tool for `cx`'s root. `--prefix` edits the files of an alternate root in place (`useradd(8)`).
#[must_use]
pub fn account_tool(cx: &HostContext, program: &str) -> Command {
    // A directory service may be slow, and another tool may hold the account files' lock.
    let command = Command::new(program).timeout(Duration::from_secs(600));
    match cx.alternate_root() {
        Some(root) => command.root_option(root_option(program), root),
        None => command,
    }
}

/// With `--prefix`, `usermod` looks its groups up on the machine it runs on (seen with shadow 4.13).
fn root_option(program: &str) -> &'static str {
    if program == "usermod" { "--root" } else { "--prefix" }
}

/// Returns `useradd` for `cx`'s root, for a system user without a home.
#[must_use]
pub fn useradd(cx: &HostContext) -> Command {
    let command = account_tool(cx, "useradd").args(["--system", "--no-create-home"]);
    // Else it clears the uid's records of logins, and with --prefix those of this machine (seen with shadow 4.13).
    if cx.alternate_root().is_some() { command.arg("--no-log-init") } else { command }
}

/// Checks that the tool of `command` knows the option that makes it work on an alternate root. `words` are what to call
/// hostprep with inside the root instead. Only asks the tool for its help, so that a dry run can say it too.
///
/// # Errors
/// The [`Finding`] if it does not know the option, as tools before shadow 4.6. Nothing was changed.
pub fn require_root_option(cx: &HostContext, command: &Command, words: &str) -> Result<(), Finding> {
    if cx.alternate_root().is_none() {
        return Ok(());
    }
    let (program, option) = (command.program(), root_option(command.program()));
    // That it does not run is reported when it is to do something.
    let Some(help) = cx.runner.help(program) else { return Ok(()) };
    // What lists no option is no help text: the tool failed, and does so again when it is run.
    if help.contains(option) || !help.contains("--") {
        return Ok(());
    }
    Err(Finding {
        reason: Reason::UserToolFailed,
        detail: format!(
            "{program} of this machine has no option {option}, so it cannot change another root's accounts"
        ),
        remedy: vec![
            Remedy::run_in_root([names::command(), words]),
            Remedy::manual("run the command on a machine with shadow 4.6 or later").alternative(),
        ],
    })
}

/// Runs `attempt`, which runs `command`, and while another program holds the lock of the account files again, with pauses.
/// Returns the last result; [`ProcessError::Interrupted`] if a signal ended the waiting.
///
/// # Errors
/// What `attempt` returns.
pub fn retry_while_locked<E>(
    cx: &HostContext,
    command: &Command,
    mut attempt: impl FnMut() -> Result<Result<(), ProcessError>, E>,
) -> Result<Result<(), ProcessError>, E> {
    const HELD: &str = "another program holds the lock of the account files";
    let mut backoff = Backoff::new(cx.clock, LOCK_TIMEOUT);
    loop {
        let ran = attempt()?;
        match &ran {
            Err(e) if is_locked_out(cx, e) => {}
            _ => return Ok(ran),
        }
        if !backoff.wait(|left| cx.runner.retrying(command, HELD, left)) {
            let interrupted = || Err(ProcessError::Interrupted { command: Box::new(command.clone()) });
            return Ok(if host::process::signals::interrupted() { interrupted() } else { ran });
        }
    }
}

/// Reports that `what` waits, if another process has the lock that a window takes.
pub fn report_wait(cx: &HostContext, what: &str) {
    if login_defs::is_open_elsewhere(cx.root) {
        cx.runner.delayed(what, "another process holds the lock of /etc", login_defs::LONGEST_WAIT);
    }
}

/// Closes the window that an interrupted run left, and logs what that was. Returns whether there was one.
///
/// # Errors
/// The error of the window; [`Error::Interrupted`] if a signal arrived during the wait for another's.
pub fn recover(cx: &HostContext) -> Result<bool, Error> {
    let state = &cx.profile.paths.state;
    if login_defs::is_open_elsewhere(cx.root) && login_defs::stale_window(cx.root, state).is_ok_and(|it| it.is_some()) {
        report_wait(cx, "closing the login.defs window of an interrupted run");
    }
    let recovered = login_defs::recover(cx.root, state).map_err(|e| or_interrupted(cx, e, "repair"))?;
    if let Some(recovered) = &recovered {
        cx.log.line(Level::Warning, &format!("put back {recovered}"));
    }
    Ok(recovered.is_some())
}

/// Runs `work`, which runs `command`, inside the login.defs window if there is one. `work` gets the error if the window cannot be
/// opened.
///
/// # Errors
/// Those of `work`, and [`WindowError`] if the window cannot be closed.
pub fn in_window<T, E: From<WindowError>>(
    cx: &HostContext,
    command: &Command,
    window: Option<&login_defs::Plan>,
    work: impl FnOnce(Result<(), WindowError>) -> Result<T, E>,
) -> Result<T, E> {
    let Some(plan) = window else { return work(Ok(())) };
    report_wait(cx, command.program());
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

/// Returns the error of a window; [`Error::Interrupted`] if a signal arrived during the wait for it. `next` is what to call
/// hostprep with afterwards.
#[must_use]
pub fn or_interrupted(cx: &HostContext, error: WindowError, next: &str) -> Error {
    match error {
        WindowError::Interrupted { .. } => cx.interrupted(next),
        error => error.into(),
    }
}

/// What to call hostprep with again after an undo that failed.
pub(super) const WORDS: &str = "remove";

/// Runs `command` to undo something, inside the login.defs window if there is one, as [`retry_while_locked`].
///
/// # Errors
/// [`Error::Undo`] with what the failure means, [`Error::Interrupted`], [`Error::Window`] if the window cannot be
/// closed.
pub fn undo(cx: &HostContext, command: &Command, window: Option<&login_defs::Plan>) -> Result<(), Error> {
    let failed = |finding: Finding| undo_error(cx, &finding);
    require_root_option(cx, command, WORDS).map_err(failed)?;
    let mut blocked = None;
    let ran = retry_while_locked(cx, command, || {
        blocked = None;
        in_window(cx, command, window, |opened| {
            // Without it userdel leaves the group, and groupdel takes it.
            if let Err(e) = opened {
                if matches!(e, WindowError::Interrupted { .. }) {
                    return Err(cx.interrupted(WORDS));
                }
                cx.log.line(Level::Warning, &format!("running `{command}` without the login.defs window: {e}"));
                blocked = Some(e);
            }
            Ok::<_, Error>(cx.runner.run_uninterruptible(command).map(drop))
        })
    });
    match ran? {
        Ok(()) => Ok(()),
        Err(ProcessError::Interrupted { .. }) => Err(cx.interrupted(WORDS)),
        Err(e) => {
            let of_login_defs = blocked.and_then(|blocked| login_defs_failure(cx, &blocked, &e, WORDS));
            Err(failed(of_login_defs.unwrap_or_else(|| failure(cx, command, &e, WORDS))))
        }
    }
}

/// Returns the error of a tool that was to undo something, reported success, and did nothing.
#[must_use]
pub fn did_nothing(cx: &HostContext, command: &Command, what: &str) -> Error {
    undo_error(cx, &no_effect(cx, command, what, WORDS))
}

/// Returns the error that `finding` is where something is undone.
#[must_use]
pub fn undo_error(cx: &HostContext, finding: &Finding) -> Error {
    let line = |remedy: &Remedy| remedy.shell_line(cx.alternate_root());
    let at = finding.remedy.iter().position(Remedy::is_command).unwrap_or_default();
    // What has to be true before the command is run.
    let conditions = finding.remedy.iter().take(at).map(|remedy| line(remedy).trim_start_matches("# ").to_owned());
    let detail: Vec<String> = std::iter::once(finding.detail.clone()).chain(conditions).collect();
    Error::Undo { detail: detail.join("; "), next: next(cx, finding, at) }
}

/// Returns the remedy at `at` as a line for a shell. Those after it belong to it where each removes an obstacle: a package is installed
/// after the lists of packages are fetched. Where the tool itself is to be run, they are for the case that it fails again. The last of them
/// is hostprep itself.
fn next(cx: &HostContext, finding: &Finding, at: usize) -> String {
    let is_run = |remedy: &Remedy| !matches!(remedy.action, RemedyAction::Manual { .. }) && remedy.order == Order::Next;
    let most = if finding.reason == Reason::UserToolFailed { 1 } else { usize::MAX };
    let mut lines = Vec::new();
    for (number, remedy) in finding.remedy.iter().skip(at).take(most).enumerate() {
        if number > 0 && !is_run(remedy) {
            break;
        }
        lines.push(remedy.shell_line(cx.alternate_root()));
        // A comment ends the line.
        if remedy.comment.is_some() {
            break;
        }
    }
    lines.join(" && ")
}
