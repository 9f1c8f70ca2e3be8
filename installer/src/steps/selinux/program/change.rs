//! Setting the label of the agent's program, and putting the former one back.

use std::fs::File;

use faults::{Reason, Remedy};
use host::fs::ownership::Untrusted;
use host::fs::{InRoot, OpenPolicy, label};
use host::log::Level;
use host::{FileError, Root};
use nix::fcntl::OFlag;
use nix::sys::stat::fstat;
use policy::kernel::KernelMode;

use super::{Leftovers, is_type_known, process, restart};
use crate::Error;
use crate::model::action::{Action, ActionError, Applied};
use crate::model::already_gone::AlreadyGone;
use crate::model::host_context::HostContext;
use crate::model::receipt::{Created, Receipt};
use crate::model::report::Finding;
use crate::steps::selinux::finding::assess;

/// Opens the program. No symbolic link below the system's own directories is followed.
///
/// # Errors
/// [`FileError`]; `ELOOP` for a symbolic link.
pub(super) fn open(cx: &HostContext, path: &InRoot) -> Result<File, FileError> {
    let (directory, name) = cx.root.open_parent(path, OpenPolicy::NoSymlinks)?;
    directory.open(&name, OFlag::O_RDONLY)
}

/// Returns a label of `the_type` for a file without one. Whether a label has a range shows the next directory above that has one.
pub(super) fn label_like_parents(cx: &HostContext, path: &InRoot, the_type: &str) -> String {
    let label_of = |above: InRoot| label::context_of(&cx.root.dir(&above).ok()?).ok()?;
    let above = path.ancestors().skip(1).find_map(label_of);
    let has_range = above.is_none_or(|above| above.splitn(4, ':').count() == 4);
    format!("system_u:object_r:{the_type}{}", if has_range { ":s0" } else { "" })
}

/// Sets the label of the program: of that file alone, and only where the policy has the label.
#[derive(Debug)]
pub(in crate::steps::selinux) struct SetLabel {
    /// The program.
    pub path: InRoot,
    /// Its label to be.
    pub label: String,
    /// Its label now.
    pub before: Option<String>,
}

impl Action for SetLabel {
    fn describe(&self, root: &Root) -> Vec<String> {
        let was = self.before.as_deref().unwrap_or("not labelled");
        vec![format!("chcon {} {}  # was {was}", self.label, root.host_path(&self.path).display())]
    }

    fn apply(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let Self { path, label, before } = self;
        let shown = path.display();
        let problem = |detail: String| {
            let remedy = vec![Remedy::run_in_root(["restorecon", "-v", &path.to_string()])];
            ActionError::HostProblem(Finding { reason: Reason::ProgramLabel, detail, remedy })
        };
        let assessment = assess(cx)?;
        if !is_type_known(cx, &cx.profile.module, &assessment, label) {
            return Err(problem(format!("{shown} is not labelled: the policy does not have {label}")));
        }
        let file = open(cx, path)?;
        // What another user can replace must not be started in the domain.
        if let Some(untrusted) = cx.root.find_untrusted(path)? {
            let detail = format!("{shown} is not labelled: {untrusted}");
            let remedy = close(cx, path)?;
            return Err(ActionError::HostProblem(Finding { reason: Reason::ProgramLabel, detail, remedy }));
        }
        let names = fstat(&file).map_err(|e| FileError::new("look at", cx.root.host_path(path), e))?.st_nlink;
        if names > 1 {
            return Err(problem(format!("{shown} is not labelled: the file has {names} names, which share a label")));
        }
        let made = Created::Label { path: path.clone(), label: label.clone(), before: before.clone() };
        let is_known =
            receipt.created().iter().any(|other| matches!(other, Created::Label { path: of, .. } if of == path));
        // The label from before hostprep's first change is the one to put back.
        if !is_known {
            receipt.record(made.clone())?;
        }
        if let Err(e) = label::set_context(&file, Some(label)) {
            if !is_known {
                receipt.remove_entry(&made)?;
            }
            return Err(problem(format!("{shown} cannot be labelled {label}: {e}")));
        }
        cx.log.line(Level::Info, &format!("{} is labelled {label}", cx.root.host_path(path).display()));
        Ok(Applied::Changed)
    }
}

/// Returns what takes the program, and what is on the way to it, from other users.
fn close(cx: &HostContext, program: &InRoot) -> Result<Vec<Remedy>, FileError> {
    let remedy = |(path, why): &(InRoot, Untrusted)| match why {
        // `-h`: a link on the way may be what belongs to another user.
        Untrusted::Owner(_) => cx
            .remedy_on(&["chown", "-h", "root:root"], &[path])
            .with_comment(format!("check first what its owner put into {path}")),
        Untrusted::Mode(_) => {
            cx.remedy_on(&["chmod", "go-w"], &[path]).with_comment(format!("check first what others put into {path}"))
        }
        Untrusted::Link | Untrusted::NoDirectory | Untrusted::Names(_) => Remedy::manual(format!("{path}: {why}")),
    };
    let untrusted = cx.root.find_all_untrusted(program)?;
    Ok(untrusted.iter().map(remedy).chain([Remedy::hostprep(["repair"])]).collect())
}

/// Returns the labels of the receipt that this profile does not have set.
pub(in crate::steps::selinux) fn leftovers(cx: &HostContext) -> Leftovers {
    let spec = &cx.profile.module;
    let mut leftovers = Leftovers::default();
    for created in Receipt::of(cx).created() {
        let Created::Label { path, label, .. } = created else { continue };
        // A type of another name is set anew, and the entry stays.
        if *path == spec.executable && spec.has_own_domain() {
            continue;
        }
        let Ok(Some(now)) = find_label(cx, path) else { continue };
        if is_from_module(Some(&now), label::the_type(label)) {
            match put_back(cx, created) {
                (action, Turn::BeforeModule) => leftovers.before_module.push(action),
                (action, Turn::AfterModule) => leftovers.after_module.push(action),
            }
            leftovers.found.push((path.clone(), now));
        }
    }
    leftovers
}

/// When a label is put back.
enum Turn {
    /// While the policy still has the label, so that the kernel lets it be changed.
    BeforeModule,
    /// Once the file contexts no longer have the module's.
    AfterModule,
}

/// Returns what takes back a label that the receipt lists. Of an entry of another kind, only the entry goes.
fn put_back(cx: &HostContext, created: &Created) -> (Box<dyn Action>, Turn) {
    let Created::Label { path, label, before } = created.clone() else {
        return (Box::new(AlreadyGone(created.clone())), Turn::BeforeModule);
    };
    // A kernel with SELinux refuses to take a label away; a file always has one there.
    if before.is_none() && has_labels(cx) {
        return (Box::new(LabelByFileContexts { path, entry: Some(created.clone()) }), Turn::AfterModule);
    }
    (Box::new(RestoreLabel { path, label, before }), Turn::BeforeModule)
}

/// What a removal does about the program.
#[derive(Debug, Default)]
pub(in crate::steps::selinux) struct ProgramRemoval {
    /// Why it is not known what to do.
    pub failed: Vec<Error>,
    /// As [`Turn::BeforeModule`].
    pub before_module: Vec<Box<dyn Action>>,
    /// As [`Turn::AfterModule`].
    pub after_module: Vec<Box<dyn Action>>,
}

/// Plans it.
pub(in crate::steps::selinux) fn plan_removal(cx: &HostContext, receipt: &Receipt) -> ProgramRemoval {
    let mut removal = ProgramRemoval::default();
    let spec = &cx.profile.module;
    let mut is_handled = false;
    for created in receipt.created() {
        let Created::Label { path, label, .. } = created else { continue };
        let is_ours = match find_label(cx, path) {
            // A profile may have got another name for the type since.
            Ok(now) => [label::the_type(label), spec.own_executable_type().filter(|_| *path == spec.executable)]
                .iter()
                .any(|the_type| is_from_module(now.as_deref(), *the_type)),
            Err(e) => {
                is_handled |= *path == spec.executable;
                removal.failed.push(e.into());
                continue;
            }
        };
        if !is_ours {
            removal.before_module.push(Box::new(AlreadyGone(created.clone())));
            continue;
        }
        is_handled |= *path == spec.executable;
        match put_back(cx, created) {
            (action, Turn::BeforeModule) => removal.before_module.push(action),
            (action, Turn::AfterModule) => removal.after_module.push(action),
        }
    }
    let Some(the_type) = spec.own_executable_type() else { return removal };
    let is_labelled = |now: Option<String>| match has_labels(cx) {
        true => is_from_module(now.as_deref(), Some(the_type)),
        // Here `unlabeled_t` may be the label of another policy, which this kernel does not know.
        false => now.as_deref().and_then(label::the_type) == Some(the_type),
    };
    if !is_handled && find_label(cx, &spec.executable).is_ok_and(is_labelled) {
        removal.after_module.push(Box::new(LabelByFileContexts { path: spec.executable.clone(), entry: None }));
    }
    if process::of(cx, &spec.executable).iter().any(|process| process.domain == spec.domain) {
        removal.after_module.push(Box::new(AskForRestart));
    }
    removal
}

/// Returns the label of the program; `None` if it has none, or is not there.
fn find_label(cx: &HostContext, path: &InRoot) -> Result<Option<String>, FileError> {
    match open(cx, path) {
        Ok(file) => {
            label::context_of(&file).map_err(|e| FileError::new("read the label of", cx.root.host_path(path), e))
        }
        Err(e) if e.is_missing() => Ok(None),
        Err(e) => Err(e),
    }
}

/// Returns whether a program with this label needs another one once the module is gone. The type alone counts: an update of the
/// agent changes the user of the label. A type that the policy no longer has is seen as `unlabeled_t`.
fn is_from_module(label: Option<&str>, the_type: Option<&str>) -> bool {
    let found = label.and_then(label::the_type);
    found.is_some() && (found == the_type || found == Some("unlabeled_t"))
}

/// Returns whether the kernel labels the files of this system.
fn has_labels(cx: &HostContext) -> bool {
    cx.is_running_system() && cx.kernel.mode() != KernelMode::NotRunning
}

/// Puts the label back that the program had before.
#[derive(Debug)]
struct RestoreLabel {
    path: InRoot,
    label: String,
    before: Option<String>,
}

impl Action for RestoreLabel {
    fn describe(&self, root: &Root) -> Vec<String> {
        let path = root.host_path(&self.path);
        vec![match &self.before {
            Some(before) => format!("chcon {before} {}", path.display()),
            None => format!("setfattr -x security.selinux {}", path.display()),
        }]
    }

    fn apply(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let Self { path, label, before } = self;
        label::set_context(&open(cx, path)?, before.as_deref())
            .map_err(|e| FileError::new("put back the label of", cx.root.host_path(path), e))?;
        receipt.remove_entry(&Created::Label { path: path.clone(), label: label.clone(), before: before.clone() })?;
        Ok(Applied::Changed)
    }
}

/// Gives the program the label that the file contexts have for it without the module. It had that label from the package manager, or
/// had none.
#[derive(Debug)]
struct LabelByFileContexts {
    path: InRoot,
    /// What the receipt has of it.
    entry: Option<Created>,
}

impl Action for LabelByFileContexts {
    fn describe(&self, root: &Root) -> Vec<String> {
        vec![format!("restorecon {}", root.host_path(&self.path).display())]
    }

    fn apply(&self, cx: &HostContext, receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let path = &self.path;
        let problem = |why: &str| {
            let detail = format!("{} keeps a label that the policy no longer has: {why}", path.display());
            let remedy = vec![Remedy::run_in_root(["restorecon", "-v", &path.to_string()])];
            ActionError::HostProblem(Finding { reason: Reason::ProgramLabel, detail, remedy })
        };
        let found = match cx.is_running_system() {
            true => cx.kernel.label_by_file_contexts(path.as_path()).ok().flatten(),
            false => None,
        };
        let Some(found) = found else { return Err(problem(&format!("run `restorecon -v {}` there", path.display()))) };
        if label::the_type(&found) == cx.profile.module.own_executable_type() {
            return Err(problem("the file contexts still have that label"));
        }
        label::set_context(&open(cx, path)?, Some(&found)).map_err(|e| problem(&e.to_string()))?;
        if let Some(entry) = &self.entry {
            receipt.remove_entry(entry)?;
        }
        Ok(Applied::Changed)
    }
}

/// The policy no longer has the domain that the agent runs in, so that nothing is allowed to it.
#[derive(Debug)]
struct AskForRestart;

impl Action for AskForRestart {
    fn describe(&self, _root: &Root) -> Vec<String> {
        Vec::new()
    }

    fn apply(&self, cx: &HostContext, _receipt: &mut Receipt) -> Result<Applied, ActionError> {
        let spec = &cx.profile.module;
        // It may have ended since.
        let running = process::of(cx, &spec.executable);
        let Some(first) = running.first() else { return Ok(Applied::Unchanged) };
        let remedy = restart(cx);
        let commands: Vec<String> = remedy.iter().map(|remedy| remedy.shell_line(cx.alternate_root())).collect();
        let detail = format!(
            "process {} of {} ran in {}, which the policy no longer has: {}",
            first.pid,
            spec.executable.display(),
            spec.domain,
            commands.join("; ")
        );
        Err(ActionError::HostProblem(Finding { reason: Reason::AgentNotRestarted, detail, remedy }))
    }
}
