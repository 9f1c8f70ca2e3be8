//! The way back: undoes what the journal says we made, and takes our module out of the store at every priority. What was
//! there before us stays, and what is gone already is gone.

use std::time::Duration;

use faults::{Source, Wanted};
use host::Root;
use host::account::Accounts;
use host::log::Level;
use host::process::Command;
use host::{FileError, ReadError, places};
use policy::transaction::{InstalledAt, StoreTarget};
use policy::{InterruptedTransaction, ModuleSpec, SelinuxConfig, Store};

use crate::Error;
use crate::action::{account_tool, sync_accounts, undo, useradd};
use crate::context::Context;
use crate::journal::{Journal, Made};
use crate::led_out::{require_accounts_inside, require_policy_inside};
use crate::load_lock;
use crate::outcome::StepName;
use crate::place::remove_place;
use crate::run;
use crate::verdicts;

/// One thing to undo.
#[derive(Debug)]
pub enum Undo {
    /// Take the module out of the store.
    Module {
        /// The transaction.
        command: Command,
        /// The store.
        target: StoreTarget,
        /// Its type.
        policy_type: String,
        /// The module, with every priority that it ever had.
        spec: ModuleSpec,
    },
    /// Run an account tool.
    Account {
        /// Makes again what is there by half, so that the tool can delete it.
        again: Option<Command>,
        /// The tool.
        command: Command,
        /// What is then gone.
        made: Made,
        /// A group that was there before us and that `userdel` takes along where USERGROUPS_ENAB is `yes`: it is made again.
        restores: Option<(String, Command)>,
        /// The window that creation would open, or one where there is no login.defs: `userdel` of shadow 4.1.5.1 exits there
        /// and leaves its lock files.
        window: Option<Box<login_defs::Plan>>,
    },
    /// Remove a directory if it is empty.
    Directory {
        /// As the prepared host sees it.
        path: std::path::PathBuf,
    },
    /// Forget a journal entry of something that is gone already.
    Gone {
        /// The entry.
        made: Made,
    },
}

impl Undo {
    /// The exact commands and file changes, a line each.
    #[must_use]
    pub fn describe(&self, root: &Root) -> Vec<String> {
        match self {
            Self::Account { again, command, restores, window, .. } => {
                let commands = match (again, restores) {
                    (Some(again), _) => format!("{again}; {command}"),
                    (None, Some((_, restore))) => format!("{command}; {restore}  # if it is gone then"),
                    (None, None) => command.to_string(),
                };
                match window.as_ref().filter(|window| window.blocked().is_none()) {
                    Some(window) => window.describe(&commands),
                    None => vec![commands],
                }
            }
            Self::Module { command, .. } => vec![command.to_string()],
            Self::Directory { path } => vec![format!("rmdir {}  # if it is empty", root.shown(path).display())],
            Self::Gone { .. } => Vec::new(),
        }
    }
}

/// What became of a removal.
#[derive(Debug, Default)]
pub struct Removed {
    /// What was done.
    pub done: Vec<String>,
    /// What could not be, and why.
    pub failed: Vec<String>,
}

impl Removed {
    fn note(&mut self, cx: &Context, error: &Error) {
        let text = error.to_string();
        cx.log.line(Level::Warning, &text);
        // One file can stand in the way of several things.
        if !self.failed.contains(&text) {
            self.failed.push(text);
        }
    }
}

/// What is to be undone, in order, and what cannot be looked at: one thing does not keep the others.
#[must_use]
pub fn plan(cx: &Context, journal: &Journal) -> (Vec<Undo>, Vec<Error>) {
    let mut failed = Vec::new();
    let mut undo = plan_modules(cx, journal).unwrap_or_else(|e| {
        failed.push(e);
        Vec::new()
    });
    // A user's primary group cannot go before the user.
    let order = |made: &Made| match made {
        Made::Module { .. } => 0,
        Made::User { .. } => 1,
        Made::Group { .. } => 2,
        Made::Directory { .. } => 3,
    };
    let mut entries: Vec<&Made> = journal.made().iter().rev().collect();
    entries.sort_by_key(|made| order(made));
    for made in entries {
        match plan_entry(cx, journal, made) {
            Ok(entry) => undo.extend(entry),
            Err(e) => failed.push(e),
        }
    }
    (undo, failed)
}

fn plan_entry(cx: &Context, journal: &Journal, made: &Made) -> Result<Option<Undo>, Error> {
    let accounts = Accounts::of(cx.root);
    let gone = || Some(Undo::Gone { made: made.clone() });
    Ok(match made {
        // The store is looked at as a whole.
        Made::Module { .. } => None,
        made if made.is_rest(cx.root)? => rest(cx, made),
        made if !journal.still_ours(made)? => gone(),
        Made::User { name, .. } => {
            let ours = |other: &Made| matches!(other, Made::Group { name: group, .. } if group == name);
            let restores = match accounts.local_group(name)? {
                Some(group) if !journal.made().iter().any(ours) => {
                    let gid = group.gid.to_string();
                    Some((name.clone(), account_tool(cx, "groupadd").args(["--system", "--gid", &gid, name])))
                }
                _ => None,
            };
            // A group that was there before us must not go with the user, so nothing is to say yes.
            let window = match &restores {
                Some(_) => login_defs::plan_placeholder(cx.root),
                None => login_defs::plan(cx.root),
            };
            let command = account_tool(cx, "userdel").arg(name);
            let window = unless_unreadable(window);
            Some(Undo::Account { again: None, command, made: made.clone(), restores, window })
        }
        Made::Group { name, .. } => {
            let user_is_ours =
                journal.made().iter().any(|other| matches!(other, Made::User { name: user, .. } if user == name));
            match accounts.local_user(name)? {
                // Made for a user that was there before us and that needs a primary group.
                Some(_) if !user_is_ours => gone(),
                _ => {
                    let command = account_tool(cx, "groupdel").arg(name);
                    let window = unless_unreadable(login_defs::plan_placeholder(cx.root));
                    Some(Undo::Account { again: None, command, made: made.clone(), restores: None, window })
                }
            }
        }
        Made::Directory { path } => Some(Undo::Directory { path: path.clone() }),
    })
}

/// A login.defs that cannot be read keeps no account from being removed.
fn unless_unreadable(window: Result<Option<login_defs::Plan>, ReadError>) -> Option<Box<login_defs::Plan>> {
    window.ok().flatten().map(Box::new)
}

/// No tool takes a line out of the file of passwords alone, so the account is made again and then deleted whole. Until then
/// its group is root's, which every system has; nobody can log in to it.
fn rest(cx: &Context, made: &Made) -> Option<Undo> {
    let (add, delete, made) = match made {
        Made::User { name, .. } => {
            let add = useradd(cx).args(["--no-user-group", "--gid", "0", "--home-dir", "/nonexistent"]);
            let add = add.args(["--shell", "/bin/false", name]);
            (add, account_tool(cx, "userdel").arg(name), Made::User { name: name.clone(), uid: None })
        }
        Made::Group { name, .. } => {
            let add = account_tool(cx, "groupadd").args(["--system", name]);
            (add, account_tool(cx, "groupdel").arg(name), Made::Group { name: name.clone(), gid: None })
        }
        Made::Directory { .. } | Made::Module { .. } => return None,
    };
    let window = unless_unreadable(login_defs::plan_placeholder(cx.root));
    Some(Undo::Account { again: Some(add), command: delete, made, restores: None, window })
}

/// The module, in the configured store and in every store that the journal names. Its name is ours, so it goes even where
/// the journal is lost.
///
/// # Errors
/// [`Error`] where the policy store cannot be read.
pub fn plan_modules(cx: &Context, journal: &Journal) -> Result<Vec<Undo>, Error> {
    let mut spec = cx.profile.module.clone();
    let config = SelinuxConfig::read(cx.root)?;
    let mut types: Vec<String> = config.iter().map(|config| config.policy_type.clone()).collect();
    for made in journal.made() {
        if let Made::Module { policy_type, priority, .. } = made {
            types.push(policy_type.clone());
            spec.former_priorities.push(*priority);
        }
    }
    types.sort();
    types.dedup();
    let state = policy::State::of(cx.root, cx.surroundings, cx.kernel, config.as_ref());
    let mut undo = Vec::new();
    for policy_type in types {
        let target = StoreTarget::of(cx.root, &policy_type, state);
        let present = match Store::locate(cx.root, &policy_type)? {
            Some(store) => InstalledAt::in_store(&store, &spec.name)?,
            None if InterruptedTransaction::find(cx.root, &policy_type)?.is_some() => {
                let why = std::io::Error::other("a transaction of it was cut short, or is on its way; run this again");
                let store = cx.root.shown(&policy_type);
                return Err(FileError::new("take the module out of the policy store", store, why).into());
            }
            None => InstalledAt::default(),
        };
        match target.remove(&spec, &present) {
            Some(command) => undo.push(Undo::Module { command, target, policy_type, spec: spec.clone() }),
            None => {
                let entries = journal.made().iter().filter(|made| is_module_in(made, &policy_type));
                undo.extend(entries.map(|made| Undo::Gone { made: made.clone() }));
            }
        }
    }
    Ok(undo)
}

/// What becomes of the state directory once it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateDirectory {
    /// It goes.
    Goes,
    /// It stays: a package lists it, and the package manager complains where it is gone already.
    IsThePackages,
}

/// Undoes everything, as far as it goes: one thing that cannot be undone does not keep the others.
///
/// # Errors
/// [`Error`] where the lock was not had, the host cannot be looked at, or somebody interrupts.
pub fn remove(
    cx: &Context,
    state: StateDirectory,
    patience: Duration,
    waiting: &mut dyn FnMut(),
) -> Result<Removed, Error> {
    let lock = run::lock(cx, patience, waiting)?;
    let mut journal = Journal::of(cx);
    if let Err(e) = journal.settle() {
        cx.log.line(Level::Warning, &e.to_string());
    }
    let (plan, failed) = plan(cx, &journal);
    let mut removed = undo_all(cx, &mut journal, &plan)?;
    for error in failed {
        removed.note(cx, &error);
    }
    if let Err(e) = load_lock::remove(cx) {
        removed.note(cx, &e);
    }
    if let Err(e) = clear_faults(cx) {
        removed.note(cx, &e);
    }
    let paths = &cx.profile.paths;
    if state == StateDirectory::Goes {
        remove_place(cx.root, &paths.state)?;
    }
    lock.remove()?;
    if let Some(above) = paths.lock.parent().filter(|above| !places::is_the_systems(above)) {
        remove_place(cx.root, above)?;
    }
    Ok(removed)
}

/// What only the agent sees is the agent's to clear.
fn clear_faults(cx: &Context) -> Result<(), Error> {
    let raised = verdicts::store(cx).read()?;
    let mut ids: Vec<_> = StepName::ALL.map(StepName::fault).to_vec();
    ids.dedup();
    ids.retain(|id| !verdicts::is_the_agents(&raised, *id));
    let cleared: Vec<Wanted> = ids.into_iter().map(Wanted::Cleared).collect();
    verdicts::carry_out(cx, &cleared, Source::Remove).map(drop)
}

/// Takes the module out of the policy store and leaves the rest.
///
/// # Errors
/// As [`remove`].
pub fn remove_modules(cx: &Context, patience: Duration, waiting: &mut dyn FnMut()) -> Result<Removed, Error> {
    let _lock = run::lock(cx, patience, waiting)?;
    let mut journal = Journal::of(cx);
    let plan = plan_modules(cx, &journal)?;
    undo_all(cx, &mut journal, &plan)
}

fn undo_all(cx: &Context, journal: &mut Journal, plan: &[Undo]) -> Result<Removed, Error> {
    let mut removed = Removed::default();
    for undo in plan {
        if host::signals::interrupted() {
            return Err(Error::Interrupted);
        }
        match carry_out(cx, journal, undo) {
            Ok(true) => removed.done.extend(undo.describe(cx.root)),
            Ok(false) => {}
            Err(e) => removed.note(cx, &e),
        }
    }
    Ok(removed)
}

/// Whether anything was changed.
fn carry_out(cx: &Context, journal: &mut Journal, entry: &Undo) -> Result<bool, Error> {
    match entry {
        Undo::Module { target, policy_type, spec, .. } => {
            if let Some(store) = Store::locate(cx.root, policy_type)? {
                require_policy_inside(cx, policy_type)?;
                policy::transaction::remove(cx.processes, cx.clock, target, &store, spec)?;
            }
            let entries: Vec<Made> =
                journal.made().iter().filter(|made| is_module_in(made, policy_type)).cloned().collect();
            for made in entries {
                journal.forget(&made)?;
            }
            Ok(true)
        }
        Undo::Account { again, command, made, restores, window } => {
            require_accounts_inside(cx.root)?;
            // userdel has already taken the group with it where USERGROUPS_ENAB is yes.
            let gone = match made {
                Made::Group { name, .. } if again.is_none() => Accounts::of(cx.root).local_group(name)?.is_none(),
                _ => false,
            };
            // A userdel that died may have left the group's line in /etc/gshadow alone.
            if gone
                && made.is_rest(cx.root)?
                && let Some(rest) = rest(cx, made)
            {
                return carry_out(cx, journal, &rest);
            }
            if !gone {
                delete_account(cx, journal, again.as_ref(), command, made, restores.as_ref(), window.as_deref())?;
            }
            sync_accounts(cx)?;
            journal.forget(made)?;
            Ok(!gone)
        }
        Undo::Directory { path } => {
            let removed = remove_place(cx.root, path)?;
            journal.forget(&Made::Directory { path: path.clone() })?;
            Ok(removed)
        }
        Undo::Gone { made } => {
            journal.forget(made)?;
            Ok(false)
        }
    }
}

fn delete_account(
    cx: &Context,
    journal: &mut Journal,
    again: Option<&Command>,
    delete: &Command,
    made: &Made,
    restores: Option<&(String, Command)>,
    window: Option<&login_defs::Plan>,
) -> Result<(), Error> {
    if let Some(again) = again {
        journal.record(made.clone())?;
        undo(cx, again, window)?;
    }
    let deleted = undo(cx, delete, window);
    // Also after a userdel that died.
    if let Some((name, restore)) = restores
        && Accounts::of(cx.root).local_group(name)?.is_none()
    {
        undo(cx, restore, window)?;
    }
    deleted
}

fn is_module_in(made: &Made, wanted: &str) -> bool {
    matches!(made, Made::Module { policy_type, .. } if policy_type == wanted)
}
