//! `policy status`: store, module and the kernel's answer, and what each means.

use std::fmt::Write as _;

use host::fs::InRoot;
use host::process::names;
use host::{ReadError, Root};
use installer::Error;
use installer::engine::worst::Worst;
use installer::model::host_context::HostContext;
use installer::report::envelope::{Envelope, Output};
use installer::report::exit;
use installer::report::policy_status::{AnswerObject, PolicyStatusObject};
use installer::steps::selinux::{assess, redundant};
use policy::kernel::{Answer, ClassKnowledge};
use policy::policy_file::{self, PolicyFile};
use policy::rules::Rules;
use policy::store::{StoredModule, UnsupportedStore};
use policy::{ModuleSpec, RuleAssessment, RuleState, Store, Unknown};

use super::args::Format;
use super::invocation::Invocation;
use super::output::{Outcome, print, print_json};
use super::own_domain_status::OwnDomain;

pub fn show(invocation: &Invocation, format: Format) -> Outcome {
    let assessment = assess(&invocation.cx)?;
    let status = Status::of(&invocation.cx, &assessment)?;
    let standing = standing(&assessment);
    match format {
        Format::Json => print_json(&object(invocation, &status, &standing))?,
        Format::Text => print(&text(invocation, &status, &standing))?,
    }
    Ok(match &assessment.rule {
        RuleState::NotApplicable(_) | RuleState::InForce(_) => exit::WELL,
        rule if rule.denied_now() => exit::FAULTS,
        _ => exit::UNSETTLED,
    })
}

/// Returns what `policy status --format json` prints.
pub fn json_text(invocation: &Invocation) -> anyhow::Result<String> {
    let assessment = assess(&invocation.cx)?;
    let status = Status::of(&invocation.cx, &assessment)?;
    Ok(serde_json::to_string(&object(invocation, &status, &standing(&assessment)))? + "\n")
}

fn standing(assessment: &RuleAssessment) -> String {
    match &assessment.rule {
        RuleState::Unknown(Unknown::Unreadable(_)) => "unknown without the store: run as root".to_owned(),
        rule => rule.to_string(),
    }
}

/// The assessment, and what it had no need to read.
struct Status<'a> {
    assessment: &'a RuleAssessment,
    /// The domain that the rule is for here: the one that the kernel was asked about, else the one that the compiled policy
    /// knows, else the profile's.
    domain: String,
    /// The rules of the compiled policy that allow it; empty if the policy cannot be read.
    rules: Vec<String>,
    /// The compiled policy's answer, if it can be read.
    compiled: Option<Answer>,
    /// What allows the rule besides our module.
    redundant: Option<String>,
    store: StoreStatus,
    module: StoredModule,
    /// The domain of the agent's own, if the module has one.
    own_domain: Option<OwnDomain>,
}

enum StoreStatus {
    Supported(InRoot),
    /// It is there, and only root may read it.
    Unreadable(Option<InRoot>, String),
    Unsupported(UnsupportedStore),
    Missing,
}

impl<'a> Status<'a> {
    fn of(cx: &HostContext, assessment: &'a RuleAssessment) -> Result<Self, Error> {
        let (root, spec) = (cx.root, &cx.profile.module);
        let file = PolicyFile::loaded(root, assessment.policy_type(), &spec.class);
        // What is wrong with it, the assessment says.
        let policy = file.as_ref().and_then(|file| file.policy().ok());
        let known = policy.as_ref().and_then(|policy| policy_file::choose_domain(policy, spec));
        let domain =
            assessment.domain.clone().or_else(|| known.map(str::to_owned)).unwrap_or_else(|| spec.domain.clone());
        let rules = policy.as_ref().map_or_else(Vec::new, |policy| policy_file::allow_rules(policy, spec, &domain));
        let compiled = policy.as_ref().and_then(|policy| policy_file::ask(policy, spec));
        drop(policy);
        drop(file);
        let (store, module) = read_store(root, spec, assessment.policy_type())?;
        let is_allowed = assessment.rule.is_settled();
        let redundant = if is_allowed { redundant(cx, assessment, &module, &domain) } else { None };
        Ok(Self { assessment, domain, rules, compiled, redundant, store, module, own_domain: OwnDomain::of(cx) })
    }

    /// The store's directory, where it is seen.
    fn store_path(&self) -> Option<&InRoot> {
        match &self.store {
            StoreStatus::Supported(path) => Some(path),
            StoreStatus::Unreadable(path, _) => path.as_ref(),
            StoreStatus::Unsupported(store) => Some(store.path()),
            StoreStatus::Missing => None,
        }
    }

    fn priorities(&self) -> Vec<u16> {
        self.module.installed.iter().map(|installed| installed.priority).collect()
    }

    fn is_fallback(&self, spec: &ModuleSpec) -> bool {
        self.assessment.answer.as_ref().map_or(self.domain != spec.domain, |answer| !answer.domain_known)
    }

    fn is_enabled(&self) -> bool {
        !self.module.installed.is_empty() && !self.module.disabled
    }

    /// Returns whether the installed module has the content that `repair` would install; `None` if it is not installed.
    fn has_same_content(&self, spec: &ModuleSpec) -> Option<bool> {
        let wanted = Rules::of_spec(spec, &self.domain);
        self.module.effective().map(|effective| effective.content.is(&wanted))
    }
}

fn read_store(root: &Root, spec: &ModuleSpec, policy_type: &str) -> Result<(StoreStatus, StoredModule), ReadError> {
    let unreadable =
        |path, e: &dyn std::fmt::Display| (StoreStatus::Unreadable(path, e.to_string()), StoredModule::default());
    let store = match Store::locate(root, policy_type) {
        Err(ReadError::File(e)) if e.is_denied() => return Ok(unreadable(None, &e)),
        store => store?,
    };
    let Some(store) = store else {
        return match UnsupportedStore::find(root, policy_type) {
            Err(ReadError::File(e)) if e.is_denied() => Ok(unreadable(None, &e)),
            found => Ok((found?.map_or(StoreStatus::Missing, StoreStatus::Unsupported), StoredModule::default())),
        };
    };
    let path = store.path().to_owned();
    match store.module(&spec.name) {
        Err(ReadError::File(e)) if e.is_denied() => Ok(unreadable(Some(path), &e)),
        module => Ok((StoreStatus::Supported(path), module?)),
    }
}

fn object<'a>(invocation: &'a Invocation, status: &'a Status, standing: &'a str) -> PolicyStatusObject<'a> {
    let (cx, assessment) = (&invocation.cx, status.assessment);
    let worst = match &assessment.rule {
        RuleState::NotApplicable(_) | RuleState::InForce(_) => Worst::Ok,
        rule if rule.denied_now() => Worst::Fault,
        RuleState::Unknown(_) => Worst::Unknown,
        _ => Worst::Deferred,
    };
    PolicyStatusObject {
        envelope: Envelope::of(cx, Output::PolicyStatus, worst),
        selinux: assessment.state.as_str(),
        policy_type: assessment.config.as_ref().map(|config| config.policy_type.as_str()),
        store: status.store_path().map(|store| cx.root.host_path(store)),
        module: &cx.profile.module.name,
        priorities: status.priorities(),
        enabled: status.is_enabled(),
        same_content: status.has_same_content(&cx.profile.module),
        domain: &status.domain,
        fallback: status.is_fallback(&cx.profile.module),
        rules: &status.rules,
        redundant: status.redundant.is_some(),
        allowed_without: status.redundant.as_deref(),
        tools_elsewhere: assessment.tools_elsewhere.as_ref().map(|store| cx.root.host_path(store)),
        policy: status.compiled.as_ref().map(answer),
        kernel: assessment.answer.as_ref().map(answer),
        own_domain: status
            .own_domain
            .as_ref()
            .map(|own_domain| own_domain.object(cx, assessment, status.compiled.as_ref())),
        standing,
    }
}

fn answer(answer: &Answer) -> AnswerObject<'_> {
    AnswerObject {
        context: &answer.context,
        class: class_word(answer.class),
        permissions: answer.permissions.iter().map(|(name, allowed)| (name.as_str(), *allowed)).collect(),
        permissive_domain: answer.permissive_domain,
        domain_known: answer.domain_known,
    }
}

fn text(invocation: &Invocation, status: &Status, standing: &str) -> String {
    let (cx, assessment) = (&invocation.cx, status.assessment);
    let spec = &cx.profile.module;
    let mut text = String::new();
    let mut line = |label: &str, value: &str, meaning: &str| {
        let dash = if meaning.is_empty() { "" } else { "  -  " };
        let _ = writeln!(text, "{label:<9} {value}{dash}{meaning}");
    };
    line("SELinux", assessment.state.as_str(), "");
    match &assessment.config {
        Some(config) => line("type", &config.policy_type, "SELINUXTYPE in /etc/selinux/config"),
        None => line("type", "none", "there is no /etc/selinux/config"),
    }
    match &status.store {
        StoreStatus::Supported(store) => line("store", &cx.root.host_path(store).display().to_string(), ""),
        StoreStatus::Unreadable(_, problem) => line("store", "not seen", problem),
        StoreStatus::Unsupported(store) => line("store", "not supported", &store.to_string()),
        StoreStatus::Missing => line("store", "none", "there is no policy to add a module to"),
    }
    if matches!(status.store, StoreStatus::Supported(_) | StoreStatus::Missing) {
        let (value, meaning) = module_words(cx, status);
        line("module", &format!("{} {value}", spec.name), &meaning);
    }
    if let Some(by) = &status.redundant {
        let repair = hostprep(cx, "repair");
        let meaning = format!("{by} allows the rule too; when `{repair}` builds the policy, it removes the module");
        line("", "redundant", &meaning);
    }
    if let Some(elsewhere) = &assessment.tools_elsewhere {
        let elsewhere = cx.root.host_path(elsewhere);
        line("tools", "not usable", &format!("semodule of this machine would work on {}", elsewhere.display()));
    }
    match status.has_same_content(spec) {
        Some(true) => line("content", "same", &format!("as {} would install", names::command())),
        Some(false) if spec.has_own_domain() => {
            line("content", "different", &format!("`{}` replaces it", hostprep(cx, "repair")));
        }
        Some(false) => {
            let meaning = format!("`{}` replaces it only if the rule is missing", hostprep(cx, "repair"));
            line("content", "different", &meaning);
        }
        None => {}
    }
    let domain_meaning = if spec.has_own_domain() {
        "the agent's own".to_owned()
    } else if status.is_fallback(spec) {
        format!("a fallback, because this policy does not have {}", spec.domain)
    } else {
        "from the profile".to_owned()
    };
    line("domain", &status.domain, &domain_meaning);
    for (number, rule) in status.rules.iter().enumerate() {
        line(if number == 0 { "rule" } else { "" }, rule, if number == 0 { "in the compiled policy" } else { "" });
    }
    match (&assessment.answer, &assessment.rule) {
        (Some(answer), _) => answer_lines("kernel", answer, &spec.class, &mut line),
        (None, RuleState::Unknown(Unknown::Kernel(e))) => line("kernel", "gave no answer", &e.to_string()),
        (None, _) => {
            line(
                "kernel",
                "not asked",
                "no policy runs here, or it is another system's: the compiled policy is judged",
            );
            if let Some(answer) = &status.compiled {
                answer_lines("policy", answer, &spec.class, &mut line);
            }
        }
    }
    if let Some(own_domain) = &status.own_domain {
        own_domain.lines(cx, assessment.answer.as_ref().or(status.compiled.as_ref()), &mut line);
    }
    line("result", standing, "");
    text
}

/// The command of hostprep for this root.
fn hostprep(cx: &HostContext, word: &str) -> String {
    cx.own_command(&[word])
}

fn answer_lines(who: &str, answer: &Answer, class: &str, line: &mut impl FnMut(&str, &str, &str)) {
    line(who, &format!("class {class} {}", class_word(answer.class)), class_meaning(answer.class));
    for (permission, allowed) in &answer.permissions {
        let is_unknown = answer.unknown_permissions.contains(permission);
        let (word, meaning) = match (allowed, is_unknown) {
            (true, false) => ("allowed", ""),
            (false, false) => ("denied", "the agent needs it"),
            (true, true) => {
                ("unknown, allowed", "the policy is older than the permission and allows what it does not know")
            }
            (false, true) => {
                ("unknown, denied", "the policy is older than the permission and denies what it does not know")
            }
        };
        line("", &format!("{permission} {word}"), meaning);
    }
    if answer.permissive_domain {
        line("", "permissive domain", "denials for this domain are logged only");
    }
}

fn module_words(cx: &HostContext, status: &Status) -> (String, String) {
    let ours = cx.profile.module.priority;
    let priorities = status.priorities();
    let listed: Vec<String> = priorities.iter().map(ToString::to_string).collect();
    let listed = listed.join(", ");
    match priorities.as_slice() {
        [] => ("not installed".into(), "needed only if the base policy lacks the rule".into()),
        _ if !status.is_enabled() => {
            let meaning = match status.assessment.rule.is_settled() {
                true => "the policy allows the rule without it".to_owned(),
                false => format!("`{}` enables it", hostprep(cx, "repair")),
            };
            (format!("at priority {listed}, disabled"), meaning)
        }
        [only] if *only == ours => (format!("at priority {only}, enabled"), String::new()),
        _ => (format!("at priority {listed}, enabled"), "the highest priority is in effect".into()),
    }
}

fn class_word(class: ClassKnowledge) -> &'static str {
    match class {
        ClassKnowledge::Known => "known",
        ClassKnowledge::UnknownAllowed => "unknown, allowed",
        ClassKnowledge::UnknownDenied => "unknown, denied",
    }
}

fn class_meaning(class: ClassKnowledge) -> &'static str {
    match class {
        ClassKnowledge::Known => "",
        ClassKnowledge::UnknownAllowed => "the policy is older than the class and allows what it does not know",
        ClassKnowledge::UnknownDenied => "the policy is older than the class and denies what it does not know",
    }
}
