//! The policy module: compiled, and loaded in one transaction.

use std::path::Path;

use faults::{Reason, Remedy};
use host::log::Level;
use host::process::{Command, ProcessError};
use host::root::mode_of;
use host::{Dir, FileError, InsideText, places};
use nix::errno::Errno;
use policy::InterruptedTransaction;
use policy::compile::CompileError;
use policy::load::{LoadError, ModuleLoad};
use policy::transaction::TransactionError;

use super::ActionError;
use super::directory::failure;
use crate::Error;
use crate::context::Context;
use crate::journal::{Journal, Made};
use crate::led_out::require_policy_inside;
use crate::outcome::Finding;
use crate::place::{make_place, remove_place};
use crate::reason::reason_of;

/// What loading the module does, a line each.
pub(super) fn describe(load: &ModuleLoad) -> Vec<String> {
    let mut lines: Vec<String> =
        load.compile.writes.iter().map(|(path, _)| format!("write {}", path.display())).collect();
    lines.extend(load.compile.commands.iter().map(ToString::to_string));
    if load.present.disabled {
        lines.push("switch the module on again, which was disabled".to_owned());
    }
    lines.push(load.command().to_string());
    lines
}

pub(super) fn apply(cx: &Context, journal: &mut Journal, load: &ModuleLoad) -> Result<(), ActionError> {
    let work = &cx.profile.paths.work;
    require_roots_alone(cx, work)?;
    let managed = cx.profile.directories.iter().filter(|directory| work.starts_with(&directory.path));
    for directory in managed.filter(|directory| !cx.root.exists(&directory.path)) {
        journal.record(Made::Directory { path: directory.path.clone() })?;
    }
    let directory = make_place(cx.root, work).map_err(|e| {
        let finding = failure(cx, work, &e);
        ActionError::Host(Finding { reason: Reason::PolicyLoadFailed, ..finding })
    })?;
    let outcome = match require_policy_inside(cx, load.target.policy_type()) {
        Ok(()) => compile_and_commit(cx, journal, load, &directory),
        Err(e) => Err(load_failed(e.inside_text(cx.root))),
    };
    clean_build_dir(cx)?;
    outcome
}

fn compile_and_commit(
    cx: &Context,
    journal: &mut Journal,
    load: &ModuleLoad,
    directory: &Dir,
) -> Result<(), ActionError> {
    let compiled = match load.compile(cx.processes, directory) {
        Ok(compiled) => compiled,
        Err(CompileError::Process(e @ ProcessError::Interrupted { .. })) => {
            return Err(ActionError::Ours(e.into()));
        }
        Err(e) => return Err(load_failed(e.inside_text(cx.root))),
    };
    if let Some(why) = &compiled.fell_back {
        cx.log.line(Level::Warning, &format!("the module is loaded as CIL, since it did not compile: {why}"));
    }
    let made = Made::Module {
        name: load.spec.name.clone(),
        policy_type: load.target.policy_type().to_owned(),
        priority: load.spec.priority,
    };
    journal.record(made.clone())?;
    match load.commit(cx.processes, cx.clock, directory, &compiled) {
        Ok(_) => Ok(()),
        Err(LoadError::Transaction(e)) => {
            if load.present.priorities.is_empty() {
                journal.forget(&made)?;
            }
            Err(refused(cx, &e))
        }
        Err(e) => Err(e.into()),
    }
}

fn load_failed(detail: String) -> ActionError {
    let remedy = vec![Remedy::hostprep(["repair"])];
    ActionError::Host(Finding { reason: Reason::PolicyLoadFailed, detail, remedy })
}

/// Loads the policy that the store has made into the kernel.
pub(super) fn reload(cx: &Context, command: &Command) -> Result<(), ActionError> {
    let spec = &cx.profile.module;
    policy::transaction::run(cx.processes, cx.clock, command, &spec.name).map(drop).map_err(|error| refused(cx, &error))
}

/// A store that is not waited for since somebody interrupts is no fault of the host's.
fn refused(cx: &Context, error: &TransactionError) -> ActionError {
    if error.interrupted {
        return ActionError::Ours(Error::Interrupted);
    }
    let reason = reason_of(error.cause);
    let (detail, remedy) = (error.inside_text(cx.root), vec![Remedy::hostprep(["repair"])]);
    ActionError::Host(Finding { reason, detail, remedy })
}

/// Makes the policy from before a transaction that was cut short the active one again.
///
/// # Errors
/// [`FileError`].
pub fn restore_store(cx: &Context, store: &InterruptedTransaction) -> Result<(), FileError> {
    if store.restore_previous(cx.root)? {
        let path = cx.root.shown(store.path());
        let path = path.display();
        cx.log.line(
            Level::Warning,
            &format!("a transaction of {path} had been cut short: {path}/previous is active again"),
        );
    }
    Ok(())
}

/// Whoever can write to a directory on the way could have another module loaded in place of ours.
fn require_roots_alone(cx: &Context, work: &Path) -> Result<(), ActionError> {
    for directory in work.ancestors() {
        let Some(found) = cx.root.stat_followed(directory)? else { continue };
        if found.st_uid == 0 && mode_of(&found) & 0o022 == 0 {
            continue;
        }
        let path = directory.display().to_string();
        let detail = format!("{path} is not root's alone to write, so no policy is compiled below it");
        let remedy = vec![
            cx.remedy_on(&["chown", "root:root"], &[directory]),
            cx.remedy_on(&["chmod", "go-w"], &[directory]),
            Remedy::hostprep(["repair"]),
        ];
        return Err(ActionError::Host(Finding { reason: Reason::PolicyLoadFailed, detail, remedy }));
    }
    Ok(())
}

/// What compiling the module makes, also when it is cut short.
fn ours_in_work(module: &str) -> impl Iterator<Item = String> {
    let names = ["te", "mod", "pp", "cil"].map(|extension| format!("{module}.{extension}"));
    names.into_iter().flat_map(|name| [format!(".{name}.hostprep-new"), name])
}

/// Whether an interrupted run left something of compiling the module; what cannot be looked at is not ours.
#[must_use]
pub fn has_stale_build(cx: &Context) -> bool {
    let names = |path: &Path| cx.root.dir(path).ok().and_then(|directory| directory.names().ok());
    match names(&cx.profile.paths.work) {
        Some(names) => {
            names.is_empty()
                || ours_in_work(&cx.profile.module.name).any(|ours| names.iter().any(|name| *name == *ours))
        }
        None => build_parent(cx).and_then(names).is_some_and(|names| names.is_empty()),
    }
}

/// The directory above that of the work, where it is only there for it.
fn build_parent<'a>(cx: &'a Context) -> Option<&'a Path> {
    let managed = |path: &Path| cx.profile.directories.iter().any(|directory| directory.path == path);
    cx.profile.paths.work.parent().filter(|above| !managed(above) && !places::is_the_systems(above))
}

/// Removes what compiling the module left behind, and the directory it was done in.
///
/// # Errors
/// [`FileError`] where something cannot be removed.
pub fn clean_build_dir(cx: &Context) -> Result<(), FileError> {
    let work = &cx.profile.paths.work;
    if cx.root.stat(work)?.is_some() {
        let directory = match make_place(cx.root, work) {
            // A link or a file on the way: whatever is there was not made here.
            Err(e) if matches!(e.errno(), Some(Errno::ELOOP | Errno::ENOTDIR)) => return Ok(()),
            opened => opened?,
        };
        for name in ours_in_work(&cx.profile.module.name) {
            directory.unlink(&name)?;
        }
        remove_place(cx.root, work)?;
    }
    match build_parent(cx) {
        Some(above) => remove_place(cx.root, above).map(drop),
        None => Ok(()),
    }
}
