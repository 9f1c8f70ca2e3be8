//! The policy module: compiled, and loaded in one transaction.

use std::ffi::OsString;

use faults::{Reason, Remedy};
use host::fs::{InRoot, OpenPolicy, fhs, temporary_name};
use host::log::Level;
use host::process::{Command, ProcessError};
use host::{Dir, FileError, InsideText, Root};
use nix::errno::Errno;
use policy::compile::CompileError;
use policy::load::{LoadError, ModuleLoad};
use policy::transaction::{CommitError, Done, StoreTarget, TransactionError};
use policy::{ActivePolicy, Inputs, InterruptedTransaction, RuleState};

use super::attempt::{self, Attempt, Failure};
use super::finding::assess;
use super::interrupted::interrupted_store;
use super::refusal;
use crate::Error;
use crate::escape::ensure_policy_inside;
use crate::model::action::{Action, ActionError, Applied};
use crate::model::host_context::HostContext;
use crate::model::receipt::{Created, Receipt};
use crate::model::report::Finding;
use crate::steps::directories::failure;
use crate::steps::disk_full;

/// Compiles the policy module and loads it in one transaction.
#[derive(Debug)]
pub(super) struct LoadModule(pub ModuleLoad);

impl Action for LoadModule {
    fn describe(&self, root: &Root) -> Vec<String> {
        let load = &self.0;
        let mut lines: Vec<String> =
            load.compile.writes.iter().map(|(path, _)| format!("write {}", root.host_path(path).display())).collect();
        lines.extend(load.compile.commands.iter().map(ToString::to_string));
        if load.present.disabled {
            lines.push("enable the module, which was disabled".to_owned());
        }
        lines.push(load.command(root).to_string());
        lines
    }

    fn apply(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let load = &self.0;
        let build_dir = &cx.profile.paths.build_dir;
        require_writable_by_root_only(cx, build_dir)?;
        let managed = cx.profile.directories.iter().filter(|directory| build_dir.starts_with(&directory.path));
        for directory in managed.filter(|directory| !cx.root.exists(&directory.path)) {
            receipt.record(Created::Directory { path: directory.path.clone() })?;
        }
        let directory = cx.root.create_dir(build_dir, OpenPolicy::NoSymlinks).map_err(|e| {
            let finding = failure(cx, build_dir, &e);
            ActionError::HostProblem(match finding.reason {
                Reason::DiskFull => finding,
                _ => Finding { reason: Reason::PolicyLoadFailed, ..finding },
            })
        })?;
        let outcome = match ensure_policy_inside(cx, load.target.policy_type()) {
            Ok(()) => compile_and_commit(cx, receipt, load, &directory),
            Err(e) => Err(load_failed(e.inside_text(cx.root))),
        };
        clean_build_dir(cx)?;
        outcome?;
        Ok(Applied::Changed)
    }
}

/// Loads the policy that is in the store into the kernel again.
#[derive(Debug)]
pub(super) struct ReloadPolicy {
    /// The store.
    pub target: StoreTarget,
    /// The command.
    pub command: Command,
}

impl Action for ReloadPolicy {
    fn describe(&self, _root: &Root) -> Vec<String> {
        vec![self.command.to_string()]
    }

    fn apply(&self, cx: &HostContext, _receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let spec = &cx.profile.module;
        let ran = policy::transaction::run(cx.runner, cx.clock, &self.target, &self.command, &spec.name);
        ran.map(|_| Applied::Changed).map_err(|error| not_run(cx, &error))
    }
}

/// Builds the policy of the store again.
#[derive(Debug)]
pub(super) struct BuildPolicy {
    /// The store.
    pub target: StoreTarget,
    /// The command.
    pub command: Command,
    /// Whether it takes the module away, which the policy needs no more.
    pub removes: bool,
}

impl Action for BuildPolicy {
    fn describe(&self, _root: &Root) -> Vec<String> {
        vec![self.command.to_string()]
    }

    fn apply(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let Self { target, command, removes } = self;
        let policy_type = target.policy_type();
        ensure_policy_inside(cx, policy_type).map_err(|e| load_failed(e.inside_text(cx.root)))?;
        let inputs = attempt::inputs(cx, policy_type).ok();
        let module = &cx.profile.module.name;
        let verified = match policy::transaction::commit(cx.runner, cx.root, cx.clock, target, command, module) {
            // A module that is missing after all is installed by the next run.
            Ok(done) => verify(cx, policy_type, command, done, !*removes),
            Err(CommitError::Files(e)) => return Err(e.into()),
            Err(CommitError::Transaction(e)) => return Err(refused(cx, inputs, &e)),
        };
        if *removes {
            let is_ours =
                |made: &&Created| matches!(made, Created::Module { policy_type: of, .. } if of == policy_type);
            let entries: Vec<Created> = receipt.created().iter().filter(is_ours).cloned().collect();
            for made in entries {
                receipt.remove_entry(&made)?;
            }
        }
        verified?;
        Ok(Applied::Changed)
    }
}

/// Makes the policy from before a transaction that was cut short the active one again.
#[derive(Debug)]
pub(super) struct RestoreStore(pub InterruptedTransaction);

impl Action for RestoreStore {
    fn describe(&self, root: &Root) -> Vec<String> {
        let path = root.host_path(self.0.path());
        vec![match self.0.active() {
            ActivePolicy::Missing => format!("mv {0}/previous {0}/active", path.display()),
            ActivePolicy::Incomplete => format!("mv --exchange {0}/previous {0}/active", path.display()),
        }]
    }

    fn apply(&self, cx: &HostContext, _receipt: &mut Receipt) -> Result<Applied, ActionError> {
        restore_store(cx, &self.0)?;
        Ok(Applied::Changed)
    }
}

/// Clears what an interrupted run left of a module, and gives a policy store its active policy back.
pub(super) fn recover(cx: &HostContext) -> Result<(), Error> {
    if has_stale_build(cx) {
        clean_build_dir(cx)?;
    }
    if let Err(e) = attempt::forget_if_outdated(cx) {
        cx.log.line(Level::Warning, &e.to_string());
    }
    // The step reports what cannot be read; it does not keep the rest from being done.
    if let Ok(Some(store)) = interrupted_store(cx)
        && let Err(e) = restore_store(cx, &store)
    {
        cx.log.line(Level::Warning, &e.to_string());
    }
    Ok(())
}

fn compile_and_commit(
    cx: &HostContext,
    receipt: &mut Receipt,
    load: &ModuleLoad,
    directory: &Dir,
) -> Result<(), ActionError> {
    let compiled = match load.compile(cx.runner, directory) {
        Ok(compiled) => compiled,
        Err(CompileError::Process(e @ ProcessError::Interrupted { .. })) => {
            return Err(ActionError::Internal(e.into()));
        }
        Err(e) => return Err(not_compiled(cx, &e)),
    };
    if let Some(why) = &compiled.fell_back {
        cx.log.line(Level::Warning, &format!("the module is loaded as CIL because it did not compile: {why}"));
    }
    let made = Created::Module {
        name: load.spec.name.clone(),
        policy_type: load.target.policy_type().to_owned(),
        priority: load.spec.priority,
    };
    receipt.record(made.clone())?;
    let inputs = attempt::inputs(cx, load.target.policy_type()).ok();
    match load.commit(cx.runner, cx.root, cx.clock, directory, &compiled) {
        Ok(done) => verify(cx, load.target.policy_type(), &load.command(cx.root), done, true),
        Err(LoadError::Transaction(e)) => {
            if load.present.priorities.is_empty() {
                receipt.remove_entry(&made)?;
            }
            Err(refused(cx, inputs, &e))
        }
        Err(LoadError::Compile(e @ CompileError::File(_))) => Err(not_compiled(cx, &e)),
        Err(e) => Err(e.into()),
    }
}

fn not_compiled(cx: &HostContext, error: &CompileError) -> ActionError {
    match error {
        CompileError::File(e) if disk_full::is_full(e) => {
            ActionError::HostProblem(failure(cx, &cx.profile.paths.build_dir, e))
        }
        e => load_failed(e.inside_text(cx.root)),
    }
}

/// A transaction that succeeded: whether the system loads what it wrote, and that has the rule. If it does not, and `records`, the
/// attempt is recorded.
fn verify(
    cx: &HostContext,
    policy_type: &str,
    command: &Command,
    done: Done,
    records: bool,
) -> Result<(), ActionError> {
    let assessment = assess(cx)?;
    let failure = match done.wrong_version {
        Some(wrong) if !assessment.rule.is_settled() => Failure::WrongVersion(wrong),
        _ if matches!(assessment.rule, RuleState::Missing(_) | RuleState::NotBuilt(_)) => {
            Failure::NoEffect { argv: command.inside().argv() }
        }
        _ => return Ok(attempt::forget(cx)?),
    };
    let finding = failure.finding(cx, &assessment);
    // It has changed them itself.
    if records && let Ok(inputs) = attempt::inputs(cx, policy_type) {
        Attempt { inputs, failure }.record(cx);
    }
    Err(ActionError::HostProblem(finding))
}

fn load_failed(detail: String) -> ActionError {
    let remedy = vec![Remedy::hostprep(["repair"])];
    ActionError::HostProblem(Finding { reason: Reason::PolicyLoadFailed, detail, remedy })
}

/// A transaction that failed. It is recorded if repeating it with the same `inputs` is of no use.
fn refused(cx: &HostContext, inputs: Option<Inputs>, error: &TransactionError) -> ActionError {
    if let (Some(inputs), Some(failure)) = (inputs, Failure::of(cx, error)) {
        Attempt { inputs, failure }.record(cx);
    }
    not_run(cx, error)
}

/// If an interruption ends the wait for the store, that is no fault of the host's.
fn not_run(cx: &HostContext, error: &TransactionError) -> ActionError {
    if error.interrupted {
        return ActionError::Internal(cx.interrupted("repair"));
    }
    ActionError::HostProblem(refusal::finding(cx, error))
}

/// Makes the policy from before a transaction that was cut short the active one again.
///
/// # Errors
/// [`FileError`].
fn restore_store(cx: &HostContext, store: &InterruptedTransaction) -> Result<(), FileError> {
    if store.restore_previous(cx.root)? {
        let path = cx.root.host_path(store.path());
        let path = path.display();
        cx.log.line(
            Level::Warning,
            &format!("a transaction of {path} had been cut short: {path}/previous is active again"),
        );
    }
    Ok(())
}

/// Whoever can write to a directory on the way could have another module loaded in place of ours.
fn require_writable_by_root_only(cx: &HostContext, build_dir: &InRoot) -> Result<(), ActionError> {
    let Some(directory) = cx.root.find_dir_writable_by_others(build_dir)? else { return Ok(()) };
    let path = directory.display().to_string();
    let detail = format!("{path} can be written by others than root, so no policy is compiled below it");
    let remedy = vec![
        cx.remedy_on(&["chown", "root:root"], &[&directory]),
        cx.remedy_on(&["chmod", "go-w"], &[&directory]),
        Remedy::hostprep(["repair"]),
    ];
    Err(ActionError::HostProblem(Finding { reason: Reason::PolicyLoadFailed, detail, remedy }))
}

/// What compiling the module makes, also when it is cut short.
fn ours_in_work(module: &str) -> impl Iterator<Item = OsString> {
    let names = ["te", "mod", "pp", "cil"].map(|extension| format!("{module}.{extension}"));
    names.into_iter().flat_map(|name| [temporary_name(&name), name.into()])
}

/// Whether an interrupted run left something of compiling the module; what cannot be looked at is not ours.
#[must_use]
pub(super) fn has_stale_build(cx: &HostContext) -> bool {
    let names = |path: &InRoot| cx.root.dir(path).ok().and_then(|directory| directory.names().ok());
    match names(&cx.profile.paths.build_dir) {
        Some(names) => names.is_empty() || ours_in_work(&cx.profile.module.name).any(|ours| names.contains(&ours)),
        None => build_parent(cx).and_then(|above| names(&above)).is_some_and(|names| names.is_empty()),
    }
}

/// Returns the directory above the build directory, if it exists only for that.
fn build_parent(cx: &HostContext) -> Option<InRoot> {
    let managed = |path: &InRoot| cx.profile.directories.iter().any(|directory| directory.path == *path);
    cx.profile.paths.build_dir.parent().filter(|above| !managed(above) && !fhs::is_system_dir(above))
}

/// Removes what compiling the module left behind, and the directory it was done in.
///
/// # Errors
/// [`FileError`] where something cannot be removed.
fn clean_build_dir(cx: &HostContext) -> Result<(), FileError> {
    let build_dir = &cx.profile.paths.build_dir;
    if cx.root.stat(build_dir)?.is_some() {
        let directory = match cx.root.create_dir(build_dir, OpenPolicy::NoSymlinks) {
            // A link or a file on the way: whatever is there was not made here.
            Err(e) if matches!(e.errno(), Some(Errno::ELOOP | Errno::ENOTDIR)) => return Ok(()),
            opened => opened?,
        };
        for name in ours_in_work(&cx.profile.module.name) {
            directory.unlink(&name)?;
        }
        cx.root.remove_empty_dir(build_dir)?;
    }
    match build_parent(cx) {
        Some(above) => cx.root.remove_empty_dir(&above).map(drop),
        None => Ok(()),
    }
}
