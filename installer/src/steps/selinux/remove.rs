//! Removing the module from the policy store.

use host::log::Level;
use host::process::{Command, ProcessError};
use host::system::distribution::Tool;
use host::{FileError, Root};
use policy::assess::is_load_locked;
use policy::store::policy_types_with;
use policy::transaction::{InstalledAt, RemoveError, StoreTarget};
use policy::{InterruptedTransaction, ModuleSpec, SelinuxConfig, State, Store};

use super::{attempt, program, tools};
use crate::Error;
use crate::escape::ensure_policy_inside;
use crate::model::action::{Action, ActionError, Applied};
use crate::model::already_gone::AlreadyGone;
use crate::model::host_context::HostContext;
use crate::model::receipt::{Created, Receipt};
use crate::model::step::Removal;

pub(super) fn plan(cx: &HostContext, receipt: &Receipt) -> Removal {
    let mut removal = Removal::default();
    let mut spec = cx.profile.module.clone();
    let (mut types, config) = match configured_types(cx) {
        Ok(found) => found,
        Err(e) => {
            removal.failed.push(e);
            (Vec::new(), None)
        }
    };
    let mut renamed = Vec::new();
    for created in receipt.created() {
        let Created::Module { name, policy_type, priority } = created else { continue };
        if *name == spec.name {
            types.push(policy_type.clone());
            spec.former_priorities.push(*priority);
        } else {
            // An earlier profile called it so.
            let former =
                ModuleSpec { name: name.clone(), priority: *priority, former_priorities: Vec::new(), ..spec.clone() };
            renamed.push((former, policy_type));
        }
    }
    types.sort();
    types.dedup();
    let state = State::of(cx.kind, cx.kernel, config.as_ref());
    let program = program::plan_removal(cx, receipt);
    removal.failed.extend(program.failed);
    removal.actions.extend(program.before_module);
    let modules = types.iter().map(|policy_type| (spec.clone(), policy_type)).chain(renamed);
    for (spec, policy_type) in modules {
        match plan_module(cx, receipt, &spec, state, policy_type) {
            Ok(actions) => removal.actions.extend(actions),
            Err(e) => removal.failed.push(e),
        }
    }
    removal.actions.extend(program.after_module);
    if attempt::is_recorded(cx) {
        removal.actions.push(Box::new(ForgetAttempt));
    }
    removal
}

/// Removes the record of a failed transaction.
#[derive(Debug)]
struct ForgetAttempt;

impl Action for ForgetAttempt {
    fn describe(&self, _root: &Root) -> Vec<String> {
        Vec::new()
    }

    fn apply(&self, cx: &HostContext, _receipt: &mut Receipt) -> Result<Applied, ActionError> {
        attempt::forget(cx)?;
        Ok(Applied::Unchanged)
    }
}

/// The configured type. Where the configuration cannot be used, each type that has the module: its name is ours, so it goes
/// even where the receipt is lost.
fn configured_types(cx: &HostContext) -> Result<(Vec<String>, Option<SelinuxConfig>), Error> {
    match SelinuxConfig::read(cx.root) {
        Ok(config) => Ok((config.iter().map(|config| config.policy_type.clone()).collect(), config)),
        Err(e) => {
            cx.log.line(Level::Warning, &format!("the module is removed from every policy store that has it: {e}"));
            Ok((policy_types_with(cx.root, &cx.profile.module.name)?, None))
        }
    }
}

/// Plans the removal from the store of one type.
///
/// # Errors
/// [`Error`] where the policy store cannot be read.
fn plan_module(
    cx: &HostContext,
    receipt: &Receipt,
    spec: &ModuleSpec,
    state: State,
    policy_type: &str,
) -> Result<Vec<Box<dyn Action>>, Error> {
    let target = StoreTarget::of(cx.root, policy_type, state.is_in_kernel(cx.kind));
    // The kernel would refuse the new policy, and semodule then changes nothing.
    let target = if target.loads() && state == State::Enforcing && is_load_locked(cx.root) {
        target.without_loading()
    } else {
        target
    };
    let mut elsewhere = None;
    let present = match Store::locate(cx.root, policy_type)? {
        Some(store) => {
            elsewhere = store.elsewhere_for_tools()?.map(|other| (store.path().to_string(), other.to_string()));
            InstalledAt::in_store(&store, &spec.name)?
        }
        None => match InterruptedTransaction::find(cx.root, policy_type)? {
            Some(interrupted) => {
                let why = std::io::Error::other("a transaction of it was cut short or is running; run this again");
                let store = cx.root.host_path(interrupted.path());
                return Err(FileError::new("remove the module from the policy store", store, why).into());
            }
            None => InstalledAt::default(),
        },
    };
    if let Some(command) = target.remove(spec, &present) {
        if let Some((store, elsewhere)) = elsewhere {
            let command = target.by_own_tools(&command).to_string();
            return Err(Error::StoreElsewhere { name: spec.name.clone(), store, elsewhere, command });
        }
        let (policy_type, spec) = (policy_type.to_owned(), spec.clone());
        return Ok(vec![Box::new(RemoveModule { command, target, policy_type, spec })]);
    }
    let entries = receipt.created().iter().filter(|created| is_module_in(created, &spec.name, policy_type));
    Ok(entries.map(|created| Box::new(AlreadyGone(created.clone())) as Box<dyn Action>).collect())
}

/// Removes the module from a store, at every priority that it ever had.
#[derive(Debug)]
struct RemoveModule {
    /// The transaction.
    command: Command,
    /// The store.
    target: StoreTarget,
    /// Its type.
    policy_type: String,
    /// The module.
    spec: ModuleSpec,
}

impl Action for RemoveModule {
    fn describe(&self, _root: &Root) -> Vec<String> {
        vec![self.command.to_string()]
    }

    fn apply(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let Self { target, policy_type, spec, .. } = self;
        let mut still_loaded = None;
        if let Some(store) = Store::locate(cx.root, policy_type)? {
            ensure_policy_inside(cx, policy_type)?;
            match policy::transaction::remove(cx.runner, cx.clock, target, &store, spec) {
                // Out of the store, so that nothing is left to undo.
                Err(e @ RemoveError::StillLoaded { .. }) => still_loaded = Some(e),
                Err(RemoveError::Transaction(e)) if matches!(e.source, ProcessError::NotFound { .. }) => {
                    return Err(without_semodule(cx, &e.source).into());
                }
                removed => drop(removed?),
            }
        }
        let entries: Vec<Created> = receipt
            .created()
            .iter()
            .filter(|created| is_module_in(created, &spec.name, policy_type))
            .cloned()
            .collect();
        for created in entries {
            receipt.remove_entry(&created)?;
        }
        match still_loaded {
            Some(e) => Err(e.into()),
            None => Ok(Applied::Changed),
        }
    }
}

/// Returns the error with what installs semodule.
fn without_semodule(cx: &HostContext, error: &ProcessError) -> Error {
    let install = tools::install(cx, &[Tool::Semodule]);
    let lines: Vec<String> = install.iter().map(|remedy| remedy.shell_line(cx.alternate_root())).collect();
    // Which of two commands it was is not known here.
    let next = format!("{}  # then the same removal again", lines.join(" && "));
    Error::Undo { detail: error.to_string(), next }
}

fn is_module_in(created: &Created, module: &str, store: &str) -> bool {
    matches!(created, Created::Module { name, policy_type, .. } if name == module && policy_type == store)
}
