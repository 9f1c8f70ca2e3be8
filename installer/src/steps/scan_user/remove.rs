//! Deleting the accounts that the receipt lists.

use host::process::Command;
use host::system::accounts::Accounts;
use host::{ReadError, Root};

use super::account_tools::{WORDS, account_tool, did_nothing, require_root_option, undo, undo_error, useradd};
use super::apply::sync_accounts;
use crate::Error;
use crate::escape::ensure_accounts_inside;
use crate::model::action::{Action, ActionError, Applied};
use crate::model::already_gone::AlreadyGone;
use crate::model::host_context::HostContext;
use crate::model::receipt::{Created, Receipt};
use crate::model::step::Removal;

/// Plans the users first: a user's primary group cannot be deleted before the user.
pub(super) fn plan(cx: &HostContext, receipt: &Receipt) -> Removal {
    let entries = || receipt.created().iter().rev();
    let users = entries().filter(|entry| matches!(entry, Created::User { .. }));
    let groups = entries().filter(|entry| matches!(entry, Created::Group { .. }));
    let mut removal = Removal::default();
    let mut kept: Vec<&str> = Vec::new();
    for created in users.chain(groups) {
        // It is the group of a user that stays.
        if matches!(created, Created::Group { name, .. } if kept.contains(&name.as_str())) {
            continue;
        }
        match plan_entry(cx, receipt, created) {
            Ok(action) => removal.actions.extend(action),
            Err(e) => {
                if let Created::User { name, .. } = created {
                    kept.push(name);
                }
                removal.failed.push(e);
            }
        }
    }
    removal
}

/// Returns the action, if this machine's tools can do it.
fn if_possible(cx: &HostContext, action: DeleteAccount) -> Result<Box<dyn Action>, Error> {
    let DeleteAccount { recreate_first, command, recreate_group, .. } = &action;
    let commands = recreate_first.iter().chain([command]).chain(recreate_group.iter().map(|(_, groupadd)| groupadd));
    for command in commands {
        require_root_option(cx, command, WORDS).map_err(|finding| undo_error(cx, &finding))?;
    }
    Ok(Box::new(action))
}

fn plan_entry(cx: &HostContext, receipt: &Receipt, created: &Created) -> Result<Option<Box<dyn Action>>, Error> {
    if created.is_orphaned_shadow_entry(cx.root)? {
        return delete_orphan(cx, created).map(|action| if_possible(cx, action)).transpose();
    }
    let accounts = Accounts::of(cx.root);
    let gone = || Some(Box::new(AlreadyGone(created.clone())) as Box<dyn Action>);
    if !receipt.is_unmodified(created)? {
        return Ok(gone());
    }
    let mut recreate_group = None;
    let (program, name, window) = match created {
        Created::User { name, .. } => {
            let is_its_group = |other: &Created| matches!(other, Created::Group { name: group, .. } if group == name);
            if let Some(group) = accounts.local_group(name)?.filter(|_| !receipt.created().iter().any(is_its_group)) {
                let groupadd = account_tool(cx, "groupadd").args(["--system", "--gid", &group.gid.to_string(), name]);
                recreate_group = Some((name.clone(), groupadd));
            }
            // A group that was there before must not go with the user, so login.defs is not to say yes.
            let window = match &recreate_group {
                Some(_) => login_defs::plan_placeholder(cx.root),
                None => login_defs::plan(cx.root),
            };
            ("userdel", name, window)
        }
        Created::Group { name, .. } => {
            let is_its_user = |other: &Created| matches!(other, Created::User { name: user, .. } if user == name);
            // Created for a user that was there before, and that needs a primary group.
            if accounts.local_user(name)?.is_some() && !receipt.created().iter().any(is_its_user) {
                return Ok(gone());
            }
            ("groupdel", name, login_defs::plan_placeholder(cx.root))
        }
        Created::Directory { .. } | Created::Module { .. } | Created::Label { .. } => return Ok(None),
    };
    let action = DeleteAccount {
        recreate_first: None,
        command: account_tool(cx, program).arg(name),
        created: created.clone(),
        recreate_group,
        window: if_readable(window),
    };
    if_possible(cx, action).map(Some)
}

/// A login.defs that cannot be read does not keep an account from being deleted.
fn if_readable(window: Result<Option<login_defs::Plan>, ReadError>) -> Option<Box<login_defs::Plan>> {
    window.ok().flatten().map(Box::new)
}

/// Plans to delete an account of which only the line in the shadow file is left. No tool deletes that line alone, so the account is
/// created again and then deleted whole. Until then its group is root's, which every system has; it does not allow logins.
fn delete_orphan(cx: &HostContext, created: &Created) -> Option<DeleteAccount> {
    let (add, command, created) = match created {
        Created::User { name, .. } => {
            let add = useradd(cx).args(["--no-user-group", "--gid", "0", "--home-dir", "/nonexistent"]);
            let add = add.args(["--shell", "/bin/false", name]);
            (add, account_tool(cx, "userdel").arg(name), Created::User { name: name.clone(), uid: None })
        }
        Created::Group { name, .. } => {
            let add = account_tool(cx, "groupadd").args(["--system", name]);
            (add, account_tool(cx, "groupdel").arg(name), Created::Group { name: name.clone(), gid: None })
        }
        Created::Directory { .. } | Created::Module { .. } | Created::Label { .. } => return None,
    };
    let window = if_readable(login_defs::plan_placeholder(cx.root));
    Some(DeleteAccount { recreate_first: Some(add), command, created, recreate_group: None, window })
}

/// Deletes a user or a group.
#[derive(Debug)]
struct DeleteAccount {
    /// Creates what is there only in part, so that the tool can delete it.
    recreate_first: Option<Command>,
    /// The tool.
    command: Command,
    /// The entry.
    created: Created,
    /// A group that was there before and that `userdel` deletes too where USERGROUPS_ENAB is `yes`: it is created again.
    recreate_group: Option<(String, Command)>,
    /// The login.defs window in which the tools run.
    window: Option<Box<login_defs::Plan>>,
}

impl Action for DeleteAccount {
    fn describe(&self, _root: &Root) -> Vec<String> {
        let Self { recreate_first, command, recreate_group, window, .. } = self;
        let commands = match (recreate_first, recreate_group) {
            (Some(first), _) => format!("{first}; {command}"),
            (None, Some((_, groupadd))) => format!("{command}; {groupadd}  # if it is gone then"),
            (None, None) => command.to_string(),
        };
        match window.as_ref().filter(|window| window.blocked().is_none()) {
            Some(window) => window.describe(&commands),
            None => vec![commands],
        }
    }

    fn apply(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError> {
        ensure_accounts_inside(cx.root)?;
        // userdel has already deleted the group where USERGROUPS_ENAB is yes.
        let is_gone = match &self.created {
            Created::Group { name, .. } if self.recreate_first.is_none() => {
                Accounts::of(cx.root).local_group(name)?.is_none()
            }
            _ => false,
        };
        // A userdel that died may have left the group's line in /etc/gshadow alone.
        if is_gone
            && self.created.is_orphaned_shadow_entry(cx.root)?
            && let Some(orphan) = delete_orphan(cx, &self.created)
        {
            return orphan.apply(cx, receipt);
        }
        if self.waits_for_user(cx, receipt)? {
            return Ok(Applied::Unchanged);
        }
        if !is_gone {
            self.delete(cx, receipt)?;
        }
        sync_accounts(cx)?;
        receipt.remove_entry(&self.created)?;
        Ok(if is_gone { Applied::Unchanged } else { Applied::Changed })
    }
}

impl DeleteAccount {
    /// Returns whether this is the group of a user that could not be deleted before, which is reported already: `groupdel` would
    /// refuse it.
    fn waits_for_user(&self, cx: &HostContext, receipt: &Receipt) -> Result<bool, Error> {
        let Created::Group { name, .. } = &self.created else { return Ok(false) };
        let is_its_user = |other: &Created| matches!(other, Created::User { name: user, .. } if user == name);
        let is_left = receipt.created().iter().any(is_its_user);
        let accounts = Accounts::of(cx.root);
        let user = if is_left { accounts.local_user(name)? } else { None };
        let group = accounts.local_group(name)?;
        Ok(user.is_some_and(|user| group.is_some_and(|group| group.gid == user.gid)))
    }

    fn delete(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<(), Error> {
        let window = self.window.as_deref();
        if let Some(first) = &self.recreate_first {
            receipt.record(self.created.clone())?;
            undo(cx, first, window)?;
        }
        let deleted = undo(cx, &self.command, window);
        // Also after a userdel that died.
        if let Some((name, groupadd)) = &self.recreate_group
            && Accounts::of(cx.root).local_group(name)?.is_none()
        {
            undo(cx, groupadd, window)?;
        }
        deleted?;
        self.verify(cx)
    }

    /// Checks that the account is gone: a program in the place of the tool may report success and do nothing.
    fn verify(&self, cx: &HostContext) -> Result<(), Error> {
        let accounts = Accounts::of(cx.root);
        let name = match &self.created {
            Created::User { name, .. } => accounts.local_user(name)?.map(|_| name),
            Created::Group { name, .. } => accounts.local_group(name)?.map(|_| name),
            Created::Directory { .. } | Created::Module { .. } | Created::Label { .. } => None,
        };
        let Some(name) = name else { return Ok(()) };
        Err(did_nothing(cx, &self.command, &format!("{name} is still there")))
    }
}
