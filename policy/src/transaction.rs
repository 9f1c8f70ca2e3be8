//! The one `semodule` call that installs or removes the module.
//!
//! Every call names the store with `-s`: without it `semodule` takes the type that the *running* system is configured
//! for, even with `-p`. One call may install at one priority and remove at others; it is one commit.

use std::path::{Path, PathBuf};
use std::time::Duration;

use host::backoff::Backoff;
use host::clock::Clock;
use host::process::{Command, Output, ProcessError, Processes, telling_line};
use host::{ReadError, Root, signals};
use thiserror::Error;

use crate::classify::{Cause, classify};
use crate::spec::ModuleSpec;
use crate::state::State;
use crate::store::{Store, StoredModule};

/// The longest that the store's lock is waited for.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(120);

/// The longest that one run may take: an emulated machine needed 75 s.
const LONGEST_RUN: Duration = Duration::from_secs(600);

/// The store that is changed, and whether the policy made from it is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreTarget {
    policy_type: String,
    alternate: Option<PathBuf>,
    load: bool,
}

impl StoreTarget {
    /// The store of `policy_type` in `root`. The policy is loaded where `state` says that one is running.
    #[must_use]
    pub fn of(root: &Root, policy_type: &str, state: State) -> Self {
        let alternate = root.is_alternate().then(|| root.path().to_owned());
        let load = alternate.is_none() && matches!(state, State::Permissive | State::Enforcing);
        Self { policy_type: policy_type.to_owned(), alternate, load }
    }

    /// The policy type that the store belongs to.
    #[must_use]
    pub fn policy_type(&self) -> &str {
        &self.policy_type
    }

    /// Whether the new policy is loaded into the kernel.
    #[must_use]
    pub fn loads(&self) -> bool {
        self.load
    }

    /// Installs `file` at the spec's priority, over what is there, enables it if it is disabled, and removes it at former
    /// priorities; all in one transaction.
    #[must_use]
    pub fn install(&self, spec: &ModuleSpec, file: &Path, present: &InstalledAt) -> Command {
        let mut command = self.semodule().arg("-X").arg(spec.priority.to_string()).arg("-i").arg(file);
        for priority in present.ours(spec).into_iter().filter(|&priority| priority != spec.priority) {
            command = command.args(["-X", &priority.to_string(), "-r", &spec.name]);
        }
        // After -i: enabling what is not installed is an error.
        if present.disabled { command.args(["-e", &spec.name]) } else { command }
    }

    /// Loads the policy that the store has made into the kernel again; nothing is built (`semodule(8)`, `-R`).
    #[must_use]
    pub fn reload(&self) -> Command {
        self.semodule().arg("-R")
    }

    /// Removes the module at every priority in `present` that is or was ours, in one transaction; `None` where there is
    /// none. (To remove what is not there is an error where it is all there is to do.)
    #[must_use]
    pub fn remove(&self, spec: &ModuleSpec, present: &InstalledAt) -> Option<Command> {
        let ours = present.ours(spec);
        let add = |command: Command, priority: u16| command.args(["-X", &priority.to_string(), "-r", &spec.name]);
        (!ours.is_empty()).then(|| ours.into_iter().fold(self.semodule(), add))
    }

    fn semodule(&self) -> Command {
        let mut command = Command::new("semodule").timeout(LONGEST_RUN);
        if !self.load {
            command = command.arg("-n");
        }
        command = command.args(["-s", &self.policy_type]);
        match &self.alternate {
            Some(root) => command.arg("-p").arg(root),
            None => command,
        }
    }
}

/// What of the module stands in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstalledAt {
    /// The priorities that it is installed at.
    pub priorities: Vec<u16>,
    /// Whether it is disabled.
    pub disabled: bool,
}

impl InstalledAt {
    /// Looks.
    ///
    /// # Errors
    /// [`ReadError`] where the store cannot be read.
    pub fn in_store(store: &Store<'_>, name: &str) -> Result<Self, ReadError> {
        Ok(Self::from(&store.module(name)?))
    }

    /// The priorities that are, or once were, ours, lowest first; at any other the module is somebody else's.
    #[must_use]
    pub fn ours(&self, spec: &ModuleSpec) -> Vec<u16> {
        spec.priorities_ever().into_iter().filter(|priority| self.priorities.contains(priority)).collect()
    }
}

impl From<&StoredModule> for InstalledAt {
    fn from(module: &StoredModule) -> Self {
        let priorities = module.installed.iter().map(|installed| installed.priority).collect();
        Self { priorities, disabled: module.disabled }
    }
}

/// A transaction that failed.
#[derive(Debug, Error)]
#[error("{said}; {}{}", cause.hint(), tries(*attempts))]
pub struct TransactionError {
    /// The command, and the line that tells most of what it said.
    pub said: String,
    /// Why.
    pub cause: Cause,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether somebody interrupted, so that it was not tried for as long as it could have been.
    pub interrupted: bool,
    /// The last try.
    pub source: ProcessError,
}

fn tries(attempts: u32) -> String {
    if attempts > 1 { format!(" (tried {attempts} times)") } else { String::new() }
}

/// A transaction that succeeded. This says nothing of the rule: ask the kernel.
#[derive(Debug, Clone)]
pub struct Done {
    /// How often it was tried.
    pub attempts: u32,
    /// What the program said.
    pub output: Output,
}

/// Runs a transaction on the module `module`. It is not cut short by Ctrl-C. While somebody else holds the store's lock
/// (libsemanage itself gives up after 5 s) it is tried again with growing pauses, for [`LOCK_TIMEOUT`] at most.
///
/// # Errors
/// [`TransactionError`] with its cause.
pub fn run(
    processes: &Processes<'_>,
    clock: &dyn Clock,
    command: &Command,
    module: &str,
) -> Result<Done, TransactionError> {
    let mut backoff = Backoff::new(clock, LOCK_TIMEOUT);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let source = match processes.run_to_the_end(command) {
            Ok(output) => return Ok(Done { attempts, output }),
            Err(e) => e,
        };
        let cause = match &source {
            ProcessError::NotFound { .. } => Cause::ToolsMissing,
            other => classify(other.stderr(), module),
        };
        let is_locked = cause == Cause::StoreLocked;
        let held = "another program holds the lock of the policy store";
        if !is_locked || !backoff.wait(|left| processes.retrying(command, held, left)) {
            let said = match (&source, telling_line(source.stderr())) {
                (ProcessError::Failed { .. }, Some(line)) => format!("`{command}` failed: {line}"),
                _ => source.to_string(),
            };
            let interrupted = is_locked && signals::interrupted();
            return Err(TransactionError { said, cause, attempts, interrupted, source });
        }
    }
}

/// Why a module is not gone.
#[derive(Debug, Error)]
pub enum RemoveError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// The transaction failed.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// `semodule` said that it succeeded, but the module is still there.
    #[error(
        "`{command}` ended well, but {name} is still in the store at priority {priority}; run it by hand to see why"
    )]
    StillThere {
        /// The command.
        command: String,
        /// The module.
        name: String,
        /// Where it still is.
        priority: u16,
    },
}

/// Removes the module wherever it is ours and looks whether it is gone. `false` where it was gone already: then nothing
/// was run.
///
/// # Errors
/// [`RemoveError`].
pub fn remove(
    processes: &Processes<'_>,
    clock: &dyn Clock,
    target: &StoreTarget,
    store: &Store<'_>,
    spec: &ModuleSpec,
) -> Result<bool, RemoveError> {
    let Some(command) = target.remove(spec, &InstalledAt::in_store(store, &spec.name)?) else { return Ok(false) };
    run(processes, clock, &command, &spec.name)?;
    match InstalledAt::in_store(store, &spec.name)?.ours(spec).first() {
        None => Ok(true),
        Some(&priority) => {
            Err(RemoveError::StillThere { command: command.to_string(), name: spec.name.clone(), priority })
        }
    }
}

#[cfg(test)]
mod tests;
