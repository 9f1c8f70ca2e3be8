//! The agent's program, if its module has a domain of its own: its label, the domain that process 1 starts it in, and the one that it
//! runs in now.

use faults::{Reason, Remedy};
use host::fs::{InRoot, label};
use host::{FileError, InsideText};
use nix::errno::Errno;
use policy::policy_file::PolicyFile;
use policy::{ModuleSpec, RuleAssessment, RuleState, SelinuxConfig, State};

pub(super) use change::{SetLabel, leftovers, plan_removal};
pub use process::Process;

use super::finding::assess;
use crate::Error;
use crate::model::action::Action;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;
use crate::model::step::{Observation, Verdict};

mod change;
mod process;

/// The domain of process 1, in every policy with systemd.
const INIT: &str = "init_t";

/// What is known of the program. Its module has a domain of its own.
#[derive(Debug)]
pub struct Program {
    /// The label of its file, or why it is not known.
    pub label: ProgramLabel,
    /// The domain that process 1 starts it in; `None` where no policy runs, or the kernel does not say.
    pub started_in: Option<String>,
    /// Its processes, as far as this user sees them.
    pub processes: Vec<Process>,
}

/// The label of the program's file.
#[derive(Debug)]
pub enum ProgramLabel {
    /// The file is not there.
    Missing,
    /// As the module has it.
    Right(String),
    /// Another, or none, and the one that it should be.
    Wrong(Option<String>, String),
    /// It cannot be read.
    Unreadable(FileError),
    /// The profile names a symbolic link, whose label does not count.
    Link,
}

impl Program {
    /// Looks at the program of this host's agent; `None` if its module has no domain of its own.
    #[must_use]
    pub fn of(cx: &HostContext) -> Option<Self> {
        let spec = &cx.profile.module;
        let label = ProgramLabel::of(cx, spec.own_executable_type()?);
        let started_in = match &label {
            ProgramLabel::Missing => None,
            _ if cx.is_running_system() => cx.kernel.started_in(spec).ok(),
            ProgramLabel::Right(_) => started_by_policy_on_disk(cx, spec),
            _ => None,
        };
        Some(Self { label, started_in, processes: process::of(cx, &spec.executable) })
    }
}

impl ProgramLabel {
    fn of(cx: &HostContext, wanted: &str) -> Self {
        let path = &cx.profile.module.executable;
        let file = match change::open(cx, path) {
            Ok(file) => file,
            Err(e) if e.is_missing() => return Self::Missing,
            Err(e) if e.errno() == Some(Errno::ELOOP) => return Self::Link,
            Err(e) => return Self::Unreadable(e),
        };
        match label::context_of(&file) {
            Ok(Some(found)) if label::the_type(&found) == Some(wanted) => Self::Right(found),
            Ok(found) => {
                let right = found.as_deref().and_then(|found| label::with_type(found, wanted));
                Self::Wrong(found, right.unwrap_or_else(|| change::label_like_parents(cx, path, wanted)))
            }
            Err(e) => Self::Unreadable(FileError::new("read the label of", cx.root.host_path(path), e)),
        }
    }
}

/// Returns what the compiled policy has for the program's label and process 1.
fn started_by_policy_on_disk(cx: &HostContext, spec: &ModuleSpec) -> Option<String> {
    let policy_type = SelinuxConfig::read(cx.root).ok()??.policy_type;
    let file = PolicyFile::loaded(cx.root, &policy_type, "process")?;
    let policy = file.policy().ok()?;
    // Without a transition, a process keeps its domain.
    policy.transition(INIT, spec.own_executable_type()?, "process").or(Some(INIT)).map(str::to_owned)
}

/// Returns the change that labels the program, if its label is another.
pub(super) fn labelling(cx: &HostContext) -> Option<SetLabel> {
    let wanted = cx.profile.module.own_executable_type()?;
    let ProgramLabel::Wrong(before, label) = ProgramLabel::of(cx, wanted) else { return None };
    Some(SetLabel { path: cx.profile.module.executable.clone(), label, before })
}

/// Returns what is observed of the program where the policy has its domain; `detail` is that observation. `None` if the module has no
/// domain of its own, or SELinux denies nothing here.
pub(super) fn observe(cx: &HostContext, assessment: &RuleAssessment, detail: &str) -> Option<Observation> {
    if !matches!(assessment.rule, RuleState::InForce(_) | RuleState::Pending(_)) {
        return None;
    }
    let spec = &cx.profile.module;
    let program = Program::of(cx)?;
    let is_enforced = assessment.state == State::Enforcing;
    let verdict = |finding: Finding| match is_enforced {
        true => Verdict::Fault(vec![finding]),
        false => Verdict::NotReady(finding.detail.clone(), Some(finding)),
    };
    let path = spec.executable.display();
    let domain = &spec.domain;
    match &program.label {
        ProgramLabel::Missing => return Some(settled(assessment, format!("{detail}; {path} is not installed"))),
        ProgramLabel::Unreadable(e) => return Some(Observation::unknown(e.inside_text(cx.root))),
        ProgramLabel::Link => {
            let detail = format!("{path} is a symbolic link, or below one, so its label does not decide the domain");
            let remedy = vec![Remedy::manual("name the program itself as `executable` in the profile")];
            let finding = Finding { reason: Reason::ProgramLabel, detail, remedy };
            return Some(Observation { verdict: verdict(finding), plan: Vec::new() });
        }
        ProgramLabel::Wrong(_, label)
            if matches!(assessment.rule, RuleState::InForce(_)) && !is_type_known(cx, spec, assessment, label) =>
        {
            let the_type = spec.own_executable_type().unwrap_or_default();
            let detail = format!(
                "the policy has the domain {domain}, and not the type {the_type}: {domain} is another module's, or the base policy's"
            );
            let remedy = vec![Remedy::manual("give `domain` in [module] of the profile a name of its own")];
            let finding = Finding { reason: Reason::PolicyDenies, detail, remedy };
            return Some(Observation { verdict: verdict(finding), plan: Vec::new() });
        }
        ProgramLabel::Wrong(found, label) => {
            let found = found.as_deref().unwrap_or("not at all");
            let detail = format!("{path} is labelled {found}, expected {label}, so it is not started in {domain}");
            let restorecon = Remedy::run_in_root(["restorecon", "-v", &path.to_string()]);
            let remedy = vec![Remedy::hostprep(["repair"]), restorecon.alternative()];
            let verdict = match verdict(Finding { reason: Reason::ProgramLabel, detail, remedy }) {
                Verdict::NotReady(detail, _) => Verdict::NotReady(detail, None),
                verdict => verdict,
            };
            return Some(Observation {
                verdict,
                plan: labelling(cx).into_iter().map(|it| Box::new(it) as _).collect(),
            });
        }
        ProgramLabel::Right(_) => {}
    }
    if let Some(other) = program.started_in.as_ref().filter(|other| *other != domain) {
        let detail = format!("the policy starts {path} in {other}, not in {domain}");
        let look = "look for a type_transition of init_t for that label, and for a policy without init_t or system_r";
        let finding = Finding { reason: Reason::PolicyDenies, detail, remedy: vec![Remedy::manual(look)] };
        return Some(Observation { verdict: verdict(finding), plan: Vec::new() });
    }
    let elsewhere: Vec<&Process> = program.processes.iter().filter(|one| one.domain != *domain).collect();
    if let Some(first) = elsewhere.first() {
        let detail = format!(
            "process {} of {path} still runs in {}: restart the agent, so that it runs in {domain}",
            first.pid, first.domain
        );
        let remedy = restart(cx);
        let finding = Finding { reason: Reason::AgentNotRestarted, detail: detail.clone(), remedy };
        return Some(Observation { verdict: Verdict::NotReady(detail, Some(finding)), plan: Vec::new() });
    }
    None
}

/// What an earlier profile left on files: labels of its module.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    /// The files, with the label that each has.
    found: Vec<(InRoot, String)>,
    /// While the policy still has the label.
    before_module: Vec<Box<dyn Action>>,
    /// Once the file contexts no longer have it.
    after_module: Vec<Box<dyn Action>>,
}

impl Leftovers {
    /// Returns `observation` with what puts the former labels back. The profile is another than the one that they were set for: its
    /// module has no such type, or its program is another file.
    pub(super) fn add_to(self, cx: &HostContext, mut observation: Observation) -> Result<Observation, Error> {
        let Some((path, label)) = self.found.first() else { return Ok(observation) };
        if let Verdict::Satisfied(detail) | Verdict::Pending(detail) = &observation.verdict {
            let detail = format!("{detail}; {} still has the label {label} of an earlier profile", path.display());
            let remedy = vec![Remedy::hostprep(["repair"])];
            let finding = Finding { reason: Reason::ProgramLabel, detail: detail.clone(), remedy };
            // SELinux lets no process start a file with a type that the policy does not define.
            let is_denied = *path == cx.profile.module.executable && assess(cx)?.state == State::Enforcing;
            observation.verdict =
                if is_denied { Verdict::Fault(vec![finding]) } else { Verdict::NotReady(detail, None) };
        }
        let of_module = std::mem::take(&mut observation.plan);
        observation.plan = self.before_module.into_iter().chain(of_module).chain(self.after_module).collect();
        Ok(observation)
    }
}

fn settled(assessment: &RuleAssessment, detail: String) -> Observation {
    match assessment.rule {
        RuleState::Pending(_) => Observation { verdict: Verdict::Pending(detail), plan: Vec::new() },
        _ => Observation::satisfied(detail),
    }
}

/// Returns how the agent is restarted.
pub(super) fn restart(cx: &HostContext) -> Vec<Remedy> {
    let units = &cx.profile.units;
    match units.is_empty() {
        true => vec![Remedy::manual("restart the agent")],
        false => {
            let words = ["systemctl", "restart"].map(str::to_owned);
            vec![Remedy::run_in_root(words.into_iter().chain(units.iter().cloned()))]
        }
    }
}

/// Returns whether the loaded policy, or the one on disk, has the type of the program's label.
fn is_type_known(cx: &HostContext, spec: &ModuleSpec, assessment: &RuleAssessment, label: &str) -> bool {
    if assessment.is_in_kernel {
        return cx.kernel.knows_context(label).unwrap_or(false);
    }
    let file = PolicyFile::loaded(cx.root, assessment.policy_type(), &spec.class);
    let policy = file.as_ref().and_then(|file| file.policy().ok());
    policy.is_some_and(|policy| spec.own_executable_type().is_some_and(|the_type| policy.knows_type(the_type)))
}
