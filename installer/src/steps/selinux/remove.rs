//! Removing the module from the policy store.

use host::process::Command;
use host::{FileError, Root};
use policy::transaction::{InstalledAt, StoreTarget};
use policy::{InterruptedTransaction, ModuleSpec, SelinuxConfig, Store};

use crate::Error;
use crate::escape::ensure_policy_inside;
use crate::model::action::{Action, ActionError, Applied};
use crate::model::already_gone::AlreadyGone;
use crate::model::host_context::HostContext;
use crate::model::receipt::{Created, Receipt};
use crate::model::step::Removal;

pub(super) fn plan(cx: &HostContext, receipt: &Receipt) -> Removal {
    match plan_modules(cx, receipt) {
        Ok(actions) => Removal { actions, failed: Vec::new() },
        Err(e) => Removal { actions: Vec::new(), failed: vec![e] },
    }
}

/// The module, in the configured store and in every store that the receipt names. Its name is ours, so it goes even where
/// the receipt is lost.
///
/// # Errors
/// [`Error`] where the policy store cannot be read.
fn plan_modules(cx: &HostContext, receipt: &Receipt) -> Result<Vec<Box<dyn Action>>, Error> {
    let mut spec = cx.profile.module.clone();
    let config = SelinuxConfig::read(cx.root)?;
    let mut types: Vec<String> = config.iter().map(|config| config.policy_type.clone()).collect();
    for created in receipt.created() {
        if let Created::Module { policy_type, priority, .. } = created {
            types.push(policy_type.clone());
            spec.former_priorities.push(*priority);
        }
    }
    types.sort();
    types.dedup();
    let state = policy::State::of(cx.kind, cx.kernel, config.as_ref());
    let mut actions: Vec<Box<dyn Action>> = Vec::new();
    for policy_type in types {
        let target = StoreTarget::of(cx.root, &policy_type, state);
        let present = match Store::locate(cx.root, &policy_type)? {
            Some(store) => InstalledAt::in_store(&store, &spec.name)?,
            None => match InterruptedTransaction::find(cx.root, &policy_type)? {
                Some(interrupted) => {
                    let why = std::io::Error::other("a transaction of it was cut short or is running; run this again");
                    let store = cx.root.host_path(interrupted.path());
                    return Err(FileError::new("remove the module from the policy store", store, why).into());
                }
                None => InstalledAt::default(),
            },
        };
        match target.remove(&spec, &present) {
            Some(command) => {
                actions.push(Box::new(RemoveModule { command, target, policy_type, spec: spec.clone() }));
            }
            None => {
                let entries = receipt.created().iter().filter(|created| is_module_in(created, &policy_type));
                actions.extend(entries.map(|created| Box::new(AlreadyGone(created.clone())) as Box<dyn Action>));
            }
        }
    }
    Ok(actions)
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
        if let Some(store) = Store::locate(cx.root, policy_type)? {
            ensure_policy_inside(cx, policy_type)?;
            policy::transaction::remove(cx.runner, cx.clock, target, &store, spec)?;
        }
        let entries: Vec<Created> =
            receipt.created().iter().filter(|created| is_module_in(created, policy_type)).cloned().collect();
        for created in entries {
            receipt.remove_entry(&created)?;
        }
        Ok(Applied::Changed)
    }
}

fn is_module_in(created: &Created, wanted: &str) -> bool {
    matches!(created, Created::Module { policy_type, .. } if policy_type == wanted)
}
