//! The one `semodule` call that installs or removes the module.
//!
//! Every call names the store with `-s`: without it `semodule` uses the type that the *running* system is configured
//! for, even with `-p`. One call may install at one priority and remove at others, in one commit.

use std::path::PathBuf;
use std::time::Duration;

use host::fs::InRoot;
use host::process::backoff::Backoff;
use host::process::clock::Clock;
use host::process::signals;
use host::process::{Command, CommandRunner, Output, ProcessError, shown_line};
use host::{FileError, InsideText, ReadError, Root};
use thiserror::Error;

use crate::classify::{Cause, classify};
use crate::culprit::Culprit;
use crate::policy_file::{self, PolicyFile};
use crate::spec::ModuleSpec;
use crate::store::{Store, StoredModule};
use crate::written::{PolicyFiles, WrongVersion};

/// How long to wait for the store's lock.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(120);

/// The time limit of one run: an emulated machine needed 75 s.
const LONGEST_RUN: Duration = Duration::from_secs(600);

const ENOMEM: i32 = 12;

/// The store that a transaction changes, and whether it loads the new policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreTarget {
    policy_type: String,
    alternate: Option<PathBuf>,
    load: bool,
}

impl StoreTarget {
    /// Returns the store of `policy_type` in `root`. The new policy is loaded if the kernel runs that of this system
    /// ([`State::is_in_kernel`]).
    #[must_use]
    pub fn of(root: &Root, policy_type: &str, is_in_kernel: bool) -> Self {
        let alternate = root.is_alternate().then(|| root.path().to_owned());
        let load = alternate.is_none() && is_in_kernel;
        Self { policy_type: policy_type.to_owned(), alternate, load }
    }

    /// Returns the policy type that the store belongs to.
    #[must_use]
    pub fn policy_type(&self) -> &str {
        &self.policy_type
    }

    /// Reports whether the new policy is loaded into the kernel.
    #[must_use]
    pub fn loads(&self) -> bool {
        self.load
    }

    /// Returns the command that installs `file` at the priority of `spec`, replaces what is there, enables the module
    /// if it is disabled, and removes it at former priorities, in one transaction.
    #[must_use]
    pub fn install(&self, spec: &ModuleSpec, root: &Root, file: &InRoot, present: &InstalledAt) -> Command {
        let mut command = self.semodule().arg("-X").arg(spec.priority.to_string()).arg("-i").path(root, file);
        for priority in present.ours(spec).into_iter().filter(|&priority| priority != spec.priority) {
            command = command.args(["-X", &priority.to_string(), "-r", &spec.name]);
        }
        // After -i: enabling a module that is not installed is an error.
        if present.disabled { command.args(["-e", &spec.name]) } else { command }
    }

    /// Returns the command that removes any module at one priority.
    #[must_use]
    pub fn remove_module(&self, name: &str, priority: u16) -> Command {
        self.semodule().args(["-X", &priority.to_string(), "-r", name])
    }

    /// Returns the store of an alternate root.
    #[must_use]
    pub fn is_alternate(&self) -> bool {
        self.alternate.is_some()
    }

    /// Returns the same store for a transaction that loads nothing: what it installs is in force after the next boot.
    #[must_use]
    pub fn without_loading(self) -> Self {
        Self { load: false, ..self }
    }

    /// Returns the command that loads the store's policy into the kernel again; nothing is built (`semodule(8)`, `-R`).
    #[must_use]
    pub fn reload(&self) -> Command {
        self.semodule().arg("-R")
    }

    /// Returns the command that builds the compiled policy from the store again (`semodule(8)`, `-B`).
    #[must_use]
    pub fn rebuild(&self) -> Command {
        self.semodule().arg("-B")
    }

    /// Returns the command that removes the module at each of its own priorities in `present`, in one transaction, or
    /// `None` if there are none. (`semodule` fails if all that it has to do is to remove an absent module.)
    #[must_use]
    pub fn remove(&self, spec: &ModuleSpec, present: &InstalledAt) -> Option<Command> {
        let ours = present.ours(spec);
        let add = |command: Command, priority: u16| command.args(["-X", &priority.to_string(), "-r", &spec.name]);
        (!ours.is_empty()).then(|| ours.into_iter().fold(self.semodule(), add))
    }

    /// Returns `command`, one of this store's, as the own tools of an alternate root run it.
    #[must_use]
    pub fn by_own_tools(&self, command: &Command) -> Command {
        match &self.alternate {
            Some(root) => Command::new("chroot").arg(root).args(command.inside().argv()),
            None => command.clone(),
        }
    }

    fn semodule(&self) -> Command {
        let mut command = Command::new("semodule").timeout(LONGEST_RUN);
        if !self.load {
            command = command.arg("-n");
        }
        command = command.args(["-s", &self.policy_type]);
        match &self.alternate {
            Some(root) => command.root_option("-p", root),
            None => command,
        }
    }
}

/// Where a module is installed in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstalledAt {
    /// Its priorities.
    pub priorities: Vec<u16>,
    /// Whether it is disabled, which applies to all priorities.
    pub disabled: bool,
}

impl InstalledAt {
    /// Reads it from the store.
    ///
    /// # Errors
    /// [`ReadError`] if the store cannot be read.
    pub fn in_store(store: &Store<'_>, name: &str) -> Result<Self, ReadError> {
        Ok(Self::from(&store.module(name)?))
    }

    /// Returns the priorities that are, or were, those of `spec`, in ascending order. At any other the module belongs
    /// to an administrator or another package.
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
#[error("{}; {}{}", summary(command, source), hint(*cause, culprit.as_deref(), Some(target)), tries(*attempts))]
pub struct TransactionError {
    /// The command.
    pub command: Box<Command>,
    /// Why it failed.
    pub cause: Cause,
    /// The module or record that it failed on, if [`TransactionError::cause`] is [`Cause::StoreBroken`].
    pub culprit: Option<Box<Culprit>>,
    /// The store.
    pub target: Box<StoreTarget>,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether Ctrl-C ended the wait for the lock.
    pub interrupted: bool,
    /// The error of the last try.
    pub source: ProcessError,
}

impl InsideText for TransactionError {
    fn inside_text(&self, root: &Root) -> String {
        self.inside_text_for(self.cause, root)
    }
}

impl TransactionError {
    /// As [`InsideText::inside_text`], if the host shows another cause than the message.
    #[must_use]
    pub fn inside_text_for(&self, cause: Cause, root: &Root) -> String {
        self.text(cause, self.culprit.as_deref(), root)
    }

    /// As [`InsideText::inside_text`], if the host shows that it is `culprit` on which it failed.
    #[must_use]
    pub fn inside_text_naming(&self, culprit: &Culprit, root: &Root) -> String {
        self.text(self.cause, Some(culprit), root)
    }

    fn text(&self, cause: Cause, culprit: Option<&Culprit>, root: &Root) -> String {
        let summary = match &self.source {
            source @ ProcessError::Failed { .. } => summary(&self.command.inside(), source),
            source => source.inside_text(root),
        };
        // libsemanage names files of the store by their whole path.
        let above = root.path().to_string_lossy();
        let summary = if root.is_alternate() { summary.replace(&format!("{above}/"), "/") } else { summary };
        let target = Some(&*self.target).filter(|target| !target.is_alternate());
        let hint = hint(cause, culprit, target);
        format!("{summary}; {hint}{}", tries(self.attempts))
    }
}

/// What to do: take away what the store fails on, or what helps against `cause`. `target` is `None` for a text without
/// commands: as the system in another root has them, they would change this machine's store if they were run here.
fn hint(cause: Cause, culprit: Option<&Culprit>, target: Option<&StoreTarget>) -> String {
    match (culprit, target) {
        (Some(culprit @ Culprit::Module { name, priority }), _) if !culprit.is_base() => {
            let remove = target.map(|target| format!(": run `{}`", target.remove_module(name, *priority)));
            format!("{culprit} does not fit this policy{}", remove.unwrap_or_default())
        }
        (Some(culprit @ Culprit::Module { .. }), _) => format!("{culprit} is damaged: reinstall the policy package"),
        (Some(culprit), _) => format!("{culprit} does not fit this policy: delete it with `semanage`"),
        (None, target) => cause.hint(target.map(StoreTarget::rebuild).as_ref()).into_owned(),
    }
}

/// The command, and the most informative line of its standard error.
fn summary(command: &Command, source: &ProcessError) -> String {
    match (source, shown_line(source.stderr())) {
        (ProcessError::Failed { .. }, Some(line)) => format!("`{command}` failed: {line}"),
        _ => source.to_string(),
    }
}

fn tries(attempts: u32) -> String {
    if attempts > 1 { format!(" (tried {attempts} times)") } else { String::new() }
}

/// A transaction that succeeded. That does not mean that the rule is in force: ask the kernel.
#[derive(Debug, Clone)]
pub struct Done {
    /// How often it was tried.
    pub attempts: u32,
    /// The program's output.
    pub output: Output,
    /// The policy that it wrote, if it is not the one that the system loads; only [`commit`] looks.
    pub wrong_version: Option<WrongVersion>,
}

/// Runs a transaction on the module `module` in the store `target`. Ctrl-C does not interrupt it. While another process holds the store's
/// lock (libsemanage itself gives up after 5 s), it is tried again with growing pauses, for up to [`LOCK_TIMEOUT`].
///
/// # Errors
/// [`TransactionError`], which has the cause.
pub fn run(
    runner: &CommandRunner<'_>,
    clock: &dyn Clock,
    target: &StoreTarget,
    command: &Command,
    module: &str,
) -> Result<Done, TransactionError> {
    let mut backoff = Backoff::new(clock, LOCK_TIMEOUT);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let source = match runner.run_uninterruptible(command) {
            Ok(output) => return Ok(Done { attempts, output, wrong_version: None }),
            Err(e) => e,
        };
        let cause = match &source {
            ProcessError::NotFound { .. } => Cause::ToolsMissing,
            // The kernel's out-of-memory killer: nothing else kills semodule so, and it leaves no message.
            ProcessError::Failed { code: None, status, .. } if status.ends_with("signal 9") => Cause::OutOfMemory,
            ProcessError::Start { source, .. } if source.raw_os_error() == Some(ENOMEM) => Cause::OutOfMemory,
            other => classify(other.stderr(), module),
        };
        let is_locked = cause == Cause::StoreLocked;
        let held = "another program holds the lock of the policy store";
        if !is_locked || !backoff.wait(|left| runner.retrying(command, held, left)) {
            let interrupted = is_locked && signals::interrupted();
            let culprit = Culprit::find(source.stderr(), module).filter(|_| cause == Cause::StoreBroken).map(Box::new);
            let (command, target) = (Box::new(command.clone()), Box::new(target.clone()));
            return Err(TransactionError { command, cause, culprit, target, attempts, interrupted, source });
        }
    }
}

/// A transaction failed, or what it wrote cannot be compared with what the system loads.
#[derive(Debug, Error)]
pub enum CommitError {
    /// The compiled policies cannot be looked at.
    #[error(transparent)]
    Files(#[from] FileError),
    /// The transaction failed.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
}

/// As [`run`], on the store `target` of `root`. Compares what was written with what that system loads
/// ([`PolicyFiles::compare`]): that `semodule` exits with status 0 does not say so.
///
/// # Errors
/// [`CommitError`].
pub fn commit(
    runner: &CommandRunner<'_>,
    root: &Root,
    clock: &dyn Clock,
    target: &StoreTarget,
    command: &Command,
    module: &str,
) -> Result<Done, CommitError> {
    let before = PolicyFiles::of(root, target.policy_type())?;
    let done = run(runner, clock, target, command, module)?;
    Ok(Done { wrong_version: before.compare(root)?, ..done })
}

/// A module was not removed.
#[derive(Debug, Error)]
pub enum RemoveError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// The transaction failed.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// It is out of the store, but the policy that the system loads was not written, and still has the rule.
    #[error("{name} is out of the policy store, but {wrong_version}, which has its rule: run `{command}`")]
    StillLoaded {
        /// The module.
        name: String,
        /// What was written instead.
        wrong_version: WrongVersion,
        /// The command that builds the policy with that system's own tools.
        command: String,
    },
    /// `semodule` exited with status 0, but the module is still in the store.
    #[error(
        "`{command}` exited with status 0, but {name} is still in the store at priority {priority}; run it by hand to see why"
    )]
    StillThere {
        /// The command.
        command: String,
        /// The module.
        name: String,
        /// Its priority.
        priority: u16,
    },
}

/// Removes the module at all priorities of `spec`, and verifies that it is gone. Returns `false` if it was not
/// installed; nothing is run then.
///
/// # Errors
/// [`RemoveError`]; a failed transaction leaves the store as it was.
pub fn remove(
    runner: &CommandRunner<'_>,
    clock: &dyn Clock,
    target: &StoreTarget,
    store: &Store<'_>,
    spec: &ModuleSpec,
) -> Result<bool, RemoveError> {
    let Some(command) = target.remove(spec, &InstalledAt::in_store(store, &spec.name)?) else { return Ok(false) };
    let done = match commit(runner, store.root(), clock, target, &command, &spec.name) {
        Err(CommitError::Files(e)) => return Err(ReadError::from(e).into()),
        Err(CommitError::Transaction(e)) => return Err(e.into()),
        Ok(done) => done,
    };
    if let Some(&priority) = InstalledAt::in_store(store, &spec.name)?.ours(spec).first() {
        return Err(RemoveError::StillThere { command: command.to_string(), name: spec.name.clone(), priority });
    }
    match done.wrong_version.filter(|wrong| wrong.loads.iter().any(|path| allows(store.root(), path, spec))) {
        None => Ok(true),
        Some(wrong_version) => {
            let command = target.by_own_tools(&target.rebuild()).to_string();
            Err(RemoveError::StillLoaded { name: spec.name.clone(), wrong_version, command })
        }
    }
}

fn allows(root: &Root, path: &InRoot, spec: &ModuleSpec) -> bool {
    let file = PolicyFile::read(root, path.clone(), &spec.class).ok();
    let policy = file.as_ref().and_then(|file| file.policy().ok());
    policy.and_then(|policy| policy_file::ask(&policy, spec)).is_some_and(|answer| answer.allows_all())
}

#[cfg(test)]
mod tests;
