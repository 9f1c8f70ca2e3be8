//! How the policy rule stands: asked of the kernel where it runs the policy, read from the disk where it does not.

use faults::Reason;
use host::Root;
use host::container::Surroundings;
use policy::config::ConfiguredMode;
use policy::kernel::ClassKnowledge;
use policy::policy_file::{BaseRule, PolicyFile};
use policy::rules::Rules;
use policy::store::Installed;
use policy::transaction::{InstalledAt, StoreTarget};
use policy::{Answer, ModuleSpec, SelinuxConfig, State, Store};

use crate::Error;
use crate::context::Context;
use crate::outcome::Finding;

/// All that is known of the rule on this host.
#[derive(Debug)]
pub struct Assessment {
    /// What SELinux is here.
    pub state: State,
    /// What it is configured to be.
    pub config: Option<SelinuxConfig>,
    /// The domain that the rule is for, where one is known.
    pub domain: Option<String>,
    /// The kernel's answer, where it was asked.
    pub answer: Option<Answer>,
    /// Where the module stands in the store, highest priority first; empty where the store was not looked at.
    pub installed: Vec<Installed>,
    /// Whether it stands there disabled.
    pub disabled: bool,
    /// What follows.
    pub standing: Standing,
}

/// How the rule stands.
#[derive(Debug)]
pub enum Standing {
    /// SELinux does not stand in the way here and will not.
    NotConcerned(String),
    /// The kernel allows it, or the disk of an alternate root has it.
    Settled(String),
    /// It is on the disk and will be in force after the next boot or policy load.
    Later(String),
    /// The module is to be loaded. `blocks` where the connector is kept from its work meanwhile.
    Wanted {
        /// What is missing.
        finding: Finding,
        /// Whether this is fault 19 now.
        blocks: bool,
    },
    /// The module is in the store as it should be, and the kernel does not know it.
    NotLoaded {
        /// What is missing.
        finding: Finding,
        /// Whether this is fault 19 now.
        blocks: bool,
    },
    /// Loading the module would not help.
    Hopeless {
        /// Why, and what would.
        finding: Finding,
        /// Whether this is fault 19 now.
        blocks: bool,
    },
    /// It could not be looked at.
    Unknown(String),
}

impl Assessment {
    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.standing, Standing::NotConcerned(_) | Standing::Settled(_) | Standing::Later(_))
    }

    /// Whether fault 19 is true as things stand.
    #[must_use]
    pub fn blocks_now(&self) -> bool {
        match &self.standing {
            Standing::Wanted { blocks, .. }
            | Standing::NotLoaded { blocks, .. }
            | Standing::Hopeless { blocks, .. } => *blocks,
            _ => false,
        }
    }

    /// One line of how things stand.
    #[must_use]
    pub fn why(&self) -> &str {
        match &self.standing {
            Standing::NotConcerned(why) | Standing::Settled(why) | Standing::Later(why) | Standing::Unknown(why) => why,
            Standing::Wanted { finding, .. }
            | Standing::NotLoaded { finding, .. }
            | Standing::Hopeless { finding, .. } => &finding.detail,
        }
    }

    /// The policy type whose store is meant.
    #[must_use]
    pub fn policy_type(&self) -> &str {
        self.config.as_ref().map_or("targeted", |config| &config.policy_type)
    }
}

/// Looks at SELinux, the policy in force, and where that does not answer or says no, at the store.
///
/// # Errors
/// [`Error`] where `/etc/selinux/config`, `semanage.conf` or the store cannot be read.
pub fn assess(cx: &Context) -> Result<Assessment, Error> {
    let config = SelinuxConfig::read(cx.root)?;
    let state = State::of(cx.root, cx.surroundings, cx.kernel, config.as_ref());
    let mut assessment = Assessment {
        state,
        config,
        domain: None,
        answer: None,
        installed: Vec::new(),
        disabled: false,
        standing: Standing::NotConcerned(format!("SELinux is {} here", state.as_str())),
    };
    assessment.standing = match state {
        State::Absent | State::Disabled => return Ok(assessment),
        State::InContainer => {
            assessment.standing = Standing::NotConcerned("in a container: the policy is the host's".into());
            return Ok(assessment);
        }
        State::Enforcing | State::Permissive if !cx.root.is_alternate() => ask(cx, &mut assessment)?,
        _ => look_at_disk(cx, &mut assessment)?,
    };
    Ok(assessment)
}

fn ask(cx: &Context, assessment: &mut Assessment) -> Result<Standing, Error> {
    let spec = &cx.profile.module;
    let answer = match cx.kernel.ask(spec) {
        Ok(answer) => answer,
        Err(e) => return Ok(Standing::Unknown(e.to_string())),
    };
    let state = assessment.state.as_str();
    let blocks = assessment.state == State::Enforcing && !answer.permissive_domain;
    let domain = answer.domain.clone();
    assessment.domain = Some(domain.clone());
    assessment.answer = Some(answer.clone());
    if answer.allows_all() {
        let how = match answer.class {
            ClassKnowledge::Known => "allows",
            ClassKnowledge::UnknownAllowed | ClassKnowledge::UnknownDenied => "does not know class and so allows",
        };
        let class = &spec.class;
        return Ok(Standing::Settled(format!("{state}; the kernel {how} {class} for {domain}")));
    }
    let only_logged = if answer.permissive_domain { " (a permissive domain: only logged)" } else { "" };
    let denied = format!("{state}, and the kernel denies {domain} {} {{ {} }}", spec.class, answer.missing().join(" "));
    let denied = denied + only_logged;
    if answer.class == ClassKnowledge::UnknownDenied {
        let detail = format!("{denied}: its policy does not know the class, and what it does not know is denied");
        return Ok(Standing::Hopeless { finding: update_policy(cx, Reason::ClassMissing, detail), blocks });
    }
    match look_at_store(cx, assessment) {
        // The store is root's alone; the kernel's answer stands without it.
        Err(e) if e.is_denied() => {
            return Ok(Standing::Wanted { finding: wanted(cx, Reason::PolicyDenies, denied), blocks });
        }
        looked => looked?,
    }
    let Some(installed) = assessment.installed.first() else {
        let finding = wanted(cx, Reason::ModuleMissing, denied);
        return no_store(cx, assessment, blocks)
            .map(|hopeless| hopeless.unwrap_or(Standing::Wanted { finding, blocks }));
    };
    if installed.priority > spec.priority && !installed.content.is(&Rules::of_spec(spec, &domain)) {
        return Ok(Standing::Hopeless { finding: overridden(cx, assessment, installed, &denied), blocks });
    }
    if assessment.disabled {
        let detail = format!("{denied}: the module {} is disabled", spec.name);
        return Ok(Standing::Wanted { finding: wanted(cx, Reason::ModuleDisabled, detail), blocks });
    }
    let is_same = installed.content.is(&Rules::of_spec(spec, &domain));
    let detail = format!("{denied}, although the module {} is in the store", spec.name);
    let mut finding = wanted(cx, Reason::PolicyDenies, detail);
    if is_same {
        finding.remedy.insert(0, "semodule -B".into());
        return Ok(Standing::NotLoaded { finding, blocks });
    }
    Ok(Standing::Wanted { finding, blocks })
}

/// Without the kernel: the store, then what the compiled policy is known to allow.
fn look_at_disk(cx: &Context, assessment: &mut Assessment) -> Result<Standing, Error> {
    let spec = &cx.profile.module;
    let policy_type = assessment.policy_type().to_owned();
    if Store::locate(cx.root, &policy_type)?.is_none() {
        return Ok(Standing::NotConcerned(format!(
            "SELinux is configured, but there is no policy store for {policy_type}"
        )));
    }
    let enforcing = assessment.config.as_ref().is_some_and(|config| config.mode == ConfiguredMode::Enforcing);
    // Off now, or somebody else's kernel: nothing is denied before the next boot.
    let blocks = enforcing && cx.root.is_alternate();
    let mode = if enforcing { "enforcing" } else { "permissive" };
    look_at_store(cx, assessment)?;

    let file = PolicyFile::newest(cx.root, &policy_type)?;
    if let Some(file) = &file
        && !file.knows_class(spec)
    {
        let detail = format!("{} does not know class {} as it is needed", file.path().display(), spec.class);
        // Answered from the file alone: no program is started for a class that is not there.
        return Ok(match file.rule(cx.processes, spec, &spec.domain) {
            BaseRule::Allows => Standing::Settled(format!("{detail} and allows what it does not know")),
            BaseRule::Refuses | BaseRule::Unknown => {
                Standing::Hopeless { finding: update_policy(cx, Reason::ClassMissing, detail), blocks }
            }
        });
    }
    let domain = match &file {
        None => spec.domain.as_str(),
        Some(file) => match file.choose_domain(spec) {
            Some(domain) => domain,
            None => {
                let detail = format!("{} does not know the domain {}", file.path().display(), spec.domain);
                return Ok(Standing::Hopeless { finding: update_policy(cx, Reason::TypeMissing, detail), blocks });
            }
        },
    };
    assessment.domain = Some(domain.to_owned());
    let on_disk = |detail: String| {
        if cx.root.is_alternate() {
            Standing::Settled(detail)
        } else {
            Standing::Later(format!("{detail}; in force after the next boot"))
        }
    };
    let rules = Rules::of_spec(spec, domain);
    let Some(installed) = assessment.installed.first() else {
        if base_rule(cx, file.as_ref(), domain) == BaseRule::Allows {
            return Ok(on_disk(format!("the base policy allows {} for {domain}", spec.class)));
        }
        let detail = format!("{mode}, and the module {} is not in the {policy_type} store", spec.name);
        return Ok(Standing::Wanted { finding: wanted(cx, Reason::ModuleMissing, detail), blocks });
    };
    let priority = installed.priority;
    if assessment.disabled {
        let detail = format!("{mode}, and the module {} is disabled in the {policy_type} store", spec.name);
        return Ok(Standing::Wanted { finding: wanted(cx, Reason::ModuleDisabled, detail), blocks });
    }
    if installed.content.is(&rules) {
        return Ok(on_disk(format!("{} is enabled at priority {priority} in the {policy_type} store", spec.name)));
    }
    if priority > spec.priority {
        return Ok(Standing::Hopeless { finding: overridden(cx, assessment, installed, mode), blocks });
    }
    let detail = format!("{mode}, and the module {} at priority {priority} has other rules than it should", spec.name);
    Ok(Standing::Wanted { finding: wanted(cx, Reason::ModuleMissing, detail), blocks })
}

fn look_at_store(cx: &Context, assessment: &mut Assessment) -> Result<(), Error> {
    if let Some(store) = Store::locate(cx.root, assessment.policy_type())? {
        assessment.installed = store.installed(&cx.profile.module.name)?;
        assessment.disabled = store.disabled(&cx.profile.module.name)?;
    }
    Ok(())
}

fn no_store(cx: &Context, assessment: &Assessment, blocks: bool) -> Result<Option<Standing>, Error> {
    let policy_type = assessment.policy_type();
    if Store::locate(cx.root, policy_type)?.is_some() {
        return Ok(None);
    }
    let detail = format!("a policy is in force, but there is no policy store for {policy_type}");
    Ok(Some(Standing::Hopeless { finding: update_policy(cx, Reason::StoreBroken, detail), blocks }))
}

/// Asked of the compiled policy once a run: it costs seconds.
fn base_rule(cx: &Context, file: Option<&PolicyFile>, domain: &str) -> BaseRule {
    let Some(file) = file else { return BaseRule::Unknown };
    *cx.base_rule.get_or_init(|| file.rule(cx.processes, &cx.profile.module, domain))
}

fn wanted(cx: &Context, reason: Reason, detail: String) -> Finding {
    Finding { reason, detail, remedy: vec![cx.repair_command()] }
}

fn update_policy(cx: &Context, reason: Reason, detail: String) -> Finding {
    let remedy = vec!["# update the SELinux policy packages of this host".into(), cx.repair_command()];
    Finding { reason, detail, remedy }
}

fn overridden(cx: &Context, assessment: &Assessment, installed: &Installed, what: &str) -> Finding {
    let name = &cx.profile.module.name;
    let priority = installed.priority;
    let others = ModuleSpec { priority, former_priorities: Vec::new(), ..cx.profile.module.clone() };
    let present = InstalledAt { priorities: vec![priority], disabled: false };
    let remove = StoreTarget::of(cx.root, assessment.policy_type(), assessment.state).remove(&others, &present);
    Finding {
        reason: Reason::PolicyDenies,
        detail: format!("{what}; a module {name} with other rules at priority {priority} counts before ours"),
        remedy: remove.iter().map(ToString::to_string).chain([cx.repair_command()]).collect(),
    }
}

/// SELinux as the JSON form's `host` names it.
#[must_use]
pub fn state_word(root: &Root, surroundings: Surroundings, kernel: &dyn policy::Kernel) -> String {
    match SelinuxConfig::read(root) {
        Ok(config) => State::of(root, surroundings, kernel, config.as_ref()).as_str().to_owned(),
        Err(_) => "unknown".to_owned(),
    }
}
