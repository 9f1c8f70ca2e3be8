//! Creating and changing the account with the host's own tools.

use faults::{Reason, Remedy};
use host::log::Level;
use host::process::{Command, ProcessError};
use host::system::accounts::Accounts;
use host::{FileError, InsideText, Root};
use login_defs::WindowError;

use super::account_tools::{self, in_window};
use super::at_boot;
use super::failure::{failure, login_defs_failure, no_effect};
use crate::escape::ensure_accounts_inside;
use crate::model::action::{Action, ActionError, Applied};
use crate::model::host_context::HostContext;
use crate::model::receipt::{Created, Receipt};
use crate::model::report::Finding;

/// The exit status of `useradd(8)` and `groupadd(8)` if the name exists: another program created it since the check, so it is not
/// ours.
const NAME_TAKEN: i32 = 9;

/// What to call hostprep with again.
const WORDS: &str = "repair";

/// Syncs what an account tool did. The tool syncs the files that it writes and not their names (seen with shadow 4.13), so a power
/// failure could bring back what the receipt no longer lists.
///
/// # Errors
/// [`FileError`].
pub(super) fn sync_accounts(cx: &HostContext) -> Result<(), FileError> {
    cx.root.dir("/etc")?.sync()
}

/// Restores `login.defs` after an interrupted run.
#[derive(Debug)]
pub(super) struct RecoverLoginDefs {
    /// What is there, for people.
    pub leftover: String,
}

impl Action for RecoverLoginDefs {
    fn describe(&self, _root: &Root) -> Vec<String> {
        vec![format!("put back {}", self.leftover)]
    }

    fn apply(&self, cx: &HostContext, _receipt: &mut Receipt) -> Result<Applied, ActionError> {
        // Another agent's hostprep may have done it meanwhile, or have a window open.
        Ok(if account_tools::recover(cx)? { Applied::Changed } else { Applied::Unchanged })
    }
}

/// Runs an account tool inside the login.defs window, if there is one.
#[derive(Debug)]
pub(super) struct RunAccountTool {
    /// The tool.
    pub command: Command,
    /// What it creates.
    pub creates: Vec<Created>,
    /// The window, where USERGROUPS_ENAB is not `yes` or there is no login.defs.
    pub window: Option<Box<login_defs::Plan>>,
    /// What runs instead if login.defs cannot be changed.
    pub fallback: Option<Command>,
}

impl Action for RunAccountTool {
    fn describe(&self, _root: &Root) -> Vec<String> {
        let Some(plan) = &self.window else { return vec![self.command.to_string()] };
        match plan.blocked() {
            Some(why) => vec![format!("{}  # {why}", self.fallback.as_ref().unwrap_or(&self.command))],
            None => plan.describe(&self.command.to_string()),
        }
    }

    fn apply(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let Self { command, creates, window, fallback } = self;
        if let Err(e) = ensure_accounts_inside(cx.root) {
            let (detail, remedy) = (e.inside_text(cx.root), vec![Remedy::hostprep(["repair"])]);
            return Err(ActionError::HostProblem(Finding { reason: Reason::UserToolFailed, detail, remedy }));
        }
        account_tools::require_root_option(cx, command, WORDS).map_err(ActionError::HostProblem)?;
        for created in creates {
            receipt.record(created.clone())?;
        }
        let (mut blocked, mut used) = (None, command);
        // Another program is waited for with the window closed.
        let ran = account_tools::retry_while_locked(cx, command, || {
            (blocked, used) = (None, command);
            let (late, refused) = match (window, fallback) {
                // What said yes when it was read may have been another agent's window.
                (None, Some(_)) => {
                    account_tools::report_wait(cx, command.program());
                    match login_defs::plan_undisturbed(cx.root) {
                        Ok(plan) => (plan, None),
                        Err(e) => (None, Some(e)),
                    }
                }
                _ => (None, None),
            };
            in_window(cx, command, window.as_deref().or(late.as_ref()), |opened| {
                match refused.map_or(opened, Err) {
                    Ok(()) => {}
                    Err(error @ (WindowError::Unchangeable { .. } | WindowError::Busy { .. })) => {
                        used = fallback.as_ref().unwrap_or(command);
                        let why = match &error {
                            WindowError::Unchangeable { path, source, .. } => {
                                format!("{} cannot be changed: {source}", path.display())
                            }
                            busy => busy.to_string(),
                        };
                        cx.log.line(Level::Warning, &format!("{why}; running `{used}`"));
                        blocked = Some(error);
                    }
                    Err(error) => return Err(ActionError::Internal(account_tools::or_interrupted(cx, error, WORDS))),
                }
                // Not cut short by Ctrl-C: a killed useradd leaves its lock files behind.
                Ok(cx.runner.run_uninterruptible(used).map(drop))
            })
        });
        let synced = sync_accounts(cx);
        if matches!(ran, Ok(Err(ProcessError::Failed { code: Some(NAME_TAKEN), .. }))) {
            for created in creates {
                receipt.remove_entry(created)?;
            }
        }
        // Whatever the result: what is there now is ours, the rest is forgotten.
        receipt.reconcile()?;
        if matches!(ran, Ok(Ok(()))) {
            receipt.reconcile_repaired(|created| match created {
                Created::User { .. } => command.program() == "usermod",
                Created::Group { .. } => command.program() == "groupmod",
                Created::Directory { .. } | Created::Module { .. } | Created::Label { .. } => false,
            })?;
        }
        synced?;
        match ran? {
            Ok(())
                if !creates.is_empty()
                    && creates.iter().all(|created| is_missing(cx, created))
                    && !comes_at_boot(cx) =>
            {
                let what = format!("{} is still missing", cx.profile.scan_user.name);
                Err(ActionError::HostProblem(no_effect(cx, used, &what, WORDS)))
            }
            Ok(()) => Ok(Applied::Changed),
            Err(ProcessError::Interrupted { .. }) => Err(ActionError::Internal(cx.interrupted("repair"))),
            Err(error) => {
                let of_login_defs = blocked.as_ref().and_then(|blocked| login_defs_failure(cx, blocked, &error, WORDS));
                let finding = of_login_defs.unwrap_or_else(|| failure(cx, used, &error, WORDS));
                Err(ActionError::HostProblem(finding))
            }
        }
    }
}

/// Returns whether an account is known to be missing, also from the sources that no account tool changes.
fn is_missing(cx: &HostContext, created: &Created) -> bool {
    let accounts = Accounts::of(cx.root);
    match created {
        Created::User { name, .. } => accounts.user(name).is_ok_and(|user| user.is_none()),
        Created::Group { name, .. } => accounts.group(name).is_ok_and(|group| group.is_none()),
        Created::Directory { .. } | Created::Module { .. } | Created::Label { .. } => false,
    }
}

/// Returns whether the next boot creates the user: where an image is built, `useradd` may write a line for systemd-sysusers instead.
fn comes_at_boot(cx: &HostContext) -> bool {
    let most = login_defs::read(cx.root).map(|settings| settings.sys_uid_max);
    most.is_ok_and(|most| at_boot::created(cx, most).is_ok_and(|line| line.is_some()))
}
