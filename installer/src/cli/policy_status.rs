//! `policy status`: store, module and the kernel's answer, and what each means.

use std::fmt::Write as _;

use host::fs::InRoot;
use host::{ReadError, Root};
use installer::Error;
use installer::report::exit;
use installer::steps::selinux::assess;
use policy::kernel::{Answer, ClassKnowledge};
use policy::policy_file::{self, PolicyFile};
use policy::rules::Rules;
use policy::store::{StoredModule, UnsupportedStore};
use policy::{ModuleSpec, RuleAssessment, RuleState, Store, Unknown};

use super::args::Format;
use super::invocation::Invocation;
use super::output::{Outcome, print};

pub fn show(invocation: &Invocation, format: Format) -> Outcome {
    let cx = &invocation.cx;
    let assessment = assess(cx)?;
    let status = Status::of(cx.root, &cx.profile.module, &assessment)?;
    let standing = match &assessment.rule {
        RuleState::Unknown(Unknown::Unreadable(_)) => "unknown without the store: run as root".to_owned(),
        rule => rule.to_string(),
    };
    print(&match format {
        Format::Json => json(invocation, &status, &standing) + "\n",
        Format::Text => text(invocation, &status, &standing),
    })?;
    Ok(match &assessment.rule {
        RuleState::NotApplicable(_) | RuleState::InForce(_) => exit::WELL,
        rule if rule.denied_now() => exit::FAULTS,
        _ => exit::UNSETTLED,
    })
}

/// The assessment, and what it had no need to read.
struct Status<'a> {
    assessment: &'a RuleAssessment,
    /// The domain that the rule is for here: the one that the kernel was asked about, else the one that the compiled policy
    /// knows, else the profile's.
    domain: String,
    /// The rules of the compiled policy that allow it; empty if the policy cannot be read.
    rules: Vec<String>,
    store: StoreStatus,
    module: StoredModule,
}

enum StoreStatus {
    Supported(InRoot),
    /// It is there, and only root may read it.
    Unreadable(Option<InRoot>, String),
    Unsupported(UnsupportedStore),
    Missing,
}

impl<'a> Status<'a> {
    fn of(root: &Root, spec: &ModuleSpec, assessment: &'a RuleAssessment) -> Result<Self, Error> {
        let file = PolicyFile::newest(root, assessment.policy_type()).ok().flatten();
        // What is wrong with it, the assessment says.
        let policy = file.as_ref().and_then(|file| file.policy().ok());
        let known = policy.as_ref().and_then(|policy| policy_file::choose_domain(policy, spec));
        let domain =
            assessment.domain.clone().or_else(|| known.map(str::to_owned)).unwrap_or_else(|| spec.domain.clone());
        let rules = policy.map_or_else(Vec::new, |policy| policy_file::allow_rules(&policy, spec, &domain));
        let (store, module) = read_store(root, spec, assessment.policy_type())?;
        Ok(Self { assessment, domain, rules, store, module })
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

fn json(invocation: &Invocation, status: &Status, standing: &str) -> String {
    let (cx, assessment) = (&invocation.cx, status.assessment);
    let kernel = assessment.answer.as_ref().map(|answer| {
        let permissions: serde_json::Map<String, serde_json::Value> =
            answer.permissions.iter().map(|(name, allowed)| (name.clone(), (*allowed).into())).collect();
        serde_json::json!({
            "context": answer.context,
            "class": class_word(answer.class),
            "permissions": permissions,
            "permissive_domain": answer.permissive_domain,
            "domain_known": answer.domain_known,
        })
    });
    serde_json::json!({
        "schema": 1,
        "selinux": assessment.state.as_str(),
        "type": assessment.config.as_ref().map(|config| &config.policy_type),
        "store": status.store_path().map(|store| cx.root.host_path(store)),
        "module": cx.profile.module.name,
        "priorities": status.priorities(),
        "enabled": status.is_enabled(),
        "same_content": status.has_same_content(&cx.profile.module),
        "domain": status.domain,
        "rules": status.rules,
        "kernel": kernel,
        "standing": standing,
    })
    .to_string()
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
        let (value, meaning) = module_words(status, spec.priority);
        line("module", &format!("{} {value}", spec.name), meaning);
    }
    match status.has_same_content(spec) {
        Some(true) => line("content", "same", "as hostprep would install"),
        Some(false) => line("content", "different", "hostprep replaces it only if the rule is missing"),
        None => {}
    }
    let domain_known = assessment.answer.as_ref().map_or(status.domain == spec.domain, |answer| answer.domain_known);
    let domain_meaning = if domain_known {
        "from the profile"
    } else {
        "a fallback from the profile, because this policy does not have the profile's domain"
    };
    line("domain", &status.domain, domain_meaning);
    for (number, rule) in status.rules.iter().enumerate() {
        line(if number == 0 { "rule" } else { "" }, rule, if number == 0 { "in the compiled policy" } else { "" });
    }
    match (&assessment.answer, &assessment.rule) {
        (Some(answer), _) => kernel_lines(answer, &spec.class, &mut line),
        (None, RuleState::Unknown(Unknown::Kernel(e))) => line("kernel", "gave no answer", &e.to_string()),
        (None, _) => {
            line("kernel", "not asked", "no policy runs here, or it is another system's: the compiled policy is judged")
        }
    }
    line("result", standing, "");
    text
}

fn kernel_lines(answer: &Answer, class: &str, line: &mut impl FnMut(&str, &str, &str)) {
    line("kernel", &format!("class {class} {}", class_word(answer.class)), class_meaning(answer.class));
    for (permission, allowed) in &answer.permissions {
        let (word, meaning) = if *allowed { ("allowed", "") } else { ("denied", "the connector needs it") };
        line("", &format!("{permission} {word}"), meaning);
    }
    if answer.permissive_domain {
        line("", "permissive domain", "denials for this domain are logged only");
    }
}

fn module_words(status: &Status, ours: u16) -> (String, &'static str) {
    let priorities = status.priorities();
    let listed: Vec<String> = priorities.iter().map(ToString::to_string).collect();
    let listed = listed.join(", ");
    match priorities.as_slice() {
        [] => ("not installed".into(), "needed only if the base policy lacks the rule"),
        _ if !status.is_enabled() => (format!("at priority {listed}, disabled"), "`hostprep repair` enables it"),
        [only] if *only == ours => (format!("at priority {only}, enabled"), ""),
        _ => (format!("at priority {listed}, enabled"), "the highest priority is in effect"),
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
