//! Is the rule in force, and if it is not, what keeps it out?
//!
//! There is one judgement. The kernel is asked where it runs the policy of this system; for an alternate root, a chroot, and
//! a host where SELinux is off, the compiled policy that will be loaded is. The store is read only if the answer is no: it
//! says what has to be done.

use std::fmt;

use host::fs::InRoot;
use host::process::CommandRunner;
use host::system::kind::SystemKind;
use host::{FileError, ReadError, Root};

use crate::classify::Cause;
use crate::config::{ConfiguredMode, SelinuxConfig};
use crate::kernel::{Answer, AskError, ClassKnowledge, Kernel, KernelMode};
use crate::policy_file::{self, PolicyFile, Unusable};
use crate::rules::Rules;
use crate::spec::ModuleSpec;
use crate::state::State;
use crate::store::{Installed, Store, StoredModule, UnsupportedStore};
use crate::transaction::StoreTarget;

mod own_domain;

/// The system that is assessed, and the means to do so.
#[derive(Clone, Copy)]
pub struct System<'a> {
    /// The running system's root directory, or another one.
    pub root: &'a Root,
    /// Which kind of system that is.
    pub kind: SystemKind,
    /// The kernel to ask.
    pub kernel: &'a dyn Kernel,
    /// Finds and runs the tools that load a module.
    pub runner: &'a CommandRunner<'a>,
}

impl<'a> System<'a> {
    /// Returns the system in `root`, after detecting the kind of it.
    #[must_use]
    pub fn new(root: &'a Root, kernel: &'a dyn Kernel, runner: &'a CommandRunner<'a>) -> Self {
        Self { root, kind: SystemKind::of(root), kernel, runner }
    }
}

/// The state of a module's rule, with the facts that it follows from.
#[derive(Debug)]
pub struct RuleAssessment {
    /// SELinux on this system.
    pub state: State,
    /// Whether the kernel runs the policy of this system.
    pub is_in_kernel: bool,
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
    /// The compiled policy, if it is damaged or cannot be read.
    pub broken_policy: Option<InRoot>,
    /// The store that this machine's tools would work on, if that is not the one found in the alternate root.
    pub tools_elsewhere: Option<InRoot>,
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
    /// The store has the module, and the compiled policy on disk lacks the rule or is damaged: it has to be built again.
    NotBuilt(Problem),
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
    /// The compiled policy gives no answer.
    Policy(String),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(e) => e.fmt(f),
            Self::Unreadable(e) => e.fmt(f),
            Self::Policy(why) => f.write_str(why),
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
            | Self::NotBuilt(problem)
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
            | Self::NotBuilt(problem)
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

    /// Returns whether there is no compiled policy that the system could load.
    #[must_use]
    pub fn is_policy_missing(&self, root: &Root) -> bool {
        !PolicyFile::loadable(root, self.policy_type()).is_ok_and(|paths| !paths.is_empty())
    }

    /// Returns the store of that type. A transaction loads the new policy if one is running and the kernel accepts
    /// another.
    #[must_use]
    pub fn target(&self, root: &Root) -> StoreTarget {
        let target = StoreTarget::of(root, self.policy_type(), self.is_in_kernel);
        if self.is_load_locked { target.without_loading() } else { target }
    }
}

/// Assesses the rule of `spec`. Writes nothing and runs nothing.
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
        is_in_kernel: state.is_in_kernel(system.kind),
        config,
        domain: None,
        answer: None,
        module: StoredModule::default(),
        is_load_locked: false,
        broken_policy: None,
        tools_elsewhere: None,
        rule: RuleState::NotApplicable(format!("SELinux is {} here", state.as_str())),
    };
    assessment.rule = match state {
        State::Absent => return Ok(assessment),
        State::InContainer => RuleState::NotApplicable("in a container: the policy is the host's".into()),
        State::Enforcing | State::Permissive if assessment.is_in_kernel => {
            match ask(system, spec, &mut assessment, problem)? {
                rule if !assessment.is_load_locked => rule,
                rule => locked(rule),
            }
        }
        _ => match read_disk(system, spec, &mut assessment) {
            Err(ReadError::File(e)) if e.is_denied() => RuleState::Unknown(Unknown::Unreadable(e)),
            // Nothing can be made ready for the day on which SELinux is enabled.
            Ok(RuleState::Unfixable(problem)) if state == State::Disabled => {
                RuleState::NotApplicable(format!("SELinux is disabled here; {}", problem.detail))
            }
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
    let state = assessment.state;
    assessment.domain = Some(answer.domain.clone());
    assessment.answer = Some(answer.clone());
    if answer.allows_all() && !spec.has_own_domain() {
        let (how, domain, class) = (how_allowed(&answer), &answer.domain, &spec.class);
        let detail = format!("{}; the kernel {how} {class} for {domain}", state.as_str());
        return Ok(RuleState::InForce(detail + &fallback_words(&answer, spec)));
    }
    if let Some(problem) = config_problem {
        return Err(problem);
    }
    assessment.is_load_locked = state == State::Enforcing && is_load_locked(system.root);
    let denial = Denial { by: "the kernel", mode: state.as_str(), is_enforced: state == State::Enforcing, answer };
    if spec.has_own_domain() {
        let (how, domain, class) = (how_allowed(&denial.answer), &spec.domain, &spec.class);
        let mode = own_domain::mode_words(&denial.answer, spec);
        let allowed = format!("{}; the kernel {how} {class} for {domain}{mode}", state.as_str());
        return own_domain::judge(&denial, allowed, system, spec, assessment);
    }
    denial.judge(system, spec, assessment)
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

/// Without the kernel: the compiled policy.
fn read_disk(system: &System<'_>, spec: &ModuleSpec, assessment: &mut RuleAssessment) -> Result<RuleState, ReadError> {
    let policy_type = assessment.policy_type().to_owned();
    let configured = assessment.config.as_ref().map_or(ConfiguredMode::Disabled, |config| config.mode);
    // With SELinux off on a running host, nothing is denied before the next boot.
    let is_enforced = configured == ConfiguredMode::Enforcing && system.kind.is_unbooted();
    let mode = match configured {
        ConfiguredMode::Enforcing => "enforcing",
        ConfiguredMode::Permissive => "permissive",
        ConfiguredMode::Disabled => "disabled",
    };
    let problem =
        |cause, detail: String| Problem { cause, detail: format!("{mode}, and {detail}"), denied_now: is_enforced };

    let paths = match PolicyFile::loadable(system.root, &policy_type) {
        Ok(paths) if paths.is_empty() => return without_policy(system, spec, assessment, &problem),
        Ok(paths) => paths,
        Err(e) => return unusable(system, spec, assessment, e, &problem),
    };
    // Of several, one that denies the rule may be the one that is loaded.
    let mut allowed = None;
    for path in paths {
        let file = match PolicyFile::read(system.root, path, &spec.class) {
            Ok(file) => file,
            Err(e) => return unusable(system, spec, assessment, e, &problem),
        };
        let policy = match file.policy() {
            Ok(policy) => policy,
            Err(e) => return unusable(system, spec, assessment, e, &problem),
        };
        let path = file.path().display();
        if spec.has_own_domain() && !policy.knows_type(&spec.domain) {
            let denied = format!("{mode}, and {path} does not have the domain {}", spec.domain);
            drop(policy);
            assessment.domain = Some(spec.domain.clone());
            return look_in_store(system, spec, assessment, &spec.domain, denied, is_enforced);
        }
        let Some(domain) = policy_file::choose_domain(&policy, spec) else {
            let detail = format!("{path} does not know the domain {}", spec.domain);
            return Ok(RuleState::Unfixable(problem(Cause::TypeMissing, detail)));
        };
        assessment.domain = Some(domain.to_owned());
        let Some(answer) = policy_file::ask(&policy, spec) else {
            let why = format!("{path}: whether {domain} may use {} depends on its user, role or range", spec.class);
            return Ok(RuleState::Unknown(Unknown::Policy(why)));
        };
        if !answer.allows_all() {
            let by = path.to_string();
            drop(policy);
            return Denial { by: &by, mode, is_enforced, answer }.judge(system, spec, assessment);
        }
        allowed.get_or_insert_with(|| {
            let detail = format!("{path} {} {} for {domain}", how_allowed(&answer), spec.class);
            detail + &fallback_words(&answer, spec)
        });
    }
    let detail = allowed.unwrap_or_default();
    if spec.has_own_domain()
        && let Some(outdated) = own_domain::outdated(&detail, system, spec, assessment)?
    {
        return Ok(outdated);
    }
    Ok(match system.kind {
        _ if configured == ConfiguredMode::Disabled => allowed_while_disabled(system, spec, assessment, &detail),
        SystemKind::Image => RuleState::InForce(detail),
        _ => RuleState::Pending(format!("{detail}; in force after the next boot")),
    })
}

/// With our module in the store, what is done is in force once SELinux is enabled; else there is nothing to do.
fn allowed_while_disabled(
    system: &System<'_>,
    spec: &ModuleSpec,
    assessment: &mut RuleAssessment,
    detail: &str,
) -> RuleState {
    // Only root may read the store; the policy's answer is valid without it.
    let has_module = find_store(system, spec, assessment).is_ok() && assessment.module.effective().is_some();
    match has_module {
        true => RuleState::Pending(format!("SELinux is disabled here; {detail}, in force once it is enabled")),
        false => RuleState::NotApplicable(format!("SELinux is disabled here; {detail}")),
    }
}

/// There is a store, or nothing at all, where the compiled policy should be.
fn without_policy(
    system: &System<'_>,
    spec: &ModuleSpec,
    assessment: &mut RuleAssessment,
    problem: &dyn Fn(Cause, String) -> Problem,
) -> Result<RuleState, ReadError> {
    let policy_type = assessment.policy_type().to_owned();
    Ok(match find_store(system, spec, assessment)? {
        FoundStore::Supported => {
            let detail = format!("the {policy_type} store has no compiled policy in /etc/selinux/{policy_type}/policy");
            rebuild(spec, assessment, problem(Cause::StoreBroken, detail))
        }
        FoundStore::Unsupported(store) => RuleState::Unfixable(problem(Cause::StoreUnsupported, store.to_string())),
        FoundStore::Missing => {
            let detail = format!("there is no policy and no policy store for {policy_type}");
            match assessment.config.as_ref().map(|config| config.mode) {
                // systemd halts where none can be loaded (`mac_selinux_setup`).
                Some(ConfiguredMode::Enforcing) => RuleState::Unfixable(problem(
                    Cause::StoreBroken,
                    format!("{detail}, without which it does not start with SELinux"),
                )),
                _ => RuleState::NotApplicable(format!("SELinux is configured, but {detail}")),
            }
        }
    })
}

fn unusable(
    system: &System<'_>,
    spec: &ModuleSpec,
    assessment: &mut RuleAssessment,
    why: Unusable,
    problem: &dyn Fn(Cause, String) -> Problem,
) -> Result<RuleState, ReadError> {
    let (is_replaced, detail) = match why {
        Unusable::Denied(e) => return Ok(RuleState::Unknown(Unknown::Unreadable(e))),
        Unusable::Unsupported(..) => return Ok(RuleState::Unknown(Unknown::Policy(why.to_string()))),
        Unusable::Broken { path, is_file, why } => {
            assessment.broken_policy = Some(path);
            (is_file, format!("the compiled policy is not usable: {why}"))
        }
    };
    Ok(match find_store(system, spec, assessment)? {
        // A link or a directory in its place makes each build fail.
        FoundStore::Supported if is_replaced => rebuild(spec, assessment, problem(Cause::StoreBroken, detail)),
        _ => RuleState::Unfixable(problem(Cause::StoreBroken, detail)),
    })
}

/// A transaction builds the compiled policy anew: one that installs the module, if the store does not have it.
fn rebuild(spec: &ModuleSpec, assessment: &RuleAssessment, problem: Problem) -> RuleState {
    let module = &assessment.module;
    let domain = assessment.domain.as_deref().unwrap_or(&spec.domain);
    let is_ours = module.effective().is_some_and(|installed| installed.content.is(&Rules::of_spec(spec, domain)));
    if is_ours && !module.disabled { RuleState::NotBuilt(problem) } else { RuleState::Missing(problem) }
}

fn how_allowed(answer: &Answer) -> &'static str {
    match answer.class {
        ClassKnowledge::Known => "allows",
        ClassKnowledge::UnknownAllowed | ClassKnowledge::UnknownDenied => "does not know class and so allows",
    }
}

/// What a reader has to know of the domain that was asked about.
fn fallback_words(answer: &Answer, spec: &ModuleSpec) -> String {
    match answer.domain_known {
        true => String::new(),
        false => format!(" (a fallback domain: the policy has no {})", spec.domain),
    }
}

/// An answer that denies a permission.
struct Denial<'a> {
    /// Who answered.
    by: &'a str,
    mode: &'a str,
    is_enforced: bool,
    answer: Answer,
}

impl Denial<'_> {
    /// Finds out from the store what has to be done.
    fn judge(
        &self,
        system: &System<'_>,
        spec: &ModuleSpec,
        assessment: &mut RuleAssessment,
    ) -> Result<RuleState, ReadError> {
        let Self { by, mode, is_enforced, answer } = self;
        let domain = &answer.domain;
        let only_logged = if answer.permissive_domain { " (a permissive domain: only logged)" } else { "" };
        let denied_now = *is_enforced && !answer.permissive_domain;
        let (class, missing) = (&spec.class, answer.missing());
        let denied = format!("{mode}, and {by} denies {domain} {class} {{ {} }}", missing.join(" "));
        let denied = denied + &fallback_words(answer, spec) + only_logged;
        // A module can only allow what the policy knows.
        let strange: Vec<&str> =
            answer.unknown_permissions.iter().map(String::as_str).filter(|name| missing.contains(name)).collect();
        let unknown = match answer.class {
            ClassKnowledge::UnknownDenied => Some(format!("the class {class}")),
            _ if strange.is_empty() => None,
            _ => Some(format!("the permission {} of the class {class}", strange.join(", "))),
        };
        if let Some(unknown) = unknown {
            let detail = format!("{denied}: the policy does not know {unknown}, and denies what it does not know");
            return Ok(RuleState::Unfixable(Problem { cause: Cause::ClassMissing, detail, denied_now }));
        }
        look_in_store(system, spec, assessment, domain, denied, denied_now)
    }
}

/// Finds out from the store what has to be done about the rule for `domain`. `denied` says what is wrong, and `denied_now` is that of
/// [`Problem`].
fn look_in_store(
    system: &System<'_>,
    spec: &ModuleSpec,
    assessment: &mut RuleAssessment,
    domain: &str,
    denied: String,
    denied_now: bool,
) -> Result<RuleState, ReadError> {
    let problem = |cause, detail| Problem { cause, detail, denied_now };
    let found = match find_store(system, spec, assessment) {
        // Only root may read the store; the answer is valid without it.
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
            let detail = format!("{denied}, and there is no policy store for {policy_type}");
            return Ok(RuleState::Unfixable(problem(Cause::StoreBroken, detail)));
        }
    }
    let Some(installed) = assessment.module.effective() else {
        return Ok(RuleState::Missing(problem(Cause::ModuleMissing, denied)));
    };
    let is_same = installed.content.is(&Rules::of_spec(spec, domain));
    if installed.priority > spec.priority && !is_same {
        return Ok(overridden(spec, installed, denied_now, &denied));
    }
    if assessment.module.disabled {
        let detail = format!("{denied}: the module {} is disabled", spec.name);
        return Ok(RuleState::Missing(problem(Cause::ModuleDisabled, detail)));
    }
    let detail = format!("{denied}, although the module {} is in the store", spec.name);
    let problem = problem(Cause::RuleDenied, detail);
    Ok(match is_same {
        // What the next boot would load denies it as well: loading it now would change nothing.
        true if assessment.answer.is_some() && !denied_on_disk(system, spec, assessment.policy_type()) => {
            RuleState::NotLoaded(problem)
        }
        true => RuleState::NotBuilt(problem),
        false => RuleState::Missing(problem),
    })
}

/// Returns whether the compiled policy denies the rule. One that cannot be read is not known to.
fn denied_on_disk(system: &System<'_>, spec: &ModuleSpec, policy_type: &str) -> bool {
    let file = PolicyFile::loaded(system.root, policy_type, &spec.class);
    let policy = file.as_ref().and_then(|file| file.policy().ok());
    policy.and_then(|policy| policy_file::ask(&policy, spec)).is_some_and(|answer| !answer.allows_all())
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
        let (module, elsewhere) = (store.module(&spec.name)?, store.elsewhere_for_tools()?);
        (assessment.module, assessment.tools_elsewhere) = (module, elsewhere);
        return Ok(FoundStore::Supported);
    }
    let unsupported = UnsupportedStore::find(system.root, policy_type)?;
    Ok(unsupported.map_or(FoundStore::Missing, FoundStore::Unsupported))
}

fn overridden(spec: &ModuleSpec, installed: &Installed, denied_now: bool, denied: &str) -> RuleState {
    let priority = installed.priority;
    let name = &spec.name;
    let detail = format!("{denied}; a module {name} with other rules at priority {priority} counts before ours");
    RuleState::Overridden { priority, problem: Problem { cause: Cause::RuleDenied, detail, denied_now } }
}

#[cfg(test)]
mod tests;
