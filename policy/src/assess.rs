//! Is the rule in force, and if it is not, what keeps it out?
//!
//! The kernel is asked where it runs the policy of this system; the store is read only where the kernel denies the
//! rule. For an alternate root, a chroot, and a host where SELinux is off, the store and the compiled policy on disk
//! decide.

use std::cell::OnceCell;
use std::fmt;

use host::process::CommandRunner;
use host::system::kind::SystemKind;
use host::{FileError, ReadError, Root};

use crate::classify::Cause;
use crate::config::{ConfiguredMode, SelinuxConfig};
use crate::kernel::{Answer, AskError, ClassKnowledge, Kernel, KernelMode};
use crate::policy_file::{BaseRule, PolicyFile};
use crate::rules::Rules;
use crate::spec::ModuleSpec;
use crate::state::State;
use crate::store::{Installed, Store, StoredModule, UnsupportedStore};
use crate::transaction::StoreTarget;

/// The system that is assessed, and the means to do so.
#[derive(Clone, Copy)]
pub struct System<'a> {
    /// The running system's root directory, or another one.
    pub root: &'a Root,
    /// Which kind of system that is.
    pub kind: SystemKind,
    /// The kernel to ask.
    pub kernel: &'a dyn Kernel,
    /// Runs `sesearch`, where it is installed.
    pub processes: &'a CommandRunner<'a>,
    /// The answer of `sesearch`, which takes seconds: kept for further assessments of the same module.
    pub base_rule: &'a OnceCell<BaseRule>,
}

impl<'a> System<'a> {
    /// Returns the system in `root`, after detecting whether it is a host, a chroot or a container. `base_rule` starts
    /// empty.
    #[must_use]
    pub fn new(
        root: &'a Root,
        kernel: &'a dyn Kernel,
        processes: &'a CommandRunner<'a>,
        base_rule: &'a OnceCell<BaseRule>,
    ) -> Self {
        Self { root, kind: SystemKind::of(root), kernel, processes, base_rule }
    }
}

/// The state of a module's rule, with the facts that it follows from.
#[derive(Debug)]
pub struct RuleAssessment {
    /// SELinux on this system.
    pub state: State,
    /// `/etc/selinux/config`, if the file exists.
    pub config: Option<SelinuxConfig>,
    /// The domain that the rule is for on this system; `None` if it was not looked up, or the policy has no such
    /// domain.
    pub domain: Option<String>,
    /// The kernel's answer; `None` if it was not asked or did not answer.
    pub answer: Option<Answer>,
    /// The module in the store; empty if the store was not read.
    pub module: StoredModule,
    /// Whether the kernel accepts no policy before the next boot: `secure_mode_policyload`.
    pub is_load_locked: bool,
    /// What follows.
    pub rule: RuleState,
}

/// The state of a module's rule.
#[derive(Debug)]
pub enum RuleState {
    /// SELinux denies nothing here, and will not after the next boot.
    NotApplicable(String),
    /// The kernel allows it; for an alternate root, the policy on disk has it.
    InForce(String),
    /// The policy on disk has it. It is in force after the next boot.
    Pending(String),
    /// The module has to be installed, replaced or enabled.
    Missing(Problem),
    /// The store has the module, and the kernel denies the rule: the policy has to be loaded again.
    NotLoaded(Problem),
    /// A module of the same name and with other rules takes precedence.
    Overridden {
        /// That module's priority.
        priority: u16,
        /// What is wrong.
        problem: Problem,
    },
    /// Loading the module would not help.
    Unfixable(Problem),
    /// Not known.
    Unknown(Unknown),
}

/// Why a rule is not in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The kind of problem.
    pub cause: Cause,
    /// One line with the names and values of this system.
    pub detail: String,
    /// Whether the domain is denied the rule now: not so in permissive mode, or before the next boot.
    pub denied_now: bool,
}

/// Why the state of a rule is not known.
#[derive(Debug)]
pub enum Unknown {
    /// The kernel did not answer.
    Kernel(AskError),
    /// This user may not read the store or the compiled policy.
    Unreadable(FileError),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(e) => e.fmt(f),
            Self::Unreadable(e) => e.fmt(f),
        }
    }
}

impl RuleState {
    /// Returns what is wrong, if the rule is known not to be in force.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Missing(problem)
            | Self::NotLoaded(problem)
            | Self::Overridden { problem, .. }
            | Self::Unfixable(problem) => Some(problem),
            Self::NotApplicable(_) | Self::InForce(_) | Self::Pending(_) | Self::Unknown(_) => None,
        }
    }

    /// Reports whether there is nothing to do.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::NotApplicable(_) | Self::InForce(_) | Self::Pending(_))
    }

    /// Reports whether the domain is denied the rule now.
    #[must_use]
    pub fn denied_now(&self) -> bool {
        self.problem().is_some_and(|problem| problem.denied_now)
    }
}

impl fmt::Display for RuleState {
    /// One line with the names and values of this system.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotApplicable(detail) | Self::InForce(detail) | Self::Pending(detail) => f.write_str(detail),
            Self::Missing(problem)
            | Self::NotLoaded(problem)
            | Self::Overridden { problem, .. }
            | Self::Unfixable(problem) => f.write_str(&problem.detail),
            Self::Unknown(why) => why.fmt(f),
        }
    }
}

impl RuleAssessment {
    /// Returns the policy type in use: `SELINUXTYPE`, or libselinux's default.
    #[must_use]
    pub fn policy_type(&self) -> &str {
        self.config.as_ref().map_or("targeted", |config| &config.policy_type)
    }

    /// Returns the store of that type. A transaction loads the new policy if one is running and the kernel accepts
    /// another.
    #[must_use]
    pub fn target(&self, root: &Root) -> StoreTarget {
        let target = StoreTarget::of(root, self.policy_type(), self.state);
        if self.is_load_locked { target.without_loading() } else { target }
    }
}

/// Assesses the rule of `spec`. Writes nothing; runs nothing but `sesearch`.
///
/// # Errors
/// [`ReadError`] if `/etc/selinux/config` cannot be read, or another file is malformed. A store that this user may not
/// read is [`RuleState::Unknown`].
pub fn assess(system: &System<'_>, spec: &ModuleSpec) -> Result<RuleAssessment, ReadError> {
    let (config, problem) = match SelinuxConfig::read(system.root) {
        Ok(config) => (config, None),
        // The kernel's answer does not depend on it.
        Err(e) if system.kind.is_running() && system.kernel.mode() != KernelMode::NotRunning => (None, Some(e)),
        Err(e) => return Err(e),
    };
    let state = State::of(system.kind, system.kernel, config.as_ref());
    let mut assessment = RuleAssessment {
        state,
        config,
        domain: None,
        answer: None,
        module: StoredModule::default(),
        is_load_locked: false,
        rule: RuleState::NotApplicable(format!("SELinux is {} here", state.as_str())),
    };
    assessment.rule = match state {
        State::Absent => return Ok(assessment),
        State::InContainer => RuleState::NotApplicable("in a container: the policy is the host's".into()),
        State::Enforcing | State::Permissive if system.kind.is_running() => {
            match ask(system, spec, &mut assessment, problem)? {
                rule if !assessment.is_load_locked => rule,
                rule => locked(rule),
            }
        }
        _ => match read_disk(system, spec, &mut assessment) {
            Err(ReadError::File(e)) if e.is_denied() => RuleState::Unknown(Unknown::Unreadable(e)),
            read => read?,
        },
    };
    Ok(assessment)
}

/// `config_problem`: why the policy type is not known.
fn ask(
    system: &System<'_>,
    spec: &ModuleSpec,
    assessment: &mut RuleAssessment,
    config_problem: Option<ReadError>,
) -> Result<RuleState, ReadError> {
    let answer = match system.kernel.ask(spec) {
        Ok(answer) => answer,
        Err(e) => return Ok(RuleState::Unknown(Unknown::Kernel(e))),
    };
    let state = assessment.state.as_str();
    let denied_now = assessment.state == State::Enforcing && !answer.permissive_domain;
    let problem = |cause, detail| Problem { cause, detail, denied_now };
    let domain = answer.domain.clone();
    assessment.domain = Some(domain.clone());
    assessment.answer = Some(answer.clone());
    if answer.allows_all() {
        let how = match answer.class {
            ClassKnowledge::Known => "allows",
            ClassKnowledge::UnknownAllowed | ClassKnowledge::UnknownDenied => "does not know class and so allows",
        };
        let class = &spec.class;
        return Ok(RuleState::InForce(format!("{state}; the kernel {how} {class} for {domain}")));
    }
    if let Some(problem) = config_problem {
        return Err(problem);
    }
    assessment.is_load_locked = assessment.state == State::Enforcing && is_load_locked(system.root);
    let only_logged = if answer.permissive_domain { " (a permissive domain: only logged)" } else { "" };
    let denied = format!("{state}, and the kernel denies {domain} {} {{ {} }}", spec.class, answer.missing().join(" "));
    let denied = denied + only_logged;
    if answer.class == ClassKnowledge::UnknownDenied {
        let detail = format!("{denied}: its policy does not know the class, and what it does not know is denied");
        return Ok(RuleState::Unfixable(problem(Cause::ClassMissing, detail)));
    }
    let found = match find_store(system, spec, assessment) {
        // Only root may read the store; the kernel's answer is valid without it.
        Err(ReadError::File(e)) if e.is_denied() => {
            return Ok(RuleState::Missing(problem(Cause::RuleDenied, denied)));
        }
        found => found?,
    };
    match found {
        FoundStore::Supported => {}
        FoundStore::Unsupported(store) => {
            let detail = format!("{denied}, and {store}");
            return Ok(RuleState::Unfixable(problem(Cause::StoreUnsupported, detail)));
        }
        FoundStore::Missing => {
            let policy_type = assessment.policy_type();
            let detail = format!("a policy is in force, but there is no policy store for {policy_type}");
            return Ok(RuleState::Unfixable(problem(Cause::StoreBroken, detail)));
        }
    }
    let Some(installed) = assessment.module.effective() else {
        return Ok(RuleState::Missing(problem(Cause::ModuleMissing, denied)));
    };
    let is_same = installed.content.is(&Rules::of_spec(spec, &domain));
    if installed.priority > spec.priority && !is_same {
        return Ok(overridden(spec, installed, denied_now, &denied));
    }
    if assessment.module.disabled {
        let detail = format!("{denied}: the module {} is disabled", spec.name);
        return Ok(RuleState::Missing(problem(Cause::ModuleDisabled, detail)));
    }
    let detail = format!("{denied}, although the module {} is in the store", spec.name);
    let problem = problem(Cause::RuleDenied, detail);
    Ok(if is_same { RuleState::NotLoaded(problem) } else { RuleState::Missing(problem) })
}

/// Reports whether `secure_mode_policyload` is on. In the reference policy it denies every domain `load_policy`,
/// `setenforce` and `setbool` until the next boot. selinuxfs shows a boolean as its value now and the pending one.
#[must_use]
pub fn is_load_locked(root: &Root) -> bool {
    root.read(SECURE_MODE_POLICYLOAD, 16).is_ok_and(|text| text.starts_with(b"1"))
}

const SECURE_MODE_POLICYLOAD: &str = "/sys/fs/selinux/booleans/secure_mode_policyload";

/// What is missing can be put into the store, and is in force after the next boot.
fn locked(rule: RuleState) -> RuleState {
    let locked = |problem: Problem| {
        let detail = format!(
            "{}; the boolean secure_mode_policyload is on, so that the kernel accepts no policy before the next boot",
            problem.detail
        );
        Problem { cause: Cause::PolicyLoadLocked, detail, ..problem }
    };
    match rule {
        RuleState::Missing(problem) => RuleState::Missing(locked(problem)),
        RuleState::NotLoaded(problem) => RuleState::NotLoaded(locked(problem)),
        rule => rule,
    }
}

/// Without the kernel: the store, then the rules that the compiled policy is known to have.
fn read_disk(system: &System<'_>, spec: &ModuleSpec, assessment: &mut RuleAssessment) -> Result<RuleState, ReadError> {
    let policy_type = assessment.policy_type().to_owned();
    let unsupported = match find_store(system, spec, assessment)? {
        FoundStore::Supported => None,
        FoundStore::Unsupported(store) => Some(store),
        FoundStore::Missing if assessment.state == State::Disabled => {
            return Ok(RuleState::NotApplicable("SELinux is disabled here".into()));
        }
        FoundStore::Missing => {
            return Ok(RuleState::NotApplicable(format!(
                "SELinux is configured, but there is no policy store for {policy_type}"
            )));
        }
    };
    let configured = assessment.config.as_ref().map_or(ConfiguredMode::Disabled, |config| config.mode);
    let enforcing = configured == ConfiguredMode::Enforcing;
    // With SELinux off, or another system's kernel, nothing is denied before the next boot.
    let denied_now = enforcing && system.kind == SystemKind::Image;
    let mode = match configured {
        ConfiguredMode::Enforcing => "enforcing",
        ConfiguredMode::Permissive => "permissive",
        ConfiguredMode::Disabled => "disabled",
    };
    let problem = |cause, detail| Problem { cause, detail, denied_now };

    let file = PolicyFile::newest(system.root, &policy_type)?;
    if let Some(file) = &file
        && !file.knows_class(spec)
    {
        let detail = format!("{} does not know class {} as it is needed", file.path().display(), spec.class);
        // Answered from the file alone: no program is started for a class that is not there.
        return Ok(match file.rule(system.processes, spec, &spec.domain) {
            BaseRule::Allows if configured == ConfiguredMode::Disabled => {
                RuleState::NotApplicable(format!("SELinux is disabled here; {detail} and allows what it does not know"))
            }
            BaseRule::Allows => RuleState::InForce(format!("{detail} and allows what it does not know")),
            BaseRule::Refuses | BaseRule::Unknown => RuleState::Unfixable(problem(Cause::ClassMissing, detail)),
        });
    }
    let domain = match &file {
        None => spec.domain.as_str(),
        Some(file) => match file.choose_domain(spec) {
            Some(domain) => domain,
            None => {
                let detail = format!("{} does not know the domain {}", file.path().display(), spec.domain);
                return Ok(RuleState::Unfixable(problem(Cause::TypeMissing, detail)));
            }
        },
    };
    assessment.domain = Some(domain.to_owned());
    let on_disk = |detail: String| match configured {
        ConfiguredMode::Disabled => {
            RuleState::Pending(format!("SELinux is disabled here; {detail}, in force once SELinux is enabled"))
        }
        _ if system.kind == SystemKind::Image => RuleState::InForce(detail),
        _ => RuleState::Pending(format!("{detail}; in force after the next boot")),
    };
    let Some(installed) = assessment.module.effective() else {
        if base_rule(system, spec, file.as_ref(), domain) == BaseRule::Allows {
            let detail = format!("the base policy allows {} for {domain}", spec.class);
            return Ok(match configured {
                ConfiguredMode::Disabled => RuleState::NotApplicable(format!("SELinux is disabled here, and {detail}")),
                _ => on_disk(detail),
            });
        }
        if let Some(store) = unsupported {
            return Ok(RuleState::Unfixable(problem(Cause::StoreUnsupported, format!("{mode}, and {store}"))));
        }
        let detail = format!("{mode}, and the module {} is not in the {policy_type} store", spec.name);
        return Ok(RuleState::Missing(problem(Cause::ModuleMissing, detail)));
    };
    let priority = installed.priority;
    if assessment.module.disabled {
        let detail = format!("{mode}, and the module {} is disabled in the {policy_type} store", spec.name);
        return Ok(RuleState::Missing(problem(Cause::ModuleDisabled, detail)));
    }
    if installed.content.is(&Rules::of_spec(spec, domain)) {
        return Ok(on_disk(format!("{} is enabled at priority {priority} in the {policy_type} store", spec.name)));
    }
    if priority > spec.priority {
        return Ok(overridden(spec, installed, denied_now, mode));
    }
    let detail = format!("{mode}, and the module {} at priority {priority} has other rules than it should", spec.name);
    Ok(RuleState::Missing(problem(Cause::ModuleMissing, detail)))
}

enum FoundStore {
    Supported,
    Unsupported(UnsupportedStore),
    Missing,
}

/// Finds the store and reads the module in it.
fn find_store(
    system: &System<'_>,
    spec: &ModuleSpec,
    assessment: &mut RuleAssessment,
) -> Result<FoundStore, ReadError> {
    let policy_type = assessment.policy_type();
    if let Some(store) = Store::locate(system.root, policy_type)? {
        assessment.module = store.module(&spec.name)?;
        return Ok(FoundStore::Supported);
    }
    let unsupported = UnsupportedStore::find(system.root, policy_type)?;
    Ok(unsupported.map_or(FoundStore::Missing, FoundStore::Unsupported))
}

fn base_rule(system: &System<'_>, spec: &ModuleSpec, file: Option<&PolicyFile>, domain: &str) -> BaseRule {
    let Some(file) = file else { return BaseRule::Unknown };
    *system.base_rule.get_or_init(|| file.rule(system.processes, spec, domain))
}

fn overridden(spec: &ModuleSpec, installed: &Installed, denied_now: bool, denied: &str) -> RuleState {
    let priority = installed.priority;
    let name = &spec.name;
    let detail = format!("{denied}; a module {name} with other rules at priority {priority} counts before ours");
    RuleState::Overridden { priority, problem: Problem { cause: Cause::RuleDenied, detail, denied_now } }
}

#[cfg(test)]
mod tests;
