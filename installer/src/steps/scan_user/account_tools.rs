//! The account tools: how they are called for a root, when they are run again, and what their failure means.

use std::time::Duration;

use faults::{Reason, Remedy};
use host::fs::InRoot;
use host::log::Level;
use host::process::backoff::Backoff;
use host::process::{Command, ProcessError, telling_line};
use host::system::account_lock::{AccountLock, Owner, account_locks, describe};
use host::system::distribution::Tool;
use host::{InsideText, Root};
use login_defs::WindowError;

use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;

/// How long a tool is run again while another program holds the lock of the account files: as long as for the policy store.
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
/// hostprep with inside the root instead.
///
/// # Errors
/// The [`Finding`] if it does not know the option, as tools before shadow 4.6. Nothing was changed.
pub fn require_root_option(cx: &HostContext, command: &Command, words: &str) -> Result<(), Finding> {
    if cx.alternate_root().is_none() {
        return Ok(());
    }
    let (program, option) = (command.program(), root_option(command.program()));
    let help = match cx.runner.run_uninterruptible(&Command::new(program).arg("--help")) {
        Ok(output) => output.stdout + &output.stderr,
        Err(e @ ProcessError::Failed { .. }) => e.stderr().to_owned(),
        // Reported when the tool itself is run.
        Err(_) => return Ok(()),
    };
    if help.contains(option) {
        return Ok(());
    }
    Err(Finding {
        reason: Reason::UserToolFailed,
        detail: format!(
            "{program} of this machine has no option {option}, so it cannot change another root's accounts"
        ),
        remedy: vec![
            Remedy::run_in_root(["hostprep", words]),
            Remedy::manual("or run the command on a machine with shadow 4.6 or later"),
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
            Err(e) if is_locked_out(cx.root, e) => {}
            _ => return Ok(ran),
        }
        if !backoff.wait(|left| cx.runner.retrying(command, HELD, left)) {
            let interrupted = || Err(ProcessError::Interrupted { command: Box::new(command.clone()) });
            return Ok(if host::process::signals::interrupted() { interrupted() } else { ran });
        }
    }
}

/// Whether the tool failed because another program holds the lock, and not one that it will never get.
fn is_locked_out(root: &Root, error: &ProcessError) -> bool {
    let line = telling_line(error.stderr()).unwrap_or_default();
    let locks = account_locks(root);
    let is_held = locks.iter().any(|lock| matches!(lock.owner, Owner::Running(_)));
    let is_refused = locks.iter().any(|lock| lock.owner == Owner::None);
    // shadow 4.6 only says "cannot open".
    !is_refused && (says_locked(line) || (is_held && line.contains(": cannot open /")))
}

/// shadow 4.1.5.1 says nothing where it finds no `login.defs`, and leaves its locks behind.
fn may_be_a_lock(error: &ProcessError) -> bool {
    telling_line(error.stderr()).is_none_or(|line| {
        says_locked(line) || line.contains(": existing lock file ") || line.contains(": cannot open /")
    })
}

fn says_locked(line: &str) -> bool {
    line.contains(": cannot lock ") || line.contains(" already used by PID ")
}

/// Runs `work` inside the login.defs window if there is one. `work` gets the error if the window cannot be opened.
///
/// # Errors
/// Those of `work`, and [`WindowError`] if the window cannot be closed.
pub fn in_window<T, E: From<WindowError>>(
    cx: &HostContext,
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

/// Returns what a failed account tool means. `words` are the hostprep command that is to be run again.
#[must_use]
pub fn failure(cx: &HostContext, command: &Command, error: &ProcessError, words: &str) -> Finding {
    let again = Remedy::hostprep([words]);
    if let ProcessError::NotFound { .. } = error {
        return not_installed(cx, &error.to_string(), again);
    }
    let files = ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"];
    let immutable: Vec<String> = files
        .iter()
        .filter(|file| cx.root.open(file).is_ok_and(|file| host::fs::attributes::is_immutable(&file)))
        .map(|&file| file.to_owned())
        .collect();
    if !immutable.is_empty() {
        let list = immutable.join(" ");
        return Finding {
            reason: Reason::AccountFilesImmutable,
            detail: format!("{} failed: {list} cannot be changed (chattr +i or +a)", command.program()),
            remedy: vec![on_files(cx, &["chattr", "-i", "-a"], &immutable), again],
        };
    }
    let locks = if may_be_a_lock(error) { account_locks(cx.root) } else { Vec::new() };
    let mut detail = error.inside_text(cx.root);
    if !locks.is_empty() {
        detail = format!("{detail}; {}", describe(&locks));
    }
    let abandoned: Vec<String> =
        locks.iter().filter(|lock| lock.is_abandoned()).map(|lock| lock.path.clone()).collect();
    let first = if !abandoned.is_empty() {
        on_files(cx, &["rm", "-f"], &abandoned)
    } else if let Some(AccountLock { owner: Owner::Running(pid), .. }) = locks.first() {
        Remedy::run_here(["ps", "-p", &pid.to_string()]).with_comment("wait until this process has ended")
    } else {
        Remedy::command(command)
    };
    Finding { reason: Reason::UserToolFailed, detail, remedy: vec![first, again] }
}

/// Returns the finding that an account tool is not installed, with the package that provides it. The tools are this machine's,
/// also for an alternate root.
#[must_use]
pub fn not_installed(cx: &HostContext, detail: &str, again: Remedy) -> Finding {
    let machine = cx.machine_distribution();
    let package = machine.tool_package(Tool::Useradd).map(str::to_owned);
    let install = match package.and_then(|package| machine.install_command(&[package])) {
        Some(command) => Remedy::run_here(command),
        None => Remedy::manual("install the package that provides useradd (shadow-utils, passwd or shadow)"),
    };
    Finding { reason: Reason::ToolsMissing, detail: detail.to_owned(), remedy: vec![install, again] }
}

fn on_files(cx: &HostContext, command: &[&str], files: &[String]) -> Remedy {
    let files: Vec<InRoot> = files.iter().map(|file| InRoot::from(&**file)).collect();
    cx.remedy_on(command, &files.iter().collect::<Vec<_>>())
}

/// Runs `command` to undo something, inside the login.defs window if there is one, as [`retry_while_locked`].
///
/// # Errors
/// [`Error::AccountTool`] with what the failure means, [`Error::Interrupted`], [`Error::Window`] if the window cannot be
/// closed.
pub fn undo(cx: &HostContext, command: &Command, window: Option<&login_defs::Plan>) -> Result<(), Error> {
    const WORDS: &str = "remove";
    let failed = |finding: Finding| {
        let next = finding.remedy.first().map(|remedy| remedy.shell_line(cx.alternate_root())).unwrap_or_default();
        Error::AccountTool { detail: finding.detail, next }
    };
    require_root_option(cx, command, WORDS).map_err(failed)?;
    let ran = retry_while_locked(cx, command, || {
        in_window(cx, window, |opened| {
            // Without it userdel leaves the group, and groupdel takes it.
            if let Err(e) = opened {
                cx.log.line(Level::Warning, &format!("running `{command}` without the login.defs window: {e}"));
            }
            Ok::<_, Error>(cx.runner.run_uninterruptible(command).map(drop))
        })
    });
    match ran? {
        Ok(()) => Ok(()),
        Err(ProcessError::Interrupted { .. }) => Err(Error::Interrupted),
        Err(e) => Err(failed(failure(cx, command, &e, WORDS))),
    }
}
