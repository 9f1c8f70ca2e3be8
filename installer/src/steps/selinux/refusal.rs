//! What a transaction of the policy store that failed is reported as, and what to do about it.

use faults::{Reason, Remedy};
use host::fs::InRoot;
use host::system::memory;
use host::{InsideText, Root};
use policy::culprit::{Record, is_sound, redeclared};
use policy::transaction::{StoreTarget, TransactionError};
use policy::{Cause, Culprit, Store};

use super::no_space;
use super::reason::reason_of;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;
use crate::steps::packages::Target;

/// Returns the finding for `error`, with the way out that its message shows.
pub(super) fn finding(cx: &HostContext, error: &TransactionError) -> Finding {
    let located = Store::locate(cx.root, error.target.policy_type()).ok().flatten();
    let other = error.culprit.as_deref().filter(|culprit| culprit.is_base()).and(located.as_ref());
    let other =
        other.and_then(|store| Culprit::of_redeclaration(store, error.source.stderr(), &cx.profile.module.name));
    let store = located.as_ref().map(Store::path);
    let mut again = Remedy::hostprep(["repair"]);
    if is_out_of_memory(cx, error, store) {
        let detail = format!("{}; {}", error.inside_text(cx.root), memory_of_this_machine());
        let more = Remedy::manual("free memory, or add memory or swap: linking the policy takes some 200 MiB");
        return Finding { reason: Reason::OutOfMemory, detail, remedy: vec![more, again] };
    }
    if let Some(finding) = no_space::finding(cx, error, &again) {
        return finding;
    }
    let mut detail = match &other {
        Some(other) => error.inside_text_naming(other, cx.root),
        None => error.inside_text(cx.root),
    };
    let mut remedy = Vec::new();
    match (other.as_ref().or(error.culprit.as_deref()), store) {
        _ if other.is_none() && taken_name(cx, error).is_some() => {
            remedy.extend(taken_name(cx, error).map(Remedy::manual));
            again = forced();
        }
        (Some(culprit @ Culprit::Module { name, priority }), _) if !culprit.is_base() => {
            remedy.push(Remedy::command(&error.target.remove_module(name, *priority)));
        }
        (Some(Culprit::Module { .. }), _) => remedy.extend(reinstall_policy(cx, &error.target)),
        (Some(Culprit::Record(record)), Some(store)) => {
            let (found, deletion) = delete_record(cx, &error.target, record, store);
            detail = format!("{detail} ({found})");
            remedy.push(deletion);
        }
        (None, _) if error.cause == Cause::StoreBroken => {
            remedy.push(Remedy::command(&error.target.rebuild()).with_comment("shows which module or file is damaged"));
        }
        (Some(Culprit::Record(_)) | None, _) => {
            if let Some(change) = change_of_policy(cx, error) {
                remedy.push(Remedy::manual(change));
                // It may be a change that hostprep does not see.
                again = forced();
            }
        }
    }
    remedy.push(again);
    Finding { reason: reason_of(error.cause), detail, remedy }
}

/// What runs the transaction again whatever it works on.
pub(super) fn forced() -> Remedy {
    Remedy::hostprep(["repair", "--force"])
}

/// Returns what to change in the profile where the base policy declares a type that the module declares.
fn taken_name(cx: &HostContext, error: &TransactionError) -> Option<String> {
    let spec = &cx.profile.module;
    let executable_type = spec.own_executable_type()?;
    let (_, name) = redeclared(error.source.stderr()).filter(|(kind, _)| *kind == "type")?;
    let key = match name {
        _ if name == spec.domain => "domain",
        _ if name == executable_type => "executable_type",
        _ => return None,
    };
    Some(format!(
        "give `{key}` in [module] of the profile a name of its own: the policy of this host has {name} already"
    ))
}

/// Returns what must change outside the store before the transaction can succeed.
fn change_of_policy(cx: &HostContext, error: &TransactionError) -> Option<String> {
    Some(match error.cause {
        Cause::Neverallow => {
            let who = Culprit::find(error.source.stderr(), &cx.profile.module.name);
            let who = who.map_or_else(|| "the policy".to_owned(), |who| who.to_string());
            format!("change or remove the neverallow rule in {who}: it forbids what the agent needs")
        }
        Cause::PolicyVersion => "update libsepol and policycoreutils together".to_owned(),
        Cause::ClassMissing | Cause::TypeMissing => "update the SELinux policy packages".to_owned(),
        _ => return None,
    })
}

/// Returns whether the transaction failed for lack of memory, whatever it said.
pub(super) fn is_short_of_memory(cx: &HostContext, error: &TransactionError) -> bool {
    let store = Store::locate(cx.root, error.target.policy_type()).ok().flatten();
    is_out_of_memory(cx, error, store.as_ref().map(Store::path))
}

/// Returns what a tool said of the files of an alternate root, as the system in that root names them.
pub(super) fn paths_inside(root: &Root, said: &str) -> String {
    match root.path().to_str() {
        Some(path) if root.is_alternate() => said.replace(&format!("{path}//"), "/").replace(&format!("{path}/"), "/"),
        _ => said.to_owned(),
    }
}

/// Without memory, libsemanage also takes a module that it cannot unpack for a damaged one.
fn is_out_of_memory(cx: &HostContext, error: &TransactionError, store: Option<&InRoot>) -> bool {
    let cannot_unpack = error.source.stderr().contains("Failure reading bz2 archive");
    match (error.culprit.as_deref(), store) {
        _ if error.cause == Cause::OutOfMemory => true,
        (Some(Culprit::Module { name, priority }), Some(store)) => {
            cannot_unpack && is_sound(cx.root, store, *priority, name)
        }
        _ => false,
    }
}

/// The tools run on this machine, also for an alternate root.
fn memory_of_this_machine() -> String {
    let system = Root::system().ok();
    let usage = system.and_then(|root| memory::usage(&root).ok().flatten());
    match usage {
        Some(memory::Usage { total_kib, available_kib }) => {
            format!("{} of {} MiB of memory are available", available_kib / 1024, total_kib / 1024)
        }
        None => "how much memory is available is not known".to_owned(),
    }
}

pub(super) fn reinstall_policy(cx: &HostContext, target: &StoreTarget) -> Vec<Remedy> {
    // A system that is an image keeps what it came with beside what is in use.
    if let Some(image) = cx.distribution.image_based()
        && let Some(restore) = image.restore_policy(target.policy_type())
    {
        return vec![Remedy::run_in_root(restore)];
    }
    let policy_type = target.policy_type();
    let package = cx.distribution.policy_package(policy_type);
    let mut remedies = package.map(|package| Target::root(cx).reinstall(&[package])).unwrap_or_default();
    if remedies.is_empty() {
        remedies.push(Remedy::manual(format!("reinstall the package that the policy {policy_type} comes from")));
    }
    remedies
}

/// Returns where the record is, and how to delete it. `semanage` has no option for another root, so it runs in it; `-S` and `-N`
/// keep it to that root's store.
fn delete_record(cx: &HostContext, target: &StoreTarget, record: &Record, store: &InRoot) -> (String, Remedy) {
    let (located, text) = record.locate(cx.root, store);
    let path = located.path(store);
    let place = match located.line {
        Some(line) => format!("{}, line {line}", path.display()),
        None => path.display().to_string(),
    };
    // A line that libsemanage cannot parse keeps semanage from deleting any.
    let deletion = text.as_deref().filter(|_| record.line.is_none()).and_then(|text| record.deletion(text));
    let remedy = match deletion.as_deref() {
        Some([object, arguments @ ..]) => {
            let mut command = vec!["semanage", object];
            if target.is_alternate() {
                command.push("-N");
            }
            if target.is_alternate() || !target.loads() {
                command.extend(["-S", target.policy_type()]);
            }
            Remedy::run_in_root(command.into_iter().chain(arguments.iter().map(String::as_str)))
        }
        _ => Remedy::manual(format!("correct or delete the record in {place}")),
    };
    (place, remedy)
}
